"""ADVANCE 2011: major cardiovascular disease within 4 years in type 2 diabetes.

Source: Kengne AP et al. Eur J Cardiovasc Prev Rehabil 2011;18:393-398. Population: 7,168 people of the ADVANCE trial
(20 countries, China among them), aged 55 and more, without cardiovascular disease. Age enters as the age at which
diabetes was found; pulse pressure is systolic less diastolic; the albumin ratio is in mg/g.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from cmc.core.text import Text
from cmc.risk.equations.coefficients import cox, published
from cmc.risk.equations.equation import Equation, Need, Outcome, Used, one_output
from cmc.risk.equations.inputs import Column
from cmc.risk.equations.variables import Variable as V

_FILE: Final = published("advance_2011")


def _formula(x: Used, _wanted: tuple[Outcome, ...]) -> Mapping[Outcome, Column]:
    c = _FILE["coefficients"]
    linear = (
        c["age_at_dm_dx"] * np.maximum(x[V.AGE] - x[V.DIABETES_YEARS], 0)
        + c["female"] * (1 - x[V.MALE])
        + c["dm_duration"] * x[V.DIABETES_YEARS]
        + c["pulse_pressure"] * np.maximum(x[V.SBP] - x[V.DBP], 0)
        + c["retinopathy"] * x[V.RETINOPATHY]
        + c["af"] * x[V.PRIOR_AF]
        + c["hba1c"] * x[V.HBA1C]
        + c["ln_acr_mg_g"] * np.log(x[V.UACR])
        + c["non_hdl_mmol"] * np.maximum(x[V.TC] - x[V.HDL], 0)
        + c["treated_htn"] * x[V.BP_TREATED]
    )
    return {Outcome.CVD: cox(linear, _FILE["mean"], _FILE["baseline_survival"])}


_NEEDS: Final = (
    Need(variable=V.DIABETES, must_be=1),
    Need(variable=V.AGE, refuse=(30, 90), made_for=(55, 90)),
    Need(variable=V.MALE),
    Need(variable=V.DIABETES_YEARS, clamp=(0, 50)),
    Need(variable=V.SBP, clamp=(80, 230)),
    Need(variable=V.DBP, clamp=(40, 130)),
    Need(variable=V.RETINOPATHY, assume=0),
    Need(variable=V.PRIOR_AF, assume=0),
    Need(variable=V.HBA1C, clamp=(4, 15)),
    Need(variable=V.UACR, clamp=(0.5, 10_000)),
    Need(variable=V.TC, clamp=(2, 12)),
    Need(variable=V.HDL, clamp=(0.4, 3.5)),
    Need(variable=V.BP_TREATED),
    Need(variable=V.PRIOR_CVD, must_be=0, assume=0),
)

ADVANCE: Final = Equation(
    id="advance_2011_4y",
    version="2011",
    title=Text("ADVANCE 4年主要心血管病", "ADVANCE, major cardiovascular disease within 4 years"),
    source=_FILE["source"],
    population=Text(
        "55岁及以上2型糖尿病患者，无心血管病", "people with type 2 diabetes from 55 on, no earlier disease"
    ),
    horizon_years=4,
    needs=_NEEDS,
    outputs=one_output(Outcome.CVD, _NEEDS),
    formula=_formula,
)
EQUATIONS: Final = (ADVANCE,)
