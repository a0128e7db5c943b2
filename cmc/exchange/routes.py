"""HTTP of imports and of the register's export."""

from collections.abc import Sequence
from typing import IO, Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from cmc.core import clock
from cmc.core.errors import invalid
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import Keys, ReadSession, SeeingSession, WriteSession
from cmc.core.paging import Cursor, PageSize, decode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.exchange import files, queries, refused, register, service, showing, workbooks
from cmc.exchange.codes import ImportKind, RowVerdict, SheetFormat
from cmc.exchange.errors import UnusableFileError
from cmc.exchange.person import document, printed
from cmc.exchange.person.schemas import PersonDocument
from cmc.exchange.schemas import (
    ApplyIn,
    ImportOut,
    ImportPage,
    ImportRows,
    MappingIn,
    RegisterIn,
    RegisterInFull,
    SheetList,
    SheetOut,
)

router = APIRouter(prefix="/v1", tags=["exchange"])

_IMPORTS = [requires(Right.WRITE_PEOPLE)]
_FILE_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "the file as it is: CSV (UTF-8 or GB18030; comma, semicolon or tab; also gzipped) or XLSX",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_TABLES: Final = {form.value: workbooks.MEDIA_TYPES[form] for form in SheetFormat}
_DOWNLOAD: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {each: {} for each in _TABLES.values()}, "description": "the table as a file"}
}


async def _body(request: Request) -> bytes:
    return await request.body()


FileBody = Annotated[bytes, Depends(_body)]


def _download(form: SheetFormat, name: str, file: IO[bytes]) -> Response:
    named = {"Content-Disposition": f'attachment; filename="{name}.{form.value}"'}
    return StreamingResponse(workbooks.sent(file), media_type=workbooks.MEDIA_TYPES[form], headers=named)


@router.get("/import-sheets", dependencies=_IMPORTS)
def list_sheets() -> SheetList:
    """The kinds of sheets that can be taken in, with their columns and the headings that are recognised."""
    return SheetList(items=[SheetOut.of(kind) for kind in ImportKind])


@router.get("/import-sheets/{kind}/template", response_class=Response, responses=_DOWNLOAD, dependencies=_IMPORTS)
def read_template(kind: ImportKind) -> Response:
    """An empty workbook with the headings of a kind; its columns are text, so that no number loses a digit."""
    return _download(SheetFormat.XLSX, f"template-{kind.value}", refused.template(kind))


@router.post("/imports", status_code=201, responses=describe(404, 413), openapi_extra=_FILE_BODY, dependencies=_IMPORTS)
def start_import(
    body: FileBody,
    session: WriteSession,
    scope: CurrentScope,
    keys: Keys,
    kind: ImportKind,
    clinic: Annotated[UUID, Query(description="where the people are, or will be, on file")],
) -> ImportOut:
    """Take in a file of up to 16 MiB: its columns are recognised, then the worker checks every row. Nothing is stored.

    Poll `GET /v1/imports/{id}` for the progress; `unmapped` waits for `:map`.
    """
    try:
        with files.table_of(body) as table:
            run = service.start(session, scope, keys, clinic, kind, table, now=clock.now())
    except UnusableFileError as error:
        raise invalid("/file", "unreadable", str(error)) from error
    return showing.one(session, scope, keys, run)


@router.get("/imports", dependencies=_IMPORTS)
def list_imports(
    session: ReadSession, scope: CurrentScope, keys: Keys, limit: PageSize = 50, cursor: Cursor = None
) -> ImportPage:
    """Imports of the caller's clinics, the latest first; forgotten 30 days after they were finished."""
    (after,) = decode_cursor(cursor, tuple[UUID]) if cursor else (None,)
    return showing.page(session, scope, keys, after=after, limit=limit)


@router.get("/imports/{run_id}", responses=describe(404), dependencies=_IMPORTS)
def read_import(run_id: UUID, session: ReadSession, scope: CurrentScope, keys: Keys) -> ImportOut:
    """Where an import stands: `done` of `lines`, and the rows by what becomes of them."""
    return showing.one(session, scope, keys, queries.run(session, scope, run_id))


