"""The published equations beside our models, for the same people.

What the survey lacks is a constant, a handicap that the card tells: eight years of diabetes, LDL 2.7 and triglycerides
1.6 here, and what the equations assume themselves (home, family history, white cells, haemoglobin, medicines).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from cmc.clinical.codes import Sex
from cmc.clinical.renal import COEFFICIENTS, KAPPA, UMOL_L_PER_MG_DL, EgfrFormula
from cmc.risk.equations.chime_2021 import CHIME_10Y
from cmc.risk.equations.china_par import CHINA_PAR
from cmc.risk.equations.equation import Equation, Outcome
from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.prevent_2023 import PREVENT_10Y
from cmc.risk.equations.recode_2017 import RECODE
from cmc.risk.equations.variables import Variable
from cmc.risk.equations.who_2019 import WHO_LAB


@dataclass(frozen=True, slots=True)
class Comparator:
    """An equation that is compared; `same_outcome` when it foretells death, else only its ranking counts."""

    name: str
    equation: Equation
    outcome: Outcome
    same_outcome: bool = False


COMPARATORS: Final = (
    Comparator("PREVENT total CVD", PREVENT_10Y, Outcome.TOTAL_CVD),
    Comparator("WHO 2019 East Asia, lab", WHO_LAB, Outcome.CVD),
    Comparator("China-PAR", CHINA_PAR, Outcome.ASCVD),
    Comparator("RECODe death", RECODE, Outcome.DEATH, same_outcome=True),
    Comparator("CHIME death", CHIME_10Y, Outcome.DEATH, same_outcome=True),
)
_CONSTANTS: Final[Mapping[Variable, float]] = MappingProxyType(
    {Variable.DIABETES_YEARS: 8, Variable.LDL: 2.7, Variable.TRIGLYCERIDES: 1.6}
)


def numbers(comparator: Comparator, people: Inputs) -> Column:
    """The equation's probabilities for everybody; NaN where it refuses."""
    return comparator.equation.estimate(_completed(people), (comparator.outcome,)).values[comparator.outcome]


def _completed(people: Inputs) -> Inputs:
    """What is not known of anybody, or of some, at its constant; creatinine from the filtration rate."""
    changed = {}
    for variable, constant in _CONSTANTS.items():
        column = people.get(variable)
        changed[variable] = np.where(np.isnan(column), constant, column)
    changed[Variable.CREATININE] = creatinine_umol_l(people)
    return people.with_columns(changed)


def creatinine_umol_l(people: Inputs) -> Column:
    """Serum creatinine that gives each one's filtration rate by CKD-EPI 2021, solved for the branch it lies on."""
    row, male = COEFFICIENTS[EgfrFormula.CKD_EPI_2021], people.get(Variable.MALE) == 1
    kappa = np.where(male, float(KAPPA[Sex.M]), float(KAPPA[Sex.F]))
    alpha = np.where(male, float(row.alpha[Sex.M]), float(row.alpha[Sex.F]))
    at_kappa = float(row.factor) * np.where(male, 1.0, float(row.female))
    ratio = people.get(Variable.EGFR) / (at_kappa * float(row.per_year) ** people.get(Variable.AGE))
    exponent = np.where(ratio >= 1, alpha, float(row.beyond))
    return np.asarray(float(UMOL_L_PER_MG_DL) * kappa * ratio ** (1 / exponent))
