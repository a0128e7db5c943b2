"""The gateways: each keeps a reading until it was acknowledged, and tries again for ever."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from random import Random

from crash.journal import Journal
from crash.measuring import Item, Meters

TIMEOUT_S = 2.5
MOST_WAITING = 400
LONGEST_PAUSE_S = 0.4
PACE_S = 0.03
STREAMED = 0.2
"""Share of the batches that are sent as a stream of lines."""
KEPT = "kept"
"""What a stream says of a line by not telling it: new, or a duplicate."""
PIECE_BYTES = 700
"""A stream is sent in pieces of this size, which end anywhere in a line."""


class Answers:
    """What the gateways got to hear, counted by all of them together; `fresh` wakes who waits for life."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.statuses: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.fresh: deque[tuple[float, int]] = deque(maxlen=4000)
        self.twins = 0
        """Requests of which both copies were acknowledged."""

    def good(self, gateway: int, statuses: Sequence[str], began: float) -> None:
        with self._lock:
            self.statuses.update(statuses)
            self.fresh.append((began, gateway))

    def bad(self, why: str) -> None:
        with self._lock:
            self.failures[why] += 1

    def twin(self) -> None:
        with self._lock:
            self.twins += 1

    def gateways_since(self, moment: float) -> int:
        """How many gateways had a request acknowledged that they began after `moment`."""
        with self._lock:
            return len({gateway for began, gateway in self.fresh if began > moment})


