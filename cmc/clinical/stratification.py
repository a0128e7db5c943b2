"""Cardiovascular risk of a person with hypertension: the table of 中国高血压防治指南 2018, kept in 2024."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from cmc.clinical.blood_pressure import grade
from cmc.core.named import NamedInt
from cmc.core.text import Text

HIGH_NORMAL_FROM_MMHG: Final = (130, 85)  # the table's first column: 130–139 and/or 85–89


class RiskLevel(NamedInt):
    """Risk bands; a greater number is a higher risk."""

    LOW = 1, "低危", "Low"
    MEDIUM = 2, "中危", "Medium"
    HIGH = 3, "高危", "High"
    VERY_HIGH = 4, "很高危", "Very high"


class RiskRow(IntEnum):
    """The rows of the table, from none to clinical disease."""

    NONE = 0
    FEW_FACTORS = 1
    MANY_FACTORS_OR_DAMAGE = 2
    CLINICAL_DISEASE = 3


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: the printed band, or two bands where the guideline prints both."""

    bands: tuple[RiskLevel, ...]

    @property
    def label(self) -> Text:
        """The cell as printed, e.g. 中/高危."""
        *lower, highest = self.bands
        zh = "/".join([*(band.text.zh.removesuffix("危") for band in lower), highest.text.zh])
        return Text(zh, " / ".join(band.text.en for band in self.bands))

    @property
    def resolved(self) -> RiskLevel:
        """The higher band of a split cell, for work-lists."""
        return max(self.bands)


@dataclass(frozen=True, slots=True, kw_only=True)
class HypertensionRiskFacts:
    """What decides the row: counted risk factors, organ damage, kidney stage (1–5), diabetes, clinical disease."""

    risk_factors: int = 0
    target_organ_damage: bool = False
    ckd_stage: int | None = None
    diabetes: bool = False
    diabetes_complication: bool = False
    clinical_complication: bool = False


_LOW, _MEDIUM, _HIGH, _VERY_HIGH = ((level,) for level in RiskLevel)
_MEDIUM_HIGH = (RiskLevel.MEDIUM, RiskLevel.HIGH)
_HIGH_VERY_HIGH = (RiskLevel.HIGH, RiskLevel.VERY_HIGH)
_TABLE: Final[Mapping[RiskRow, tuple[tuple[RiskLevel, ...], ...]]] = MappingProxyType(
    {  # columns: 130–139/85–89, grade 1, grade 2, grade 3
        RiskRow.NONE: ((), _LOW, _MEDIUM, _HIGH),
        RiskRow.FEW_FACTORS: (_LOW, _MEDIUM, _MEDIUM_HIGH, _VERY_HIGH),
        RiskRow.MANY_FACTORS_OR_DAMAGE: (_MEDIUM_HIGH, _HIGH, _HIGH, _VERY_HIGH),
        RiskRow.CLINICAL_DISEASE: (_HIGH_VERY_HIGH, _VERY_HIGH, _VERY_HIGH, _VERY_HIGH),
    }
)


def risk_row(facts: HypertensionRiskFacts) -> RiskRow:
    """The row of the table. Raises ValueError for a negative count or a kidney stage outside 1–5."""
    stage = 1 if facts.ckd_stage is None else facts.ckd_stage
    if facts.risk_factors < 0 or not 1 <= stage <= 5:
        raise ValueError("risk factors are counted from 0, kidney stages from 1 to 5")
    if facts.clinical_complication or facts.diabetes_complication or stage >= 4:
        return RiskRow.CLINICAL_DISEASE
    if facts.target_organ_damage or facts.diabetes or stage == 3 or facts.risk_factors >= 3:
        return RiskRow.MANY_FACTORS_OR_DAMAGE
    return RiskRow.FEW_FACTORS if facts.risk_factors else RiskRow.NONE


def hypertension_risk(sbp_mmhg: int, dbp_mmhg: int, facts: HypertensionRiskFacts) -> Cell | None:
    """The cell for the highest pressure before treatment; None below 130/85 and where the table is empty."""
    column = grade(sbp_mmhg, dbp_mmhg).number
    row = risk_row(facts)
    if not column and sbp_mmhg < HIGH_NORMAL_FROM_MMHG[0] and dbp_mmhg < HIGH_NORMAL_FROM_MMHG[1]:
        return None
    bands = _TABLE[row][column]
    return Cell(bands) if bands else None
