"""White coat, masked, arms that differ, signs of a cause (BP-02, HTN-GL-05)."""

from decimal import Decimal
from typing import Any

import pytest

from cmc.clinical.pressure_patterns import (
    PressurePattern,
    SecondaryFacts,
    arms_differ,
    pressure_pattern,
    secondary_signs,
)


@pytest.mark.parametrize(
    ("office", "home", "pattern"),
    [
        (True, False, PressurePattern.WHITE_COAT),
        (False, True, PressurePattern.MASKED),
        (True, True, PressurePattern.SUSTAINED),
        (False, False, PressurePattern.NORMAL),
        (True, None, None),
        (None, True, None),
    ],
)
def test_office_and_home_side_by_side(office: bool | None, home: bool | None, pattern: PressurePattern | None) -> None:
    assert pressure_pattern(office_elevated=office, home_elevated=home) is pattern


@pytest.mark.parametrize(
    ("left", "right", "differ"), [(150, 130, False), (151, 130, True), (130, 151, True), (None, 130, None)]
)
def test_bp_02_arms_that_differ(left: int | None, right: int | None, differ: bool | None) -> None:
    assert arms_differ(left, right) is differ


@pytest.mark.parametrize(
    ("facts", "signs"),
    [
        ({}, 0),
        ({"onset_age_years": 29}, 1),
        ({"onset_age_years": 30}, 0),
        ({"potassium_mmol_l": Decimal("3.4")}, 1),
        ({"potassium_mmol_l": Decimal("3.5")}, 0),
        ({"potassium_mmol_l": Decimal("3.0"), "low_potassium_explained": True}, 0),
        ({"proteinuria_or_haematuria": True, "paroxysmal": True}, 2),
        ({"left_arm_sbp_mmhg": 151, "right_arm_sbp_mmhg": 130}, 1),
    ],
)
def test_htn_gl_05_signs_of_a_cause(facts: dict[str, Any], signs: int) -> None:
    assert len(secondary_signs(SecondaryFacts(**facts))) == signs
