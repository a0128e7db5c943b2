"""HTTP of annual examinations, of the way of living, of the family and of stays in hospital."""

from uuid import UUID

from fastapi import APIRouter, Response

from cmc.audit import service as audit
from cmc.core import clock
from cmc.core.etag import IfMatch, tagged
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import History, IdempotencyKey, KnownAt, SeeingSession
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.records import annual_exams, fact_queries, facts
from cmc.records.annual_exam_schemas import AnnualExamIn, AnnualExamOut
from cmc.records.codes import FactKind
from cmc.records.fact_schemas import (
    Correction,
    FactList,
    FamilyHistoryIn,
    FamilyHistoryOut,
    HospitalStayIn,
    HospitalStayOut,
    LifestyleIn,
    LifestyleOut,
)
from cmc.records.fact_tables import FamilyHistory, HospitalStay, Lifestyle
from cmc.records.facts import Seen

router = APIRouter(prefix="/v1/patients/{patient_id}", tags=["records"])

_READS, _WRITES = [requires(Right.READ_PEOPLE)], [requires(Right.WRITE_VISITS)]
_CORRECTED = describe(400, 404, 409, 412, 428)
_ADDED = describe(400, 404, 409) | {200: {"description": "stored before under this Idempotency-Key"}}


@router.get("/annual-exams", responses=describe(404), dependencies=_READS)
def list_annual_exams(
    patient_id: UUID, session: SeeingSession, scope: CurrentScope, known_at: KnownAt = None, history: History = False
) -> FactList[AnnualExamOut]:
    """A person's annual examinations (年度体检), the latest first."""
    found = annual_exams.listed(session, scope, patient_id, known_at=known_at, history=history)
    audit.seen(session, scope, "annual_exam", [patient_id])
    return found


