"""On which days people are seen: weekends, public holidays, exchanged working days, a clinic's own days. Pure."""

from datetime import date

import pytest

from cmc.followups.calendar import is_open, knows, planned_day

MONDAYS = frozenset({1})
EVERY_DAY = frozenset(range(1, 8))


@pytest.mark.parametrize(
    ("day", "weekdays", "open_"),
    [
        (date(2026, 11, 20), None, True),  # a Friday
        (date(2026, 11, 21), None, False),  # a Saturday
        (date(2026, 11, 21), EVERY_DAY, True),
        (date(2026, 11, 20), MONDAYS, False),
        (date(2026, 10, 1), EVERY_DAY, False),  # National Day
        (date(2026, 10, 7), None, False),  # a Wednesday in lieu
        (date(2026, 10, 10), None, True),  # a Saturday that is worked instead
        (date(2026, 2, 17), EVERY_DAY, False),  # Spring Festival
        (date(2031, 10, 1), None, True),  # a year of which no holidays are known: the week alone decides
        (date(2031, 10, 4), None, False),
    ],
)
def test_open_days(day: date, weekdays: frozenset[int] | None, open_: bool) -> None:
    assert (is_open(day) if weekdays is None else is_open(day, weekdays)) is open_


def test_a_day_of_its_own_closes_a_clinic() -> None:
    assert not is_open(date(2026, 11, 20), closed={date(2026, 11, 20)})


def test_it_is_said_which_years_are_known() -> None:
    assert (knows(2026), knows(2031), knows(1990)) == (True, False, False)


@pytest.mark.parametrize(
    ("due_on", "earliest", "weekdays", "planned"),
    [
        (date(2026, 11, 20), date(2026, 11, 1), None, date(2026, 11, 20)),
        (date(2026, 11, 22), date(2026, 11, 1), None, date(2026, 11, 20)),  # a Sunday: the Friday before
        (date(2026, 10, 4), date(2026, 9, 1), None, date(2026, 9, 30)),  # in the holidays: before them
        (date(2026, 10, 4), date(2026, 10, 2), None, date(2026, 10, 8)),  # no open day in the window: the first after
        (date(2026, 11, 1), date(2026, 11, 20), None, date(2026, 11, 20)),  # overdue: today
        (date(2026, 11, 1), date(2026, 11, 21), None, date(2026, 11, 23)),
        (date(2026, 11, 20), date(2026, 11, 1), MONDAYS, date(2026, 11, 16)),
    ],
)
def test_what_is_due_is_planned_on_an_open_day_before(
    due_on: date, earliest: date, weekdays: frozenset[int] | None, planned: date
) -> None:
    more = () if weekdays is None else (weekdays,)
    assert planned_day(due_on, earliest, *more) == planned
