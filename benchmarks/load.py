"""A closed-loop HTTP/1.1 client that costs little: prepared bytes over kept connections, each answer checked."""

import asyncio
import select
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """What one burst did: answers per second, and the time of each answer in seconds."""

    seconds: float
    latencies: list[float]

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the latency in milliseconds below which `share` of the answers lie."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


def request(method: str, path: str, *, token: str = "", body: bytes = b"", **headers: str) -> bytes:
    """Return the bytes of one request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines.append("Content-Type: application/json")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def burst(port: int, requests: Sequence[bytes], *, connections: int, status: int = 200) -> Result:
    """Send every request once over `connections` connections; raise when an answer has another status."""
    return asyncio.run(_burst(port, requests, connections, status))


def swift(port: int, message: bytes, count: int, *, connections: int, status: int, end: bytes) -> Result:
    """Send one request `count` times over `connections` connections, by bare sockets: for servers that outrun `burst`.

    Every answer must have `status` and end in `end`, the last bytes of its head or of its short body.
    """
    sockets = {each.fileno(): each for each in (_connected(port) for _ in range(connections))}
    waiting, latencies = select.epoll(), list[float]()
    started_at, parts = dict[int, float](), dict[int, bytes]()
    expected, left = b"HTTP/1.1 %d " % status, count
    started = time.perf_counter()
    for number, each in sockets.items():
        waiting.register(number, select.EPOLLIN)
        started_at[number], left = time.perf_counter(), left - 1
        each.send(message)
    while len(latencies) < count:
        for number, _ in waiting.poll():
            answer = parts.pop(number, b"") + sockets[number].recv(65536)
            if not answer.startswith(expected):
                raise AssertionError(f"expected {status}, got {answer[:300]!r}")
            if not answer.endswith(end):
                parts[number] = answer
                continue
            now = time.perf_counter()
            latencies.append(now - started_at[number])
            if left > 0:
                started_at[number], left = now, left - 1
                sockets[number].send(message)
    seconds = time.perf_counter() - started
    waiting.close()
    for each in sockets.values():
        each.close()
    return Result(seconds, latencies)


def _connected(port: int) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def best_of(rounds: int, variants: dict[str, Callable[[], Result]]) -> dict[str, list[Result]]:
    """Run the variants in turn, `rounds` times, so that a busy moment of the machine meets all of them."""
    found: dict[str, list[Result]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, run in variants.items():
            found[name].append(run())
    return found


def table_line(what: str, ours: float, unit: str, peer: str, theirs: float, *, note: str = "") -> str:
    """Return one line of the table; it ends in the ratio of ours to the peer's."""
    digits = ",.0f" if ours >= 10 else ",.2f"
    figures = f"{ours:{digits}} {unit}{note}"
    return f"{what:<36} {figures:<34} {peer}: {theirs:{digits}}   ratio {ours / theirs:.2f}"


async def _burst(port: int, requests: Sequence[bytes], connections: int, status: int) -> Result:
    queue = iter(requests)
    latencies: list[float] = []
    started = time.perf_counter()
    await asyncio.gather(*(_connection(port, queue, latencies, status) for _ in range(connections)))
    return Result(time.perf_counter() - started, latencies)


async def _connection(port: int, queue: object, latencies: list[float], status: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    expected = str(status).encode()
    for message in queue:  # type: ignore[attr-defined]
        started = time.perf_counter()
        writer.write(message)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _content_length(head)
        body = await reader.readexactly(length) if length else b""
        latencies.append(time.perf_counter() - started)
        if head.split(b" ", 2)[1] != expected:
            raise AssertionError(f"expected {status}, got {head.splitlines()[0]!r} {body[:300]!r}")
    writer.close()
    await writer.wait_closed()


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    return 0
