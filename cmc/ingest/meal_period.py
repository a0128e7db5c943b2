"""The period of a reading whose sender said "before" or "after a meal" and not which (GLU-01). Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from cmc.clinical.codes import GlucosePeriod
from cmc.clinical.meal_times import USUAL_TIMES, MealMark, MealTimes, likely_period
from cmc.ingest.received import Received

FROM_MEAL_TIMES: Final = "period_from_meal_times"
"""The note of a period that was found this way: nobody said it."""


def period_of(item: Received, times: MealTimes = USUAL_TIMES) -> tuple[str | None, bool]:
    """(period, whether it follows from the person's meal times) of a glucose item.

    What the sender said stands. A mark alone takes the nearest meal on its side by the local clock of the reading;
    without a mark nothing is added.
    """
    if item.period is not None or item.meal is None:
        return item.period, False
    local = item.taken_at + timedelta(minutes=item.utc_offset_minutes)
    found: GlucosePeriod | None = likely_period(local.time(), MealMark(item.meal), times)
    return (None, False) if found is None else (found.value, True)
