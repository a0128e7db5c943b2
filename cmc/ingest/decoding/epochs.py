"""Instants as seconds or milliseconds since 1970, and the offset of the clock that shows them. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from cmc.ingest import times
from cmc.ingest.times import Moment

MILLISECONDS_FROM: Final = 10**11  # as seconds this would be the year 5138
LARGEST_OFFSET_MINUTES: Final = 14 * 60

_EPOCH = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,6})?\Z")
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-]?)([0-9]{1,2})(?::?([0-9]{2}))?\Z")


def instant(text: str) -> datetime | None:
    """Return the aware UTC second of an epoch text: from 10^11 on it counts milliseconds. None when it is none."""
    if not _EPOCH.match(text):
        return None
    whole = int(text.split(".", maxsplit=1)[0])
    try:
        seconds = whole // 1000 if whole >= MILLISECONDS_FROM else whole
        return times.within_calendar(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def moment(text: str, offset_minutes: int | None, zone_name: str) -> Moment | None:
    """Return the moment of an epoch text; without an offset, that of the zone at this instant."""
    at = instant(text)
    if at is None:
        return None
    if offset_minutes is not None and abs(offset_minutes) <= LARGEST_OFFSET_MINUTES:
        return Moment(at, offset_minutes)
    return Moment(at, _offset_in(zone_name, at))


def offset_minutes(text: str | None, at: datetime | None = None) -> int | None:
    """Return the offset that a text names ("+08:00", "+0800", "8", "GMT+8", "Asia/Shanghai"), None when it is none."""
    if text is None:
        return None
    found = _OFFSET.match(text.strip().upper())
    if found:
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        minutes = -minutes if found[1] == "-" else minutes
        return minutes if abs(minutes) <= LARGEST_OFFSET_MINUTES else None
    return None if at is None or times.zone(text.strip()) is None else _offset_in(text.strip(), at)


def _offset_in(zone_name: str, at: datetime) -> int:
    zone = times.zone(zone_name)
    try:
        offset = timedelta(0) if zone is None else at.astimezone(zone).utcoffset()
    except (ValueError, OverflowError):
        return 0
    return 0 if offset is None else round(offset.total_seconds() / 60)
