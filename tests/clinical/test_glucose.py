"""Meaning of glucose values (GLU-01, GLU-03, GLU-04, hypoglycaemia, sensors)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical import glucose
from cmc.clinical.codes import Concern, GlucoseFlag, GlucosePeriod


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("7.0", "mmol/L", ()),
        ("0.5", "mmol/L", (Concern.UNUSUAL,)),
        ("0.49", "mmol/L", (Concern.OUT_OF_RANGE,)),
        ("0", "mmol/L", (Concern.OUT_OF_RANGE,)),
        ("2.19", "mmol/L", (Concern.UNUSUAL,)),
        ("2.2", "mmol/L", ()),
        ("27.8", "mmol/L", ()),
        ("27.9", "mmol/L", (Concern.UNUSUAL,)),
        ("39.9", "mmol/L", (Concern.UNUSUAL,)),
        ("40", "mmol/L", (Concern.UNIT_MISMATCH,)),
        ("50", "mmol/L", (Concern.UNIT_MISMATCH,)),
        ("126", "mmol/L", (Concern.OUT_OF_RANGE, Concern.UNIT_MISMATCH)),
        ("126", "mg/dL", ()),
        ("33.3", "mg/dL", (Concern.UNIT_MISMATCH,)),
        ("34", "mg/dL", (Concern.UNUSUAL,)),
        ("7.0", "mg/dL", (Concern.OUT_OF_RANGE, Concern.UNIT_MISMATCH)),
        ("900", "mg/dL", (Concern.UNUSUAL,)),
        ("901", "mg/dL", (Concern.OUT_OF_RANGE,)),
    ],
)
def test_doubtful_values_are_named(value: str, unit: str, expected: tuple[Concern, ...]) -> None:
    assert glucose.concerns(Decimal(value), unit) == expected


@pytest.mark.parametrize(
    ("value", "unit", "doubtful"),
    [
        ("0.4", "mg/dL", False),
        ("0.5", "mg/dL", True),
        ("6.1", "mg/dL", True),
        ("30", "mg/dL", True),
        ("33.3", "mg/dL", True),
        ("33.4", "mg/dL", False),
        ("-6.1", "mg/dL", False),
        ("6.1", "mmol/L", False),
        ("126", "mmol/L", False),
    ],
)
def test_a_small_number_in_mg_dl_may_be_either_unit(value: str, unit: str, doubtful: bool) -> None:
    assert glucose.unit_doubtful(Decimal(value), unit) is doubtful


@pytest.mark.parametrize(("percent", "plausible"), [("2.9", False), ("3.0", True), ("20.0", True), ("20.1", False)])
def test_hba1c_lies_between_three_and_twenty_percent(percent: str, plausible: bool) -> None:
    assert glucose.hba1c_plausible(Decimal(percent)) is plausible


def test_hi_and_lo_are_stored_as_the_bound_of_the_meter() -> None:
    assert glucose.bound_umol_l(GlucoseFlag.HI) == 33300
    assert glucose.bound_umol_l(GlucoseFlag.LO) == 1100
    assert glucose.bound_umol_l(GlucoseFlag.HI, 27800) == 27800


@pytest.mark.parametrize("period", GlucosePeriod, ids=str)
def test_only_fasting_values_feed_the_class(period: GlucosePeriod) -> None:
    assert glucose.feeds_classification(period) == (period is GlucosePeriod.FASTING)


@pytest.mark.parametrize(("umol_l", "satisfactory"), [(6999, True), (7000, False), (3600, True), (16700, False)])
def test_fasting_glucose_is_satisfactory_below_seven(umol_l: int, satisfactory: bool) -> None:
    assert glucose.fasting_satisfactory(umol_l) is satisfactory


@pytest.mark.parametrize(
    ("umol_l", "helped", "level"),
    [
        (3900, False, None),
        (3899, False, 1),
        (3000, False, 1),
        (2999, False, 2),
        (5000, True, 3),
        (None, True, 3),
        (None, False, None),
    ],
)
def test_hypoglycaemia_levels_of_a_person_with_diabetes(umol_l: int | None, helped: bool, level: int | None) -> None:
    assert glucose.hypoglycaemia_level(umol_l, needed_help=helped) == level


def test_without_diabetes_hypoglycaemia_begins_below_two_point_eight() -> None:
    assert glucose.hypoglycaemia_without_diabetes(2799)
    assert not glucose.hypoglycaemia_without_diabetes(2800)


def test_sensor_limits_lie_inside_the_range() -> None:
    summary = glucose.cgm_summary([3900, 10000])
    assert summary is not None
    assert summary.in_range_percent == 100
    assert (summary.below_percent, summary.above_percent) == (0, 0)


@pytest.mark.parametrize(
    ("value", "below", "below_3", "above", "above_13_9"),
    [
        (3899, 100, 0, 0, 0),
        (3000, 100, 0, 0, 0),
        (2999, 100, 100, 0, 0),
        (10001, 0, 0, 100, 0),
        (13900, 0, 0, 100, 0),
        (13901, 0, 0, 100, 100),
    ],
)
def test_sensor_shares_at_their_limits(value: int, below: int, below_3: int, above: int, above_13_9: int) -> None:
    summary = glucose.cgm_summary([value])
    assert summary is not None
    shares = (summary.below_percent, summary.below_3_0_percent, summary.above_percent, summary.above_13_9_percent)
    assert shares == (below, below_3, above, above_13_9)


def test_no_sensor_values_give_no_summary() -> None:
    assert glucose.cgm_summary([]) is None
    with pytest.raises(ValueError, match="no values"):
        glucose.mean_mmol_l([])


def test_shares_have_two_decimals_half_up() -> None:
    summary = glucose.cgm_summary([5000, 5000, 12000])
    assert summary is not None
    assert (summary.in_range_percent, summary.above_percent) == (Decimal("66.67"), Decimal("33.33"))


@given(st.lists(st.integers(500, 30000), min_size=1, max_size=50))
def test_in_range_below_and_above_make_the_whole(values: list[int]) -> None:
    summary = glucose.cgm_summary(values)
    assert summary is not None
    whole = summary.in_range_percent + summary.below_percent + summary.above_percent
    assert abs(whole - 100) <= Decimal("0.02")
    assert summary.below_3_0_percent <= summary.below_percent
    assert summary.above_13_9_percent <= summary.above_percent


def test_the_coefficient_of_variation_uses_the_sample_deviation() -> None:
    assert glucose.cv_percent([4000, 6000]) == pytest.approx(Decimal("28.2842712"), abs=Decimal("1e-6"))
    assert glucose.cv_percent([7000]) is None
    assert glucose.cv_percent([7000, 7000]) == 0


@pytest.mark.parametrize(("values", "stable"), [([4000, 10000], False), ([6000, 7000], True), ([7000], None)])
def test_glucose_is_stable_up_to_thirty_six_percent(values: list[int], stable: bool | None) -> None:
    summary = glucose.cgm_summary(values)
    assert summary is not None
    assert summary.stable is stable


def test_the_management_indicator_follows_its_formula() -> None:
    assert glucose.gmi_percent(Decimal("8.6")) == Decimal("7.012816")


@pytest.mark.parametrize(("count", "enough"), [(941, True), (940, False)])
def test_a_sensor_must_deliver_seventy_percent_of_fourteen_days(count: int, enough: bool) -> None:
    assert glucose.cgm_sufficient(count, interval_minutes=15) is enough
