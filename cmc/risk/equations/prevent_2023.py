"""PREVENT 2023 (American Heart Association): total cardiovascular disease, ASCVD, heart failure, CHD and stroke.

Source: Khan SS et al. Circulation 2024;149:430-449 and its supplement. Population: 3.3 million Americans aged 30–79
without cardiovascular disease or heart failure. Four sets of inputs: base (10 and 30 years), with the urine
albumin-creatinine ratio, with HbA1c (10 years each). Filtration by CKD-EPI 2021. Only heart failure reads the
body-mass index; only the others read lipids and statin.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

import numpy as np

from cmc.core.text import Text
from cmc.risk.equations.coefficients import BySex, expit, published
from cmc.risk.equations.equation import Equation, Need, Outcome, Output, Used
from cmc.risk.equations.inputs import Column
from cmc.risk.equations.variables import MMOL_L_PER_MG_DL_CHOLESTEROL
from cmc.risk.equations.variables import Variable as V

_FILE: Final = published("prevent_2023")
_OUTCOMES: Final = (Outcome.TOTAL_CVD, Outcome.ASCVD, Outcome.HEART_FAILURE, Outcome.CHD, Outcome.STROKE)


def _lipids(x: Used, age: Column) -> dict[str, Column]:
    non_hdl, hdl = x[V.TC] - x[V.HDL] - 3.5, (x[V.HDL] - 1.3) / 0.3
    return {
        "non_hdl": non_hdl,
        "hdl": hdl,
        "statin": x[V.STATIN],
        "treated_non_hdl": non_hdl * x[V.STATIN],
        "age_non_hdl": age * non_hdl,
        "age_hdl": age * hdl,
    }


def _build(x: Used, age: Column) -> dict[str, Column]:
    above = (np.maximum(x[V.BMI], 30) - 30) / 5
    return {"bmi_below_30": (np.minimum(x[V.BMI], 30) - 25) / 5, "bmi_from_30": above, "age_bmi": age * above}


def _terms(x: Used) -> dict[str, Column]:
    """The terms as the supplement centres them, for the inputs that are there."""
    age, sbp, egfr = (x[V.AGE] - 55) / 10, x[V.SBP], x[V.EGFR]
    high, low = (np.maximum(sbp, 110) - 130) / 20, (np.minimum(egfr, 60) - 60) / -15
    terms = {
        "age": age,
        "age_squared": age**2,
        "sbp_below_110": (np.minimum(sbp, 110) - 110) / 20,
        "sbp_from_110": high,
        "diabetes": x[V.DIABETES],
        "smoker": x[V.SMOKER],
        "egfr_below_60": low,
        "egfr_from_60": (np.maximum(egfr, 60) - 90) / -15,
        "treated": x[V.BP_TREATED],
        "treated_sbp": high * x[V.BP_TREATED],
        "age_sbp": age * high,
        "age_diabetes": age * x[V.DIABETES],
        "age_smoker": age * x[V.SMOKER],
        "age_egfr": age * low,
        "constant": np.ones(age.shape),
    }
    if V.TC in x:
        terms |= _lipids(x, age)
    if V.BMI in x:
        terms |= _build(x, age)
    if V.UACR in x:
        terms["ln_uacr"] = np.log(x[V.UACR])
    if V.HBA1C in x:
        above = x[V.HBA1C] - 5.3
        terms |= {"hba1c_diabetes": above * x[V.DIABETES], "hba1c_no_diabetes": above * (1 - x[V.DIABETES])}
    return terms


def _formula(x: Used, wanted: tuple[Outcome, ...], *, model: str) -> Mapping[Outcome, Column]:
    terms = _terms(x)
    return {each: expit(BySex(x[V.MALE], _FILE[model][each.value]).sum(terms)) for each in wanted}


_MG: Final = MMOL_L_PER_MG_DL_CHOLESTEROL
_BASE: Final = (
    Need(variable=V.MALE),
    Need(variable=V.SBP, clamp=(90, 200)),
    Need(variable=V.BP_TREATED),
    Need(variable=V.SMOKER),
    Need(variable=V.DIABETES),
    Need(variable=V.EGFR, clamp=(15, 140)),
    Need(variable=V.PRIOR_CVD, must_be=0, assume=0),
    Need(variable=V.PRIOR_HF, must_be=0, assume=0),
)
_LIPIDS: Final = (
    Need(variable=V.TC, clamp=(130 * _MG, 320 * _MG)),
    Need(variable=V.HDL, clamp=(20 * _MG, 100 * _MG)),
    Need(variable=V.STATIN, assume=0),
)
_BMI: Final = Need(variable=V.BMI, clamp=(18.5, 40))


def _equation(model: str, title: Text, horizon_years: int, oldest: float, extra: tuple[Need, ...] = ()) -> Equation:
    common = (Need(variable=V.AGE, refuse=(30, oldest)), *_BASE, *extra)
    read = tuple(need.variable for need in common)
    lipids = tuple(need.variable for need in _LIPIDS)
    return Equation(
        id=f"prevent_2023_{model}",
        version="2023",
        title=title,
        source=_FILE["source"],
        population=Text(
            f"30–{oldest:.0f}岁无心血管病的美国人", f"Americans aged 30–{oldest:.0f} without cardiovascular disease"
        ),
        horizon_years=horizon_years,
        needs=(*common, *_LIPIDS, _BMI),
        outputs=tuple(
            Output(each, (*read, V.BMI) if each is Outcome.HEART_FAILURE else (*read, *lipids)) for each in _OUTCOMES
        ),
        formula=partial(_formula, model=model),
        caveat=Text("美国人群公式，水平未经本地校正。", "Made in Americans; the level is not calibrated locally."),
    )


PREVENT_10Y: Final = _equation("base_10y", Text("PREVENT 10年", "PREVENT, 10 years"), 10, 79)
PREVENT_30Y: Final = _equation("base_30y", Text("PREVENT 30年", "PREVENT, 30 years"), 30, 59)
PREVENT_UACR_10Y: Final = _equation(
    "uacr_10y",
    Text("PREVENT 10年（含尿白蛋白）", "PREVENT with UACR, 10 years"),
    10,
    79,
    (Need(variable=V.UACR, clamp=(0.1, 25_000)),),
)
PREVENT_HBA1C_10Y: Final = _equation(
    "hba1c_10y",
    Text("PREVENT 10年（含糖化血红蛋白）", "PREVENT with HbA1c, 10 years"),
    10,
    79,
    (Need(variable=V.HBA1C, clamp=(4.5, 15)),),
)
EQUATIONS: Final = (PREVENT_10Y, PREVENT_30Y, PREVENT_UACR_10Y, PREVENT_HBA1C_10Y)
