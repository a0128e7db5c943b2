"""CHIME 2021: twelve complications in Chinese people with type 2 diabetes, at 5 and 10 years.

Source: Quan J et al. PLoS Med 2021;18:e1003692. Population: Hong Kong Chinese of the public health records, 2006–2017;
of the two groups (prediabetes, diabetes) only diabetes is asked for. Accelerated failure-time models in days with
restricted cubic splines. Who has had the outcome is refused, except where the model itself has a term for it (an
infarction, stroke, cataract, ulcer or amputation may come again). Signs are observational (statin, pressure medicine
and a higher body-mass index look protective in places): never for what-if.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from cmc.core.text import Text
from cmc.risk.equations.coefficients import expit, published
from cmc.risk.equations.equation import Equation, Need, Outcome, Output, Used
from cmc.risk.equations.inputs import Column
from cmc.risk.equations.variables import Variable as V

_FILE: Final = published("chime_2021")
_MODELS: Final[Mapping[str, Mapping[str, Any]]] = _FILE["models"]
_DAYS_A_YEAR: Final = 365.25
_STATUS_OF_DIABETES: Final = 2.0
_STAGES: Final = (
    (15, "egfr_below_15"),
    (30, "egfr_15_29"),
    (45, "egfr_30_44"),
    (60, "egfr_45_59"),
    (90, "egfr_60_89"),
)
_ONLY_FIRST: Final[Mapping[Outcome, V]] = MappingProxyType(
    {
        Outcome.IHD: V.PRIOR_IHD,
        Outcome.HEART_FAILURE: V.PRIOR_HF,
        Outcome.PVD: V.PRIOR_PVD,
        Outcome.RETINOPATHY: V.RETINOPATHY,
    }
)
_erfc = np.frompyfunc(math.erfc, 1, 1)


def normal_cdf(z: Column) -> Column:
    """The distribution function of the standard normal, by the C library's erfc; NaN stays NaN."""
    return np.asarray(0.5 * _erfc(-z / math.sqrt(2)), dtype=np.float64)


def _weibull(z: Column) -> Column:
    return np.asarray(-np.expm1(-np.exp(z)))


_DISTRIBUTIONS: Final[Mapping[str, Callable[[Column], Column]]] = MappingProxyType(
    {"lognormal": normal_cdf, "loglogistic": expit, "weibull": _weibull}
)


def _linear_term(x: Used, name: str) -> Column | float:
    if name == "female":
        return 1 - x[V.MALE]
    return _STATUS_OF_DIABETES if name == "status" else x[V(name)]


def _location(x: Used, model: Mapping[str, Any]) -> Column:
    """The mean log time of a model: intercept, linear terms, cubic splines, smoking, stage of the kidneys."""
    total = np.full(x[V.MALE].shape, float(model["intercept"]))
    for name, coefficient in model["linear"].items():
        total = total + coefficient * _linear_term(x, name)
    for name, knots in model["spline"].items():
        value = x[V(name)]
        for coefficient, knot in knots:
            above = np.maximum(value - knot, 0)
            total = total + coefficient * (above * above * above)
    category = model["category"]
    if "ex_smoker" in category:
        former = np.where(x[V.EX_SMOKER] == 1, category["ex_smoker"], category["never_smoked"])
        total = total + np.where(x[V.SMOKER] == 1, 0.0, former)
    if "egfr_60_89" in category:
        egfr = x[V.EGFR]
        total = total + np.select([egfr < limit for limit, _ in _STAGES], [category[each] for _, each in _STAGES], 0.0)
    return total


def _formula(x: Used, wanted: tuple[Outcome, ...], *, years: int) -> Mapping[Outcome, Column]:
    values = {}
    for each in wanted:
        model = _MODELS[each.value]
        z = (math.log(_DAYS_A_YEAR * years) - _location(x, model)) / model["scale"]
        values[each] = _DISTRIBUTIONS[model["distribution"]](z)
    return values


_NEEDS: Final = (
    Need(variable=V.DIABETES, must_be=1),
    Need(variable=V.MALE),
    Need(variable=V.AGE, made_for=(20, 90)),
    Need(variable=V.DIABETES_YEARS, clamp=(0, 40)),
    Need(variable=V.HBA1C, clamp=(4, 15)),
    Need(variable=V.SBP, clamp=(80, 230)),
    Need(variable=V.DBP, clamp=(40, 130)),
    Need(variable=V.BMI, clamp=(14, 50)),
    Need(variable=V.HDL, clamp=(0.4, 3.5)),
    Need(variable=V.LDL, clamp=(0.5, 8)),
    Need(variable=V.TRIGLYCERIDES, clamp=(0.3, 12)),
    Need(variable=V.WBC, clamp=(2, 20), assume=7.2),
    Need(variable=V.HAEMOGLOBIN, clamp=(6, 20), assume=13.65),
    Need(variable=V.EGFR),
    Need(variable=V.SMOKER),
    *(
        Need(variable=each, assume=0)
        for each in (
            V.EX_SMOKER,
            V.BP_TREATED,
            V.STATIN,
            V.INSULIN,
            V.ORAL_GLUCOSE_LOWERING,
            V.PRIOR_MI,
            V.PRIOR_STROKE,
            V.PRIOR_AF,
            V.CATARACT,
            V.FOOT_ULCER,
            V.AMPUTATION,
            V.PRIOR_IHD,
            V.PRIOR_HF,
            V.PRIOR_PVD,
            V.RETINOPATHY,
        )
    ),
)


def _output(outcome: Outcome) -> Output:
    model = _MODELS[outcome.value]
    names = {*model["linear"], *model["spline"]}
    names |= {"smoker", "ex_smoker"} if "ex_smoker" in model["category"] else set()
    names |= {"egfr_ml_min"} if "egfr_60_89" in model["category"] else set()
    read = (need.variable for need in _NEEDS if need.variable in {V.DIABETES, V.MALE} or need.variable.value in names)
    return Output(outcome, tuple(read), _ONLY_FIRST.get(outcome))


def _equation(years: int) -> Equation:
    return Equation(
        id=f"chime_2021_{years}y",
        version="2021",
        title=Text(f"CHIME {years}年（香港2型糖尿病）", f"CHIME, {years} years, type 2 diabetes in Hong Kong"),
        source=_FILE["source"],
        population=Text("香港华人2型糖尿病患者", "Chinese people with type 2 diabetes in Hong Kong"),
        horizon_years=years,
        needs=_NEEDS,
        outputs=tuple(_output(Outcome(name)) for name in _MODELS),
        formula=partial(_formula, years=years),
        caveat=Text(
            "观察性系数，不得用于推断改变用药或体重的效果。",
            "Observational coefficients: never read as the effect of a change in medicine or weight.",
        ),
    )


CHIME_5Y: Final = _equation(5)
CHIME_10Y: Final = _equation(10)
EQUATIONS: Final = (CHIME_5Y, CHIME_10Y)
