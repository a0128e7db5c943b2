"""Ages, programme years, managed days (GEN-03, GEN-04)."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.periods import (
    DateRange,
    add_months,
    completed_years,
    managed_days,
    managed_days_within,
    programme_year,
    quarters,
)


@pytest.mark.parametrize(
    ("birth", "on", "years"),
    [
        ("1960-12-20", "2025-12-19", 64),
        ("1960-12-20", "2025-12-20", 65),
        ("1960-12-20", "2025-12-21", 65),
        ("1960-02-29", "2025-02-28", 64),
        ("1960-02-29", "2025-03-01", 65),
        ("1960-02-29", "2024-02-28", 63),
        ("1960-02-29", "2024-02-29", 64),
        ("2025-01-01", "2025-01-01", 0),
    ],
)
def test_age_is_in_completed_years_and_the_birthday_counts(birth: str, on: str, years: int) -> None:
    assert completed_years(date.fromisoformat(birth), date.fromisoformat(on)) == years


def test_nobody_has_an_age_before_birth() -> None:
    with pytest.raises(ValueError, match="before the birth"):
        completed_years(date(2025, 1, 2), date(2025, 1, 1))


@given(st.dates(date(1900, 1, 1), date(2020, 1, 1)), st.integers(1, 100))
def test_a_birthday_adds_exactly_one_year(birth: date, years: int) -> None:
    leap_day = (birth.month, birth.day) == (2, 29)
    birthday = add_months(birth, 12 * years)
    if leap_day and birthday.day == 28:
        birthday += timedelta(days=1)
    assert completed_years(birth, birthday) == years
    assert completed_years(birth, birthday - timedelta(days=1)) == years - 1


@pytest.mark.parametrize(
    ("on", "months", "expected"),
    [
        ("2025-11-30", 3, "2026-02-28"),
        ("2025-02-01", 3, "2025-05-01"),
        ("2025-12-31", 1, "2026-01-31"),
        ("2025-03-31", -1, "2025-02-28"),
    ],
)
def test_calendar_months_stop_at_the_end_of_a_shorter_month(on: str, months: int, expected: str) -> None:
    assert add_months(date.fromisoformat(on), months) == date.fromisoformat(expected)


def test_the_programme_year_is_the_calendar_year() -> None:
    year = programme_year(2025)
    assert date(2025, 1, 1) in year
    assert date(2025, 12, 31) in year
    assert date(2026, 1, 1) not in year
    assert (year.days, year.last) == (365, date(2025, 12, 31))


def test_quarters_tile_the_year() -> None:
    parts = quarters(2024)
    assert parts[0].start == date(2024, 1, 1)
    assert parts[-1].end == date(2025, 1, 1)
    assert all(before.end == after.start for before, after in pairwise(parts))


def test_managed_days_count_both_ends() -> None:
    assert managed_days(date(2025, 8, 15), date(2025, 12, 31)) == 139
    assert managed_days(date(2025, 8, 15), date(2025, 8, 15)) == 1
    with pytest.raises(ValueError, match="end before"):
        managed_days(date(2025, 8, 15), date(2025, 8, 14))


@pytest.mark.parametrize(
    ("enrolled", "ended", "days"),
    [
        ("2025-08-15", None, 139),
        ("2020-01-01", None, 365),
        ("2020-01-01", "2025-01-01", 1),
        ("2020-01-01", "2024-12-31", 0),
        ("2026-01-01", None, 0),
        ("2025-06-01", "2025-05-31", 0),
        ("2025-12-31", "2026-02-01", 1),
    ],
)
def test_managed_days_of_a_year_are_clipped_to_it(enrolled: str, ended: str | None, days: int) -> None:
    ended_on = date.fromisoformat(ended) if ended else None
    assert managed_days_within(programme_year(2025), date.fromisoformat(enrolled), ended_on) == days


def test_a_range_does_not_end_before_it_starts_and_an_empty_one_has_no_last_day() -> None:
    with pytest.raises(ValueError, match="end before"):
        DateRange(date(2025, 1, 2), date(2025, 1, 1))
    empty = DateRange(date(2025, 1, 1), date(2025, 1, 1))
    assert empty.overlap(programme_year(2025)) is None
    with pytest.raises(ValueError, match="no last day"):
        _ = empty.last
