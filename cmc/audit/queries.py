"""Reads of the audit trail. The database gives its rows to a scope of the whole region only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select, tuple_
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.audit.tables import Act, AuditEvent
from cmc.core.scope import Scope

Place = tuple[datetime, int]
"""The sort key of a row: (at, seq)."""


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """Which rows are wanted; `from_at` is included, `to_at` is not."""

    person_id: UUID | None = None
    actor: str | None = None
    act: Act | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None


def page(
    session: Session, scope: Scope, filters: AuditFilters, *, before: Place | None = None, limit: int = 50
) -> list[AuditEvent]:
    """Return up to `limit` rows, newest first, before the place `before`."""
    if scope.clinic_ids is not None:
        return []
    query = select(AuditEvent).where(*_conditions(filters))
    if before is not None:
        query = query.where(tuple_(col(AuditEvent.at), col(AuditEvent.seq)) < before)
    return list(session.scalars(query.order_by(col(AuditEvent.at).desc(), col(AuditEvent.seq).desc()).limit(limit)))


def accesses(session: Session, scope: Scope, person_id: UUID) -> Sequence[Row[str, str, int, datetime, datetime]]:
    """Return who did what with a person's records, latest first: actor, act, how often, first and last time."""
    if scope.clinic_ids is not None:
        return []
    latest = func.max(col(AuditEvent.at))
    query = (
        select(col(AuditEvent.actor), col(AuditEvent.act), func.count(), func.min(col(AuditEvent.at)), latest)
        .where(*_conditions(AuditFilters(person_id=person_id)))
        .group_by(col(AuditEvent.actor), col(AuditEvent.act))
        .order_by(latest.desc(), col(AuditEvent.actor), col(AuditEvent.act))
    )
    return session.execute(query).all()


def _conditions(filters: AuditFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.person_id is not None:
        # Asked of a function of the guard: under row-level security the index over people could not be used.
        mine = func.guard.audit_rows_of(filters.person_id).table_valued("at", "seq")
        found.append(tuple_(col(AuditEvent.at), col(AuditEvent.seq)).in_(select(mine.c.at, mine.c.seq)))
    if filters.actor is not None:
        found.append(col(AuditEvent.actor) == filters.actor)
    if filters.act is not None:
        found.append(col(AuditEvent.act) == filters.act.value)
    if filters.from_at is not None:
        found.append(col(AuditEvent.at) >= filters.from_at)
    if filters.to_at is not None:
        found.append(col(AuditEvent.at) < filters.to_at)
    return found
