"""Measures of the body: body-mass index and waist with their Chinese limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from cmc.clinical.codes import Sex
from cmc.core.named import NamedStr

OVERWEIGHT_FROM_BMI, OBESE_FROM_BMI, NORMAL_FROM_BMI = Decimal(24), Decimal(28), Decimal("18.5")
WAIST_FROM_CM: Final = {Sex.M: Decimal(90), Sex.F: Decimal(85)}  # HTN-SC-03, DM-SC-02


class BmiBand(NamedStr):
    """Bands of the body-mass index in kg/m²."""

    UNDERWEIGHT = "UNDERWEIGHT", "体重过低", "Underweight"
    NORMAL = "NORMAL", "体重正常", "Normal weight"
    OVERWEIGHT = "OVERWEIGHT", "超重", "Overweight"
    OBESE = "OBESE", "肥胖", "Obese"


def bmi(weight_kg: Decimal, height_cm: Decimal) -> Decimal:
    """Body-mass index in kg/m², unrounded. Raises ValueError when weight or height is not positive."""
    if not (weight_kg > 0 and height_cm > 0):
        raise ValueError("weight and height must be positive")
    return weight_kg * 10_000 / (height_cm * height_cm)


def bmi_band(value: Decimal) -> BmiBand:
    """Below 18.5, below 24, below 28, and from 28 on."""
    if value < NORMAL_FROM_BMI:
        return BmiBand.UNDERWEIGHT
    if value < OVERWEIGHT_FROM_BMI:
        return BmiBand.NORMAL
    return BmiBand.OVERWEIGHT if value < OBESE_FROM_BMI else BmiBand.OBESE


def large_waist(waist_cm: Decimal, sex: Sex) -> bool | None:
    """Waist from 90 cm in men, 85 cm in women; None when the sex is unknown and the limits would differ."""
    if sex in WAIST_FROM_CM:
        return waist_cm >= WAIST_FROM_CM[sex]
    if waist_cm < min(WAIST_FROM_CM.values()):
        return False
    return True if waist_cm >= max(WAIST_FROM_CM.values()) else None
