"""HTTP of the recall."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.clinical.units import round_half_up
from cmc.core import clock
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import IdempotencyKey, Keys, ReadSession, SeeingSession
from cmc.core.paging import Cursor, PageSize, decode_cursor, encode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Right, Scope
from cmc.followups import work_list
from cmc.organisations import queries as organisations
from cmc.patients import queries as patients
from cmc.patients.schemas import EnrolmentOut, PatientListed
from cmc.recalls import queries, service
from cmc.recalls.codes import CallResult, RecallSection
from cmc.recalls.schemas import (
    CallIn,
    CallOut,
    EvidenceOut,
    LoseIn,
    PersonRecall,
    RecallItem,
    RecallPage,
    RecallSummary,
)

router = APIRouter(prefix="/v1", tags=["recall"])
_READS = [requires(Right.READ_PEOPLE)]
_CALLS = [requires(Right.WRITE_VISITS)]


@router.get("/recalls", responses=describe(400, 404), dependencies=_READS)
def list_recalls(
    session: SeeingSession,
    scope: CurrentScope,
    keys: Keys,
    clinic: UUID | None = None,
    section: RecallSection | None = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> RecallPage:
    """People whose visit is overdue, with what came of the last call; who was seen is no longer on the list."""
    return _page(session, scope, keys, clinic, section, limit, cursor)


@router.get("/recalls/summary", responses=describe(400, 404), dependencies=_READS)
def summarise_recalls(
    session: ReadSession,
    scope: CurrentScope,
    clinic: UUID | None = None,
    from_: Annotated[date | None, Query(alias="from")] = None,
    to: date | None = None,
) -> RecallSummary:
    """How many people to recall; how many were called in a period (the last 30 days) and came within 15 days."""
    return _summary(session, scope, clinic, from_, to or clock.today())


@router.get("/recalls/{patient_id}", responses=describe(404), dependencies=_READS)
def read_recall(patient_id: UUID, session: SeeingSession, scope: CurrentScope) -> PersonRecall:
    """All calls to a person, those taken back too, and what they prove (LIFE-02)."""
    patients.get(session, scope, patient_id)
    rows = queries.calls(session, scope, patient_id)
    audit.seen(session, scope, "recall_call", [patient_id])
    found = queries.evidence(rows, queries.last_seen_on(session, scope, patient_id))
    return PersonRecall(patient_id=patient_id, calls=[CallOut.of(row) for row in rows], evidence=EvidenceOut.of(found))


@router.post("/recalls/{patient_id}/calls", status_code=201, responses=describe(400, 404, 409), dependencies=_CALLS)
def note_call(
    patient_id: UUID, body: CallIn, session: SeeingSession, scope: CurrentScope, idempotency_key: IdempotencyKey = None
) -> CallOut:
    """Note what came of a call. A death or a move is then recorded as the end of the enrolment: `then` says which."""
    row = service.note(session, scope, patient_id, body, now=clock.now(), idempotency_key=idempotency_key)
    audit.seen(session, scope, "recall_call", [patient_id])
    return CallOut.of(row, service.THEN.get(CallResult(row.result)))


@router.post("/recalls/{patient_id}:return", status_code=201, responses=describe(404), dependencies=_CALLS)
def return_to_recall(patient_id: UUID, session: SeeingSession, scope: CurrentScope) -> CallOut:
    """Put a person back on the list of those to call."""
    row = service.put_back(session, scope, patient_id, now=clock.now())
    audit.seen(session, scope, "recall_call", [patient_id])
    return CallOut.of(row)


@router.post("/recalls/{patient_id}:lose", responses=describe(400, 404, 409), dependencies=_CALLS)
def lose_patient(patient_id: UUID, body: LoseIn, session: SeeingSession, scope: CurrentScope) -> EnrolmentOut:
    """Call a person lost, by the evidence of the calls (LIFE-02): 3 attempts, 2 channels, 14 days, 180 days unseen."""
    enrolment = service.lose(session, scope, patient_id, body.enrolment_id, now=clock.now(), on=clock.today())
    audit.seen(session, scope, "enrolment", [patient_id])
    events = patients.events(session, scope, [enrolment.id])
    return EnrolmentOut.of(enrolment, events, birth=patients.get(session, scope, patient_id).birth_date)


@router.post("/recall-calls/{call_id}:undo", responses=describe(404, 409), dependencies=_CALLS)
def undo_call(call_id: UUID, session: SeeingSession, scope: CurrentScope) -> CallOut:
    """Take back a call: it stays on record and counts no more."""
    row = service.undo(session, scope, call_id, now=clock.now())
    audit.seen(session, scope, "recall_call", [row.patient_id])
    return CallOut.of(row)


def _page(
    session: Session,
    scope: Scope,
    keys: Keys,
    clinic: UUID | None,
    section: RecallSection | None,
    limit: int,
    cursor: str | None,
) -> RecallPage:
    if clinic is not None:
        organisations.clinic(session, scope, clinic)
    after, on = decode_cursor(cursor, tuple[date, UUID]) if cursor else None, clock.today()
    found = queries.page(session, scope, clinic_id=clinic, section=section, on=on, after=after, limit=limit + 1)
    shown = found[:limit]
    people = patients.of_scope(session, scope, [each.patient_id for each in shown])
    values = work_list.last_readings(session, sorted(people), on=on)
    items = [
        RecallItem(
            patient=PatientListed.of(keys, people[each.patient_id], on=on),
            task_id=each.task_id,
            section=each.section,
            due_on=each.due_on,
            days_overdue=(on - each.due_on).days,
            last_seen_on=each.last_seen_on,
            called_today=each.called_today,
            last_result=each.result,
            last_called_at=each.called_at,
            remind_on=each.remind_on,
            unanswered=each.unanswered,
            last_blood_pressure=values.get(each.patient_id, (None, None))[0],
            last_glucose=values.get(each.patient_id, (None, None))[1],
        )
        for each in shown
        if each.patient_id in people
    ]
    audit.seen(session, scope, "recall_call", people, act=Act.LIST)
    return RecallPage(items=items, next_cursor=encode_cursor(shown[-1].key) if len(found) > limit else None)


def _summary(session: Session, scope: Scope, clinic: UUID | None, from_: date | None, to: date) -> RecallSummary:
    if clinic is not None:
        organisations.clinic(session, scope, clinic)
    sections = queries.sections(session, scope, clinic_id=clinic, on=clock.today())
    since = from_ or to - timedelta(days=30)
    called, returned = queries.called(session, scope, clinic_id=clinic, from_on=since, to_on=to)
    return RecallSummary(
        sections=sections,
        to_recall=sum(sections.values()),
        called=called,
        returned_within_15_days=returned,
        returned_percent=str(round_half_up(Decimal(returned * 100) / called, Decimal("0.01"))) if called else None,
    )
