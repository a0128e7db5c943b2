"""Who is calling: every request to the API is taken for a caller, or refused, before its body is parsed.

The guard is an ASGI layer. It takes what the request presents (a session cookie, a bearer token or a signature), asks
`authenticate` whose it is, and leaves the caller for the routes. A route says with `requires` which right it needs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Protocol
from uuid import UUID

from fastapi import Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from cmc.core import clock, problems, slots, vendor_credentials
from cmc.core.bodies import body_and_again
from cmc.core.credentials import Presented, Signature
from cmc.core.errors import PERSON_EXISTS, CmcError, Forbidden, NotFound, TooMany, Unauthenticated
from cmc.core.limits import Limits
from cmc.core.scope import Caller, Right, Scope

SECURE_COOKIE: Final = "__Host-cmc"
PLAIN_COOKIE: Final = "cmc"
SIGN_IN: Final = "sign in, or send a machine key"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_CROSS_SITE: Final = "changes are taken from the pages of this address only"


Authenticate = Callable[[Presented], Caller]
"""Tells whose credentials these are; raises `Unauthenticated`. Runs in a thread and may use the database."""


class Remembered(Protocol):
    """Callers known from memory, for the few routes that look the credential up again in their own transaction."""

    def serves(self, method: str, path: str) -> bool:
        """Tell whether this route does."""

    def recall(self, presented: Presented) -> tuple[Caller, str, dict[Right, Scope]] | None:
        """Return a caller, the key that is still to be looked up, and the scopes found so far; None: ask for it."""

    def remember(self, presented: Presented, caller: Caller) -> None:
        """Keep who was just authenticated, if it is of the kind that is kept."""


class Guard:
    """ASGI layer that answers 401 before a body is parsed, and 429 to who asks too often."""

    def __init__(
        self, app: ASGIApp, authenticate: Authenticate, limits: Limits, remembered: Remembered | None = None
    ) -> None:
        self.app, self.authenticate, self.limits, self.remembered = app, authenticate, limits, remembered

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_guarded(scope["method"], scope["path"]):
            await self.app(scope, receive, send)
            return
        if (known := self._recalled(scope)) is not None:
            await self._let_in(known, scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            presented, receive = await _presented(request, self.limits.body_bytes)
            caller = await self._caller(request, presented)
        except (CmcError, DBAPIError, PoolTimeout) as error:
            await (await problems.of(request, error))(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        await self.app(scope, receive, send)

    def _recalled(self, scope: AsgiScope) -> tuple[Caller, str, dict[Right, Scope]] | None:
        """The caller of a bearer key, when the route looks keys up again and this one is known from memory."""
        memory = self.remembered
        if memory is None or not memory.serves(scope["method"], scope["path"]):
            return None
        bearer = _only_bearer(scope["headers"])
        return None if bearer is None else memory.recall(Presented(bearer=bearer))

    async def _let_in(
        self, known: tuple[Caller, str, dict[Right, Scope]], scope: AsgiScope, receive: Receive, send: Send
    ) -> None:
        caller, key, scopes = known
        try:
            self.limits.require_pace(caller.actor)
        except TooMany as error:
            await (await problems.of(Request(scope, receive), error))(scope, receive, send)
            return
        scope.setdefault("state", {}).update(caller=caller, key_to_look_up=key, scopes=scopes)
        await self.app(scope, receive, send)

    async def _caller(self, request: Request, presented: Presented) -> Caller:
        if presented == Presented():
            raise Unauthenticated(SIGN_IN)
        if presented.cookie is not None:
            require_same_site(request)
        caller = await self._asked(request, presented)
        memory = self.remembered
        if memory is not None and memory.serves(request.method, request.scope["path"]):
            memory.remember(presented, caller)
            if (known := memory.recall(presented)) is not None:
                caller, request.state.key_to_look_up, request.state.scopes = known
        return caller

    async def _asked(self, request: Request, presented: Presented) -> Caller:
        async with slots.database_slot(request):
            caller = await run_in_threadpool(self.authenticate, presented)
        self.limits.require_pace(caller.actor)
        return caller


def cookie_name(request: Request) -> str:
    """Return the name of the session cookie: over https one that the browser ties to this very host."""
    return SECURE_COOKIE if request.url.scheme == "https" else PLAIN_COOKIE


def require_same_site(request: Request) -> None:
    """Raise `Forbidden` when a change does not come from a page of this address (ASVS 5.0 3.5.1, 3.5.3)."""
    if request.method in _SAFE:
        return
    fetched_from = request.headers.get("sec-fetch-site")
    if fetched_from is not None:
        same = fetched_from == "same-origin"
    else:
        same = request.headers.get("origin") == f"{request.url.scheme}://{request.headers.get('host')}"
    if not same:
        raise Forbidden(_CROSS_SITE, code="cross-site")


def caller_of(request: Request) -> Caller:
    """Return the caller that the guard found; raise `Unauthenticated` when it let the request through unasked."""
    caller = getattr(request.state, "caller", None)
    if not isinstance(caller, Caller):
        raise Unauthenticated(SIGN_IN)
    return caller


@dataclass(frozen=True, slots=True)
class Requires:
    """The classification of a route: the right that it needs, None for what concerns the caller alone."""

    right: Right | None
    is_kept_for_change: bool = False
    is_opening: bool = False

    async def __call__(self, request: Request) -> None:
        caller = caller_of(request)
        if caller.must_change_password and not self.is_kept_for_change:
            raise Forbidden("change the password first", code="password-change-needed")
        try:
            request.state.scope = caller.scope(self.right)
        except Forbidden:
            await note_denial(request, caller, self.right.value if self.right else "sign-in")
            raise
        opens = (self.is_opening or request.method in _SAFE) and "patient_id" in request.path_params
        if opens and caller.user_id is not None:
            await _count_person(request, caller.user_id)


def requires(right: Right, *, opening: bool = False) -> Any:
    """Return the dependency that every route of the API names in `dependencies=[…]`: what the caller must may do.

    Stands first, so that the scope of the request is that of this right before anything else asks for it. A read that
    names a person counts towards the daily budget; `opening`: a POST that shows a person does, too.
    """
    return Depends(Requires(right, is_opening=opening))


def requires_sign_in(*, also_before_change: bool = False) -> Any:
    """Return the dependency of a route that concerns nobody but the caller.

    `also_before_change`: open to who must change a password before anything else.
    """
    return Depends(Requires(None, also_before_change))


async def current_scope(request: Request) -> Scope:
    """Return the scope in which the caller has the right of this route; raise `Unauthenticated` where none is asked."""
    scope = getattr(request.state, "scope", None)
    if not isinstance(scope, Scope):
        raise Unauthenticated(SIGN_IN)
    return scope


CurrentScope = Annotated[Scope, Depends(current_scope)]
CurrentCaller = Annotated[Caller, Depends(caller_of)]


def classified(app: FastAPI) -> dict[tuple[str, str], Requires | None]:
    """Return each documented route, (method, path), with what it requires; None for a route that does not say."""
    found: dict[tuple[str, str], Requires | None] = {}
    for context in iter_route_contexts(app.routes):
        route = context.original_route if hasattr(context, "original_route") else context
        if isinstance(route, APIRoute) and route.include_in_schema:
            named = [each.dependency for each in route.dependencies]
            required = next((each for each in named if isinstance(each, Requires)), None)
            found |= {(method, route.path): required for method in route.methods or ()}
    return found


class CountsPeople(Protocol):
    """The daily budget of users (`cmc/accounts/budget.py`)."""

    def is_counted(self, user_id: UUID, patient_id: UUID, on: date) -> bool: ...

    def spend(self, user_id: UUID, patient_id: UUID, on: date) -> None: ...


NoteDenial = Callable[[Caller, str, str, str, Sequence[UUID]], None]
"""Keeps that a caller was denied: what was missing, method and path template, the request's id, and whose record."""


