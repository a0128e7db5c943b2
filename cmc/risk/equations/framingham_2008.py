"""Framingham 2008: the 10-year risk of general cardiovascular disease, by lipids or by body-mass index.

Source: D'Agostino RB et al. Circulation 2008;117:743-753. Population: 8,491 people of the Framingham Heart Study aged
30–74 without cardiovascular disease. Outcome: coronary disease with angina, stroke and TIA, peripheral disease, heart
failure. Cholesterol enters in mg/dL. It foretells 1.4–1.9 times what later cohorts saw: shown for comparison only.
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

_FILE: Final = published("framingham_2008")


def _common(x: Used) -> dict[str, Column]:
    ln_sbp, treated = np.log(x[V.SBP]), x[V.BP_TREATED]
    return {
        "ln_age": np.log(x[V.AGE]),
        "ln_sbp_treated": ln_sbp * treated,
        "ln_sbp_untreated": ln_sbp * (1 - treated),
        "smoker": x[V.SMOKER],
        "diabetes": x[V.DIABETES],
    }


def _lipid(x: Used, _wanted: tuple[Outcome, ...]) -> Mapping[Outcome, Column]:
    sex = BySex(x[V.MALE], _FILE["lipid"])
    terms = {
        **_common(x),
        "ln_tc": np.log(x[V.TC] / MMOL_L_PER_MG_DL_CHOLESTEROL),
        "ln_hdl": np.log(x[V.HDL] / MMOL_L_PER_MG_DL_CHOLESTEROL),
    }
    return {Outcome.GENERAL_CVD: cox(sex.sum(terms), sex["const"], sex["s0"])}


def _bmi(x: Used, _wanted: tuple[Outcome, ...]) -> Mapping[Outcome, Column]:
    sex = BySex(x[V.MALE], _FILE["bmi"])
    linear = sex.sum({**_common(x), "ln_bmi": np.log(x[V.BMI])})
    return {Outcome.GENERAL_CVD: cox(linear, sex["const"], sex["s0"])}


_BOTH: Final = (
    Need(variable=V.AGE, refuse=(30, 80), made_for=(30, 74)),
    Need(variable=V.MALE),
    Need(variable=V.SBP, clamp=(80, 230)),
    Need(variable=V.BP_TREATED),
    Need(variable=V.SMOKER),
    Need(variable=V.DIABETES),
    Need(variable=V.PRIOR_CVD, must_be=0, assume=0),
)
_LIPID_NEEDS: Final = (*_BOTH, Need(variable=V.TC, clamp=(2, 12)), Need(variable=V.HDL, clamp=(0.4, 3.5)))
_BMI_NEEDS: Final = (*_BOTH, Need(variable=V.BMI, clamp=(14, 50)))
_POPULATION: Final = Text("30–74岁无心血管病的美国白人", "White Americans aged 30–74 without cardiovascular disease")
_CAVEAT: Final = Text(
    "近年人群中高估1.4–1.9倍，仅供比较。", "Too high by 1.4–1.9 in later cohorts; for comparison only."
)

FRAMINGHAM_LIPID: Final = Equation(
    id="framingham_2008_lipid",
    version="2008",
    title=Text("Framingham 2008（血脂版）", "Framingham 2008, lipids"),
    source=_FILE["source"],
    population=_POPULATION,
    horizon_years=10,
    needs=_LIPID_NEEDS,
    outputs=one_output(Outcome.GENERAL_CVD, _LIPID_NEEDS),
    formula=_lipid,
    caveat=_CAVEAT,
)
FRAMINGHAM_BMI: Final = Equation(
    id="framingham_2008_bmi",
    version="2008",
    title=Text("Framingham 2008（体质指数版）", "Framingham 2008, body-mass index"),
    source=_FILE["source"],
    population=_POPULATION,
    horizon_years=10,
    needs=_BMI_NEEDS,
    outputs=one_output(Outcome.GENERAL_CVD, _BMI_NEEDS),
    formula=_bmi,
    caveat=_CAVEAT,
)
EQUATIONS: Final = (FRAMINGHAM_LIPID, FRAMINGHAM_BMI)
