"""The envelope in which a gateway sends Bluetooth characteristics as it received them. Pure.

    {"device": "…", "timezone": "Asia/Shanghai", "received_at": "2026-11-21T08:00:05+08:00",
     "measurements": ["<hex>", …], "contexts": ["<hex>", …], "session_start": "<hex>"}

Only `measurements` must be there; `device`, `timezone` and `received_at` may be known otherwise. A device's clock has
no zone, so the zone belongs to the device or to the place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from cmc.core.errors import FieldError, invalid
from cmc.ingest import exact_json, times
from cmc.ingest.amounts import Amount
from cmc.ingest.decoding.json_item import MAX_ITEMS, JsonItem
from cmc.ingest.decoding.octets import BadOctets
from cmc.ingest.received import Circumstances
from cmc.ingest.times import Moment

_FIELDS: Final = frozenset({"device", "timezone", "received_at", "measurements", "contexts", "session_start"})
WORDS: Final = {
    "hex_expected": "must be hexadecimal digits without separators",
    "too_long": "longer than any such characteristic",
    "too_short": "ends before the fields that its flags announce",
    "trailing_bytes": "has bytes after the fields that its flags announce",
    "time_unreadable": "the time is not set, or is none",
    "not_a_number": "the device could not measure",
    "not_at_this_resolution": "the device cannot express the value",
    "reserved": "a reserved value instead of a number",
    "device_fault": "the device itself says that the measurement failed",
    "no_value": "holds no measured value",
    "session_start_missing": "a sensor counts from the start of its session: send session_start",
    "received_at_missing": "the device sends no time: say when it was received",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """An envelope taken apart."""

    device: str
    zone: ZoneInfo
    zone_name: str
    received_at: datetime | None
    on_arrival: bool
    """Whether `received_at` is only that of the arrival here: nobody said it, and every repetition has another."""
    measurements: tuple[Any, ...]
    contexts: tuple[Any, ...]
    session_start: str | None

    def local(self, clock: datetime, offset_minutes: int = 0) -> Moment:
        """The moment at which this clock showed `clock`, moved by the offset that the user sees added to it."""
        try:
            moment = times.local((clock + timedelta(minutes=offset_minutes)).isoformat(), self.zone)
        except OverflowError:
            moment = None
        if moment is None:
            raise BadOctets("time_unreadable")
        return moment


def envelope(body: bytes, given: Circumstances) -> Sent:
    """Read the envelope; raises `Unreadable` when it is no JSON and `Invalid` when it cannot be used."""
    root = exact_json.parse(body)
    if not isinstance(root, dict):
        raise invalid("", "object_expected", "an object with the list measurements")
    if root.keys() - _FIELDS:
        raise invalid("", "extra_forbidden", "known fields: " + ", ".join(sorted(_FIELDS)))
    item = JsonItem(root, "")
    device = item.code("device", required=given.device is None) or given.device or ""
    zone_name = item.text("timezone") or given.zone
    zone = times.zone(zone_name)
    if zone is None:
        item.fault("timezone", "not_in_list", "the IANA name of a time zone such as Asia/Shanghai")
    received = item.text("received_at")
    at = times.instant(received) if received else None
    if received and at is None:
        item.fault("received_at", "instant_expected", "a time with its zone such as 2026-11-20T08:00:00+08:00")
    lists = [_list(item, name) for name in ("measurements", "contexts")]
    start = item.text("session_start")
    if not lists[0]:
        item.fault("measurements", "no_items", "at least one measurement")
    if item.found or zone is None:
        raise invalid(*_first(item.faults()))
    return Sent(device, zone, zone_name, at.at if at else given.received_at, at is None, lists[0], lists[1], start)


def fault(pointer: str, error: BadOctets) -> tuple[FieldError, ...]:
    """The fault of an item whose bytes could not be read."""
    return (FieldError(pointer, error.code, WORDS[error.code]),)


def amount(value: Decimal) -> Amount:
    """The number with its plain spelling: 2.00, not 2E0."""
    return Amount(value, format(value, "f"))


def utc(at: datetime) -> datetime:
    """The instant in UTC, to the second."""
    return at.astimezone(UTC).replace(microsecond=0)


def _list(item: JsonItem, name: str) -> tuple[Any, ...]:
    value = item.fields.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        item.fault(name, "list_expected", f"a list of at most {MAX_ITEMS} texts")
        return ()
    return tuple(value)


def _first(faults: tuple[FieldError, ...]) -> tuple[str, str, str]:
    return faults[0].pointer, faults[0].code, faults[0].detail
