"""Back-fill: readings as they stream in, one JSON object a line, stored in batches while the sender goes on.

Memory stays constant however long the stream is: one batch is stored while the next is read, and nothing more is read
until the first is committed, so that a fast sender waits. Each batch goes the way of every other request (group commit,
the key looked up again, a receipt of its own that holds the lines as they came). What an answer line acknowledges is
committed; a stream that broke off is sent again whole, and what was stored is a duplicate then.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from cmc.core import problems
from cmc.core.crypto import Keyring
from cmc.core.errors import CmcError, FieldError
from cmc.core.scope import Scope
from cmc.ingest.formats import native
from cmc.ingest.keeping import Arrival
from cmc.ingest.received import Envelope, Faults, Received
from cmc.ingest.results import ItemResult, Status
from cmc.ingest.taking_in import TakingIn

MEDIA_TYPE: Final = "application/x-ndjson"
BATCH_LINES: Final = 500
BATCH_BYTES: Final = 256 * 1024
LINE_BYTES: Final = 4096
MOST_TOLD: Final = 1000
"""Lines that are told one by one; further ones are only counted, so that a sender need not read while it sends."""
PROGRESS_BATCHES: Final = 100
_QUIET: Final = frozenset({Status.CREATED, Status.DUPLICATE})
_NO_LINE: Final = "this line is not one JSON value in UTF-8"
_LONG: Final = f"a line holds at most {LINE_BYTES} bytes"
_json = msgspec.json.Decoder(msgspec.Raw)


def is_stream(request: Request) -> bool:
    """Tell whether a request is a stream of lines."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == MEDIA_TYPE


@dataclass(slots=True)
class _Batch:
    """Lines as they came, with their numbers in the stream; `bad` are those that are no line at all."""

    lines: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)
    size: int = 0

    def add(self, number: int, line: bytes) -> None:
        if len(line) > LINE_BYTES:
            self.bad.append((number, _LONG))
        elif not _is_json(line):
            self.bad.append((number, _NO_LINE))
        else:
            self.lines.append(line)
            self.numbers.append(number)
            self.size += len(line)

    @property
    def is_full(self) -> bool:
        return len(self.lines) + len(self.bad) >= BATCH_LINES or self.size >= BATCH_BYTES


