"""What a replay of gateways did: its counts, its latencies and its verdict, in memory that does not grow with it."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from cmc.ingest.results import Status
from cmc.simulation.sends import Send

_STEP: Final = math.log(1.01)
_MOST_NAMED: Final = 100


class Latencies:
    """Latencies in ms in classes of 1 %, so that a percentile is at most 1 % too high; the largest is exact."""

    def __init__(self) -> None:
        self._classes: Counter[int] = Counter()
        self.max_ms = 0.0

    def add(self, milliseconds: float) -> None:
        """Count one answer."""
        self._classes[math.ceil(math.log(max(milliseconds, 0.001)) / _STEP)] += 1
        self.max_ms = max(self.max_ms, milliseconds)

    def percentile(self, share: float) -> float:
        """Return the latency in ms within which `share` (0 to 1) of the answers came; 0 when there were none."""
        wanted, seen = share * self._classes.total(), 0
        for each in sorted(self._classes):
            seen += self._classes[each]
            if seen >= wanted:
                return min(math.exp(each * _STEP), self.max_ms)
        return 0.0


class Acknowledged:
    """Which readings of a hub were acknowledged: one bit each."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def mark(self, number: int) -> bool:
        """Note that reading `number` was acknowledged; return whether it is the first time."""
        place, bit = number >> 3, 1 << (number & 7)
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 1 - len(self._bits)))
        first = not self._bits[place] & bit
        self._bits[place] |= bit
        return first


@dataclass(slots=True)
class Report:
    """Counts of a replay.

    A request is a body that has to be acknowledged: `requests` = `acknowledged_requests` + refused + given up. Each try
    counts its readings: `readings_sent` = those of the `statuses` + `readings_unanswered`. A reading is acknowledged
    when the service said what became of it, also by quarantining or rejecting it: then its hub may forget it.
    """

    requests: int = 0
    acknowledged_requests: int = 0
    readings_sent: int = 0
    readings_unanswered: int = 0
    distinct: int = 0
    acknowledged: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    retries: Counter[str] = field(default_factory=Counter)
    given_up: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    latencies: Latencies = field(default_factory=Latencies)
    seconds: float = 0.0
    bad_lines: int = 0
    bad_lines_named: list[str] = field(default_factory=list)

    def bad_line(self, file: str, line: int, why: str) -> None:
        """Note a line that cannot be sent; the first hundred are named."""
        self.bad_lines += 1
        if self.bad_lines <= _MOST_NAMED:
            self.bad_lines_named.append(f"{file}:{line}: {why}")

    def acknowledge(self, send: Send, statuses: list[str], hub: Acknowledged, milliseconds: float) -> None:
        """Count the answer to a request: what became of each of its readings."""
        self.acknowledged_requests += 1
        self.statuses.update(statuses)
        self.acknowledged += sum(hub.mark(reading.number) for reading in send.readings)
        self.latencies.add(milliseconds)

    @property
    def failed(self) -> bool:
        """Whether a reading was never acknowledged, or a request was answered 5xx to the last."""
        return self.acknowledged < self.distinct or any(cause.startswith("5") for cause in self.given_up)

    @property
    def per_second(self) -> float:
        """Readings acknowledged per second, repeats included."""
        return self.statuses.total() / self.seconds if self.seconds else 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the report for machines."""
        latency = {name: round(value, 2) for name, value in self._latency().items()}
        return {
            "requests": self.requests,
            "acknowledged_requests": self.acknowledged_requests,
            "readings": {
                "sent": self.readings_sent,
                "unanswered": self.readings_unanswered,
                "distinct": self.distinct,
                "acknowledged": self.acknowledged,
            },
            "statuses": {status.value: self.statuses[status] for status in Status},
            "refused": dict(self.refused),
            "retries": dict(self.retries),
            "given_up": dict(self.given_up),
            "faults": dict(self.faults),
            "latency_ms": latency,
            "seconds": round(self.seconds, 3),
            "readings_per_second": round(self.per_second, 1),
            "bad_lines": {"count": self.bad_lines, "named": self.bad_lines_named},
            "all_acknowledged": self.acknowledged == self.distinct,
            "failed": self.failed,
        }

    def show(self, console: Console) -> None:
        """Print the report for people."""
        grid = Table(title="Gateways replayed")
        grid.add_column("what")
        grid.add_column("figure", justify="right")
        grid.add_row("requests", f"{self.requests:,}")
        grid.add_row("readings sent, repeats and tries counted", f"{self.readings_sent:,}")
        grid.add_row("distinct readings", f"{self.distinct:,}")
        for status in Status:
            grid.add_row(f"    {status.value}", f"{self.statuses[status]:,}")
        for what, counts in (
            ("refused", self.refused),
            ("sent again", self.retries),
            ("given up", self.given_up),
            ("fault", self.faults),
        ):
            for name, count in sorted(counts.items()):
                grid.add_row(f"{what}: {name}", f"{count:,}")
        for name, value in self._latency().items():
            grid.add_row(f"latency {name}", f"{value:,.1f} ms")
        grid.add_row("readings acknowledged per second", f"{self.per_second:,.0f}")
        grid.add_row("lines that cannot be sent", f"{self.bad_lines:,}")
        console.print(grid)
        missing = self.distinct - self.acknowledged
        verdict = f"{missing:,} readings were never acknowledged." if missing else "Every reading was acknowledged."
        console.print(verdict + (" Requests were answered 5xx to the last." if self.failed and not missing else ""))

    def _latency(self) -> dict[str, float]:
        shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
        return {name: self.latencies.percentile(share) for name, share in shares.items()} | {
            "max": self.latencies.max_ms
        }
