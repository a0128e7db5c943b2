"""HTTP of the facts of the health record: for each kind a list, an addition, a correction.

A list can be asked `known_at` any instant; a correction names by If-Match the version that it corrects. Medicines are
added and changed through their checks (`cmc/charts`).
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel import col

from cmc.audit import service as audit
from cmc.core import clock
from cmc.core.etag import IfMatch, tagged
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import History, IdempotencyKey, KnownAt, SeeingSession
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.records import fact_queries, facts, laboratory
from cmc.records.codes import FactKind
from cmc.records.fact_schemas import (
    AllergyIn,
    AllergyOut,
    Correction,
    DiagnosisIn,
    DiagnosisOut,
    ExaminationIn,
    ExaminationOut,
    FactList,
    LaboratoryResultIn,
    LaboratoryResultOut,
    MedicationOut,
)
from cmc.records.fact_tables import (
    Allergy,
    Diagnosis,
    Examination,
    LaboratoryResult,
    Medication,
)
from cmc.records.facts import Seen

router = APIRouter(prefix="/v1/patients/{patient_id}", tags=["records"])

_READS, _WRITES = [requires(Right.READ_PEOPLE)], [requires(Right.WRITE_VISITS)]
_CORRECTED = describe(400, 404, 409, 412, 428)
_ADDED = describe(400, 404, 409) | {200: {"description": "stored before under this Idempotency-Key"}}


@router.get("/diagnoses", responses=describe(404), dependencies=_READS)
def list_diagnoses(
    patient_id: UUID, session: SeeingSession, scope: CurrentScope, known_at: KnownAt = None, history: History = False
) -> FactList[DiagnosisOut]:
    """A person's diagnoses (诊断), the latest first."""
    found = fact_queries.of_person(session, scope, Diagnosis, patient_id, known_at=known_at, history=history)
    audit.seen(session, scope, "diagnosis", [patient_id])
    return FactList(items=[DiagnosisOut.of(each) for each in found])


