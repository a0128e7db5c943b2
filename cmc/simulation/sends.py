"""What a hub sends: its readings in bodies, and the faults of gateways among them. Pure, drawn from a seed.

A reading is one line of the hub's file; its number is its place among the good lines. Every reading is in at least one
body, whatever the faults. Only a few bodies are held at a time, so that a file of any length can be sent.
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zlib import crc32

import msgspec
import numpy as np

_REMEMBERED: Final = 500
"""Readings of earlier bodies that may come again inside another one."""

_MOST_OVERTAKING: Final = 3
_LONGEST_BEFORE_HANGING_UP_S: Final = 0.05
_CLOCK_START: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - what a device shows has no zone
_FieldTexts = dict[str, msgspec.Raw]


class Reading(NamedTuple):
    """A reading of a hub: its number in the file, from 0, and its item as JSON."""

    number: int
    item: bytes


@dataclass(frozen=True, slots=True)
class Shares:
    """How often each fault happens, each 0 to 1: of the requests, `clock_reset` of the readings.

    `resend` the same body again after its answer · `reorder` held back and sent after up to three later ones of its hub
    · `duplicate` items of earlier requests come again in the body · `clock_reset` the device's clock started again at
    2000-01-01 · `lost_answer` the client hangs up before it has read the answer, and has to send again.
    """

    resend: float = 0.0
    reorder: float = 0.0
    duplicate: float = 0.0
    clock_reset: float = 0.0
    lost_answer: float = 0.0


@dataclass(frozen=True, slots=True)
class Send:
    """One request that is due: its readings, the faults in it, and when it hangs up (seconds after the body left)."""

    readings: tuple[Reading, ...]
    faults: Counter[str] = field(default_factory=Counter)
    hangs_up_after_s: float | None = None

    @property
    def body(self) -> bytes:
        """The body in the native format; the items stand in it as they stood in the file."""
        return b'{"items":[' + b",".join(reading.item for reading in self.readings) + b"]}"


def draws(seed: int, hub: str) -> np.random.Generator:
    """Return the random numbers of a hub."""
    return np.random.default_rng([seed, crc32(hub.encode())])


def sends(readings: Iterator[Reading], shares: Shares, batch: int, rng: np.random.Generator) -> Iterator[Send]:
    """Yield what a hub sends, in that order, in bodies of at most `batch` readings.

    `duplicate` puts at least one reading beside at least one new one, so that with a batch of 1 a body may hold two.
    """
    sent: deque[Reading] = deque(maxlen=_REMEMBERED)
    held_back: Send | None = None
    overtaking = wait = 0
    for send in _bodies(readings, shares, batch, rng, sent):
        if held_back is None and rng.random() < shares.reorder:
            held_back, overtaking, wait = send, 0, int(rng.integers(1, _MOST_OVERTAKING + 1))
            continue
        yield from _sent(send, shares, rng, sent)
        overtaking += 1
        if held_back is not None and overtaking >= wait:
            yield from _sent(_reordered(held_back), shares, rng, sent)
            held_back = None
    if held_back is not None:
        yield from _sent(_reordered(held_back) if overtaking else held_back, shares, rng, sent)


def with_reset_clock(reading: Reading) -> Reading | None:
    """Return the reading as a device shows it whose clock started again at 2000-01-01; None when it has no time.

    The clock has since gone on for one second a reading of the hub, so that no two readings become the same.
    """
    fields = msgspec.json.decode(reading.item, type=_FieldTexts)
    shown = (_CLOCK_START + timedelta(seconds=reading.number)).isoformat()
    for name, zone in (("taken_at", "+08:00"), ("taken_at_local", "")):
        if name in fields:
            fields[name] = msgspec.Raw(msgspec.json.encode(shown + zone))
            return Reading(reading.number, msgspec.json.encode(fields))
    return None


def _bodies(
    readings: Iterator[Reading], shares: Shares, batch: int, rng: np.random.Generator, sent: deque[Reading]
) -> Iterator[Send]:
    while True:
        again: tuple[Reading, ...] = ()
        if rng.random() < shares.duplicate and sent:
            count = min(len(sent), max(1, batch // 5))
            again = tuple(sent[int(place)] for place in rng.choice(len(sent), count, replace=False))
        faults: Counter[str] = Counter()
        fresh: list[Reading] = []
        for reading in readings:
            reset = with_reset_clock(reading) if rng.random() < shares.clock_reset else None
            faults["clock_reset"] += reset is not None
            fresh.append(reset or reading)
            if len(fresh) >= max(1, batch - len(again)):
                break
        if not fresh:
            return
        faults["duplicate"] += bool(again)
        place = int(rng.integers(0, len(fresh) + 1))
        yield Send((*fresh[:place], *again, *fresh[place:]), +faults)


def _reordered(send: Send) -> Send:
    return Send(send.readings, send.faults + Counter(reorder=1))


def _sent(send: Send, shares: Shares, rng: np.random.Generator, sent: deque[Reading]) -> Iterator[Send]:
    """Yield the request, hanging up or not, and perhaps once more."""
    lost, again = rng.random() < shares.lost_answer, rng.random() < shares.resend
    hangs_up_after_s = float(rng.random()) * _LONGEST_BEFORE_HANGING_UP_S if lost else None
    yield Send(send.readings, send.faults, hangs_up_after_s)
    if again:
        yield Send(send.readings, Counter(resend=1))
    sent.extend(send.readings)
