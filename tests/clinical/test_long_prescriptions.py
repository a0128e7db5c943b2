"""Long prescriptions (LRX-01…07), drawn."""

from datetime import date
from typing import Any

import pytest

from cmc.clinical.long_prescriptions import LongPrescription, judge

ON = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("wanted", "rules"),
    [
        ({"weeks": 1}, []),
        ({"weeks": 4}, []),
        ({"weeks": 5}, ["LRX-02"]),
        ({"weeks": 5, "extended_assessment_signed": True}, []),
        ({"weeks": 12, "extended_assessment_signed": True}, []),
        ({"weeks": 13, "extended_assessment_signed": True}, ["LRX-01"]),
        ({"weeks": 13}, ["LRX-01"]),
        ({"weeks": 4, "stable": False}, ["LRX-03"]),
        ({"weeks": 4, "diagnosis_clear": False, "adherent": False}, ["LRX-03", "LRX-03"]),
        ({"weeks": 4, "first": True}, ["LRX-04"]),
        ({"weeks": 4, "first": True, "by_specialist": True}, []),
        ({"weeks": 4, "restricted_medicine": True}, ["LRX-05"]),
        ({"weeks": 4, "needs_visit": True}, ["LRX-06"]),
        ({"weeks": 4, "runs_out_on": date(2026, 11, 29)}, ["LRX-07"]),
        ({"weeks": 4, "runs_out_on": date(2026, 11, 28)}, []),
        ({"weeks": 4, "runs_out_on": date(2026, 11, 1)}, []),
    ],
)
def test_what_forbids_a_long_prescription(wanted: dict[str, Any], rules: list[str]) -> None:
    judgement = judge(LongPrescription(**wanted), ON)
    assert [each.rule for each in judgement.reasons] == rules
    assert judgement.level == ("BLOCK" if rules else "OK")


def test_less_than_a_week_is_no_prescription() -> None:
    with pytest.raises(ValueError, match="one week"):
        judge(LongPrescription(weeks=0), ON)
