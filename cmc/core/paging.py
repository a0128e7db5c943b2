"""Cursor paging: a page is found by the sort key of its predecessor's last row, never by an offset."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Query

from cmc.core.errors import invalid

T = TypeVar("T")

PageSize = Annotated[int, Query(ge=1, le=100, description="rows a page")]
Cursor = Annotated[
    str | None,
    Query(max_length=400, pattern=r"^[A-Za-z0-9_-]+$", description="`next_cursor` of the page before; opaque"),
]


def encode_cursor(key: Sequence[Any]) -> str:
    """Return the opaque text of a sort key (dates, numbers, UUIDs, text)."""
    return base64.urlsafe_b64encode(msgspec.json.encode(list(key))).rstrip(b"=").decode()


def decode_cursor(cursor: str, shape: type[T]) -> T:
    """Return the sort key in `cursor` as `shape` (a tuple type); raise `Invalid` at /cursor when it is not ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return msgspec.json.decode(base64.urlsafe_b64decode(padded), type=shape)
    except (binascii.Error, msgspec.DecodeError, ValueError) as error:
        raise invalid("/cursor", "cursor_invalid", "use the next_cursor of a page as it was given") from error
