"""Which period a glucose value belongs to (GLU-01), from what the sender says of the meal and the person's own times.

A fasting value is one that somebody calls fasting or "before breakfast": the hour alone never makes one, because only
fasting values feed the statutory class.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Final

from cmc.clinical.codes import GlucosePeriod
from cmc.core.named import NamedStr


class MealMark(NamedStr):
    """What a meter lets a person say of a meal, without naming it."""

    BEFORE = "before", "餐前", "Before a meal"
    AFTER = "after", "餐后", "After a meal"


class Meal(NamedStr):
    """The main meals."""

    BREAKFAST = "breakfast", "早餐", "Breakfast"
    LUNCH = "lunch", "午餐", "Lunch"
    DINNER = "dinner", "晚餐", "Dinner"


_PERIODS: Final = {
    (MealMark.BEFORE, Meal.BREAKFAST): GlucosePeriod.FASTING,
    (MealMark.AFTER, Meal.BREAKFAST): GlucosePeriod.AFTER_BREAKFAST_2H,
    (MealMark.BEFORE, Meal.LUNCH): GlucosePeriod.BEFORE_LUNCH,
    (MealMark.AFTER, Meal.LUNCH): GlucosePeriod.AFTER_LUNCH_2H,
    (MealMark.BEFORE, Meal.DINNER): GlucosePeriod.BEFORE_DINNER,
    (MealMark.AFTER, Meal.DINNER): GlucosePeriod.AFTER_DINNER_2H,
}
_DAY: Final = 24 * 60
BEFORE_UP_TO_MINUTES: Final = 120
AFTER_FROM_MINUTES, AFTER_UP_TO_MINUTES = 60, 210
BEDTIME_WITHIN_MINUTES: Final = 60
NIGHT_FROM, NIGHT_TO = time(1), time(5)


@dataclass(frozen=True, slots=True)
class MealTimes:
    """When a person usually begins to eat and goes to bed, local time. Two hours count from the first bite."""

    breakfast: time = time(7)
    lunch: time = time(12)
    dinner: time = time(18)
    bedtime: time = time(22)

    def of(self, meal: Meal) -> time:
        """The usual beginning of a meal."""
        return {Meal.BREAKFAST: self.breakfast, Meal.LUNCH: self.lunch, Meal.DINNER: self.dinner}[meal]


USUAL_TIMES: Final = MealTimes()


def period_of_meal(mark: MealMark, meal: Meal) -> GlucosePeriod:
    """The period of a value before or after a named meal; before breakfast is fasting (GLU-01)."""
    return _PERIODS[mark, meal]


def likely_period(at: time, mark: MealMark | None = None, times: MealTimes = USUAL_TIMES) -> GlucosePeriod | None:
    """The period that a value most likely belongs to, from its local time and the person's usual times.

    With a mark it is the nearest meal that lies on that side, None when none does: before, up to 2 hours ahead of the
    meal; after, 1 to 3.5 hours behind it. Without a mark a value may be after a meal, at bedtime or at night; it is
    never guessed to be fasting or before a meal (GLU-01), so the answer is None there.
    """
    if mark is MealMark.BEFORE:
        return _nearest(at, times, mark, 0, BEFORE_UP_TO_MINUTES)
    after = _nearest(at, times, MealMark.AFTER, AFTER_FROM_MINUTES, AFTER_UP_TO_MINUTES)
    if mark is MealMark.AFTER or after is not None:
        return after
    if min(_minutes(at, times.bedtime), _minutes(times.bedtime, at)) <= BEDTIME_WITHIN_MINUTES:
        return GlucosePeriod.BEDTIME
    return GlucosePeriod.NIGHT_3AM if NIGHT_FROM <= at < NIGHT_TO else None


def _nearest(at: time, times: MealTimes, mark: MealMark, least: int, most: int) -> GlucosePeriod | None:
    def away(meal: Meal) -> int:
        begins = times.of(meal)
        return _minutes(at, begins) if mark is MealMark.BEFORE else _minutes(begins, at)

    meal = min(Meal, key=away)
    return period_of_meal(mark, meal) if least <= away(meal) <= most else None


def _minutes(start: time, end: time) -> int:
    """Minutes from `start` on to the next `end`, over midnight if need be."""
    return ((end.hour - start.hour) * 60 + end.minute - start.minute) % _DAY
