"""Kidney function: estimated filtration rate (CKD-EPI 2009 and 2021), G and A stages (KDIGO)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from types import MappingProxyType
from typing import Final

from cmc.clinical.codes import Sex
from cmc.core.named import NamedStr

UMOL_L_PER_MG_DL: Final = Decimal("88.4")
MG_MMOL_PER_MG_G: Final = Decimal("0.113")
KAPPA: Final = MappingProxyType({Sex.F: Decimal("0.7"), Sex.M: Decimal("0.9")})


class EgfrFormula(NamedStr):
    """Which formula gave a value; stored beside it. The 2009 one is usual in China."""

    CKD_EPI_2009 = "CKD_EPI_2009", "CKD-EPI 2009", "CKD-EPI 2009"
    CKD_EPI_2021 = "CKD_EPI_2021", "CKD-EPI 2021", "CKD-EPI 2021"


@dataclass(frozen=True, slots=True)
class Coefficients:
    """factor · min(r,1)^alpha · max(r,1)^beyond · per_year^age (· female), r = creatinine in mg/dL over kappa."""

    factor: Decimal
    alpha: Mapping[Sex, Decimal]
    beyond: Decimal
    per_year: Decimal
    female: Decimal


COEFFICIENTS: Final = MappingProxyType(
    {
        EgfrFormula.CKD_EPI_2009: Coefficients(
            Decimal(141),
            {Sex.F: Decimal("-0.329"), Sex.M: Decimal("-0.411")},
            Decimal("-1.209"),
            Decimal("0.993"),
            Decimal("1.018"),
        ),
        EgfrFormula.CKD_EPI_2021: Coefficients(
            Decimal(142),
            {Sex.F: Decimal("-0.241"), Sex.M: Decimal("-0.302")},
            Decimal("-1.200"),
            Decimal("0.9938"),
            Decimal("1.012"),
        ),
    }
)


class GStage(NamedStr):
    """Stage by eGFR in mL/min/1.73 m²."""

    G1 = "G1", "G1期", "G1"
    G2 = "G2", "G2期", "G2"
    G3A = "G3a", "G3a期", "G3a"
    G3B = "G3b", "G3b期", "G3b"
    G4 = "G4", "G4期", "G4"
    G5 = "G5", "G5期", "G5"


class AStage(NamedStr):
    """Stage by the albumin-creatinine ratio of urine."""

    A1 = "A1", "A1期", "A1"
    A2 = "A2", "A2期", "A2"
    A3 = "A3", "A3期", "A3"


_G_FROM: Final = ((90, GStage.G1), (60, GStage.G2), (45, GStage.G3A), (30, GStage.G3B), (15, GStage.G4))


def egfr(creatinine_umol_l: Decimal, age_years: int, sex: Sex, formula: EgfrFormula) -> Decimal:
    """eGFR in mL/min/1.73 m², unrounded, for adults; serum creatinine in µmol/L.

    Raises ValueError when creatinine is not positive, the age below 18, or the sex unknown.
    """
    if not (creatinine_umol_l.is_finite() and creatinine_umol_l > 0):
        raise ValueError("creatinine must be positive")
    if age_years < 18:
        raise ValueError("the formulas are for adults")
    if sex not in KAPPA:
        raise ValueError("the formulas need the sex")
    with localcontext(prec=28):
        ratio = creatinine_umol_l / UMOL_L_PER_MG_DL / KAPPA[sex]
        row = COEFFICIENTS[formula]
        value = (
            row.factor * min(ratio, Decimal(1)) ** row.alpha[sex] * max(ratio, Decimal(1)) ** row.beyond
        ) * row.per_year**age_years
        return value * row.female if sex is Sex.F else value


def g_stage(egfr_ml_min: Decimal) -> GStage:
    """Stage of an unrounded eGFR: G1 from 90, G2 from 60, G3a from 45, G3b from 30, G4 from 15, else G5."""
    return next((stage for lower, stage in _G_FROM if egfr_ml_min >= lower), GStage.G5)


def a_stage(uacr_mg_g: Decimal) -> AStage:
    """Stage of a urine albumin-creatinine ratio in mg/g: A1 below 30, A2 30–300, A3 above 300."""
    if uacr_mg_g < 30:
        return AStage.A1
    return AStage.A2 if uacr_mg_g <= 300 else AStage.A3


def uacr_mg_g(uacr_mg_mmol: Decimal) -> Decimal:
    """A urine albumin-creatinine ratio in mg/mmol as mg/g, unrounded (1 mg/g = 0.113 mg/mmol)."""
    return uacr_mg_mmol / MG_MMOL_PER_MG_G
