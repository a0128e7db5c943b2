"""Periods of indicators: pure date arithmetic. Every date is a local date, both ends of a period belong to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cmc.clinical.periods import add_months, quarters
from cmc.core.named import NamedStr

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
    return Span.YEAR.period(year, month)


class Span(NamedStr):
    """How far back a value counts from the end of its month."""

    YEAR = "year", "年初至月末", "From 1 January to the month's end"
    QUARTER = "quarter", "季初至月末", "From the first day of the quarter to the month's end"
    MONTH = "month", "当月", "The month"

    def first_day(self, end: date) -> date:
        """Return the first day of the span that a day ends."""
        month = {Span.YEAR: 1, Span.QUARTER: (end.month - 1) // 3 * 3 + 1, Span.MONTH: end.month}[self]
        return date(end.year, month, 1)

    def period(self, year: int, month: int) -> Period:
        """Return the period of this span that a month ends."""
        end = month_end(year, month)
        return Period(self.first_day(end), end)


def distinct_spans(end: date) -> dict[Span, date]:
    """Return the first day of each span that a month's end closes, of equal ones the longest alone.

    In January all three are the same, in March the quarter is the year to date, in April it is the month.
    """
    found: dict[Span, date] = {}
    for span in Span:
        if (first := span.first_day(end)) not in found.values():
            found[span] = first
    return found


def span_of(period: Period) -> Span | None:
    """Return the longest span that a period is, None when it begins on another day."""
    return next((span for span in Span if span.first_day(period.end) == period.start), None)


def live_periods(on: date) -> tuple[Period, ...]:
    """The periods that are kept up to date on a day, oldest first: 13 closed months and the running one."""
    first = date(on.year, on.month, 1)
    starts = (add_months(first, -back) for back in range(CLOSED_MONTHS_KEPT_LIVE, -1, -1))
    return tuple(year_to_date(each.year, each.month) for each in starts)