@router.post("/annual-exams", status_code=201, responses=_ADDED, dependencies=_WRITES)
def record_annual_exam(
    patient_id: UUID,
    body: AnnualExamIn,
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> AnnualExamOut:
    """Record an annual examination (年度体检): for which diseases it counts, what is missing, and its laboratory
    results as facts of their own."""
    row, new = annual_exams.record_once(
        session, scope, patient_id, body, key=idempotency_key, now=clock.now(), on=clock.today()
    )
    response.status_code = 201 if new else 200
    return tagged(response, annual_exams.told(session, scope, [row])[0], row.id)


@router.post("/annual-exams/{fact_id}:correct", responses=_CORRECTED, dependencies=_WRITES)
def correct_annual_exam(
    patient_id: UUID,
    fact_id: UUID,
    body: Correction[AnnualExamIn],
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    if_match: IfMatch = None,
) -> AnnualExamOut:
    """Correct or retract an annual examination; its laboratory results follow."""
    seen = Seen(body.reason, if_match, clock.now(), clock.today())
    row = annual_exams.correct(session, scope, patient_id, fact_id, body.fact, seen)
    return tagged(response, annual_exams.told(session, scope, [row])[0], row.id)


@router.get("/lifestyle", responses=describe(404), dependencies=_READS)
def list_lifestyles(
    patient_id: UUID, session: SeeingSession, scope: CurrentScope, known_at: KnownAt = None, history: History = False
) -> FactList[LifestyleOut]:
    """A person's ways of living (生活方式), the latest first."""
    found = fact_queries.of_person(session, scope, Lifestyle, patient_id, known_at=known_at, history=history)
    audit.seen(session, scope, "lifestyle", [patient_id])
    return FactList(items=[LifestyleOut.of(each) for each in found])


@router.post("/lifestyle", status_code=201, responses=_ADDED, dependencies=_WRITES)
def record_lifestyle(
    patient_id: UUID,
    body: LifestyleIn,
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> LifestyleOut:
    """Record a way of living (生活方式)."""
    row, response.status_code = facts.answered(
        facts.record_once(
            session, scope, patient_id, FactKind.LIFESTYLE, body, key=idempotency_key, now=clock.now(), on=clock.today()
        )
    )
    return tagged(response, LifestyleOut.of(row), row.id)


@router.post("/lifestyle/{fact_id}:correct", responses=_CORRECTED, dependencies=_WRITES)
def correct_lifestyle(
    patient_id: UUID,
    fact_id: UUID,
    body: Correction[LifestyleIn],
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    if_match: IfMatch = None,
) -> LifestyleOut:
    """Correct or retract a way of living."""
    seen = Seen(body.reason, if_match, clock.now(), clock.today())
    row = facts.correct(session, scope, patient_id, FactKind.LIFESTYLE, fact_id, body.fact, seen)
    return tagged(response, LifestyleOut.of(row), row.id)


@router.get("/family-history", responses=describe(404), dependencies=_READS)
def list_family_histories(
    patient_id: UUID, session: SeeingSession, scope: CurrentScope, known_at: KnownAt = None, history: History = False
) -> FactList[FamilyHistoryOut]:
    """A person's diseases in the family (家族史), the latest first."""
    found = fact_queries.of_person(session, scope, FamilyHistory, patient_id, known_at=known_at, history=history)
    audit.seen(session, scope, "family_history", [patient_id])
    return FactList(items=[FamilyHistoryOut.of(each) for each in found])


@router.post("/family-history", status_code=201, responses=_ADDED, dependencies=_WRITES)
def record_family_history(
    patient_id: UUID,
    body: FamilyHistoryIn,
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> FamilyHistoryOut:
    """Record a disease in the family (家族史)."""
    row, response.status_code = facts.answered(
        facts.record_once(
            session,
            scope,
            patient_id,
            FactKind.FAMILY_HISTORY,
            body,
            key=idempotency_key,
            now=clock.now(),
            on=clock.today(),
        )
    )
    return tagged(response, FamilyHistoryOut.of(row), row.id)


@router.post("/family-history/{fact_id}:correct", responses=_CORRECTED, dependencies=_WRITES)
def correct_family_history(
    patient_id: UUID,
    fact_id: UUID,
    body: Correction[FamilyHistoryIn],
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    if_match: IfMatch = None,
) -> FamilyHistoryOut:
    """Correct or retract a disease in the family."""
    seen = Seen(body.reason, if_match, clock.now(), clock.today())
    row = facts.correct(session, scope, patient_id, FactKind.FAMILY_HISTORY, fact_id, body.fact, seen)
    return tagged(response, FamilyHistoryOut.of(row), row.id)


@router.get("/hospital-stays", responses=describe(404), dependencies=_READS)
def list_hospital_stays(
    patient_id: UUID, session: SeeingSession, scope: CurrentScope, known_at: KnownAt = None, history: History = False
) -> FactList[HospitalStayOut]:
    """A person's stays in hospital (住院史), the latest first."""
    found = fact_queries.of_person(session, scope, HospitalStay, patient_id, known_at=known_at, history=history)
    audit.seen(session, scope, "hospital_stay", [patient_id])
    return FactList(items=[HospitalStayOut.of(each) for each in found])


@router.post("/hospital-stays", status_code=201, responses=_ADDED, dependencies=_WRITES)
def record_hospital_stay(
    patient_id: UUID,
    body: HospitalStayIn,
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> HospitalStayOut:
    """Record a stay in hospital (住院史)."""
    row, response.status_code = facts.answered(
        facts.record_once(
            session,
            scope,
            patient_id,
            FactKind.HOSPITAL_STAY,
            body,
            key=idempotency_key,
            now=clock.now(),
            on=clock.today(),
        )
    )
    return tagged(response, HospitalStayOut.of(row), row.id)


@router.post("/hospital-stays/{fact_id}:correct", responses=_CORRECTED, dependencies=_WRITES)
def correct_hospital_stay(
    patient_id: UUID,
    fact_id: UUID,
    body: Correction[HospitalStayIn],
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    if_match: IfMatch = None,
) -> HospitalStayOut:
    """Correct or retract a stay in hospital."""
    seen = Seen(body.reason, if_match, clock.now(), clock.today())
    row = facts.correct(session, scope, patient_id, FactKind.HOSPITAL_STAY, fact_id, body.fact, seen)
    return tagged(response, HospitalStayOut.of(row), row.id)
