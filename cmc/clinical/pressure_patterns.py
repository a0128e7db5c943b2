"""What pressures say about the kind of hypertension: white coat or masked, one arm higher, signs of a secondary one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from cmc.clinical.reasons import Reason, because
from cmc.core.named import NamedStr

ARM_DIFFERENCE_ABOVE_MMHG: Final = 20  # BP-02, HTN-GL-05
YOUNG_ONSET_BELOW_YEARS: Final = 30  # HTN-GL-05
LOW_POTASSIUM_BELOW_MMOL_L: Final = Decimal("3.5")
_RULE: Final = "HTN-GL-05"


class PressurePattern(NamedStr):
    """Office and home pressure side by side (each elevated by its own limits)."""

    NORMAL = "NORMAL", "诊室和家庭血压均正常", "Normal in office and at home"
    WHITE_COAT = "WHITE_COAT", "白大衣高血压", "White-coat hypertension"
    MASKED = "MASKED", "隐蔽性高血压", "Masked hypertension"
    SUSTAINED = "SUSTAINED", "持续性高血压", "Sustained hypertension"


def pressure_pattern(*, office_elevated: bool | None, home_elevated: bool | None) -> PressurePattern | None:
    """White coat: office high, home normal; masked: the reverse. None when one of the two is not known."""
    if office_elevated is None or home_elevated is None:
        return None
    if office_elevated:
        return PressurePattern.SUSTAINED if home_elevated else PressurePattern.WHITE_COAT
    return PressurePattern.MASKED if home_elevated else PressurePattern.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondaryFacts:
    """Signs of secondary hypertension; None when not known. Potassium in mmol/L, systolic pressures in mmHg.

    `low_potassium_explained`: on more than a low-dose diuretic.
    """

    onset_age_years: int | None = None
    proteinuria_or_haematuria: bool = False
    potassium_mmol_l: Decimal | None = None
    low_potassium_explained: bool = False
    paroxysmal: bool = False
    left_arm_sbp_mmhg: int | None = None
    right_arm_sbp_mmhg: int | None = None


def secondary_signs(facts: SecondaryFacts) -> tuple[Reason, ...]:
    """The signs for which a person is referred to look for a cause (HTN-GL-05); empty when there is none."""
    potassium = facts.potassium_mmol_l
    low = potassium is not None and potassium < LOW_POTASSIUM_BELOW_MMOL_L and not facts.low_potassium_explained
    rows = (
        (
            facts.onset_age_years is not None and facts.onset_age_years < YOUNG_ONSET_BELOW_YEARS,
            "30岁前起病",
            "Onset below 30 years",
        ),
        (facts.proteinuria_or_haematuria, "蛋白尿或血尿", "Proteinuria or haematuria"),
        (low, "未用或仅用小剂量利尿剂而低钾", "Low potassium without or on a low-dose diuretic"),
        (facts.paroxysmal, "阵发性血压升高伴头痛、心悸、出汗", "Paroxysmal rise with headache, palpitations, sweating"),
        (
            arms_differ(facts.left_arm_sbp_mmhg, facts.right_arm_sbp_mmhg) is True,
            "双上肢收缩压差>20 mmHg",
            "Arms differ by >20",
        ),
    )
    return tuple(because(_RULE, zh, en) for holds, zh, en in rows if holds)


def arms_differ(left_sbp_mmhg: int | None, right_sbp_mmhg: int | None) -> bool | None:
    """Whether the systolic pressures of the arms differ by more than 20 mmHg (BP-02); None when one is not known."""
    if left_sbp_mmhg is None or right_sbp_mmhg is None:
        return None
    return abs(left_sbp_mmhg - right_sbp_mmhg) > ARM_DIFFERENCE_ABOVE_MMHG
