"""Which period a value belongs to (GLU-01)."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.codes import GlucosePeriod
from cmc.clinical.glucose import feeds_classification
from cmc.clinical.meal_times import Meal, MealMark, MealTimes, likely_period, period_of_meal

BEFORE, AFTER = MealMark.BEFORE, MealMark.AFTER
GLU_01 = [
    ("06:30", BEFORE, "FASTING"),
    ("07:00", BEFORE, "FASTING"),
    ("04:59", BEFORE, None),
    ("11:30", BEFORE, "BEFORE_LUNCH"),
    ("17:10", BEFORE, "BEFORE_DINNER"),
    ("21:00", BEFORE, None),
    ("09:00", AFTER, "AFTER_BREAKFAST_2H"),
    ("07:59", AFTER, None),
    ("08:00", AFTER, "AFTER_BREAKFAST_2H"),
    ("14:05", AFTER, "AFTER_LUNCH_2H"),
    ("21:30", AFTER, "AFTER_DINNER_2H"),
    ("21:31", AFTER, None),
    ("06:30", None, None),
    ("11:30", None, None),
    ("14:00", None, "AFTER_LUNCH_2H"),
    ("22:10", None, "BEDTIME"),
    ("23:01", None, None),
    ("00:59", None, None),
    ("01:00", None, "NIGHT_3AM"),
    ("03:00", None, "NIGHT_3AM"),
    ("04:59", None, "NIGHT_3AM"),
    ("05:00", None, None),
]


@pytest.mark.parametrize(("at", "mark", "period"), GLU_01)
def test_glu_01_a_mark_and_the_persons_meal_times_say_the_period(
    at: str, mark: MealMark | None, period: str | None
) -> None:
    found = likely_period(time.fromisoformat(at), mark)
    assert (None if found is None else found.value) == period


@given(st.times())
def test_glu_01_the_hour_alone_never_makes_a_value_fasting(at: time) -> None:
    found = likely_period(at)
    assert found is None or not feeds_classification(found)


@given(st.times(), st.sampled_from(MealMark))
def test_a_mark_is_never_contradicted(at: time, mark: MealMark) -> None:
    found = likely_period(at, mark)
    assert found in {None, *(period_of_meal(mark, meal) for meal in Meal)}


def test_a_person_who_dines_late_has_other_periods() -> None:
    late = MealTimes(breakfast=time(9), lunch=time(14), dinner=time(21), bedtime=time(0, 30))
    assert likely_period(time(8, 30), BEFORE, late) is GlucosePeriod.FASTING
    assert likely_period(time(23, 0), AFTER, late) is GlucosePeriod.AFTER_DINNER_2H
    assert likely_period(time(0, 40), None, late) is GlucosePeriod.BEDTIME
