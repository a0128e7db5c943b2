"""The HTTP edge: sessions as dependencies, request ids, limits, and what is counted of each request."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from functools import lru_cache
from typing import Annotated, Final
from uuid import UUID

from anyio import CancelScope
from fastapi import Depends, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from prometheus_client import Counter, Histogram
from sqlalchemy.orm import Session
from starlette.datastructures import MutableHeaders
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as AsgiScope

from cmc.core import db, problems
from cmc.core.crypto import Keyring
from cmc.core.fields import Instant
from cmc.core.guard import CurrentScope
from cmc.core.ids import new_id_text
from cmc.core.log import get_logger
from cmc.core.slots import database_slot

MAX_BODY_BYTES = 1 << 20
"""Largest request body; larger ones are refused with 413 before they are parsed."""

MAX_FILE_BYTES = 16 << 20
"""Largest file that is sent as a body, where files are taken."""

FILES_AT: Final = frozenset({("POST", "/v1/imports")})

_requests = Counter("cmc_http_requests_total", "HTTP requests", ["method", "route", "status"])
_duration = Histogram("cmc_http_request_duration_seconds", "Time to the end of the answer", ["method", "route"])
_logger = get_logger(__name__)


@asynccontextmanager
async def _session_of(request: Request, opened: AbstractContextManager[Session]) -> AsyncIterator[Session]:
    # Entering only makes an object: the connection is taken at the first statement, in the endpoint's thread.
    async with database_slot(request):
        session = opened.__enter__()
        session.info[db.REQUEST_ID] = _request_id(request)
        try:
            yield session
        except BaseException as error:
            with CancelScope(shield=True):
                await run_in_threadpool(opened.__exit__, type(error), error, error.__traceback__)
            raise
        with CancelScope(shield=True):
            await run_in_threadpool(opened.__exit__, None, None, None)


# Dependencies without I/O are `async def`: FastAPI runs plain ones in the thread pool, two hops each.
async def _keyring(request: Request) -> Keyring:
    keys: Keyring = request.app.state.keyring
    return keys


Keys = Annotated[Keyring, Depends(_keyring)]


def _request_id(request: Request) -> UUID | None:
    found = getattr(request.state, "request_id", None)
    return UUID(found) if found else None


async def _write_session(request: Request, scope: CurrentScope) -> AsyncIterator[Session]:
    async with _session_of(request, db.transaction(request.app.state.engine, scope)) as session:
        yield session


async def _read_session(request: Request, scope: CurrentScope) -> AsyncIterator[Session]:
    async with _session_of(request, db.read_only(request.app.state.engine, scope)) as session:
        yield session


async def _seeing_session(request: Request, scope: CurrentScope) -> AsyncIterator[Session]:
    async with _session_of(request, db.transaction(request.app.state.engine, scope)) as session:
        yield session
        if db.ACCOUNTED not in session.info:
            raise RuntimeError("a route that shows people has left no audit row")


async def _nobodys_session(request: Request) -> AsyncIterator[Session]:
    async with _session_of(request, db.transaction(request.app.state.engine)) as session:
        yield session


WriteSession = Annotated[Session, Depends(_write_session, scope="function")]
"""A transaction in the caller's scope, committed before the answer leaves: a failed commit is an error of ours."""

ReadSession = Annotated[Session, Depends(_read_session, scope="function")]
"""A READ ONLY transaction in the caller's scope."""

SeeingSession = Annotated[Session, Depends(_seeing_session, scope="function")]
"""For routes that show identified people: an error unless the route has noted in the audit trail whom it shows."""

IdempotencyKey = Annotated[
    str | None,
    Header(
        pattern=r"^[\x21-\x7e]{1,100}$", description="a fresh text for each request; repeat it to repeat the request"
    ),
]

KnownAt = Annotated[Instant | None, Query(description="as it was known at this instant; left out: now")]
History = Annotated[bool, Query(description="also what was corrected or retracted")]

NobodysSession = Annotated[Session, Depends(_nobodys_session, scope="function")]
"""A transaction in no scope, for what answers before anybody has signed in: to it the database shows no person."""


class BodyLimits:
    """ASGI layer that refuses bodies that are too long, before anything reads them: files may be longer."""

    def __init__(self, app: ASGIApp) -> None:
        self._ordinary = RequestBodyLimitMiddleware(app, max_body_size=MAX_BODY_BYTES)
        self._files = RequestBodyLimitMiddleware(app, max_body_size=MAX_FILE_BYTES)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        takes_a_file = scope["type"] == "http" and (scope["method"], scope["path"]) in FILES_AT
        await (self._files if takes_a_file else self._ordinary)(scope, receive, send)


