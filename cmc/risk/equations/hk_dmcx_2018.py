"""HK-DMCX 2018: the 5-year risk of cardiovascular disease in Chinese people with type 2 diabetes.

Source: Wan EYF et al. Diabetes Obes Metab 2018;20:309-318. Population: Hong Kong Chinese of primary care without
cardiovascular disease. The albumin-creatinine ratio enters in mg/mmol, cholesterol as the ratio of total to HDL;
squared terms bend pressure, body-mass index and HbA1c up on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from cmc.clinical.renal import MG_MMOL_PER_MG_G
from cmc.core.text import Text
from cmc.risk.equations.coefficients import BySex, cox, published
from cmc.risk.equations.equation import Equation, Need, Outcome, Used, one_output
from cmc.risk.equations.inputs import Column
from cmc.risk.equations.variables import Variable as V

_FILE: Final = published("hk_dmcx_2018")


def _terms(x: Used) -> dict[str, Column]:
    age, egfr, ratio = x[V.AGE], x[V.EGFR], x[V.TC] / x[V.HDL]
    uacr_mg_mmol = x[V.UACR] * float(MG_MMOL_PER_MG_G)
    sbp, dbp, bmi, hba1c = x[V.SBP], x[V.DBP], x[V.BMI], x[V.HBA1C]
    return {
        "age": age,
        "egfr60_89": ((egfr >= 60) & (egfr < 90)).astype(np.float64),
        "egfr30_59": ((egfr >= 30) & (egfr < 60)).astype(np.float64),
        "egfr_lt30": (egfr < 30).astype(np.float64),
        "tchdl": ratio,
        "ln_acr1": np.log(np.maximum(uacr_mg_mmol, 1) + 1),
        "smoker": x[V.SMOKER],
        "dm_duration": np.maximum(x[V.DIABETES_YEARS], 1),
        "sbp": sbp,
        "sbp2": sbp**2,
        "dbp": dbp,
        "dbp2": dbp**2,
        "hba1c": hba1c,
        "hba1c2": hba1c**2,
        "bp_med": x[V.BP_TREATED],
        "bmi": bmi,
        "bmi2": bmi**2,
        "insulin": x[V.INSULIN],
        "oral_dm": x[V.ORAL_GLUCOSE_LOWERING],
        "age_tchdl": age * ratio,
        "age_hba1c": age * hba1c,
        "age_smoker": age * x[V.SMOKER],
    }


def _formula(x: Used, _wanted: tuple[Outcome, ...]) -> Mapping[Outcome, Column]:
    sex = BySex(x[V.MALE], _FILE)
    return {Outcome.TOTAL_CVD: cox(sex.sum(_terms(x)), sex["const"], sex["s0"])}


_NEEDS: Final = (
    Need(variable=V.DIABETES, must_be=1),
    Need(variable=V.AGE, made_for=(18, 90)),
    Need(variable=V.MALE),
    Need(variable=V.EGFR),
    Need(variable=V.TC, clamp=(2, 12)),
    Need(variable=V.HDL, clamp=(0.4, 3.5)),
    Need(variable=V.UACR, clamp=(0.1, 25_000)),
    Need(variable=V.SMOKER),
    Need(variable=V.DIABETES_YEARS, clamp=(0, 40)),
    Need(variable=V.SBP, clamp=(80, 230)),
    Need(variable=V.DBP, clamp=(40, 130)),
    Need(variable=V.HBA1C, clamp=(4, 15)),
    Need(variable=V.BP_TREATED),
    Need(variable=V.BMI, clamp=(14, 50)),
    Need(variable=V.INSULIN, assume=0),
    Need(variable=V.ORAL_GLUCOSE_LOWERING, assume=1),
    Need(variable=V.PRIOR_CVD, must_be=0, assume=0),
)

HK_DMCX: Final = Equation(
    id="hk_dmcx_2018_5y",
    version="2018",
    title=Text("HK-DMCX 5年心血管病（香港2型糖尿病）", "HK-DMCX, cardiovascular disease within 5 years"),
    source=_FILE["source"],
    population=Text(
        "香港华人2型糖尿病患者，无心血管病", "Chinese people with type 2 diabetes in Hong Kong, no earlier disease"
    ),
    horizon_years=5,
    needs=_NEEDS,
    outputs=one_output(Outcome.TOTAL_CVD, _NEEDS),
    formula=_formula,
)
EQUATIONS: Final = (HK_DMCX,)
