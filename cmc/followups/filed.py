"""Read of what was filed since people were put on the work-list; follow-ups are read with the rest of a plan."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from cmc.core.scope import Scope
from cmc.followups.person import Examined
from cmc.patients.queries import visible
from cmc.patients.tables import Patient
from cmc.records.fact_tables import AnnualExam


def annual_exams(session: Session, scope: Scope, patient_ids: Sequence[UUID]) -> dict[UUID, Examined]:
    """Return of each person the annual examination that was recorded last: not its corrections, none taken back."""
    if not patient_ids:
        return {}
    later = aliased(AnnualExam)
    retracted = exists().where(and_(col(later.replaces_id) == col(AnnualExam.id), col(later.is_retracted)))
    query = (
        select(col(AnnualExam.patient_id), col(AnnualExam.id), col(AnnualExam.recorded_at))
        .join(Patient, col(Patient.id) == col(AnnualExam.patient_id))
        .where(
            col(AnnualExam.patient_id).in_(patient_ids),
            col(AnnualExam.replaces_id).is_(None),
            ~col(AnnualExam.is_retracted),
            ~retracted,
            visible(scope),
        )
        .order_by(col(AnnualExam.recorded_at), col(AnnualExam.id))
    )
    return {row[0]: Examined(row[1], row[2]) for row in session.execute(query)}
