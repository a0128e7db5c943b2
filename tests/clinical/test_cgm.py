"""What a sensor says over some days (rules 4.3, GLU-03)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.cgm import CgmGoal, CgmGroup, SensorValue, cgm_report, interval_of
from cmc.clinical.codes import GlucoseFlag

START = datetime(2026, 11, 1, tzinfo=UTC)


def _values(*mmol: float, step: int = 15) -> list[SensorValue]:
    return [SensorValue(START + timedelta(minutes=step * index), round(each * 1000)) for index, each in enumerate(mmol)]


def test_rd_09_the_shares_of_a_worked_example() -> None:
    values = _values(3.8, 3.9, 7.2, 10.0, 10.1, 2.9, 14.0, 8.0, 9.0, 6.0)
    report = cgm_report(values, start=START, end=START + timedelta(minutes=150), interval_minutes=15)
    assert report.summary is not None
    assert (report.summary.in_range_percent, report.summary.below_percent) == (60, 20)
    assert report.active_percent == 100


def test_glu_03_hi_and_lo_are_counted_and_left_out_of_the_shares() -> None:
    values = _values(7.0, 8.0)
    values += [
        SensorValue(START + timedelta(minutes=30), 33300, GlucoseFlag.HI),
        SensorValue(START + timedelta(minutes=45), 1100, GlucoseFlag.LO),
    ]
    report = cgm_report(values, start=START, end=START + timedelta(hours=1), interval_minutes=15)
    assert (report.high, report.low, report.delivered) == (1, 1, 4)
    assert report.summary is not None
    assert (report.summary.count, report.summary.in_range_percent) == (2, 100)


@pytest.mark.parametrize(
    ("days", "delivered", "enough"),
    [(14, 941, True), (14, 940, False), (13, 1248, False), (28, 1882, True), (28, 1881, False)],
)
def test_a_report_needs_seventy_percent_of_fourteen_days(days: int, delivered: int, enough: bool) -> None:
    report = cgm_report(_values(*[7.0] * delivered), start=START, end=START + timedelta(days=days), interval_minutes=15)
    assert report.sufficient is enough


def test_a_value_sent_twice_and_one_outside_do_not_count() -> None:
    values = _values(7.0, 8.0)
    outside = [SensorValue(START - timedelta(minutes=1), 20000), SensorValue(START + timedelta(hours=1), 20000)]
    span = {"start": START, "end": START + timedelta(hours=1), "interval_minutes": 15}
    assert cgm_report([*values, *values, *outside], **span) == cgm_report(values, **span)  # type: ignore[arg-type]
    assert cgm_report(values, **span).active_percent == 50  # type: ignore[arg-type]


GOALS = [
    (CgmGroup.GENERAL, [7.0] * 71 + [11.0] * 24 + [3.5] * 3 + [8.0] * 2, set()),
    (CgmGroup.GENERAL, [7.0] * 70 + [11.0] * 30, {CgmGoal.IN_RANGE, CgmGoal.ABOVE}),
    (CgmGroup.GENERAL, [7.0] * 96 + [3.5] * 3 + [2.9], {CgmGoal.BELOW, CgmGoal.BELOW_3_0}),
    (CgmGroup.FRAIL, [7.0] * 60 + [11.0] * 40, set()),
    (CgmGroup.FRAIL, [7.0] * 60 + [14.0] * 39 + [3.5], {CgmGoal.BELOW, CgmGoal.ABOVE_13_9}),
]


@pytest.mark.parametrize(("group", "mmol", "missed"), GOALS)
def test_the_goals_of_a_group(group: CgmGroup, mmol: list[float], missed: set[CgmGoal]) -> None:
    report = cgm_report(_values(*mmol), start=START, end=START + timedelta(days=14), interval_minutes=15)
    assert {goal for goal, met in report.met(group).items() if not met} == missed


def test_without_numbers_there_is_no_summary_and_no_goal() -> None:
    report = cgm_report([], start=START, end=START, interval_minutes=15)
    assert (report.summary, report.met(), report.active_percent, report.sufficient) == (None, {}, None, False)


@pytest.mark.parametrize(("interval", "days"), [(0, 1), (15, -1)])
def test_an_impossible_span_is_refused(interval: int, days: int) -> None:
    with pytest.raises(ValueError, match="interval"):
        cgm_report([], start=START, end=START + timedelta(days=days), interval_minutes=interval)


@pytest.mark.parametrize(
    ("minutes", "interval"),
    [([0, 5, 10, 15, 120], 5), ([0, 15, 31, 45], 15), ([0, 1, 2, 3], 1), ([0, 5, 10], 5), ([0, 5], None)],
)
def test_the_interval_of_a_sensor_is_seen_in_its_values(minutes: list[int], interval: int | None) -> None:
    assert interval_of(START + timedelta(minutes=each) for each in minutes) == interval


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(500, 30000)), max_size=80))
def test_the_delivered_share_lies_between_nothing_and_everything(points: list[tuple[int, int]]) -> None:
    values = [SensorValue(START + timedelta(minutes=minute), umol) for minute, umol in points]
    report = cgm_report(values, start=START, end=START + timedelta(days=2), interval_minutes=5)
    assert report.active_percent is not None
    assert Decimal(0) <= report.active_percent <= 100
    assert report.delivered <= report.expected
