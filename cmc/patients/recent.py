"""Whom a user opened lately: read out of the trail of that user's own reads, so nothing more is kept of anybody."""

from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.core.scope import Scope
from cmc.patients import queries
from cmc.patients.schemas import PatientListed
from cmc.patients.tables import Patient

SHOWN: Final = 8
BACK: Final = timedelta(days=30)
ROWS_BACK: Final = 3000
"""So many of the user's latest rows of the trail are looked at: some days of hard work."""
_SPARE: Final = 3
"""Times as many are asked for as are shown: some left the scope, were merged, or erased."""
_OPENED: Final = text("SELECT patient_id FROM guard.people_opened(:since, :rows_back, :most)")


class PeopleOpened(BaseModel):
    """At most 8 people whose record the caller opened in the last 30 days, the latest first; masked."""

    items: list[PatientListed] = Field(max_length=SHOWN)


def opened(session: Session, scope: Scope, *, now: datetime) -> list[Patient]:
    """Return whom the actor of the session's transaction opened lately, the latest first.

    The database answers for that actor alone, whoever asks. Who has left the scope, was merged into another record or
    erased since, is not among them.
    """
    asked = {"since": now - BACK, "rows_back": ROWS_BACK, "most": _SPARE * SHOWN}
    ids = session.scalars(_OPENED, asked).all()
    found = queries.of_scope(session, scope, ids)
    return [found[each] for each in ids if each in found and found[each].erased_at is None][:SHOWN]
