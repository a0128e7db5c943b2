"""HTTP of the audit trail, for who may see the whole region's: the trail itself, as CSV, and who looked at a person."""

import re
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime

from cmc.audit import queries, service, verifying
from cmc.audit.naming import NamesOf
from cmc.audit.queries import AuditFilters
from cmc.audit.schemas import Access, AccessList, AuditEventOut, AuditPage, ChainCheck, csv_of, csv_of_accesses
from cmc.audit.tables import Act
from cmc.core import signed_scope
from cmc.core.errors import NotFound
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import Keys, ReadSession, SeeingSession
from cmc.core.paging import Cursor, PageSize, decode_cursor, encode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Right, Scope

router = APIRouter(prefix="/v1/audit", tags=["audit"])
_READ = requires(Right.READ_AUDIT)

_PLACE: Final = re.compile(r"[1-9][0-9]{0,17}")
_CSV: Final = {200: {"content": {"text/csv": {}}}, **describe(404)}
CSV_ROWS: Final = 10_000
"""Rows of a CSV answer at most: the newest that the filters leave."""


async def _auditor(scope: CurrentScope) -> Scope:
    if scope.clinic_ids is not None:
        raise NotFound("no such trail")
    return scope


async def _asked(
    person: Annotated[UUID | None, Query(description="what concerns this person")] = None,
    actor: Annotated[str | None, Query(max_length=100, pattern=r"^[\x21-\x7e]+$", description="as in `actor`")] = None,
    act: Act | None = None,
    from_at: Annotated[AwareDatetime | None, Query(alias="from", description="instant, included")] = None,
    to_at: Annotated[AwareDatetime | None, Query(alias="to", description="instant, not included")] = None,
) -> AuditFilters:
    return AuditFilters(person, actor, act, from_at, to_at)


async def _actor_names(request: Request) -> NamesOf:
    found: NamesOf = request.app.state.actor_names
    return found


ActorNames = Annotated[NamesOf, Depends(_actor_names)]
Auditor = Annotated[Scope, Depends(_auditor)]
Asked = Annotated[AuditFilters, Depends(_asked)]


@router.get("", responses=describe(404), dependencies=[_READ])
def list_audit_events(
    session: SeeingSession,
    scope: Auditor,
    asked: Asked,
    called: ActorNames,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> AuditPage:
    """The trail, newest first, a page at a time, actors by id and name. Looking at it leaves a row too."""
    before = decode_cursor(cursor, tuple[datetime, str]) if cursor else None
    place = (before[0], int(before[1])) if before and _PLACE.fullmatch(before[1]) else None
    found = queries.page(session, scope, asked, before=place, limit=limit + 1)
    more = encode_cursor((found[limit - 1].at, str(found[limit - 1].seq))) if len(found) > limit else None
    service.seen(session, scope, "audit_event", [asked.person_id] if asked.person_id else [])
    names = called(session, {each.actor for each in found[:limit]})
    return AuditPage(items=[AuditEventOut.of(each, names) for each in found[:limit]], next_cursor=more)


@router.get("/check", responses=describe(404), dependencies=[_READ])
def check_audit_chain(session: ReadSession, scope: Auditor, keys: Keys) -> ChainCheck:
    """Whether the newest part of the trail is as it was sealed; all of it is checked by `cmc audit verify`."""
    return ChainCheck.of(verifying.recent(session, signed_scope.database_keys(keys).audit))


@router.get(
    "/export",
    response_class=Response,
    responses=_CSV,
    dependencies=[_READ],
)
def export_audit_events(session: SeeingSession, scope: Auditor, asked: Asked, called: ActorNames) -> Response:
    """The same as CSV, at most 10,000 rows: narrow the filters for more."""
    found = queries.page(session, scope, asked, limit=CSV_ROWS)
    people = [asked.person_id] if asked.person_id else []
    service.seen(session, scope, "audit_event", people, act=Act.EXPORT, detail={"rows": len(found)})
    return _file("audit.csv", csv_of(found, called(session, {each.actor for each in found})))


@router.get("/people/{patient_id}", responses=describe(404), dependencies=[_READ])
def list_accesses(patient_id: UUID, session: SeeingSession, scope: Auditor, called: ActorNames) -> AccessList:
    """Who looked at this person, or changed something of theirs: each actor and act once, with times."""
    found = _accesses(session, scope, patient_id, called)
    service.seen(session, scope, "audit_event", [patient_id])
    return AccessList(items=found)


@router.get("/people/{patient_id}/export", response_class=Response, responses=_CSV, dependencies=[_READ])
def export_accesses(patient_id: UUID, session: SeeingSession, scope: Auditor, called: ActorNames) -> Response:
    """The same as CSV."""
    found = _accesses(session, scope, patient_id, called)
    service.seen(session, scope, "audit_event", [patient_id], act=Act.EXPORT, detail={"rows": len(found)})
    return _file("accesses.csv", csv_of_accesses(found))


def _accesses(session: SeeingSession, scope: Scope, patient_id: UUID, called: NamesOf) -> list[Access]:
    rows = queries.accesses(session, scope, patient_id)
    names = called(session, {row[0] for row in rows})
    keys = ("actor", "act", "times", "first_at", "last_at")
    return [
        Access.model_validate(dict(zip(keys, row, strict=True)) | {"actor_name": names.get(row[0])}) for row in rows
    ]


def _file(name: str, text: str) -> Response:
    head = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=head)
