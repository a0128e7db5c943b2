"""Who gets no percentage at all, and why; the other reasons why a person has a number, or has none.

No equation and no model was made in pregnancy, on dialysis or with a transplanted kidney, in type 1 diabetes, or below
30 years.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cmc.core.named import NamedStr
from cmc.risk.equations.inputs import Inputs
from cmc.risk.equations.variables import Variable

AGES_FOR_A_NUMBER: Final = (30.0, 79.0)  # whole years; younger no number is trusted, older none of events


class Reason(NamedStr):
    """Why a person has the number, or has none."""

    FIRST_CHOICE = "first_choice", "首选公式适用", "the first choice applies"
    NEXT_CHOICE = "next_choice", "首选公式不适用，采用次选", "an earlier choice does not apply"
    PRIOR_CVD = "prior_cvd", "已有心脑血管病，直接为很高危", "cardiovascular disease already: very high, no percentage"
    PREGNANT = "pregnant", "妊娠或哺乳期，不计算百分比", "pregnant or lactating: no percentage"
    KIDNEY_REPLACED = "kidney_replaced", "透析或肾移植，不计算百分比", "dialysis or transplant: no percentage"
    TYPE_1_DIABETES = "type_1_diabetes", "1型糖尿病，不计算百分比", "type 1 diabetes: no percentage"
    AGE = "age", "年龄不在公式适用范围内，不计算百分比", "outside the ages of the equations: no percentage"
    NOT_APPLICABLE = "not_applicable", "没有适用的公式", "no equation applies"


UNFIT: Final[Mapping[Reason, Variable]] = MappingProxyType(
    {
        Reason.PREGNANT: Variable.PREGNANT,
        Reason.KIDNEY_REPLACED: Variable.KIDNEY_REPLACED,
        Reason.TYPE_1_DIABETES: Variable.TYPE_1_DIABETES,
    }
)
BARRING: Final = (*UNFIT, Reason.AGE)
"""What bars every percentage; the first that holds is told."""
OF_AGE: Final = np.int8(len(UNFIT))


def unfit(inputs: Inputs) -> NDArray[np.int8]:
    """Of everybody the place in `BARRING` of what bars every percentage, or −1; the old are not barred here."""
    found = np.where(np.floor(inputs.get(Variable.AGE)) < AGES_FOR_A_NUMBER[0], OF_AGE, np.int8(-1))
    for place, variable in reversed(list(enumerate(UNFIT.values()))):
        found = np.where(inputs.get(variable) == 1, np.int8(place), found)
    return found
