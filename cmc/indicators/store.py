"""Writes of facts, values and stamps: each a single statement that touches only what differs.

The statements are Core or text because they compare and write whole sets inside the database. All of them return what
they changed; a second run over unchanged data writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Date, Dialect, Uuid, and_, bindparam, delete, func, select, text, tuple_, union_all
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

_COUNTED: Final = (
    "organisation_ids",
    "codes",
    "diseases",
    "versions",
    "numerators",
    "denominators",
    "exclusions",
    "pooled_numerators",
    "pooled_denominators",
    "pooled_exclusions",
)
_NUMBERS: Final = 6
NOTHING: Final = (0,) * (_NUMBERS * len(DEFINITIONS))
CLINICS, PEOPLE = "clinic_id", "patient_id"
_DIALECT: Final[Dialect] = psycopg.dialect()  # type: ignore[no-untyped-call]
_DATES: Final = ARRAY(Date())
_UUIDS: Final = ARRAY(Uuid())
_ANY_YEAR: Final = Period(date(2000, 1, 1), date(2000, 12, 31))  # the statement is the same for all
Counts = dict[UUID, list[int]]
"""By clinic: of every definition in order the six numbers of `_COUNTED`, one after the other."""


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
    SELECT * FROM unnest(CAST(:organisation_ids AS uuid[]), CAST(:codes AS text[]), CAST(:diseases AS text[]),
        CAST(:versions AS text[]), CAST(:numerators AS integer[]), CAST(:denominators AS integer[]),
        CAST(:exclusions AS integer[]), CAST(:pooled_numerators AS integer[]), CAST(:pooled_denominators AS integer[]),
        CAST(:pooled_exclusions AS integer[])) AS f(organisation_id, code, disease, definition_version, numerator,
        denominator, exclusions, pooled_numerator, pooled_denominator, pooled_exclusions)
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


def facts_of(session: Session, period: Period, patient_ids: Sequence[UUID] | None) -> tuple[set[UUID], int]:
    """Bring the stored facts of a period up to date, for some people or all.

    Return the clinics with a row that changed, and the number of changed rows.
    """
    parameters = facts.values_of(period)
    if patient_ids is not None:
        parameters["patient_ids"] = list(patient_ids)
    rows = session.connection().exec_driver_sql(_writing(of_people=patient_ids is not None), parameters)
    changed = list(rows.scalars())
    return set(changed), len(changed)


@cache
def _writing(*, of_people: bool) -> str:
    """The statement that writes what differs; made once, because it takes longer to make than to run for one person."""
    fresh = facts.statement(_ANY_YEAR, [] if of_people else None).cte("fresh")
    here = and_(FACT.c.period_start == bindparam("first_day"), FACT.c.period_end == bindparam("last_day"))
    if of_people:
        here = and_(here, FACT.c.patient_id == bindparam("patient_ids", type_=_UUIDS).any_())
    different = select(fresh).except_(select(FACT).where(here)).cte("different")
    write = insert(FACT).from_select([column.name for column in FACT.columns], select(different))
    rest = {column.name: write.excluded[column.name] for column in FACT.columns if column.name not in _KEY}
    written = write.on_conflict_do_update(index_elements=_KEY, set_=rest).returning(FACT.c.clinic_id).cte("written")
    # EXCEPT and not an anti-join: it hashes or sorts whatever the planner believes of a table that was just filled.
    stale = (
        select(*(FACT.c[name] for name in _KEY))
        .where(here)
        .except_(select(*(fresh.c[name] for name in _KEY)))
        .subquery("stale")
    )
    gone = delete(FACT).where(here, *(FACT.c[name] == stale.c[name] for name in _KEY))
    removed = gone.returning(FACT.c.clinic_id).cte("removed")
    return str(union_all(select(written.c.clinic_id), select(removed.c.clinic_id)).compile(dialect=_DIALECT))


def values_of(session: Session, period: Period, counts: Counts, *, as_of: date, now: datetime) -> tuple[set[UUID], int]:
    """Store the values of some clinics and of all nodes above them.

    Return the organisations with a row that differs from what was stored, and the number of moved numbers.
    """
    shared = {"period_start": period.start, "period_end": period.end, "as_of": as_of, "now": now}
    rows = [
        (clinic_id, each.code, each.disease.value, each.version, *numbers[_NUMBERS * at : _NUMBERS * (at + 1)])
        for clinic_id, numbers in counts.items()
        for at, each in enumerate(DEFINITIONS)
    ]
    counted = {name: [row[at] for row in rows] for at, name in enumerate(_COUNTED)}
    clinics = session.execute(_OF_CLINICS, shared | counted).all()
    own = {
        "codes": [each.code for each in DEFINITIONS],
        "diseases": [each.disease.value for each in DEFINITIONS],
        "versions": [each.version for each in DEFINITIONS],
        "clinic_ids": list(counts),
    }
    nodes = session.execute(_OF_NODES_ABOVE, shared | own).all()
    changed = [*clinics, *nodes]
    return {organisation_id for organisation_id, _ in changed}, sum(moved for _, moved in changed)


def counts_of(session: Session, periods: Collection[Period], *, of: str, ids: Collection[UUID]) -> dict[Period, Counts]:
    """Count the stored facts of some periods by clinic: `of` CLINICS or PEOPLE. Who has no facts is not in it."""
    sql, constants = _counting(of)
    places = {(each.start, each.end): each for each in periods}
    parameters = constants | {
        "starts": [each.start for each in periods], "ends": [each.end for each in periods], "ids": list(ids),
    }  # fmt: skip
    found: dict[Period, Counts] = {each: {} for each in periods}
    for row in session.connection().exec_driver_sql(sql, parameters).mappings():
        counts = found[places[row["period_start"], row["period_end"]]]
        numbers = counts.setdefault(row["clinic_id"], list(NOTHING))
        for at, counted in enumerate(counts_of_measures(row, DEFINITIONS)):
            for place, number in enumerate(counted):
                if row["counts_in"] in AT_CLINIC:
                    numbers[_NUMBERS * at + place] += number
                if row["counts_in"] in POOLED:
                    numbers[_NUMBERS * at + 3 + place] += number
    return found


@cache
def _counting(of: str) -> tuple[str, dict[str, Any]]:
    asked = select(func.unnest(bindparam("starts", type_=_DATES)), func.unnest(bindparam("ends", type_=_DATES)))
    rows = select(FACT).where(
        tuple_(FACT.c.period_start, FACT.c.period_end).in_(asked),
        FACT.c[of] == bindparam("ids", type_=_UUIDS).any_(),
    )
    compiled = per_clinic(rows.subquery("facts"), DEFINITIONS).compile(dialect=_DIALECT)
    return str(compiled), {name: value for name, value in compiled.params.items() if value is not None}


def stored_counts(session: Session, period: Period, clinic_ids: Collection[UUID]) -> Counts:
    """Return the stored values of those of the clinics that have one of every definition in its present version."""
    value = IndicatorValue
    columns = (value.numerator, value.denominator, value.exclusions, value.pooled_numerator)
    query = select(
        col(value.organisation_id), col(value.code), col(value.disease), col(value.definition_version),
        *(col(each) for each in columns), col(value.pooled_denominator), col(value.pooled_exclusions),
    ).where(
        col(value.period_start) == period.start,
        col(value.period_end) == period.end,
        col(value.organisation_id) == bindparam("clinic_ids", list(clinic_ids), type_=_UUIDS).any_(),
    )  # fmt: skip
    rows = {tuple(row[:4]): row[4:] for row in session.execute(query)}
    found: Counts = {}
    for clinic_id in clinic_ids:
        mine = [rows.get((clinic_id, each.code, each.disease.value, each.version)) for each in DEFINITIONS]
        if None not in mine:
            found[clinic_id] = [number for numbers in mine if numbers is not None for number in numbers]
    return found


def stamps_of(session: Session, organisation_ids: Iterable[UUID], *, now: datetime) -> None:
    """Raise the version of organisations whose values changed, and of every node above them."""
    wanted = sorted(set(organisation_ids))
    if wanted:
        session.execute(_NEW_VERSIONS, {"organisation_ids": wanted, "now": now})
