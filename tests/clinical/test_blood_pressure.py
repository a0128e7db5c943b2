"""Meaning of blood pressures (BP-01, BP-03, BP-06, HTN-DX-02, HTN-FU-05, HTN-GL-01, grades)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical import blood_pressure as bp
from cmc.clinical.codes import Concern


@pytest.mark.parametrize(
    ("sbp", "dbp", "expected"),
    [
        (120, 80, ()),
        (39, 25, (Concern.OUT_OF_RANGE,)),
        (40, 20, (Concern.UNUSUAL,)),
        (301, 100, (Concern.OUT_OF_RANGE,)),
        (300, 200, (Concern.UNUSUAL,)),
        (260, 201, (Concern.OUT_OF_RANGE,)),
        (80, 40, ()),
        (79, 50, (Concern.UNUSUAL,)),
        (220, 130, ()),
        (221, 100, (Concern.UNUSUAL,)),
        (190, 131, (Concern.UNUSUAL,)),
        (90, 90, (Concern.NOT_ABOVE_DIASTOLIC,)),
        (80, 120, (Concern.NOT_ABOVE_DIASTOLIC,)),
        (99, 90, (Concern.NARROW_PULSE_PRESSURE,)),
        (100, 90, ()),
    ],
)
def test_doubtful_pairs_are_named(sbp: int, dbp: int, expected: tuple[Concern, ...]) -> None:
    assert bp.concerns(sbp, dbp) == expected


NBPHS, UNIFORM, TARGET = bp.ControlStandard


@pytest.mark.parametrize(
    ("standard", "age", "sbp", "dbp", "expected"),
    [
        (NBPHS, 60, 139, 89, True),
        (NBPHS, 60, 140, 89, False),
        (NBPHS, 60, 139, 90, False),
        (NBPHS, 64, 149, 89, False),
        (NBPHS, 65, 149, 89, True),
        (NBPHS, 65, 150, 89, False),
        (NBPHS, 65, 149, 90, False),
        (NBPHS, 0, 139, 89, True),
        (UNIFORM, 80, 140, 80, False),
        (UNIFORM, 80, 139, 89, True),
        (TARGET, 79, 129, 79, True),
        (TARGET, 79, 130, 79, False),
        (TARGET, 79, 129, 80, False),
        (TARGET, 80, 149, 89, True),
        (TARGET, 80, 150, 89, False),
    ],
)
def test_controlled_needs_both_limbs_strictly_below_the_limits_of_the_age(
    standard: bp.ControlStandard, age: int, sbp: int, dbp: int, expected: bool
) -> None:
    assert bp.controlled(sbp, dbp, age, standard) is expected


@pytest.mark.parametrize("standard", bp.ControlStandard, ids=str)
def test_limits_begin_at_birth_and_rise_with_age(standard: bp.ControlStandard) -> None:
    ages = [limit.age_from for limit in bp.CONTROL_LIMITS[standard]]
    assert ages[0] == 0
    assert ages == sorted(set(ages))


def test_a_negative_age_is_refused() -> None:
    with pytest.raises(ValueError, match="age"):
        bp.control_limit(-1)


@given(st.integers(0, 110), st.integers(60, 250), st.integers(30, 130), st.sampled_from(bp.ControlStandard))
def test_a_lower_pressure_is_never_less_controlled(age: int, sbp: int, dbp: int, standard: bp.ControlStandard) -> None:
    if bp.controlled(sbp, dbp, age, standard):
        assert bp.controlled(sbp - 1, dbp, age, standard)
        assert bp.controlled(sbp, dbp - 1, age, standard)


@pytest.mark.parametrize(
    ("readings", "sbp", "dbp", "averaged", "third_wanted"),
    [
        ([(150, 92), (144, 90)], 147, 91, 2, False),
        ([(150, 90), (140, 80)], 145, 85, 2, False),
        ([(151, 90), (140, 90)], 146, 90, 2, True),
        ([(150, 101), (150, 90)], 150, 96, 2, True),
        ([(160, 96), (146, 90), (144, 88)], 145, 89, 2, False),
        ([(140, 101), (140, 90), (138, 88)], 139, 89, 2, False),
        ([(150, 92), (144, 90), (120, 70)], 147, 91, 2, False),
        ([(139, 89), (140, 90)], 140, 90, 2, False),
        ([(150, 92)], 150, 92, 1, False),
    ],
    ids=[
        "two",
        "apart-by-10",
        "sbp-apart-by-11",
        "dbp-apart-by-11",
        "third",
        "third-for-dbp",
        "third-unneeded",
        "half-up",
        "single",
    ],
)
def test_office_value(readings: list[tuple[int, int]], sbp: int, dbp: int, averaged: int, third_wanted: bool) -> None:
    assert bp.office_mean(readings) == bp.OfficeMean(sbp, dbp, averaged, third_wanted)


def test_with_an_irregular_pulse_all_three_readings_are_averaged() -> None:
    readings = [(150, 90), (140, 86), (130, 80)]
    assert bp.office_mean(readings, irregular_pulse=True) == bp.OfficeMean(140, 85, 3)
    assert bp.office_mean(readings[:2], irregular_pulse=True).third_wanted


def test_no_reading_has_no_mean() -> None:
    with pytest.raises(ValueError, match="no reading"):
        bp.office_mean([])
    assert bp.home_mean([]) is None


@pytest.mark.parametrize(
    ("days", "count", "pair", "usable", "elevated"),
    [
        (3, 12, ("134.9", "84.9"), True, False),
        (3, 12, ("135", "80"), True, True),
        (3, 12, ("120", "85"), True, True),
        (3, 12, ("135.0", "85.0"), True, True),
        (2, 12, ("150", "95"), False, None),
        (3, 11, ("150", "95"), False, None),
        (7, 28, ("134.99", "84.99"), True, False),
    ],
)
def test_home_mean_needs_three_days_and_twelve_readings(
    days: int, count: int, pair: tuple[str, str], usable: bool, elevated: bool | None
) -> None:
    mean = bp.HomeMean(days, count, Decimal(pair[0]), Decimal(pair[1]))
    assert mean.usable is usable
    assert mean.elevated is elevated


def test_home_mean_counts_days_once_and_is_not_rounded() -> None:
    first = date(2026, 3, 1)
    mean = bp.home_mean([(first + timedelta(days=day % 3), 134 + day % 2, 84) for day in range(12)])
    assert mean == bp.HomeMean(3, 12, Decimal("134.5"), Decimal(84))


@pytest.mark.parametrize(
    ("sbp", "dbp", "grade", "number", "isolated"),
    [
        (119, 79, "NORMAL", 0, None),
        (120, 79, "HIGH_NORMAL", 0, None),
        (119, 80, "HIGH_NORMAL", 0, None),
        (139, 89, "HIGH_NORMAL", 0, None),
        (140, 89, "GRADE_1", 1, "SYSTOLIC"),
        (139, 90, "GRADE_1", 1, "DIASTOLIC"),
        (159, 99, "GRADE_1", 1, None),
        (160, 80, "GRADE_2", 2, "SYSTOLIC"),
        (130, 100, "GRADE_2", 2, "DIASTOLIC"),
        (165, 92, "GRADE_2", 2, None),
        (180, 80, "GRADE_3", 3, "SYSTOLIC"),
        (130, 110, "GRADE_3", 3, "DIASTOLIC"),
    ],
)
def test_the_higher_limb_decides_the_grade(sbp: int, dbp: int, grade: str, number: int, isolated: str | None) -> None:
    assert bp.grade(sbp, dbp) == grade
    assert bp.grade(sbp, dbp).number == number
    assert bp.isolated(sbp, dbp) == isolated
    assert bp.elevated_in_office(sbp, dbp) is bool(number)
