"""RECODe 2017/18: six complications within 10 years in type 2 diabetes.

Source: Basu S et al. Lancet Diabetes Endocrinol 2017;5:788-798 and Diabetes Care 2018;41:586-595. Population: the
ACCORD trial, Americans and Canadians aged 40–79 at high risk. Cholesterol and creatinine enter in mg/dL, albumin in
mg/g. Infarction or stroke may be the first or a next one. Each outcome has its own baseline.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cmc.clinical.renal import UMOL_L_PER_MG_DL
from cmc.core.text import Text
from cmc.risk.equations.coefficients import cox, published
from cmc.risk.equations.equation import Equation, Need, Outcome, Output, Used
from cmc.risk.equations.inputs import Column
from cmc.risk.equations.variables import MMOL_L_PER_MG_DL_CHOLESTEROL
from cmc.risk.equations.variables import Variable as V

_FILE: Final = published("recode_2017")
_READ: Final[Mapping[str, V]] = MappingProxyType(
    {
        "age": V.AGE,
        "female": V.MALE,
        "black": V.BLACK,
        "hispanic": V.HISPANIC,
        "smoker": V.SMOKER,
        "sbp": V.SBP,
        "cvd": V.PRIOR_CVD,
        "bp_med": V.BP_TREATED,
        "oral_dm": V.ORAL_GLUCOSE_LOWERING,
        "anticoag": V.ANTICOAGULANT,
        "statin": V.STATIN,
        "hba1c": V.HBA1C,
        "tc": V.TC,
        "hdl": V.HDL,
        "scr": V.CREATININE,
        "uacr": V.UACR,
    }
)
_MG_DL: Final[Mapping[str, float]] = MappingProxyType(
    {"tc": MMOL_L_PER_MG_DL_CHOLESTEROL, "hdl": MMOL_L_PER_MG_DL_CHOLESTEROL, "scr": float(UMOL_L_PER_MG_DL)}
)
_CONSTANTS: Final = ("s0", "mean")
_OUTCOMES: Final = tuple(Outcome(name) for name in _FILE if name != "source")


def _term(x: Used, name: str) -> Column:
    value = x[_READ[name]]
    if name == "female":
        return 1 - value
    return value / _MG_DL.get(name, 1.0)


def _risk(x: Used, model: Mapping[str, Any]) -> Column:
    linear = sum(c * _term(x, name) for name, c in model.items() if name not in _CONSTANTS)
    return cox(linear, model["mean"], model["s0"])


def _formula(x: Used, wanted: tuple[Outcome, ...]) -> Mapping[Outcome, Column]:
    return {each: _risk(x, _FILE[each.value]) for each in wanted}


_NEEDS: Final = (
    Need(variable=V.DIABETES, must_be=1),
    Need(variable=V.AGE, refuse=(30, 90), made_for=(40, 79)),
    Need(variable=V.MALE),
    Need(variable=V.BLACK, assume=0),
    Need(variable=V.HISPANIC, assume=0),
    Need(variable=V.SMOKER),
    Need(variable=V.SBP, clamp=(80, 230)),
    Need(variable=V.PRIOR_CVD, assume=0),
    Need(variable=V.BP_TREATED),
    Need(variable=V.ORAL_GLUCOSE_LOWERING, assume=1),
    Need(variable=V.ANTICOAGULANT, assume=0),
    Need(variable=V.STATIN, assume=0),
    Need(variable=V.HBA1C, clamp=(4, 15)),
    Need(variable=V.TC, clamp=(2, 12)),
    Need(variable=V.HDL, clamp=(0.4, 3.5)),
    Need(variable=V.CREATININE, clamp=(30, 450)),
    Need(variable=V.UACR, clamp=(0.1, 5000)),
)


def _output(outcome: Outcome) -> Output:
    read = {V.DIABETES} | {_READ[name] for name in _FILE[outcome.value] if name not in _CONSTANTS}
    return Output(outcome, tuple(need.variable for need in _NEEDS if need.variable in read))


RECODE: Final = Equation(
    id="recode_2017_10y",
    version="2018",
    title=Text("RECODe 10年", "RECODe, 10 years"),
    source=_FILE["source"],
    population=Text("40–79岁北美2型糖尿病患者", "people with type 2 diabetes in North America aged 40–79"),
    horizon_years=10,
    needs=_NEEDS,
    outputs=tuple(_output(each) for each in _OUTCOMES),
    formula=_formula,
    caveat=Text("北美试验人群，仅作第二意见。", "Made in a North American trial; a second opinion only."),
)
EQUATIONS: Final = (RECODE,)