class RequestEdge:
    """ASGI layer around the service: request id, no-store by default, two metrics a request, a line for a fault."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = new_id_text()
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 500
        started_answer = False
        refusal: bytes | None = None

        async def send_with_headers(message: Message) -> None:
            nonlocal status, started_answer, refusal
            if message["type"] == "http.response.body" and refusal is not None:
                message = {"type": "http.response.body", "body": refusal}
            if message["type"] == "http.response.start":
                status, started_answer = message["status"], True
                if status == 413:
                    refusal = _refusal(scope, message, request_id)
                _complete(message, request_id, is_secure=scope["scheme"] == "https")
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except ClientDisconnect:
            status = 499  # the sender hung up in the middle: nothing is wrong here, and nobody waits for an answer
        except Exception as error:
            if started_answer:
                raise  # half an answer is out: only cutting the connection is honest now
            start, body = _fault(request_id, error)
            await send_with_headers(start)
            await send(body)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            method = scope["method"] if route != "unmatched" else "ANY"
            record(method, route, status, time.perf_counter() - started, request_id)


def record(method: str, route: str, status: int, seconds: float, request_id: str) -> None:
    """Count an answered request by its route's template, and log a fault of ours."""
    requests, duration = _counted(method, route, status)
    requests.inc()
    duration.observe(seconds)
    level = logging.WARNING if status >= 500 else logging.DEBUG  # a line per request would bury all others
    if logging.getLogger(__name__).isEnabledFor(level):
        took = round(seconds, 4)
        _logger.log(level, "request", method=method, route=route, status=status, seconds=took, request_id=request_id)


def _fault(request_id: str, error: Exception) -> tuple[Message, Message]:
    """The answer to what no handler knew: its beginning, and its body."""
    body = problems.fault_of_ours(request_id, error)
    headers = [(b"content-type", problems.MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    return {"type": "http.response.start", "status": 500, "headers": headers}, {
        "type": "http.response.body",
        "body": body,
    }


def _refusal(scope: AsgiScope, message: Message, request_id: str) -> bytes | None:
    """Make a problem document of the words of the body limit, which answers below our error handlers."""
    headers = MutableHeaders(scope=message)
    if not headers.get("content-type", "").startswith("text/plain"):
        return None
    most = MAX_FILE_BYTES if (scope["method"], scope["path"]) in FILES_AT else MAX_BODY_BYTES
    refusal = problems.body_too_large(request_id, most)
    headers["Content-Type"] = problems.MEDIA_TYPE
    headers["Content-Length"] = str(len(refusal))
    return refusal


@lru_cache(maxsize=4096)
def _counted(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return _requests.labels(method, route, status), _duration.labels(method, route)


_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_WHEN_SECURE: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_NOT_STORED: Final = (b"cache-control", b"no-store")


def protect(headers: MutableHeaders, *, is_secure: bool) -> None:
    """Add the security headers of an answer of the API; a page brings its own (`cmc/web/headers.py`)."""
    given = {name for name, _ in headers.raw}
    headers.raw.extend(each for each in _ALWAYS if each[0] not in given)
    if is_secure and _WHEN_SECURE[0] not in given:
        headers.raw.append(_WHEN_SECURE)


def _complete(message: Message, request_id: str, *, is_secure: bool) -> None:
    """Add to the beginning of an answer what each has: in one pass, because every answer pays for it."""
    headers = MutableHeaders(scope=message)
    given = {name for name, _ in headers.raw}
    if b"x-request-id" in given:
        headers["X-Request-ID"] = request_id
    else:
        headers.raw.append((b"x-request-id", request_id.encode()))
    if b"content-encoding" in given:
        _mark_compressed(headers)
    if b"cache-control" not in given:
        headers.raw.append(_NOT_STORED)
    protect(headers, is_secure=is_secure)


def _mark_compressed(headers: MutableHeaders) -> None:
    """Give the compressed form of an answer an ETag of its own: strong tags promise equal bytes (RFC 9110)."""
    tag = headers.get("etag", "")
    if headers.get("content-encoding") == "gzip" and tag.startswith('"') and not tag.endswith('-gzip"'):
        headers["ETag"] = f'{tag[:-1]}-gzip"'
