"""What stands in the cells of a sheet, as values that the schemas take. Pure.

Sheets of people are typed by hand: dates in five spellings or as the number behind a spreadsheet's date, codes as
number, as word or as both ("1 户籍"). What cannot be read for certain is refused with words that never repeat the cell.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, Final

from cmc.core.named import NamedInt, NamedStr

_EPOCH: Final = date(1899, 12, 30)
"""Day 0 of a spreadsheet's dates, as they count from March 1900 on."""
_DATE: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_PLAIN_DATE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL: Final = re.compile(r"\d{5}(?:\.0+)?")
_NUMBER: Final = re.compile(r"-?\d{1,9}(?:\.\d{1,10})?")
_LOST: Final = re.compile(r"\d(?:\.\d+)?[eE]\+\d{2}")
_NUMBERED: Final = re.compile(r"(\d{1,2})[\s.、:：\-—]*(.*)")
_YES: Final = frozenset({"是", "有", "1", "y", "yes", "true", "t", "√", "✓"})
_NO: Final = frozenset({"否", "无", "0", "n", "no", "false", "f", "×", "✗"})
_SEPARATORS: Final = re.compile(r"[;；、,，|/\s]+")


class Cell(StrEnum):
    """How a cell is read."""

    TEXT = "text"
    DATE = "date"
    NUMBER = "number"
    WHOLE = "whole"
    FLAG = "flag"
    CODE = "code"
    """A number of a form, or its word."""
    CODES = "codes"
    """Several of them, separated by ; or 、"""
    WORD = "word"
    """A member of a closed set of words."""


class CellProblem(Exception):
    """A cell cannot be read; `words` say what is allowed and never repeat what stands there."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(code)
        self.code, self.words = code, words


def plain(text: str) -> str:
    """Return a text in its compatible form (full-width digits made plain), without blanks around it."""
    return unicodedata.normalize("NFKC", text).strip()


def read(cell: Cell, text: str, codes: type[Enum] | None = None, words: Mapping[str, str] | None = None) -> Any:
    """Return the value of a cell that is not empty; raises `CellProblem`.

    `codes` is the closed set of CODE, CODES and WORD, `words` further spellings of its members.
    """
    if cell is Cell.TEXT:
        return _text(text)
    folded = plain(text)
    if cell is Cell.DATE:
        return _date(folded)
    if cell in {Cell.NUMBER, Cell.WHOLE}:
        return _number(folded, whole=cell is Cell.WHOLE)
    if cell is Cell.FLAG:
        return _flag(folded)
    if codes is None:
        raise TypeError("a coded cell needs its closed set")
    if cell is Cell.CODES:
        return [_member(each, codes, words or {}) for each in _SEPARATORS.split(folded) if each]
    return _member(folded, codes, words or {})


def _text(text: str) -> str:
    found = text.strip().removeprefix("'")
    if _LOST.fullmatch(found):
        words = "the spreadsheet kept 15 digits of this number: format the column as text and type it again"
        raise CellProblem("digits_lost", words)
    return found


def _date(text: str) -> str:
    written = _DATE.fullmatch(text) or _PLAIN_DATE.fullmatch(text)
    try:
        if written is not None:
            year, month, day = (int(each) for each in written.groups())
            return date(year, month, day).isoformat()
        if _SERIAL.fullmatch(text):
            return (_EPOCH + timedelta(days=int(text.partition(".")[0]))).isoformat()
    except ValueError as error:
        raise CellProblem("bad_date", "this day does not exist in the calendar") from error
    raise CellProblem("bad_date", "a date such as 2026-11-20, 2026/11/20, 2026年11月20日 or 20261120 without a time")


def _number(text: str, *, whole: bool) -> Decimal | int:
    if not _NUMBER.fullmatch(text):
        raise CellProblem("bad_number", "a number such as 6.1, without unit, thousands separator or words")
    value = Decimal(text)
    if not whole:
        return value
    if value != value.to_integral_value():
        raise CellProblem("bad_number", "a whole number")
    return int(value)


def _flag(text: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise CellProblem("bad_flag", "是 or 否 (yes or no, 1 or 0)")


def _member(text: str, codes: type[Enum], words: Mapping[str, str]) -> Any:
    text = words.get(text, text)
    numbered = _NUMBERED.fullmatch(text)
    for each in codes:
        named = {str(each.value), *_words(each)}
        if text in named or text.lower() in {word.lower() for word in named}:
            return each.value
        if numbered is not None and isinstance(each.value, int) and int(numbered[1]) == each.value:
            rest = numbered[2]
            if not rest or any(rest in word or word in rest for word in _words(each)):
                return each.value
    allowed = ", ".join(f"{each.value} {next(iter(_words(each)), '')}".strip() for each in codes)
    raise CellProblem("not_in_list", f"one of {allowed}")


def _words(member: Enum) -> tuple[str, ...]:
    return (member.text.zh, member.text.en) if isinstance(member, NamedInt | NamedStr) else ()
