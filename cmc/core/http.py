"""The HTTP edge: sessions and rights as dependencies, request ids, limits, and what is counted of each request."""

import hmac
import time
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from prometheus_client import Counter, Histogram
from sqlalchemy.orm import Session
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as AsgiScope

from cmc.core import db, problems
from cmc.core.crypto import Keyring
from cmc.core.errors import Unauthenticated
from cmc.core.ids import new_id
from cmc.core.log import get_logger
from cmc.core.scope import Scope

MAX_BODY_BYTES = 1 << 20
"""Largest request body; larger ones are refused with 413 before they are parsed."""

_requests = Counter("cmc_http_requests_total", "HTTP requests", ["method", "route", "status"])
_duration = Histogram("cmc_http_request_duration_seconds", "Time to the end of the answer", ["method", "route"])
_logger = get_logger(__name__)


def _write_session(request: Request) -> Iterator[Session]:
    with db.transaction(request.app.state.engine) as session:
        yield session


def _read_session(request: Request) -> Iterator[Session]:
    with db.read_only(request.app.state.engine) as session:
        yield session


WriteSession = Annotated[Session, Depends(_write_session, scope="function")]
"""A transaction committed before the answer leaves: a failed commit is an error for the client."""

ReadSession = Annotated[Session, Depends(_read_session, scope="function")]
"""A READ ONLY transaction."""


# Dependencies without I/O are `async def`: FastAPI runs plain ones in the thread pool, two hops each.
async def _keyring(request: Request) -> Keyring:
    keys: Keyring = request.app.state.keyring
    return keys


Keys = Annotated[Keyring, Depends(_keyring)]


async def current_scope(request: Request) -> Scope:
    """Return the caller's scope; raise `Unauthenticated` without the installation's access token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    expected: str = request.app.state.access_token
    if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), expected.encode()):
        raise Unauthenticated("send the header Authorization: Bearer <access token>")
    return Scope(actor="access-token")


CurrentScope = Annotated[Scope, Depends(current_scope)]


class RequestEdge:
    """ASGI layer around the whole service: request id, no-store by default, one log line and two metrics a request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = str(new_id())
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
                headers = MutableHeaders(scope=message)
                if status == 413 and headers.get("content-type", "").startswith("text/plain"):
                    # The body limit answers below our error handlers; its words become a problem document here.
                    refusal = problems.body_too_large(request_id, MAX_BODY_BYTES)
                    headers["Content-Type"] = problems.MEDIA_TYPE
                    headers["Content-Length"] = str(len(refusal))
                headers["X-Request-ID"] = request_id
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("X-Content-Type-Options", "nosniff")
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception as error:
            if started_answer:
                raise  # half an answer is out: only cutting the connection is honest now
            body = problems.fault_of_ours(request_id, error)
            headers = [(b"content-type", problems.MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
            await send_with_headers({"type": "http.response.start", "status": 500, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        finally:
            self._record(scope, status, time.perf_counter() - started, request_id)

    @staticmethod
    def _record(scope: AsgiScope, status: int, seconds: float, request_id: str) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if route != "unmatched" else "ANY"
        _requests.labels(method, route, status).inc()
        _duration.labels(method, route).observe(seconds)
        _logger.info(
            "request", method=method, route=route, status=status, seconds=round(seconds, 4), request_id=request_id
        )
