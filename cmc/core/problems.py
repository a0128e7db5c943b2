"""RFC 9457 problem documents: one shape for every error, and never an echo of what was sent."""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import Response

from cmc.core.errors import CmcError, Conflict, FieldError, Invalid, Unavailable
from cmc.core.log import get_logger

MEDIA_TYPE = "application/problem+json"
_OUR_FIELD = re.compile(r"[a-z][a-z0-9_]{0,40}\Z")
_TITLES = {  # ours, because Python's own words for a status differ between its versions
    400: "The request cannot be read",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict with what is stored",
    412: "Changed in between",
    413: "Body too large",
    422: "The request contains invalid fields",
    428: "Say which version you saw",
    429: "Too many requests",
    503: "Temporarily unavailable",
}
_CODES = {400: "unreadable", 404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}
_logger = get_logger(__name__)


class FieldProblem(BaseModel):
    """One fault of one field."""

    pointer: str = Field(description="JSON pointer to the field", examples=["/items/3/value"])
    code: str = Field(examples=["out_of_range"])
    detail: str


class Problem(BaseModel):
    """Problem document of RFC 9457."""

    type: str = Field(examples=["urn:cmc:problem:invalid-payload"])
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[FieldProblem]


def describe(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` entries that document problem answers with these statuses."""
    return {
        status: {
            "description": _TITLES[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def problem(request: Request, error: CmcError, headers: dict[str, str] | None = None) -> Response:
    """Return the problem document of `error`."""
    wrong = (
        "1 field is wrong: see errors"
        if len(error.errors) == 1
        else f"{len(error.errors)} fields are wrong: see errors"
    )
    detail = error.detail or (wrong if error.errors else error.title)
    given = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if error.status == 401:
        given["WWW-Authenticate"] = "Bearer"
    return _document(request, error.status, error.code, error.title, detail, error.errors, given | (headers or {}))


def body_too_large(request_id: str, limit: int) -> bytes:
    """Return the problem document for a body over `limit` bytes."""
    detail = f"a request body holds at most {limit} bytes"
    return _json(413, _CODES[413], _TITLES[413], detail, (), request_id)


def fault_of_ours(request_id: str, error: Exception) -> bytes:
    """Return the problem document for an unexpected error; log its type and never its words."""
    _logger.error("unexpected_error", error=type(error).__name__, request_id=request_id, exc_info=error)
    return _json(500, "internal-error", "Internal error", "the fault is recorded under the request id", (), request_id)


def field_errors(errors: Iterable[Any]) -> tuple[FieldError, ...]:
    """Return pydantic's faults as ours: pointer, code and words, without the value that was sent."""
    return tuple(
        FieldError(pointer(error["loc"]), str(error["type"]), _words(str(error["type"]), str(error["msg"])))
        for error in errors
    )


def pointer(location: Sequence[int | str]) -> str:
    """Return the JSON pointer of a location; names that are not field names of ours are not repeated."""
    parts = [part for part in location if part not in {"body", "query", "path", "header"}]
    return "".join(f"/{part if isinstance(part, int) or _OUR_FIELD.match(part) else '?'}" for part in parts)


def _words(code: str, message: str) -> str:
    return "this field is unknown here" if code == "extra_forbidden" else message


def _document(
    request: Request,
    status: int,
    code: str,
    title: str,
    detail: str,
    errors: tuple[FieldError, ...] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    body = _json(status, code, title, detail, errors, getattr(request.state, "request_id", ""))
    return Response(body, status, headers=headers, media_type=MEDIA_TYPE)


def _json(status: int, code: str, title: str, detail: str, errors: tuple[FieldError, ...], request_id: str) -> bytes:
    document = Problem(
        type=f"urn:cmc:problem:{code}",
        title=title,
        status=status,
        code=code,
        detail=detail,
        request_id=request_id,
        errors=[FieldProblem(pointer=e.pointer, code=e.code, detail=e.detail) for e in errors],
    )
    return document.model_dump_json().encode()


async def _ours(request: Request, error: CmcError) -> Response:
    return problem(request, error)


async def _validation(request: Request, error: RequestValidationError) -> Response:
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return _document(request, 400, "unreadable", _TITLES[400], "the body is not valid JSON")
    return problem(request, Invalid(errors=field_errors(faults)))


async def _http(request: Request, error: StarletteHTTPException) -> Response:
    status = error.status_code
    title = _TITLES.get(status, "Request refused")
    code = _CODES.get(status, "refused")
    return _document(request, status, code, title, title, headers=dict(error.headers) if error.headers else None)


async def _database(request: Request, error: DBAPIError) -> Response:
    state = getattr(error.orig, "sqlstate", None)
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    _logger.error("database_error", error=type(error).__name__, sqlstate=state, constraint=constraint)
    if isinstance(error, IntegrityError):
        return problem(request, Conflict("another change was stored first; read again and retry"))
    if isinstance(error, DataError):
        return problem(request, Invalid("a value cannot be stored"))
    if isinstance(error, OperationalError) or error.connection_invalidated:
        return problem(request, Unavailable("the database cannot be reached now"), {"Retry-After": "2"})
    return _document(request, 500, "internal-error", "Internal error", "the fault is recorded under the request id")


async def _pool(request: Request, _: PoolTimeout) -> Response:
    return problem(request, Unavailable("all database connections are busy"), {"Retry-After": "1"})


async def of(request: Request, error: CmcError | DBAPIError | PoolTimeout) -> Response:
    """Return the problem document of an error that arises before the application's own handlers."""
    if isinstance(error, CmcError):
        return await _ours(request, error)
    return await (_database(request, error) if isinstance(error, DBAPIError) else _pool(request, error))


def register(app: FastAPI, *, noting: Callable[[Request, CmcError], Awaitable[None]]) -> None:
    """Make every error of `app` a problem document; `noting` is told each error of ours before."""

    async def ours(request: Request, error: CmcError) -> Response:
        await noting(request, error)
        return await _ours(request, error)

    handlers: dict[type[Exception], Any] = {
        CmcError: ours,
        RequestValidationError: _validation,
        HTTPException: _http,
        StarletteHTTPException: _http,
        DBAPIError: _database,
        PoolTimeout: _pool,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
