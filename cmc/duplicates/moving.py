"""The statements that move a person's rows and bring them back: one text for every table of the registry.

Rows are moved set-wise; what was moved or set aside stands in `merge_row`, so that just that is brought back. A row
that was deleted meanwhile is not, and one that was changed comes back as it is now.
"""

from functools import lru_cache
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from cmc.duplicates.registry import MOVED, Subject

_ADDED = "patient_token, added"
"""Name in `merge_row` of tokens that nobody had: the survivor's clinics find the person by the other record's words."""

_SPREAD = text(
    "WITH added AS (INSERT INTO patient_token (token, clinic_id, patient_id)"
    " SELECT DISTINCT t.token, c.clinic_id, t.patient_id FROM patient_token AS t CROSS JOIN"
    " (SELECT clinic_id FROM patient WHERE id = :target UNION SELECT clinic_id FROM enrolment"
    " WHERE patient_id = :target) AS c WHERE t.patient_id = :target ON CONFLICT DO NOTHING RETURNING token, clinic_id)"
    " INSERT INTO merge_row (merge_id, table_name, row_key)"
    " SELECT :merge_id, :name, jsonb_build_object('token', token, 'clinic_id', clinic_id) FROM added"
)
_GATHER = text(
    "DELETE FROM patient_token AS t USING merge_row AS m"
    " CROSS JOIN LATERAL jsonb_populate_record(NULL::patient_token, m.row_key) AS k"
    " WHERE m.merge_id = :merge_id AND m.table_name = :name AND t.patient_id = :target"
    " AND t.token = k.token AND t.clinic_id = k.clinic_id"
)


def move(session: Session, merge_id: UUID, *, source: UUID, target: UUID) -> int:
    """Move everything of one person to another; returns how many rows were moved or set aside."""
    values = {"merge_id": merge_id, "source": source, "target": target}
    rows = 0
    for subject in MOVED:
        for statement in (*_set_aside(subject), _move(subject)):
            rows += int(getattr(session.execute(statement, values), "rowcount", 0))
    session.execute(_SPREAD, {"merge_id": merge_id, "target": target, "name": _ADDED})
    return rows


def bring_back(session: Session, merge_id: UUID, *, source: UUID, target: UUID) -> None:
    """Undo `move`: `source` is who was merged, `target` who holds the rows now."""
    values = {"merge_id": merge_id, "source": source, "target": target}
    session.execute(_GATHER, {"merge_id": merge_id, "target": target, "name": _ADDED})
    for subject in reversed(MOVED):
        session.execute(_move_back(subject), values)
        for statement in _restore(subject):
            session.execute(statement, {"merge_id": merge_id})
    for subject in MOVED:
        if (following := _follow(subject)) is not None:
            session.execute(following, values)


# The names in these texts are those of the registry, never a caller's.
@lru_cache
def _set_aside(subject: Subject) -> tuple[TextClause, ...]:
    if not subject.alike:
        return ()
    like = f"EXISTS (SELECT FROM {subject.table} AS o WHERE o.{subject.person} = :target AND {subject.alike})"
    mine = f"r.{subject.person} = :source AND {like}"
    hanging = [
        f"DELETE FROM {table} AS c USING {subject.table} AS r"  # noqa: S608
        f" WHERE c.{column} = r.id AND {mine} RETURNING to_jsonb(c)"
        for table, column in subject.children
    ]
    own = f"DELETE FROM {subject.table} AS r WHERE {mine} RETURNING to_jsonb(r)"  # noqa: S608
    names = [*(table for table, _ in subject.children), subject.table]
    return tuple(
        text(
            f"WITH gone(kept) AS ({statement}) INSERT INTO merge_row (merge_id, table_name, kept)"  # noqa: S608
            f" SELECT :merge_id, '{name}', kept FROM gone"
        )
        for name, statement in zip(names, [*hanging, own], strict=True)
    )


@lru_cache
def _move(subject: Subject) -> TextClause:
    key = ", ".join(f"'{each}', r.{each}" for each in subject.key)
    return text(
        f"WITH moved(row_key) AS (UPDATE {subject.table} AS r SET {subject.person} = :target"  # noqa: S608
        f" WHERE r.{subject.person} = :source RETURNING jsonb_build_object({key}))"
        " INSERT INTO merge_row (merge_id, table_name, row_key)"
        f" SELECT :merge_id, '{subject.table}', row_key FROM moved"
    )


@lru_cache
def _move_back(subject: Subject) -> TextClause:
    same = " AND ".join(f"r.{each} = k.{each}" for each in subject.key)
    return text(
        f"UPDATE {subject.table} AS r SET {subject.person} = :source FROM merge_row AS m"  # noqa: S608
        f" CROSS JOIN LATERAL jsonb_populate_record(NULL::{subject.table}, m.row_key) AS k"
        f" WHERE m.merge_id = :merge_id AND m.table_name = '{subject.table}' AND m.row_key IS NOT NULL"
        f" AND r.{subject.person} = :target AND {same}"
    )


@lru_cache
def _follow(subject: Subject) -> TextClause | None:
    if subject.follows is None:
        return None
    table, theirs, own = subject.follows
    return text(
        f"UPDATE {subject.table} AS r SET {subject.person} = :source WHERE r.{subject.person} = :target"  # noqa: S608
        f" AND EXISTS (SELECT FROM {table} AS o WHERE o.patient_id = :source AND o.{theirs} = r.{own})"
    )


@lru_cache
def _restore(subject: Subject) -> tuple[TextClause, ...]:
    if not subject.alike:
        return ()
    return tuple(
        text(
            f"INSERT INTO {name} SELECT (jsonb_populate_record(NULL::{name}, m.kept)).* FROM merge_row AS m"  # noqa: S608
            f" WHERE m.merge_id = :merge_id AND m.table_name = '{name}' AND m.kept IS NOT NULL"
        )
        for name in (subject.table, *(table for table, _ in subject.children))
    )
