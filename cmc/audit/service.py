"""Adding to the audit trail, in the transaction of the act: when the row cannot be written, the act does not happen.

Acts on records of the service's own tables (created, changed, deleted) are noted without being asked for, by
`cmc/audit/changes.py`; everything else calls `record` or `seen`.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from cmc.audit import canonical
from cmc.audit.tables import Act
from cmc.core import db
from cmc.core.scope import Scope

NOBODY: Final = Scope("nobody", frozenset())
"""Who acts before signing in: a failed log-in, a refusal without a credential."""

INSERT: Final = text(
    "INSERT INTO audit_event (at, actor, act, subject, subject_id, person_ids, request_id, detail, row_hash)"
    " VALUES (:at, :actor, :act, :subject, :subject_id, :person_ids, :request_id, :detail, :row_hash)"
).bindparams(
    bindparam("subject_id", type_=Uuid()),
    bindparam("person_ids", type_=ARRAY(Uuid())),
    bindparam("request_id", type_=Uuid()),
    bindparam("detail", type_=JSONB()),
)
_PARTITION: Final = text("SELECT make_audit_partition(CAST(:month AS date))")


def record(
    session: Session,
    scope: Scope,
    act: Act,
    subject: str,
    *,
    subject_id: UUID | None = None,
    person_ids: Iterable[UUID] = (),
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add one row, of the instant at which the session's transaction began.

    The database takes it only when `scope` is the one that the session acts in, so nobody writes in another's name; a
    session in no scope writes as `NOBODY`. `detail` holds JSON values (no floats) that describe no person.
    """
    connection = session.connection()
    connection.execute(INSERT, values(session, scope.actor, act, subject, subject_id, person_ids, detail or {}))
    session.info[db.ACCOUNTED] = True


def seen(
    session: Session,
    scope: Scope,
    subject: str,
    person_ids: Iterable[UUID],
    *,
    act: Act = Act.READ,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add the row that says whose records of a kind are shown; for a list, one row names all its people.

    `detail` are the filters that were asked with; those left open are left out.
    """
    given = {name: value for name, value in (detail or {}).items() if value is not None}
    record(session, scope, act, subject, person_ids=dict.fromkeys(person_ids), detail=given)


def nothing_shown(session: Session) -> None:
    """Say that a route shows nobody after all: a poll that is answered 304 tells what was told, and noted, before."""
    session.info[db.ACCOUNTED] = True


def values(
    session: Session,
    actor: str,
    act: Act,
    subject: str,
    subject_id: UUID | None,
    person_ids: Iterable[UUID],
    detail: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the parameters of `INSERT` for one row; the session's transaction must have begun."""
    at, people, request_id = db.began_at(session), list(person_ids), session.info.get(db.REQUEST_ID)
    content = canonical.content(at, actor, act.value, subject, subject_id, people, request_id, detail)
    return {
        "at": at,
        "actor": actor,
        "act": act.value,
        "subject": subject,
        "subject_id": subject_id,
        "person_ids": people,
        "request_id": request_id,
        "detail": dict(detail),
        "row_hash": canonical.row_hash(content),
    }


def keep_partitions(session: Session, now: datetime) -> None:
    """Make the partitions of this month and the next. A row of any other month has a place too: the rest."""
    month = now.astimezone(UTC).date().replace(day=1)
    following = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
    for each in (month, following):
        session.execute(_PARTITION, {"month": each})
