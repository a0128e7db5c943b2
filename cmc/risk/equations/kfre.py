"""KFRE, four variables: kidney failure (dialysis or transplant) within 2 or 5 years when eGFR is below 60.

Source: Tangri N et al. JAMA 2011;305:1553-1559; survival of both regions: JAMA 2016;315:164-174. Population: adults
with CKD stages 3–5 of 31 cohorts. "Elsewhere" is every place but North America, so China too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Final

import numpy as np

from cmc.core.text import Text
from cmc.risk.equations.coefficients import cox, published
from cmc.risk.equations.equation import Equation, Need, Outcome, Used, one_output
from cmc.risk.equations.inputs import Column
from cmc.risk.equations.variables import Variable as V

_FILE: Final = published("kfre")
_BELOW_60: Final = math.nextafter(60.0, 0.0)


def _formula(x: Used, _wanted: tuple[Outcome, ...], *, survival: float) -> Mapping[Outcome, Column]:
    c = _FILE["coefficients"]
    linear = (
        c["age_per10"] * (x[V.AGE] / 10 - c["age_center"])
        + c["male"] * (x[V.MALE] - c["male_center"])
        + c["egfr_per5"] * (x[V.EGFR] / 5 - c["egfr_center"])
        + c["ln_acr"] * (np.log(x[V.UACR]) - c["ln_acr_center"])
    )
    return {Outcome.KIDNEY_FAILURE: cox(linear, 0.0, survival)}


_NEEDS: Final = (
    Need(variable=V.AGE),
    Need(variable=V.MALE),
    Need(variable=V.EGFR, refuse=(0, _BELOW_60), clamp=(10, 60)),
    Need(variable=V.UACR, clamp=(0.1, 25_000)),
)


def _equation(years: int, region: str, place: Text) -> Equation:
    return Equation(
        id=f"kfre_{region}_{years}y",
        version="2016",
        title=Text(f"KFRE {years}年（{place.zh}）", f"KFRE, {years} years, {place.en}"),
        source=_FILE["source"],
        population=Text("eGFR低于60的成人", "adults with eGFR below 60"),
        horizon_years=years,
        needs=_NEEDS,
        outputs=one_output(Outcome.KIDNEY_FAILURE, _NEEDS),
        formula=partial(_formula, survival=_FILE["baseline_survival"][f"{region}_{years}y"]),
    )


_ELSEWHERE: Final = Text("北美以外", "outside North America")
_NORTH_AMERICA: Final = Text("北美", "North America")
KFRE_2Y: Final = _equation(2, "elsewhere", _ELSEWHERE)
KFRE_5Y: Final = _equation(5, "elsewhere", _ELSEWHERE)
KFRE_NORTH_AMERICA_2Y: Final = _equation(2, "north_america", _NORTH_AMERICA)
KFRE_NORTH_AMERICA_5Y: Final = _equation(5, "north_america", _NORTH_AMERICA)
EQUATIONS: Final = (KFRE_2Y, KFRE_5Y, KFRE_NORTH_AMERICA_2Y, KFRE_NORTH_AMERICA_5Y)
