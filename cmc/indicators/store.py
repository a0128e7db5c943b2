"""Counts of the stored facts, and the writes of values and stamps: each a statement that touches only what differs.

The statements are Core or text because they compare and write whole sets inside the database. All of them return what
they changed; a second run over unchanged data writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import cache
from operator import add, sub
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Dialect, Row, Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.orm import Session

from cmc.indicators.counting import numbers_in, per_clinic
from cmc.indicators.definitions import COUNTED
from cmc.indicators.facts import FACT
from cmc.indicators.measure import AT_CLINIC, POOLED, Measure
from cmc.indicators.periods import Period, Span, distinct_spans

_NUMBERS: Final = 6
NOTHING: Final = (0,) * (_NUMBERS * len(COUNTED))
DIALECT: Final[Dialect] = psycopg.dialect()  # type: ignore[no-untyped-call]
UUIDS: Final = ARRAY(Uuid())
_PLACES: Final = {measure: place for place, measure in enumerate(COUNTED)}
Counts = dict[UUID, list[int]]
"""By clinic: of all that is counted, in order, numerator, denominator, exclusions there, and the same pooled."""


_WRITE_VALUES: Final = """
), differing AS (
    SELECT f.*, (o.numerator, o.denominator, o.exclusions, o.pooled_numerator, o.pooled_denominator,
            o.pooled_exclusions) IS DISTINCT FROM (f.numerator, f.denominator, f.exclusions, f.pooled_numerator,
            f.pooled_denominator,
            f.pooled_exclusions) AS moved
    FROM fresh AS f
    LEFT JOIN indicator_value AS o ON o.organisation_id = f.organisation_id AND o.code = f.code
        AND o.disease = f.disease AND o.period_start = f.period_start AND o.period_end = :period_end
    WHERE (o.numerator, o.denominator, o.exclusions, o.pooled_numerator, o.pooled_denominator, o.pooled_exclusions,
            o.definition_version, o.as_of)
        IS DISTINCT FROM
        (f.numerator, f.denominator, f.exclusions, f.pooled_numerator, f.pooled_denominator, f.pooled_exclusions,
            f.definition_version, CAST(:as_of AS date))
), written AS (
    INSERT INTO indicator_value AS v (organisation_id, code, disease, period_start, period_end, numerator, denominator,
        exclusions, pooled_numerator, pooled_denominator, pooled_exclusions, definition_version, as_of, computed_at)
    SELECT organisation_id, code, disease, period_start, :period_end, numerator, denominator, exclusions,
        pooled_numerator, pooled_denominator, pooled_exclusions, definition_version, :as_of, :now FROM differing
    ON CONFLICT (organisation_id, period_end, period_start, code, disease) DO UPDATE SET
        numerator = excluded.numerator, denominator = excluded.denominator, exclusions = excluded.exclusions,
        pooled_exclusions = excluded.pooled_exclusions,
        pooled_numerator = excluded.pooled_numerator, pooled_denominator = excluded.pooled_denominator,
        definition_version = excluded.definition_version, as_of = excluded.as_of, computed_at = excluded.computed_at
)
SELECT organisation_id, count(*) FILTER (WHERE moved) AS moved FROM differing GROUP BY organisation_id
"""

_CLINIC_VALUES: Final = """
WITH fresh AS (
    SELECT n.organisation_id, n.code, n.disease, n.definition_version, n.period_start,
        n.numerator + coalesce(k.numerator, 0) AS numerator, n.denominator + coalesce(k.denominator, 0) AS denominator,
        n.exclusions + coalesce(k.exclusions, 0) AS exclusions,
        n.pooled_numerator + coalesce(k.pooled_numerator, 0) AS pooled_numerator,
        n.pooled_denominator + coalesce(k.pooled_denominator, 0) AS pooled_denominator,
        n.pooled_exclusions + coalesce(k.pooled_exclusions, 0) AS pooled_exclusions
    FROM (
        SELECT (CAST(:clinic_ids AS uuid[]))[clinic] AS organisation_id,
            (CAST(:moving AS boolean[]))[clinic] AS moves,
            (CAST(:codes AS text[]))[definition] AS code,
            (CAST(:diseases AS text[]))[definition] AS disease,
            (CAST(:versions AS text[]))[definition] AS definition_version,
            (CAST(:starts AS date[]))[definition] AS period_start,
            numerator, denominator, exclusions, pooled_numerator, pooled_denominator, pooled_exclusions
        FROM unnest(CAST(:n0 AS integer[]), CAST(:n1 AS integer[]), CAST(:n2 AS integer[]), CAST(:n3 AS integer[]),
            CAST(:n4 AS integer[]), CAST(:n5 AS integer[]), CAST(:n6 AS integer[]), CAST(:n7 AS integer[]))
            AS f(clinic, definition, numerator, denominator, exclusions, pooled_numerator, pooled_denominator,
            pooled_exclusions)
        OFFSET 0) AS n
    LEFT JOIN indicator_value AS k ON n.moves AND k.organisation_id = n.organisation_id AND k.code = n.code
        AND k.disease = n.disease AND k.period_start = n.period_start AND k.period_end = :period_end
"""

_ABOVE: Final = """
WITH RECURSIVE above AS (
    SELECT id AS clinic_id, parent_id AS node_id FROM organisation WHERE kind = 'clinic'
    UNION ALL
    SELECT a.clinic_id, o.parent_id FROM above AS a JOIN organisation AS o ON o.id = a.node_id
)
"""

_VALUES_ABOVE: Final = """
, summed AS (
    SELECT a.node_id AS organisation_id, v.code, v.disease, v.definition_version, v.period_start,
        CAST(sum(v.pooled_numerator) AS integer) AS numerator,
        CAST(sum(v.pooled_denominator) AS integer) AS denominator,
        CAST(sum(v.pooled_exclusions) AS integer) AS exclusions
    FROM above AS a
    JOIN indicator_value AS v ON v.organisation_id = a.clinic_id AND v.period_end = :period_end
    JOIN unnest(CAST(:codes AS text[]), CAST(:diseases AS text[]), CAST(:versions AS text[]), CAST(:starts AS date[]))
        AS d(code, disease, version, period_start) ON d.code = v.code AND d.disease = v.disease
        AND d.version = v.definition_version AND d.period_start = v.period_start
    WHERE a.node_id IN (SELECT node_id FROM above WHERE clinic_id = ANY(CAST(:clinic_ids AS uuid[])))
    GROUP BY a.node_id, v.code, v.disease, v.definition_version, v.period_start
), fresh AS (
    SELECT summed.*, numerator AS pooled_numerator, denominator AS pooled_denominator,
        exclusions AS pooled_exclusions FROM summed
"""

_BUMP: Final = """
INSERT INTO indicator_stamp AS s (organisation_id, version, changed_at)
SELECT id, 1, :now FROM (
    SELECT unnest(CAST(:organisation_ids AS uuid[]))
    UNION SELECT node_id FROM above WHERE clinic_id = ANY(CAST(:organisation_ids AS uuid[])) AND node_id IS NOT NULL
) AS changed(id)
ORDER BY id
ON CONFLICT (organisation_id) DO UPDATE SET version = s.version + 1, changed_at = excluded.changed_at
"""

_COMPLETE: Final = text("""
SELECT v.organisation_id
FROM indicator_value AS v
JOIN unnest(CAST(:codes AS text[]), CAST(:diseases AS text[]), CAST(:versions AS text[]), CAST(:starts AS date[]))
    AS d(code, disease, version, period_start) ON d.code = v.code AND d.disease = v.disease
    AND d.version = v.definition_version AND d.period_start = v.period_start
WHERE v.period_end = :period_end AND v.organisation_id = ANY(CAST(:clinic_ids AS uuid[]))
GROUP BY v.organisation_id HAVING count(*) = :cells
""")
_OF_CLINICS: Final = text(_CLINIC_VALUES + _WRITE_VALUES)
_OF_NODES_ABOVE: Final = text(_ABOVE + _VALUES_ABOVE + _WRITE_VALUES)
_NEW_VERSIONS: Final = text(_ABOVE + _BUMP)


def cells(period: Period) -> dict[Measure, date]:
    """Return what is stored of a period's end with the first day of each: of spans that are the same, the longest."""
    starts = distinct_spans(period.end) | {Span.YEAR: period.start}
    return {each: starts[each.span] for each in COUNTED if each.span in starts}


def versions_of(period: Period) -> list[tuple[str, str, str, date]]:
    """Return code, disease, version and first day of every value that is stored of a period's end."""
    return [(each.code, each.disease.value, each.version, first) for each, first in cells(period).items()]


def first_days(period: Period) -> dict[str, date]:
    """Return the parameters of a query of `COUNTED`."""
    return {f"{each.value}_start": each.first_day(period.end) for each in (Span.QUARTER, Span.MONTH)}


def values_of(
    session: Session, period: Period, counts: Counts, *, moves: Counts | None = None, as_of: date, now: datetime
) -> tuple[set[UUID], int]:
    """Store the values of some clinics and of all nodes above: `counts` as they are, `moves` added to what is kept.

    Of `moves` only what is not 0 is written. Return the organisations with a row that differs from what was stored,
    and the number of moved numbers.
    """
    kept, added = list(cells(period).items()), moves or {}
    rows = [*_rows(kept, counts.values(), whole=True), *_rows(kept, added.values(), whole=False, after=len(counts))]
    if not rows:
        return set(), 0
    shared = {"period_end": period.end, "as_of": as_of, "now": now, "clinic_ids": [*counts, *added]}
    own: dict[str, Any] = {f"n{at}": _array(column) for at, column in enumerate(zip(*rows, strict=True))}
    own |= _words(kept) | {"moving": [False] * len(counts) + [True] * len(added)}
    clinics = session.execute(_OF_CLINICS, shared | own).all()
    touched = _words([kept[place - 1] for place in sorted({place for _, place, *_ in rows})])
    nodes = session.execute(_OF_NODES_ABOVE, shared | touched).all()
    changed = [*clinics, *nodes]
    return {organisation_id for organisation_id, _ in changed}, sum(moved for _, moved in changed)


def _rows(
    kept: Sequence[tuple[Measure, date]], counts: Iterable[Sequence[int]], *, whole: bool, after: int = 0
) -> Iterator[tuple[int, ...]]:
    """Yield the place of a clinic, the place of what is counted, and its numbers; unless `whole` not what is all 0."""
    firsts = [_NUMBERS * _PLACES[measure] for measure, _ in kept]
    for clinic, numbers in enumerate(counts, start=after + 1):
        for place, first in enumerate(firsts, start=1):
            found = numbers[first : first + _NUMBERS]
            if whole or any(found):
                yield clinic, place, *found


def _words(kept: Sequence[tuple[Measure, date]]) -> dict[str, Any]:
    return {
        "codes": [measure.code for measure, _ in kept],
        "diseases": [measure.disease.value for measure, _ in kept],
        "versions": [measure.version for measure, _ in kept],
        "starts": [first for _, first in kept],
    }


def _array(numbers: Iterable[int]) -> str:
    """An array of numbers as PostgreSQL writes it: the driver takes ten times as long for a list."""
    return "{" + ",".join(map(str, numbers)) + "}"


def counts_of(session: Session, period: Period, clinic_ids: Collection[UUID]) -> Counts:
    """Count the stored facts of a period by clinic; who has no facts is not in it."""
    sql, constants = _counting()
    parameters = constants | first_days(period) | {"ids": list(clinic_ids)}
    parameters |= {"start": period.start, "end": period.end}
    return added_up(session.connection().exec_driver_sql(sql, parameters).all())


def added_up(rows: Sequence[Row[Any]]) -> Counts:
    """Add up the rows of `per_clinic` by clinic; one that has a `sign` below 0 is taken away."""
    if not rows:
        return {}
    keys = rows[0]._fields
    numbers_of = numbers_in(keys, COUNTED)
    clinic_at, counted_at = keys.index("clinic_id"), keys.index("counts_in")
    sign_at = keys.index("sign") if "sign" in keys else None
    found: Counts = {}
    for row in rows:
        counts = found.setdefault(row[clinic_at], list(NOTHING))
        way = sub if sign_at is not None and row[sign_at] < 0 else add
        columns = numbers_of(row)
        for first, places in ((0, AT_CLINIC), (3, POOLED)):
            if row[counted_at] in places:
                for at, column in enumerate(columns, start=first):
                    counts[at::_NUMBERS] = map(way, counts[at::_NUMBERS], column)
    return found


@cache
def _counting() -> tuple[str, dict[str, Any]]:
    rows = select(FACT).where(
        FACT.c.period_start == bindparam("start"),
        FACT.c.period_end == bindparam("end"),
        FACT.c.clinic_id == bindparam("ids", type_=UUIDS).any_(),
    )
    compiled = per_clinic(rows.subquery("facts"), COUNTED).compile(dialect=DIALECT)
    return str(compiled), {name: value for name, value in compiled.params.items() if value is not None}


def complete(session: Session, period: Period, clinic_ids: Collection[UUID]) -> set[UUID]:
    """Return those of some clinics that have a value of every definition in its present version."""
    kept = list(cells(period).items())
    parameters = _words(kept) | {"clinic_ids": list(clinic_ids), "period_end": period.end, "cells": len(kept)}
    return set(session.scalars(_COMPLETE, parameters))


def stamps_of(session: Session, organisation_ids: Iterable[UUID], *, now: datetime) -> None:
    """Raise the version of organisations whose values changed, and of every node above them."""
    wanted = sorted(set(organisation_ids))
    if wanted:
        session.execute(_NEW_VERSIONS, {"organisation_ids": wanted, "now": now})
