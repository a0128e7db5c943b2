"""HTTP of charts: the summary, the timeline, what is due, and medicines through their checks."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter, Response

from cmc.audit import service as audit
from cmc.charts import adapters, personal, queries, service, timeline
from cmc.charts.chart import AsOf
from cmc.charts.personal_schemas import AlarmOut, PersonalIn, PersonalOut, TargetList, TargetOut, WithdrawIn
from cmc.charts.schemas import (
    CareGapList,
    CareGapOut,
    CheckedOut,
    MedicineReviewList,
    MedicineReviewOut,
    OverrideIn,
    ReasonOut,
    TimelineEntry,
    TimelinePage,
)
from cmc.charts.summary_schemas import Summary
from cmc.clinical.alert_facts import AlertLimits
from cmc.clinical.care_gaps import due
from cmc.core import clock
from cmc.core.etag import IfMatch, tagged
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import IdempotencyKey, Keys, KnownAt, SeeingSession
from cmc.core.paging import Cursor, PageSize, decode_cursor, encode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.patients import queries as patients
from cmc.records import facts
from cmc.records.codes import FactKind
from cmc.records.fact_schemas import Correction, MedicationIn, MedicationOut
from cmc.records.facts import Seen

router = APIRouter(prefix="/v1/patients/{patient_id}", tags=["charts"])

_READS, _WRITES = [requires(Right.READ_PEOPLE)], [requires(Right.WRITE_VISITS)]
_CHANGED = describe(400, 404, 409, 412, 428)
_ADDED = describe(400, 404, 409) | {200: {"description": "stored before under this Idempotency-Key"}}


@router.get("/summary", responses=describe(404), dependencies=_READS)
def read_summary(patient_id: UUID, session: SeeingSession, scope: CurrentScope, keys: Keys) -> Summary:
    """The header of a record in one call (档案摘要): person, management, diagnoses, medicines, results, what is due."""
    chart = queries.one(session, scope, patient_id, AsOf(clock.today()))
    audit.seen(session, scope, "chart", [patient_id])
    return Summary.of(keys, patients.get(session, scope, patient_id), chart)


@router.get("/care-gaps", responses=describe(404), dependencies=_READS)
def list_care_gaps(patient_id: UUID, session: SeeingSession, scope: CurrentScope) -> CareGapList:
    """What a person is due for (待完成项目), the earliest first, each with its reason."""
    today = clock.today()
    chart = queries.one(session, scope, patient_id, AsOf(today))
    audit.seen(session, scope, "chart", [patient_id])
    return CareGapList(on=today, items=[CareGapOut.of(each, today) for each in due(adapters.care_facts(chart), today)])


@router.get("/targets", responses=describe(404), dependencies=_READS)
def read_targets(patient_id: UUID, session: SeeingSession, scope: CurrentScope) -> TargetList:
    """What a person's values are to be (个体目标) and when an alarm sounds (报警界值), with the history of both."""
    audit.seen(session, scope, "personal_target", [patient_id])
    return _targets(session, scope, patient_id)


@router.post("/targets", status_code=201, responses=describe(400, 404), dependencies=[requires(Right.SET_TARGETS)])
def set_target(patient_id: UUID, body: PersonalIn, session: SeeingSession, scope: CurrentScope) -> TargetList:
    """Set a target or a limit of alarm for a person, with the reason; the one before stays in the history."""
    personal.set_value(session, scope, patient_id, body, now=clock.now(), on=clock.today())
    return _targets(session, scope, patient_id)


@router.post("/targets:withdraw", responses=describe(400, 404, 409), dependencies=[requires(Right.SET_TARGETS)])
def withdraw_target(patient_id: UUID, body: WithdrawIn, session: SeeingSession, scope: CurrentScope) -> TargetList:
    """Let what holds for everybody hold for a person again, with the reason."""
    personal.withdraw(session, scope, patient_id, body, now=clock.now(), on=clock.today())
    return _targets(session, scope, patient_id)


def _targets(session: SeeingSession, scope: CurrentScope, patient_id: UUID) -> TargetList:
    today = clock.today()
    found = adapters.targets_of(queries.one(session, scope, patient_id, AsOf(today)))
    limits = personal.alarm_limits(session, scope, [patient_id], on=today).get(patient_id, AlertLimits())
    return TargetList(
        patient_id=patient_id,
        on=today,
        targets=[TargetOut.of(each) for each in found.of],
        refer=ReasonOut.of(found.refer) if found.refer else None,
        alarms=AlarmOut.of(limits),
        history=[PersonalOut.of(each) for each in personal.history(session, scope, patient_id)],
    )


