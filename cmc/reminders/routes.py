"""HTTP of reminders."""

from uuid import UUID

from fastapi import APIRouter

from cmc.audit import service as audit
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import SeeingSession
from cmc.core.paging import Cursor, PageSize, decode_cursor, encode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.patients import queries as patients
from cmc.reminders import queries
from cmc.reminders.schemas import ReminderOut, ReminderPage

router = APIRouter(prefix="/v1", tags=["reminders"])


@router.get(
    "/patients/{patient_id}/reminders", responses=describe(400, 404), dependencies=[requires(Right.READ_PEOPLE)]
)
def list_reminders(
    patient_id: UUID, session: SeeingSession, scope: CurrentScope, limit: PageSize = 50, cursor: Cursor = None
) -> ReminderPage:
    """A person's reminders with their delivery, the latest first. Only who agreed to messages gets any."""
    patients.get(session, scope, patient_id)
    audit.seen(session, scope, "reminder", [patient_id])
    before = decode_cursor(cursor, tuple[UUID])[0] if cursor else None
    found = queries.of_person(session, scope, patient_id, before=before, limit=limit + 1)
    more = encode_cursor((found[limit - 1].id,)) if len(found) > limit else None
    return ReminderPage(items=[ReminderOut.of(row) for row in found[:limit]], next_cursor=more)