class Gateway(threading.Thread):
    """One gateway with its own connection, journal and stream of random numbers.

    It sends single readings and batches, old ones before new ones, some twice in one batch, some again after they were
    acknowledged, and now and then another value under a number that was used. Some batches go out as a stream of lines. With `twins` each request goes out twice
    at the same time.
    """

    def __init__(
        self, number: int, port: int, key: str, meters: Meters, journal: Journal, answers: Answers, seed: str
    ) -> None:
        super().__init__(name=f"gateway-{number}", daemon=True)
        self.number, self.journal = number, journal
        self.twins = threading.Event()
        self._port, self._key, self._answers = port, key, answers
        self._meters, self._series = meters, iter(meters)
        self._random = Random(f"{seed}/sends")
        self._waiting: list[Item] = []
        self._done: deque[Item] = deque(maxlen=500)
        self._measuring, self._ending = True, threading.Event()
        self._resting, self.idle = threading.Event(), threading.Event()
        self._connection: http.client.HTTPConnection | None = None

    @property
    def waiting(self) -> int:
        """How many readings are not acknowledged yet."""
        return len(self._waiting)

    def finish(self) -> None:
        """Measure nothing more; what waits is still sent."""
        self._measuring = False

    def rest(self) -> None:
        """Send nothing more until `go_on`; `idle` is set as soon as nothing is under way."""
        self._resting.set()

    def go_on(self) -> None:
        """Measure and send again."""
        self._measuring = True
        self._resting.clear()

    def end(self) -> None:
        self._ending.set()

    def run(self) -> None:
        pause = 0.05
        while not self._ending.is_set():
            if self._resting.is_set():
                self.idle.set()
                self._ending.wait(0.02)
                continue
            self.idle.clear()
            batch = self._batch()
            if not batch:
                self._ending.wait(0.05)
                continue
            if self._exchange(batch):
                pause = 0.05
                self._ending.wait(PACE_S * self._random.random() * 2)
            else:
                self._ending.wait(pause * (0.5 + self._random.random()))
                pause = min(pause * 2, LONGEST_PAUSE_S)
        if self._connection is not None:
            self._connection.close()

    def _batch(self) -> list[Item]:
        draw = self._random
        if self._measuring:
            while len(self._waiting) < MOST_WAITING and draw.random() < 0.75:
                self._waiting.append(next(self._series))
            if self._done and draw.random() < 0.02:
                rival = self._meters.rival_of(draw.choice(self._done))
                self._waiting += [] if rival is None else [rival]
        if not self._waiting:
            return []
        count = 1 if draw.random() < 0.5 and len(self._waiting) < 60 else draw.randint(2, 60)
        chosen = draw.sample(self._waiting, min(count, len(self._waiting)))
        if count > 1 and self._measuring:
            chosen += draw.sample(chosen, 1) if draw.random() < 0.2 else []
            chosen += draw.sample(list(self._done), min(3, len(self._done))) if draw.random() < 0.2 else []
        return chosen

    def _exchange(self, batch: list[Item]) -> bool:
        """Send a batch; return whether it was acknowledged and written down."""
        streamed = len(batch) if len(batch) > 1 and self._random.random() < STREAMED else 0
        if streamed:
            body = b"".join(json.dumps(item.sent).encode() + b"\n" for item in batch)
        else:
            body = json.dumps(batch[0].sent if len(batch) == 1 else {"items": [item.sent for item in batch]}).encode()
        heard: list[list[str]] = []
        twin = None
        if self.twins.is_set():
            spare = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_S)
            twin = threading.Thread(target=self._try, args=(body, spare, heard, streamed), daemon=True)
            twin.start()
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_S)
        self._try(body, self._connection, heard, streamed)
        if twin is not None:
            twin.join()
            spare.close()
        if len(heard) == 2:
            self._answers.twin()
        if heard:
            # Of two answers to the same item at most one is the first.
            told = [(item, each) for item, *both in zip(batch, *heard, strict=True) for each in sorted(both)]
            self._acknowledged(batch, told)
        return bool(heard)

    def _try(self, body: bytes, connection: http.client.HTTPConnection, heard: list[list[str]], streamed: int) -> None:
        """Send one request; add the statuses of its items to `heard` when it was acknowledged.

        `streamed` is the number of lines of a stream, 0 for a body.
        """
        try:
            statuses = self._stream(body, connection, streamed) if streamed else self._post(body, connection)
        except (OSError, http.client.HTTPException) as error:
            self._answers.bad(type(error).__name__)
            connection.close()
        else:
            heard += [] if statuses is None else [statuses]

    def _post(self, body: bytes, connection: http.client.HTTPConnection) -> list[str] | None:
        began = time.monotonic()
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        connection.request("POST", "/v1/readings", body, headers)
        answer = connection.getresponse()
        content = _whole(answer)
        if answer.status == 200:
            statuses = [result["status"] for result in json.loads(content)["results"]]
            self._answers.good(self.number, statuses, began)
            return statuses
        self._refused(answer.status, content)
        return None

    def _stream(self, body: bytes, connection: http.client.HTTPConnection, lines: int) -> list[str] | None:
        """Send a stream of lines in pieces. It is acknowledged when its last answer line says so, and never by half."""
        began = time.monotonic()
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/x-ndjson"}
        pieces = (body[at : at + PIECE_BYTES] for at in range(0, len(body), PIECE_BYTES))
        connection.request("POST", "/v1/readings", pieces, headers, encode_chunked=True)
        answer = connection.getresponse()
        content = _whole(answer)
        if answer.status != 200:
            self._refused(answer.status, content)
            return None
        *told, last = [json.loads(line) for line in content.splitlines()]
        if not last.get("done"):
            self._refused(last["stopped"]["status"], json.dumps(last["stopped"]).encode())
            return None
        statuses = [KEPT] * lines
        for each in told:
            if "line" in each:
                statuses[each["line"] - 1] = each["status"]
        if last["lines"] != lines or sum(last["summary"].values()) != lines:
            self.journal.wrong(f"a stream of {lines} lines ended with {last}")
        self._answers.good(self.number, statuses, began)
        return statuses

    def _refused(self, status: int, content: bytes) -> None:
        """Count a refusal; write down one that no fault excuses."""
        self._answers.bad(str(status))
        if status not in {408, 429, 503}:
            with contextlib.suppress(ValueError):  # a problem document where there is one
                content = json.dumps(
                    {name: json.loads(content).get(name) for name in ("code", "detail", "errors")}
                ).encode()
            self.journal.wrong(f"answered {status}: {content[:300].decode(errors='replace')}")

    def _acknowledged(self, batch: list[Item], told: list[tuple[Item, str]]) -> None:
        self.journal.acknowledge(told)
        gone = {id(item) for item in batch}
        self._waiting = [item for item in self._waiting if id(item) not in gone]
        self._done.extend(item for item in batch if not item.rival)


def _whole(answer: http.client.HTTPResponse) -> bytes:
    """Return the body of an answer that came to its end.

    `http.client` takes a head that was cut for a whole one; without a length or chunks it then reads to the end of the
    connection. Every answer of the service has one of the two.
    """
    content = answer.read()
    if not answer.chunked and answer.getheader("Content-Length") is None:
        raise http.client.IncompleteRead(content)
    return content
