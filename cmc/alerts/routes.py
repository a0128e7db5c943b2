"""HTTP of alerts: the list that is polled, one alert, taking it on, closing it, what waits where."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from cmc.alerts import queries, service
from cmc.alerts.codes import AlertStatus
from cmc.alerts.queries import Asked
from cmc.alerts.schemas import (
    AcknowledgeIn,
    AlertCount,
    AlertCounts,
    AlertDetail,
    AlertListed,
    AlertOut,
    AlertPage,
    CloseIn,
    PersonAlertPage,
)
from cmc.alerts.tables import Alert
from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.clinical.alert_facts import AlertRule
from cmc.clinical.alert_timing import Level
from cmc.clinical.codes import AlertTier
from cmc.core import clock, etag
from cmc.core.etag import NOT_MODIFIED, IfNoneMatch
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import Keys, ReadSession, SeeingSession
from cmc.core.paging import Cursor, PageSize, decode_cursor, encode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Right, Scope
from cmc.organisations import queries as organisations
from cmc.patients import queries as patients
from cmc.patients.tables import Patient

router = APIRouter(tags=["alerts"])
_READS, _ANSWERS = [requires(Right.READ_PEOPLE)], [requires(Right.ANSWER_ALERTS)]
Statuses = Annotated[list[AlertStatus] | None, Query(description="open and acknowledged, when left out")]


@router.get("/v1/alerts", response_model=AlertPage, responses=NOT_MODIFIED | describe(404), dependencies=_READS)
def list_alerts(
    session: SeeingSession,
    scope: CurrentScope,
    keys: Keys,
    status: Statuses = None,
    tier: AlertTier | None = None,
    rule: AlertRule | None = None,
    level: Level | None = None,
    clinic: UUID | None = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """What waits for somebody: RED first, then ORANGE and YELLOW, in each the one raised first. Made for polling.

    The answer has an ETag; sent along as If-None-Match it gives 304 while nothing has changed.
    """
    wanted = Asked(tuple(status) if status else Asked().statuses, tier, rule, level, clinic)
    found, more = _page(session, scope, wanted, limit, cursor)
    page = AlertPage(items=_listed(session, scope, keys, found), next_cursor=more)
    return _polled(session, scope, page, if_none_match)


@router.get("/v1/alerts/counts", responses=describe(404), dependencies=[requires(Right.READ_INDICATORS)])
def count_alerts(session: ReadSession, scope: CurrentScope, clinic: UUID | None = None) -> AlertCounts:
    """How many alerts wait, by clinic, tier and state, and how many went to the district; no person in it."""
    if clinic is not None:
        organisations.clinic(session, scope, clinic)
    return AlertCounts(items=[AlertCount.of(each) for each in queries.counts(session, scope, clinic_id=clinic)])


@router.get("/v1/alerts/{alert_id}", responses=describe(404), dependencies=_READS)
def read_alert(alert_id: UUID, session: SeeingSession, scope: CurrentScope, keys: Keys) -> AlertDetail:
    """One alert with everything that happened to it."""
    return _detail(session, scope, keys, queries.get(session, scope, alert_id))


@router.post("/v1/alerts/{alert_id}:acknowledge", responses=describe(400, 404, 409), dependencies=_ANSWERS)
def acknowledge_alert(
    alert_id: UUID, body: AcknowledgeIn, session: SeeingSession, scope: CurrentScope, keys: Keys
) -> AlertDetail:
    """Take an alert on and say what comes next. RED and ORANGE need a doctor or the clinic's manager."""
    return _detail(session, scope, keys, service.acknowledge(session, scope, alert_id, body.promise, now=clock.now()))


@router.post("/v1/alerts/{alert_id}:close", responses=describe(400, 404, 409), dependencies=_ANSWERS)
def close_alert(alert_id: UUID, body: CloseIn, session: SeeingSession, scope: CurrentScope, keys: Keys) -> AlertDetail:
    """Close an alert with what was done."""
    done = service.close(session, scope, alert_id, body.outcome, body.note, now=clock.now())
    return _detail(session, scope, keys, done)


@router.get("/v1/patients/{patient_id}/alerts", responses=describe(404), dependencies=_READS)
def list_patient_alerts(
    patient_id: UUID, session: SeeingSession, scope: CurrentScope, limit: PageSize = 50, cursor: Cursor = None
) -> PersonAlertPage:
    """A person's alerts (预警记录), the latest first, closed ones too."""
    patients.get(session, scope, patient_id)
    before = decode_cursor(cursor, tuple[UUID])[0] if cursor else None
    found = queries.of_person(session, scope, patient_id, before=before, limit=limit + 1)
    audit.seen(session, scope, "alert", [patient_id])
    more = encode_cursor((found[limit - 1].id,)) if len(found) > limit else None
    return PersonAlertPage(items=[AlertOut.of(each) for each in found[:limit]], next_cursor=more)


def _page(
    session: Session, scope: Scope, asked: Asked, limit: int, cursor: str | None
) -> tuple[list[Alert], str | None]:
    if asked.clinic_id is not None:
        organisations.clinic(session, scope, asked.clinic_id)
    after = decode_cursor(cursor, tuple[int, datetime, UUID]) if cursor else None
    found = queries.page(session, scope, asked, after=after, limit=limit + 1)
    return found[:limit], encode_cursor(queries.key_of(found[limit - 1])) if len(found) > limit else None


def _polled(session: Session, scope: Scope, page: AlertPage, if_none_match: str | None) -> Response:
    answer = etag.answer(page, if_none_match)
    if answer.status_code == 200:
        people = (each.patient_id for each in page.items if each.patient_id is not None)
        audit.seen(session, scope, "alert", people, act=Act.LIST)
    else:
        audit.nothing_shown(session)
    return answer


def _people(session: Session, scope: Scope, alerts: Sequence[Alert]) -> dict[UUID, Patient]:
    wanted = sorted({each.patient_id for each in alerts if each.patient_id is not None})
    return patients.of_scope(session, scope, wanted)


def _listed(session: Session, scope: Scope, keys: Keys, alerts: Sequence[Alert]) -> list[AlertListed]:
    people, today = _people(session, scope, alerts), clock.today()
    return [
        AlertListed.listed(each, people.get(each.patient_id) if each.patient_id else None, keys, on=today)
        for each in alerts
    ]


def _detail(session: Session, scope: Scope, keys: Keys, alert: Alert) -> AlertDetail:
    people = _people(session, scope, [alert])
    audit.seen(session, scope, "alert", people, detail={"alert": str(alert.id)})
    patient = people.get(alert.patient_id) if alert.patient_id else None
    return AlertDetail.detail(alert, patient, queries.events(session, scope, alert), keys, on=clock.today())
