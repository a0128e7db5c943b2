"""The period of a reading with a mark "before" or "after a meal" (GLU-01)."""

import json
from datetime import time

import pytest

from cmc.clinical.meal_times import MealTimes
from cmc.ingest.formats import gatt_glucose
from cmc.ingest.meal_period import period_of
from cmc.ingest.received import Received

AT_HALF_PAST_SIX = "062b00ea070b15061e0048c011"
LATE_RISER = MealTimes(breakfast=time(10), lunch=time(14), dinner=time(20))


def _item(context: str | None) -> Received:
    body = {"device": "M1", "measurements": [AT_HALF_PAST_SIX], "contexts": [] if context is None else [context]}
    (item,) = gatt_glucose.read(json.dumps(body).encode()).items
    assert isinstance(item, Received)
    return item


@pytest.mark.parametrize(
    ("context", "times", "expected"),
    [
        ("022b0001", MealTimes(), ("FASTING", True)),
        ("022b0001", LATE_RISER, (None, False)),
        ("022b0002", MealTimes(), (None, False)),
        ("022b0005", MealTimes(), ("BEDTIME", False)),
        (None, MealTimes(), (None, False)),
    ],
)
def test_glu_01_what_was_said_stands_and_a_mark_takes_the_persons_own_meal(
    context: str | None, times: MealTimes, expected: tuple[str | None, bool]
) -> None:
    assert period_of(_item(context), times) == expected
