"""HTTP of one visit: the form it opens with, drafts, corrections, withdrawal, history."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from cmc.audit import service as audit
from cmc.clinical.codes import Disease
from cmc.core import clock
from cmc.core.etag import IfMatch, tagged
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import IdempotencyKey, Keys, SeeingSession
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.followups import correcting, drafts, new_visit, queries, showing
from cmc.followups.codes import DiseaseSet
from cmc.followups.draft_schemas import DiscardedOut, DraftIn, DraftOut, HeldDraft, NewVisitOut
from cmc.followups.schemas import CorrectionIn, WithdrawalIn
from cmc.followups.visit_answers import EncounterHistory, EncounterOut

router = APIRouter(prefix="/v1", tags=["follow-ups"])

_READS, _WRITES = [requires(Right.READ_PEOPLE)], [requires(Right.WRITE_VISITS)]
_CHANGED = describe(400, 404, 409, 412, 428)
_DRAFT = "/patients/{patient_id}/followups/drafts/{diseases}"
Asked = Annotated[list[Disease] | None, Query(description="left out: those that the person is managed for")]


@router.get("/patients/{patient_id}/followups/new", responses=describe(404), dependencies=_WRITES)
def open_followup(
    patient_id: UUID, session: SeeingSession, scope: CurrentScope, keys: Keys, disease: Asked = None
) -> NewVisitOut:
    """What the form of a new visit opens with: what need not be asked anew, what was measured before, the draft."""
    now, on = clock.now(), clock.today()
    found = new_visit.opened(session, scope, keys, patient_id, disease or (), now=now, on=on)
    audit.seen(session, scope, "followup", [patient_id])
    return found


@router.put(_DRAFT, responses=describe(400, 404, 409), dependencies=_WRITES)
def save_followup_draft(
    patient_id: UUID, diseases: DiseaseSet, body: DraftIn, session: SeeingSession, scope: CurrentScope, keys: Keys
) -> DraftOut:
    """Keep what was typed so far, in the place of the caller's former draft; it expires after seven days."""
    return drafts.save(session, scope, keys, patient_id, diseases, body, now=clock.now())


@router.get(_DRAFT, responses=describe(404), dependencies=_WRITES)
def read_followup_draft(
    patient_id: UUID, diseases: DiseaseSet, session: SeeingSession, scope: CurrentScope, keys: Keys
) -> HeldDraft:
    """The caller's own draft, null when there is none; nobody sees another's."""
    found = drafts.current(session, scope, keys, patient_id, diseases, now=clock.now())
    audit.seen(session, scope, "visit_draft", [patient_id])
    return HeldDraft(draft=found)


@router.delete(_DRAFT, responses=describe(404), dependencies=_WRITES)
def discard_followup_draft(
    patient_id: UUID, diseases: DiseaseSet, session: SeeingSession, scope: CurrentScope
) -> DiscardedOut:
    """Forget the caller's draft, if there is one."""
    audit.seen(session, scope, "visit_draft", [patient_id])
    return DiscardedOut(discarded=drafts.discard(session, scope, patient_id, diseases))


@router.get("/followups/{encounter_id}", responses=describe(404), dependencies=_READS)
def read_followup(
    encounter_id: UUID, session: SeeingSession, scope: CurrentScope, response: Response
) -> EncounterHistory:
    """One visit with all its versions, the first one first: what was written, by whom it was corrected, and why."""
    rows = queries.encounter(session, scope, encounter_id)
    audit.seen(session, scope, "followup", [rows[0].patient_id])
    return tagged(response, showing.history(session, scope, rows), rows[-1].version)


@router.post("/followups/{encounter_id}:correct", responses=_CHANGED, dependencies=_WRITES)
def correct_followup(
    encounter_id: UUID,
    body: CorrectionIn,
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> EncounterOut:
    """Say what a visit really was, the whole form, with the reason: a new version, judged anew; the old one stays
    readable."""
    now, on = clock.now(), clock.today()
    done = correcting.correct(
        session, scope, encounter_id, body, if_match=if_match, now=now, on=on, idempotency_key=idempotency_key
    )
    return tagged(response, showing.encounter(session, scope, done.rows), done.rows[0].version)


@router.post("/followups/{encounter_id}:withdraw", responses=_CHANGED, dependencies=_WRITES)
def withdraw_followup(
    encounter_id: UUID,
    body: WithdrawalIn,
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    if_match: IfMatch = None,
) -> EncounterOut:
    """Withdraw a visit that never was, with the reason: it counts no longer, and stays readable."""
    rows = correcting.withdraw(session, scope, encounter_id, body, if_match=if_match, now=clock.now())
    return tagged(response, showing.encounter(session, scope, rows), rows[0].version)
