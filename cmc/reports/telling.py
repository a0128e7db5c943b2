"""What is shown of a report: beside today's numbers, its lists, its differences, and in the shape of FHIR."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.accounts import queries as accounts
from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.clinical.codes import Disease
from cmc.core.errors import Conflict, Forbidden, invalid
from cmc.core.paging import encode_cursor
from cmc.core.scope import Scope
from cmc.reports import measure_report, queries, service
from cmc.reports.codes import ReportBucket, ReportState
from cmc.reports.exporting import codes_by_disease
from cmc.reports.listed import Listed
from cmc.reports.schemas import (
    ReportChangeOut,
    ReportChanges,
    ReportDetail,
    ReportList,
    ReportOut,
    ReportPeople,
    ReportPersonOut,
)
from cmc.reports.tables import IndicatorReport


def listed(session: Session, scope: Scope, organisation_id: UUID) -> ReportList:
    """Return the reports of an organisation with the names of who made them. Raises `NotFound` outside the scope."""
    found = queries.reports(session, scope, organisation_id)
    return ReportList(items=[ReportOut.of(each, service.state(each)) for each in found], names=_names(session, found))


def detail(session: Session, scope: Scope, report_id: UUID) -> ReportDetail:
    """Return a report with its numbers, each beside what it is now. Raises `NotFound` outside the scope."""
    report = queries.report(session, scope, report_id)
    nodes = queries.nodes_below(session, scope, report.organisation_id)
    values, now = queries.values(session, scope, report), service.numbers_now(session, scope, report, nodes)
    return ReportDetail.with_numbers(report, service.state(report), values, now, _names(session, [report]))


def _names(session: Session, reports: Iterable[IndicatorReport]) -> dict[str, str]:
    actors = {actor for each in reports for actor in (each.proposed_by, each.approved_by, each.refused_by) if actor}
    return accounts.names_of(session, actors)


def people(
    session: Session, scope: Scope, report_id: UUID, code: str, disease: Disease, bucket: ReportBucket, *,
    after: Listed | None, limit: int,
) -> ReportPeople:  # fmt: skip
    """Return a page of one list; raise `NotFound` outside the scope, `Invalid` for a code that was not reported."""
    report = queries.report(session, scope, report_id)
    _definition(report, code, disease)
    found = queries.people(session, scope, report, code, disease.value, bucket, after=after, limit=limit + 1)
    more = encode_cursor(found[limit - 1]) if len(found) > limit else None
    items = [ReportPersonOut(patient_id=each.patient_id, clinic_id=each.clinic_id) for each in found[:limit]]
    return ReportPeople(items=items, next_cursor=more)


def changes(
    session: Session, scope: Scope, report_id: UUID, *, after: tuple[UUID, str] | None, limit: int
) -> ReportChanges:
    """Return a page of the people who stand elsewhere now, each with the numbers in which; `limit` people a page."""
    report = queries.report(session, scope, report_id)
    nodes = queries.nodes_below(session, scope, report.organisation_id)
    found = queries.moved(session, scope, report, nodes, after=after, limit=limit + 1)
    codes = codes_by_disease(report)
    items = [line for each in found[:limit] for line in ReportChangeOut.all_of(each, codes.get(each.disease, []))]
    last = found[limit - 1] if len(found) > limit else None
    return ReportChanges(items=items, next_cursor=encode_cursor((last.patient_id, last.disease)) if last else None)


def summaries(session: Session, scope: Scope, report_id: UUID) -> dict[str, Any]:
    """Return the organisation's own numbers as a Bundle of MeasureReports; noted as an export.

    Raises `NotFound` outside the scope, `Conflict` for what was not published.
    """
    report = _published(session, scope, report_id)
    definitions = {(each["code"], each["disease"]): each for each in report.definitions}
    made = [
        measure_report.summary(
            definitions[each.code, each.disease], **_common(report),
            numerator=each.numerator, denominator=each.denominator,
        )
        for each in queries.values(session, scope, report)
        if each.organisation_id == report.organisation_id
    ]  # fmt: skip
    note = {"report": "measure-report", "format": "fhir-r4"}
    audit.record(session, scope, Act.EXPORT, "indicator_report", subject_id=report.id, detail=note)
    return measure_report.bundle(made, made_at=report.proposed_at)


def subject_list(session: Session, scope: Scope, report_id: UUID, code: str, disease: Disease) -> dict[str, Any]:
    """Return one number as a MeasureReport with its people; noted as an export with everybody in it.

    Raises as `summaries`, `Invalid` for a code that was not reported, and `Forbidden` for who may see a part only of
    the people: half a list under the whole number would be wrong.
    """
    report = _published(session, scope, report_id)
    definition = _definition(report, code, disease)
    met, not_met = (
        _whole_list(session, scope, report, code, disease, each) for each in (ReportBucket.MET, ReportBucket.NOT_MET)
    )
    told = next(
        each for each in queries.values(session, scope, report)
        if (each.organisation_id, each.code, each.disease) == (report.organisation_id, code, disease.value)
    )  # fmt: skip
    if (told.numerator, told.denominator) != (len(met), len(met) + len(not_met)):
        raise Forbidden("this list holds people outside what you may see")
    note = {"report": "measure-report", "format": "fhir-r4", "code": code}
    audit.record(
        session, scope, Act.EXPORT, "indicator_report", subject_id=report.id, person_ids=[*met, *not_met], detail=note
    )
    return measure_report.subject_list(definition, **_common(report), met=met, not_met=not_met)


def _whole_list(
    session: Session, scope: Scope, report: IndicatorReport, code: str, disease: Disease, bucket: ReportBucket
) -> list[UUID]:
    found = queries.people(session, scope, report, code, disease.value, bucket, limit=None)
    return [each.patient_id for each in found]


def _published(session: Session, scope: Scope, report_id: UUID) -> IndicatorReport:
    report = queries.report(session, scope, report_id)
    if service.state(report) is not ReportState.PUBLISHED:
        raise Conflict("this report is not published", code="not-published")
    return report


def _common(report: IndicatorReport) -> dict[str, Any]:
    return {
        "report_id": report.id,
        "organisation": report.organisation_id,
        "period": (report.period_start, report.period_end),
        "made_at": report.approved_at or report.proposed_at,
    }


def _definition(report: IndicatorReport, code: str, disease: Disease) -> dict[str, Any]:
    found = next((e for e in report.definitions if (e["code"], e["disease"]) == (code, disease.value)), None)
    if found is None:
        known = ", ".join(f"{each['code']} {each['disease']}" for each in report.definitions)
        raise invalid("/code", "unknown_code", f"this report holds: {known}")
    return found
