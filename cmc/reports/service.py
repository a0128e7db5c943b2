"""Reports: frozen, approved by a second person where it takes two, replaced by later versions. Nothing here commits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from cmc.accounts import second_person
from cmc.core import db
from cmc.core.errors import Conflict, NotFound, invalid
from cmc.core.ids import new_id
from cmc.core.scope import Scope
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.periods import Period
from cmc.indicators.schemas import IndicatorOut
from cmc.organisations.tables import Organisation, OrganisationKind
from cmc.reports import freezing, queries
from cmc.reports.codes import ReportState
from cmc.reports.freezing import Numbers
from cmc.reports.tables import IndicatorReport, IndicatorReportValue


def publish(
    session: Session, scope: Scope, organisation_id: UUID, period: Period, *,
    reason: str | None = None, now: datetime, on: date,
) -> IndicatorReport:  # fmt: skip
    """Freeze the numbers of a period that is over, with their definitions and lists of people.

    A clinic's or district's report is published by it; a region's waits for a second person (`approve`). What was
    published already is replaced by a new version, which needs a `reason`. Raises `NotFound` outside the scope,
    `Invalid` for a period that is not over, and `Conflict` for a missing reason or while a proposal is open.
    """
    nodes = queries.nodes_below(session, scope, organisation_id)
    top = next(each for each in nodes if each.id == organisation_id)
    if period.end >= on:
        raise invalid("/month", "not_over", "a report is of a month that is over")
    earlier = queries.versions(session, scope, organisation_id, period)
    published = _replaced(earlier, reason)
    report_id = new_id()
    # Whole region: a list holds people who have left the caller's clinics since, and its rows are written once.
    with db.acting_in(session, Scope(scope.actor)):
        numbers = freezing.freeze(session, report_id, top, period, nodes)
    definitions = [IndicatorOut.of(each).model_dump(mode="json") for each in DEFINITIONS]
    _store(session, report_id, numbers)
    report = IndicatorReport(
        id=report_id,
        organisation_id=organisation_id,
        period_start=period.start,
        period_end=period.end,
        version=1 + max((each.version for each in earlier), default=0),
        replaces_id=published.id if published else None,
        reason=reason,
        definitions=definitions,
        digest=_digest(definitions, numbers),
        as_of=period.end,
        needs_second=top.kind == OrganisationKind.REGION.value,
        proposed_by=scope.actor,
        proposed_at=now,
    )
    session.add(report)
    session.flush()
    return report


def approve(session: Session, scope: Scope, report_id: UUID, *, now: datetime) -> IndicatorReport:
    """Publish what somebody else has proposed for a region.

    Raises `NotFound` outside the scope; `Conflict` when it is decided, for a machine, for who proposed it, and where
    one of the two has given the other the role.
    """
    report = _open(session, scope, report_id)
    second_person.require_independent(session, report.proposed_by, scope.actor)
    report.approved_by, report.approved_at = scope.actor, now
    session.flush()
    return report


def refuse(session: Session, scope: Scope, report_id: UUID, *, now: datetime) -> IndicatorReport:
    """Refuse a proposal: it is never published; who proposed it may take it back so. Raises as `approve`."""
    report = _open(session, scope, report_id)
    report.refused_by, report.refused_at = scope.actor, now
    session.flush()
    return report


def state(report: IndicatorReport) -> ReportState:
    """Return where a report stands."""
    if report.refused_at is not None:
        return ReportState.REFUSED
    if report.needs_second and report.approved_at is None:
        return ReportState.PROPOSED
    return ReportState.PUBLISHED


def numbers_now(session: Session, scope: Scope, report: IndicatorReport, nodes: Sequence[Organisation]) -> Numbers:
    """Return what the report's numbers are now, from the records with all that came late."""
    if not scope.oversees(report.organisation_id):
        raise NotFound("no such report")
    with db.acting_in(session, Scope(scope.actor)):  # as it was frozen: also who has left the caller's clinics since
        return freezing.live_numbers(session, Period(report.period_start, report.period_end), nodes)


def _replaced(earlier: Sequence[IndicatorReport], reason: str | None) -> IndicatorReport | None:
    """The published report that a new one replaces."""
    if any(state(each) is ReportState.PROPOSED for each in earlier):
        raise Conflict("a proposal for this period waits: approve or refuse it first", code="proposal-open")
    published = next((each for each in earlier if state(each) is ReportState.PUBLISHED), None)
    if published is not None and not reason:
        raise Conflict("this period was published: a revision needs a reason", code="already-published")
    return published


def _open(session: Session, scope: Scope, report_id: UUID) -> IndicatorReport:
    report = queries.report(session, scope, report_id, for_update=True)
    second_person.require_a_person(scope, "only people decide on reports")
    if state(report) is not ReportState.PROPOSED:
        raise Conflict("this report is decided", code="report-decided")
    return report


def _store(session: Session, report_id: UUID, numbers: Numbers) -> None:
    rows = [
        {"report_id": report_id, "organisation_id": organisation, "code": code, "disease": disease,
         "numerator": count.numerator, "denominator": count.denominator}
        for organisation, counts in numbers.items()
        for (code, disease), count in counts.items()
    ]  # fmt: skip
    session.execute(insert(IndicatorReportValue), rows)


def _digest(definitions: list[dict[str, Any]], numbers: Numbers) -> str:
    told = sorted(
        (str(organisation), code, disease, count.numerator, count.denominator)
        for organisation, counts in numbers.items()
        for (code, disease), count in counts.items()
    )
    return hashlib.sha256(json.dumps([definitions, told], sort_keys=True, ensure_ascii=False).encode()).hexdigest()
