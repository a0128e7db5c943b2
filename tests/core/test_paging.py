"""Cursors are opaque: only our own are taken."""

from datetime import date
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
