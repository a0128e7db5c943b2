"""The grouped query that counts all measures at once, and how its rows are read back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from operator import itemgetter, sub
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, Select, and_, cast, func, literal_column, select

from cmc.clinical.codes import Disease
from cmc.indicators.measure import AT_CLINIC, POOLED, Amount, Count, Counted, Measure, first_day
from cmc.indicators.periods import Span
from cmc.indicators.predicates import Predicate

_Made = Callable[[FromClause], ColumnElement[int]]
"""Makes a count out of the relation of what was asked of each row."""


def per_clinic(facts: FromClause, measures: Sequence[Measure], *, by: Sequence[str] = ()) -> Select[Any]:
    """Return the one query of all measures: a row per period, clinic and `counts_in`, and per what `by` names besides.

    After these columns: people on file per span and disease, in the order of `Disease`; then numerator and
    denominator of every measure. Denominators that are the same are counted once, and read back by `counts_of`.

    What measures ask of a row is looked at once, in a part of its own: many ask the same of the same people.
    """
    asked = _Asked(facts)
    counts = [
        (_people(disease, span), asked.count((_of(disease), *_managed(span))))
        for span in sorted({each.span for each in measures}, key=list(Span).index)
        for disease in Disease
    ]
    counts += [(f"n{at}", _numerator(asked, measure)) for at, measure in enumerate(measures)]
    counts += [(f"d{at}", _denominator(asked, measure)) for at, measure in _denominators(measures).items()]
    place = [facts.c[name] for name in ("period_start", "period_end", "clinic_id", "counts_in", *by)]
    judged = select(*place, *asked.columns()).offset(literal_column("0")).subquery("judged")
    columns = [made(judged).label(name) for name, made in counts]
    places = [judged.c[each.name] for each in place]
    return select(*places, *columns).group_by(*places)


class _Asked:
    """What measures ask of a row of facts, each thing once under a name, and the counts that are made of the names."""

    def __init__(self, facts: FromClause) -> None:
        self._facts = facts
        self._known: dict[str, ColumnElement[Any]] = {}
        self._names: dict[Callable[..., Any], str] = {}

    def columns(self) -> list[ColumnElement[Any]]:
        """Return the expressions with their names."""
        return list(self._known.values())

    def count(self, conditions: Sequence[Predicate]) -> _Made:
        """Return what counts the rows for which all conditions hold; one that is not known does not hold."""
        names = dict.fromkeys(self._name(each) for each in conditions)
        return lambda judged: cast(func.count().filter(and_(*(judged.c[name] for name in names))), Integer)

    def sum(self, amount: Amount, conditions: Sequence[Predicate]) -> _Made:
        """Return what adds up an amount over these rows."""
        names, added = dict.fromkeys(self._name(each) for each in conditions), self._name(amount)
        return lambda judged: cast(
            func.coalesce(func.sum(judged.c[added]).filter(and_(*(judged.c[name] for name in names))), 0), Integer
        )

    def _name(self, made: Predicate | Amount) -> str:
        if made not in self._names:
            expression = made(self._facts)
            compiled = expression.compile()
            same = f"{compiled} {compiled.params}"
            self._names[made] = self._known.setdefault(same, expression.label(f"f{len(self._known)}")).name
        return self._names[made]


def counts_of(row: Any, measures: Sequence[Measure]) -> list[Counted]:
    """Return numerator, denominator and exclusions of every measure out of a row of `per_clinic`."""
    return [
        Counted(row[numerator], row[denominator], row[people] - row[counted])
        for numerator, denominator, people, counted in _read_back(tuple(measures))
    ]


def numbers_in(
    keys: Sequence[str], measures: Sequence[Measure]
) -> Callable[[Sequence[Any]], tuple[Sequence[int], Sequence[int], Iterable[int]]]:
    """Return what takes the numerators, denominators and exclusions of all measures out of a row with these columns."""
    place = {key: at for at, key in enumerate(keys)}
    read = [itemgetter(*(place[each[at]] for each in _read_back(tuple(measures)))) for at in range(4)]

    def of(row: Sequence[Any]) -> tuple[Sequence[int], Sequence[int], Iterable[int]]:
        numerators, denominators, people, counted = (each(row) for each in read)
        return numerators, denominators, tuple(map(sub, people, counted))

    return of


@cache
def _read_back(measures: tuple[Measure, ...]) -> list[tuple[str, str, str, str]]:
    """Of each measure the columns of numerator, denominator, people on file, and people in the denominator."""
    kept = {_key(measure): f"d{at}" for at, measure in _denominators(measures).items()}
    return [
        (
            f"n{at}",
            kept[_key(measure)],
            _people(measure.disease, measure.span),
            kept[_key(measure) if measure.amounts is None else _people_key(measure)],
        )
        for at, measure in enumerate(measures)
    ]


def _people(disease: Disease, span: Span) -> str:
    return f"people_{disease.value.lower()}_{span.value}"


def _managed(span: Span) -> tuple[Predicate, ...]:
    return () if span is Span.YEAR else (lambda facts: facts.c.managed_until >= first_day(span),)


@cache
def _of(disease: Disease) -> Predicate:
    return lambda facts: facts.c.disease == disease.value


def by_clinic(rows: Iterable[Any], measures: Sequence[Measure]) -> dict[Any, tuple[list[Count], list[Count]]]:
    """Return what every measure counts at each clinic, and pooled over its people, out of the rows of `per_clinic`."""
    found: dict[Any, tuple[list[Count], list[Count]]] = {}
    for row in rows:
        kept = found.setdefault(row["clinic_id"], ([Count(0, 0)] * len(measures), [Count(0, 0)] * len(measures)))
        for counts, places in zip(kept, (AT_CLINIC, POOLED), strict=True):
            if row["counts_in"] in places:
                counts[:] = [
                    Count(count.numerator + more.numerator, count.denominator + more.denominator)
                    for count, more in zip(counts, counts_of(row, measures), strict=True)
                ]
    return found


def total(facts: FromClause, measure: Measure, rows: Sequence[str]) -> Select[int, int]:
    """Return the query of one measure's numerator and denominator over rows counted in `rows`."""
    wanted = facts.c.counts_in.in_(rows)
    return select(*both(facts, measure)).where(wanted)


