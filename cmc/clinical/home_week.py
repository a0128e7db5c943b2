"""The home week (BP-04, HTN-DX-02): seven days, morning and evening, two or three readings each, mean of all.

It informs decisions and never the statutory indicator. The first day is left out, because people get used to the cuff
on it, as long as the rest is still enough; otherwise it counts. The mean is HTN-DX-02's: at least 3 days, 12 readings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from cmc.clinical.blood_pressure import HomeMean, home_mean
from cmc.clinical.codes import Setting
from cmc.clinical.sittings import Pressure
from cmc.core.named import NamedStr

WEEK_DAYS: Final = 7
WANTED_DAYS: Final = 5  # HTN-DX-02: 5–7 days
READINGS_A_SESSION: Final = (2, 3)
MORNING_FROM, MORNING_TO = time(4), time(12)  # [D] local; before noon
EVENING_FROM: Final = time(16)  # [D] local; up to midnight


class DayPart(NamedStr):
    """When a home reading was taken, by the local clock."""

    MORNING = "morning", "早晨", "Morning"
    EVENING = "evening", "晚间", "Evening"
    OTHER = "other", "其他时间", "Other"


@dataclass(frozen=True, slots=True)
class HomeWeek:
    """Means over the days from `first_on` to `last_on`, both counted; means are unrounded, None without readings.

    `complete`: 5 days or more with 2 readings or more both in the morning and in the evening (HTN-DX-02).
    """

    first_on: date
    last_on: date
    mean: HomeMean | None
    morning: HomeMean | None
    evening: HomeMean | None
    first_day_left_out: bool
    complete_days: int
    irregular_pulse: bool

    @property
    def complete(self) -> bool:
        """Whether the schedule was kept on at least 5 days."""
        return self.complete_days >= WANTED_DAYS

    @property
    def elevated(self) -> bool | None:
        """Whether the mean lies at or above 135/85; None when there is too little to say."""
        return None if self.mean is None else self.mean.elevated


def day_part(at: time) -> DayPart:
    """Morning is 04:00 to noon, evening 16:00 to midnight, local."""
    if MORNING_FROM <= at < MORNING_TO:
        return DayPart.MORNING
    return DayPart.EVENING if at >= EVENING_FROM else DayPart.OTHER


def home_week(readings: Iterable[tuple[datetime, Pressure]], *, last_on: date) -> HomeWeek:
    """The home week that ends on `last_on`, from (local time, reading); readings elsewhere and outside are left out.

    An average of the cuff counts as one reading.
    """
    first_on = last_on - timedelta(days=WEEK_DAYS - 1)
    inside = sorted(
        (
            (local, each)
            for local, each in readings
            if each.setting is Setting.HOME and first_on <= local.date() <= last_on
        ),
        key=lambda pair: (pair[0], pair[1].sbp_mmhg, pair[1].dbp_mmhg),
    )
    days = sorted({local.date() for local, _ in inside})
    later = [pair for pair in inside if pair[0].date() != days[0]]
    without_first = _mean(later)
    left_out = without_first is not None and without_first.usable
    counted = later if left_out else inside
    return HomeWeek(
        first_on=first_on,
        last_on=last_on,
        mean=_mean(counted),
        morning=_mean(_of_part(counted, DayPart.MORNING)),
        evening=_mean(_of_part(counted, DayPart.EVENING)),
        first_day_left_out=left_out,
        complete_days=sum(_kept(inside, on) for on in days),
        irregular_pulse=any(each.irregular_pulse for _, each in counted),
    )


_Timed = tuple[datetime, Pressure]


def _mean(readings: Iterable[_Timed]) -> HomeMean | None:
    return home_mean((local.date(), each.sbp_mmhg, each.dbp_mmhg) for local, each in readings)


def _of_part(readings: Iterable[_Timed], part: DayPart) -> list[_Timed]:
    return [pair for pair in readings if day_part(pair[0].time()) is part]


def _kept(readings: Iterable[_Timed], on: date) -> bool:
    parts = [day_part(local.time()) for local, _ in readings if local.date() == on]
    return all(parts.count(part) >= READINGS_A_SESSION[0] for part in (DayPart.MORNING, DayPart.EVENING))