async def note_denial(request: Request, caller: Caller, missing: str, people: Sequence[UUID] = ()) -> None:
    """Keep in the trail that a request was refused, in a transaction of its own."""
    note: NoteDenial = request.app.state.note_denial
    asked = f"{request.method} {request.scope['route'].path}"
    async with slots.database_slot(request):
        await run_in_threadpool(note, caller, missing, asked, request.state.request_id, people)


async def note_refusal(request: Request, error: CmcError) -> None:
    """Keep that a user asked for a record that is absent or foreign, or for somebody who is on file already.

    Both answers tell something of a person to who asks often enough.
    """
    caller = getattr(request.state, "caller", None)
    if not isinstance(caller, Caller) or caller.user_id is None:
        return
    if isinstance(error, NotFound) and "patient_id" in request.path_params:
        await note_denial(request, caller, error.code, _ids(request.path_params["patient_id"]))
    elif error.code == PERSON_EXISTS:
        await note_denial(request, caller, error.code)


def _ids(text: str) -> list[UUID]:
    try:
        return [UUID(text)]
    except ValueError:
        return []


async def _count_person(request: Request, user_id: UUID) -> None:
    """Count that a user opens the record that the path names; what is no id is refused further in."""
    budget: CountsPeople = request.app.state.budget
    try:
        patient_id = UUID(request.path_params["patient_id"])
    except ValueError:
        return
    today = clock.today()
    if not budget.is_counted(user_id, patient_id, today):
        async with slots.database_slot(request):
            await run_in_threadpool(budget.spend, user_id, patient_id, today)


def _is_guarded(method: str, path: str) -> bool:
    if (method, path) in {("POST", "/v1/session"), ("POST", "/v1/session:unlock")}:
        return False
    return path.startswith("/v1/") or path == "/metrics"


def _only_bearer(headers: Sequence[tuple[bytes, bytes]]) -> str | None:
    """Return the bearer token of a request without a signature; one pass over headers as the server gives them."""
    found: bytes | None = None
    for name, value in headers:
        if name == b"x-cmc-key" and value:
            return None
        if name == b"authorization" and found is None:
            found = value
    scheme, _, token = (found or b"").partition(b" ")
    return token.decode("latin-1").strip() or None if scheme.lower() == b"bearer" else None


async def _presented(request: Request, most: int) -> tuple[Presented, Receive]:
    """Read what the request brings; a signed body has to be read for it, up to the limit of all bodies."""
    headers = request.headers
    if key := headers.get("x-cmc-key"):
        body, receive = await body_and_again(request, most)
        query = request.scope["query_string"]
        target = (request.scope["raw_path"] + (b"?" + query if query else b"")).decode("latin-1")
        timestamp, nonce, signature = (headers.get(f"x-cmc-{name}", "") for name in ("timestamp", "nonce", "signature"))
        return Presented(signature=Signature(key, timestamp, nonce, signature, request.method, target, body)), receive
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return Presented(bearer=token.strip()), request.receive
    path, query = request.scope["path"], request.query_params
    if (pushed := vendor_credentials.presented(request.method, path, headers, query)) is not None:
        return pushed, request.receive
    return Presented(cookie=request.cookies.get(cookie_name(request)) or None), request.receive
