"""Closed sets whose members carry their Chinese and English words."""

from enum import IntEnum, StrEnum
from typing import Self

from cmc.core.text import Text


class NamedStr(StrEnum):
    """A closed set stored as text: `CODE = "stored value", "中文", "English"`.

    The words have defaults only so that type checkers know the look-up `Sex("M")`, which takes the value alone.
    """

    _value_: str
    text: Text

    def __new__(cls, value: str, zh: str = "", en: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.text = Text(zh, en)
        return member


class NamedInt(IntEnum):
    """A closed set stored as the number the form prints: `CODE = 1, "中文", "English"`."""

    _value_: int
    text: Text

    def __new__(cls, value: int, zh: str = "", en: str = "") -> Self:
        member = int.__new__(cls, value)
        member._value_ = value
        member.text = Text(zh, en)
        return member
