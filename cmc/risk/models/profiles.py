"""Made-up people for frozen vectors, properties and measurements: plausible values, drawn by numbers, of nobody."""

from __future__ import annotations

from typing import Final

import numpy as np

from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.variables import Variable
from cmc.risk.models.tiers import READ

_LEVELS: Final = {  # mean, spread, lowest, highest, decimals; around what is met in people with both diseases
    Variable.SBP: (138, 18, 90, 210, 0),
    Variable.DBP: (80, 11, 45, 120, 0),
    Variable.BMI: (25.5, 4, 16, 45, 1),
    Variable.HBA1C: (6.6, 1.4, 4.3, 13, 1),
    Variable.TC: (4.9, 1.1, 2.3, 9, 2),
    Variable.HDL: (1.3, 0.35, 0.5, 3, 2),
    Variable.EGFR: (82, 20, 12, 130, 0),
}
_SHARES: Final = {  # how many have it
    Variable.SMOKER: 0.25,
    Variable.EX_SMOKER: 0.2,
    Variable.DIABETES: 0.45,
    Variable.BP_TREATED: 0.55,
    Variable.PRIOR_CVD: 0.12,
    Variable.PRIOR_HF: 0.05,
    Variable.PRIOR_STROKE: 0.05,
}
_LABORATORY: Final = (Variable.HBA1C, Variable.TC, Variable.HDL, Variable.EGFR, Variable.UACR)


def drawn(size: int, seed: int) -> dict[str, Column]:
    """People of 30–79 with everything known, as keywords of `Inputs.of`."""
    stream = np.random.default_rng(seed)
    columns: dict[str, Column] = {
        Variable.AGE.value: stream.integers(30, 80, size).astype(np.float64),
        Variable.MALE.value: stream.integers(0, 2, size).astype(np.float64),
    }
    for variable, (mean, spread, lowest, highest, decimals) in _LEVELS.items():
        columns[variable.value] = np.clip(stream.normal(mean, spread, size), lowest, highest).round(decimals)
    columns[Variable.UACR.value] = np.round(np.clip(np.exp(stream.normal(2.6, 1.3, size)), 1, 5000), 1)
    for variable, share in _SHARES.items():
        columns[variable.value] = (stream.random(size) < share).astype(np.float64)
    smoker = columns[Variable.SMOKER.value]
    columns[Variable.EX_SMOKER.value] *= 1 - smoker
    with_insulin = stream.random(size) < 0.3
    columns[Variable.INSULIN.value] = np.where(with_insulin, columns[Variable.DIABETES.value], 0.0)
    # Who had a stroke had a disease of heart or brain.
    columns[Variable.PRIOR_CVD.value] = np.fmax(columns[Variable.PRIOR_CVD.value], columns[Variable.PRIOR_STROKE.value])
    return columns


def with_gaps(size: int, seed: int) -> dict[str, Column]:
    """The same with what occurs: a single gap, no kidney tests, no laboratory values, a slip of unit, other ages."""
    columns = drawn(size, seed)
    stream = np.random.default_rng(seed + 1)
    for row in range(size):
        kind = row % 10
        if kind in {1, 2}:
            columns[READ[stream.integers(2, len(READ))].value][row] = np.nan
        elif kind in {3, 4}:
            for variable in (Variable.EGFR, Variable.UACR):
                columns[variable.value][row] = np.nan
        elif kind in {5, 6}:
            for variable in _LABORATORY:
                columns[variable.value][row] = np.nan
        elif kind == 7:
            columns[Variable.AGE.value][row] = stream.choice([25.0, 29.0, 80.0, 91.0])
        elif kind == 8:
            columns[Variable.TC.value][row] *= 38.67
    return columns


def people(size: int, seed: int) -> Inputs:
    """`drawn` as inputs."""
    return Inputs.of(**drawn(size, seed))
