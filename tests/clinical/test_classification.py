"""Severity, the emergency floor, next dates (FU-SEV-01, FU-EM-01, FU-NEXT-01)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.classification import (
    latest_next_date,
    most_severe,
    next_date_permitted,
    with_emergency_floor,
    within_days,
)
from cmc.clinical.codes import Action, Classification
from cmc.clinical.periods import add_months


@given(st.lists(st.sampled_from(Classification), min_size=1))
def test_the_most_severe_class_wins_in_any_order(candidates: list[Classification]) -> None:
    assert most_severe(candidates) == max(candidates)
    assert most_severe(reversed(candidates)) == max(candidates)


def test_no_candidate_gives_no_class() -> None:
    assert most_severe([]) is None


@pytest.mark.parametrize(("by_value", "stored"), [(1, 2), (2, 2), (3, 3), (4, 4), (None, None)])
def test_an_emergency_visit_is_at_least_class_two_and_an_empty_class_stays_empty(
    by_value: int | None, stored: int | None
) -> None:
    by_value_class = None if by_value is None else Classification(by_value)
    assert with_emergency_floor(by_value_class, emergency=True) == stored
    assert with_emergency_floor(by_value_class, emergency=False) == by_value


@pytest.mark.parametrize(
    ("action", "days"), [("ROUTINE", 90), ("ADJUST", 14), ("REFER", 14), ("EMERGENCY_REFER", 14), ("NEED_DATA", 14)]
)
def test_days_until_the_next_contact(action: str, days: int) -> None:
    assert within_days(Action(action)) == days


@pytest.mark.parametrize(
    ("on", "days", "latest"),
    [
        ("2026-03-01", 14, "2026-03-15"),
        ("2026-03-01", 90, "2026-05-30"),
        ("2026-02-01", 90, "2026-05-01"),
        ("2025-12-31", 90, "2026-03-31"),
        ("2026-01-31", 90, "2026-04-30"),
        ("2026-03-01", 93, "2026-06-01"),
    ],
)
def test_the_latest_next_date_is_never_past_three_calendar_months(on: str, days: int, latest: str) -> None:
    assert latest_next_date(date.fromisoformat(on), days) == date.fromisoformat(latest)


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.sampled_from([14, 90]), st.integers(-5, 100))
def test_a_next_date_lies_after_the_visit_and_within_the_limit(on: date, days: int, later: int) -> None:
    next_on = on + timedelta(days=later)
    expected = 0 < later <= days and next_on <= add_months(on, 3)
    assert next_date_permitted(on, next_on, days) is expected
