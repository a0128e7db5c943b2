"""Dates and times as programs of other countries write them. Pure.

The order of day and month is never guessed: it is settled by a four-digit year in front, by the name of the month, or
by some date of the same file that can only be read one way. A file in which none does is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final

from cmc.core.errors import invalid


class Order(StrEnum):
    """Which of the first two numbers of a date is the day."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


_NUMBERS = re.compile(r"([0-9]{1,4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,4})\Z")
_NAMED = re.compile(
    r"(?:([0-9]{1,2})[ -]([A-Za-z]{3})[a-z]*\.?,?[ -]|([A-Za-z]{3})[a-z]*\.? ([0-9]{1,2}),? )([0-9]{4})\Z"
)
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?: ?([AaPp])\.?[Mm]\.?)?\Z")
_NAMES: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS: Final = {name: number for number, name in enumerate(_NAMES, start=1)}


def order_of(dates: Iterable[str]) -> Order | None:
    """The order that all dates of a file have; None when no date needs one.

    Raises `Invalid` when nothing in the file settles it, or when its dates contradict each other.
    """
    first = second = needed = False
    for text in dates:
        found = _NUMBERS.match(text)
        if found and len(found[1]) < 3:
            needed = True
            first |= int(found[1]) > 12
            second |= int(found[2]) > 12
    if first and second:
        raise invalid("", "date_order_contradictory", "some dates have the day first, others the month")
    if needed and not first and not second:
        raise invalid("", "date_order_ambiguous", "day and month cannot be told apart: export with year-month-day")
    return None if not needed else Order.DAY_FIRST if first else Order.MONTH_FIRST


def day(text: str, order: Order | None) -> date | None:
    """The date in a text, or None when it is none."""
    numbers, named = _NUMBERS.match(text), _NAMED.match(text)
    try:
        if named:
            month = _MONTHS.get((named[2] or named[3]).lower(), 0)
            return date(int(named[5]), month, int(named[1] or named[4]))
        if not numbers:
            return None
        one, two, three = (int(each) for each in numbers.groups())
        if len(numbers[1]) == 4:
            return date(one, two, three)
        if order is None or len(numbers[3]) != 4:
            return None
        return date(three, two, one) if order is Order.DAY_FIRST else date(three, one, two)
    except ValueError:
        return None


def time_of_day(text: str) -> time | None:
    """A time of 24 hours, or of 12 with AM or PM; None when it is none."""
    found = _TIME.match(text)
    if not found:
        return None
    hour, half = int(found[1]), (found[4] or "").lower()
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return time(hour, int(found[2]), int(found[3] or 0))
    except ValueError:
        return None


def clock(date_text: str, time_text: str, order: Order | None) -> datetime | None:
    """Date and time together, as the device's clock showed them; None when either is none."""
    on, at = day(date_text, order), time_of_day(time_text)
    return None if on is None or at is None else datetime.combine(on, at)
