"""What may be said of a changed habit or level, and what may not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.risk.equations import EQUATIONS
from cmc.risk.equations.china_par import CHINA_PAR
from cmc.risk.equations.equation import Outcome
from cmc.risk.equations.inputs import Inputs
from cmc.risk.equations.variables import TRAITS, Influence, Variable
from cmc.risk.equations.what_if import ALLOWED, what_if

SMOKER = {
    "age_years": 50,
    "male": 1,
    "sbp_mmhg": 150,
    "bp_treated": 0,
    "tc_mmol_l": 5.2,
    "hdl_mmol_l": 1.15,
    "waist_cm": 92,
    "smoker": 1,
    "diabetes": 0,
}


def changed(goals: dict[Variable, float], **other: Any) -> float:
    return float(what_if(CHINA_PAR, Outcome.ASCVD, Inputs.of(**{**SMOKER, **other}), goals)[0])


def test_without_smoking_and_at_goal_the_risk_is_that_of_such_a_person() -> None:
    such = CHINA_PAR.estimate(Inputs.of(**{**SMOKER, "smoker": 0, "sbp_mmhg": 130})).values[Outcome.ASCVD][0]
    assert changed({Variable.SMOKER: 0, Variable.SBP: 130}) == pytest.approx(such)


@pytest.mark.parametrize(
    ("goals", "other"),
    [
        ({Variable.SBP: 160}, {}),
        ({Variable.SMOKER: 0}, {"smoker": 0}),
        ({Variable.SMOKER: 0}, {"age_years": 72}),
        ({Variable.SBP: 130}, {"sbp_mmhg": None}),
        ({Variable.SBP: 130}, {"prior_cvd": 1}),
    ],
    ids=["already better", "does not smoke", "the equation turns in old age", "not known", "no estimate"],
)
def test_nothing_is_said(goals: dict[Variable, float], other: dict[str, Any]) -> None:
    assert np.isnan(changed(goals, **other))


def test_medicines_diseases_and_every_other_equation_are_barred() -> None:
    everything = dict.fromkeys(Variable, 0.0)
    for equation in EQUATIONS:
        for variable in everything.keys() - ALLOWED.get(equation.id, frozenset()):
            with pytest.raises(ValueError, match="says nothing"):
                what_if(equation, equation.outcomes[0], Inputs.of(**SMOKER), {variable: 0.0})
    allowed = {variable for each in ALLOWED.values() for variable in each}
    assert {TRAITS[variable].influence for variable in allowed} == {Influence.MODIFIABLE}


@given(age=st.floats(35, 74), sbp=st.floats(90, 200), goal=st.floats(100, 140), male=st.booleans())
def test_a_lower_pressure_is_never_said_to_be_worse(age: float, sbp: float, goal: float, male: bool) -> None:
    people = Inputs.of(**{**SMOKER, "age_years": age, "sbp_mmhg": sbp, "male": male})
    before = CHINA_PAR.estimate(people).values[Outcome.ASCVD][0]
    after = what_if(CHINA_PAR, Outcome.ASCVD, people, {Variable.SBP: goal})[0]
    assert np.isnan(after) if sbp <= goal else after <= before
