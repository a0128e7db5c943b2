"""What every format turns its payload into: one neutral reading per item, times in UTC, values as they were sent.

A format is pure: it reads bytes and neither judges values nor knows people. `judging.py` and `service.py` do the rest
for all formats alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

from msgspec import Struct

from cmc.core.errors import FieldError
from cmc.core.text import Text
from cmc.ingest import times
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
    """The field of the payload that held the time; "" when the item is no object with fields."""
    utc_offset_minutes: int
    notes: tuple[str, ...] = ()
    """Codes of what was settled while reading, e.g. time_ambiguous."""
    meal: str | None = None
    """before or after, when the sender says no more about the meal (`MealMark`): no period follows from it alone."""
    control_solution: bool = False
    """A test of the meter with its control solution: it says nothing about the person."""
    irregular_pulse: bool | None = None
    """What the cuff says; None when it says nothing (BP-06)."""
    averaged: int | None = None
    """The number of measurements that the device itself averaged; None when it is one, or not said."""
    time_unknown: bool = False
    """Nobody said when it was: `taken_at` is the time of its arrival."""
    of_record: bool = False
    """Taken over from a written record: the time is no device's clock that could have been reset."""
    user_slot: int | None = None
    """Which user of a cuff for two people."""
    mean_pressure: Amount | None = None
    value_text: str | None = None
    """The value as received, where `value` is another spelling of it (kg/L, Pa)."""
    unit_text: str | None = None
    """The unit as received, where `unit` is another spelling of it."""


class Circumstances(Struct, frozen=True, kw_only=True):
    """What is known of a payload besides its bytes. It fills what the payload leaves open; only the person wins."""

    zone: str = times.DEFAULT_ZONE
    """IANA name of the zone in which the device's clock is set."""
    zone_said: bool = False
    """Whether the sender named the zone: then it goes before that of the register, also where it is the usual one."""
    received_at: datetime | None = None
    """Aware; the time of a measurement whose device has no clock."""
    device: str | None = None
    patient_id: UUID | None = None
    glucose_unit: str | None = None
    """The unit that this device is set to, where the format names none. Without it the value is refused."""


NOTHING_KNOWN: Final = Circumstances()


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload taken apart: each item is a reading or the faults that make it none."""

    items: tuple[Received | Faults, ...]
    skipped: tuple[FieldError, ...] = ()
    """What is no reading and no fault: heartbeats, weights, notes."""


class Identity(StrEnum):
    """What the readings of a format are known by; the rules stand in `identity.py`."""

    SEQUENCE = "sequence"
    """Device and sequence number, always."""
    CONTENT = "content"
    """Device or person, kind, time and values."""
    EITHER = "either"
    """By sequence when the item has one, else by content."""


class Answer(NamedTuple):
    """What a sender wants to read in order to stop, or to send again."""

    status: int
    body: bytes
    media_type: str = "application/json"


class Read(Protocol):
    """Takes a payload apart; raises `Unreadable` (400) or `Invalid` (422) when the envelope itself is unusable."""

    def __call__(self, body: bytes, given: Circumstances = NOTHING_KNOWN, /) -> Envelope: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A wire format. `version` belongs to its identity rules: raise it when the meaning of a payload changes."""

    code: str
    version: int
    name: Text
    read: Read
    identity: Identity
    answer: Callable[[bool], Answer] | None = None
    """The sender's own answer: True once everything is committed, False for "send it again"; None: an answer per item.
    """