@router.get("/timeline", responses=describe(404), dependencies=_READS)
def read_timeline(
    patient_id: UUID,
    session: SeeingSession,
    scope: CurrentScope,
    limit: PageSize = 50,
    cursor: Cursor = None,
    known_at: KnownAt = None,
) -> TimelinePage:
    """All kinds of facts and visits in one order (时间轴), the latest first; readings apart."""
    before = decode_cursor(cursor, tuple[date, UUID]) if cursor else None
    found = timeline.page(session, scope, patient_id, before=before, limit=limit + 1, known_at=known_at)
    more = encode_cursor((found[limit - 1].on, found[limit - 1].id)) if len(found) > limit else None
    audit.seen(session, scope, "timeline", [patient_id])
    return TimelinePage(items=[TimelineEntry.of(each) for each in found[:limit]], next_cursor=more)


@router.post(
    "/medications:check", responses=describe(400, 404), dependencies=[requires(Right.READ_PEOPLE, opening=True)]
)
def check_medication(patient_id: UUID, body: MedicationIn, session: SeeingSession, scope: CurrentScope) -> CheckedOut:
    """What the checks say of a medicine beside those the person takes (DRUG-01…13); nothing is stored."""
    found = service.check(session, scope, patient_id, body, on=clock.today())
    audit.seen(session, scope, "chart", [patient_id])
    return CheckedOut.of(found)


@router.post("/medications", status_code=201, responses=_ADDED, dependencies=_WRITES)
def record_medication(
    patient_id: UUID,
    body: MedicationIn,
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> MedicineReviewOut:
    """Add a medicine (用药). What the checks block is kept as a review and not in the record: see `state`."""
    row, new = service.add_medicine_once(
        session, scope, patient_id, body, key=idempotency_key, now=clock.now(), on=clock.today()
    )
    response.status_code = 201 if new else 200
    return tagged(response, MedicineReviewOut.of(row, queries.medication(session, scope, row)), row.version)


@router.post("/medications/{fact_id}:correct", responses=_CHANGED, dependencies=_WRITES)
def correct_medication(
    patient_id: UUID,
    fact_id: UUID,
    body: Correction[MedicationIn],
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    if_match: IfMatch = None,
) -> MedicineReviewOut | MedicationOut:
    """Change, stop or correct a medicine, reviewed like a new one; without `fact` it is retracted."""
    seen = Seen(body.reason, if_match, clock.now(), clock.today())
    if body.fact is None:
        gone = facts.correct(session, scope, patient_id, FactKind.MEDICATION, fact_id, None, seen)
        return tagged(response, MedicationOut.of(gone), gone.id)
    row = service.change_medicine(session, scope, patient_id, fact_id, body.fact, seen)
    return tagged(response, MedicineReviewOut.of(row, queries.medication(session, scope, row)), row.version)


@router.get("/medicine-reviews", responses=describe(404), dependencies=_READS)
def list_medicine_reviews(patient_id: UUID, session: SeeingSession, scope: CurrentScope) -> MedicineReviewList:
    """What the checks said each time (用药核对), newest first."""
    found = queries.reviews(session, scope, patient_id)
    audit.seen(session, scope, "medicine_review", [patient_id])
    told = [MedicineReviewOut.of(each, queries.medication(session, scope, each)) for each in found]
    return MedicineReviewList(items=told)


@router.post(
    "/medicine-reviews/{review_id}:override",
    responses=_CHANGED,
    dependencies=[requires(Right.OVERRIDE_CHECKS)],
)
def override_medicine_review(
    patient_id: UUID,
    review_id: UUID,
    body: OverrideIn,
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    if_match: IfMatch = None,
) -> MedicineReviewOut:
    """Let a blocked medicine through, as a doctor, with a reason; an allergy then waits for a second person."""
    seen = Seen(body.reason, if_match, clock.now(), clock.today())
    row = service.override(session, scope, patient_id, review_id, seen)
    return tagged(response, MedicineReviewOut.of(row, queries.medication(session, scope, row)), row.version)


@router.post("/medicine-reviews/{review_id}:confirm", responses=_CHANGED, dependencies=_WRITES)
def confirm_medicine_review(
    patient_id: UUID,
    review_id: UUID,
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    if_match: IfMatch = None,
) -> MedicineReviewOut:
    """Be the second person for a medicine in spite of a recorded allergy (DRUG-13)."""
    now, on = clock.now(), clock.today()
    row = service.confirm(session, scope, patient_id, review_id, if_match=if_match, now=now, on=on)
    return tagged(response, MedicineReviewOut.of(row, queries.medication(session, scope, row)), row.version)
