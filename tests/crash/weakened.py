"""`python -m crash.weakened <fault> <cmc arguments>`: the service with one promise taken away, for negative controls.

The product knows nothing of this: the fault is put in from outside, into the imported modules of a child process. A
harness that does not notice each of them proves nothing when it finds nothing.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from cmc import cli, main, up
from cmc.core.embedded import cluster

EARLY_ANSWER = "early-answer"
NO_SYNC_COMMIT = "synchronous-commit-off"
NO_FSYNC = "fsync-off"

Message = MutableMapping[str, Any]
Application = Callable[[MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
                       Awaitable[None]]  # fmt: skip


class EarlyAnswer:
    """ASGI layer that acknowledges readings as soon as it has read them, and lets them be stored afterwards."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._storing: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith("/v1/readings"):
            await self._app(scope, receive, send)
            return
        if (b"content-type", b"application/x-ndjson") in scope["headers"]:
            await self._app(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message.get("body", b""), message.get("more_body", False)
        task = asyncio.create_task(self._store(scope, body))
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)
        count = len(json.loads(body).get("items", [None]))
        answer = {"results": [{"index": place, "status": "created"} for place in range(count)]}
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    async def _store(self, scope: Any, body: bytes) -> None:
        given = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Message:
            message: Message | None = next(given, None)
            if message is None:
                await asyncio.sleep(3600)  # the gateway has its answer and does not hang up
            return message or {"type": "http.disconnect"}

        async def send(_: Message) -> None:
            """Nobody listens any more."""

        await self._app(scope, receive, send)


def weaken(fault: str) -> None:
    """Put one fault into this process."""
    if fault == NO_SYNC_COMMIT:
        cluster.SETTINGS["synchronous_commit"] = "off"
    elif fault == NO_FSYNC:
        cluster.SETTINGS["fsync"] = "off"
    elif fault == EARLY_ANSWER:
        up.python_module = lambda *arguments: [sys.executable, "-m", "crash.weakened", fault, *arguments[1:]]
        whole = main.create_app
        main.create_app = lambda: EarlyAnswer(whole())
    else:
        raise ValueError(f"there is no fault named {fault}")


if __name__ == "__main__":
    weaken(sys.argv.pop(1))
    cli.main()
