"""What a glucose sensor says over some days: shares in range, GMI, CV, how much of the time it delivered (GLU-03).

The shares, means and GMI are those of `glucose.cgm_summary`; here the values come with their times, so that a value
sent twice counts once, HI and LO are counted and left out of the means, and the delivered share is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from cmc.clinical.codes import GlucoseFlag
from cmc.clinical.glucose import CGM_VALID_DAYS, CGM_VALID_SHARE, CgmSummary, cgm_summary
from cmc.clinical.units import round_half_up
from cmc.core.named import NamedStr

USUAL_INTERVAL_MINUTES: Final = (1, 3, 5, 10, 15)


class CgmGroup(NamedStr):
    """Whose limits hold."""

    GENERAL = "general", "一般成人", "General adult"
    FRAIL = "frail", "老年或低血糖高风险", "Old or at high risk of hypoglycaemia"


class CgmGoal(NamedStr):
    """The goals of sensor values (rules 4.3)."""

    IN_RANGE = "in_range", "目标范围内时间", "Time in range"
    BELOW = "below", "低于3.9时间", "Time below 3.9"
    BELOW_3_0 = "below_3_0", "低于3.0时间", "Time below 3.0"
    ABOVE = "above", "高于10.0时间", "Time above 10.0"
    ABOVE_13_9 = "above_13_9", "高于13.9时间", "Time above 13.9"


MORE_THAN_PERCENT: Final = {CgmGroup.GENERAL: Decimal(70), CgmGroup.FRAIL: Decimal(50)}
LESS_THAN_PERCENT: Final = {
    CgmGroup.GENERAL: {
        CgmGoal.BELOW: Decimal(4),
        CgmGoal.BELOW_3_0: Decimal(1),
        CgmGoal.ABOVE: Decimal(25),
        CgmGoal.ABOVE_13_9: Decimal(5),
    },
    CgmGroup.FRAIL: {CgmGoal.BELOW: Decimal(1), CgmGoal.ABOVE_13_9: Decimal(10)},
}


@dataclass(frozen=True, slots=True)
class SensorValue:
    """One value of a sensor; with a flag `glucose_umol_l` is a bound and not a value."""

    at: datetime
    glucose_umol_l: int
    flag: GlucoseFlag | None = None


@dataclass(frozen=True, slots=True)
class CgmReport:
    """`start` ≤ time < `end`. `delivered` counts moments with a value or a flag, `expected` those that could have one.

    `summary` is None without numeric values. `active_percent` has two decimals, at most 100.
    """

    start: datetime
    end: datetime
    interval_minutes: int
    delivered: int
    expected: int
    high: int
    low: int
    summary: CgmSummary | None

    @property
    def active_percent(self) -> Decimal | None:
        """Share of the time with a value; None for an empty span (GEN-06)."""
        if not self.expected:
            return None
        return min(Decimal(100), round_half_up(Decimal(self.delivered * 100) / self.expected, Decimal("0.01")))

    @property
    def sufficient(self) -> bool:
        """At least 70 % of 14 days: a shorter span is never enough, a longer one needs 70 % of itself."""
        long_enough = self.end - self.start >= timedelta(days=CGM_VALID_DAYS)
        return long_enough and self.delivered >= CGM_VALID_SHARE * self.expected

    def met(self, group: CgmGroup = CgmGroup.GENERAL) -> dict[CgmGoal, bool]:
        """Which goals of the group are met; empty without numeric values."""
        if self.summary is None:
            return {}
        shares = {
            CgmGoal.BELOW: self.summary.below_percent,
            CgmGoal.BELOW_3_0: self.summary.below_3_0_percent,
            CgmGoal.ABOVE: self.summary.above_percent,
            CgmGoal.ABOVE_13_9: self.summary.above_13_9_percent,
        }
        upper = {goal: shares[goal] < limit for goal, limit in LESS_THAN_PERCENT[group].items()}
        return {CgmGoal.IN_RANGE: self.summary.in_range_percent > MORE_THAN_PERCENT[group], **upper}


def cgm_report(values: Iterable[SensorValue], *, start: datetime, end: datetime, interval_minutes: int) -> CgmReport:
    """The report of sensor values with `start` ≤ at < `end`; several values within one interval count as one moment.

    Raises ValueError for an interval below one minute or an end before the start.
    """
    if interval_minutes < 1 or end < start:
        raise ValueError("an interval has at least one minute and a span does not end before it starts")
    inside = {each.at: each for each in values if start <= each.at < end}
    step = timedelta(minutes=interval_minutes)
    moments = {(at - start) // step for at in inside}
    numeric = [each.glucose_umol_l for _, each in sorted(inside.items()) if each.flag is None]
    return CgmReport(
        start=start,
        end=end,
        interval_minutes=interval_minutes,
        delivered=len(moments),
        expected=-((start - end) // step),
        high=sum(each.flag is GlucoseFlag.HI for each in inside.values()),
        low=sum(each.flag is GlucoseFlag.LO for each in inside.values()),
        summary=cgm_summary(numeric),
    )


def interval_of(times: Iterable[datetime]) -> int | None:
    """The sensor's own interval in minutes: the usual one nearest to the median distance; None below three values."""
    ordered = sorted(set(times))
    apart = sorted(later - earlier for earlier, later in pairwise(ordered))
    if len(apart) < 2:
        return None
    median = apart[len(apart) // 2].total_seconds() / 60
    return min(USUAL_INTERVAL_MINUTES, key=lambda each: (abs(each - median), each))
