"""CKD-PC 2019: eGFR falling below 60 within 5 years, with and without diabetes.

Source: Nelson RG et al. JAMA 2019;322:2104-2114. Population: 34 cohorts, adults with eGFR of 60 and more. "Confirmed"
needs a second low value, "all events" does not and is about twice as frequent: the two are never mixed. The confirmed
constants without diabetes are not known, and the albuminuria term without diabetes was solved from one printed
example. Hypertension is pressure above 140/90 or treatment; cardiovascular disease includes heart failure.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

import numpy as np

from cmc.core.text import Text
from cmc.risk.equations.coefficients import published
from cmc.risk.equations.equation import Equation, Need, Outcome, Used, one_output
from cmc.risk.equations.inputs import Column
from cmc.risk.equations.variables import Variable as V

_FILE: Final = published("ckd_pc_2019")
_YEARS: Final = 5


def _terms(x: Used) -> dict[str, Column]:
    egfr = x[V.EGFR]
    return {
        "age": x[V.AGE] / 5 - 11,
        "female": 1 - x[V.MALE],
        "black": x[V.BLACK],
        "egfr_low": 15 - np.minimum(egfr, 90) / 5,
        "egfr_high": np.maximum(0, egfr - 90) / 5,
        "cvd": np.maximum(x[V.PRIOR_CVD], x[V.PRIOR_HF]),
        "ever_smoker": np.maximum(x[V.SMOKER], x[V.EX_SMOKER]),
        "hypertension": x[V.HYPERTENSION],
        "bmi": x[V.BMI] / 5 - 5.4,
    }


def _sum(terms: Mapping[str, Column], coefficients: Mapping[str, float]) -> Column:
    total: Column = np.zeros(terms["age"].shape)
    for term, value in terms.items():
        total = total + coefficients.get(term, 0.0) * value
    return total


def _risk(linear: Column, baseline: Mapping[str, float]) -> Mapping[Outcome, Column]:
    hazard = _YEARS ** baseline["gamma"] * np.exp(baseline["intercept"] + linear)
    return {Outcome.INCIDENT_CKD: np.asarray(-np.expm1(-hazard))}


def _diabetes(x: Used, _wanted: tuple[Outcome, ...], *, baseline: str) -> Mapping[Outcome, Column]:
    hba1c, insulin = x[V.HBA1C] - 7, x[V.INSULIN]
    no_medicine = (1 - insulin) * (1 - x[V.ORAL_GLUCOSE_LOWERING])
    terms = {
        **_terms(x),
        "acr": np.log10(x[V.UACR]) - 1,
        "hba1c": hba1c,
        "insulin": insulin,
        "no_dm_med": no_medicine,
        "hba1c_insulin": hba1c * insulin,
        "hba1c_no_dm_med": hba1c * no_medicine,
    }
    return _risk(_sum(terms, _FILE["diabetes"]), _FILE["baseline"][baseline])


def _no_diabetes(x: Used, _wanted: tuple[Outcome, ...]) -> Mapping[Outcome, Column]:
    terms, usual = _terms(x), _FILE["expected_log10_uacr"]
    above = np.log10(x[V.UACR]) - (usual["intercept"] + _sum(terms, usual))
    terms["acr"] = np.where(np.isnan(x[V.UACR]), 0.0, above)
    return _risk(_sum(terms, _FILE["no_diabetes"]), _FILE["baseline"]["no_diabetes_all_events"])


_BOTH: Final = (
    Need(variable=V.AGE, made_for=(18, 90)),
    Need(variable=V.MALE),
    Need(variable=V.BLACK, assume=0),
    Need(variable=V.EGFR, refuse=(60, 200), clamp=(60, 150)),
    Need(variable=V.PRIOR_CVD, assume=0),
    Need(variable=V.PRIOR_HF, assume=0),
    Need(variable=V.SMOKER),
    Need(variable=V.EX_SMOKER, assume=0),
    Need(variable=V.HYPERTENSION),
    Need(variable=V.BMI, clamp=(14, 50)),
)
_DIABETES_NEEDS: Final = (
    *_BOTH,
    Need(variable=V.DIABETES, must_be=1),
    Need(variable=V.UACR, clamp=(0.1, 25_000), assume=10),
    Need(variable=V.HBA1C, clamp=(3, 15), assume=7),
    Need(variable=V.INSULIN, assume=0),
    Need(variable=V.ORAL_GLUCOSE_LOWERING, assume=1),
)
_NO_DIABETES_NEEDS: Final = (
    *_BOTH,
    Need(variable=V.DIABETES, must_be=0),
    Need(variable=V.UACR, clamp=(0.1, 25_000), optional=True),
)


def _of_diabetes(definition: str, title: Text) -> Equation:
    return Equation(
        id=f"ckd_pc_2019_diabetes_{definition}",
        version="2019",
        title=title,
        source=_FILE["source"],
        population=Text("eGFR≥60的糖尿病患者", "adults with diabetes and eGFR of 60 and more"),
        horizon_years=_YEARS,
        needs=_DIABETES_NEEDS,
        outputs=one_output(Outcome.INCIDENT_CKD, _DIABETES_NEEDS),
        formula=partial(_diabetes, baseline=f"diabetes_{definition}"),
    )


CKD_PC_DIABETES_CONFIRMED: Final = _of_diabetes(
    "confirmed", Text("CKD-PC 5年（糖尿病，确认事件）", "CKD-PC, diabetes, confirmed events, 5 years")
)
CKD_PC_DIABETES_ALL: Final = _of_diabetes(
    "all_events", Text("CKD-PC 5年（糖尿病，全部事件）", "CKD-PC, diabetes, all events, 5 years")
)
CKD_PC_NO_DIABETES_ALL: Final = Equation(
    id="ckd_pc_2019_no_diabetes_all_events",
    version="2019",
    title=Text("CKD-PC 5年（无糖尿病，全部事件）", "CKD-PC, no diabetes, all events, 5 years"),
    source=_FILE["source"],
    population=Text("eGFR≥60的无糖尿病成人", "adults without diabetes, eGFR of 60 and more"),
    horizon_years=_YEARS,
    needs=_NO_DIABETES_NEEDS,
    outputs=one_output(Outcome.INCIDENT_CKD, _NO_DIABETES_NEEDS),
    formula=_no_diabetes,
    caveat=Text(
        "含未经复测确认的事件；尿白蛋白系数由算例反推。",
        "Counts events that were not confirmed; the albuminuria term was solved from one example.",
    ),
)
EQUATIONS: Final = (CKD_PC_DIABETES_CONFIRMED, CKD_PC_DIABETES_ALL, CKD_PC_NO_DIABETES_ALL)
