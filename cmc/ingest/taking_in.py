"""Group commit: requests that arrive together share one transaction, and each is answered after its COMMIT.

While a group of a scope is being stored, whoever sends in the same scope waits for the next. Those who were just
answered mostly send on at once: the next group waits for them while they come, at most half of the time that theirs
took, so that senders do not fall into two halves that take turns. The first request after a quiet moment waits for
nobody. A group holds just one scope, so the database sees exactly the signed scope that each of its requests would have
shown alone. What is wrong with one of them never touches the others: a body that cannot be read is answered by itself,
and a group that the database refuses is stored again one by one, where only the bad one fails. Sending something twice
is harmless, so a COMMIT of unknown outcome is too.

Who was recognised from memory (`Recalled`) is looked up in the group's own transaction, before anything is stored: a
key that was revoked stores nothing from the moment its revocation is committed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, cast

from anyio.to_thread import run_sync
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from cmc.core import clock, db, key_check, slots
from cmc.core.errors import CmcError, Unauthenticated, Unavailable
from cmc.core.log import get_logger
from cmc.core.scope import Scope
from cmc.ingest import metrics, people, service
from cmc.ingest.keeping import Arrival
from cmc.ingest.received import Envelope, Received
from cmc.ingest.results import ItemResult

MOST_WAITING: Final = 1000
"""Requests of one scope that may wait; more are answered 503 at once."""
GROUP_BYTES: Final = 512 * 1024
"""A group is full when its bodies reach this size: a large batch is a group of its own."""
GROUP_REQUESTS: Final = 128
LEAST_GATHERING, MOST_GATHERING = 0.002, 0.02
"""Seconds that a group waits at most for those who were just answered: half of what the group before it took."""
QUIET: Final = 0.001
"""Seconds without a request after which a group waits no longer, or an eighth of what the group before it took."""
AT_ONCE: Final = 2
"""Groups of one scope that are stored at once: while the database works on one, the other is made ready. The second
is begun only when there is enough for it, so that small requests do not end in small groups."""
ENOUGH_REQUESTS, ENOUGH_BYTES = 8, 32 * 1024
SLOW_COMMIT: Final = 0.002
"""Seconds of a COMMIT from which on small requests are worth a second group, too: there is time to make it ready."""
_logger = get_logger(__name__)

Read = Callable[[Session, datetime], Envelope]
"""Takes a payload apart with what the register of devices knows."""


class Taken(NamedTuple):
    """What became of a request, committed."""

    envelope: Envelope
    results: list[ItemResult]


@dataclass(slots=True, eq=False)
class Sent:
    """One request on its way. `key` is to be looked up before anything is stored, None when the caller was already."""

    arrival: Arrival
    read: Read | None
    """None: `envelope` is there already."""
    key: str | None
    answer: asyncio.Future[Taken]
    envelope: Envelope = field(default_factory=lambda: Envelope(()))
    error: Exception | None = None
    results: list[ItemResult] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Queue:
    """What waits in one scope, and who stores it; `size` is that of the bodies that wait."""

    waiting: list[Sent] = field(default_factory=list)
    workers: set[asyncio.Task[None]] = field(default_factory=set)
    size: int = 0
    wanted: int = 1
    """How many a worker waits for; `enough` is set when they are there."""
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, sent: Sent) -> None:
        self.waiting.append(sent)
        self.size += len(sent.arrival.body)
        if self.has_enough:
            self.enough.set()

    @property
    def has_enough(self) -> bool:
        return len(self.waiting) >= self.wanted or self.fills_a_group

    @property
    def fills_a_group(self) -> bool:
        return len(self.waiting) >= GROUP_REQUESTS // 2 or self.size >= ENOUGH_BYTES

    def next_group(self) -> list[Sent]:
        """Take from the front what fits into a group; at least one."""
        size = count = 0
        for sent in self.waiting[:GROUP_REQUESTS]:
            if count and size + len(sent.arrival.body) > GROUP_BYTES:
                break
            size += len(sent.arrival.body)
            count += 1
        group = self.waiting[:count]
        del self.waiting[:count]
        self.size -= size
        return group


class TakingIn:
    """The groups of one web process.

    `free` are the database connections that its requests share; `live` is the statement that returns those of the keys
    %(ids)s that still count.
    """

    def __init__(self, engine: Engine | Connection | None, free: asyncio.Semaphore, live: str) -> None:
        self._engine, self._free, self._live = engine, free, live
        self._queues: dict[Scope, _Queue] = {}
        self._commit_seconds = 0.0

    async def take(
        self,
        scope: Scope,
        arrival: Arrival,
        *,
        read: Read | None = None,
        envelope: Envelope = Envelope(()),  # noqa: B008 - frozen
        refused: CmcError | None = None,
        key: str | None = None,
    ) -> Taken:
        """Store a request with those that arrive meanwhile; return once it is committed, or raise why it is not.

        `refused` is why its body cannot be read: told only to a caller whose key counts.
        """
        if refused is not None and key is None:
            raise refused
        queue = self._queues.setdefault(scope, _Queue())
        if len(queue.waiting) >= MOST_WAITING:
            raise Unavailable("too many requests wait to be stored: send it again")
        sent = Sent(arrival, read, key, asyncio.get_running_loop().create_future(), envelope, refused)
        queue.add(sent)
        if not queue.workers or (len(queue.workers) < AT_ONCE and self._is_worth_another(queue)):
            queue.workers.add(asyncio.create_task(self._work(scope, queue)))
        return await sent.answer

    def _is_worth_another(self, queue: _Queue) -> bool:
        """Whether so much waits that a second group may be stored beside the one that is under way."""
        return queue.fills_a_group or (self._commit_seconds > SLOW_COMMIT and len(queue.waiting) >= ENOUGH_REQUESTS)

    async def _work(self, scope: Scope, queue: _Queue) -> None:
        try:
            while queue.waiting:
                await self._take_group(scope, queue)
        finally:  # in the same step that saw nobody waiting: whoever comes after it starts a worker anew
            queue.workers.discard(cast("asyncio.Task[None]", asyncio.current_task()))
            if not queue.workers and not queue.waiting:
                self._queues.pop(scope, None)

    async def _take_group(self, scope: Scope, queue: _Queue) -> None:
        begun = time.monotonic()
        group = queue.next_group()
        try:
            async with slots.slot(self._free):
                await run_sync(self._store, scope, group)
        except Exception as error:  # noqa: BLE001 - whatever it is, each of them must hear of it
            for sent in group:
                sent.error = sent.error or error
        for sent in group:
            _tell(sent)
        await _gather(queue, len(group), took=time.monotonic() - begun)

    def _store(self, scope: Scope, group: list[Sent]) -> None:
        """Store a group in one transaction; when the database refuses it, each in its own."""
        started, now = time.perf_counter(), clock.now()
        try:
            self._together(scope, group, now)
        except Exception as error:  # noqa: BLE001 - also a fault of ours must not spoil the neighbours of what met it
            if len(group) == 1 or (isinstance(error, DBAPIError) and error.connection_invalidated):
                for sent in group:
                    sent.error = sent.error or _told_of(error)
            else:
                for sent in group:
                    self._alone(scope, sent, now)
        seconds = time.perf_counter() - started
        for sent in group:
            if sent.error is None:
                code, items = sent.arrival.format, sent.envelope.items
                metrics.record(code, items, sent.results, received_at=now, seconds=seconds)

    def _alone(self, scope: Scope, sent: Sent, now: datetime) -> None:
        if sent.error is not None:
            return
        try:
            self._together(scope, [sent], now)
        except Exception as error:  # noqa: BLE001 - as above
            sent.error = _told_of(error)

    def _together(self, scope: Scope, group: list[Sent], now: datetime) -> None:
        engine = self._engine
        if engine is None:
            raise Unavailable("this process only describes itself")
        with db.transaction(engine, scope) as session:
            under, known = self._let_in(session, scope, group)
            for sent in group:
                if sent.read is not None and sent.error is None:
                    _read(sent, sent.read, session, now)
            ready = [sent for sent in group if sent.error is None and sent.envelope.items]
            arrivals = [(sent.arrival, sent.envelope.items) for sent in ready]
            found: list[list[ItemResult]] = []
            if ready:
                found, receipts = service.store_together(session, scope, arrivals, under=under, now=now, people=known)
                if receipts is not None:
                    db.say(session, *receipts)
            done = time.perf_counter()
        self._commit_seconds += (time.perf_counter() - done - self._commit_seconds) / 4
        for sent, results in zip(ready, found, strict=True):
            sent.results = results

    def _let_in(
        self, session: Session, scope: Scope, group: list[Sent]
    ) -> tuple[bytes, Mapping[people.PersonKey, people.Person]]:
        """Refuse those whose key no longer counts; return the master key that wraps now, and the people who are named
        in what was read already. One round trip.
        """
        keys = sorted({sent.key for sent in group if sent.key is not None})
        named = [item.patient_id for sent in group for item in sent.envelope.items if isinstance(item, Received)]
        ids = list({each for each in named if each is not None})
        asked = ((self._live, {"ids": keys}), *key_check.ASKED_FOR_CURRENT)
        live, _, wrapping, *rows = db.ask(session, *asked, *([people.asked_people(scope, ids)] if ids else []))
        gone = set(keys) - {row[0] for row in live}
        for sent in group:
            if sent.key in gone:
                sent.error = Unauthenticated("this key is not valid")
        under = key_check.checked(group[0].arrival.keys, wrapping[0][0] if wrapping else None)
        return under, people.found_people(session, scope, ids, rows[0]) if ids else people.NOBODY


def _read(sent: Sent, read: Read, session: Session, now: datetime) -> None:
    try:
        sent.envelope = read(session, now)
    except CmcError as error:  # of this body alone; the database was only asked, and is well
        sent.error = error


async def _gather(queue: _Queue, answered: int, *, took: float) -> None:
    """Wait until those who were answered have sent again, or no more come; not at all when there is enough to do."""
    queue.wanted = min(len(queue.waiting) + answered, GROUP_REQUESTS)
    until = time.monotonic() + min(max(took / 2, LEAST_GATHERING), MOST_GATHERING)
    quiet, before = max(took / 8, QUIET), -1
    while not queue.has_enough and len(queue.waiting) != (before or -1) and time.monotonic() < until:
        before = len(queue.waiting)
        queue.enough.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(queue.enough.wait(), quiet)


def _tell(sent: Sent) -> None:
    if sent.answer.done():
        return  # its sender has gone
    if sent.error is not None:
        sent.answer.set_exception(sent.error)
    else:
        sent.answer.set_result(Taken(sent.envelope, sent.results))


def _told_of(error: Exception) -> Exception:
    """What the sender is told. What it can get wrong was judged before: this is ours, also a COMMIT that failed or
    whose outcome is unknown. It keeps its readings and sends them again; their identity settles what was stored."""
    if not isinstance(error, DBAPIError):
        return error
    state = getattr(error.orig, "sqlstate", None)
    _logger.error("ingest_failed", error=type(error).__name__, sqlstate=state)  # its words may name a person
    return Unavailable("the readings could not be stored: send them again")
