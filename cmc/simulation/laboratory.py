"""Laboratory results of the annual examinations of one cell: usual values of people, measured with scatter."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from cmc.simulation.levels import Levels
from cmc.simulation.people import Flags, People, Real
from cmc.simulation.plan import Plan, stream
from cmc.simulation.region import Cell
from cmc.simulation.visits import Columns

LABORATORY: Final = {
    # name: LOINC code, unit, decimals
    "hba1c": ("4548-4", "%", 1),
    "total_cholesterol": ("2093-3", "mmol/L", 2),
    "triglycerides": ("2571-8", "mmol/L", 2),
    "hdl_cholesterol": ("2085-9", "mmol/L", 2),
    "ldl_cholesterol": ("2089-1", "mmol/L", 2),
    "creatinine": ("14682-9", "umol/L", 0),
    "potassium": ("6298-4", "mmol/L", 1),
    "urine_albumin_creatinine_ratio": ("9318-7", "mg/g", 0),
}
"""The tests that are simulated; all but HbA1c, which visits tell, belong to the annual examination."""
OF_EXAM: Final = tuple(name for name in LABORATORY if name != "hba1c")
_DONE: Final = 0.8
_POTASSIUM: Final = (2.9, 5.9)  # beyond them somebody would have been called


@dataclass(frozen=True, slots=True)
class Results:
    """One test at every examination of a cell: whether it was done, and the value in the unit of `LABORATORY`."""

    done: Flags
    value: Real


def of_exams(plan: Plan, cell: Cell, who: People, true: Levels, exam: Columns) -> dict[str, Results]:
    """Draw the results of a cell's examinations by test, in the order of the examinations."""
    rng, count = stream(plan, cell.number, "laboratory"), len(exam["who"])
    usual = _usual(rng, who, true)
    there = rng.random((len(OF_EXAM), count)) < _DONE
    found = {}
    for test, done in zip(OF_EXAM, there, strict=True):
        value = usual[test][exam["who"]] * np.exp(rng.normal(0, 0.06, count))
        found[test] = Results(done, np.clip(value, *_POTASSIUM) if test == "potassium" else value)
    return found


def _usual(rng: np.random.Generator, who: People, true: Levels) -> dict[str, Real]:
    """Draw every person's usual values; albumin in urine rises with true pressure and glucose."""
    count = len(who)
    ldl = np.clip(rng.normal(2.9, 0.75, count), 0.9, 6.5)
    hdl = np.clip(rng.normal(np.where(who.male, 1.18, 1.36), 0.27, count), 0.6, 2.6)
    triglycerides = np.clip(np.exp(rng.normal(0.42, 0.45, count)), 0.4, 9)
    damage = 0.02 * (true.sbp - 130) + 1.6 * (true.log_fasting - np.log(6)) + rng.normal(0, 0.9, count)
    return {
        "total_cholesterol": ldl + hdl + triglycerides / 2.2,
        "triglycerides": triglycerides,
        "hdl_cholesterol": hdl,
        "ldl_cholesterol": ldl,
        "creatinine": np.clip(np.where(who.male, 80, 63) * np.exp(rng.normal(0, 0.17, count) + 0.06 * damage), 30, 700),
        "potassium": np.clip(rng.normal(4.2, 0.32, count), *_POTASSIUM),
        "urine_albumin_creatinine_ratio": np.clip(11 * np.exp(damage), 2, 4000),
    }
