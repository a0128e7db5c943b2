"""Who is looked at first, and why."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from cmc.clinical.care_gaps import CareGap, CareItem
from cmc.clinical.reasons import because
from cmc.clinical.stratification import RiskLevel
from cmc.risk.answers import Priority, Triage
from cmc.risk.equations import by_id
from cmc.risk.equations.choice import Question
from cmc.risk.equations.equation import Outcome
from cmc.risk.equations.inputs import Inputs
from cmc.risk.equations.variables import TRAITS, Influence, Variable
from cmc.risk.models import profiles, release
from cmc.risk.models.model import DEATHS, KIDNEY_NOW, Task
from cmc.risk.models.terms import Tier
from cmc.risk.recalibration import NOT_VALIDATED, Basis, LocalLevel
from cmc.risk.switch import Mode, Switch, mode
from cmc.risk.triage import Models, assess, order

ON = date(2026, 11, 22)
DEATH = Task(Outcome.DEATH, 10.0)
RELEASE = release.shipped()
KNOWN: dict[str, Any] = {
    "age_years": 48,
    "male": 0,
    "sbp_mmhg": 132,
    "dbp_mmhg": 80,
    "bp_treated": 0,
    "smoker": 0,
    "ex_smoker": 0,
    "diabetes": 0,
    "tc_mmol_l": 4.9,
    "hdl_mmol_l": 1.3,
    "waist_cm": 78,
    "bmi_kg_m2": 24,
    "egfr_ml_min": 95,
    "uacr_mg_g": 8,
    "hba1c_percent": 5.5,
    "prior_cvd": 0,
    "prior_hf": 0,
    "prior_stroke": 0,
}
FLAG = because("BP-EMERG", "血压≥180/110", "pressure from 180/110")
EYE = because("SCREENING", "眼底检查", "eye examination")


def gap(by: date, *, refer: bool = False) -> CareGap:
    return CareGap(CareItem.EYE, date(2026, 1, 1), by, EYE, FLAG if refer else None)


LATER, PASSED = gap(date(2027, 1, 1)), gap(date(2026, 6, 1))
REFER = gap(date(2027, 1, 1), refer=True)


def triaged(
    shown: Mode = Mode.SHADOW,
    levels: dict[str, LocalLevel] | None = None,
    gaps: tuple[CareGap, ...] = (),
    red_flags: tuple[Any, ...] = (),
    **changes: Any,
) -> Triage:
    people = Inputs.of(**{**KNOWN, **changes})
    return assess(people, Models(RELEASE, shown, levels or {})).triage(0, gaps=gaps, red_flags=red_flags, on=ON)


SICK = {"age_years": 70, "sbp_mmhg": 160, "smoker": 1}
MIDDLE = {"age_years": 57, "sbp_mmhg": 138, "male": 1}


@pytest.mark.parametrize(
    ("changes", "gaps", "flags", "priority"),
    [
        ({}, (), (), Priority.LOW),
        (MIDDLE, (), (), Priority.MEDIUM),
        (SICK, (), (), Priority.HIGH),
        ({"prior_cvd": 1}, (), (), Priority.VERY_HIGH),
        ({}, (LATER,), (), Priority.LOW),
        ({}, (PASSED,), (), Priority.MEDIUM),
        ({}, (REFER,), (), Priority.HIGH),
        (SICK, (PASSED,), (), Priority.HIGH),
        ({"prior_cvd": 1}, (REFER, PASSED), (), Priority.VERY_HIGH),
        ({}, (), (FLAG,), Priority.AT_ONCE),
        ({"prior_cvd": 1}, (PASSED,), (FLAG,), Priority.AT_ONCE),
        ({"tc_mmol_l": None, "age_years": 33}, (), (), Priority.NOT_KNOWN),
        ({"tc_mmol_l": None, "age_years": 33}, (PASSED,), (), Priority.MEDIUM),
    ],
    ids=[
        "low",
        "medium",
        "high",
        "earlier disease is very high",
        "a test that is not due yet lifts nobody",
        "an overdue test is at least medium",
        "a finding to refer is at least high",
        "an overdue test lowers nobody",
        "nothing lowers very high",
        "a red flag goes before every level",
        "a red flag goes before earlier disease",
        "no equation applies",
        "no equation applies, a test is overdue",
    ],
)
def test_the_worst_of_bands_due_tests_and_red_flags_counts(
    changes: dict[str, Any], gaps: tuple[CareGap, ...], flags: tuple[Any, ...], priority: Priority
) -> None:
    assert triaged(gaps=gaps, red_flags=flags, **changes).priority is priority


def test_earlier_disease_has_a_level_and_no_percentage() -> None:
    told = triaged(prior_cvd=1)
    answer = next(each for each in told.answers if each.question is Question.CVD)
    assert (answer.level, answer.value, answer.equation) == (RiskLevel.VERY_HIGH, None, None)
    assert [reason.rule for reason in told.reasons if reason.rule == "RISK-PRIOR-CVD"] == ["RISK-PRIOR-CVD"]


def test_models_tell_no_percentage_of_deaths_after_earlier_disease_but_rank_by_it() -> None:
    """The card says so; whether the kidneys are damaged now is another question."""
    people = Inputs.of(**{**KNOWN, "prior_cvd": [1, 0], "insulin": 0})
    assessed = assess(people, Models(RELEASE, Mode.SHOWN, {}))
    prior, sound = (assessed.triage(row, gaps=(), red_flags=(), on=ON) for row in (0, 1))
    assert {found.task for found in prior.foretold} == set(KIDNEY_NOW)
    assert {found.task for found in sound.foretold} == {*DEATHS, *KIDNEY_NOW}
    assert len(assessed.foretold(0)) == 6  # kept, to be compared with what comes
    assert assessed.rank[0] > assessed.rank[1] > 0


def test_every_reason_names_its_rule_and_is_told_in_both_languages() -> None:
    told = triaged(gaps=(PASSED, REFER), red_flags=(FLAG,), **SICK)
    assert [reason.rule for reason in told.reasons][:2] == ["BP-EMERG", "BP-EMERG"]
    assert {"RISK-BAND", "SCREENING"} <= {reason.rule for reason in told.reasons}
    assert all(reason.text.zh and reason.text.en for reason in told.reasons)


def test_a_reason_names_the_equation_in_words_and_not_by_its_code() -> None:
    """What people read holds no id of ours."""
    reason = next(each for each in triaged(**SICK).reasons if each.rule == "RISK-BAND")
    assert by_id("china_par").title.zh in reason.text.zh
    assert by_id("china_par").title.en in reason.text.en
    assert "china_par" not in reason.text.zh + reason.text.en


def test_the_equation_used_and_why_stand_beside_the_number() -> None:
    answer = next(each for each in triaged(**SICK).answers if each.question is Question.CVD)
    assert answer.equation == "china_par"
    assert answer.why.zh
    assert {"who_2019_lab", "who_2019_nonlab"} <= {other.equation for other in answer.others}
    assert answer.reference_value is not None
    assert answer.value is not None
    assert answer.reference_value < answer.value


def test_what_if_is_shown_for_habits_and_levels_and_never_for_a_medicine() -> None:
    assessed = assess(Inputs.of(**{**KNOWN, **SICK}), None)
    goals = {Variable.SBP: 130.0, Variable.BP_TREATED: 0.0, Variable.DIABETES: 0.0}
    told = assessed.triage(0, gaps=(), red_flags=(), on=ON, goals=goals)
    with_both = {each.question: each.at_goals for each in told.answers}
    only_pressure = assessed.triage(0, gaps=(), red_flags=(), on=ON, goals={Variable.SBP: 130.0})
    assert with_both == {each.question: each.at_goals for each in only_pressure.answers}
    answer = next(each for each in told.answers if each.question is Question.CVD)
    assert answer.at_goals is not None
    assert answer.value is not None
    assert answer.at_goals < answer.value
    assert {question for question, value in with_both.items() if value is not None} == {Question.CVD}


def test_equations_that_disagree_are_said_to() -> None:
    people = profiles.people(400, 3)
    assessed = assess(people, None)
    apart = np.flatnonzero(assessed.choices[Question.CVD].disagree)
    told = assessed.triage(int(apart[0]), gaps=(), red_flags=(), on=ON)
    assert "RISK-DISAGREE" in {reason.rule for reason in told.reasons}


def test_what_is_missing_for_a_number_is_named() -> None:
    told = triaged(tc_mmol_l=None, hdl_mmol_l=None, diabetes=1)
    reason = next(each for each in told.reasons if each.rule == "RISK-MISSING")
    assert "总胆固醇" in reason.text.zh


def test_in_shadow_a_model_is_computed_and_never_shown() -> None:
    assessed = assess(Inputs.of(**KNOWN), Models(RELEASE, Mode.SHADOW, {}))
    assert assessed.scores is not None
    assert not np.isnan(assessed.scores[DEATH].risk[0])
    assert assessed.triage(0, gaps=(), red_flags=(), on=ON).foretold == ()


def test_the_same_level_in_shadow_and_shown() -> None:
    people = profiles.people(300, 9)
    shadow, shown = (assess(people, Models(RELEASE, each, {})) for each in Mode)
    np.testing.assert_array_equal(shadow.levels, shown.levels)


@pytest.mark.parametrize(
    ("switch", "expected"),
    [
        (None, Mode.SHADOW),
        (Switch("R", "nhanes 1.0.0", "王医生", date(2026, 11, 23)), Mode.SHADOW),
        (Switch("R", "nhanes 1.0.0", "王医生", date(2026, 11, 22)), Mode.SHOWN),
        (Switch("S", "nhanes 1.0.0", "王医生", date(2026, 11, 1)), Mode.SHADOW),
        (Switch("R", "nhanes 0.9.0", "王医生", date(2026, 11, 1)), Mode.SHADOW),
    ],
    ids=["nobody decided", "from tomorrow on", "from today on", "another region", "another release"],
)
def test_shadow_ends_by_a_named_person_a_region_a_release_and_a_date(switch: Switch | None, expected: Mode) -> None:
    assert mode(switch, region="R", release="nhanes 1.0.0", on=ON) is expected


def test_nobody_is_no_person_to_decide() -> None:
    with pytest.raises(ValueError, match="the person who decided"):
        Switch("R", "nhanes 1.0.0", " ", ON)


def level(basis: Basis, intercept: float) -> dict[str, LocalLevel]:
    name = f"risk-{DEATH.key}-{Tier.T2.value}"
    return {name: LocalLevel(model_id=name, model_version="1.0.0", version=1, on=ON, basis=basis, intercept=intercept)}


@pytest.mark.parametrize(
    ("basis", "validated"), [(None, False), (Basis.EXTERNAL, False), (Basis.LOCAL_INTERCEPT, True)]
)
def test_not_locally_validated_until_there_are_local_events(basis: Basis | None, validated: bool) -> None:
    levels = {} if basis is None else level(basis, -0.4)
    told = triaged(Mode.SHOWN, levels, insulin=0)
    found = next(each for each in told.foretold if each.task == DEATH)
    assert (NOT_VALIDATED in found.caveats) != validated
    assert any("未经本地验证" in each.zh for each in found.caveats) != validated
    assert any("美国" in each.zh for each in found.caveats)
    assert (found.value < found.raw) == (basis is not None)
    assert found.low < found.value < found.high


def test_local_levels_of_some_models_make_no_impossible_numbers() -> None:
    """Each model's level is its own: death moved down alone would leave cardiovascular death above it."""
    told = triaged(Mode.SHOWN, level(Basis.LOCAL_INTERCEPT, -3.0), insulin=0, **SICK)
    found = {each.task.key: each for each in told.foretold}
    whole = found["death-10y"]
    assert whole.value < found["cv_death-10y"].raw
    for name in ("death-5y", "cv_death-10y", "cv_death-5y"):
        assert found[name].value <= whole.value
        assert found[name].low <= found[name].value <= found[name].high <= whole.high
    assert found["cv_death-10y"].raw > found["cv_death-10y"].value  # the raw number stays beside it


