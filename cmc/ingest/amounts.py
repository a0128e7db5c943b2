"""Numbers as they were spelled. Pure."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

from msgspec import Struct

_LONGEST: Final = 40
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\Z")
_NOT_FINITE: Final = frozenset({"NaN", "Infinity", "-Infinity"})


class Amount(Struct, frozen=True, gc=False):
    """A number with the spelling that the sender used."""

    value: Decimal
    text: str


WORDS: Final = {
    "number_expected": "must be a JSON number, not text",
    "number_not_finite": "must be a finite number",
    "number_too_long": f"a number has at most {_LONGEST} characters",
}


@lru_cache(maxsize=8192)
def read(raw: bytes) -> Amount | str:
    """Return the number in a JSON token, or the code of what is wrong with it (a key of `WORDS`)."""
    # Meters have few distinct values: most numbers of a batch are found here.
    if len(raw) > _LONGEST:
        return "number_too_long" if raw[:1] in b"-0123456789" else "number_expected"
    text = raw.decode("ascii", "replace")
    if text in _NOT_FINITE:
        return "number_not_finite"
    if not _NUMBER.match(text):
        return "number_expected"
    try:
        return Amount(Decimal(text), text)
    except ArithmeticError:
        return "number_not_finite"
