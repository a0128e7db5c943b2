"""The same indicator by month and by quarter: read from the facts of the year to date, which end on the same day.

No facts are kept for months and quarters. A row of the year to date is also that of the quarter and of the month when
the person was still managed in them: readings are the last ones of the year up to the end (CTRL-07), days are compared
with the span's first one, and what is counted within a period (tasks) has a column for each span. `seen_from` gives an
expression those columns; `kept` gives the same as a relation, for lists.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Date, FromClause, Subquery, literal, select
from sqlmodel import SQLModel

from cmc.indicators.measure import Measure, first_day
from cmc.indicators.periods import Period, Span, span_of
from cmc.indicators.requirements import Requirement, plain
from cmc.indicators.tables import IndicatorFact

_FACT: Final = SQLModel.metadata.tables[IndicatorFact.__tablename__]
_OF_SPAN: Final[dict[Span, dict[str, str]]] = {
    Span.YEAR: {},
    Span.QUARTER: {"tasks_due": "quarter_tasks_due", "tasks_on_time": "quarter_tasks_on_time"},
    Span.MONTH: {"tasks_due": "month_tasks_due", "tasks_on_time": "month_tasks_on_time"},
}
"""Which column holds of a span what another holds of the year to date."""


class _Columns:
    """The columns of the facts as an indicator of a span reads them."""

    def __init__(self, facts: FromClause, span: Span) -> None:
        self._facts, self._span = facts, span

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        if name == "period_start":
            return first_day(self._span)
        return self._facts.c[_OF_SPAN[self._span].get(name, name)]

    __getattr__ = __getitem__


def seen_from(facts: FromClause, span: Span) -> FromClause:
    """Return the facts with the columns of a span; its first day is a parameter of the query."""
    return cast(FromClause, SimpleNamespace(c=_Columns(facts, span)))


def within(measures: Iterable[Measure]) -> tuple[Measure, ...]:
    """Return measures by every shorter span in which they make sense, counted from the facts of the year to date.

    A query of them takes the parameters `month_start` and `quarter_start`.
    """
    shorter = (Span.QUARTER, Span.MONTH)
    known = list(measures)
    return tuple(_of_span(each, span) for span in shorter for each in known if span in each.spans)


def kept(period: Period, *where: ColumnElement[bool]) -> Subquery:
    """Return the kept facts of a period, and of them those for which `where` holds of the rows of the table.

    Of a month or a quarter they are those of the year to date that ends with it, as `seen_from` reads them.
    """
    span = span_of(period) or Span.YEAR
    is_year = span is Span.YEAR
    columns = [
        literal(period.start, Date()).label(each.name)
        if each.name == "period_start"
        else _FACT.c[_OF_SPAN[span].get(each.name, each.name)].label(each.name)
        for each in _FACT.columns
    ]
    rows = select(*columns).where(
        _FACT.c.period_start == (period.start if is_year else Span.YEAR.first_day(period.end)),
        _FACT.c.period_end == period.end,
        *where,
    )
    return (rows if is_year else rows.where(_FACT.c.managed_until >= period.start)).subquery("facts")


def _of_span(measure: Measure, span: Span) -> Measure:
    amounts = measure.amounts
    return replace(
        measure,
        span=span,
        among=(_managed_in(span), *(_shifted(each, span) for each in measure.among)),
        counting=tuple(_shifted(each, span) for each in measure.counting),
        amounts=None
        if amounts is None
        else (lambda facts: amounts[0](seen_from(facts, span)), lambda facts: amounts[1](seen_from(facts, span))),
    )


@cache
def _managed_in(span: Span) -> Requirement:
    return plain(
        "span", lambda facts: facts.c.managed_until >= first_day(span), "期初前已不在管", "not managed in the period"
    )


@cache
def _shifted(requirement: Requirement, span: Span) -> Requirement:
    """The same requirement, asked of the span; made once, so that equal denominators are known as such."""
    return replace(requirement, holds=lambda facts: requirement.holds(seen_from(facts, span)))
