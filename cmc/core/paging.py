"""Cursor paging: a page is found by the sort key of its predecessor's last row, never by an offset."""

import base64
import binascii
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, TypeVar, cast

import msgspec
from fastapi import Query
from pydantic import Field, Strict

from cmc.core.errors import Invalid, invalid

T = TypeVar("T")
_YEARS = (1900, 2999)

PageSize = Annotated[int, Query(ge=1, le=100, description="rows a page")]
_CURSOR: Final = r"^[A-Za-z0-9_-]+$"
_ABOUT_CURSOR: Final = "`next_cursor` of the page before; opaque"
Cursor = Annotated[str | None, Query(max_length=400, pattern=_CURSOR, description=_ABOUT_CURSOR)]
CursorText = Annotated[str, Strict(), Field(max_length=400, pattern=_CURSOR, description=_ABOUT_CURSOR)]
"""A cursor in a body."""


def encode_cursor(key: Sequence[Any]) -> str:
    """Return the opaque text of a sort key (dates, numbers, UUIDs, text)."""
    return base64.urlsafe_b64encode(msgspec.json.encode(list(key))).rstrip(b"=").decode()


def decode_cursor(cursor: str, shape: type[T]) -> T:
    """Return the sort key in `cursor` as `shape` (a tuple type); raise `Invalid` at /cursor when it is not ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=shape)
    except (binascii.Error, msgspec.DecodeError, ValueError) as error:
        raise _not_ours() from error
    if not all(_storable(part) for part in cast("tuple[Any, ...]", key)):
        raise _not_ours()
    return key


def _storable(part: Any) -> bool:
    """Whether the database can compare with a part of a key; one made by hand may hold anything."""
    if isinstance(part, datetime):
        return part.tzinfo is not None and _YEARS[0] <= part.year <= _YEARS[1]
    if isinstance(part, date):
        return _YEARS[0] <= part.year <= _YEARS[1]
    if isinstance(part, int):
        return abs(part) < 2**31
    return not isinstance(part, str) or "\0" not in part


def _not_ours() -> Invalid:
    return invalid("/cursor", "cursor_invalid", "use the next_cursor of a page as it was given")
