"""Meaning of glucose values: plausibility, periods, hypoglycaemia, continuous monitoring.

All values are integers in µmol/L unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from cmc.clinical.codes import Concern, GlucoseFlag, GlucosePeriod
from cmc.clinical.emergencies import CRITICAL_HIGH_GLUCOSE_UMOL_L, CRITICAL_LOW_GLUCOSE_UMOL_L
from cmc.clinical.units import MG_DL_PER_MMOL_L, GlucoseUnit, glucose_to_umol_l, mmol_l, round_half_up

FASTING_SATISFACTORY_BELOW_UMOL_L = 7000  # DM-FU-05, CTRL-03
OTHER_SATISFACTORY_BELOW_UMOL_L = 10000  # comprehensive target for values that are not fasting

HARD_LOW_UMOL_L, HARD_HIGH_UMOL_L = 500, 50000  # GLU-04
SOFT_LOW_UMOL_L, SOFT_HIGH_UMOL_L = 2200, 27800  # GLU-04
SUSPECT_MMOL_L_FROM = Decimal(40)  # GLU-04: from here on a mmol/L value is probably mg/dL
SUSPECT_MG_DL_UP_TO = Decimal("33.3")  # and up to here a mg/dL value is probably mmol/L
METER_HIGH_UMOL_L, METER_LOW_UMOL_L = 33300, 1100  # GLU-03: usual limits of a meter (600 and 20 mg/dL)

HYPOGLYCAEMIA_BELOW_UMOL_L = 3900
SEVERE_HYPOGLYCAEMIA_BELOW_UMOL_L = 3000
HYPOGLYCAEMIA_WITHOUT_DIABETES_BELOW_UMOL_L = 2800

RANGE_LOW_UMOL_L, RANGE_HIGH_UMOL_L = 3900, 10000  # both inside
VERY_HIGH_ABOVE_UMOL_L = 13900
GMI_INTERCEPT_PERCENT, GMI_SLOPE = Decimal("3.31"), Decimal("0.02392")
STABLE_CV_UP_TO_PERCENT = Decimal(36)
CGM_VALID_DAYS, CGM_VALID_SHARE = 14, Decimal("0.70")

HBA1C_LOW_PERCENT, HBA1C_HIGH_PERCENT = Decimal("3.0"), Decimal("20.0")  # GLU-06, ends included


class HypoglycaemiaLevel(IntEnum):
    """Levels of the clinical guidelines, for a person with diabetes."""

    LEVEL_1 = 1
    LEVEL_2 = 2
    LEVEL_3 = 3


def concerns(value: Decimal, unit: str) -> tuple[Concern, ...]:
    """What is doubtful about a value as it was recorded (GLU-04); empty when nothing is.

    The hard range 0.5–50 mmol/L includes its ends; soft warnings are below 2.2 and above 27.8. Raises UnitError.
    """
    glucose_umol_l = glucose_to_umol_l(value, unit)
    found = []
    if not HARD_LOW_UMOL_L <= glucose_umol_l <= HARD_HIGH_UMOL_L:
        found.append(Concern.OUT_OF_RANGE)
    in_mg_dl = unit == GlucoseUnit.MG_DL
    if value <= SUSPECT_MG_DL_UP_TO if in_mg_dl else value >= SUSPECT_MMOL_L_FROM:
        found.append(Concern.UNIT_MISMATCH)
    if not found and not SOFT_LOW_UMOL_L <= glucose_umol_l <= SOFT_HIGH_UMOL_L:
        found.append(Concern.UNUSUAL)
    return tuple(found)


def unit_doubtful(value: Decimal, unit: str) -> bool:
    """Whether a number in mg/dL is a severe hypoglycaemia or one in mmol/L under a wrong unit: only a person can tell.

    That is one from 0.5, the least that is possible in one of the two, to 33.3. From 40 mmol/L on there is no such
    doubt: nearly every such number is mg/dL.
    """
    return unit == GlucoseUnit.MG_DL and mmol_l(HARD_LOW_UMOL_L) <= value <= SUSPECT_MG_DL_UP_TO


def hba1c_plausible(hba1c_percent: Decimal) -> bool:
    """HbA1c between 3.0 and 20.0 %, ends included (GLU-06)."""
    return HBA1C_LOW_PERCENT <= hba1c_percent <= HBA1C_HIGH_PERCENT


def bound_umol_l(flag: GlucoseFlag, device_limit_umol_l: int | None = None) -> int:
    """The bound to store beside HI or LO (GLU-03): the device's own limit, or the usual 33.3 / 1.1 mmol/L."""
    if device_limit_umol_l is not None:
        return device_limit_umol_l
    return METER_HIGH_UMOL_L if flag is GlucoseFlag.HI else METER_LOW_UMOL_L


def bound_contradicts(flag: GlucoseFlag, umol_l: int) -> bool:
    """Whether a number cannot be the limit beside HI or LO: both are emergencies (GLU-03), so the limit is critical."""
    if flag is GlucoseFlag.HI:
        return umol_l < CRITICAL_HIGH_GLUCOSE_UMOL_L
    return umol_l > CRITICAL_LOW_GLUCOSE_UMOL_L