class Stream(Response):
    """The answer to a stream, which takes the readings in while it is being sent."""

    def __init__(self, request: Request, scope: Scope, taking_in: TakingIn, keys: Keyring, key: str | None) -> None:
        super().__init__(media_type=MEDIA_TYPE)
        self._request, self._scope, self._taking_in, self._keys, self._key = request, scope, taking_in, keys, key
        self._told: Counter[Status] = Counter()
        self._untold = self._committed = self._told_lines = 0

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        started = False

        async def say(*lines: dict[str, Any]) -> None:
            nonlocal started
            if not started:
                headers = [(b"content-type", MEDIA_TYPE.encode())]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                started = True
            body = b"".join(msgspec.json.encode(each) + b"\n" for each in lines)
            await send({"type": "http.response.body", "body": body, "more_body": True})

        try:
            await self._take(receive, say)
        except CmcError as error:
            refusal = problems.problem(self._request, error)
            if not started:
                await refusal(scope, receive, send)
                return
            await say({"stopped": msgspec.Raw(bytes(refusal.body)), **self._account()})
        else:
            await say({"done": True, **self._account()})
        await send({"type": "http.response.body", "body": b""})

    async def _take(self, receive: Receive, say: Callable[..., Any]) -> None:
        storing: asyncio.Task[list[dict[str, Any]]] | None = None
        count = 0
        try:
            async for batch in _batches(receive):
                if storing is not None:
                    count += 1
                    await self._tell(await storing, say, progress=count % PROGRESS_BATCHES == 0)
                storing = asyncio.create_task(self._store(batch))
            if storing is not None:
                await self._tell(await storing, say, progress=False)
        finally:
            if storing is not None and not storing.done():
                await asyncio.wait([storing])  # what is on its way to the database is finished there anyway

    async def _tell(self, lines: list[dict[str, Any]], say: Callable[..., Any], *, progress: bool) -> None:
        more = [self._account()] if progress else []
        if lines or more:
            await say(*lines, *more)

    def _account(self) -> dict[str, Any]:
        found: dict[str, Any] = {"lines": self._committed, "summary": dict(self._told)}
        return found | {"untold": self._untold} if self._untold else found

    async def _store(self, batch: _Batch) -> list[dict[str, Any]]:
        """Store a batch; return the answer lines of what is neither new nor a duplicate."""
        envelope = _read(batch.lines)
        told: list[tuple[int, ItemResult]] = []
        if batch.lines:
            arrival = Arrival(self._scope.actor, native.FORMAT.code, _body(batch.lines), self._keys)
            taken = await self._taking_in.take(self._scope, arrival, envelope=envelope, key=self._key)
            told = [(number, each) for number, each in zip(batch.numbers, taken.results, strict=True)]
        for number, words in batch.bad:
            told.append((number, ItemResult(0, Status.REJECTED, None, (FieldError("", "unreadable", words),))))
        self._committed = max([*batch.numbers, *(number for number, _ in batch.bad), self._committed])
        self._told.update(each.status for _, each in told)
        return [self._line(number, each) for number, each in sorted(told, key=lambda one: one[0]) if self._says(each)]

    def _says(self, result: ItemResult) -> bool:
        if result.status in _QUIET:
            return False
        if self._told_lines >= MOST_TOLD:
            self._untold += 1
            return False
        self._told_lines += 1
        return True

    @staticmethod
    def _line(number: int, result: ItemResult) -> dict[str, Any]:
        found: dict[str, Any] = {"line": number, "status": result.status}
        if result.id is not None:
            found["id"] = result.id
        return found | {"errors": result.errors}


def _read(lines: list[bytes]) -> Envelope:
    """Read lines as items of one batch; pointers count from the line. One that no batch can hold is refused alone."""
    if not lines:
        return Envelope(())
    try:
        items = native.read(_body(lines)).items
        return Envelope(tuple(_from_line(item, f"/items/{place}") for place, item in enumerate(items)))
    except CmcError:
        return Envelope(tuple(_alone(line) for line in lines))


def _body(lines: list[bytes]) -> bytes:
    return b'{"items":[' + b",".join(lines) + b"]}"


def _alone(line: bytes) -> Received | Faults:
    try:
        (item,) = native.read(_body([line])).items
    except CmcError as error:
        return error.errors or (FieldError("", error.code, error.detail),)
    return _from_line(item, "/items/0")


def _from_line(item: Received | Faults, pointer: str) -> Received | Faults:
    if isinstance(item, Received):
        return msgspec.structs.replace(item, pointer="")
    return tuple(FieldError(each.pointer.removeprefix(pointer), each.code, each.detail) for each in item)


def _is_json(line: bytes) -> bool:
    try:
        line.decode()
        _json.decode(line)
    except (UnicodeDecodeError, msgspec.MsgspecError, RecursionError):
        return False
    return True


async def _batches(receive: Receive) -> AsyncIterator[_Batch]:
    batch, rest, number, more = _Batch(), b"", 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        more = message.get("more_body", False)
        *lines, rest = (rest + message.get("body", b"")).split(b"\n")
        if not more:
            lines.append(rest)
        elif len(rest) > LINE_BYTES:
            rest = rest[: LINE_BYTES + 1]  # too long already: the remainder is not kept, only its end is waited for
        for line in lines:
            number += 1
            if stripped := line.strip():
                batch.add(number, stripped)
            if batch.is_full:
                yield batch
                batch = _Batch()
    if batch.lines or batch.bad:
        yield batch
