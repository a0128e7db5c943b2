"""HTTP of exports that are made in the background, and of their log."""

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from cmc.accounts import queries as accounts
from cmc.core import clock
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import Keys, ReadSession, SeeingSession, WriteSession
from cmc.core.paging import Cursor, PageSize, decode_cursor, encode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.exchange import register, workbooks
from cmc.exchange.codes import SheetFormat
from cmc.exchange.exports import defining, queries, service
from cmc.exchange.exports.schemas import (
    ColumnMeaning,
    ColumnMeanings,
    DefinitionIn,
    DefinitionList,
    DefinitionOut,
    ExportIn,
    ExportOut,
    ExportPage,
)
from cmc.organisations import queries as organisations

router = APIRouter(prefix="/v1", tags=["exchange"])

_READS = [requires(Right.READ_PEOPLE)]
_REVEALS = [requires(Right.REVEAL_FIELDS)]
_DOWNLOAD: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {each: {} for each in workbooks.MEDIA_TYPES.values()}, "description": "the table as a file"}
}


@router.get("/export-columns", dependencies=_READS)
def list_export_columns() -> ColumnMeanings:
    """The columns of the register and what stands in each."""
    return ColumnMeanings(items=[ColumnMeaning.of(each) for each in register.COLUMNS])


@router.get("/export-definitions", responses=describe(404), dependencies=_READS)
def list_export_definitions(session: ReadSession, scope: CurrentScope, clinic: UUID | None = None) -> DefinitionList:
    """The exports that the caller's clinics, or one of them, keep under a name."""
    if clinic is not None:
        organisations.clinic(session, scope, clinic)
    found = queries.definitions(session, scope, clinic_id=clinic)
    return DefinitionList(items=[DefinitionOut.of(each) for each in found])


@router.post("/export-definitions", status_code=201, responses=describe(400, 404, 409), dependencies=_READS)
def add_export_definition(body: DefinitionIn, session: WriteSession, scope: CurrentScope) -> DefinitionOut:
    """Keep an export under a name for everybody who exports at the clinic; it gives nobody a right."""
    return DefinitionOut.of(defining.keep(session, scope, body, now=clock.now()))


@router.delete("/export-definitions/{definition_id}", status_code=204, responses=describe(404), dependencies=_READS)
def remove_export_definition(definition_id: UUID, session: WriteSession, scope: CurrentScope) -> None:
    """Remove a saved export; what was exported by it stays in the log."""
    defining.remove(session, scope, definition_id)


@router.get("/exports", dependencies=_READS)
def list_exports(session: ReadSession, scope: CurrentScope, limit: PageSize = 50, cursor: Cursor = None) -> ExportPage:
    """Who exported what, why, when and how many people, of the caller's clinics; the latest first."""
    (after,) = decode_cursor(cursor, tuple[UUID]) if cursor else (None,)
    found = queries.runs(session, scope, after=after, limit=limit + 1)
    shown = found[:limit]
    following = encode_cursor((shown[-1].id,)) if len(found) > limit else None
    names = accounts.names_of(session, {each.made_by for each in shown})
    return ExportPage.of(shown, names, actor=scope.actor, now=clock.now(), next_cursor=following)


@router.post("/exports", status_code=201, responses=describe(400, 404), dependencies=_READS)
def ask_export(body: ExportIn, session: WriteSession, scope: CurrentScope, keys: Keys) -> ExportOut:
    """Ask for the people of the caller's clinics as a table without numbers, phones and addresses.

    The worker makes it within seconds; its file can be fetched for a day.
    """
    run = service.ask(session, scope, keys, body, in_full=False, now=clock.now())
    return ExportOut.of(run, actor=scope.actor, now=clock.now())


@router.post("/exports:in-full", status_code=201, responses=describe(400, 404), dependencies=_REVEALS)
def ask_export_in_full(body: ExportIn, session: WriteSession, scope: CurrentScope, keys: Keys) -> ExportOut:
    """The same with names, numbers, phones and addresses in full."""
    run = service.ask(session, scope, keys, body, in_full=True, now=clock.now())
    return ExportOut.of(run, actor=scope.actor, now=clock.now())


@router.get("/exports/{export_id}", responses=describe(404), dependencies=_READS)
def read_export(export_id: UUID, session: ReadSession, scope: CurrentScope) -> ExportOut:
    """Where an export stands."""
    return ExportOut.of(queries.run(session, scope, export_id), actor=scope.actor, now=clock.now())


@router.get(
    "/exports/{export_id}/file", response_class=Response, responses=describe(404, 409) | _DOWNLOAD, dependencies=_READS
)
def download_export(export_id: UUID, session: SeeingSession, scope: CurrentScope, keys: Keys) -> Response:
    """The file of one's own export, until it expires; each download stands in the trail with everybody in it."""
    run, file = service.fetched(session, scope, keys, export_id, now=clock.now())
    form = SheetFormat(run.format)
    named = {"Content-Disposition": f'attachment; filename="register.{form.value}"'}
    return StreamingResponse(workbooks.sent(file), media_type=workbooks.MEDIA_TYPES[form], headers=named)
