"""Pictures of many readings: glucose profile, pressure summary, thinned series."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.codes import GlucoseFlag, GlucosePeriod, Setting
from cmc.clinical.home_week import DayPart
from cmc.clinical.sittings import Pressure
from cmc.readings.glucose_profile import ProfileValue, glucose_profile
from cmc.readings.pressure_summary import pressure_summary
from cmc.readings.thinning import thin

DAY = datetime(2026, 11, 16)  # noqa: DTZ001


def _at(hour: int, mmol: float, day: int = 0, **more: object) -> ProfileValue:
    return ProfileValue(DAY + timedelta(days=day, hours=hour), round(mmol * 1000), **more)  # type: ignore[arg-type]


def test_a_profile_says_how_values_lie_at_every_hour() -> None:
    values = [_at(7, 5 + day, day) for day in range(5)] + [_at(9, 10.0)]
    seven, nine = glucose_profile(values).slots
    assert (seven.from_minute, seven.to_minute, seven.spread.count, seven.spread.days) == (420, 480, 5, 5)
    assert seven.spread.percentiles == (5200, 6000, 7000, 8000, 8800)
    assert (nine.spread.median, nine.spread.percentiles) == (10000, None)


def test_periods_have_spreads_of_their_own() -> None:
    values = [
        _at(7, 6.0, period=GlucosePeriod.FASTING),
        _at(9, 9.0, period=GlucosePeriod.AFTER_BREAKFAST_2H),
        _at(10, 8.0),
    ]
    periods = dict(glucose_profile(values).periods)
    assert set(periods) == {GlucosePeriod.FASTING, GlucosePeriod.AFTER_BREAKFAST_2H}
    assert periods[GlucosePeriod.FASTING].median == 6000


def test_glu_03_bounds_stand_at_the_ends_and_not_in_the_mean() -> None:
    values = [
        _at(7, 33.3, flag=GlucoseFlag.HI),
        _at(7, 1.1, 1, flag=GlucoseFlag.LO),
        _at(7, 6.0, 2),
        _at(7, 8.0, 3),
        _at(7, 7.0, 4),
    ]
    whole = glucose_profile(values).whole
    assert whole is not None
    assert (whole.high, whole.low, whole.mean, whole.median) == (1, 1, 7000.0, 7000)
    assert (whole.least, whole.greatest) == (1100, 33300)


def test_glu_03_nothing_is_interpolated_between_a_value_and_a_bound() -> None:
    values = [_at(7, 6.0, day) for day in range(4)] + [_at(7, 33.3, 4, flag=GlucoseFlag.HI)]
    whole = glucose_profile(values).whole
    assert whole is not None
    assert whole.percentiles == (6000, 6000, 6000, 6000, 33300)


def test_nothing_gives_an_empty_profile_and_a_step_must_divide_the_day() -> None:
    assert glucose_profile([]).whole is None
    with pytest.raises(ValueError, match="divide"):
        glucose_profile([], step_minutes=7)


@given(st.lists(st.tuples(st.integers(0, 20 * 1440), st.integers(500, 33300)), min_size=1, max_size=60))
def test_percentiles_are_in_order_and_every_value_is_in_one_slot(points: list[tuple[int, int]]) -> None:
    values = [ProfileValue(DAY + timedelta(minutes=minute), umol) for minute, umol in points]
    profile = glucose_profile(values, step_minutes=30)
    assert sum(each.spread.count for each in profile.slots) == len(values)
    for each in profile.slots:
        shown = each.spread.percentiles or (each.spread.median,)
        assert list(shown) == sorted(shown)
        assert each.spread.least <= shown[0]
        assert shown[-1] <= each.spread.greatest


def _pressure(
    hour: int, sbp: int, dbp: int, *, minute: int = 0, day: int = 0, **more: object
) -> tuple[datetime, Pressure]:
    local = DAY + timedelta(days=day, hours=hour, minutes=minute)
    return local, Pressure(local.replace(tzinfo=UTC), sbp, dbp, **more)  # type: ignore[arg-type]


def test_bp_03_a_summary_counts_sittings_and_not_single_readings() -> None:
    rows = [_pressure(7, 150, 90), _pressure(7, 144, 88, minute=1), _pressure(19, 130, 80)]
    home = pressure_summary(rows).by_setting[Setting.HOME]
    assert (home.sittings, home.readings, home.days) == (2, 3, 1)
    assert (home.sbp.mean_mmhg, home.sbp.least_mmhg, home.sbp.greatest_mmhg) == (Decimal("138.5"), 130, 147)
    assert (home.elevated, home.elevated_percent) == (1, Decimal("50.00"))
    assert home.sbp.sd_mmhg == Decimal("12.0")


def test_morning_and_evening_at_home_and_the_doubt_between_clinic_and_home() -> None:
    rows = [_pressure(7, 130, 80), _pressure(19, 128, 78), _pressure(10, 150, 95, setting=Setting.OFFICE)]
    summary = pressure_summary(iter(rows))
    assert set(summary.at_home) == {DayPart.MORNING, DayPart.EVENING}
    assert (summary.white_coat, summary.masked) == (True, False)
    assert pressure_summary(rows[:2]).white_coat is None


def test_gen_05_means_are_compared_unrounded() -> None:
    rows = [_pressure(10, sbp, 80, day=day, setting=Setting.OFFICE) for day, sbp in enumerate([139] + [140] * 24)]
    rows += [_pressure(7, 130, 80)]
    summary = pressure_summary(rows)
    assert summary.by_setting[Setting.OFFICE].sbp.mean_mmhg == Decimal("139.96")
    assert summary.white_coat is False


@pytest.mark.parametrize(
    ("office", "home", "white_coat", "masked"),
    [
        ((140, 80), (134, 84), True, False),
        ((120, 90), (134, 84), True, False),
        ((139, 89), (135, 80), False, True),
        ((139, 89), (120, 85), False, True),
        ((140, 90), (135, 85), False, False),
        ((139, 89), (134, 84), False, False),
    ],
)
def test_either_limb_at_its_limit_makes_a_mean_high(
    office: tuple[int, int], home: tuple[int, int], white_coat: bool, masked: bool
) -> None:
    summary = pressure_summary([_pressure(10, *office, setting=Setting.OFFICE), _pressure(7, *home)])
    assert (summary.white_coat, summary.masked) == (white_coat, masked)
    spreads = summary.by_setting
    assert (spreads[Setting.OFFICE].elevated, spreads[Setting.HOME].elevated) == (
        int(white_coat or (office, home) == ((140, 90), (135, 85))),
        int(masked or (office, home) == ((140, 90), (135, 85))),
    )


def test_a_critical_reading_within_a_calmer_sitting_is_counted() -> None:
    rows = [_pressure(7, 182, 90), _pressure(7, 150, 88, minute=1), _pressure(7, 148, 88, minute=2)]
    home = pressure_summary(rows).by_setting[Setting.HOME]
    assert (home.critical, home.sbp.mean_mmhg) == (1, Decimal("149.0"))


_SERIES = st.lists(st.tuples(st.integers(0, 10**7), st.floats(1, 40) | st.just(float("nan"))), max_size=400)


@given(_SERIES, st.integers(4, 60), st.data())
def test_a_thinned_series_keeps_extremes_ends_and_every_alarm(
    points: list[tuple[int, float]], most: int, data: st.DataObject
) -> None:
    seconds, values = np.array([at for at, _ in points], dtype=float), np.array([value for _, value in points])
    alarms = data.draw(st.lists(st.integers(0, len(points) - 1), max_size=10)) if points else []
    kept = set(thin(seconds, values, most=most, always=alarms).tolist())
    assert set(alarms) <= kept
    drawable = [index for index, (_, value) in enumerate(points) if value == value]  # noqa: PLR0124 - not NaN
    assert kept <= set(drawable) | set(alarms)
    assert len(kept - set(alarms)) <= most
    if drawable:
        shown = [index for index in kept if index in set(drawable)]
        for of in (seconds, values):
            assert min(of[shown]) == min(of[drawable])
            assert max(of[shown]) == max(of[drawable])


def test_a_short_series_stays_whole_and_a_useless_one_is_refused() -> None:
    assert thin([1, 2, 3], [5.0, 6.0, 7.0], most=4).tolist() == [0, 1, 2]
    assert thin([], [], most=4).tolist() == []
    with pytest.raises(ValueError, match="at least 4"):
        thin([1], [1], most=3)
    with pytest.raises(ValueError, match="at least 4"):
        thin([1, 2], [1], most=8)