@router.post("/diagnoses", status_code=201, responses=_ADDED, dependencies=_WRITES)
def record_diagnosis(
    patient_id: UUID,
    body: DiagnosisIn,
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> DiagnosisOut:
    """Record a diagnosis (诊断)."""
    row, response.status_code = facts.answered(
        facts.record_once(
            session, scope, patient_id, FactKind.DIAGNOSIS, body, key=idempotency_key, now=clock.now(), on=clock.today()
        )
    )
    return tagged(response, DiagnosisOut.of(row), row.id)


@router.post("/diagnoses/{fact_id}:correct", responses=_CORRECTED, dependencies=_WRITES)
def correct_diagnosis(
    patient_id: UUID,
    fact_id: UUID,
    body: Correction[DiagnosisIn],
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    if_match: IfMatch = None,
) -> DiagnosisOut:
    """Correct or retract a diagnosis."""
    seen = Seen(body.reason, if_match, clock.now(), clock.today())
    row = facts.correct(session, scope, patient_id, FactKind.DIAGNOSIS, fact_id, body.fact, seen)
    return tagged(response, DiagnosisOut.of(row), row.id)


@router.get("/medications", responses=describe(404), dependencies=_READS)
def list_medications(
    patient_id: UUID, session: SeeingSession, scope: CurrentScope, known_at: KnownAt = None, history: History = False
) -> FactList[MedicationOut]:
    """A person's medicines (用药), the latest first."""
    found = fact_queries.of_person(session, scope, Medication, patient_id, known_at=known_at, history=history)
    audit.seen(session, scope, "medication", [patient_id])
    return FactList(items=[MedicationOut.of(each) for each in found])


@router.get("/allergies", responses=describe(404), dependencies=_READS)
def list_allergies(
    patient_id: UUID, session: SeeingSession, scope: CurrentScope, known_at: KnownAt = None, history: History = False
) -> FactList[AllergyOut]:
    """A person's allergies (过敏史), the latest first."""
    found = fact_queries.of_person(session, scope, Allergy, patient_id, known_at=known_at, history=history)
    audit.seen(session, scope, "allergy", [patient_id])
    return FactList(items=[AllergyOut.of(each) for each in found])


@router.post("/allergies", status_code=201, responses=_ADDED, dependencies=_WRITES)
def record_allergy(
    patient_id: UUID,
    body: AllergyIn,
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> AllergyOut:
    """Record an allergy (过敏史)."""
    row, response.status_code = facts.answered(
        facts.record_once(
            session, scope, patient_id, FactKind.ALLERGY, body, key=idempotency_key, now=clock.now(), on=clock.today()
        )
    )
    return tagged(response, AllergyOut.of(row), row.id)


@router.post("/allergies/{fact_id}:correct", responses=_CORRECTED, dependencies=_WRITES)
def correct_allergy(
    patient_id: UUID,
    fact_id: UUID,
    body: Correction[AllergyIn],
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    if_match: IfMatch = None,
) -> AllergyOut:
    """Correct or retract an allergy."""
    seen = Seen(body.reason, if_match, clock.now(), clock.today())
    row = facts.correct(session, scope, patient_id, FactKind.ALLERGY, fact_id, body.fact, seen)
    return tagged(response, AllergyOut.of(row), row.id)


@router.get("/labs", responses=describe(404), dependencies=_READS)
def list_laboratory_results(
    patient_id: UUID,
    session: SeeingSession,
    scope: CurrentScope,
    known_at: KnownAt = None,
    history: History = False,
    analyte: Annotated[str | None, Query(pattern="^[A-Z0-9_]{1,40}$")] = None,
) -> FactList[LaboratoryResultOut]:
    """A person's laboratory results (检验结果), the latest first; of one analyte or of all."""
    where = None if analyte is None else col(LaboratoryResult.analyte) == analyte
    found = fact_queries.of_person(
        session, scope, LaboratoryResult, patient_id, known_at=known_at, history=history, where=where
    )
    audit.seen(session, scope, "laboratory_result", [patient_id])
    return FactList(items=[LaboratoryResultOut.of(each) for each in found])


@router.post("/labs", status_code=201, responses=_ADDED, dependencies=_WRITES)
def record_laboratory_result(
    patient_id: UUID,
    body: LaboratoryResultIn,
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> LaboratoryResultOut:
    """Record a laboratory result (检验结果); with a creatinine the eGFR of an adult is stored, with its formula."""
    row, response.status_code = facts.answered(
        laboratory.record_once(session, scope, patient_id, body, key=idempotency_key, now=clock.now(), on=clock.today())
    )
    return tagged(response, LaboratoryResultOut.of(row), row.id)


@router.post("/labs/{fact_id}:correct", responses=_CORRECTED, dependencies=_WRITES)
def correct_laboratory_result(
    patient_id: UUID,
    fact_id: UUID,
    body: Correction[LaboratoryResultIn],
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    if_match: IfMatch = None,
) -> LaboratoryResultOut:
    """Correct or retract a laboratory result; a computed eGFR follows its creatinine."""
    seen = Seen(body.reason, if_match, clock.now(), clock.today())
    row = laboratory.correct(session, scope, patient_id, fact_id, body.fact, seen)
    return tagged(response, LaboratoryResultOut.of(row), row.id)


@router.get("/examinations", responses=describe(404), dependencies=_READS)
def list_examinations(
    patient_id: UUID, session: SeeingSession, scope: CurrentScope, known_at: KnownAt = None, history: History = False
) -> FactList[ExaminationOut]:
    """A person's examinations of eye, foot, nerve, kidney and heart (专项检查), the latest first."""
    found = fact_queries.of_person(session, scope, Examination, patient_id, known_at=known_at, history=history)
    audit.seen(session, scope, "examination", [patient_id])
    return FactList(items=[ExaminationOut.of(each) for each in found])


@router.post("/examinations", status_code=201, responses=_ADDED, dependencies=_WRITES)
def record_examination(
    patient_id: UUID,
    body: ExaminationIn,
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> ExaminationOut:
    """Record an examination of eye, foot, nerve, kidney or heart (专项检查)."""
    row, response.status_code = facts.answered(
        facts.record_once(
            session,
            scope,
            patient_id,
            FactKind.EXAMINATION,
            body,
            key=idempotency_key,
            now=clock.now(),
            on=clock.today(),
        )
    )
    return tagged(response, ExaminationOut.of(row), row.id)


@router.post("/examinations/{fact_id}:correct", responses=_CORRECTED, dependencies=_WRITES)
def correct_examination(
    patient_id: UUID,
    fact_id: UUID,
    body: Correction[ExaminationIn],
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    if_match: IfMatch = None,
) -> ExaminationOut:
    """Correct or retract an examination of eye, foot, nerve, kidney or heart."""
    seen = Seen(body.reason, if_match, clock.now(), clock.today())
    row = facts.correct(session, scope, patient_id, FactKind.EXAMINATION, fact_id, body.fact, seen)
    return tagged(response, ExaminationOut.of(row), row.id)
