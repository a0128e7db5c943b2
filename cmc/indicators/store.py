"""Writes of facts, values and stamps: each a single statement that touches only what differs.

The statements are Core or text because they compare and write whole sets inside the database. All of them return what
they changed; a second run over unchanged data writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, bindparam, delete, select, text, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cmc.indicators import facts
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.facts import FACT
from cmc.indicators.measure import per_clinic
from cmc.indicators.periods import Period

_KEY: Final = tuple(column.name for column in FACT.primary_key)

_COUNTED: Final = (
    "organisation_ids",
    "codes",
    "diseases",
    "versions",
    "numerators",
    "denominators",
    "pooled_numerators",
    "pooled_denominators",
)

_UUIDS: Final = ARRAY(Uuid())

_WRITE_VALUES: Final = """
), differing AS (
    SELECT f.*, (o.numerator, o.denominator, o.pooled_numerator, o.pooled_denominator) IS DISTINCT FROM
            (f.numerator, f.denominator, f.pooled_numerator, f.pooled_denominator) AS moved
    FROM fresh AS f
    LEFT JOIN indicator_value AS o ON o.organisation_id = f.organisation_id AND o.code = f.code
        AND o.disease = f.disease AND o.period_start = :period_start AND o.period_end = :period_end
    WHERE (o.numerator, o.denominator, o.pooled_numerator, o.pooled_denominator, o.definition_version, o.as_of)
        IS DISTINCT FROM
        (f.numerator, f.denominator, f.pooled_numerator, f.pooled_denominator, f.definition_version,
            CAST(:as_of AS date))
), written AS (
    INSERT INTO indicator_value AS v (organisation_id, code, disease, period_start, period_end, numerator, denominator,
        pooled_numerator, pooled_denominator, definition_version, as_of, computed_at)
    SELECT organisation_id, code, disease, :period_start, :period_end, numerator, denominator,
        pooled_numerator, pooled_denominator, definition_version, :as_of, :now FROM differing
    ON CONFLICT (organisation_id, period_end, period_start, code, disease) DO UPDATE SET
        numerator = excluded.numerator, denominator = excluded.denominator,
        pooled_numerator = excluded.pooled_numerator, pooled_denominator = excluded.pooled_denominator,
        definition_version = excluded.definition_version, as_of = excluded.as_of, computed_at = excluded.computed_at
)
SELECT organisation_id, moved FROM differing
"""

_CLINIC_VALUES: Final = """
WITH fresh AS (
    SELECT * FROM unnest(CAST(:organisation_ids AS uuid[]), CAST(:codes AS text[]), CAST(:diseases AS text[]),
        CAST(:versions AS text[]), CAST(:numerators AS integer[]), CAST(:denominators AS integer[]),
        CAST(:pooled_numerators AS integer[]), CAST(:pooled_denominators AS integer[])) AS f(organisation_id, code,
        disease, definition_version, numerator, denominator, pooled_numerator, pooled_denominator)
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
        CAST(sum(v.pooled_denominator) AS integer) AS denominator
    FROM above AS a
    JOIN indicator_value AS v ON v.organisation_id = a.clinic_id
        AND v.period_start = :period_start AND v.period_end = :period_end
    JOIN unnest(CAST(:codes AS text[]), CAST(:diseases AS text[]), CAST(:versions AS text[]))
        AS d(code, disease, version) ON d.code = v.code AND d.disease = v.disease AND d.version = v.definition_version
    WHERE a.node_id IN (SELECT node_id FROM above WHERE clinic_id = ANY(CAST(:clinic_ids AS uuid[])))
    GROUP BY a.node_id, v.code, v.disease, v.definition_version
), fresh AS (
    SELECT summed.*, numerator AS pooled_numerator, denominator AS pooled_denominator FROM summed
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
    fresh = facts.statement(period, patient_ids).cte("fresh")
    here = and_(FACT.c.period_start == period.start, FACT.c.period_end == period.end)
    if patient_ids is not None:
        here = and_(here, FACT.c.patient_id == bindparam("people", list(patient_ids), type_=_UUIDS).any_())
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
    changed = list(session.scalars(union_all(select(written.c.clinic_id), select(removed.c.clinic_id))))
    return set(changed), len(changed)


def values_of(
    session: Session, period: Period, clinic_ids: Collection[UUID], *, as_of: date, now: datetime
) -> tuple[set[UUID], int]:
    """Compute the values of some clinics and of all nodes above them from the stored facts.

    Return the organisations with a row that differs from what was stored, and the number of moved numerators or
    denominators.
    """
    shared = {"period_start": period.start, "period_end": period.end, "as_of": as_of, "now": now}
    counted = _counts(session, period, clinic_ids)
    clinics = session.execute(_OF_CLINICS, shared | counted).all()
    own = {
        "codes": [each.code for each in DEFINITIONS],
        "diseases": [each.disease.value for each in DEFINITIONS],
        "versions": [each.version for each in DEFINITIONS],
        "clinic_ids": list(clinic_ids),
    }
    nodes = session.execute(_OF_NODES_ABOVE, shared | own).all()
    changed = [*clinics, *nodes]
    return {organisation_id for organisation_id, _ in changed}, sum(moved for _, moved in changed)


def stamps_of(session: Session, organisation_ids: Iterable[UUID], *, now: datetime) -> None:
    """Raise the version of organisations whose values changed, and of every node above them."""
    wanted = sorted(set(organisation_ids))
    if wanted:
        session.execute(_NEW_VERSIONS, {"organisation_ids": wanted, "now": now})


def _counts(session: Session, period: Period, clinic_ids: Collection[UUID]) -> dict[str, list[Any]]:
    """Four counts per clinic and measure, as columns of equal length; a clinic without people has zeros."""
    stored = (
        select(FACT)
        .where(
            FACT.c.period_start == period.start,
            FACT.c.period_end == period.end,
            FACT.c.clinic_id == bindparam("clinic_ids", list(clinic_ids), type_=_UUIDS).any_(),
        )
        .subquery()
    )
    found = {row[0]: row[1:] for row in session.execute(per_clinic(stored, DEFINITIONS))}
    nothing = (0,) * (4 * len(DEFINITIONS))
    rows = [
        (clinic_id, each.code, each.disease.value, each.version, *found.get(clinic_id, nothing)[4 * at : 4 * at + 4])
        for clinic_id in clinic_ids
        for at, each in enumerate(DEFINITIONS)
    ]
    return {name: [row[at] for row in rows] for at, name in enumerate(_COUNTED)}
