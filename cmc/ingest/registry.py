"""What the register of devices adds to a batch: the settings of each device, who held it, whether its clock is right.

A payload that names a person keeps its word: the register only speaks where nobody is named. A reading that names
somebody and arrived within minutes of being taken asks nothing here; one that did not costs one statement a batch, and
the history of a device is only read when the device is on file.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from cmc.clinical.codes import Specimen
from cmc.clinical.units import GlucoseUnit
from cmc.core.errors import FieldError
from cmc.core.scope import Scope
from cmc.devices import queries as devices
from cmc.devices.queries import KnownDevice
from cmc.ingest import queries
from cmc.ingest.clock_check import (
    HOLDING,
    LATEST_CONSIDERED,
    LIVE_WITHIN,
    ClockReason,
    ClockVerdict,
    Seen,
    check_clock,
)
from cmc.ingest.received import Circumstances, Envelope, Faults, Format, Received

HISTORY: Final = timedelta(days=45)
_NOTED: Final = (ClockReason.SET_BACK, ClockReason.RESTARTED)
_WORDS: Final = {
    ClockReason.RESET: "the device's clock was probably reset",
    ClockReason.IN_FUTURE: "more than 24 hours ahead of the time of arrival",
    ClockReason.BEFORE_ACTIVATION: "more than a day before the device was in use",
    ClockReason.BACKWARDS: "more than 24 hours before a reading with a smaller number",
}
Items = Sequence[Received | Faults]


def read(session: Session, scope: Scope, form: Format, body: bytes, given: Circumstances, *, now: datetime) -> Envelope:
    """Take a payload apart with what the register knows of each of its devices: zone of the clock, unit of the meter.

    The devices stand inside the payload, so it is read twice: once to learn them, then once for each setting. What the
    caller gives goes before the register. Raises `Unreadable` or `Invalid` as the format does.
    """
    given = msgspec.structs.replace(given, received_at=now)
    plain = form.read(body, given)
    anyhow = msgspec.structs.replace(given, glucose_unit=given.glucose_unit or GlucoseUnit.MMOL_L.value)
    named = [item.device if isinstance(item, Received) else None for item in form.read(body, anyhow).items]
    known = devices.known(session, scope, sorted({each for each in named if each is not None}))
    if not known:
        return plain
    readings: dict[Circumstances, Envelope] = {given: plain}
    items = []
    for place, code in enumerate(named):
        wanted = given if code is None or code not in known else _settings(given, known[code])
        if wanted not in readings:
            readings[wanted] = form.read(body, wanted)
        items.append(readings[wanted].items[place])
    return Envelope(tuple(items), plain.skipped)


def _settings(given: Circumstances, device: KnownDevice) -> Circumstances:
    zone = given.zone if given.zone_said else device.zone
    return msgspec.structs.replace(given, zone=zone, glucose_unit=given.glucose_unit or device.glucose_unit)


def known_devices(session: Session, scope: Scope, items: Items, *, now: datetime) -> dict[str, KnownDevice]:
    """Return what the register knows of the devices of a batch.

    Only devices that it is needed for are asked about: nobody is named, or the reading did not arrive live, so that its
    time can be doubted. An ordinary reading costs nothing here.
    """
    codes = {
        item.device
        for item in items
        if isinstance(item, Received)
        and item.device is not None
        and (not _names_somebody(item) or abs(now - item.taken_at) > LIVE_WITHIN)
    }
    return devices.known(session, scope, sorted(codes))


def _names_somebody(item: Received) -> bool:
    return item.patient_id is not None or item.identifier is not None


def with_holders(items: Items, known: dict[str, KnownDevice]) -> Items:
    """Return the items with a person where none is named and the register knows who held the device at that time."""
    return [_with_holder(item, known) for item in items] if known else items


def _with_holder(item: Received | Faults, known: dict[str, KnownDevice]) -> Received | Faults:
    if not isinstance(item, Received) or _names_somebody(item):
        return item
    device = None if item.device is None else known.get(item.device)
    holder = None if device is None else device.holder(item.taken_at, item.user_slot)
    return item if holder is None else msgspec.structs.replace(item, patient_id=holder)


class Clocks:
    """The clocks of the registered devices of a batch, judged by what each device sent before, and in this batch."""

    def __init__(self, known: dict[str, KnownDevice], history: dict[str, list[Seen]], now: datetime) -> None:
        self._known, self._history, self._now = known, history, now

    def check(self, item: Received) -> ClockVerdict | None:
        """Return what the device's history says of the item's time; None for a device that is not on file."""
        device = None if item.device is None else self._known.get(item.device)
        if device is None:
            return None
        history = self._history.get(device.code, ())
        # The number of a sensor's value is the minute of its session: it begins anew with each and orders nothing.
        number = None if item.specimen == Specimen.INTERSTITIAL else item.sequence
        return check_clock(Seen(item.taken_at, self._now, number), history, activated_at=device.in_use_since)


def clocks(session: Session, scope: Scope, items: Items, known: dict[str, KnownDevice], *, now: datetime) -> Clocks:
    """Return the clocks of a batch: one statement for all histories, none when everything arrived live."""
    if not known:
        return Clocks({}, {}, now)
    found: dict[str, list[Seen]] = {}
    people: set[tuple[str, UUID]] = set()
    for item in items:
        if not isinstance(item, Received) or item.device not in known:
            continue
        seen = Seen(item.taken_at, now, item.sequence)
        found.setdefault(item.device, []).append(seen)
        if not seen.live:
            people |= {(item.device, each.patient_id) for each in known[item.device].holdings}
            people |= set() if item.patient_id is None else {(item.device, item.patient_id)}
    for code, seen in queries.device_history(session, scope, sorted(people), since=now - HISTORY):
        found[code].append(seen)
    latest = {code: _latest(listed) for code, listed in found.items()}
    return Clocks(known, latest, now)


def _latest(listed: list[Seen]) -> list[Seen]:
    return sorted(listed, key=lambda each: (each.received_at, each.sequence or 0, each.taken_at))[-LATEST_CONSIDERED:]


def clock_faults(item: Received, verdict: ClockVerdict | None) -> Faults:
    """Return why the time is not believed, as faults of its field; empty when it is."""
    if verdict is None or not verdict.held:
        return ()
    pointer = f"{item.pointer}/{item.time_field}" if item.time_field else item.pointer
    return tuple(FieldError(pointer, each.value, _WORDS[each]) for each in verdict.reasons if each in HOLDING)


def clock_notes(verdict: ClockVerdict | None) -> str | None:
    """Return the codes of what is worth knowing about the clock beside a stored reading, separated by spaces."""
    found = [] if verdict is None else [each.value for each in _NOTED if each in verdict.reasons]
    return " ".join(found) or None
