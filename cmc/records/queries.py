"""Reads of annual examinations."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.scope import Scope
from cmc.patients import queries as patients
from cmc.records.tables import AnnualExam


def exams(session: Session, scope: Scope, patient_id: UUID) -> list[AnnualExam]:
    """Return a person's examinations, newest first; raise `NotFound` when the person is absent or foreign."""
    patients.get(session, scope, patient_id)
    query = select(AnnualExam).where(col(AnnualExam.patient_id) == patient_id)
    return list(session.scalars(query.order_by(col(AnnualExam.examined_on).desc(), col(AnnualExam.id).desc())))
