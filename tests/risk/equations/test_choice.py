"""Which equation answers for whom, the bands, and what raises a person's risk."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from cmc.clinical.stratification import RiskLevel
from cmc.risk.equations import bands
from cmc.risk.equations.chime_2021 import CHIME_10Y
from cmc.risk.equations.china_par import CHINA_PAR
from cmc.risk.equations.choice import CANDIDATES, Question, applicable
from cmc.risk.equations.ckd_epi import CKD_EPI_2021
from cmc.risk.equations.contributions import contributions
from cmc.risk.equations.equation import Flag, Outcome
from cmc.risk.equations.inputs import Inputs
from cmc.risk.equations.prevent_2023 import PREVENT_10Y
from cmc.risk.equations.unfit import UNFIT, Reason
from cmc.risk.equations.variables import TRAITS, Influence, Variable

KNOWN: dict[str, Any] = {
    "age_years": 62,
    "male": 0,
    "sbp_mmhg": 138,
    "dbp_mmhg": 80,
    "bp_treated": 1,
    "smoker": 0,
    "diabetes": 1,
    "diabetes_years": 8,
    "tc_mmol_l": 4.9,
    "hdl_mmol_l": 1.25,
    "ldl_mmol_l": 2.8,
    "triglycerides_mmol_l": 1.6,
    "waist_cm": 86,
    "bmi_kg_m2": 25.5,
    "egfr_ml_min": 78,
    "creatinine_umol_l": 72,
    "hba1c_percent": 7.8,
    "uacr_mg_g": 25,
    "prior_cvd": 0,
    "prior_hf": 0,
}
NO_LIPIDS = {"tc_mmol_l": None, "hdl_mmol_l": None}


def person(**changes: Any) -> Inputs:
    return Inputs.of(**{**KNOWN, **changes})


@pytest.mark.parametrize(
    ("question", "changes", "equation", "reason"),
    [
        (Question.CVD, {}, "china_par", Reason.FIRST_CHOICE),
        (Question.CVD, {"waist_cm": None}, "who_2019_lab", Reason.NEXT_CHOICE),
        (Question.CVD, {"hdl_mmol_l": None}, "who_2019_lab", Reason.NEXT_CHOICE),
        (Question.CVD, {**NO_LIPIDS, "diabetes": 0}, "who_2019_nonlab", Reason.NEXT_CHOICE),
        (Question.CVD, NO_LIPIDS, None, Reason.NOT_APPLICABLE),
        (Question.CVD, {"age_years": 38, "waist_cm": None}, None, Reason.NOT_APPLICABLE),
        (Question.CVD, {"age_years": 30}, "china_par", Reason.FIRST_CHOICE),
        (Question.CVD, {"age_years": 29.9}, None, Reason.AGE),
        (Question.CVD, {"age_years": 79.9}, "china_par", Reason.FIRST_CHOICE),
        (Question.CVD, {"age_years": 80.5}, None, Reason.AGE),
        (Question.CVD, {"prior_cvd": 1}, None, Reason.PRIOR_CVD),
        (Question.CVD, {"prior_cvd": None, "prior_mi": 1}, None, Reason.PRIOR_CVD),
        (Question.HEART_FAILURE, {}, "prevent_2023_base_10y", Reason.FIRST_CHOICE),
        (Question.HEART_FAILURE, {"prior_hf": 1}, None, Reason.PRIOR_CVD),
        (Question.KIDNEY, {"egfr_ml_min": 59.9}, "kfre_elsewhere_5y", Reason.FIRST_CHOICE),
        (Question.KIDNEY, {"egfr_ml_min": 60}, "ckd_pc_2019_diabetes_confirmed", Reason.NEXT_CHOICE),
        (Question.KIDNEY, {"diabetes": 0}, "ckd_pc_2019_no_diabetes_all_events", Reason.NEXT_CHOICE),
        (Question.KIDNEY, {"egfr_ml_min": None}, None, Reason.NOT_APPLICABLE),
        (Question.RETINOPATHY, {}, "chime_2021_10y", Reason.FIRST_CHOICE),
        (Question.RETINOPATHY, {"retinopathy": 1}, None, Reason.NOT_APPLICABLE),
        (Question.FOOT_ULCER, {"diabetes": 0}, None, Reason.NOT_APPLICABLE),
        (Question.DEATH, {"prior_cvd": 1}, "chime_2021_10y", Reason.FIRST_CHOICE),
        (Question.DEATH, {"ldl_mmol_l": None}, None, Reason.NOT_APPLICABLE),
    ],
)
def test_the_first_equation_that_applies_answers(
    question: Question, changes: dict[str, Any], equation: str | None, reason: Reason
) -> None:
    explained = applicable(question, person(**changes)).explain(0)
    assert (explained.used and explained.used.equation.id) == equation
    assert explained.reason is reason


def test_what_would_have_to_be_measured_is_said() -> None:
    explained = applicable(Question.CVD, person(waist_cm=None)).explain(0)
    assert [(each.candidate.equation.id, each.concerns[0]) for each in explained.refused] == [
        ("china_par", (Variable.WAIST, Flag.MISSING))
    ]


def test_a_second_opinion_is_shown_and_never_chosen() -> None:
    found = applicable(Question.CVD, person(waist_cm=None, tc_mmol_l=None))
    assert found.used[0] == -1
    beside = applicable(Question.CVD, person()).explain(0).others
    assert [each.equation.id for each, _ in beside] == ["who_2019_lab", "prevent_2023_base_10y"]
    assert beside[1][1] == pytest.approx(0.094, abs=0.0006)


def test_earlier_disease_is_very_high_and_has_no_percentage() -> None:
    found = applicable(Question.CVD, person(prior_stroke=1))
    assert found.levels[0] == RiskLevel.VERY_HIGH
    assert math.isnan(found.values[0])
    assert math.isnan(found.highest[0])


def test_the_equations_that_apply_span_the_disagreement() -> None:
    found = applicable(Question.CVD, person())
    assert (100 * found.lowest[0], 100 * found.highest[0]) == pytest.approx((9.4, 16.8), abs=0.1)
    assert found.disagree[0]  # 9.4 % is medium, 16.8 % is high
    alone = applicable(Question.CVD, person(diabetes=0, hdl_mmol_l=None, tc_mmol_l=None))
    assert alone.lowest[0] == alone.highest[0]
    assert not alone.disagree[0]


@pytest.mark.parametrize("question", Question, ids=str)
def test_candidates_of_a_question_foretell_the_same_years_unless_they_exclude_each_other(question: Question) -> None:
    years = {each.equation.horizon_years for each in CANDIDATES[question]}
    assert len(years) == 1
    assert not CANDIDATES[question][0].second_opinion


def test_nobody_is_answered_with_nothing() -> None:
    nobody = Inputs.of(**{name: [] for name in KNOWN})
    assert all(applicable(question, nobody).values.size == 0 for question in Question)


def test_a_region_is_answered_as_each_of_its_people_alone() -> None:
    changes: list[dict[str, Any]] = [{}, {"waist_cm": None}, {"prior_cvd": 1}, {**NO_LIPIDS, "diabetes": 0}, NO_LIPIDS]
    people = [{**KNOWN, **each} for each in changes]
    together = applicable(Question.CVD, Inputs.of(**{name: [each[name] for each in people] for name in KNOWN}))
    alone = [applicable(Question.CVD, Inputs.of(**each)) for each in people]
    assert together.used.tolist() == [int(each.used[0]) for each in alone] == [0, 1, -1, 2, -1]
    np.testing.assert_array_equal(together.values, np.concatenate([each.values for each in alone]))
    assert together.levels.tolist() == [int(each.levels[0]) for each in alone]


@pytest.mark.parametrize(
    ("percent", "level"),
    [(0.0, 1), (4.94, 1), (4.96, 2), (5.0, 2), (9.94, 2), (9.96, 3), (10.0, 3), (60.0, 3), (math.nan, 0)],
)
def test_bands_of_the_chinese_guideline_agree_with_the_shown_number(percent: float, level: int) -> None:
    assert bands.CHINESE_GUIDELINE_2019.level(np.array([percent / 100])).tolist() == [level]


def test_the_worst_band_counts() -> None:
    assert bands.worst(np.array([1, 0, 0], np.int8), np.array([2, 3, 0], np.int8)).tolist() == [2, 3, 0]
    with pytest.raises(ValueError, match="no bands"):
        bands.worst()


def test_smoking_and_pressure_come_before_a_family_history_although_it_weighs_more() -> None:
    found = contributions(
        CHINA_PAR,
        Outcome.ASCVD,
        person(male=1, age_years=45, diabetes=0, smoker=1, sbp_mmhg=150, family_history_cvd=1, waist_cm=82),
    )
    shown = found.top(0)
    assert [each.variable for each in shown[:3]] == [Variable.SBP, Variable.SMOKER, Variable.FAMILY_HISTORY]
    assert all(each.log_odds > 0 for each in shown[:3])


def test_medicines_are_never_listed() -> None:
    people = person(statin=1, insulin=1, oral_glucose_lowering=1)
    for equation, outcome in ((CHIME_10Y, Outcome.DEATH), (PREVENT_10Y, Outcome.ASCVD)):
        shown = contributions(equation, outcome, people).top(0, up=20, down=20)
        assert shown
        assert all(TRAITS[each.variable].influence is not Influence.MEDICINE for each in shown)


def test_parts_add_up_to_the_person() -> None:
    people = person(sbp_mmhg=[138, 118, 190], smoker=[0, 1, 1], statin=1, hdl_mmol_l=[1.25, 0.9, 2.0])
    found = contributions(PREVENT_10Y, Outcome.TOTAL_CVD, people)
    there, here = (np.log(each / (1 - each)) for each in (found.reference_risk, found.risk))
    np.testing.assert_allclose(there + sum(found.log_odds.values()) + found.remainder, here)
    np.testing.assert_allclose(found.remainder, 0, atol=1e-9)  # a logistic model of pairs: exactly the Shapley value


def test_the_reference_person_has_no_parts() -> None:
    reference = person(
        diabetes=0,
        bp_treated=0,
        sbp_mmhg=120,
        tc_mmol_l=4.5,
        hdl_mmol_l=1.3,
        waist_cm=76,
    )
    found = contributions(CHINA_PAR, Outcome.ASCVD, reference)
    assert found.top(0) == ()
    assert found.reference_risk[0] == pytest.approx(found.risk[0])


def test_no_estimate_has_no_parts() -> None:
    found = contributions(CHINA_PAR, Outcome.ASCVD, person(waist_cm=[86, None]))
    assert math.isnan(found.reference_risk[1])
    assert found.top(1) == ()
    assert found.top(0)


def test_a_filtration_rate_is_no_risk() -> None:
    with pytest.raises(ValueError, match="no risk"):
        contributions(CKD_EPI_2021, Outcome.EGFR, person())


@pytest.mark.parametrize(("reason", "variable"), UNFIT.items())
def test_for_whom_no_equation_was_made_nobody_gets_a_percentage(reason: Reason, variable: Variable) -> None:
    people = person(**{variable.value: [1, 0, None]})
    for question in Question:
        choice = applicable(question, people)
        assert choice.reason(0) is reason
        assert np.isnan([choice.values[0], choice.lowest[0], choice.highest[0]]).all()
        assert (choice.levels[0], choice.used[0], choice.explain(0).others) == (bands.NO_BAND, -1, ())
        assert not np.isnan(choice.values[1:]).any()


def test_earlier_disease_is_told_before_what_bars_a_percentage() -> None:
    choice = applicable(Question.CVD, person(prior_cvd=1, kidney_replaced=1))
    assert (choice.reason(0), choice.levels[0]) == (Reason.PRIOR_CVD, RiskLevel.VERY_HIGH)


@pytest.mark.parametrize(
    ("age", "question", "changes", "reason"),
    [
        (29, Question.CVD, {}, Reason.AGE),
        (29, Question.KIDNEY, {"egfr_ml_min": 40}, Reason.AGE),
        (80, Question.CVD, {}, Reason.AGE),
        (80, Question.HEART_FAILURE, {}, Reason.AGE),
        (84, Question.KIDNEY, {"egfr_ml_min": 40}, Reason.FIRST_CHOICE),
        (84, Question.KIDNEY, {"egfr_ml_min": None}, Reason.NOT_APPLICABLE),  # a test would help, the age would not
        (35, Question.CVD, NO_LIPIDS, Reason.NOT_APPLICABLE),
    ],
)
def test_outside_the_ages_of_the_equations_the_age_is_the_reason(
    age: int, question: Question, changes: dict[str, Any], reason: Reason
) -> None:
    assert applicable(question, person(age_years=age, **changes)).reason(0) is reason