def both(facts: FromClause, measure: Measure) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Return the columns of a measure's numerator and denominator, for a grouped query of one's own."""
    among = measure.in_denominator(facts)
    if measure.amounts is None:
        return _count(measure.in_numerator(facts)), _count(among)
    return _sum(measure.amounts[0](facts), among), _sum(measure.amounts[1](facts), among)


def _key(measure: Measure) -> tuple[Any, ...]:
    amounts = None if measure.amounts is None else measure.amounts[1]
    return (measure.disease, tuple(id(each) for each in measure.among), amounts)


def _people_key(measure: Measure) -> tuple[Any, ...]:
    return (*_key(measure)[:2], None)


def _denominators(measures: Sequence[Measure]) -> dict[int, Measure]:
    """The measures whose denominators stand for those of all, by their place; that of people for amounts as well."""
    found: dict[tuple[Any, ...], tuple[int, Measure]] = {}
    for at, measure in enumerate(measures):
        found.setdefault(_key(measure), (at, measure))
    for at, measure in enumerate(measures):
        if measure.amounts is not None and _people_key(measure) not in found:
            found[_people_key(measure)] = (len(measures) + at, replace(measure, amounts=None))
    return dict(found.values())


def _numerator(asked: _Asked, measure: Measure) -> _Made:
    if measure.amounts is None:
        return asked.count((*_among(measure), *(each.holds for each in measure.counting)))
    return asked.sum(measure.amounts[0], _among(measure))


def _denominator(asked: _Asked, measure: Measure) -> _Made:
    return asked.count(_among(measure)) if measure.amounts is None else asked.sum(measure.amounts[1], _among(measure))


def _among(measure: Measure) -> tuple[Predicate, ...]:
    return (_of(measure.disease), *(each.holds for each in measure.among))


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(func.count().filter(condition), Integer)


def _sum(amount: ColumnElement[int], condition: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(amount).filter(condition), 0), Integer)
