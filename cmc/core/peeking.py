"""One statement asked again and again on the event loop itself: a connection of its own, no thread, no pool.

A look-up that takes the database 60 µs costs several times that on its way through a worker thread and back. Here the
statement is prepared once and its answer awaited. For what is asked thousands of times a second and sees no person: the
connection shows the database no scope.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import psycopg
from sqlalchemy import Engine

from cmc.core import db

ANSWER_SECONDS: Final = 5.0

Row = tuple[Any, ...]


class Peek:
    """The connection of one statement, which takes %(name)s; used by one event loop."""

    def __init__(self, engine: Engine, statement: str) -> None:
        self._engine, self._statement = engine, statement
        self._connection: psycopg.AsyncConnection[Row] | None = None

    async def ask(self, values: Mapping[str, object]) -> list[Row]:
        """Return the rows; one question at a time. Raises psycopg's errors, and `TimeoutError` after five seconds.

        After any of them the connection is closed, and the next question opens another.
        """
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                if self._connection is None:
                    arguments = db.connection_arguments(self._engine)
                    self._connection = await psycopg.AsyncConnection.connect(**arguments, autocommit=True)
                cursor = await self._connection.execute(self._statement, values, prepare=True)
                return await cursor.fetchall()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """End the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
