"""The declared identity of a reading, version 1: what makes two arrivals the same reading. Pure.

1. With a device and its sequence number: (device, kind, sequence, second of `taken_at`). The instant belongs to it
   because counters wrap and devices are reset, and because it fixes the partition; how the time was written does not.
2. Else: (device with its user slot if it has one, or the person when there is no device; kind; specimen; second of
   `taken_at`; values with their bound).

Receive times, message ids and Idempotency-Keys are no part of it. The same identity with the same
content is a duplicate; with other content a conflict: the first is kept, the other is held and shown. Changing
anything here makes old readings look new: add a version beside this one instead.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cmc.core.ids import derived_id

VERSION = "1"


def by_sequence(device: str, kind: str, sequence: int, taken_at: datetime) -> UUID:
    """Return the id of a reading that the device numbered."""
    return derived_id("reading", VERSION, "seq", device, kind, str(sequence), _second(taken_at))


def by_content(source: str, kind: str, specimen: str | None, taken_at: datetime, values: tuple[object, ...]) -> UUID:
    """Return the id of a reading known by what it says; `source` is `device_source` or "patient:…"."""
    spelled = "/".join("" if value is None else str(value) for value in values)
    return derived_id("reading", VERSION, "val", source, kind, specimen or "", _second(taken_at), spelled)


def device_source(device: str, user_slot: int | None) -> str:
    """Return what stands for a device; the two users of a cuff are two sources."""
    return f"device:{device}" if user_slot is None else f"device:{device}/user:{user_slot}"


def held(kind: str, item: str) -> UUID:
    """Return the id of a held item, from its canonical text: a resend is the same row."""
    return derived_id("held-reading", VERSION, kind, item)


def _second(at: datetime) -> str:
    return str(int(at.timestamp()))
