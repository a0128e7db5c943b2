"""WHO 2019 for East Asia: the 10-year risk of infarction or stroke, with and without laboratory values.

Source: WHO CVD Risk Chart Working Group, Lancet Glob Health 2019;7:e1332-e1345. Population: 85 cohorts of the Emerging
Risk Factors Collaboration, people aged 40–80 without cardiovascular disease. The published models of coronary disease
and stroke are recalibrated to the region; the four numbers per sex were not published and are fitted to the printed
East Asia charts (root mean square error 0.29 percentage points, which is the rounding of the charts).
Without laboratory values there is no term for diabetes: in diabetes the number is flagged and too low.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import numpy as np

from cmc.core.text import Text
from cmc.risk.equations.coefficients import BySex, published
from cmc.risk.equations.equation import Equation, Need, Outcome, Used, one_output
from cmc.risk.equations.inputs import Column
from cmc.risk.equations.variables import Variable as V

_FILE: Final = published("who_2019")
_CAUSES: Final = ("chd", "stroke")
Kind = Literal["lab", "nonlab"]


def _terms(x: Used, kind: Kind) -> dict[str, Column]:
    age, sbp, smoker = x[V.AGE] - 60, x[V.SBP] - 120, x[V.SMOKER]
    terms = {"age": age, "sbp": sbp, "smk": smoker, "age_sbp": age * sbp, "age_smk": age * smoker}
    if kind == "lab":
        tc, diabetes = x[V.TC] - 6, x[V.DIABETES]
        return {**terms, "tc": tc, "dm": diabetes, "age_tc": age * tc, "age_dm": age * diabetes}
    bmi = x[V.BMI] - 25
    return {**terms, "bmi": bmi, "age_bmi": age * bmi}


def _risk(x: Used, kind: Kind) -> Column:
    """1 − the chance to escape both causes, each recalibrated on the complementary log-log scale."""
    terms, escape = _terms(x, kind), np.ones(x[V.AGE].shape)
    region = BySex(x[V.MALE], _FILE[kind]["east_asia"])
    for cause in _CAUSES:
        sex = BySex(x[V.MALE], {each: _FILE[kind][each][cause] for each in ("men", "women")})
        cloglog = np.log(-np.log(sex["s0"])) + sex.sum(terms)
        escape = escape * np.exp(-np.exp(region[f"{cause}_a"] + region[f"{cause}_b"] * cloglog))
    return np.asarray(1 - escape)


def _lab(x: Used, _wanted: tuple[Outcome, ...]) -> Mapping[Outcome, Column]:
    return {Outcome.CVD: _risk(x, "lab")}


def _nonlab(x: Used, _wanted: tuple[Outcome, ...]) -> Mapping[Outcome, Column]:
    return {Outcome.CVD: _risk(x, "nonlab")}


_BOTH: Final = (
    Need(variable=V.AGE, refuse=(40, 80), made_for=(40, 75)),
    Need(variable=V.MALE),
    Need(variable=V.SBP, clamp=(80, 230)),
    Need(variable=V.SMOKER),
    Need(variable=V.PRIOR_CVD, must_be=0, assume=0),
)
_LAB_NEEDS: Final = (*_BOTH, Need(variable=V.TC, clamp=(2, 12)), Need(variable=V.DIABETES))
_NONLAB_NEEDS: Final = (
    *_BOTH,
    Need(variable=V.BMI, clamp=(14, 50)),
    Need(variable=V.DIABETES, made_for=(0, 0), assume=0),
)
_POPULATION: Final = Text("40–80岁无心血管病者", "people aged 40–80 without cardiovascular disease")
_CAVEAT: Final = Text(
    "东亚区域校正参数由公布的图表推算，非官方公布。",
    "The regional recalibration is derived from the printed charts; it was not published.",
)

WHO_LAB: Final = Equation(
    id="who_2019_lab",
    version="2019 East Asia, fitted to the charts",
    title=Text("WHO 2019（东亚，实验室版）", "WHO 2019 East Asia, laboratory-based"),
    source=_FILE["source"],
    population=_POPULATION,
    horizon_years=10,
    needs=_LAB_NEEDS,
    outputs=one_output(Outcome.CVD, _LAB_NEEDS),
    formula=_lab,
    caveat=_CAVEAT,
)
WHO_NONLAB: Final = Equation(
    id="who_2019_nonlab",
    version="2019 East Asia, fitted to the charts",
    title=Text("WHO 2019（东亚，非实验室版）", "WHO 2019 East Asia, non-laboratory"),
    source=_FILE["source"],
    population=_POPULATION,
    horizon_years=10,
    needs=_NONLAB_NEEDS,
    outputs=one_output(Outcome.CVD, _NONLAB_NEEDS),
    formula=_nonlab,
    caveat=Text(
        _CAVEAT.zh + "该公式不含糖尿病，糖尿病患者会被低估。",
        _CAVEAT.en + " It has no term for diabetes and is too low in diabetes.",
    ),
)
EQUATIONS: Final = (WHO_LAB, WHO_NONLAB)
