"""Numbers of IEEE 11073-20601 as Bluetooth devices send them: SFLOAT (16 bit) and FLOAT (32 bit).

The high bits are a signed exponent of ten, the low bits a signed mantissa. The digits are kept: 0xE0C8 is 2.00 and
0xF014 is 2.0. Five raw values are no numbers.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Final


class Special(StrEnum):
    """A raw value that stands for no number."""

    NOT_A_NUMBER = "not_a_number"
    NOT_AT_THIS_RESOLUTION = "not_at_this_resolution"
    POSITIVE_INFINITY = "positive_infinity"
    NEGATIVE_INFINITY = "negative_infinity"
    RESERVED = "reserved"


_SFLOAT_SPECIALS: Final = {
    0x07FF: Special.NOT_A_NUMBER,
    0x0800: Special.NOT_AT_THIS_RESOLUTION,
    0x07FE: Special.POSITIVE_INFINITY,
    0x0802: Special.NEGATIVE_INFINITY,
    0x0801: Special.RESERVED,
}
_FLOAT_SPECIALS: Final = {
    0x007FFFFF: Special.NOT_A_NUMBER,
    0x00800000: Special.NOT_AT_THIS_RESOLUTION,
    0x007FFFFE: Special.POSITIVE_INFINITY,
    0x00800002: Special.NEGATIVE_INFINITY,
    0x00800001: Special.RESERVED,
}


def sfloat(raw: int) -> Decimal | Special:
    """Return the number in 16 raw bits (4 of exponent, 12 of mantissa), or which special value it is."""
    return _SFLOAT_SPECIALS.get(raw) or _number(raw, mantissa_bits=12, exponent_bits=4)


def float32(raw: int) -> Decimal | Special:
    """Return the number in 32 raw bits (8 of exponent, 24 of mantissa), or which special value it is."""
    return _FLOAT_SPECIALS.get(raw) or _number(raw, mantissa_bits=24, exponent_bits=8)


def _number(raw: int, *, mantissa_bits: int, exponent_bits: int) -> Decimal:
    if not 0 <= raw < 1 << (mantissa_bits + exponent_bits):
        raise ValueError("more bits than the number has")
    mantissa = _signed(raw & ((1 << mantissa_bits) - 1), mantissa_bits)
    return Decimal(mantissa).scaleb(_signed(raw >> mantissa_bits, exponent_bits))


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >= 1 << (bits - 1) else value
