"""Lean routes: the same functions as FastAPI would call, without its finding and solving on the way.

For the few routes that answer thousands of times a second. Such a route is declared as any other, with its right and
its documentation; this layer only comes before the application and calls the function itself.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from cmc.core import problems
from cmc.core.errors import CmcError
from cmc.core.guard import Requires
from cmc.core.scope import Right, Scope

ZIPPED_FROM: Final = 1000
"""Smallest answer in bytes that is compressed for who takes gzip."""


@dataclass(frozen=True, slots=True)
class LeanRoute:
    """A route of this layer. `takes` tells whether a request is of the plain kind; all others go on to FastAPI."""

    path: str
    right: Right
    answer: Callable[[Request, Scope], Awaitable[Response]]
    takes: Callable[[Request], bool] = lambda _: True
    streams: Callable[[Request], bool] = lambda _: False
    """Whether the answer is sent bit by bit: it is not compressed then, which would hold it back."""


class Lean:
    """ASGI layer behind the guard."""

    def __init__(self, app: ASGIApp, routes: Mapping[tuple[str, str], LeanRoute]) -> None:
        self.app, self.routes = app, routes
        self._zipped = GZipMiddleware(self._answer_plainly, minimum_size=ZIPPED_FROM, compresslevel=4)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        route = self.routes.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if route is None or not route.takes(request := Request(scope, receive)):
            await self.app(scope, receive, send)
            return
        scope["route"] = route
        if "gzip" in request.headers.get("accept-encoding", "") and not route.streams(request):
            await self._zipped(scope, receive, send)
        else:
            await self._answer(request, receive, send)

    async def _answer_plainly(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        await self._answer(Request(scope, receive), receive, send)

    async def _answer(self, request: Request, receive: Receive, send: Send) -> None:
        scope: AsgiScope = request.scope
        route: LeanRoute = scope["route"]
        try:
            response = await route.answer(request, await _scope_of(request, route.right))
        except (CmcError, DBAPIError, PoolTimeout) as error:
            response = await problems.of(request, error)
        await response(scope, receive, send)


async def _scope_of(request: Request, right: Right) -> Scope:
    """The scope of a caller for a right; that of a remembered caller is made once."""
    scopes: dict[Right, Scope] | None = getattr(request.state, "scopes", None)
    if scopes is not None and right in scopes:
        return scopes[right]
    await Requires(right)(request)
    found: Scope = request.state.scope
    if scopes is not None:
        scopes[right] = found
    return found
