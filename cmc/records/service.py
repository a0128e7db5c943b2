"""Changes of annual examinations."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.clinical.units import GlucoseUnit, glucose_to_umol_l
from cmc.core.errors import FieldError, Invalid
from cmc.core.ids import new_id
from cmc.core.scope import Scope
from cmc.patients import queries as patients
from cmc.patients import touched
from cmc.records import facts, plausibility
from cmc.records.completeness import missing_fields, valid_for
from cmc.records.schemas import AnnualExamIn
from cmc.records.tables import AnnualExam


def record_exam_once(
    session: Session, scope: Scope, patient_id: UUID, wanted: AnnualExamIn, *, key: str | None, now: datetime, on: date
) -> tuple[AnnualExam, bool]:
    """As `record_exam`; the same request again under its idempotency key stores nothing: the row, and whether new.

    Raises `Invalid` for another request under the key.
    """
    row_id = facts.request_id(scope, "annual_exam", key)
    patients.get(session, scope, patient_id)
    known = None if row_id is None else session.get(AnnualExam, row_id)
    if known is None:
        return record_exam(session, scope, patient_id, wanted, now=now, on=on, row_id=row_id), True
    same = {**_columns(wanted), "patient_id": patient_id}
    if known.model_dump(include=set(same)) != same:
        raise facts.key_reused()
    audit.seen(session, scope, "annual_exam", [patient_id])
    return known, False


def _columns(wanted: AnnualExamIn) -> dict[str, Any]:
    glucose = wanted.fasting_glucose_mmol_l
    return {
        **wanted.model_dump(exclude={"fasting_glucose_mmol_l", "note"}),
        "fasting_glucose_umol_l": None if glucose is None else glucose_to_umol_l(glucose, GlucoseUnit.MMOL_L),
        "findings": {"note": wanted.note} if wanted.note else {},
    }


def record_exam(
    session: Session,
    scope: Scope,
    patient_id: UUID,
    wanted: AnnualExamIn,
    *,
    now: datetime,
    on: date,
    row_id: UUID | None = None,
) -> AnnualExam:
    """Store an annual examination, complete or not; it says for which diseases it counts and what is missing."""
    patient = patients.get(session, scope, patient_id)
    check_exam(wanted, patient.birth_date, on)
    missing = missing_fields(wanted.model_dump(exclude_none=True))
    exam = AnnualExam(
        id=row_id or new_id(),
        patient_id=patient_id,
        clinic_id=patient.clinic_id,
        **_columns(wanted),
        valid_for=[disease.value for disease in valid_for(missing)],
        missing_fields={disease.value: fields for disease, fields in missing.items()},
        actor=scope.actor,
        recorded_at=now,
    )
    session.add(exam)
    session.flush()
    touched.mark(session, [patient_id], at=now, topics=(touched.INDICATORS,))
    return exam


def check_exam(wanted: AnnualExamIn, birth_date: date, on: date) -> None:
    """Raise `Invalid` for a day outside the life up to `on`, and for values that cannot be (BP-01, GLU-04)."""
    faults = []
    if not birth_date <= wanted.examined_on <= on:
        faults.append(FieldError("/examined_on", "out_of_range", "must lie between the birth date and today"))
    faults += plausibility.pressure_faults(wanted.sbp_mmhg, wanted.dbp_mmhg)
    faults += plausibility.fasting_faults(wanted.fasting_glucose_mmol_l)
    if faults:
        raise Invalid(errors=tuple(faults))
