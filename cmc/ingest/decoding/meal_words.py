"""What senders write about the meal, in their own words. Pure."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from cmc.clinical.codes import GlucosePeriod
from cmc.clinical.meal_times import MealMark

UNKNOWN_MEAL: Final = "meal_not_understood"


class MealWords(Struct, frozen=True):
    """What was understood: at most one of period and mark; `note` when words were not."""

    period: GlucosePeriod | None = None
    mark: MealMark | None = None
    control: bool = False
    note: str | None = None


_NOTHING: Final = frozenset({"", "-", "none", "no mark", "no marker", "general", "no meal", "unknown", "other"})
_PERIODS: Final = {
    "fasting": GlucosePeriod.FASTING,
    "空腹": GlucosePeriod.FASTING,
    "before breakfast": GlucosePeriod.FASTING,
    "after breakfast": GlucosePeriod.AFTER_BREAKFAST_2H,
    "before lunch": GlucosePeriod.BEFORE_LUNCH,
    "after lunch": GlucosePeriod.AFTER_LUNCH_2H,
    "before dinner": GlucosePeriod.BEFORE_DINNER,
    "after dinner": GlucosePeriod.AFTER_DINNER_2H,
    "bedtime": GlucosePeriod.BEDTIME,
    "睡前": GlucosePeriod.BEDTIME,
    "night": GlucosePeriod.NIGHT_3AM,
    "凌晨": GlucosePeriod.NIGHT_3AM,
    "casual": GlucosePeriod.RANDOM,
    "random": GlucosePeriod.RANDOM,
    "随机": GlucosePeriod.RANDOM,
}
_MARKS: Final = {
    "before": MealMark.BEFORE,
    "before meal": MealMark.BEFORE,
    "pre meal": MealMark.BEFORE,
    "preprandial": MealMark.BEFORE,
    "餐前": MealMark.BEFORE,
    "after": MealMark.AFTER,
    "after meal": MealMark.AFTER,
    "post meal": MealMark.AFTER,
    "postprandial": MealMark.AFTER,
    "餐后": MealMark.AFTER,
}
_SPACES = re.compile(r"[\s_\-]+")


def understand(text: str | None) -> MealWords:
    """Return what a text says of the meal; words that nobody knows leave a note, never a guess."""
    if text is None:
        return MealWords()
    words = text.strip() if text.strip() == "-" else _SPACES.sub(" ", text.strip().lower())
    if words in _NOTHING:
        return MealWords()
    if "control" in words:
        return MealWords(control=True)
    if words in _PERIODS:
        return MealWords(period=_PERIODS[words])
    if words in _MARKS:
        return MealWords(mark=_MARKS[words])
    return MealWords(note=UNKNOWN_MEAL)
