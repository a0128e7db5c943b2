"""Cursors are opaque: only our own are taken."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from cmc.core.errors import Invalid
from cmc.core.paging import decode_cursor, encode_cursor


def test_a_cursor_gives_back_its_key() -> None:
    key = (3, date(2026, 11, 20), uuid4())
    assert decode_cursor(encode_cursor(key), tuple[int, date, UUID]) == key


@pytest.mark.parametrize("text", ["", "a", "AAAA", "bm90IGpzb24", encode_cursor(["x", 1]), encode_cursor([])])
def test_a_foreign_cursor_is_refused_by_name(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        decode_cursor(text, tuple[int, date, UUID])
    assert caught.value.errors[0].pointer == "/cursor"


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        (["9999-12-31T23:59:59Z"], tuple[datetime]),
        (["0001-01-01T00:00:00Z"], tuple[datetime]),
        (["2026-11-20T08:00:00"], tuple[datetime]),
        (["9999-12-31"], tuple[date]),
        ([2**31], tuple[int]),
        (["a\0b"], tuple[str]),
    ],
    ids=["end of time", "beginning of time", "no zone", "last day", "beyond the column", "NUL"],
)
def test_a_forged_key_that_the_database_cannot_hold_is_refused(key: list[Any], shape: type[Any]) -> None:
    with pytest.raises(Invalid):
        decode_cursor(encode_cursor(key), shape)
