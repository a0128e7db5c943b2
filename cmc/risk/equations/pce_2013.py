"""Pooled Cohort Equations 2013: the 10-year risk of hard atherosclerotic cardiovascular disease.

Source: Goff DC et al. Circulation 2014;129:S49-S73, appendix 7. Population: five American cohorts, White and Black
people aged 40–79 without cardiovascular disease. Cholesterol enters in mg/dL. Older than PREVENT: for comparison only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from cmc.core.text import Text
from cmc.risk.equations.coefficients import BySex, cox, published
from cmc.risk.equations.equation import Equation, Need, Outcome, Used, one_output
from cmc.risk.equations.inputs import Column
from cmc.risk.equations.variables import MMOL_L_PER_MG_DL_CHOLESTEROL
from cmc.risk.equations.variables import Variable as V

_FILE: Final = published("pce_2013")


def _terms(x: Used) -> dict[str, Column]:
    ln_age, ln_sbp, treated = np.log(x[V.AGE]), np.log(x[V.SBP]), x[V.BP_TREATED]
    ln_tc, ln_hdl = (np.log(x[each] / MMOL_L_PER_MG_DL_CHOLESTEROL) for each in (V.TC, V.HDL))
    return {
        "ln_age": ln_age,
        "ln_age2": ln_age**2,
        "ln_tc": ln_tc,
        "ln_age_ln_tc": ln_age * ln_tc,
        "ln_hdl": ln_hdl,
        "ln_age_ln_hdl": ln_age * ln_hdl,
        "ln_sbp_t": ln_sbp * treated,
        "ln_age_ln_sbp_t": ln_age * ln_sbp * treated,
        "ln_sbp_u": ln_sbp * (1 - treated),
        "ln_age_ln_sbp_u": ln_age * ln_sbp * (1 - treated),
        "smoker": x[V.SMOKER],
        "ln_age_smoker": ln_age * x[V.SMOKER],
        "diabetes": x[V.DIABETES],
    }


def _formula(x: Used, _wanted: tuple[Outcome, ...]) -> Mapping[Outcome, Column]:
    terms, risk = _terms(x), {}
    for race in ("white", "black"):
        sex = BySex(x[V.MALE], {each: _FILE[f"{race}_{each}"] for each in ("men", "women")})
        risk[race] = cox(sex.sum(terms), sex["mean"], sex["s0"])
    return {Outcome.ASCVD: np.where(x[V.BLACK] == 1, risk["black"], risk["white"])}


_NEEDS: Final = (
    Need(variable=V.AGE, refuse=(40, 79)),
    Need(variable=V.MALE),
    Need(variable=V.BLACK, assume=0),
    Need(variable=V.TC, clamp=(3.36, 8.28)),
    Need(variable=V.HDL, clamp=(0.51, 2.59)),
    Need(variable=V.SBP, clamp=(90, 200)),
    Need(variable=V.BP_TREATED),
    Need(variable=V.SMOKER),
    Need(variable=V.DIABETES),
    Need(variable=V.PRIOR_CVD, must_be=0, assume=0),
)

PCE: Final = Equation(
    id="pce_2013",
    version="2013",
    title=Text("PCE 2013", "Pooled Cohort Equations 2013"),
    source=_FILE["source"],
    population=Text("40–79岁无心血管病的美国人", "Americans aged 40–79 without cardiovascular disease"),
    horizon_years=10,
    needs=_NEEDS,
    outputs=one_output(Outcome.ASCVD, _NEEDS),
    formula=_formula,
    caveat=Text("美国旧版公式，仅供比较。", "An older American equation; for comparison only."),
)
EQUATIONS: Final = (PCE,)
