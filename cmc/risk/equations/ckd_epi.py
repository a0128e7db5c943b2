"""CKD-EPI 2009 and 2021: the estimated filtration rate from serum creatinine, for arrays.

Sources: Levey AS et al. Ann Intern Med 2009;150:604-612; Inker LA et al. NEJM 2021;385:1737-1749. The coefficients are
those of `cmc.clinical.renal`, which computes one person exactly; this is the same formula in floating point.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

import numpy as np

from cmc.clinical.codes import Sex
from cmc.clinical.renal import COEFFICIENTS, KAPPA, UMOL_L_PER_MG_DL, EgfrFormula
from cmc.core.text import Text
from cmc.risk.equations.equation import Equation, Need, Outcome, Unit, Used, one_output
from cmc.risk.equations.inputs import Column
from cmc.risk.equations.variables import Variable as V


def egfr_ml_min(creatinine_umol_l: Column, age_years: Column, male: Column, formula: EgfrFormula) -> Column:
    """Filtration in mL/min/1.73 m² of adults; creatinine in µmol/L, NaN where an input is NaN."""
    row, man = COEFFICIENTS[formula], male == 1
    kappa = np.where(man, float(KAPPA[Sex.M]), float(KAPPA[Sex.F]))
    alpha = np.where(man, float(row.alpha[Sex.M]), float(row.alpha[Sex.F]))
    ratio = creatinine_umol_l / float(UMOL_L_PER_MG_DL) / kappa
    below, beyond = np.minimum(ratio, 1) ** alpha, np.maximum(ratio, 1) ** float(row.beyond)
    value = float(row.factor) * below * beyond * float(row.per_year) ** age_years
    return np.asarray(np.where(np.isnan(male), np.nan, value * np.where(man, 1.0, float(row.female))))


def _formula(x: Used, _wanted: tuple[Outcome, ...], *, formula: EgfrFormula) -> Mapping[Outcome, Column]:
    return {Outcome.EGFR: egfr_ml_min(x[V.CREATININE], x[V.AGE], x[V.MALE], formula)}


_NEEDS: Final = (Need(variable=V.AGE), Need(variable=V.MALE), Need(variable=V.CREATININE))


def _equation(formula: EgfrFormula, source: str) -> Equation:
    return Equation(
        id=formula.value.lower(),
        version=formula.value.rpartition("_")[2],
        title=formula.text,
        source=source,
        population=Text("成人", "adults"),
        horizon_years=None,
        needs=_NEEDS,
        outputs=one_output(Outcome.EGFR, _NEEDS),
        formula=partial(_formula, formula=formula),
        unit=Unit.ML_MIN,
    )


CKD_EPI_2009: Final = _equation(EgfrFormula.CKD_EPI_2009, "Levey AS et al. Ann Intern Med 2009;150:604-612")
CKD_EPI_2021: Final = _equation(EgfrFormula.CKD_EPI_2021, "Inker LA et al. N Engl J Med 2021;385:1737-1749")
EQUATIONS: Final = (CKD_EPI_2009, CKD_EPI_2021)
