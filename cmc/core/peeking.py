"""One statement asked again and again on the event loop itself: a connection of its own, no thread, no pool.

A look-up that takes the database 60 µs costs several times that on its way through a worker thread and back. Here the
statement is prepared once and its answer read as soon as the socket has it. For what is asked thousands of times a
second and sees no person: the connection shows the database no scope.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg
from anyio.to_thread import run_sync
from psycopg import pq
from sqlalchemy import Engine

ANSWER_SECONDS: Final = 5.0
_STATEMENT: Final = b"peek"
_PARAMETER: Final = re.compile(r"%\((\w+)\)s")

Row = tuple[str, ...]


class Peek:
    """The connection of one statement, which takes %(name)s and gives columns of text; used by one event loop."""

    def __init__(self, engine: Engine, statement: str) -> None:
        self._engine = engine
        self._names = list(dict.fromkeys(_PARAMETER.findall(statement)))
        places = {name: f"${place}" for place, name in enumerate(self._names, start=1)}
        self._statement = _PARAMETER.sub(lambda found: places[found[1]], statement).encode()
        self._raw: Any = None
        self._socket = -1
        self._answer: asyncio.Future[list[Row]] | None = None
        self._results: list[pq.abc.PGresult] = []

    async def ask(self, values: Mapping[str, object]) -> list[Row]:
        """Return the rows; one question at a time. Raises psycopg's errors, and `TimeoutError` after five seconds.

        After any of them the connection is closed, and the next question opens another.
        """
        try:
            if self._raw is None:
                await self._open()
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._send([text_of(values[name]) for name in self._names])
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the connection; who waits for an answer hears of it."""
        raw, self._raw = self._raw, None
        if raw is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._socket)
        loop.remove_writer(self._socket)
        raw.close()
        self._fail(psycopg.OperationalError("the connection was closed"))

    async def _open(self) -> None:
        self._raw = await run_sync(self._connected)
        self._socket = self._raw.pgconn.socket
        asyncio.get_running_loop().add_reader(self._socket, self._readable)

    def _connected(self) -> Any:
        pooled = self._engine.raw_connection()
        raw: Any = pooled.driver_connection
        pooled.detach()  # the pool makes itself another
        prepared = raw.pgconn.prepare(_STATEMENT, self._statement)
        if prepared.status != pq.ExecStatus.COMMAND_OK:
            raw.close()
            raise psycopg.OperationalError(prepared.get_error_message())
        raw.pgconn.nonblocking = 1
        return raw

    async def _send(self, parameters: Sequence[bytes]) -> list[Row]:
        self._answer = asyncio.get_running_loop().create_future()
        wire = self._raw.pgconn
        wire.send_query_prepared(_STATEMENT, parameters)
        if wire.flush():
            asyncio.get_running_loop().add_writer(self._socket, self._writable)
        return await self._answer

    def _writable(self) -> None:
        try:
            if not self._raw.pgconn.flush():
                asyncio.get_running_loop().remove_writer(self._socket)
        except psycopg.Error as error:
            self._lost(error)

    def _readable(self) -> None:
        wire = self._raw.pgconn
        try:
            wire.consume_input()
            while not wire.is_busy():
                result = wire.get_result()
                if result is None:
                    self._told()
                    return
                self._results.append(result)
        except psycopg.Error as error:
            self._lost(error)

    def _told(self) -> None:
        results, self._results = self._results, []
        answer, self._answer = self._answer, None
        if answer is None or answer.done() or not results:
            return
        (result,) = results
        if result.status != pq.ExecStatus.TUPLES_OK:
            answer.set_exception(psycopg.OperationalError(result.get_error_message()))
            return
        columns = range(result.nfields)
        answer.set_result(
            [
                tuple((result.get_value(row, column) or b"").decode() for column in columns)
                for row in range(result.ntuples)
            ]
        )

    def _lost(self, error: psycopg.Error) -> None:
        """Tell who waits. Who asks next finds the connection gone as well, and then it is opened anew."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._socket)
        loop.remove_writer(self._socket)
        self._fail(error)

    def _fail(self, error: Exception) -> None:
        answer, self._answer, self._results = self._answer, None, []
        if answer is not None and not answer.done():
            answer.set_exception(error)


def text_of(value: object) -> bytes:
    """Return a value as PostgreSQL reads it: an instant, a duration, a text, or a list of texts."""
    if isinstance(value, datetime):
        return value.isoformat().encode()
    if isinstance(value, timedelta):
        return f"{value.total_seconds()} seconds".encode()
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, Iterable):
        return ("{" + ",".join(_quoted(str(each)) for each in value) + "}").encode()
    raise TypeError(f"no text of PostgreSQL for {type(value).__name__}")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
