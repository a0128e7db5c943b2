"""Sittings and the home week (BP-03, BP-04, BP-06, HTN-DX-02)."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.codes import Setting
from cmc.clinical.home_week import DayPart, day_part, home_week
from cmc.clinical.sittings import Pressure, sittings

START = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
LOCAL = datetime(2026, 11, 16, 7)  # noqa: DTZ001


def _at(minute: int, sbp: int = 140, dbp: int = 90, **more: object) -> Pressure:
    return Pressure(START + timedelta(minutes=minute), sbp, dbp, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("minutes", "sizes"),
    [([0], [1]), ([0, 1], [2]), ([0, 10], [2]), ([0, 11], [1, 1]), ([0, 9, 18, 40], [3, 1]), ([], [])],
)
def test_bp_03_readings_within_ten_minutes_are_one_sitting(minutes: list[int], sizes: list[int]) -> None:
    assert [len(each.readings) for each in sittings(_at(minute) for minute in minutes)] == sizes


BP_03 = [
    ([(150, 92), (144, 90)], (147, 91), False),
    ([(160, 96), (146, 90), (144, 88)], (145, 89), False),
    ([(160, 96), (146, 90)], (153, 93), True),
    ([(150, 92), (140, 82)], (145, 87), False),
    ([(150, 92)], (150, 92), False),
]


@pytest.mark.parametrize(("pairs", "mean", "third_wanted"), BP_03)
def test_bp_03_the_value_of_a_sitting(pairs: list[tuple[int, int]], mean: tuple[int, int], third_wanted: bool) -> None:
    (sitting,) = sittings(_at(index, *pair) for index, pair in enumerate(pairs))
    assert ((sitting.mean.sbp_mmhg, sitting.mean.dbp_mmhg), sitting.mean.third_wanted) == (mean, third_wanted)


def test_bp_06_with_an_irregular_pulse_all_three_are_averaged() -> None:
    (sitting,) = sittings([_at(0, 160, 90), _at(1, 150, 90, irregular_pulse=True), _at(2, 140, 90)])
    assert (sitting.mean.sbp_mmhg, sitting.mean.averaged, sitting.irregular_pulse) == (150, 3, True)


def test_an_average_of_the_cuff_and_another_setting_stay_apart() -> None:
    readings = [_at(0), _at(1, averaged=3), _at(2, setting=Setting.OFFICE), _at(3, setting=Setting.OFFICE)]
    assert [(each.setting, len(each.readings)) for each in sittings(readings)] == [
        (Setting.HOME, 1),
        (Setting.HOME, 1),
        (Setting.OFFICE, 2),
    ]


@given(st.lists(st.integers(0, 600), max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_change_the_sittings(minutes: list[int], random: object) -> None:
    readings = [_at(minute, 120 + minute % 50) for minute in minutes]
    shuffled = list(readings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    found = sittings(readings)
    assert sittings(shuffled) == found
    assert sum(len(each.readings) for each in found) == len(readings)


def _week(
    days: int, *, hours: tuple[int, ...] = (7, 7, 19, 19), first: int = 160, later: int = 140
) -> list[tuple[datetime, Pressure]]:
    rows = []
    for day in range(days):
        for index, hour in enumerate(hours):
            local = datetime(2026, 11, 16 + day, hour, index)  # noqa: DTZ001
            rows.append((local, Pressure(local.replace(tzinfo=UTC), first if day == 0 else later, 80)))
    return rows


@pytest.mark.parametrize(
    ("days", "left_out", "mean", "complete"),
    [
        (7, True, "140", True),
        (5, True, "140", True),
        (4, True, "140", False),
        (3, False, "146.67", False),
        (1, False, "160", False),
    ],
)
def test_bp_04_the_first_day_is_left_out_when_the_rest_is_enough(
    days: int, left_out: bool, mean: str, complete: bool
) -> None:
    week = home_week(_week(days), last_on=date(2026, 11, 22))
    assert week.mean is not None
    assert (week.first_day_left_out, week.complete) == (left_out, complete)
    assert round(week.mean.sbp_mmhg, 2) == Decimal(mean)


def test_htn_dx_02_below_twelve_readings_nothing_is_said() -> None:
    week = home_week(_week(3, hours=(7, 7, 19)), last_on=date(2026, 11, 22))
    assert week.mean is not None
    assert (week.mean.count, week.elevated) == (9, None)


def test_morning_and_evening_have_means_of_their_own() -> None:
    rows = _week(7)
    rows = [(at, Pressure(each.at, 150 if at.hour < 12 else 130, 80)) for at, each in rows]
    week = home_week(rows, last_on=date(2026, 11, 22))
    assert week.morning is not None
    assert week.evening is not None
    assert (week.morning.sbp_mmhg, week.evening.sbp_mmhg) == (150, 130)


def test_readings_outside_of_the_week_and_at_the_clinic_do_not_count() -> None:
    rows = _week(7)
    rows += [
        (LOCAL - timedelta(days=1), Pressure(START, 200, 80)),
        (LOCAL + timedelta(days=4, hours=2), Pressure(START, 200, 80, Setting.OFFICE)),
    ]
    assert home_week(rows, last_on=date(2026, 11, 22)) == home_week(_week(7), last_on=date(2026, 11, 22))
    assert home_week([], last_on=date(2026, 11, 22)).mean is None


@pytest.mark.parametrize(
    ("at", "part"),
    [
        ("03:59", DayPart.OTHER),
        ("04:00", DayPart.MORNING),
        ("11:59", DayPart.MORNING),
        ("12:00", DayPart.OTHER),
        ("15:59", DayPart.OTHER),
        ("16:00", DayPart.EVENING),
        ("23:59", DayPart.EVENING),
        ("00:00", DayPart.OTHER),
    ],
)
def test_parts_of_the_day(at: str, part: DayPart) -> None:
    assert day_part(time.fromisoformat(at)) is part
