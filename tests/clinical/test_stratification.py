"""Cardiovascular risk of a person with hypertension."""

import pytest

from cmc.clinical.stratification import HypertensionRiskFacts, hypertension_risk, risk_row

NONE = HypertensionRiskFacts()
TWO = HypertensionRiskFacts(risk_factors=2)
THREE = HypertensionRiskFacts(risk_factors=3)
CLINICAL = HypertensionRiskFacts(clinical_complication=True)


@pytest.mark.parametrize(
    ("facts", "labels"),
    [
        (NONE, (None, None, "低危", "中危", "高危")),
        (TWO, (None, "低危", "中危", "中/高危", "很高危")),
        (THREE, (None, "中/高危", "高危", "高危", "很高危")),
        (CLINICAL, (None, "高/很高危", "很高危", "很高危", "很高危")),
    ],
    ids=["none", "few", "many", "clinical"],
)
def test_the_printed_table(facts: HypertensionRiskFacts, labels: tuple[str | None, ...]) -> None:
    pressures = [(129, 84), (130, 84), (140, 85), (150, 100), (180, 90)]
    cells = [hypertension_risk(sbp, dbp, facts) for sbp, dbp in pressures]
    assert tuple(cell and cell.label.zh for cell in cells) == labels


@pytest.mark.parametrize(
    ("sbp", "facts", "resolved"),
    [(165, TWO, "高危"), (132, THREE, "高危"), (132, CLINICAL, "很高危"), (145, NONE, "低危")],
)
def test_a_split_cell_is_resolved_to_the_higher_band(sbp: int, facts: HypertensionRiskFacts, resolved: str) -> None:
    cell = hypertension_risk(sbp, 80, facts)
    assert cell is not None
    assert cell.resolved.text.zh == resolved


@pytest.mark.parametrize(
    ("facts", "row"),
    [
        ({}, 0),
        ({"risk_factors": 1}, 1),
        ({"risk_factors": 3}, 2),
        ({"target_organ_damage": True}, 2),
        ({"ckd_stage": 2}, 0),
        ({"ckd_stage": 3}, 2),
        ({"diabetes": True}, 2),
        ({"ckd_stage": 4}, 3),
        ({"diabetes": True, "diabetes_complication": True}, 3),
    ],
)
def test_the_row_of_the_table(facts: dict[str, int], row: int) -> None:
    assert risk_row(HypertensionRiskFacts(**facts)) == row


@pytest.mark.parametrize("facts", [{"risk_factors": -1}, {"ckd_stage": 0}, {"ckd_stage": 6}])
def test_impossible_counts_are_refused(facts: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="counted from 0"):
        risk_row(HypertensionRiskFacts(**facts))
