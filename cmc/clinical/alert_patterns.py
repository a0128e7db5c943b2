"""Orange and yellow alerts: what several readings say together.

A single critical reading is `emergencies.reading_tier`. Orange is answered by a doctor within 24 hours, yellow by a
nurse within 7 days. Glucose in µmol/L, pressures in mmHg.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from cmc.clinical.blood_pressure import HomeMean, home_mean
from cmc.clinical.codes import AlertTier, GlucosePeriod
from cmc.clinical.glucose import FASTING_SATISFACTORY_BELOW_UMOL_L
from cmc.clinical.reasons import Reason, because

WEEK_DAYS: Final = 7
"""The week that ends today: home means (BP-04) and days of high glucose are looked at in it [D]."""
HIGH_HOME_MEAN_MMHG: Final = (160, 100)
HIGH_GLUCOSE_FROM_UMOL_L, HIGH_GLUCOSE_DAYS = 13900, 2
LOW_GLUCOSE_BELOW_UMOL_L, LOW_GLUCOSE_WITHIN_DAYS = 4400, 1
WEIGHT_GAIN_FROM_KG, WEIGHT_GAIN_DAYS = Decimal(2), 3
FASTING_HIGH_COUNT: Final = 3
ANSWER_DAYS: Final = {AlertTier.RED: 0, AlertTier.ORANGE: 1, AlertTier.YELLOW: 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFacts:
    """Recent readings of a person: home pressures (local date, SBP, DBP), glucose (local date, period, µmol/L; HI and
    LO left out), weights (local date, kg). `missed_doses`: told or found since the last contact."""

    home: tuple[tuple[date, int, int], ...] = ()
    glucose: tuple[tuple[date, GlucosePeriod, int], ...] = ()
    weights: tuple[tuple[date, Decimal], ...] = ()
    on_insulin_or_sulfonylurea: bool = False
    heart_failure: bool = False
    missed_doses: bool = False


@dataclass(frozen=True, slots=True)
class AlertPattern:
    """One alert: its tier, why, and the last local date on which it may be answered."""

    tier: AlertTier
    reason: Reason
    answer_by: date


def alert_patterns(facts: AlertFacts, on: date) -> tuple[AlertPattern, ...]:
    """The orange and yellow alerts that stand on a local date, orange first; readings of later days are ignored."""
    rows: tuple[tuple[AlertTier, Callable[[AlertFacts, date], Reason | None]], ...] = (
        (AlertTier.ORANGE, _very_high_home_mean),
        (AlertTier.ORANGE, _high_glucose_days),
        (AlertTier.ORANGE, _low_on_treatment),
        (AlertTier.ORANGE, _weight_gain),
        (AlertTier.YELLOW, _high_home_mean),
        (AlertTier.YELLOW, _fasting_high),
        (AlertTier.YELLOW, _missed_doses),
    )
    found = ((tier, pattern(facts, on)) for tier, pattern in rows)
    return tuple(
        AlertPattern(tier, reason, on + timedelta(days=ANSWER_DAYS[tier]))
        for tier, reason in found
        if reason is not None
    )


def _mean(facts: AlertFacts, on: date) -> HomeMean | None:
    mean = home_mean(row for row in facts.home if 0 <= (on - row[0]).days < WEEK_DAYS)
    return mean if mean is not None and mean.usable else None


def _very_high(mean: HomeMean | None) -> bool:
    high = HIGH_HOME_MEAN_MMHG
    return mean is not None and (mean.sbp_mmhg >= high[0] or mean.dbp_mmhg >= high[1])


def _very_high_home_mean(facts: AlertFacts, on: date) -> Reason | None:
    if not _very_high(_mean(facts, on)):
        return None
    return because("ALERT-ORANGE", "家庭血压周均值≥160/100 mmHg", "Home mean of the week ≥160/100")


def _high_home_mean(facts: AlertFacts, on: date) -> Reason | None:
    mean = _mean(facts, on)
    if mean is None or _very_high(mean) or not mean.elevated:
        return None
    return because("ALERT-YELLOW", "家庭血压周均值≥135/85 mmHg", "Home mean of the week ≥135/85")


def _high_glucose_days(facts: AlertFacts, on: date) -> Reason | None:
    days = {
        day for day, _, value in facts.glucose if value >= HIGH_GLUCOSE_FROM_UMOL_L and _within(day, on, WEEK_DAYS - 1)
    }
    if len(days) < HIGH_GLUCOSE_DAYS:
        return None
    return because("ALERT-ORANGE", "一周内2天血糖≥13.9 mmol/L", "Glucose ≥13.9 mmol/L on two days of the week")


def _low_on_treatment(facts: AlertFacts, on: date) -> Reason | None:
    low = any(
        value < LOW_GLUCOSE_BELOW_UMOL_L and _within(day, on, LOW_GLUCOSE_WITHIN_DAYS)
        for day, _, value in facts.glucose
    )
    if not (low and facts.on_insulin_or_sulfonylurea):
        return None
    return because(
        "ALERT-ORANGE", "使用胰岛素或磺脲类，血糖<4.4 mmol/L", "Glucose <4.4 mmol/L on insulin or sulfonylurea"
    )


def _weight_gain(facts: AlertFacts, on: date) -> Reason | None:
    recent = sorted(row for row in facts.weights if _within(row[0], on, WEIGHT_GAIN_DAYS))
    gained = any(
        later - earlier >= WEIGHT_GAIN_FROM_KG
        for place, (_, earlier) in enumerate(recent)
        for _, later in recent[place + 1 :]
    )
    if not (gained and facts.heart_failure):
        return None
    return because("ALERT-ORANGE", "心力衰竭，3天内体重增加≥2千克", "Heart failure, and 2 kg more within 3 days")


def _fasting_high(facts: AlertFacts, on: date) -> Reason | None:
    fasting = [row for row in facts.glucose if row[1] is GlucosePeriod.FASTING and row[0] <= on]
    last = [value for _, _, value in sorted(fasting, key=lambda row: row[0])[-FASTING_HIGH_COUNT:]]
    if len(last) < FASTING_HIGH_COUNT or not _all_high(last):
        return None
    return because("ALERT-YELLOW", "连续3次空腹血糖≥7.0 mmol/L", "Three fasting values in a row ≥7.0 mmol/L")


def _all_high(values: Iterable[int]) -> bool:
    return all(value >= FASTING_SATISFACTORY_BELOW_UMOL_L for value in values)


def _missed_doses(facts: AlertFacts, _on: date) -> Reason | None:
    return because("ALERT-YELLOW", "漏服药物", "Missed doses") if facts.missed_doses else None


def _within(day: date, on: date, days: int) -> bool:
    return 0 <= (on - day).days <= days
