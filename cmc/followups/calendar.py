"""On which days people are seen: public holidays with their exchanged working days, and a clinic's opening days. Pure.

The holidays are those of the State Council as the library `chinesecalendar` knows them. A year that it does not know
yet has none: then the week alone decides, and `knows` says so.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

import chinese_calendar

WORKING_WEEK: Final = frozenset(range(1, 6))
"""ISO days of the week: 1 is Monday."""
_LOOK_BACK: Final = 31


def knows(year: int) -> bool:
    """Whether the public holidays of a year are known."""
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


def is_open(day: date, weekdays: Collection[int] = WORKING_WEEK, closed: Collection[date] = ()) -> bool:
    """Whether a clinic sees people on a day.

    `weekdays` are the ISO days on which it is open in an ordinary week. A public holiday closes it; an exchanged
    working day (调休) opens it, as a Monday to Friday would. `closed` are days of its own.
    """
    if day in closed:
        return False
    if not knows(day.year):
        return day.isoweekday() in weekdays
    if _holiday(day):
        return False
    exchanged = day.isoweekday() > 5 and chinese_calendar.is_workday(day)
    return exchanged or day.isoweekday() in weekdays


def _holiday(day: date) -> bool:
    is_free, name = chinese_calendar.get_holiday_detail(day)
    return is_free and name is not None


def planned_day(
    due_on: date,
    earliest: date,
    weekdays: Collection[int] = WORKING_WEEK,
    closed: Collection[date] = (),
) -> date:
    """Return the day on which something due is planned: the last open day up to `due_on`, not before `earliest`.

    Without an open day in between, and for what is due before `earliest`, the first open day from `earliest` on is
    better than none: it may lie after the due day, and the work-list says so.
    """
    for back in range(_LOOK_BACK):
        day = due_on - timedelta(days=back)
        if day < earliest:
            break
        if is_open(day, weekdays, closed):
            return day
    for ahead in range(_LOOK_BACK):
        day = earliest + timedelta(days=ahead)
        if is_open(day, weekdays, closed):
            return day
    return due_on
