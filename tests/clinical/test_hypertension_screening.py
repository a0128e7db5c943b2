"""Screening and diagnosis of hypertension, drawn (HTN-SC-01…03, HTN-DX-01…05)."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.codes import Sex
from cmc.clinical.hypertension_risk import HighRiskFacts, high_risk_reasons
from cmc.clinical.hypertension_screening import (
    SCREEN_AGE_FROM_WST_872,
    AmbulatoryPressure,
    HypertensionEvidence,
    OfficePressure,
    screen_hypertension,
)
from cmc.clinical.screening import NeedKind, Verdict

ON = date(2026, 11, 21)
V, N = Verdict, NeedKind


def ago(days: int) -> date:
    return ON - timedelta(days=days)


def office(*rows: tuple[int, int, int]) -> tuple[OfficePressure, ...]:
    """Days ago, SBP, DBP."""
    return tuple(OfficePressure(ago(days), sbp, dbp) for days, sbp, dbp in rows)


@pytest.mark.parametrize(
    ("rows", "verdict", "needs", "counted"),
    [
        ([], V.NOT_SCREENED, [N.MEASURE_PRESSURE], []),
        ([(40, 118, 76)], V.NO_SUSPICION, [N.MEASURE_PRESSURE], [40]),
        ([(0, 132, 80)], V.HIGH_RISK, [N.MEASURE_PRESSURE], []),
        ([(0, 140, 80)], V.SUSPECTED, [N.MEASURE_PRESSURE, N.HOME_OR_AMBULATORY], [0]),
        ([(0, 120, 90)], V.SUSPECTED, [N.MEASURE_PRESSURE, N.HOME_OR_AMBULATORY], [0]),
        ([(0, 139, 89)], V.HIGH_RISK, [N.MEASURE_PRESSURE], []),
        ([(7, 146, 88), (0, 142, 84)], V.SUSPECTED, [N.MEASURE_PRESSURE, N.HOME_OR_AMBULATORY], [7, 0]),
        ([(28, 146, 88), (14, 142, 84), (0, 140, 70)], V.CRITERIA_MET, [N.CONFIRM_BY_DOCTOR], [28, 14, 0]),
        ([(29, 146, 88), (14, 142, 84), (0, 140, 70)], V.SUSPECTED, [N.MEASURE_PRESSURE, N.HOME_OR_AMBULATORY], [14, 0]),
        ([(9, 146, 88), (9, 150, 90), (2, 142, 84)], V.SUSPECTED, [N.MEASURE_PRESSURE, N.HOME_OR_AMBULATORY], [9, 2]),
        ([(9, 146, 88), (5, 128, 80), (0, 142, 84)], V.SUSPECTED, [N.MEASURE_PRESSURE, N.HOME_OR_AMBULATORY], [0]),
        ([(9, 146, 88), (5, 118, 76)], V.EXCLUDED, [N.MEASURE_PRESSURE], [5]),
        ([(300, 146, 88)], V.SUSPECTED, [N.MEASURE_PRESSURE, N.HOME_OR_AMBULATORY], [300]),
    ],
    ids=[
        "never measured", "normal", "high-normal", "one day, systolic", "one day, diastolic", "just below", "two days",
        "three days in 28", "three days in 29", "two values of one day", "a normal day between", "normal again",
        "a forgotten suspicion",
    ],
)  # fmt: skip
def test_htn_sc_02_dx_01_three_different_days_within_four_weeks(
    rows: list[tuple[int, int, int]], verdict: Verdict, needs: list[NeedKind], counted: list[int]
) -> None:
    answer = screen_hypertension(HypertensionEvidence(age_years=50, office=office(*rows)), ON)
    assert answer.verdict is verdict
    assert [each.kind for each in answer.needs] == needs
    assert answer.counted_on == tuple(ago(days) for days in counted)


@pytest.mark.parametrize(
    ("rows", "from_on", "by_on"),
    [
        ([(0, 150, 95)], ON + timedelta(days=1), ON + timedelta(days=28)),
        ([(10, 150, 95)], ON, ON + timedelta(days=18)),
        ([(10, 150, 95), (0, 150, 95)], ON + timedelta(days=1), ON + timedelta(days=18)),
        ([(60, 150, 95)], ON, ON + timedelta(days=28)),
    ],
    ids=["on another day", "within 28 days of the first", "of the first of two", "begun anew"],
)
def test_htn_dx_05_the_next_measurement_is_on_another_day_within_four_weeks(
    rows: list[tuple[int, int, int]], from_on: date, by_on: date
) -> None:
    need = screen_hypertension(HypertensionEvidence(age_years=50, office=office(*rows)), ON).needs[0]
    assert (need.kind, need.from_on, need.by_on) == (N.MEASURE_PRESSURE, from_on, by_on)


def home(sbp: int, dbp: int, *, days: int = 3, per_day: int = 4, last: int = 0) -> tuple[tuple[date, int, int], ...]:
    return tuple((ago(last + day), sbp, dbp) for day in range(days) for _ in range(per_day))


@pytest.mark.parametrize(
    ("evidence", "verdict", "rules"),
    [
        ({"home": home(135, 80)}, V.CRITERIA_MET, {"HTN-DX-02"}),
        ({"home": home(120, 85)}, V.CRITERIA_MET, {"HTN-DX-02"}),
        ({"home": home(150, 95, days=2, per_day=6)}, V.NOT_SCREENED, set()),
        ({"home": home(150, 95, per_day=3)}, V.NOT_SCREENED, set()),
        ({"office": office((1, 150, 90)), "home": home(134, 84)}, V.EXCLUDED, {"HTN-SC-02", "HTN-DX-02"}),
        ({"office": office((5, 150, 90)), "home": home(134, 84, last=9)}, V.SUSPECTED, {"HTN-SC-02"}),
        (
            {"office": office((5, 150, 90)), "ambulatory": (AmbulatoryPressure(ago(1), whole=(120, 70)),)},
            V.EXCLUDED,
            {"HTN-SC-02", "HTN-DX-03"},
        ),
        (
            {"office": office((5, 150, 90)), "ambulatory": (AmbulatoryPressure(ago(6), whole=(120, 70)),)},
            V.SUSPECTED,
            {"HTN-SC-02"},
        ),
        ({"ambulatory": (AmbulatoryPressure(ON, whole=(130, 70)),)}, V.CRITERIA_MET, {"HTN-DX-03"}),
        ({"ambulatory": (AmbulatoryPressure(ON, day=(134, 85)),)}, V.CRITERIA_MET, {"HTN-DX-03"}),
        ({"ambulatory": (AmbulatoryPressure(ON, night=(119, 70)),)}, V.CRITERIA_MET, {"HTN-DX-03"}),
        ({"ambulatory": (AmbulatoryPressure(ON, (129, 79), (134, 84), (119, 69)),)}, V.NOT_SCREENED, set()),
        ({"diagnosed": True, "office": office((0, 120, 70))}, V.KNOWN, {"HTN-DX-04"}),
    ],
)
def test_htn_dx_02_03_04_home_ambulatory_and_a_known_diagnosis(
    evidence: dict[str, Any], verdict: Verdict, rules: set[str]
) -> None:
    answer = screen_hypertension(HypertensionEvidence(age_years=50, **evidence), ON)
    assert answer.verdict is verdict
    assert {each.rule for each in answer.reasons} == rules


@pytest.mark.parametrize(
    ("evidence", "rule"),
    [
        ({"office": office((0, 180, 90)), "acute_symptoms": True}, "HTN-DX-05"),
        ({"office": office((0, 150, 110)), "acute_symptoms": True}, "HTN-DX-05"),
        ({"office": office((0, 150, 90)), "suspected_secondary": True}, "HTN-SC-02"),
        ({"office": office((0, 179, 109)), "acute_symptoms": True}, None),
        ({"office": office((0, 190, 90))}, None),
    ],
)
def test_htn_dx_05_sc_02_who_is_referred_at_once(evidence: dict[str, Any], rule: str | None) -> None:
    answer = screen_hypertension(HypertensionEvidence(age_years=50, **evidence), ON)
    urgent = [each.reason.rule for each in answer.needs if each.kind is N.REFER_NOW]
    assert urgent == ([rule] if rule else [])


def test_htn_sc_02_a_referral_is_followed_within_two_weeks() -> None:
    rows = office((20, 150, 90), (15, 150, 90), (10, 150, 90))
    answer = screen_hypertension(HypertensionEvidence(age_years=50, office=rows, referred_on=ago(5)), ON)
    (need,) = answer.needs
    assert (need.kind, need.from_on, need.by_on) == (N.FOLLOW_REFERRAL, ago(5), ON + timedelta(days=9))


@pytest.mark.parametrize(
    ("age", "screen_from", "verdict", "rules"),
    [
        (34, 35, V.NO_SUSPICION, []),
        (35, 35, V.NOT_SCREENED, ["HTN-SC-01"]),
        (18, SCREEN_AGE_FROM_WST_872, V.NOT_SCREENED, ["HTN-SC-01b"]),
        (17, SCREEN_AGE_FROM_WST_872, V.NO_SUSPICION, []),
    ],
)
def test_htn_sc_01_who_is_measured_every_year(age: int, screen_from: int, verdict: Verdict, rules: list[str]) -> None:
    answer = screen_hypertension(HypertensionEvidence(age_years=age), ON, screen_age_from=screen_from)
    assert answer.verdict is verdict
    assert [each.reason.rule for each in answer.needs] == rules


def test_htn_sc_01_who_was_measured_this_year_is_next_in_the_coming_year() -> None:
    answer = screen_hypertension(HypertensionEvidence(age_years=50, office=office((40, 110, 70))), ON)
    (need,) = answer.needs
    assert (need.from_on, need.by_on) == (date(2027, 1, 1), date(2027, 12, 31))


@pytest.mark.parametrize(
    ("facts", "pressure", "age", "reasons"),
    [
        ({}, None, 54, 0),
        ({}, None, 55, 1),
        ({}, (130, 84), 40, 1),
        ({}, (129, 85), 40, 1),
        ({}, (129, 84), 40, 0),
        ({}, (140, 85), 40, 0),
        ({"bmi": Decimal("23.9")}, None, 40, 0),
        ({"bmi": Decimal(24)}, None, 40, 1),
        ({"sex": Sex.M, "waist_cm": Decimal("89.9")}, None, 40, 0),
        ({"sex": Sex.M, "waist_cm": Decimal(90)}, None, 40, 1),
        ({"sex": Sex.F, "waist_cm": Decimal(85)}, None, 40, 1),
        ({"waist_cm": Decimal(87)}, None, 40, 0),
        ({"family_history": True, "high_salt": True}, None, 40, 2),
        ({"spirits_ml_per_day": 99}, None, 40, 0),
        ({"spirits_ml_per_day": 100}, None, 40, 1),
    ],
)
def test_htn_sc_03_who_is_at_high_risk(
    facts: dict[str, Any], pressure: tuple[int, int] | None, age: int, reasons: int
) -> None:
    assert len(high_risk_reasons(HighRiskFacts(**facts), pressure, age)) == reasons


def test_htn_sc_03_at_high_risk_the_next_measurement_is_within_six_months() -> None:
    answer = screen_hypertension(HypertensionEvidence(age_years=50, office=office((10, 134, 80))), ON)
    assert answer.needs[0].by_on == date(2027, 5, 11)


PRESSURES = st.lists(
    st.tuples(st.integers(0, 60), st.integers(100, 200), st.integers(50, 99)), max_size=8, unique_by=lambda row: row[0]
)


@given(PRESSURES, st.integers(18, 90))
def test_what_is_needed_never_lies_in_the_past_and_ends_after_it_begins(
    rows: list[tuple[int, int, int]], age: int
) -> None:
    answer = screen_hypertension(HypertensionEvidence(age_years=age, office=office(*rows)), ON)
    for need in answer.needs:
        assert ON <= need.from_on <= need.by_on


@given(PRESSURES)
def test_values_of_the_future_change_nothing(rows: list[tuple[int, int, int]]) -> None:
    later = tuple(OfficePressure(ON + timedelta(days=days + 1), sbp, dbp) for days, sbp, dbp in rows)
    known = office((3, 150, 90))
    without = screen_hypertension(HypertensionEvidence(age_years=50, office=known), ON)
    assert screen_hypertension(HypertensionEvidence(age_years=50, office=known + later), ON) == without


@given(PRESSURES)
def test_a_good_value_after_the_criteria_were_met_removes_nothing(rows: list[tuple[int, int, int]]) -> None:
    rows = [(days + 1, sbp, dbp) for days, sbp, dbp in rows]
    before = screen_hypertension(HypertensionEvidence(age_years=50, office=office(*rows)), ON)
    after = screen_hypertension(HypertensionEvidence(age_years=50, office=office(*rows, (0, 110, 70))), ON)
    assert (before.verdict is V.CRITERIA_MET) == (after.verdict is V.CRITERIA_MET)