@router.get("/imports/{run_id}/rows", responses=describe(404), dependencies=_IMPORTS)
def list_import_rows(
    run_id: UUID,
    session: SeeingSession,
    scope: CurrentScope,
    keys: Keys,
    verdict: Annotated[Sequence[RowVerdict], Query(description="only rows with one of these")] = (),
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> ImportRows:
    """The rows of an import: created, on file, refused with field and reason, or likely somebody on file; masked."""
    (after,) = decode_cursor(cursor, tuple[int]) if cursor else (0,)
    return showing.lines(session, scope, keys, run_id, verdicts=verdict, after=after, limit=limit, on=clock.today())


@router.post("/imports/{run_id}:map", responses=describe(400, 404, 409), dependencies=_IMPORTS)
def map_import(run_id: UUID, body: MappingIn, session: WriteSession, scope: CurrentScope, keys: Keys) -> ImportOut:
    """Name the columns of an import anew; every row is checked again. The clinic's next such file is read likewise."""
    run = service.remap(session, scope, keys, run_id, body.mapping, now=clock.now())
    return showing.one(session, scope, keys, run)


@router.post("/imports/{run_id}:apply", responses=describe(400, 404, 409), dependencies=_IMPORTS)
def apply_import(run_id: UUID, body: ApplyIn, session: WriteSession, scope: CurrentScope, keys: Keys) -> ImportOut:
    """Store the rows that can be created, but those to be skipped; the worker does it, each row for itself."""
    run = service.apply(session, scope, run_id, skip=body.skip, skip_likely=body.skip_likely, now=clock.now())
    return showing.one(session, scope, keys, run)


@router.post("/imports/{run_id}:discard", responses=describe(404, 409), dependencies=_IMPORTS)
def discard_import(run_id: UUID, session: WriteSession, scope: CurrentScope, keys: Keys) -> ImportOut:
    """Give an import up: nothing of it is stored, and its rows are taken away at once."""
    return showing.one(session, scope, keys, service.discard(session, scope, run_id, now=clock.now()))


@router.get(
    "/imports/{run_id}/refused",
    response_class=Response,
    responses=describe(404) | _DOWNLOAD,
    dependencies=_IMPORTS,
)
def download_refused(
    run_id: UUID, session: SeeingSession, scope: CurrentScope, keys: Keys, format: SheetFormat = SheetFormat.XLSX
) -> Response:
    """The refused rows as they came, with row number and reasons: put right, the file can be taken in again."""
    run = queries.run(session, scope, run_id)
    service.exported(session, scope, run)
    return _download(format, "refused", refused.sheet_of(session, scope, keys, run, format))


@router.get("/patients/{patient_id}/document", responses=describe(404), dependencies=[requires(Right.REVEAL_FIELDS)])
def read_person_document(patient_id: UUID, session: SeeingSession, scope: CurrentScope, keys: Keys) -> PersonDocument:
    """A whole person in full, keyed by national data-element codes; its schema is versioned and published."""
    return document.of_person(session, scope, keys, patient_id, form="json", now=clock.now())


@router.get(
    "/patients/{patient_id}/document.html",
    response_class=HTMLResponse,
    responses={**describe(404), 200: {"content": {"text/html": {}}, "description": "pages to print"}},
    dependencies=[requires(Right.REVEAL_FIELDS)],
)
def print_person_document(patient_id: UUID, session: SeeingSession, scope: CurrentScope, keys: Keys) -> Response:
    """The same as A4 pages to print, Chinese before English."""
    made = document.of_person(session, scope, keys, patient_id, form="html", now=clock.now())
    return HTMLResponse(printed.page(made), headers={"Content-Security-Policy": printed.POLICY})


@router.post(
    "/register:export",
    response_class=Response,
    responses=describe(400, 404) | _DOWNLOAD,
    dependencies=[requires(Right.READ_PEOPLE)],
)
def export_register(body: RegisterIn, session: SeeingSession, scope: CurrentScope, keys: Keys) -> Response:
    """The people of the caller's clinics as a table, names and numbers masked."""
    return _download(body.format, "register", register.exported(session, scope, keys, body, on=clock.today()))


@router.post(
    "/register:export-in-full",
    response_class=Response,
    responses=describe(400, 404) | _DOWNLOAD,
    dependencies=[requires(Right.REVEAL_FIELDS)],
)
def export_register_in_full(body: RegisterInFull, session: SeeingSession, scope: CurrentScope, keys: Keys) -> Response:
    """The same with names, numbers, phones and addresses in full; the reason stands in the trail."""
    return _download(body.format, "register", register.exported(session, scope, keys, body, on=clock.today()))
