"""HTTP of what is owed to a person: the report of everything held, and the cases of deletion."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from cmc.core import clock
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import Keys, ReadSession, SeeingSession
from cmc.core.paging import Cursor, PageSize, decode_cursor, encode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.privacy import access_report, printed, queries, service
from cmc.privacy.schemas import AccessReport, CaseOut, CasePage

router = APIRouter(prefix="/v1", tags=["privacy"])


@router.get(
    "/patients/{patient_id}/access-report", responses=describe(404), dependencies=[requires(Right.REVEAL_FIELDS)]
)
def read_access_report(patient_id: UUID, session: SeeingSession, scope: CurrentScope, keys: Keys) -> AccessReport:
    """Everything that is held of a person, in full, and who saw it (PIPL art. 44, 45)."""
    return access_report.report(session, scope, keys, patient_id, now=clock.now())


@router.get(
    "/patients/{patient_id}/access-report.html",
    response_class=HTMLResponse,
    responses={**describe(404), 200: {"content": {"text/html": {}}, "description": "a page to print"}},
    dependencies=[requires(Right.REVEAL_FIELDS)],
)
def print_access_report(patient_id: UUID, session: SeeingSession, scope: CurrentScope, keys: Keys) -> Response:
    """The same as a page to print, in both languages."""
    made = access_report.report(session, scope, keys, patient_id, now=clock.now())
    return HTMLResponse(printed.page(made), headers={"Content-Security-Policy": printed.POLICY})


@router.post(
    "/patients/{patient_id}:request-erasure",
    status_code=201,
    responses=describe(404, 409),
    dependencies=[requires(Right.WRITE_PEOPLE)],
)
def request_erasure(patient_id: UUID, session: SeeingSession, scope: CurrentScope) -> CaseOut:
    """Record that a person asks to be erased (PIPL art. 47); carried out when the retention period is over."""
    case = service.request_erasure(session, scope, patient_id, now=clock.now())
    return CaseOut.of(case, service.state(case))


@router.get("/retention-cases", dependencies=[requires(Right.DECIDE_DELETIONS)])
def list_retention_cases(
    session: ReadSession, scope: CurrentScope, limit: PageSize = 50, cursor: Cursor = None
) -> CasePage:
    """What is due to be deleted or was, newest first."""
    (after,) = decode_cursor(cursor, tuple[UUID]) if cursor else (None,)
    found = queries.cases(session, scope, after=after, limit=limit + 1)
    more = encode_cursor((found[limit - 1].id,)) if len(found) > limit else None
    return CasePage(items=[CaseOut.of(each, service.state(each)) for each in found[:limit]], next_cursor=more)


@router.post(
    "/retention-cases/{case_id}:approve", responses=describe(404, 409), dependencies=[requires(Right.DECIDE_DELETIONS)]
)
def approve_retention_case(case_id: UUID, session: SeeingSession, scope: CurrentScope) -> CaseOut:
    """Approve a deletion, as the first or the second of two people."""
    case = service.approve(session, scope, case_id, now=clock.now())
    return CaseOut.of(case, service.state(case))


@router.post(
    "/retention-cases/{case_id}:refuse", responses=describe(404, 409), dependencies=[requires(Right.DECIDE_DELETIONS)]
)
def refuse_retention_case(case_id: UUID, session: SeeingSession, scope: CurrentScope) -> CaseOut:
    """Refuse a deletion; nothing is deleted."""
    case = service.refuse(session, scope, case_id, now=clock.now())
    return CaseOut.of(case, service.state(case))
