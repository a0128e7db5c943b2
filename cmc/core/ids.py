"""Identifiers: time-ordered for rows that we make, derived for rows that must be made once."""

import hashlib
from uuid import UUID

import uuid_utils
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a fresh UUIDv7 (time-ordered, so that B-trees grow at one end)."""
    return uuid7()


def new_id_text() -> str:
    """Return the text of a fresh UUIDv7; a tenth of the time where no UUID is needed."""
    return str(uuid_utils.uuid7())


def derived_id(*parts: str) -> UUID:
    """Return the UUIDv8 derived from `parts`: equal parts give the equal id, on every machine and for ever.

    The parts are joined by U+001F, which no part may contain.
    """
    if any("\x1f" in part for part in parts):
        raise ValueError("a part of a derived id contains the separator")
    digest = bytearray(hashlib.sha256("\x1f".join(parts).encode()).digest()[:16])
    digest[6] = (digest[6] & 0x0F) | 0x80
    digest[8] = (digest[8] & 0x3F) | 0x80
    return UUID(bytes=bytes(digest))