def test_who_is_shown_a_higher_number_stands_first_at_local_levels_too() -> None:
    people = Inputs.of(
        **{**KNOWN, **SICK, "insulin": 0, "age_years": [70, 62], "uacr_mg_g": [8, None], "egfr_ml_min": [95, None]}
    )
    moved = assess(people, Models(RELEASE, Mode.SHOWN, level(Basis.LOCAL_INTERCEPT, -1.5)))
    shown = [next(each.value for each in moved.foretold(row) if each.task == DEATH) for row in (0, 1)]
    raw = assess(people, Models(RELEASE, Mode.SHOWN, {})).rank
    assert raw[0] > raw[1]
    assert shown[0] < shown[1]
    np.testing.assert_allclose(moved.rank, shown)


def test_numbers_of_equations_are_not_locally_validated_either() -> None:
    assert all(NOT_VALIDATED in each.caveats for each in triaged(**SICK).answers if each.value is not None)


def test_no_medicine_and_no_paradox_is_told_as_what_lowers_a_risk() -> None:
    people = profiles.people(60, 21)
    assessed = assess(people, Models(RELEASE, Mode.SHOWN, {}))
    free = {Variable.SBP, Variable.DBP, Variable.BMI, Variable.HBA1C, Variable.TC, Variable.HDL}
    for row in range(0, 60, 4):
        for found in assessed.triage(row, gaps=(), red_flags=(), on=ON).foretold:
            for part in found.parts:
                assert TRAITS[part.variable].influence is not Influence.MEDICINE
                assert part.log_odds > 0 or part.variable not in free


