"""Polls answered from memory: 304 for who has the answer already, without the route, once the database agreed.

A dashboard asks the same question every few seconds and mostly nothing has changed. What a route once answered is
remembered by credential and question: its entity tag, and what the answer hung on (how the credential stood, the stamp
of what was read). A poll that names this tag is answered when the database says, after the poll has come in, that
neither has moved. Whatever else comes, or is unclear, goes to the route itself: refusals, errors and new answers have
one implementation, and a fault here costs time, never a wrong answer.

Polls that arrive while such a look-up is under way share the next one: many polls cost one indexed look-up, and none is
answered by a look that began before it came.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from anyio.to_thread import run_sync
from fastapi import Request
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as AsgiScope

from cmc.core import clock, db, etag, http, slots
from cmc.core.errors import TooMany, Unavailable
from cmc.core.guard import cookie_name
from cmc.core.ids import new_id_text
from cmc.core.limits import Limits
from cmc.core.log import get_logger
from cmc.core.peeking import Peek
from cmc.core.scope import Caller

AGE_SECONDS: Final = 600
"""After this a poll takes the whole way again: it brings up to date what a look-up does not see."""
MOST: Final = 10_000
_TOLD: Final = "polled"
MESSAGE: Final = "cmc.message"
"""Key of an ASGI scope: the bytes of the whole request, where the server knows that it was nothing more."""

_Key = tuple[bytes, str, bytes, str]
_logger = get_logger(__name__)


class Part(NamedTuple):
    """A kind of thing that answers hang on. `sql` is a SELECT of two texts, name and standing, of those things whose
    names are in the array %(<kind>)s; what does not count any more has no row. It may use %(now)s, and each of `given`
    as %(<kind>_<name>)s; every parameter is cast to its type."""

    kind: str
    sql: str
    given: Mapping[str, object] = MappingProxyType({})


class Thing(NamedTuple):
    """One thing that an answer hangs on, by its kind and name."""

    kind: str
    name: str


Recognise = Callable[[str | None, str | None], Thing | None]
"""Tells which credential a bearer token, else a session cookie, is; None for what is never remembered."""


def hangs_on(request: Request, thing: Thing, standing: str) -> None:
    """Say in a polled route what its answer hangs on, and how that stood before the answer was read."""
    request.scope.setdefault("state", {})[_TOLD] = (thing, standing)


Tell = Callable[[dict[Thing, str] | Exception], None]
"""Is told how things stand, or why that could not be read."""


@dataclass(frozen=True, slots=True)
class _Known:
    actor: str
    standings: dict[Thing, str]
    things: frozenset[Thing]
    tags: dict[bytes, list[tuple[bytes, bytes]]] = field(repr=False)
    """The headers of a 304, by the tag as the poll names it."""
    lines: dict[bytes, bytes] = field(repr=False)
    """The same headers as they travel."""
    until: float


class Asked(NamedTuple):
    """A question of somebody: by credential, path, query and scheme, and the tag that they have of the answer."""

    key: _Key
    tag: bytes | None
    bearer: str | None


class Looking:
    """The shared look-ups of one web process; `free` are the database connections that its requests share."""

    def __init__(self, engine: Engine | Connection | None, free: asyncio.Semaphore, parts: Sequence[Part]) -> None:
        self._engine, self._free = engine, free
        texts = (f"SELECT '{each.kind}', * FROM ({each.sql}) AS {each.kind}" for each in parts)  # noqa: S608 - ours
        self._sql = " UNION ALL ".join(texts)
        self._kinds = [each.kind for each in parts]
        self._given = {f"{each.kind}_{name}": value for each in parts for name, value in each.given.items()}
        self._waiting: list[tuple[AbstractSet[Thing], Tell]] = []
        self._at_work: asyncio.Task[None] | None = None
        self._peek: Peek | None = None

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Look on a connection of the event loop's own while the block lasts, not through a thread and the pool."""
        if isinstance(self._engine, Engine):
            self._peek = Peek(self._engine, self._sql)
        try:
            yield
        finally:
            peek, self._peek = self._peek, None
            if peek is not None:
                await peek.close()

    async def standings(self, things: AbstractSet[Thing]) -> dict[Thing, str]:
        """Return how things stand, as read after this was asked; one that counts no more is missing.

        Raises what the database or the pool raises.
        """
        answer: asyncio.Future[dict[Thing, str]] = asyncio.get_running_loop().create_future()

        def tell(found: dict[Thing, str] | Exception) -> None:
            if answer.done():
                return  # who asked has gone
            if isinstance(found, Exception):
                answer.set_exception(found)
            else:
                answer.set_result(found)

        self.ask(things, tell)
        return await answer

    def ask(self, things: AbstractSet[Thing], tell: Tell) -> None:
        """As `standings`, told to a callback, which must not raise."""
        self._waiting.append((things, tell))
        if self._at_work is None:
            self._at_work = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting, []
                found = await self._look_for(frozenset().union(*(things for things, _ in group)))
                for _, tell in group:
                    tell(found)
        finally:  # in the same step that saw nobody waiting: whoever comes after it begins anew
            self._at_work = None

    async def _look_for(self, things: AbstractSet[Thing]) -> dict[Thing, str] | Exception:
        try:
            if self._peek is not None:
                rows = await self._peek.ask(self._values(things))
                return {Thing(kind, name): standing for kind, name, standing in rows}
            async with slots.slot(self._free):
                return await run_sync(self._look, things)
        except Exception as error:  # noqa: BLE001 - whatever it is, each of those who wait must hear of it
            return error

    def _look(self, things: AbstractSet[Thing]) -> dict[Thing, str]:
        if self._engine is None:
            raise Unavailable("this process only describes itself")
        rows = db.peek(self._engine, self._sql, self._values(things))
        return {Thing(kind, name): standing for kind, name, standing in rows}

    def _values(self, things: AbstractSet[Thing]) -> dict[str, Any]:
        names: dict[str, Any] = {kind: [each.name for each in things if each.kind == kind] for kind in self._kinds}
        return names | self._given | {"now": clock.now()}


