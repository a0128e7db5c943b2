"""Replays hubs over HTTP against a running service, with the faults of real gateways.

A hub is a file of native readings, one a line. It has one request under way at a time, so that its order holds; hubs
take turns, at most `connections` of them under way at once. Each request is sent again, after growing pauses that
honour Retry-After, until it is acknowledged, refused, or out of tries.

With a rate the replay is an open loop: requests are due at fixed moments whatever the service does, and a latency is
measured from the moment at which its request was due, not from when it was at last sent. A stalled service therefore
shows in every request that had to wait for it (no "coordinated omission"). Without a rate, a request is due when a
connection is free for it.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from itertools import islice
from pathlib import Path
from typing import Final

import httpx
import msgspec

from cmc.core import clock
from cmc.core.operating import OperatorError
from cmc.ingest.results import Status
from cmc.simulation import hub_files
from cmc.simulation.gateway_report import Acknowledged, Report
from cmc.simulation.sends import Reading, Send, Shares, draws, sends

MOST_ITEMS: Final = 500
LOST_ANSWER: Final = "lost_answer"
_OPEN_FILES: Final = 64
"""Hubs that take turns at once; the next file is opened when one has been sent."""

_SENT_AGAIN: Final = frozenset({408, 429})


@dataclass(frozen=True, slots=True)
class Patience:
    """How a gateway tries again: pauses double from the first to the longest (seconds), each shortened by chance."""

    tries: int = 10
    first_pause_s: float = 0.2
    longest_pause_s: float = 10.0
    timeout_s: float = 30.0

    def pause_s(self, failures: int, chance: float, retry_after_s: float = 0.0) -> float:
        """Return the pause after so many failures: by `chance` (0 to 1) half of it or all, on top of Retry-After."""
        backoff = min(self.longest_pause_s, self.first_pause_s * 2.0 ** (failures - 1))
        return retry_after_s + backoff * (0.5 + chance / 2)


@dataclass(frozen=True, slots=True)
class Traffic:
    """How the hubs send: readings per second over all of them (0: as fast as possible), and how much at once."""

    url: str = "http://127.0.0.1:8000"
    rate: float = 0.0
    batch: int = 50
    connections: int = 8
    seed: int = 0
    limit: int | None = None
    shares: Shares = field(default_factory=Shares)
    patience: Patience = field(default_factory=Patience)


class _HungUp(Exception):
    """The client closed the connection before it had read the answer, as a fault."""


class _ItemAnswer(msgspec.Struct):
    status: Status


class _Answer(msgspec.Struct):
    results: list[_ItemAnswer]


class _Problem(msgspec.Struct):
    code: str


_answer = msgspec.json.Decoder(_Answer)
_problem = msgspec.json.Decoder(_Problem)


def replay(
    files: Sequence[Path], traffic: Traffic, key_of: Callable[[Path], str], progress: Callable[[int], None]
) -> Report:
    """Send everything and return what happened; `progress` is told the bytes read so far.

    `key_of` gives the gateway key that the hub of a file sends with.

    Raises `OperatorError` when a file cannot be read, the address is no URL, or nobody answers there from the start.
    """
    if httpx.URL(traffic.url).scheme not in {"http", "https"}:
        raise OperatorError("--url must begin with http:// or https://.")
    try:
        return asyncio.run(_Replay(files, traffic, key_of, progress).run())
    except ExceptionGroup as group:
        raise group.exceptions[0] from group


def retry_after_s(answer: httpx.Response) -> float:
    """Return the seconds that Retry-After asks for, 0 without one or with one that says nothing."""
    asked = answer.headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        return float(asked)
    try:
        return max(0.0, (parsedate_to_datetime(asked) - clock.now()).total_seconds())
    except (ValueError, TypeError):  # no date, or one without a zone
        return 0.0


class _Hub:
    """A file on its way: what it still sends, and what of it was acknowledged."""

    def __init__(self, replay: "_Replay", path: Path) -> None:
        traffic = replay.traffic
        self.rng = draws(traffic.seed, path.name)
        self.acknowledged = Acknowledged()
        self.sends = sends(replay.readings(path), traffic.shares, traffic.batch, self.rng)
        self.headers = {"Authorization": f"Bearer {replay.key_of(path)}"}


class _Replay:
    """One replay: the hubs that have something left, and the connections that take turns with them."""

    _client: httpx.AsyncClient

    def __init__(
        self,
        files: Sequence[Path],
        traffic: Traffic,
        key_of: Callable[[Path], str],
        progress: Callable[[int], None],
    ) -> None:
        self.traffic, self.report, self.key_of, self._progress = traffic, Report(), key_of, progress
        self._files = iter(files)
        self._hubs: deque[_Hub] = deque()
        self._workers = min(traffic.connections, len(files))
        self._due, self._bytes = 0.0, 0

    async def run(self) -> Report:
        """Send everything."""
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        limits = httpx.Limits(max_connections=self._workers, max_keepalive_connections=self._workers)
        timeout = self.traffic.patience.timeout_s
        self._client = httpx.AsyncClient(
            base_url=self.traffic.url, headers=headers, limits=limits, timeout=timeout, trust_env=False
        )
        started = self._due = time.monotonic()
        async with self._client, asyncio.TaskGroup() as workers:
            for path in islice(self._files, max(_OPEN_FILES, self._workers)):
                self._hubs.append(_Hub(self, path))
            for _ in range(self._workers):
                workers.create_task(self._work())
        self.report.seconds = time.monotonic() - started
        return self.report

    def readings(self, path: Path) -> Iterator[Reading]:
        """Yield the good lines of a file until the limit is reached."""
        number = 0
        try:
            with path.open("rb") as file:
                for line_number, line in hub_files.lines(file.readline):
                    self._bytes += len(line)
                    why = hub_files.fault(line)
                    if why is not None:
                        self.report.bad_line(str(path), line_number, why)
                    elif line.strip():
                        if self.traffic.limit is not None and self.report.distinct >= self.traffic.limit:
                            return
                        self.report.distinct += 1
                        yield Reading(number, line.strip())
                        number += 1
        except OSError as error:
            raise OperatorError(f"{path} cannot be read ({error.strerror}).") from error

    async def _work(self) -> None:
        """Send for one hub after the other; end when all that is left is in the hands of other connections."""
        while self._hubs:
            hub = self._hubs.popleft()
            send = next(hub.sends, None)
            if send is None:
                path = next(self._files, None)
                if path is not None:
                    self._hubs.append(_Hub(self, path))
                continue
            due = await self._moment(len(send.readings))
            await self._deliver(hub, send, due)
            self._progress(self._bytes)
            self._hubs.append(hub)

    async def _moment(self, readings: int) -> float:
        """Take the next moment of the schedule and wait for it."""
        if not self.traffic.rate:
            return time.monotonic()
        due = self._due
        self._due += readings / self.traffic.rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        return due

    async def _deliver(self, hub: _Hub, send: Send, due: float) -> None:
        """Try until the request is acknowledged, refused, or out of tries; `due` is monotonic time in seconds."""
        report, patience = self.report, self.traffic.patience
        report.requests += 1
        report.faults += send.faults
        body, hangs_up, failures = send.body, send.hangs_up_after_s, 0
        while True:
            report.readings_sent += len(send.readings)
            answer = await self._attempt(hub, body, hangs_up)
            hangs_up, cause = None, _cause(answer)
            if cause is None and isinstance(answer, httpx.Response):
                self._settle(hub, send, answer, due)
                return
            report.readings_unanswered += len(send.readings)
            failures += cause != LOST_ANSWER
            if failures >= patience.tries:
                break
            report.retries[str(cause)] += 1
            if cause == LOST_ANSWER:
                report.faults[LOST_ANSWER] += 1
                continue
            asked = retry_after_s(answer) if isinstance(answer, httpx.Response) else 0.0
            await asyncio.sleep(patience.pause_s(failures, float(hub.rng.random()), asked))
        report.given_up[str(cause)] += 1
        if cause == "connection" and not report.acknowledged and not report.refused:
            raise OperatorError(f"Nobody answers at {self.traffic.url}: is `cmc up` running?")

    async def _attempt(self, hub: _Hub, body: bytes, hangs_up_after_s: float | None) -> httpx.Response | str:
        """Return the answer, or why there is none."""

        async def hang_up(event: str, _: object) -> None:
            if event == "http11.send_request_body.complete" and hangs_up_after_s is not None:
                await asyncio.sleep(hangs_up_after_s)
                raise _HungUp

        faulty = {} if hangs_up_after_s is None else {"trace": hang_up}
        try:
            return await self._client.post("/v1/readings", content=body, headers=hub.headers, extensions=faulty)
        except _HungUp:
            return LOST_ANSWER
        except httpx.TimeoutException:
            return "timeout"
        except httpx.RequestError:
            return "connection"

    def _settle(self, hub: _Hub, send: Send, answer: httpx.Response, due: float) -> None:
        milliseconds = (time.monotonic() - due) * 1000
        try:
            if answer.is_success:
                statuses = [each.status.value for each in _answer.decode(answer.content).results]
                if len(statuses) == len(send.readings):
                    self.report.acknowledge(send, statuses, hub.acknowledged, milliseconds)
                    return
            code = "unusable-answer" if answer.is_success else _problem.decode(answer.content).code
        except (msgspec.MsgspecError, UnicodeDecodeError):
            code = "unusable-answer" if answer.is_success else f"http-{answer.status_code}"
        self.report.refused[code] += 1
        self.report.readings_unanswered += len(send.readings)


def _cause(answer: httpx.Response | str) -> str | None:
    """Return why the request has to be sent again, None when it has not."""
    if isinstance(answer, str):
        return answer
    again = answer.status_code in _SENT_AGAIN or answer.status_code >= 500
    return str(answer.status_code) if again else None
