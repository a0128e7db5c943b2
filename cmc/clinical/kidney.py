"""Kidney judgement over time: CKD needs three months, albuminuria two of three (rules on kidney screening)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from cmc.clinical.codes import Sex
from cmc.clinical.periods import completed_years
from cmc.clinical.reasons import Reason, because
from cmc.clinical.renal import AStage, EgfrFormula, GStage, a_stage, egfr, g_stage
from cmc.core.named import NamedStr

CKD_DAYS: Final = 90  # at least 3 months
ALBUMIN_WINDOW_DAYS: Final = 183  # 2 of 3 within 3–6 months
ALBUMIN_COUNT, ALBUMIN_ABNORMAL = 3, 2
LOW_EGFR_BELOW: Final = 60
REFER_EGFR_BELOW: Final = 30
RAPID_FALL_ABOVE_PER_YEAR: Final = 5
RAPID_FALL_AT_LEAST_DAYS: Final = 180
"""A fall per year is only computed over half a year or more [D]: shorter spans magnify the noise of creatinine."""
_NORMAL_UACR_BELOW: Final = 30


@dataclass(frozen=True, slots=True)
class EgfrResult:
    """An eGFR in mL/min/1.73 m², unrounded, with the formula that gave it and the day of the creatinine."""

    on: date
    value: Decimal
    formula: EgfrFormula


@dataclass(frozen=True, slots=True)
class UacrResult:
    """A urine albumin-creatinine ratio in mg/g on a local date."""

    on: date
    mg_g: Decimal


class CkdState(NamedStr):
    """Whether the person has chronic kidney disease."""

    UNKNOWN = "UNKNOWN", "未评估", "Not assessed"
    NO = "NO", "无慢性肾脏病依据", "No sign of it"
    SUSPECTED = "SUSPECTED", "待3个月后确认", "To be confirmed after three months"
    CONFIRMED = "CONFIRMED", "慢性肾脏病", "Chronic kidney disease"


@dataclass(frozen=True, slots=True)
class KidneyJudgement:
    """Stages of the latest values, the state of CKD, when to repeat, and why to refer.

    `fall_per_year` is the fall of eGFR in mL/min/1.73 m² a year between the first and the last value of one formula
    within two years; None below half a year or two values.
    """

    state: CkdState
    g: GStage | None = None
    a: AStage | None = None
    latest: EgfrResult | None = None
    fall_per_year: Decimal | None = None
    repeat_by: date | None = None
    refer: tuple[Reason, ...] = ()

    @property
    def ckd_stage(self) -> int | None:
        """The stage 1–5 for the risk table, of confirmed CKD; None without."""
        if self.state is not CkdState.CONFIRMED or self.g is None:
            return None
        return {GStage.G1: 1, GStage.G2: 2, GStage.G3A: 3, GStage.G3B: 3, GStage.G4: 4, GStage.G5: 5}[self.g]


def egfr_result(
    creatinine_umol_l: Decimal, birth: date, sex: Sex, *, on: date, formula: EgfrFormula = EgfrFormula.CKD_EPI_2009
) -> EgfrResult:
    """The eGFR of a creatinine taken on a day, with its formula. Raises ValueError as `renal.egfr` does."""
    return EgfrResult(on, egfr(creatinine_umol_l, completed_years(birth, on), sex, formula), formula)


def judge_kidney(egfrs: Sequence[EgfrResult], uacrs: Sequence[UacrResult], on: date) -> KidneyJudgement:
    """The kidney as known on a local date; later values are ignored."""
    rates = sorted((each for each in egfrs if each.on <= on), key=lambda each: each.on)
    ratios = sorted((each for each in uacrs if each.on <= on), key=lambda each: each.on)
    if not rates and not ratios:
        return KidneyJudgement(CkdState.UNKNOWN)
    latest = rates[-1] if rates else None
    state, since = _state(rates, ratios)
    albumin = a_stage(ratios[-1].mg_g) if ratios else None
    fall = _fall_per_year(rates)
    return KidneyJudgement(
        state,
        g_stage(latest.value) if latest else None,
        albumin,
        latest,
        fall,
        since + timedelta(days=CKD_DAYS) if state is CkdState.SUSPECTED and since else None,
        _referral(latest, albumin, fall),
    )


def albuminuria_confirmed(uacrs: Sequence[UacrResult], on: date) -> bool:
    """Two of the last three ratios within half a year before `on` at or above 30 mg/g."""
    recent = sorted(
        (each for each in uacrs if 0 <= (on - each.on).days <= ALBUMIN_WINDOW_DAYS), key=lambda each: each.on
    )
    return sum(each.mg_g >= _NORMAL_UACR_BELOW for each in recent[-ALBUMIN_COUNT:]) >= ALBUMIN_ABNORMAL


def _state(rates: list[EgfrResult], ratios: list[UacrResult]) -> tuple[CkdState, date | None]:
    """The state and the first day of the abnormality that still lasts."""
    low_since = _since([(each.on, each.value < LOW_EGFR_BELOW) for each in rates])
    albumin = [(each.on, each.mg_g >= _NORMAL_UACR_BELOW) for each in ratios]
    albumin_since = _since(albumin)
    lasting = low_since is not None and (rates[-1].on - low_since).days >= CKD_DAYS
    abnormal = [day for day, high in albumin if high]
    last_three = [high for _, high in albumin[-ALBUMIN_COUNT:]]
    persisting = (
        sum(last_three) >= ALBUMIN_ABNORMAL and len(abnormal) > 1 and (abnormal[-1] - abnormal[0]).days >= CKD_DAYS
    )
    if lasting or persisting:
        return CkdState.CONFIRMED, None
    first = min((each for each in (low_since, albumin_since) if each), default=None)
    return (CkdState.SUSPECTED, first) if first else (CkdState.NO, None)


def _since(days: list[tuple[date, bool]]) -> date | None:
    """The first day of the abnormal values at the end of the list; None when the last one is normal."""
    since = None
    for day, abnormal in days:
        since = (since or day) if abnormal else None
    return since


def _fall_per_year(rates: list[EgfrResult]) -> Decimal | None:
    if not rates:
        return None
    last = rates[-1]
    comparable = [each for each in rates if each.formula is last.formula and (last.on - each.on).days <= 2 * 365]
    days = (last.on - comparable[0].on).days
    if days < RAPID_FALL_AT_LEAST_DAYS:
        return None
    return (comparable[0].value - last.value) * Decimal("365.25") / days


def _referral(latest: EgfrResult | None, albumin: AStage | None, fall: Decimal | None) -> tuple[Reason, ...]:
    rows = (
        (latest is not None and latest.value < REFER_EGFR_BELOW, "eGFR<30，转诊", "eGFR below 30: refer"),
        (fall is not None and fall > RAPID_FALL_ABOVE_PER_YEAR, "eGFR年下降>5，转诊", "eGFR falls by >5 a year: refer"),
        (albumin is AStage.A3, "尿白蛋白A3期，转诊", "Albuminuria A3: refer"),
    )
    return tuple(because("KIDNEY", zh, en) for holds, zh, en in rows if holds)
