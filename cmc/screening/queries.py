"""Reads of what screening needs to know, for many people in a constant number of statements; each takes the scope."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import Disease, EnrolmentState, ReadingKind
from cmc.core.scope import Scope
from cmc.followups.tables import Followup
from cmc.patients.queries import visible
from cmc.patients.tables import BasicInformation, Enrolment, Patient
from cmc.readings.tables import Reading
from cmc.records.codes import ExaminationKind
from cmc.records.fact_queries import known, of_people
from cmc.records.fact_tables import AnnualExam, Diagnosis, Examination, FamilyHistory, LaboratoryResult
from cmc.screening.held import Held

LOOKED_BACK: Final = timedelta(days=3 * 366)
"""Older measurements raise no suspicion: a yearly measurement was due thrice since [D]."""

ANALYTES: Final = ("GLUCOSE_FASTING", "GLUCOSE_OGTT_2H", "GLUCOSE", "HBA1C", "HDL", "TG")
"""What the rules of screening ask of laboratories (DM-DX-01, DM-SC-02)."""

_MANAGED: Final = (EnrolmentState.CONFIRMED, EnrolmentState.ACTIVE, EnrolmentState.LOST)


def people_to_screen(
    session: Session, scope: Scope, disease: Disease, *, clinic_id: UUID | None, after: UUID | None, limit: int
) -> list[Patient]:
    """Return living people of the scope who are not managed for a disease, along their ids."""
    managed = select(col(Enrolment.id)).where(
        col(Enrolment.patient_id) == col(Patient.id),
        col(Enrolment.disease) == disease.value,
        col(Enrolment.state).in_([each.value for each in _MANAGED]),
    )
    query = (
        select(Patient)
        .where(visible(scope), col(Patient.erased_at).is_(None), col(Patient.died_on).is_(None), ~managed.exists())
        .order_by(col(Patient.id))
        .limit(limit)
    )
    if clinic_id is not None:
        query = query.where(col(Patient.clinic_id) == clinic_id)
    return list(session.scalars(query if after is None else query.where(col(Patient.id) > after)))


def held(session: Session, scope: Scope, people: Sequence[Patient], *, on: date) -> list[Held]:
    """Return what is on record of people of the scope up to a day: nine statements for any number of them."""
    found = {each.id: Held(each) for each in people}
    ids, since = list(found), on - LOOKED_BACK
    for each in session.scalars(select(Enrolment).where(col(Enrolment.patient_id).in_(ids))):
        found[each.patient_id].enrolments.append(each)
    for information in session.scalars(select(BasicInformation).where(col(BasicInformation.patient_id).in_(ids))):
        found[information.patient_id].information = information
    for exam in session.scalars(
        select(AnnualExam)
        .where(col(AnnualExam.patient_id).in_(ids), col(AnnualExam.happened_on).between(since, on), known(AnnualExam))
        .order_by(col(AnnualExam.happened_on), col(AnnualExam.id))
    ):
        found[exam.patient_id].exams.append(exam)
    for person, rows in _by_person(session.execute(_visits(ids, since, on))).items():
        found[person].visits = rows
    for person, rows in _by_person(session.execute(_readings(ids, since, on))).items():
        found[person].readings = rows
    for result in session.scalars(_results(scope, ids, since, on)):
        found[result.patient_id].laboratory.append(result)
    for measured in session.scalars(_ambulatory(scope, ids, since, on)):
        found[measured.patient_id].ambulatory.append(measured)
    diagnoses: Iterable[Diagnosis] = session.scalars(of_people(Diagnosis, scope, ids, on=on))
    for diagnosis in diagnoses:
        found[diagnosis.patient_id].diagnoses.append(diagnosis)
    relatives: Iterable[FamilyHistory] = session.scalars(of_people(FamilyHistory, scope, ids, on=on))
    for relative in relatives:
        found[relative.patient_id].family.append(relative)
    return list(found.values())


def _results(scope: Scope, ids: list[UUID], since: date, on: date) -> Any:
    day, analyte = col(LaboratoryResult.happened_on), col(LaboratoryResult.analyte)
    query = of_people(LaboratoryResult, scope, ids, on=on).where(day >= since, analyte.in_(ANALYTES))
    return query.order_by(day, col(LaboratoryResult.id))


def _ambulatory(scope: Scope, ids: list[UUID], since: date, on: date) -> Any:
    day = col(Examination.happened_on)
    of_kind = col(Examination.kind) == ExaminationKind.AMBULATORY_PRESSURE.value
    return of_people(Examination, scope, ids, on=on).where(day >= since, of_kind).order_by(day, col(Examination.id))


def _visits(ids: list[UUID], since: date, on: date) -> Any:
    return (
        select(
            col(Followup.patient_id),
            col(Followup.visited_on),
            col(Followup.mode),
            col(Followup.sbp_mmhg),
            col(Followup.dbp_mmhg),
            col(Followup.fasting_glucose_umol_l),
            col(Followup.other_glucose_umol_l),
        )
        .where(col(Followup.patient_id).in_(ids), col(Followup.visited_on).between(since, on))
        .where(col(Followup.ended_at).is_(None))
        .order_by(col(Followup.visited_on), col(Followup.recorded_at))
    )


def _readings(ids: list[UUID], since: date, on: date) -> Any:
    return (
        select(
            col(Reading.patient_id),
            col(Reading.taken_on),
            col(Reading.kind),
            col(Reading.setting),
            col(Reading.period),
            col(Reading.specimen),
            col(Reading.sbp_mmhg),
            col(Reading.dbp_mmhg),
            col(Reading.glucose_umol_l),
        )
        .where(
            col(Reading.patient_id).in_(ids),
            col(Reading.taken_on).between(since, on),
            col(Reading.kind).in_([ReadingKind.BLOOD_PRESSURE.value, ReadingKind.GLUCOSE.value]),
        )
        .order_by(col(Reading.taken_at))
    )


def _by_person(rows: Iterable[Row[Any]]) -> dict[UUID, list[Row[Any]]]:
    found: dict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.patient_id].append(row)
    return found
