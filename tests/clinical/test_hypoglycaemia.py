"""What to do at a low glucose (HYPO-01)."""

import pytest

from cmc.clinical.hypoglycaemia import protocol


@pytest.mark.parametrize(
    ("glucose", "conscious", "sulfonylurea", "steps", "first"),
    [
        (3900, True, False, 0, None),
        (3899, True, False, 3, "口服葡萄糖15–20克"),
        (3899, True, True, 4, "口服葡萄糖15–20克"),
        (None, True, False, 1, "立即测血糖"),
        (2000, False, False, 3, "50%葡萄糖20–40毫升静脉注射，或胰高血糖素0.5–1毫克"),
        (None, False, True, 4, "50%葡萄糖20–40毫升静脉注射，或胰高血糖素0.5–1毫克"),
    ],
)
def test_hypo_01_the_steps_by_glucose_and_consciousness(
    glucose: int | None, conscious: bool, sulfonylurea: bool, steps: int, first: str | None
) -> None:
    found = protocol(glucose, conscious=conscious, on_sulfonylurea=sulfonylurea)
    assert len(found) == steps
    assert {each.rule for each in found} <= {"HYPO-01"}
    assert (found[0].text.zh if found else None) == first