class Polls:
    """What one web process remembers of its polls: answers, and how requests that it has seen before are understood."""

    def __init__(self, looking: Looking, limits: Limits) -> None:
        self.looking, self._limits = looking, limits
        self._known: dict[_Key, _Known] = {}
        self._understood: dict[bytes, Asked] = {}

    def known(self, asked: Asked) -> _Known | None:
        """Return what is remembered of a question, when the asker's tag is that of the answer."""
        found = self._known.get(asked.key)
        if found is None or asked.tag not in found.tags or found.until <= time.monotonic():
            return None
        return found

    def allows(self, known: _Known, found: dict[Thing, str] | Exception) -> bool:
        """Whether the answer holds and its caller may have it now. In doubt the route decides, and says why not."""
        if isinstance(found, Exception):
            _logger.info("poll_by_the_route", error=type(found).__name__)
            return False
        if any(found.get(thing) != standing for thing, standing in known.standings.items()):
            return False
        try:
            self._limits.require_pace(known.actor)
        except TooMany:
            return False
        return True

    def remember(self, asked: Asked, known: _Known) -> None:
        """Keep an answer; of too many the one that was remembered first is forgotten."""
        _keep(self._known, asked.key, known)

    def understand(self, message: bytes, asked: Asked) -> None:
        """Keep what the bytes of a whole request were found to ask."""
        _keep(self._understood, message, asked)

    def asked(self, message: bytes) -> Asked | None:
        """Return what a request of just these bytes asked before."""
        return self._understood.get(message)

    def at_once(self, asked: Asked, tell: Callable[[bytes | None], None]) -> None:
        """Tell the lines of the head of a 304, or None: the route shall decide."""
        started, known = time.perf_counter(), self.known(asked)
        if known is None:
            tell(None)
            return

        def looked(found: dict[Thing, str] | Exception) -> None:
            if not self.allows(known, found):
                tell(None)
                return
            request_id = new_id_text()
            tell(known.lines[asked.tag or b""] + b"x-request-id: " + request_id.encode() + b"\r\n")
            http.record("GET", asked.key[1], 304, time.perf_counter() - started, request_id)

        self.looking.ask(known.things, looked)


