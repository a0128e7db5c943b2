"""Who is at high risk of hypertension (HTN-SC-03): any one of the list; measured every 6 months at least."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from cmc.clinical.blood_pressure import elevated_in_office
from cmc.clinical.body import OVERWEIGHT_FROM_BMI, large_waist
from cmc.clinical.codes import Sex
from cmc.clinical.reasons import Reason, because

HIGH_NORMAL_FROM_MMHG: Final = (130, 85)  # 130–139 and/or 85–89
HEAVY_DRINKING_FROM_ML: Final = 100  # of spirits a day
AGE_FROM: Final = 55
_RULE: Final = "HTN-SC-03"


@dataclass(frozen=True, slots=True, kw_only=True)
class HighRiskFacts:
    """Circumstances; None or False when not known. BMI in kg/m², waist in cm, spirits in ml a day."""

    sex: Sex = Sex.U
    bmi: Decimal | None = None
    waist_cm: Decimal | None = None
    family_history: bool = False
    high_salt: bool = False
    spirits_ml_per_day: int | None = None


def high_risk_reasons(facts: HighRiskFacts, pressure: tuple[int, int] | None, age_years: int) -> tuple[Reason, ...]:
    """Every reason of the list that holds, the pressure (SBP, DBP) being the last office value."""
    high_normal = (
        pressure is not None
        and not elevated_in_office(*pressure)
        and (pressure[0] >= HIGH_NORMAL_FROM_MMHG[0] or pressure[1] >= HIGH_NORMAL_FROM_MMHG[1])
    )
    heavy = facts.bmi is not None and facts.bmi >= OVERWEIGHT_FROM_BMI
    waist = facts.waist_cm is not None and large_waist(facts.waist_cm, facts.sex) is True
    drinking = facts.spirits_ml_per_day is not None and facts.spirits_ml_per_day >= HEAVY_DRINKING_FROM_ML
    rows = (
        (high_normal, "血压130–139/85–89 mmHg", "Pressure 130–139/85–89"),
        (heavy, "BMI≥24 kg/m²", "BMI ≥24"),
        (waist, "腰围超标（男≥90、女≥85厘米）", "Large waist (men ≥90, women ≥85 cm)"),
        (facts.family_history, "高血压家族史", "Family history of hypertension"),
        (facts.high_salt, "长期高盐饮食", "Long-term high salt"),
        (drinking, "长期大量饮酒（白酒≥100毫升/日）", "Long-term heavy drinking (≥100 ml spirits/day)"),
        (age_years >= AGE_FROM, "年龄≥55岁", "Age ≥55"),
    )
    return tuple(because(_RULE, zh, en) for holds, zh, en in rows if holds)
