"""Orange and yellow alerts, drawn."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cmc.clinical.alert_patterns import AlertFacts, alert_patterns
from cmc.clinical.codes import AlertTier, GlucosePeriod

ON = date(2026, 11, 21)
P = GlucosePeriod


def ago(days: int) -> date:
    return ON - timedelta(days=days)


def home(sbp: int, dbp: int, *, last: int = 0, count: int = 4) -> tuple[tuple[date, int, int], ...]:
    return tuple((ago(last + day), sbp, dbp) for day in range(3) for _ in range(count))


def glucose(*rows: tuple[int, GlucosePeriod, int]) -> tuple[tuple[date, GlucosePeriod, int], ...]:
    return tuple((ago(days), period, value) for days, period, value in rows)


def weights(*rows: tuple[int, str]) -> tuple[tuple[date, Decimal], ...]:
    return tuple((ago(days), Decimal(kg)) for days, kg in rows)


@pytest.mark.parametrize(
    ("facts", "tiers"),
    [
        ({}, ""),
        ({"home": home(160, 80)}, "ORANGE"),
        ({"home": home(140, 100)}, "ORANGE"),
        ({"home": home(159, 99)}, "YELLOW"),
        ({"home": home(135, 70)}, "YELLOW"),
        ({"home": home(120, 85)}, "YELLOW"),
        ({"home": home(134, 84)}, ""),
        ({"home": home(170, 105, count=3)}, ""),
        ({"home": home(170, 105, last=5)}, ""),
        ({"glucose": glucose((0, P.RANDOM, 13900), (1, P.RANDOM, 14000))}, "ORANGE"),
        ({"glucose": glucose((0, P.RANDOM, 13900), (0, P.BEDTIME, 14000))}, ""),
        ({"glucose": glucose((0, P.RANDOM, 13900), (7, P.RANDOM, 14000))}, ""),
        ({"glucose": glucose((0, P.RANDOM, 13899), (1, P.RANDOM, 14000))}, ""),
        ({"glucose": glucose((0, P.BEDTIME, 4399)), "on_insulin_or_sulfonylurea": True}, "ORANGE"),
        ({"glucose": glucose((0, P.BEDTIME, 4400)), "on_insulin_or_sulfonylurea": True}, ""),
        ({"glucose": glucose((2, P.BEDTIME, 4000)), "on_insulin_or_sulfonylurea": True}, ""),
        ({"glucose": glucose((0, P.BEDTIME, 4000))}, ""),
        ({"weights": weights((3, "70"), (0, "72")), "heart_failure": True}, "ORANGE"),
        ({"weights": weights((3, "70"), (0, "71.9")), "heart_failure": True}, ""),
        ({"weights": weights((4, "70"), (0, "72")), "heart_failure": True}, ""),
        ({"weights": weights((3, "72"), (0, "70")), "heart_failure": True}, ""),
        ({"weights": weights((3, "70"), (0, "72"))}, ""),
        ({"glucose": glucose((9, P.FASTING, 7000), (5, P.FASTING, 7100), (1, P.FASTING, 8000))}, "YELLOW"),
        ({"glucose": glucose((9, P.FASTING, 7000), (5, P.FASTING, 6999), (1, P.FASTING, 8000))}, ""),
        ({"glucose": glucose((9, P.FASTING, 7000), (5, P.BEFORE_LUNCH, 8000), (1, P.FASTING, 8000))}, ""),
        ({"glucose": glucose((-1, P.FASTING, 7000), (5, P.FASTING, 8000), (1, P.FASTING, 8000))}, ""),
        ({"missed_doses": True}, "YELLOW"),
        ({"home": home(165, 95), "missed_doses": True}, "ORANGE YELLOW"),
    ],
)
def test_what_several_readings_say_together(facts: dict[str, Any], tiers: str) -> None:
    found = alert_patterns(AlertFacts(**facts), ON)
    assert [each.tier.value for each in found] == tiers.split()


def test_orange_is_answered_within_a_day_and_yellow_within_a_week() -> None:
    found = alert_patterns(AlertFacts(home=home(165, 95), missed_doses=True), ON)
    assert {each.tier: each.answer_by for each in found} == {
        AlertTier.ORANGE: ON + timedelta(days=1),
        AlertTier.YELLOW: ON + timedelta(days=7),
    }
