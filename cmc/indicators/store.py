"""Writes of facts, values and stamps: each a single statement that touches only what differs.

The statements are Core or text because they compare and write whole sets inside the database. All of them return what
they changed; a second run over unchanged data writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import chain
from operator import add
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    Dialect,
    Uuid,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    text,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert, psycopg
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.indicators import facts
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.facts import FACT
from cmc.indicators.measure import AT_CLINIC, POOLED, per_clinic
from cmc.indicators.measure import counts_of as counts_of_measures
from cmc.indicators.periods import Period
from cmc.indicators.tables import IndicatorValue

_KEY: Final = tuple(column.name for column in FACT.primary_key)
_PERIOD: Final = ("period_start", "period_end")

_NUMBERS: Final = 6
NOTHING: Final = (0,) * (_NUMBERS * len(DEFINITIONS))
_DIALECT: Final[Dialect] = psycopg.dialect()  # type: ignore[no-untyped-call]
_UUIDS: Final = ARRAY(Uuid())
_ANY_YEAR: Final = Period(date(2000, 1, 1), date(2000, 12, 31))  # the statement is the same for all
Counts = dict[UUID, list[int]]
"""By clinic: of every definition in order numerator, denominator and exclusions, there and pooled, one after the other."""


_WRITE_VALUES: Final = """
), differing AS (
    SELECT f.*, (o.numerator, o.denominator, o.exclusions, o.pooled_numerator, o.pooled_denominator,
            o.pooled_exclusions) IS DISTINCT FROM (f.numerator, f.denominator, f.exclusions, f.pooled_numerator,
            f.pooled_denominator,
            f.pooled_exclusions) AS moved
    FROM fresh AS f
    LEFT JOIN indicator_value AS o ON o.organisation_id = f.organisation_id AND o.code = f.code
        AND o.disease = f.disease AND o.period_start = :period_start AND o.period_end = :period_end
    WHERE (o.numerator, o.denominator, o.exclusions, o.pooled_numerator, o.pooled_denominator, o.pooled_exclusions,
            o.definition_version, o.as_of)
        IS DISTINCT FROM
        (f.numerator, f.denominator, f.exclusions, f.pooled_numerator, f.pooled_denominator, f.pooled_exclusions,
            f.definition_version, CAST(:as_of AS date))
), written AS (
    INSERT INTO indicator_value AS v (organisation_id, code, disease, period_start, period_end, numerator, denominator,
        exclusions, pooled_numerator, pooled_denominator, pooled_exclusions, definition_version, as_of, computed_at)
    SELECT organisation_id, code, disease, :period_start, :period_end, numerator, denominator, exclusions,
        pooled_numerator, pooled_denominator, pooled_exclusions, definition_version, :as_of, :now FROM differing
    ON CONFLICT (organisation_id, period_end, period_start, code, disease) DO UPDATE SET
        numerator = excluded.numerator, denominator = excluded.denominator, exclusions = excluded.exclusions,
        pooled_exclusions = excluded.pooled_exclusions,
        pooled_numerator = excluded.pooled_numerator, pooled_denominator = excluded.pooled_denominator,
        definition_version = excluded.definition_version, as_of = excluded.as_of, computed_at = excluded.computed_at
)
SELECT organisation_id, moved FROM differing
"""

_CLINIC_VALUES: Final = """
WITH fresh AS (
    SELECT n.organisation_id, n.code, n.disease, n.definition_version,
        n.numerator + coalesce(k.numerator, 0) AS numerator, n.denominator + coalesce(k.denominator, 0) AS denominator,
        n.exclusions + coalesce(k.exclusions, 0) AS exclusions,
        n.pooled_numerator + coalesce(k.pooled_numerator, 0) AS pooled_numerator,
        n.pooled_denominator + coalesce(k.pooled_denominator, 0) AS pooled_denominator,
        n.pooled_exclusions + coalesce(k.pooled_exclusions, 0) AS pooled_exclusions
    FROM (
        SELECT (CAST(:clinic_ids AS uuid[]))[(at - 1) / :definitions + 1] AS organisation_id,
            (CAST(:moving AS boolean[]))[(at - 1) / :definitions + 1] AS moves,
            (CAST(:codes AS text[]))[(at - 1) % :definitions + 1] AS code,
            (CAST(:diseases AS text[]))[(at - 1) % :definitions + 1] AS disease,
            (CAST(:versions AS text[]))[(at - 1) % :definitions + 1] AS definition_version,
            numerator, denominator, exclusions, pooled_numerator, pooled_denominator, pooled_exclusions
        FROM unnest(CAST(:n0 AS integer[]), CAST(:n1 AS integer[]), CAST(:n2 AS integer[]), CAST(:n3 AS integer[]),
            CAST(:n4 AS integer[]), CAST(:n5 AS integer[])) WITH ORDINALITY AS f(numerator, denominator, exclusions,
            pooled_numerator, pooled_denominator, pooled_exclusions, at)
        OFFSET 0) AS n
    LEFT JOIN indicator_value AS k ON n.moves AND k.organisation_id = n.organisation_id AND k.code = n.code
        AND k.disease = n.disease AND k.period_start = :period_start AND k.period_end = :period_end
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
    SELECT a.node_id AS organisation_id, v.code, v.disease, v.definition_version,
        CAST(sum(v.pooled_numerator) AS integer) AS numerator,
        CAST(sum(v.pooled_denominator) AS integer) AS denominator,
        CAST(sum(v.pooled_exclusions) AS integer) AS exclusions
    FROM above AS a
    JOIN indicator_value AS v ON v.organisation_id = a.clinic_id
        AND v.period_start = :period_start AND v.period_end = :period_end
    JOIN unnest(CAST(:codes AS text[]), CAST(:diseases AS text[]), CAST(:versions AS text[]))
        AS d(code, disease, version) ON d.code = v.code AND d.disease = v.disease AND d.version = v.definition_version
    WHERE a.node_id IN (SELECT node_id FROM above WHERE clinic_id = ANY(CAST(:clinic_ids AS uuid[])))
    GROUP BY a.node_id, v.code, v.disease, v.definition_version
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

_OF_CLINICS: Final = text(_CLINIC_VALUES + _WRITE_VALUES)
_OF_NODES_ABOVE: Final = text(_ABOVE + _VALUES_ABOVE + _WRITE_VALUES)
_NEW_VERSIONS: Final = text(_ABOVE + _BUMP)


def facts_of(session: Session, period: Period) -> int:
    """Bring the stored facts of a period up to date for everybody; return the number of changed rows."""
    rows = session.connection().exec_driver_sql(_writing(), facts.values_of(period))
    return rows.scalar_one()


def moved_by(session: Session, period: Period, patient_ids: Sequence[UUID]) -> tuple[Counts, int]:
    """Bring the stored facts of a period up to date for some people.

    Return by what the numbers of each clinic with a row that changed go up or down, and the number of changed rows.
    """
    sql, constants = _moving()
    parameters = constants | facts.values_of(period) | {"patient_ids": list(patient_ids)}
    found: Counts = {}
    changed = 0
    for row in session.connection().exec_driver_sql(sql, parameters).mappings():
        changed = row["changed"]
        _add(found, row, row["sign"])
    return found, changed


@dataclass(frozen=True, slots=True)
class _Difference:
    """Rows that differ, with their new columns and their old ones (`old_…`), and the two writes that end it."""

    rows: CTE
    writes: tuple[CTE, CTE]


@cache
def _writing() -> str:
    difference = _difference(of_people=False)
    query = select(func.count()).select_from(difference.rows).add_cte(*difference.writes)
    return str(query.compile(dialect=_DIALECT))


@cache
def _moving() -> tuple[str, dict[str, Any]]:
    """What a statement needs that writes and counts for some people: made once, it takes longer to make than to run."""
    difference = _difference(of_people=True)
    rows = difference.rows.c
    names = FACT.columns.keys()
    come = select(literal_column("1").label("sign"), *(rows[name] for name in names)).where(rows.patient_id.is_not(None))
    gone = select(literal_column("-1"), *(rows[f"old_{name}"] for name in names)).where(rows.old_patient_id.is_not(None))
    signed = union_all(come, gone).subquery("facts")
    changed = select(func.count()).select_from(difference.rows).scalar_subquery()
    query = per_clinic(signed, DEFINITIONS).add_columns(signed.c.sign, changed.label("changed")).group_by(signed.c.sign)
    compiled = query.add_cte(*difference.writes).compile(dialect=_DIALECT)
    return str(compiled), {name: value for name, value in compiled.params.items() if value is not None}


def _difference(*, of_people: bool) -> _Difference:
    """Compare and write what differs: every row is met once, and one that is the same is only read."""
    fresh = facts.statement(_ANY_YEAR, [] if of_people else None).cte("fresh")
    here = and_(FACT.c.period_start == bindparam("first_day"), FACT.c.period_end == bindparam("last_day"))
    if of_people:
        here = and_(here, FACT.c.patient_id == bindparam("patient_ids", type_=_UUIDS).any_())
    old = select(FACT).where(here).subquery("old")
    same_key = and_(*(fresh.c[name] == old.c[name] for name in _KEY if name not in _PERIOD))
    rows = (
        select(fresh, *(old.c[name].label(f"old_{name}") for name in FACT.columns.keys()))
        .select_from(fresh.join(old, same_key, full=True))
        .where(or_(*(fresh.c[name].is_distinct_from(old.c[name]) for name in FACT.columns.keys())))
        .cte("differing")
    )
    names = [column.name for column in FACT.columns]
    write = insert(FACT).from_select(names, select(*(rows.c[name] for name in names)).where(rows.c.patient_id.is_not(None)))
    rest = {name: write.excluded[name] for name in names if name not in _KEY}
    written = write.on_conflict_do_update(index_elements=_KEY, set_=rest).cte("written")
    stale = and_(rows.c.patient_id.is_(None), *(FACT.c[name] == rows.c[f"old_{name}"] for name in _KEY))
    return _Difference(rows, (written, delete(FACT).where(here, stale).cte("removed")))


def values_of(
    session: Session, period: Period, counts: Counts, *, moves: Counts | None = None, as_of: date, now: datetime
) -> tuple[set[UUID], int]:
    """Store the values of some clinics and of all nodes above them: `counts` as they are, `moves` added to what is kept.

    Return the organisations with a row that differs from what was stored, and the number of moved numbers.
    """
    moved = moves or {}
    numbers = [*chain.from_iterable(counts.values()), *chain.from_iterable(moved.values())]
    shared = {
        "period_start": period.start, "period_end": period.end, "as_of": as_of, "now": now,
        "clinic_ids": [*counts, *moved],
        "codes": [each.code for each in DEFINITIONS],
        "diseases": [each.disease.value for each in DEFINITIONS],
        "versions": [each.version for each in DEFINITIONS],
    }  # fmt: skip
    own = {f"n{at}": "{" + ",".join(map(str, numbers[at::_NUMBERS])) + "}" for at in range(_NUMBERS)}
    own |= {"moving": [False] * len(counts) + [True] * len(moved), "definitions": len(DEFINITIONS)}
    clinics = session.execute(_OF_CLINICS, shared | own).all()
    nodes = session.execute(_OF_NODES_ABOVE, shared).all()
    changed = [*clinics, *nodes]
    return {organisation_id for organisation_id, _ in changed}, sum(moved for _, moved in changed)


def counts_of(session: Session, period: Period, clinic_ids: Collection[UUID]) -> Counts:
    """Count the stored facts of a period by clinic; who has no facts is not in it."""
    sql, constants = _counting()
    parameters = constants | {"start": period.start, "end": period.end, "ids": list(clinic_ids)}
    found: Counts = {}
    for row in session.connection().exec_driver_sql(sql, parameters).mappings():
        _add(found, row, 1)
    return found


def _add(counts: Counts, row: Any, sign: int) -> None:
    """Add a row of `per_clinic` to the numbers of its clinic."""
    counted = [sign * number for each in counts_of_measures(dict(row), DEFINITIONS) for number in each]
    numbers = counts.setdefault(row["clinic_id"], list(NOTHING))
    for first, places in ((0, AT_CLINIC), (3, POOLED)):
        if row["counts_in"] in places:
            for at in range(3):
                before = numbers[first + at :: _NUMBERS]
                numbers[first + at :: _NUMBERS] = map(add, before, counted[at::3])


@cache
def _counting() -> tuple[str, dict[str, Any]]:
    rows = select(FACT).where(
        FACT.c.period_start == bindparam("start"),
        FACT.c.period_end == bindparam("end"),
        FACT.c.clinic_id == bindparam("ids", type_=_UUIDS).any_(),
    )
    compiled = per_clinic(rows.subquery("facts"), DEFINITIONS).compile(dialect=_DIALECT)
    return str(compiled), {name: value for name, value in compiled.params.items() if value is not None}


def complete(session: Session, period: Period, clinic_ids: Collection[UUID]) -> set[UUID]:
    """Return those of some clinics that have a value of every definition in its present version."""
    value = IndicatorValue
    versions = [(each.code, each.disease.value, each.version) for each in DEFINITIONS]
    query = (
        select(col(value.organisation_id))
        .where(
            col(value.period_start) == period.start,
            col(value.period_end) == period.end,
            col(value.organisation_id) == bindparam("clinic_ids", list(clinic_ids), type_=_UUIDS).any_(),
            tuple_(col(value.code), col(value.disease), col(value.definition_version)).in_(versions),
        )
        .group_by(col(value.organisation_id))
        .having(func.count() == len(versions))
    )
    return set(session.scalars(query))


def stamps_of(session: Session, organisation_ids: Iterable[UUID], *, now: datetime) -> None:
    """Raise the version of organisations whose values changed, and of every node above them."""
    wanted = sorted(set(organisation_ids))
    if wanted:
        session.execute(_NEW_VERSIONS, {"organisation_ids": wanted, "now": now})
