"""HTTP of annual examinations."""

from uuid import UUID

from fastapi import APIRouter

from cmc.core import clock
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import ReadSession, WriteSession
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.records import queries, service
from cmc.records.schemas import AnnualExamIn, AnnualExamList, AnnualExamOut

router = APIRouter(prefix="/v1/patients/{patient_id}/annual-exams", tags=["records"])


@router.post("", status_code=201, responses=describe(400, 404), dependencies=[requires(Right.WRITE_VISITS)])
def record_annual_exam(
    patient_id: UUID, body: AnnualExamIn, session: WriteSession, scope: CurrentScope
) -> AnnualExamOut:
    """Store an annual examination (年度体检); the answer says for which diseases it counts and what is missing."""
    return AnnualExamOut.of(service.record_exam(session, scope, patient_id, body, now=clock.now(), on=clock.today()))


@router.get("", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)])
def list_annual_exams(patient_id: UUID, session: ReadSession, scope: CurrentScope) -> AnnualExamList:
    """A person's annual examinations, newest first."""
    return AnnualExamList(items=[AnnualExamOut.of(each) for each in queries.exams(session, scope, patient_id)])
