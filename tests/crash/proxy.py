"""A TCP proxy between the gateways and the service that can lose, cut, delay and swallow what passes through it."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from random import Random

DAMAGES = ("drop_answer", "cut_answer", "black_hole", "swallow_request", "slow", "cut_request")
_CHUNK = 65536


class Proxy:
    """Listens on a port of its own and passes everything on, damaged by `damage` in a share of the exchanges."""

    def __init__(self, target: int, seed: str) -> None:
        self.damage: str | None = None
        self.share = 1.0
        self.done: Counter[str] = Counter()
        self.port = 0
        self._target, self._random = target, Random(seed)
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._listening.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        self._listening.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        line = _Line(self, (reader, writer), (far_reader, far_writer))
        try:
            await asyncio.gather(line.requests(), line.answers())
        except (OSError, asyncio.IncompleteReadError):
            pass  # either end hung up: the other one is told below
        finally:
            writer.transport.abort()
            far_writer.transport.abort()

    def strikes(self, *damages: str) -> str | None:
        """Return the damage that this exchange suffers, if it is one of `damages`."""
        if self.damage in damages and self._random.random() < self.share:
            self.done[self.damage] += 1
            return self.damage
        return None


_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Line:
    """One connection of a gateway and the one to the service behind it."""

    def __init__(self, proxy: Proxy, near: _Streams, far: _Streams) -> None:
        self.proxy = proxy
        (self.from_gateway, self.to_gateway), (self.from_service, self.to_service) = near, far
        self.deaf = self.mute = False
        """Once something was swallowed, nothing passes in that direction any more, as when a path is gone."""

    async def requests(self) -> None:
        while part := await self.from_gateway.read(_CHUNK):
            damage = self.proxy.strikes("swallow_request", "slow", "cut_request")
            self.deaf = self.deaf or damage == "swallow_request"
            if self.deaf:
                continue
            if damage == "cut_request":
                self.to_service.write(part[: len(part) * 2 // 3])
                await self.to_service.drain()
                raise ConnectionAbortedError
            if damage == "slow":
                await self._slowly(part)
                continue
            self.to_service.write(part)
            await self.to_service.drain()
        raise ConnectionAbortedError

    async def answers(self) -> None:
        while part := await self.from_service.read(_CHUNK):
            damage = self.proxy.strikes("drop_answer", "cut_answer", "black_hole")
            self.mute = self.mute or damage == "black_hole"
            if self.mute:
                continue
            if damage == "cut_answer":
                self.to_gateway.write(part[: len(part) // 2])
                await self.to_gateway.drain()
            if damage is not None:
                raise ConnectionAbortedError
            self.to_gateway.write(part)
            await self.to_gateway.drain()
        raise ConnectionAbortedError

    async def _slowly(self, part: bytes) -> None:
        step = max(16, len(part) // 20)
        for place in range(0, len(part), step):
            self.to_service.write(part[place : place + step])
            await self.to_service.drain()
            await asyncio.sleep(0.03)
