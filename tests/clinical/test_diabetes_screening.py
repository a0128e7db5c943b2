"""Screening and diagnosis of type 2 diabetes, drawn (DM-SC-01, DM-SC-02, DM-DX-01…04)."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.codes import Sex, Specimen
from cmc.clinical.diabetes_screening import (
    DiabetesEvidence,
    DiabetesRiskFacts,
    DiabetesTest,
    Prediabetes,
    TestKind,
    diabetes_risk_reasons,
    prediabetes,
    screen_diabetes,
)
from cmc.clinical.screening import NeedKind, Verdict

ON = date(2026, 11, 21)
V, N, K = Verdict, NeedKind, TestKind


def ago(days: int) -> date:
    return ON - timedelta(days=days)


def fasting(days: int, umol_l: int, specimen: Specimen = Specimen.VENOUS_PLASMA) -> DiabetesTest:
    return DiabetesTest(ago(days), K.FASTING, umol_l, specimen)


def glucose(days: int, kind: TestKind, umol_l: int) -> DiabetesTest:
    return DiabetesTest(ago(days), kind, umol_l)


def hba1c(days: int, percent: str, *, standardised: bool = True) -> DiabetesTest:
    return DiabetesTest(ago(days), K.HBA1C, percent=Decimal(percent), standardised=standardised)


@pytest.mark.parametrize(
    ("tests", "symptoms", "verdict", "rules"),
    [
        ((fasting(0, 7000),), True, V.CRITERIA_MET, {"DM-DX-01"}),
        ((fasting(0, 6999),), True, V.HIGH_RISK, {"DM-SC-02"}),
        ((glucose(0, K.RANDOM, 11100),), True, V.CRITERIA_MET, {"DM-DX-01"}),
        ((glucose(0, K.RANDOM, 11099),), True, V.NO_SUSPICION, set()),
        ((glucose(0, K.OGTT_2H, 11100),), True, V.CRITERIA_MET, {"DM-DX-01"}),
        ((hba1c(0, "6.5"),), True, V.CRITERIA_MET, {"DM-DX-01"}),
        ((hba1c(0, "6.4"),), True, V.NO_SUSPICION, set()),
        ((fasting(0, 7000),), False, V.SUSPECTED, {"DM-DX-02"}),
        ((fasting(9, 7000), fasting(0, 7200)), False, V.CRITERIA_MET, {"DM-DX-02"}),
        ((fasting(0, 7000), hba1c(0, "6.5")), False, V.CRITERIA_MET, {"DM-DX-02"}),
        ((fasting(0, 7000), fasting(0, 7200)), False, V.SUSPECTED, {"DM-DX-02"}),
        ((fasting(9, 7000), glucose(0, K.RANDOM, 15000)), False, V.SUSPECTED, {"DM-DX-02"}),
        ((fasting(9, 7000), fasting(0, 5500)), False, V.NO_SUSPICION, set()),
        ((fasting(9, 8000, Specimen.CAPILLARY), fasting(0, 9000, Specimen.CAPILLARY)), True, V.SUSPECTED, {"DM-DX-03"}),
        ((hba1c(0, "9.0", standardised=False),), True, V.SUSPECTED, {"DM-DX-03"}),
        ((), True, V.NO_SUSPICION, set()),
    ],
)
def test_dm_dx_01_02_03_what_diagnoses(
    tests: tuple[DiabetesTest, ...], symptoms: bool, verdict: Verdict, rules: set[str]
) -> None:
    answer = screen_diabetes(DiabetesEvidence(age_years=30, tests=tests, typical_symptoms=symptoms), ON)
    assert answer.verdict is verdict
    assert {each.rule for each in answer.reasons} == rules


@pytest.mark.parametrize(
    ("tests", "age", "needs"),
    [
        ((fasting(3, 7000),), 30, [N.FASTING_GLUCOSE, N.OGTT_OR_HBA1C]),
        ((fasting(3, 5600),), 30, [N.OGTT_OR_HBA1C]),
        ((fasting(3, 5600), hba1c(2, "5.9")), 30, []),
        ((fasting(3, 5599),), 30, []),
        ((fasting(3, 5000),), 40, [N.FASTING_GLUCOSE]),
        ((), 40, [N.FASTING_GLUCOSE]),
        ((), 39, []),
    ],
)
def test_dm_sc_01_02_which_test_is_next(tests: tuple[DiabetesTest, ...], age: int, needs: list[NeedKind]) -> None:
    answer = screen_diabetes(DiabetesEvidence(age_years=age, tests=tests), ON)
    assert [each.kind for each in answer.needs] == needs


@pytest.mark.parametrize(
    ("referred_on", "kind", "by_on"),
    [
        (None, N.CONFIRM_BY_DOCTOR, ON + timedelta(days=14)),
        (ago(4), N.FOLLOW_REFERRAL, ON + timedelta(days=10)),
    ],
)
def test_who_meets_the_criteria_is_confirmed_and_followed_within_two_weeks(
    referred_on: date | None, kind: NeedKind, by_on: date
) -> None:
    evidence = DiabetesEvidence(age_years=50, tests=(fasting(5, 8000), fasting(0, 8000)), referred_on=referred_on)
    (need,) = screen_diabetes(evidence, ON).needs
    assert (need.kind, need.by_on) == (kind, by_on)


def test_a_known_diagnosis_stays() -> None:
    assert (
        screen_diabetes(DiabetesEvidence(age_years=50, tests=(fasting(0, 5000),), diagnosed=True), ON).verdict
        is V.KNOWN
    )


@pytest.mark.parametrize(
    ("fasting_umol_l", "two_hours_umol_l", "expected"),
    [
        (6099, 7799, None),
        (6100, 7799, Prediabetes.IFG),
        (6999, 7799, Prediabetes.IFG),
        (5000, 7800, Prediabetes.IGT),
        (6500, 11099, Prediabetes.IGT),
        (7000, 7000, None),
        (6000, 11100, None),
    ],
)
def test_dm_dx_04_impaired_regulation(fasting_umol_l: int, two_hours_umol_l: int, expected: Prediabetes | None) -> None:
    assert prediabetes(fasting_umol_l, two_hours_umol_l) is expected


@pytest.mark.parametrize(
    ("facts", "age", "reasons"),
    [
        ({}, 39, 0),
        ({}, 40, 1),
        ({"bmi": Decimal(24)}, 30, 1),
        ({"bmi": Decimal("23.99")}, 30, 0),
        ({"sex": Sex.F, "waist_cm": Decimal(85)}, 30, 1),
        ({"hdl_mmol_l": Decimal("0.90")}, 30, 1),
        ({"hdl_mmol_l": Decimal("0.91")}, 30, 0),
        ({"tg_mmol_l": Decimal("2.22")}, 30, 0),
        ({"tg_mmol_l": Decimal("2.23")}, 30, 1),
        ({"tg_mmol_l": Decimal("2.23"), "lipids_treated": True}, 30, 1),
        ({"hypertension": True, "gestational_diabetes": True, "sedentary": True}, 30, 3),
    ],
)
def test_dm_sc_02_who_is_at_high_risk(facts: dict[str, Any], age: int, reasons: int) -> None:
    assert len(diabetes_risk_reasons(DiabetesRiskFacts(**facts), age)) == reasons


def test_a_test_without_its_value_is_refused() -> None:
    with pytest.raises(ValueError, match="its value"):
        DiabetesTest(ON, K.HBA1C, umol_l=7000)


TESTS = st.builds(
    DiabetesTest,
    st.integers(0, 400).map(ago),
    st.sampled_from([K.FASTING, K.OGTT_2H, K.RANDOM]),
    st.integers(3000, 20000),
    st.sampled_from(Specimen),
)


@given(st.lists(TESTS, max_size=6), st.booleans(), st.integers(18, 90))
def test_capillary_values_alone_never_meet_the_criteria(tests: list[DiabetesTest], symptoms: bool, age: int) -> None:
    capillary = tuple(DiabetesTest(each.on, each.kind, each.umol_l, Specimen.CAPILLARY) for each in tests)
    evidence = DiabetesEvidence(age_years=age, tests=capillary, typical_symptoms=symptoms)
    assert screen_diabetes(evidence, ON).verdict is not V.CRITERIA_MET


@given(st.lists(TESTS, max_size=6), st.booleans())
def test_the_order_of_entry_changes_no_verdict(tests: list[DiabetesTest], symptoms: bool) -> None:
    unique = list({(each.on, each.kind, each.specimen): each for each in tests}.values())
    one_a_day = list({(each.on, each.kind): each for each in unique}.values())
    given_order = DiabetesEvidence(age_years=30, tests=tuple(one_a_day), typical_symptoms=symptoms)
    reversed_order = DiabetesEvidence(age_years=30, tests=tuple(reversed(one_a_day)), typical_symptoms=symptoms)
    assert screen_diabetes(given_order, ON).verdict is screen_diabetes(reversed_order, ON).verdict
