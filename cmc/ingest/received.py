"""What every format turns its payload into: one neutral reading per item, times in UTC, values as they were sent.

A format is pure: it reads bytes and neither judges values nor knows people. `judging.py` and `service.py` do the rest
for all formats alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from cmc.core.errors import FieldError
from cmc.core.text import Text
from cmc.ingest.amounts import Amount

Faults = tuple[FieldError, ...]
"""Why an item was not understood."""


class Received(Struct, frozen=True, kw_only=True):
    """One reading as received. Glucose has `value` or `flag` (HI/LO with an optional `limit`), pressure the pair."""

    pointer: str
    """JSON pointer of the item in its payload, e.g. "/items/3"; "" for a single object."""
    as_sent: Any
    """The item itself, in a form that `msgspec.json.encode` writes the same way every time."""
    kind: str
    patient_id: UUID | None = None
    identifier: tuple[str, str] | None = None
    """(system, value) of another system, when the sender does not know our id."""
    setting: str
    period: str | None = None
    specimen: str | None = None
    value: Amount | None = None
    flag: str | None = None
    limit: Amount | None = None
    systolic: Amount | None = None
    diastolic: Amount | None = None
    pulse: Amount | None = None
    unit: str
    """The unit as received; "" only beside a flag without a limit."""
    device: str | None = None
    sequence: int | None = None
    taken_at: datetime
    """Aware UTC, whole second."""
    device_time_text: str
    """The time exactly as the sender wrote it; a local time is followed by its zone."""
    time_field: str = "taken_at"
    """The field of the payload that held the time."""
    utc_offset_minutes: int
    notes: tuple[str, ...] = ()
    """Codes of what was settled while reading, e.g. time_ambiguous."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload taken apart: each item is a reading or the faults that make it none."""

    items: tuple[Received | Faults, ...]


@dataclass(frozen=True, slots=True)
class Format:
    """A wire format. `version` belongs to its identity rules: raise it when the meaning of a payload changes."""

    code: str
    version: int
    name: Text
    read: Callable[[bytes], Envelope]
    """Take a payload apart; raises `Unreadable` (400) or `Invalid` (422) when the envelope itself is unusable."""
