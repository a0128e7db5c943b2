"""Reads of exports; each takes the caller's scope: who sees all clinics of an export sees it."""

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, cast, select, true
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.exchange.codes import ExportState
from cmc.exchange.tables import ExportDefinition, ExportPart, ExportRun


def _covered(scope: Scope) -> ColumnElement[bool]:
    if scope.clinic_ids is None:
        return true()
    return col(ExportRun.clinic_ids).op("<@")(cast(scope.listed(), ARRAY(Uuid())))


def run(session: Session, scope: Scope, run_id: UUID) -> ExportRun:
    """Return one export of the scope; raise `NotFound` otherwise."""
    found = session.scalars(select(ExportRun).where(col(ExportRun.id) == run_id, _covered(scope))).one_or_none()
    if found is None:
        raise NotFound("no such export")
    return found


def runs(session: Session, scope: Scope, *, after: UUID | None, limit: int) -> list[ExportRun]:
    """Return exports of the scope, the latest first, after an id."""
    query = select(ExportRun).where(_covered(scope)).order_by(col(ExportRun.id).desc())
    if after is not None:
        query = query.where(col(ExportRun.id) < after)
    return list(session.scalars(query.limit(limit)))


def waiting(session: Session, scope: Scope, *, but: Collection[UUID] = ()) -> ExportRun | None:
    """Return the export that waits for the job the longest and is not worked on; locked."""
    query = select(ExportRun).where(
        col(ExportRun.state) == ExportState.WAITING.value, _covered(scope), col(ExportRun.id).not_in(but)
    )
    return session.scalars(query.order_by(col(ExportRun.id)).limit(1).with_for_update(skip_locked=True)).one_or_none()


def over(session: Session, scope: Scope, *, at: datetime) -> list[ExportRun]:
    """Return the exports whose file can be fetched no more and is still there; locked."""
    query = select(ExportRun).where(
        col(ExportRun.state) == ExportState.READY.value, col(ExportRun.expires_at) <= at, _covered(scope)
    )
    return list(session.scalars(query.with_for_update(skip_locked=True)))


def parts(session: Session, scope: Scope, run_id: UUID) -> Iterator[ExportPart]:
    """Yield the parts of a file of the scope in their order."""
    query = (
        select(ExportPart)
        .join(ExportRun, col(ExportRun.id) == col(ExportPart.run_id))
        .where(col(ExportPart.run_id) == run_id, _covered(scope))
    )
    yield from session.scalars(query.order_by(col(ExportPart.number)).execution_options(yield_per=8))


def definitions(session: Session, scope: Scope, *, clinic_id: UUID | None = None) -> list[ExportDefinition]:
    """Return the saved definitions of the clinics of the scope, or of one, by name."""
    query = select(ExportDefinition).where(scope.covers(col(ExportDefinition.clinic_id)))
    if clinic_id is not None:
        query = query.where(col(ExportDefinition.clinic_id) == clinic_id)
    return list(session.scalars(query.order_by(col(ExportDefinition.name), col(ExportDefinition.id))))


def definition(session: Session, scope: Scope, definition_id: UUID) -> ExportDefinition:
    """Return one saved definition of the scope; raise `NotFound` otherwise."""
    found = session.get(ExportDefinition, definition_id)
    if found is None or not scope.includes(found.clinic_id):
        raise NotFound("no such definition of an export")
    return found
