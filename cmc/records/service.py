"""Changes of annual examinations."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.clinical.units import GlucoseUnit, glucose_to_umol_l
from cmc.core.errors import FieldError, Invalid
from cmc.core.scope import Scope
from cmc.patients import queries as patients
from cmc.patients import touched
from cmc.records import plausibility
from cmc.records.completeness import missing_fields, valid_for
from cmc.records.schemas import AnnualExamIn
from cmc.records.tables import AnnualExam


def record_exam(
    session: Session, scope: Scope, patient_id: UUID, wanted: AnnualExamIn, *, now: datetime, on: date
) -> AnnualExam:
    """Store an annual examination, complete or not; it says for which diseases it counts and what is missing."""
    patient = patients.get(session, scope, patient_id)
    check_exam(wanted, patient.birth_date, on)
    missing = missing_fields(wanted.model_dump(exclude_none=True))
    glucose = wanted.fasting_glucose_mmol_l
    exam = AnnualExam(
        patient_id=patient_id,
        clinic_id=patient.clinic_id,
        **wanted.model_dump(exclude={"fasting_glucose_mmol_l", "note"}),
        fasting_glucose_umol_l=None if glucose is None else glucose_to_umol_l(glucose, GlucoseUnit.MMOL_L),
        findings={"note": wanted.note} if wanted.note else {},
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
