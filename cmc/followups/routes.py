"""HTTP of follow-up visits."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Header, Response

from cmc.audit import service as audit
from cmc.core import clock, etag
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import History, SeeingSession
from cmc.core.paging import Cursor, PageSize, decode_cursor, encode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.followups import correcting, queries, service, showing
from cmc.followups.schemas import EXAMPLE_VISIT, FollowupIn
from cmc.followups.visit_answers import AssessmentOut, EncounterOut, FollowupOut, FollowupPage
from cmc.patients import queries as patients

router = APIRouter(prefix="/v1")

Visit = Annotated[
    FollowupIn,
    Body(openapi_examples={"combined": {"summary": "one visit for both diseases", "value": EXAMPLE_VISIT}}),
]
IdempotencyKey = Annotated[
    str | None,
    Header(pattern=r"^[\x21-\x7e]{1,100}$", description="a fresh text for each visit; repeat it to repeat the request"),
]


@router.post(
    "/followups:assess", tags=["follow-ups"], responses=describe(400, 404), dependencies=[requires(Right.WRITE_VISITS)]
)
def assess_followup(
    body: Visit, session: SeeingSession, scope: CurrentScope, corrects: UUID | None = None
) -> AssessmentOut:
    """Judge a visit without storing it: class, action, next date, emergencies, advice, with rules, inputs and reasons.

    `corrects` names the encounter of which this would be the correction.
    """
    former = correcting.standing(session, scope, corrects) if corrects else ()
    rows = service.assess(session, scope, body, now=clock.now(), on=clock.today(), former=former)
    audit.seen(session, scope, "followup", [body.patient_id])
    return AssessmentOut.of(body.patient_id, rows)


@router.post(
    "/followups",
    status_code=201,
    tags=["follow-ups"],
    responses={**describe(400, 404, 409), 200: {"model": EncounterOut, "description": "stored before under this key"}},
    dependencies=[requires(Right.WRITE_VISITS)],
)
def record_followup(
    body: Visit,
    response: Response,
    session: SeeingSession,
    scope: CurrentScope,
    idempotency_key: IdempotencyKey = None,
) -> EncounterOut:
    """Judge a visit and store it, one record for each disease; the judgement equals that of `:assess`.

    With an `Idempotency-Key` the same request may be sent again: it stores once and answers the same, with 200.
    """
    now, on = clock.now(), clock.today()
    recorded = service.record(session, scope, body, now=now, on=on, idempotency_key=idempotency_key)
    response.status_code = 200 if recorded.replayed else 201
    return etag.tagged(response, showing.encounter(session, scope, recorded.rows), recorded.rows[0].version)


@router.get(
    "/patients/{patient_id}/followups",
    tags=["follow-ups"],
    responses=describe(404),
    dependencies=[requires(Right.READ_PEOPLE)],
)
def list_followups(
    patient_id: UUID,
    session: SeeingSession,
    scope: CurrentScope,
    limit: PageSize = 50,
    cursor: Cursor = None,
    history: History = False,
) -> FollowupPage:
    """A person's follow-ups, newest first."""
    patients.get(session, scope, patient_id)
    audit.seen(session, scope, "followup", [patient_id])
    after = decode_cursor(cursor, tuple[date, UUID]) if cursor else None
    found = queries.page(session, scope, patient_id, after=after, limit=limit + 1, history=history)
    height = queries.height_cm(session, scope, patient_id, on=clock.today())
    more = encode_cursor((found[limit - 1].visited_on, found[limit - 1].id)) if len(found) > limit else None
    return FollowupPage(
        items=[FollowupOut.of(each, known_height_cm=height) for each in found[:limit]], next_cursor=more
    )
