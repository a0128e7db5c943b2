"""Periods of indicators: pure date arithmetic. Every date is a local date, both ends of a period belong to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cmc.clinical.periods import add_months, quarters

CLOSED_MONTHS_KEPT_LIVE: Final = 13
LONGEST_DAYS: Final = 366


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From `start` to `end`, both included. Raises ValueError when reversed or longer than 366 days."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if not timedelta() <= self.end - self.start < timedelta(LONGEST_DAYS):
            raise ValueError("a period has 1 to 366 days")

    @property
    def whole_quarters(self) -> tuple[Period, ...]:
        """The calendar quarters that lie wholly inside, oldest first; at most four."""
        years = range(self.start.year, self.end.year + 1)
        found = (Period(each.start, each.last) for year in years for each in quarters(year))
        return tuple(each for each in found if self.start <= each.start and each.end <= self.end)


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    return add_months(date(year, month, 1), 1) - timedelta(1)


def year_to_date(year: int, month: int) -> Period:
    """From 1 January to the end of a month: the period of the stored values (GEN-03)."""
    return Period(date(year, 1, 1), month_end(year, month))


def live_periods(on: date) -> tuple[Period, ...]:
    """The periods that are kept up to date on a day, oldest first: 13 closed months and the running one."""
    first = date(on.year, on.month, 1)
    starts = (add_months(first, -back) for back in range(CLOSED_MONTHS_KEPT_LIVE, -1, -1))
    return tuple(year_to_date(each.year, each.month) for each in starts)
