"""China-PAR 2016: the 10-year risk of atherosclerotic cardiovascular disease in Chinese adults.

Source: Yang X et al. Circulation 2016;134:1430-1440, with the constants of the standard T/JPMA 024—2024.
Population: 21,320 people of InterASIA and China MUCA (1998), aged 35–74, without cardiovascular disease; the official
calculator takes ages 20–85. Outcome: non-fatal infarction, coronary death, stroke. Cholesterol enters in mg/dL
(mmol/L divided by 0.0259), waist in cm, north is north of the Yangtze.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from cmc.core.text import Text
from cmc.risk.equations.coefficients import BySex, cox, published
from cmc.risk.equations.equation import Equation, Need, Outcome, Used, one_output
from cmc.risk.equations.inputs import Column
from cmc.risk.equations.variables import Variable as V

MMOL_L_PER_MG_DL: Final = 0.0259
_FILE: Final = published("china_par")


def linear_predictor(x: Used) -> Column:
    """The sum of the terms less the mean of the sex."""
    ln_age, ln_sbp, treated = np.log(x[V.AGE]), np.log(x[V.SBP]), x[V.BP_TREATED]
    sex = BySex(x[V.MALE], _FILE)
    terms = {
        "ln_age": ln_age,
        "ln_sbp_treated": ln_sbp * treated,
        "ln_sbp_untreated": ln_sbp * (1 - treated),
        "ln_tc": np.log(x[V.TC] / MMOL_L_PER_MG_DL),
        "ln_hdl": np.log(x[V.HDL] / MMOL_L_PER_MG_DL),
        "ln_waist": np.log(x[V.WAIST]),
        "smoker": x[V.SMOKER],
        "diabetes": x[V.DIABETES],
        "north": x[V.NORTH],
        "urban": x[V.URBAN],
        "family_history": x[V.FAMILY_HISTORY],
        "ln_age_x_ln_sbp_treated": ln_age * ln_sbp * treated,
        "ln_age_x_ln_sbp_untreated": ln_age * ln_sbp * (1 - treated),
        "ln_age_x_smoker": ln_age * x[V.SMOKER],
        "ln_age_x_family_history": ln_age * x[V.FAMILY_HISTORY],
    }
    return sex.sum(terms) - sex["mean"]


def _formula(x: Used, _wanted: tuple[Outcome, ...]) -> Mapping[Outcome, Column]:
    return {Outcome.ASCVD: cox(linear_predictor(x), 0.0, BySex(x[V.MALE], _FILE)["s10"])}


_NEEDS: Final = (
    Need(variable=V.AGE, refuse=(20, 85), made_for=(35, 74)),
    Need(variable=V.MALE),
    Need(variable=V.SBP, clamp=(70, 230)),
    Need(variable=V.BP_TREATED),
    Need(variable=V.TC, clamp=(2, 12)),
    Need(variable=V.HDL, clamp=(0.5, 3.5)),
    Need(variable=V.WAIST, clamp=(50, 150)),
    Need(variable=V.SMOKER),
    Need(variable=V.DIABETES),
    Need(variable=V.NORTH, assume=1),
    Need(variable=V.URBAN, assume=1),
    Need(variable=V.FAMILY_HISTORY, assume=0),
    Need(variable=V.PRIOR_CVD, must_be=0, assume=0),
)

CHINA_PAR: Final = Equation(
    id="china_par",
    version="T/JPMA 024-2024",
    title=Text("China-PAR 10年ASCVD风险", "China-PAR 10-year ASCVD risk"),
    source=_FILE["source"],
    population=Text("35–74岁无心血管病的中国成人", "Chinese adults aged 35–74 without cardiovascular disease"),
    horizon_years=10,
    needs=_NEEDS,
    outputs=one_output(Outcome.ASCVD, _NEEDS),
    formula=_formula,
)
EQUATIONS: Final = (CHINA_PAR,)