def test_what_can_change_stands_first_among_what_raises_a_risk() -> None:
    told = triaged(Mode.SHOWN, insulin=0, **SICK)
    found = next(each for each in told.foretold if each.task == DEATH)
    raising = [part.modifiable for part in found.parts if part.log_odds > 0]
    assert raising == sorted(raising, reverse=True)
    assert found.parts[0].variable is Variable.SMOKER


def test_people_are_ordered_by_priority_then_by_number() -> None:
    priorities = [Priority.LOW, Priority.HIGH, Priority.HIGH, Priority.AT_ONCE, Priority.HIGH]
    rank = np.array([0.9, 0.1, 0.3, np.nan, np.nan])
    assert order(priorities, rank).tolist() == [3, 2, 1, 4, 0]


def test_a_batch_ranks_each_as_alone() -> None:
    columns = profiles.with_gaps(80, 31)
    together = assess(Inputs.of(**columns), Models(RELEASE, Mode.SHOWN, {}))
    for row in range(0, 80, 9):
        alone = assess(
            Inputs.of(**{name: column[row : row + 1] for name, column in columns.items()}),
            Models(RELEASE, Mode.SHOWN, {}),
        )
        assert alone.levels[0] == together.levels[row]
        np.testing.assert_allclose(alone.rank[0], together.rank[row], rtol=1e-12)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"waist_cm": None}, (Variable.WAIST,)),
        ({"waist_cm": None, "prior_cvd": 1}, ()),
        ({"waist_cm": None, "age_years": 25}, ()),
        ({"waist_cm": None, "smoker": None}, (Variable.WAIST, Variable.SMOKER)),
        ({"tc_mmol_l": None, "bmi_kg_m2": None}, (Variable.TC, Variable.BMI)),
        ({"tc_mmol_l": None, "bmi_kg_m2": None, "diabetes": 1}, (Variable.TC,)),
    ],
    ids=[
        "a better equation",
        "disease already",
        "too young for any",
        "no equation at all",
        "any of three equations",
        "in diabetes the equation without tests is barred",
    ],
)
def test_missing_is_what_would_give_a_better_number(changes: dict[str, Any], missing: tuple[Variable, ...]) -> None:
    told = next(each for each in triaged(**changes).answers if each.question is Question.CVD)
    assert told.missing == missing
