"""Reads of reminders; each takes the caller's scope."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.scope import Scope
from cmc.patients.queries import visible
from cmc.patients.tables import Patient
from cmc.reminders.tables import Reminder


def of_person(session: Session, scope: Scope, patient_id: UUID, *, before: UUID | None, limit: int) -> list[Reminder]:
    """Return up to `limit` reminders of a person of the scope, the latest first."""
    query = (
        select(Reminder)
        .join(Patient, col(Patient.id) == col(Reminder.patient_id))
        .where(col(Reminder.patient_id) == patient_id, visible(scope))
    )
    if before is not None:
        query = query.where(col(Reminder.id) < before)
    return list(session.scalars(query.order_by(col(Reminder.id).desc()).limit(limit)))
