"""HTTP of frozen reports: published, approved, compared with today, taken away as files."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response
from starlette.responses import JSONResponse, StreamingResponse

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.clinical.codes import Disease
from cmc.core import clock
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import ReadSession, SeeingSession, WriteSession
from cmc.core.paging import Cursor, PageSize, decode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.exchange import workbooks
from cmc.exchange.codes import SheetFormat
from cmc.reports import exporting, measure_report, queries, service, telling
from cmc.reports.codes import ReportBucket
from cmc.reports.listed import Listed
from cmc.reports.schemas import (
    ReportChanges,
    ReportDetail,
    ReportIn,
    ReportList,
    ReportOut,
    ReportPeople,
)

router = APIRouter(prefix="/v1/indicator-reports", tags=["indicators"])
_READS: Final = [requires(Right.READ_INDICATORS)]
_PUBLISHES: Final = [requires(Right.PUBLISH_REPORTS)]
_SEES: Final = [requires(Right.READ_PEOPLE)]
_FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {each: {} for each in workbooks.MEDIA_TYPES.values()}, "description": "the table as a file"}
}
_FHIR: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {measure_report.MEDIA_TYPE: {}}, "description": "MeasureReport of FHIR R4"}
}
Code = Annotated[str, Query(max_length=40, pattern=r"^[A-Za-z0-9_.-]+$", description="a code of the report")]
Form = Annotated[SheetFormat, Query(alias="format")]


@router.get("", responses=describe(404), dependencies=_READS)
def list_reports(session: ReadSession, scope: CurrentScope, organisation: UUID) -> ReportList:
    """The reports of an organisation, the latest period and version first."""
    return telling.listed(session, scope, organisation)


@router.post("", status_code=201, responses=describe(404, 409), dependencies=_PUBLISHES)
def publish_report(body: ReportIn, session: WriteSession, scope: CurrentScope) -> ReportOut:
    """Freeze the numbers of a month that is over, with definitions and lists; a region's waits for a second person."""
    now = clock.now()
    made = service.publish(
        session, scope, body.organisation_id, body.period, reason=body.reason, now=now, on=clock.local_date(now)
    )
    return ReportOut.of(made, service.state(made))


@router.get("/{report_id}", responses=describe(404), dependencies=_READS)
def read_report(report_id: UUID, session: ReadSession, scope: CurrentScope) -> ReportDetail:
    """A report with its definitions and numbers, each beside what it is now with all that came late."""
    return telling.detail(session, scope, report_id)


@router.post("/{report_id}:approve", responses=describe(404, 409), dependencies=_PUBLISHES)
def approve_report(report_id: UUID, session: WriteSession, scope: CurrentScope) -> ReportOut:
    """Publish what somebody else has proposed for a region."""
    decided = service.approve(session, scope, report_id, now=clock.now())
    return ReportOut.of(decided, service.state(decided))


@router.post("/{report_id}:refuse", responses=describe(404, 409), dependencies=_PUBLISHES)
def refuse_report(report_id: UUID, session: WriteSession, scope: CurrentScope) -> ReportOut:
    """Refuse a proposal, or take one's own back: it is never published."""
    decided = service.refuse(session, scope, report_id, now=clock.now())
    return ReportOut.of(decided, service.state(decided))


@router.get("/{report_id}/people", responses=describe(404), dependencies=_SEES)
def list_report_people(
    report_id: UUID, session: SeeingSession, scope: CurrentScope, code: Code, disease: Disease, bucket: ReportBucket,
    limit: PageSize = 50, cursor: Cursor = None,
) -> ReportPeople:  # fmt: skip
    """One list of a report: its length over all pages is the number that was told. Those of the caller's clinics."""
    after = Listed(*decode_cursor(cursor, tuple[UUID, UUID])) if cursor else None
    page = telling.people(session, scope, report_id, code, disease, bucket, after=after, limit=limit)
    detail = {"report": str(report_id), "code": code, "bucket": bucket.value}
    audit.seen(session, scope, "indicator_report", [e.patient_id for e in page.items], act=Act.LIST, detail=detail)
    return page


@router.get("/{report_id}/changes", responses=describe(404), dependencies=_SEES)
def list_report_changes(
    report_id: UUID, session: SeeingSession, scope: CurrentScope, limit: PageSize = 50, cursor: Cursor = None
) -> ReportChanges:
    """Who stands elsewhere now than in the report, and in which number: what came late, was corrected or merged."""
    after = decode_cursor(cursor, tuple[UUID, str]) if cursor else None
    page = telling.changes(session, scope, report_id, after=after, limit=limit)
    detail = {"report": str(report_id)}
    audit.seen(session, scope, "indicator_report", [e.patient_id for e in page.items], act=Act.LIST, detail=detail)
    return page


@router.get("/{report_id}/export", response_class=Response, responses=describe(404) | _FILES, dependencies=_READS)
def export_report(report_id: UUID, session: SeeingSession, scope: CurrentScope, form: Form) -> Response:
    """The numbers of a report with the words of their definitions, as XLSX or CSV; noted as an export."""
    file = exporting.numbers(session, scope, queries.report(session, scope, report_id), form)
    return _download(form, file, "report")


@router.get("/{report_id}/people/export", response_class=Response, responses=describe(404) | _FILES, dependencies=_SEES)
def export_report_people(report_id: UUID, session: SeeingSession, scope: CurrentScope, form: Form) -> Response:
    """The lists of a report as XLSX or CSV, people by their ids; noted as an export with everybody in it."""
    file = exporting.people(session, scope, queries.report(session, scope, report_id), form)
    return _download(form, file, "report-people")


@router.get(
    "/{report_id}/measure-report", response_class=Response, responses=describe(404) | _FHIR, dependencies=_READS
)
def read_measure_reports(report_id: UUID, session: SeeingSession, scope: CurrentScope) -> Response:
    """The organisation's own numbers as a Bundle of FHIR R4 MeasureReports (summary); noted as an export."""
    return JSONResponse(telling.summaries(session, scope, report_id), media_type=measure_report.MEDIA_TYPE)


@router.get(
    "/{report_id}/measure-report/subject-list", response_class=Response, responses=describe(404, 409) | _FHIR,
    dependencies=_SEES,
)  # fmt: skip
def read_subject_list(
    report_id: UUID, session: SeeingSession, scope: CurrentScope, code: Code, disease: Disease
) -> Response:
    """One number as a FHIR R4 MeasureReport (subject-list) with references to its people; noted as an export."""
    found = telling.subject_list(session, scope, report_id, code, disease)
    return JSONResponse(found, media_type=measure_report.MEDIA_TYPE)


def _download(form: SheetFormat, file: Any, name: str) -> Response:
    named = {"Content-Disposition": f'attachment; filename="{name}.{form.value}"'}
    return StreamingResponse(workbooks.sent(file), media_type=workbooks.MEDIA_TYPES[form], headers=named)
