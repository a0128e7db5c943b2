"""Reading times as devices and gateways write them: with a zone, or on a local clock. Pure.

Nothing is guessed: a time with an offset is that instant; a local time belongs to the zone it comes with. A local time
that the zone's clock shows twice is the first of the two, one that it skips is read with the offset before the jump;
both are noted.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

DEFAULT_ZONE: Final = "Asia/Shanghai"
AMBIGUOUS: Final = "time_ambiguous"
NONEXISTENT: Final = "time_nonexistent"
FIRST_YEAR, LAST_YEAR = 2, 9998
_MINUTE: Final = timedelta(minutes=1)

_CLOCK = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
_INSTANT = re.compile(_CLOCK + r"(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})\Z")
_LOCAL = re.compile(_CLOCK + r"\Z")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,30}(?:/[A-Za-z0-9_+-]{1,30}){0,2}\Z")


class Moment(Struct, frozen=True, gc=False):
    """A time that was understood: UTC to the second, offset of the sender's clock, and codes of what was settled."""

    at: datetime
    utc_offset_minutes: int
    notes: tuple[str, ...] = ()


def instant(text: str) -> Moment | None:
    """Return the moment of an ISO 8601 time with its zone, or None when it is none."""
    if not _INSTANT.match(text):
        return None
    try:
        stated = datetime.fromisoformat(text.upper())
        return _moment(stated, stated.utcoffset(), ())
    except (ValueError, OverflowError):
        return None


def local(text: str, zone: ZoneInfo) -> Moment | None:
    """Return the moment at which the clocks of `zone` show an ISO 8601 time without zone, or None when it is none."""
    if not _LOCAL.match(text):
        return None
    try:
        wall = datetime.fromisoformat(text.upper()).replace(tzinfo=zone)
        first, second = wall.utcoffset(), wall.replace(fold=1).utcoffset()
        notes: tuple[str, ...] = ()
        if first != second:
            shown = wall.astimezone(UTC).astimezone(zone)
            notes = (AMBIGUOUS,) if shown.replace(tzinfo=None) == wall.replace(tzinfo=None) else (NONEXISTENT,)
        return _moment(wall, first, notes)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=256)
def zone(key: str) -> ZoneInfo | None:
    """Return the IANA time zone named `key`, or None when there is none."""
    if not _ZONE.match(key):
        return None
    try:
        return ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _moment(stated: datetime, offset: timedelta | None, notes: tuple[str, ...]) -> Moment:
    minutes = 0 if offset is None else round(offset / _MINUTE)
    return Moment(within_calendar(stated.astimezone(UTC).replace(microsecond=0)), minutes, notes)


def within_calendar(at: datetime) -> datetime:
    """The instant itself, unless some zone's calendar cannot show it: then OverflowError."""
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise OverflowError("beyond the calendar")
    return at
