"""Little-endian bytes of a Bluetooth characteristic, read from left to right. Pure."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from cmc.ingest.decoding.ieee11073 import Special, sfloat


class BadOctets(ValueError):
    """The bytes are not of the documented shape; `code` says why. Raised and caught inside the formats."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Octets:
    """A cursor over the bytes written in hexadecimal. Every read raises `BadOctets` when there are too few left."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    @classmethod
    def of_hex(cls, text: object) -> Octets:
        """Take a text of hexadecimal digits, at most 128 of them, without separators or "0x"."""
        if not isinstance(text, str):
            raise BadOctets("hex_expected")
        if len(text) > 128:
            raise BadOctets("too_long")
        if not text.isascii() or not text.isalnum():
            raise BadOctets("hex_expected")
        try:
            return cls(bytes.fromhex(text))
        except ValueError:
            raise BadOctets("hex_expected") from None

    @property
    def left(self) -> int:
        """How many bytes are still to be read."""
        return len(self._raw) - self._at

    def take(self, count: int) -> Octets:
        """The next bytes as a cursor of their own."""
        return Octets(self._bytes(count))

    def unsigned(self, count: int) -> int:
        """An unsigned integer of `count` bytes."""
        return int.from_bytes(self._bytes(count), "little")

    def signed(self, count: int) -> int:
        """A signed integer of `count` bytes."""
        return int.from_bytes(self._bytes(count), "little", signed=True)

    def sfloat(self) -> Decimal | Special:
        """A number of two bytes."""
        return sfloat(self.unsigned(2))

    def date_time(self) -> datetime:
        """A Date Time of seven bytes: the device's own local time, without a zone. Zeros mean "not known"."""
        year, rest = self.unsigned(2), [self.unsigned(1) for _ in range(5)]
        try:
            return datetime(year, *rest)  # type: ignore[arg-type]  # noqa: DTZ001 - a device's clock has no zone
        except ValueError:
            raise BadOctets("time_unreadable") from None

    def finish(self) -> None:
        """Refuse bytes that nobody has read: a shape that we do not know."""
        if self.left:
            raise BadOctets("trailing_bytes")

    def _bytes(self, count: int) -> bytes:
        if self.left < count:
            raise BadOctets("too_short")
        self._at += count
        return self._raw[self._at - count : self._at]
