"""Ages, programme years and spans of days. Every date is a local date (Asia/Shanghai, GEN-03)."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class DateRange:
    """Days from `start` up to, but not including, `end`. Raises ValueError when end lies before start."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("a range must not end before it starts")

    def __contains__(self, on: date) -> bool:
        return self.start <= on < self.end

    @property
    def days(self) -> int:
        """Number of days in the range."""
        return (self.end - self.start).days

    @property
    def last(self) -> date:
        """The last day that belongs to the range. Raises ValueError for an empty range."""
        if not self.days:
            raise ValueError("an empty range has no last day")
        return self.end - timedelta(days=1)

    def overlap(self, other: DateRange) -> DateRange | None:
        """The days both ranges share, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return DateRange(start, end) if start < end else None


def completed_years(birth: date, on: date) -> int:
    """Age in completed years 周岁 (GEN-04): the birthday itself already counts.

    Someone born on 29 February has the birthday on 1 March of a common year. Raises ValueError when `on` lies before
    the birth.
    """
    if on < birth:
        raise ValueError("the date lies before the birth")
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def birth_dates(age_from: int | None, age_to: int | None, on: date) -> tuple[date | None, date | None]:
    """The first and the last birth date of who has completed `age_from` to `age_to` years on a day (GEN-04).

    None where an age is None. Raises ValueError for an age that reaches before the year 1.
    """
    first = None if age_to is None else _last_born(age_to + 1, on) + timedelta(days=1)
    return first, None if age_from is None else _last_born(age_from, on)


def _last_born(years: int, on: date) -> date:
    """The last birth date of who has completed so many years."""
    year = on.year - years
    return date(year, on.month, min(on.day, monthrange(year, on.month)[1]))


def add_months(on: date, months: int) -> date:
    """The same day `months` calendar months later, or the last day of that month if it is shorter."""
    index = on.year * 12 + on.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(on.day, monthrange(year, month)[1]))


def programme_year(year: int) -> DateRange:
    """The programme year: 1 January up to 1 January of the next year (GEN-03)."""
    return DateRange(date(year, 1, 1), date(year + 1, 1, 1))


def quarters(year: int) -> tuple[DateRange, DateRange, DateRange, DateRange]:
    """The four quarters of a programme year."""
    first, second, third, fourth = (date(year, month, 1) for month in (1, 4, 7, 10))
    return (
        DateRange(first, second),
        DateRange(second, third),
        DateRange(third, fourth),
        DateRange(fourth, date(year + 1, 1, 1)),
    )


def managed_days(first: date, last: date) -> int:
    """Days under management with both ends counted: 15 August to 31 December is 139 (rules on 规范管理).

    Raises ValueError when `last` lies before `first`.
    """
    if last < first:
        raise ValueError("management must not end before it starts")
    return (last - first).days + 1


def managed_days_within(period: DateRange, enrolled_on: date, ended_on: date | None) -> int:
    """Days of the period under management, both ends counted; 0 when there are none. `ended_on` None = still active."""
    after = period.end if ended_on is None else ended_on + timedelta(days=1)
    if after <= enrolled_on:
        return 0
    shared = period.overlap(DateRange(enrolled_on, after))
    return shared.days if shared else 0
