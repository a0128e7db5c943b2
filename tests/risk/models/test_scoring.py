"""What a person's values make of the models: tiers, gaps, refusals, bands, parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmc.risk.equations.equation import REFUSED, Flag, Outcome
from cmc.risk.equations.inputs import Inputs
from cmc.risk.equations.variables import Variable
from cmc.risk.models import profiles, release
from cmc.risk.models.model import DEATHS, KIDNEY_NOW, Task
from cmc.risk.models.scoring import Scorer
from cmc.risk.models.terms import Monotone, Shape, Tier, variables
from cmc.risk.models.tiers import READ
from cmc.risk.training import gates

DEATH = Task(Outcome.DEATH, 10.0)
LABORATORY = ("hba1c_percent", "tc_mmol_l", "hdl_mmol_l", "egfr_ml_min", "uacr_mg_g")
KNOWN: dict[str, Any] = {
    "age_years": 62,
    "male": 0,
    "sbp_mmhg": 138,
    "dbp_mmhg": 80,
    "bmi_kg_m2": 25.5,
    "smoker": 0,
    "ex_smoker": 0,
    "diabetes": 1,
    "bp_treated": 1,
    "prior_cvd": 0,
    "prior_hf": 0,
    "prior_stroke": 0,
    "insulin": 0,
    "hba1c_percent": 7.8,
    "tc_mmol_l": 4.9,
    "hdl_mmol_l": 1.25,
    "egfr_ml_min": 78,
    "uacr_mg_g": 25,
}
SCORER = release.shipped().scorer


def person(**changes: Any) -> Inputs:
    return Inputs.of(**{**KNOWN, **changes})


def without(*names: str) -> dict[str, None]:
    return dict.fromkeys(names)


@pytest.mark.parametrize(
    ("changes", "tier", "filled"),
    [
        ({}, Tier.T2, None),
        (without("uacr_mg_g"), Tier.T1, None),
        (without("egfr_ml_min", "uacr_mg_g"), Tier.T1, None),
        (without(*LABORATORY), Tier.T0, None),
        (without("tc_mmol_l", "hdl_mmol_l"), Tier.T0, None),
        (without("bmi_kg_m2"), Tier.T2, Variable.BMI),
        (without("bmi_kg_m2", "uacr_mg_g"), Tier.T1, Variable.BMI),
        (without("bmi_kg_m2", *LABORATORY), Tier.T0, Variable.BMI),
        (without("bmi_kg_m2", "smoker"), None, None),
        (without("age_years"), None, None),
        (without("male"), None, None),
        ({"insulin": None, "diabetes": 0}, Tier.T2, None),
        ({"insulin": None, "diabetes": 1}, Tier.T0, None),
        ({"ex_smoker": None, "smoker": 1}, Tier.T2, None),
    ],
    ids=[
        "everything known",
        "no albumin: the tier below is complete",
        "no kidney tests",
        "no laboratory values",
        "no lipids",
        "one gap in every tier: the usual value stands in",
        "two gaps above, one below",
        "a gap without laboratory values",
        "two gaps: no number",
        "age is never filled in",
        "sex is never filled in",
        "without diabetes no insulin",
        "diabetes, insulin not known: a complete tier goes before",
        "who smokes need not say about earlier",
    ],
)
def test_the_highest_complete_tier_is_taken(
    changes: dict[str, Any], tier: Tier | None, filled: Variable | None
) -> None:
    score = SCORER.score(person(**changes))[DEATH]
    assert (score.tier_of(0), score.filled_of(0)) == (tier, filled)
    assert np.isnan(score.risk[0]) == (tier is None)
    assert bool(score.flags[0] & Flag.ASSUMED) == (filled is not None)


def test_kidney_damage_is_foretold_without_the_tests_that_find_it() -> None:
    for task in KIDNEY_NOW:
        known, sick = (SCORER.score(person(egfr_ml_min=egfr))[task] for egfr in (90, 20))
        assert known.tier_of(0) is Tier.T1
        assert known.risk[0] == sick.risk[0]


def test_a_gap_widens_the_band_on_both_sides() -> None:
    known = SCORER.score(person())[DEATH]
    gap = SCORER.score(person(bmi_kg_m2=None))[DEATH]
    assert gap.high[0] - gap.low[0] > known.high[0] - known.low[0]
    assert gap.low[0] < gap.risk[0] < gap.high[0]


@pytest.mark.parametrize(
    "slip",
    [
        {"tc_mmol_l": 190},
        {"hdl_mmol_l": 48},
        {"hba1c_percent": 62},
        {"sbp_mmhg": 18.4},
        {"bmi_kg_m2": 0.2},
        {"egfr_ml_min": 1200},
        {"male": 2},
        {"uacr_mg_g": -1},
    ],
    ids="".join,
)
def test_a_slip_of_unit_is_refused_and_never_taken_for_a_gap(slip: dict[str, float]) -> None:
    score = SCORER.score(person(**slip))[DEATH]
    assert np.isnan(score.risk[0])
    assert score.flags[0] & Flag.IMPLAUSIBLE


@pytest.mark.parametrize(("age", "flag"), [(29, True), (30, False), (79, False), (80, True)])
def test_under_30_and_from_80_there_is_no_number(age: int, flag: bool) -> None:
    score = SCORER.score(person(age_years=age))[DEATH]
    assert bool(score.flags[0] & Flag.OUT_OF_RANGE) == flag == np.isnan(score.risk[0])


@pytest.mark.parametrize(
    ("name", "beyond", "limit"), [("sbp_mmhg", 260, 230), ("bmi_kg_m2", 12, 14), ("egfr_ml_min", 6, 10)]
)
def test_extremes_are_taken_at_the_limit_and_flagged(name: str, beyond: float, limit: float) -> None:
    far, near = (SCORER.score(person(**{name: value}))[DEATH] for value in (beyond, limit))
    assert far.risk[0] == near.risk[0]
    assert far.flags[0] & Flag.CLAMPED
    assert not near.flags[0] & Flag.CLAMPED


def test_no_risk_falls_where_it_may_only_rise_over_500_people() -> None:
    assert gates.violations(SCORER, seed=7) == 0


CONSTRAINED = [
    (term, tier)
    for tier in Tier
    for term in SCORER.models[DEATH, tier].terms
    if term.monotone is not Monotone.FREE and term.variable in set(variables(tier))
]


@given(st.integers(0, 10_000), st.sampled_from(CONSTRAINED), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_between_any_two_values_the_worse_one_has_no_lower_risk(
    seed: int, where: tuple[Any, Tier], one: float, other: float
) -> None:
    term, tier = where
    if term.shape is Shape.YES_NO:
        values = [0.0, 1.0]
    else:
        low, high = term.knots[0], 79.0 if term.variable is Variable.AGE else term.knots[-1]
        values = sorted(low + share * (high - low) for share in (one, other))
    if term.monotone is Monotone.FALLING:
        values.reverse()
    people = profiles.people(20, seed)
    for task in DEATHS:
        model = SCORER.models[task, tier]
        better, worse = (
            model.equation.estimate(people.with_columns({term.variable: np.full(20, value)})).values[task.outcome]
            for value in values
        )
        assert (worse >= better - 1e-12).all()


def test_a_batch_says_of_each_what_is_said_of_one_alone() -> None:
    columns = profiles.with_gaps(300, 11)
    together = SCORER.score(Inputs.of(**columns))
    for row in range(0, 300, 7):
        alone = SCORER.score(Inputs.of(**{name: column[row : row + 1] for name, column in columns.items()}))
        for task, score in together.items():
            for name in ("risk", "low", "high", "flags", "tier", "filled"):
                np.testing.assert_allclose(getattr(alone[task], name)[0], getattr(score, name)[row], rtol=1e-12)


def test_what_the_equation_of_a_model_says_is_what_the_scorer_says() -> None:
    people = profiles.people(200, 3)
    scores = SCORER.score(people)
    for (task, tier), model in SCORER.models.items():
        if tier is (Tier.T2 if task in DEATHS else Tier.T1):
            told = model.equation.estimate(people).values[task.outcome]
            same = np.isclose(scores[task].risk, told, rtol=1e-12)
            assert same.mean() > 0.98
            assert (scores[task].risk <= told * (1 + 1e-12)).all()  # lowered where it could not be


def test_the_parts_of_a_number_add_up_to_it() -> None:
    people = profiles.people(100, 5)
    for task in DEATHS:
        told = SCORER.contributions(people, task, Tier.T2)
        np.testing.assert_allclose(told.remainder, 0, atol=1e-9)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_a_number_has_its_band_around_it_and_flags_say_where_there_is_none(seed: int) -> None:
    for score in SCORER.score(Inputs.of(**profiles.with_gaps(60, seed))).values():
        known = ~np.isnan(score.risk)
        assert ((score.low <= score.risk) & (score.risk <= score.high))[known].all()
        assert ((score.risk > 0) & (score.risk < 1))[known].all()
        assert (known == ((score.flags & np.uint8(REFUSED)) == 0)).all()


def test_no_number_is_impossible_beside_another() -> None:
    scores = {task.key: score for task, score in SCORER.score(profiles.people(20_000, 17)).items()}
    for part, whole in (
        ("death-5y", "death-10y"),
        ("cv_death-5y", "cv_death-10y"),
        ("cv_death-5y", "death-5y"),
        ("cv_death-10y", "death-10y"),
        ("severe_kidney_damage-now", "kidney_damage-now"),
    ):
        assert (scores[part].risk <= scores[whole].risk).all()
        assert (scores[part].risk < scores[whole].risk).mean() > 0.995


@pytest.mark.parametrize("variable", [Variable.AGE, Variable.UACR, Variable.SMOKER], ids=lambda each: each.value)
def test_scores_that_were_made_possible_still_only_rise(variable: Variable) -> None:
    values = {Variable.AGE: range(30, 80, 7), Variable.UACR: (3, 30, 300, 3000), Variable.SMOKER: (0, 1)}[variable]
    people = profiles.people(2000, 19)
    moved = [SCORER.score(people.with_columns({variable: np.full(2000, float(value))})) for value in values]
    for task in DEATHS:
        steps = np.diff(np.stack([scores[task].risk for scores in moved]), axis=0)
        assert (steps >= -1e-12).all()


def test_only_the_tasks_of_the_models_there_are_are_scored() -> None:
    some = Scorer({key: model for key, model in SCORER.models.items() if key[0] == DEATH}, SCORER.usual)
    assert set(some.score(person())) == {DEATH}


def test_every_input_has_a_usual_value() -> None:
    assert set(SCORER.usual.table) == set(READ) - {Variable.AGE, Variable.MALE}
