"""HTTP of stored readings."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from cmc.clinical.codes import ReadingKind
from cmc.core.fields import LocalDate
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import ReadSession
from cmc.core.paging import Cursor, PageSize, decode_cursor, encode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.patients import queries as patients
from cmc.readings import queries
from cmc.readings.schemas import ReadingOut, ReadingPage

router = APIRouter(tags=["readings"])

From = Annotated[LocalDate | None, Query(alias="from", description="local date, included")]
To = Annotated[LocalDate | None, Query(alias="to", description="local date, not included")]


@router.get("/v1/patients/{patient_id}/readings", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)])
def list_readings(
    patient_id: UUID,
    session: ReadSession,
    scope: CurrentScope,
    kind: ReadingKind | None = None,
    from_on: From = None,
    to_on: To = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> ReadingPage:
    """A person's readings, newest first, a page at a time; `from` ≤ local date < `to`."""
    patients.get(session, scope, patient_id)
    before = decode_cursor(cursor, tuple[datetime, UUID]) if cursor else None
    found = queries.of_person(
        session, scope, patient_id, kind=kind, from_on=from_on, to_on=to_on, before=before, limit=limit + 1
    )
    more = encode_cursor((found[limit - 1].taken_at, found[limit - 1].id)) if len(found) > limit else None
    return ReadingPage(items=[ReadingOut.of(each) for each in found[:limit]], next_cursor=more)
