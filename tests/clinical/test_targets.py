"""Treatment targets of a person (HTN-GL-01, comprehensive targets), with the doctor's own."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cmc.clinical.codes import Disease, Sex
from cmc.clinical.targets import PersonalTarget, Quantity, TargetFacts, targets

ON = date(2026, 11, 21)
Q = Quantity
HTN, DM, BOTH = frozenset({Disease.HTN}), frozenset({Disease.T2DM}), frozenset(Disease)


@pytest.mark.parametrize(
    ("facts", "labels"),
    [
        ({"age_years": 79, "diseases": HTN}, {Q.SBP_MMHG: "<130", Q.DBP_MMHG: "<80", Q.HBA1C_PERCENT: None}),
        ({"age_years": 80, "diseases": HTN}, {Q.SBP_MMHG: "<150", Q.DBP_MMHG: "<90"}),
        (
            {"age_years": 60, "diseases": DM},
            {Q.HBA1C_PERCENT: "<7.0", Q.FASTING_MMOL_L: "4.4–7.0", Q.OTHER_MMOL_L: "<10.0", Q.SBP_MMHG: "<130"},
        ),
        ({"age_years": 60, "diseases": DM, "frail": True}, {Q.HBA1C_PERCENT: "7.0–8.0", Q.FASTING_MMOL_L: "5.0–8.3"}),
        ({"age_years": 60, "diseases": DM, "complications": True}, {Q.HBA1C_PERCENT: "<7.0"}),
        ({"age_years": 65, "diseases": DM, "complications": True}, {Q.HBA1C_PERCENT: "7.0–8.0"}),
        ({"age_years": 80, "diseases": DM}, {Q.HBA1C_PERCENT: "7.0–8.0"}),
        ({"age_years": 40, "diseases": DM, "hypoglycaemia_prone": True}, {Q.HBA1C_PERCENT: "7.0–8.0"}),
        ({"age_years": 60, "diseases": DM}, {Q.LDL_MMOL_L: "<2.6", Q.HDL_MMOL_L: None}),
        ({"age_years": 60, "diseases": DM, "ascvd": True, "sex": Sex.F}, {Q.LDL_MMOL_L: "<1.8", Q.HDL_MMOL_L: ">1.3"}),
        (
            {"age_years": 60, "diseases": BOTH, "sex": Sex.M},
            {Q.HDL_MMOL_L: ">1.0", Q.TC_MMOL_L: "<4.5", Q.TG_MMOL_L: "<1.7", Q.BMI: "<24"},
        ),
        ({"age_years": 60}, {Q.SBP_MMHG: None, Q.HBA1C_PERCENT: None}),
    ],
)
def test_htn_gl_01_the_targets_by_group(facts: dict[str, Any], labels: dict[Quantity, str | None]) -> None:
    found = targets(TargetFacts(**facts), on=ON)
    for quantity, label in labels.items():
        target = found.for_quantity(quantity)
        assert (target and target.label) == label


@pytest.mark.parametrize(
    ("quantity", "value", "met"),
    [
        (Q.SBP_MMHG, "129", True),
        (Q.SBP_MMHG, "130", False),
        (Q.FASTING_MMOL_L, "4.4", True),
        (Q.FASTING_MMOL_L, "7.0", True),
        (Q.FASTING_MMOL_L, "7.1", False),
        (Q.FASTING_MMOL_L, "4.3", False),
        (Q.HBA1C_PERCENT, "7.0", False),
        (Q.HDL_MMOL_L, "1.0", False),
        (Q.HDL_MMOL_L, "1.01", True),
    ],
)
def test_a_value_is_compared_with_its_exact_sign(quantity: Quantity, value: str, met: bool) -> None:
    target = targets(TargetFacts(age_years=60, diseases=BOTH, sex=Sex.M), on=ON).for_quantity(quantity)
    assert target is not None
    assert target.met(Decimal(value)) is met


def test_the_stricter_end_when_it_is_tolerated() -> None:
    old = targets(TargetFacts(age_years=85, diseases=HTN), on=ON).for_quantity(Q.SBP_MMHG)
    young = targets(TargetFacts(age_years=35, diseases=DM, diabetes_years=2), on=ON).for_quantity(Q.HBA1C_PERCENT)
    assert old is not None
    assert old.tolerated is not None
    assert old.tolerated.value == 140
    assert young is not None
    assert young.tolerated is not None
    assert young.tolerated.value == Decimal("6.5")


def test_in_pregnancy_there_is_no_target_but_a_referral() -> None:
    found = targets(TargetFacts(age_years=30, diseases=BOTH, pregnant=True), on=ON)
    assert found.of == ()
    assert found.refer is not None


def own(below: str, set_on: date, until: date | None = None) -> PersonalTarget:
    return PersonalTarget(Q.HBA1C_PERCENT, None, Decimal(below), "Dr Li", set_on, "频繁低血糖", until)


@pytest.mark.parametrize(
    ("personal", "label", "is_personal"),
    [
        ([], "<7.0", False),
        ([own("7.5", date(2026, 1, 1))], "<7.5", True),
        ([own("8.0", date(2026, 6, 1)), own("7.5", date(2026, 1, 1))], "<8.0", True),
        ([own("8.0", date(2026, 11, 22))], "<7.0", False),
        ([own("8.0", date(2026, 1, 1), until=ON)], "<7.0", False),
        ([own("7.5", date(2026, 1, 1)), own("8.0", date(2026, 6, 1), until=ON)], "<7.5", True),
    ],
    ids=["none", "one", "the newest", "of tomorrow", "ended today", "the one before"],
)
def test_a_doctors_own_target_holds_from_its_day_until_its_end(
    personal: list[PersonalTarget], label: str, is_personal: bool
) -> None:
    target = targets(TargetFacts(age_years=60, diseases=DM), personal, on=ON).for_quantity(Q.HBA1C_PERCENT)
    assert target is not None
    assert (target.label, target.personal) == (label, is_personal)


@pytest.mark.parametrize(
    ("low", "below", "why", "message"),
    [(None, None, "x", "an end"), ("7", "7", "x", "below the upper"), (None, "7", " ", "a reason")],
)
def test_a_personal_target_needs_an_end_an_order_and_a_reason(
    low: str | None, below: str | None, why: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        PersonalTarget(Q.BMI, low and Decimal(low), below and Decimal(below), "Dr Li", ON, why)  # type: ignore[arg-type]