def feeds_classification(period: GlucosePeriod) -> bool:
    """Whether a value of this period may set the statutory class and 血糖控制率 (GLU-01): fasting only."""
    return period is GlucosePeriod.FASTING


def fasting_satisfactory(glucose_umol_l: int) -> bool:
    """DM-FU-05: fasting glucose below 7.0 mmol/L; 7.0 itself is not. Low values pass literally (CTRL-08)."""
    return glucose_umol_l < FASTING_SATISFACTORY_BELOW_UMOL_L


def hypoglycaemia_level(glucose_umol_l: int | None, *, needed_help: bool = False) -> HypoglycaemiaLevel | None:
    """Guideline level for a person with diabetes: 1 below 3.9, 2 below 3.0, 3 when help was needed at any value.

    3.9 itself is no guideline hypoglycaemia although it is a statutory emergency (DM-EM-01).
    """
    if needed_help:
        return HypoglycaemiaLevel.LEVEL_3
    if glucose_umol_l is None or glucose_umol_l >= HYPOGLYCAEMIA_BELOW_UMOL_L:
        return None
    severe = glucose_umol_l < SEVERE_HYPOGLYCAEMIA_BELOW_UMOL_L
    return HypoglycaemiaLevel.LEVEL_2 if severe else HypoglycaemiaLevel.LEVEL_1


def hypoglycaemia_without_diabetes(glucose_umol_l: int) -> bool:
    """Below 2.8 mmol/L in a person who has no diabetes."""
    return glucose_umol_l < HYPOGLYCAEMIA_WITHOUT_DIABETES_BELOW_UMOL_L


@dataclass(frozen=True, slots=True)
class CgmSummary:
    """Shares of sensor values, in percent with two decimals; 3.9 and 10.0 mmol/L lie in range.

    `below_percent` includes `below_3_0_percent`, `above_percent` includes `above_13_9_percent`. Mean and coefficient of
    variation are unrounded; the latter is None for a single value.
    """

    count: int
    in_range_percent: Decimal
    below_percent: Decimal
    below_3_0_percent: Decimal
    above_percent: Decimal
    above_13_9_percent: Decimal
    mean_mmol_l: Decimal
    cv_percent: Decimal | None
    gmi_percent: Decimal

    @property
    def stable(self) -> bool | None:
        """Coefficient of variation up to 36 %; None when unknown."""
        return None if self.cv_percent is None else self.cv_percent <= STABLE_CV_UP_TO_PERCENT


def cgm_summary(glucose_umol_l: Sequence[int]) -> CgmSummary | None:
    """Summary of numeric sensor values; None when there are none. HI and LO are left out by the caller (GLU-03)."""
    if not glucose_umol_l:
        return None
    mean = mean_mmol_l(glucose_umol_l)
    return CgmSummary(
        count=len(glucose_umol_l),
        in_range_percent=_share(glucose_umol_l, RANGE_LOW_UMOL_L, RANGE_HIGH_UMOL_L),
        below_percent=_share(glucose_umol_l, None, RANGE_LOW_UMOL_L - 1),
        below_3_0_percent=_share(glucose_umol_l, None, SEVERE_HYPOGLYCAEMIA_BELOW_UMOL_L - 1),
        above_percent=_share(glucose_umol_l, RANGE_HIGH_UMOL_L + 1, None),
        above_13_9_percent=_share(glucose_umol_l, VERY_HIGH_ABOVE_UMOL_L + 1, None),
        mean_mmol_l=mean,
        cv_percent=cv_percent(glucose_umol_l),
        gmi_percent=gmi_percent(mean),
    )


def mean_mmol_l(glucose_umol_l: Sequence[int]) -> Decimal:
    """Mean in mmol/L, unrounded. Raises ValueError for no values."""
    if not glucose_umol_l:
        raise ValueError("no values to average")
    return mmol_l(sum(glucose_umol_l)) / len(glucose_umol_l)


def gmi_percent(mean_mmol_l: Decimal) -> Decimal:
    """Glucose management indicator in percent, unrounded: 3.31 + 0.02392 × mean in mg/dL, with 18 mg/dL per mmol/L."""
    return GMI_INTERCEPT_PERCENT + GMI_SLOPE * MG_DL_PER_MMOL_L * mean_mmol_l


def cv_percent(glucose_umol_l: Sequence[int]) -> Decimal | None:
    """Coefficient of variation in percent (sample standard deviation ÷ mean), unrounded; None below two values."""
    count = len(glucose_umol_l)
    total = sum(glucose_umol_l)
    if count < 2 or total == 0:
        return None
    squares = count * sum(value * value for value in glucose_umol_l) - total * total
    deviation = (Decimal(squares) / (count * (count - 1))).sqrt()
    return deviation * 100 * count / total


def cgm_sufficient(count: int, interval_minutes: int, days: int = CGM_VALID_DAYS) -> bool:
    """Whether a sensor delivered at least 70 % of the values expected in `days` days at its interval in minutes."""
    expected = Decimal(days * 24 * 60) / interval_minutes
    return count >= CGM_VALID_SHARE * expected


def _share(values: Sequence[int], low: int | None, high: int | None) -> Decimal:
    inside = sum((low is None or value >= low) and (high is None or value <= high) for value in values)
    return round_half_up(Decimal(inside * 100) / len(values), Decimal("0.01"))
