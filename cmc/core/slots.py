"""Waiting for a database connection on the event loop, not in a thread."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from cmc.core.errors import Unavailable

SLOT_WAIT_SECONDS = 2
"""How long a request waits for a database connection before it is answered 503."""


@asynccontextmanager
async def database_slot(request: Request) -> AsyncIterator[None]:
    """Wait on the event loop, not in a thread, for one of the pool's connections to be free.

    Raises `Unavailable` after two seconds. Without this the threads that wait for a connection would be the ones that
    those who hold one need to give it back.
    """
    async with slot(request.app.state.slots):
        yield


@asynccontextmanager
async def slot(slots: asyncio.Semaphore) -> AsyncIterator[None]:
    """As `database_slot`, for what works for several requests at once."""
    try:
        async with asyncio.timeout(SLOT_WAIT_SECONDS):
            await slots.acquire()
    except TimeoutError as error:
        raise Unavailable("all database connections are busy") from error
    try:
        yield
    finally:
        slots.release()