class PollLayer:
    """ASGI layer around the whole service, in front of the routes at `paths`."""

    def __init__(self, app: ASGIApp, *, polls: Polls, paths: frozenset[str], recognise: Recognise) -> None:
        self.app, self._polls, self._paths, self._recognise = app, polls, paths, recognise

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        asked = _asked(scope) if scope["type"] == "http" and scope["path"] in self._paths else None
        if asked is None:
            await self.app(scope, receive, send)
            return
        started, known = time.perf_counter(), self._polls.known(asked)
        if known is None or not self._polls.allows(known, await self._standings(known.things)):
            await self._by_the_route(asked, scope, receive, send)
            return
        request_id = new_id_text()
        head = [*known.tags[asked.tag or b""], (b"x-request-id", request_id.encode())]
        await send({"type": "http.response.start", "status": 304, "headers": head})
        await send({"type": "http.response.body", "body": b""})
        http.record(scope["method"], scope["path"], 304, time.perf_counter() - started, request_id)
        if MESSAGE in scope and asked.bearer is not None:
            self._polls.understand(scope[MESSAGE], asked)

    async def _standings(self, things: AbstractSet[Thing]) -> dict[Thing, str] | Exception:
        try:
            return await self._polls.looking.standings(things)
        except (Unavailable, DBAPIError, PoolTimeout) as error:
            return error

    async def _by_the_route(self, asked: Asked, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Let the route answer, and remember it. How the credential stands is looked up before it is let in: what
        changes meanwhile makes the memory useless, not wrong."""
        request = Request(scope)
        credential = self._recognise(asked.bearer, request.cookies.get(cookie_name(request)))
        found = await self._standings(frozenset({credential})) if credential is not None else {}
        before = found.get(credential) if isinstance(found, dict) and credential is not None else None
        answered: list[Message] = []

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered.append(message)
            await send(message)

        await self.app(scope, receive, noting)
        state = scope.get("state", {})
        told, caller = state.get(_TOLD), state.get("caller")
        if credential is None or before is None or told is None or not isinstance(caller, Caller) or not answered:
            return
        tag = MutableHeaders(scope=answered[0]).get("etag")
        if answered[0]["status"] in {200, 304} and tag is not None:
            standings = {credential: before, told[0]: told[1]}
            self._polls.remember(asked, _known(caller.actor, standings, tag, scope["scheme"]))


def _keep(memory: dict[Any, Any], key: Any, value: Any) -> None:
    memory.pop(key, None)
    while len(memory) >= MOST:
        del memory[next(iter(memory))]
    memory[key] = value


def _known(actor: str, standings: dict[Thing, str], tag: str, scheme: str) -> _Known:
    plain = tag.replace('-gzip"', '"')
    tags = {}
    for form in (plain, f'{plain[:-1]}-gzip"'):
        headers = MutableHeaders(etag.headers(form))
        http.protect(headers, is_secure=scheme == "https")
        tags[form.encode()] = headers.raw
    lines = {tag: b"".join(name + b": " + value + b"\r\n" for name, value in head) for tag, head in tags.items()}
    return _Known(actor, standings, frozenset(standings), tags, lines, time.monotonic() + AGE_SECONDS)


def _asked(scope: AsgiScope) -> Asked | None:
    """Return whose question this is and what they have of it; None for what is no plain GET."""
    if scope["method"] != "GET":
        return None
    bearer: bytes | None = None
    cookie = b""
    tag: bytes | None = None
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            tag = value
        elif name == b"authorization":
            bearer = value
        elif name == b"cookie":
            cookie = value
        elif name == b"x-cmc-key":
            return None  # a signature counts once
    text: str | None = None
    if bearer is not None:
        scheme, _, rest = bearer.partition(b" ")
        if scheme.lower() != b"bearer" or not rest.strip():
            return None
        text = rest.strip().decode("latin-1")
    secret = sha256(b"b" + bearer if bearer is not None else b"c" + cookie).digest()
    return Asked((secret, scope["path"], scope["query_string"], scope["scheme"]), tag, text)
