"""What an equation says of the same person with a habit or level changed: only where that can be shown honestly.

Allowed are current smoking, systolic pressure and total cholesterol in the equations that were made for whole
populations without disease. Never a medicine, never a disease, never CHIME and the other models of treated patients,
whose signs are those of who was treated. Where the equation gives a higher risk for the better value (smoking in old
age), nothing is shown. It is an association between people, not the effect of a treatment.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from cmc.risk.equations.china_par import CHINA_PAR
from cmc.risk.equations.equation import Equation, Outcome
from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.variables import Variable
from cmc.risk.equations.who_2019 import WHO_LAB, WHO_NONLAB

ALLOWED: Final[Mapping[str, frozenset[Variable]]] = MappingProxyType(
    {
        CHINA_PAR.id: frozenset({Variable.SMOKER, Variable.SBP, Variable.TC}),
        WHO_LAB.id: frozenset({Variable.SMOKER, Variable.SBP, Variable.TC}),
        WHO_NONLAB.id: frozenset({Variable.SMOKER, Variable.SBP}),
    }
)


def what_if(equation: Equation, outcome: Outcome, inputs: Inputs, goals: Mapping[Variable, float | Column]) -> Column:
    """The risk of everybody whose values above the goals stood at the goals, in 0–1.

    A goal is one for everybody, or a column of each one's own (NaN: none). A value at or below its goal stays. NaN
    where there is no estimate, nothing would change, or the equation gives no lower risk. Raises ValueError for an
    input that may not be shown changed in this equation.
    """
    barred = sorted(set(goals) - ALLOWED.get(equation.id, frozenset()))
    if barred:
        raise ValueError(f"{equation.id} says nothing of a changed {', '.join(barred)}")
    changed = {variable: np.fmin(inputs.get(variable), goal) for variable, goal in goals.items()}
    changed = {variable: np.where(np.isnan(inputs.get(variable)), np.nan, new) for variable, new in changed.items()}
    before = equation.estimate(inputs, (outcome,)).values[outcome]
    after = equation.estimate(inputs.with_columns(changed), (outcome,)).values[outcome]
    return np.asarray(np.where(after < before, after, np.nan))
