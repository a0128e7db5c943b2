"""Meaning of blood pressures: plausibility, means, control standards, grades. Values in mmHg."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from cmc.clinical.codes import Concern
from cmc.clinical.units import round_half_up
from cmc.core.named import NamedStr

HARD_SBP_MMHG, HARD_DBP_MMHG = (40, 300), (20, 200)  # BP-01, ends included
SOFT_SBP_MMHG, SOFT_DBP_MMHG = (80, 220), (40, 130)  # BP-01, ends included
SMALLEST_PULSE_PRESSURE_MMHG = 10  # BP-01

THIRD_READING_ABOVE_MMHG = 10  # BP-03
HOME_DAYS_AT_LEAST, HOME_COUNT_AT_LEAST = 3, 12  # HTN-DX-02
HOME_ELEVATED_MMHG = (135, 85)  # HTN-DX-02
OFFICE_ELEVATED_MMHG = (140, 90)  # HTN-DX-01

Pair = tuple[int, int]


class ControlStandard(NamedStr):
    """Which limits "controlled" means. They are kept apart and never stand for one another (GEN-01)."""

    NBPHS = "NBPHS", "国家基本公共卫生服务规范（2017）", "National programme 2017"
    UNIFORM_140_90 = "UNIFORM_140_90", "统一140/90", "Uniform 140/90"
    TARGET_2025_130_80 = "TARGET_2025_130_80", "基层指南2025目标值", "Primary-care guideline 2025 target"


@dataclass(frozen=True, slots=True)
class ControlLimit:
    """From `age_from` completed years on, controlled means SBP and DBP strictly below these."""

    age_from: int
    sbp_below_mmhg: int
    dbp_below_mmhg: int


CONTROL_LIMITS: Final[Mapping[ControlStandard, tuple[ControlLimit, ...]]] = MappingProxyType(
    {
        ControlStandard.NBPHS: (ControlLimit(0, 140, 90), ControlLimit(65, 150, 90)),  # HTN-FU-05, CTRL-02
        ControlStandard.UNIFORM_140_90: (ControlLimit(0, 140, 90),),
        ControlStandard.TARGET_2025_130_80: (ControlLimit(0, 130, 80), ControlLimit(80, 150, 90)),  # HTN-GL-01
    }
)


def control_limit(age_years: int, standard: ControlStandard = ControlStandard.NBPHS) -> ControlLimit:
    """The limits that hold at this age in completed years. Raises ValueError for a negative age."""
    if age_years < 0:
        raise ValueError("an age is not negative")
    return max((row for row in CONTROL_LIMITS[standard] if row.age_from <= age_years), key=lambda row: row.age_from)


def controlled(sbp_mmhg: int, dbp_mmhg: int, age_years: int, standard: ControlStandard = ControlStandard.NBPHS) -> bool:
    """Both limbs strictly below the limits of the age (HTN-FU-05, CTRL-02)."""
    limit = control_limit(age_years, standard)
    return sbp_mmhg < limit.sbp_below_mmhg and dbp_mmhg < limit.dbp_below_mmhg


def concerns(sbp_mmhg: int, dbp_mmhg: int) -> tuple[Concern, ...]:
    """What is doubtful about a pair (BP-01); empty when nothing is."""
    found = []
    if not (_within(sbp_mmhg, HARD_SBP_MMHG) and _within(dbp_mmhg, HARD_DBP_MMHG)):
        found.append(Concern.OUT_OF_RANGE)
    if sbp_mmhg <= dbp_mmhg:
        found.append(Concern.NOT_ABOVE_DIASTOLIC)
    elif sbp_mmhg - dbp_mmhg < SMALLEST_PULSE_PRESSURE_MMHG:
        found.append(Concern.NARROW_PULSE_PRESSURE)
    if not found and not (_within(sbp_mmhg, SOFT_SBP_MMHG) and _within(dbp_mmhg, SOFT_DBP_MMHG)):
        found.append(Concern.UNUSUAL)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class OfficeMean:
    """An office value in whole mmHg (half-up), the number of readings averaged, and whether a third is still wanted."""

    sbp_mmhg: int
    dbp_mmhg: int
    averaged: int
    third_wanted: bool = False


def office_mean(readings: Sequence[Pair], *, irregular_pulse: bool = False) -> OfficeMean:
    """The office value of readings (SBP, DBP) in the order taken (BP-03).

    The mean of the first two. When their SBP or DBP differ by more than 10, the mean of the last two of three; until
    the third is there, the mean of the two with `third_wanted`. With an irregular pulse all are averaged and three are
    wanted (BP-06). A single reading stands alone. Raises ValueError for no reading.
    """
    if not readings:
        raise ValueError("no reading to average")
    if irregular_pulse:
        return _mean_of(readings, third_wanted=len(readings) < 3)
    if len(readings) < 2:
        return _mean_of(readings)
    apart = max(abs(readings[0][limb] - readings[1][limb]) for limb in (0, 1)) > THIRD_READING_ABOVE_MMHG
    if not apart:
        return _mean_of(readings[:2])
    return _mean_of(readings[-2:], third_wanted=len(readings) < 3)


@dataclass(frozen=True, slots=True)
class HomeMean:
    """Mean of home readings, unrounded, with the distinct days and the readings behind it."""

    days: int
    count: int
    sbp_mmhg: Decimal
    dbp_mmhg: Decimal

    @property
    def usable(self) -> bool:
        """At least 3 days and 12 readings (HTN-DX-02)."""
        return self.days >= HOME_DAYS_AT_LEAST and self.count >= HOME_COUNT_AT_LEAST

    @property
    def elevated(self) -> bool | None:
        """SBP at or above 135 and/or DBP at or above 85 (HTN-DX-02); None when the mean is not usable."""
        if not self.usable:
            return None
        return self.sbp_mmhg >= HOME_ELEVATED_MMHG[0] or self.dbp_mmhg >= HOME_ELEVATED_MMHG[1]


def home_mean(readings: Iterable[tuple[date, int, int]]) -> HomeMean | None:
    """Mean of home readings (local date, SBP, DBP); None when there are none."""
    rows = list(readings)
    if not rows:
        return None
    return HomeMean(
        days=len({on for on, _, _ in rows}),
        count=len(rows),
        sbp_mmhg=Decimal(sum(sbp for _, sbp, _ in rows)) / len(rows),
        dbp_mmhg=Decimal(sum(dbp for _, _, dbp in rows)) / len(rows),
    )


class PressureGrade(NamedStr):
    """Grade of an office pressure; `number` is 1–3 for the grades of hypertension, else 0."""

    NORMAL = "NORMAL", "正常血压", "Normal"
    HIGH_NORMAL = "HIGH_NORMAL", "正常高值", "High-normal"
    GRADE_1 = "GRADE_1", "1级高血压", "Grade 1 hypertension"
    GRADE_2 = "GRADE_2", "2级高血压", "Grade 2 hypertension"
    GRADE_3 = "GRADE_3", "3级高血压", "Grade 3 hypertension"

    @property
    def number(self) -> int:
        """1, 2 or 3 for hypertension, 0 below it."""
        return max(0, list(PressureGrade).index(self) - 1)


class Isolated(NamedStr):
    """One limb high, the other not."""

    SYSTOLIC = "SYSTOLIC", "单纯收缩期高血压", "Isolated systolic hypertension"
    DIASTOLIC = "DIASTOLIC", "单纯舒张期高血压", "Isolated diastolic hypertension"


_GRADES: Final = (  # grade, from SBP, from DBP: the higher limb decides
    (PressureGrade.GRADE_3, 180, 110),
    (PressureGrade.GRADE_2, 160, 100),
    (PressureGrade.GRADE_1, 140, 90),
    (PressureGrade.HIGH_NORMAL, 120, 80),
)


def grade(sbp_mmhg: int, dbp_mmhg: int) -> PressureGrade:
    """Grade of an office pressure without treatment; the higher of the two limbs decides."""
    for name, sbp_from, dbp_from in _GRADES:
        if sbp_mmhg >= sbp_from or dbp_mmhg >= dbp_from:
            return name
    return PressureGrade.NORMAL


def isolated(sbp_mmhg: int, dbp_mmhg: int) -> Isolated | None:
    """Isolated systolic (≥140 and <90) or diastolic (<140 and ≥90) hypertension, else None."""
    high_sbp, high_dbp = sbp_mmhg >= OFFICE_ELEVATED_MMHG[0], dbp_mmhg >= OFFICE_ELEVATED_MMHG[1]
    if high_sbp == high_dbp:
        return None
    return Isolated.SYSTOLIC if high_sbp else Isolated.DIASTOLIC


def elevated_in_office(sbp_mmhg: int, dbp_mmhg: int) -> bool:
    """SBP at or above 140 and/or DBP at or above 90 (HTN-DX-01)."""
    return sbp_mmhg >= OFFICE_ELEVATED_MMHG[0] or dbp_mmhg >= OFFICE_ELEVATED_MMHG[1]


def _within(value: int, ends: Pair) -> bool:
    return ends[0] <= value <= ends[1]


def _mean_of(readings: Sequence[Pair], *, third_wanted: bool = False) -> OfficeMean:
    sbp, dbp = (Decimal(sum(pair[limb] for pair in readings)) / len(readings) for limb in (0, 1))
    whole = Decimal(1)
    return OfficeMean(int(round_half_up(sbp, whole)), int(round_half_up(dbp, whole)), len(readings), third_wanted)
