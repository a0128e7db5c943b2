"""What a release has to hold before anybody may use it: the lines were drawn before this code was written.

Out of time at 10 years, the years that the lines were drawn for (settled when the 5-year figures were known). The lines
come from the same survey: they guard against getting worse and prove nothing new. What misses a line that is not a gate
is listed in the card.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from threadpoolctl import threadpool_limits

from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.unfit import AGES_FOR_A_NUMBER
from cmc.risk.equations.variables import Variable
from cmc.risk.models import profiles
from cmc.risk.models.model import Model
from cmc.risk.models.scoring import Scorer
from cmc.risk.models.terms import Monotone, Shape, Term, Tier
from cmc.risk.models.tiers import completed
from cmc.risk.training.validation import BLANKED, CHALLENGER, DIABETES, EVERYBODY, Row

OVERALL: Final = (0.80, 1.25)
SUBGROUP: Final = (0.70, 1.40)
EXTERNAL: Final = (0.75, 1.25)
SLOPE: Final = (0.85, 1.15)
EVENTS_OF_A_SUBGROUP: Final = 100
PEOPLE_OF_MONOTONICITY: Final = 500
PEOPLE_PER_SECOND: Final = 100_000
_GATED: Final = ("death-10y", "cv_death-10y")
_STEPS: Final = 8
_MOST: Final = 1.0


@dataclass(frozen=True, slots=True)
class Gate:
    """One line: what was looked at, what was found, between which limits it has to lie."""

    name: str
    found: float
    least: float
    most: float

    @property
    def passed(self) -> bool:
        """Whether it lies between the limits, both included."""
        return bool(self.least <= self.found <= self.most)


def of_rows(rows: Sequence[Row], *, external: bool = True) -> tuple[Gate, ...]:
    """The gates on discrimination and calibration; `external`: whether the check elsewhere was asked for."""
    return (*_discrimination(rows), *_calibration(rows), *_external(rows), *_absent(rows, external=external))


def of_release(scorer: Scorer, *, seed: int) -> tuple[Gate, ...]:
    """The gates on the models themselves: no falling risk where it may only rise, and pace."""
    return (
        Gate("risks that fall where they may only rise", violations(scorer, seed=seed), 0, 0),
        Gate(
            "people scored per second of processor time",
            people_per_second(scorer, seed=seed),
            PEOPLE_PER_SECOND,
            np.inf,
        ),
    )


def _discrimination(rows: Sequence[Row]) -> Iterator[Gate]:
    t0, t2 = Tier.T0.value, Tier.T2.value
    yield Gate("death 10 y, T2, AUC", _auc(rows, "death-10y", t2), 0.845, _MOST)
    yield Gate("death 10 y, T2, AUC in diabetes", _auc(rows, "death-10y", t2, DIABETES), 0.79, _MOST)
    yield Gate("CV death 10 y, T2, AUC", _auc(rows, "cv_death-10y", t2), 0.85, _MOST)
    for task in _GATED:
        yield Gate(f"{task}, AUC lost without tests", _auc(rows, task, t2) - _auc(rows, task, t0), -_MOST, 0.02)
        lost = _auc(rows, task, CHALLENGER) - _auc(rows, task, t2)
        yield Gate(f"{task}, AUC of the monotone trees above ours", lost, -_MOST, 0.01)


def _calibration(rows: Sequence[Row]) -> Iterator[Gate]:
    tiers = {tier.value for tier in Tier}
    for row in rows:
        if row.part != "temporal" or not row.task.endswith("-10y"):
            continue
        name = f"{row.task}, {row.model}, {row.group}"
        if row.model in tiers and row.group == EVERYBODY:
            yield Gate(f"{name}, O/E", row.judged.observed_expected.value, *OVERALL)
            yield Gate(f"{name}, slope", row.judged.slope.value, *SLOPE)
        elif row.model in tiers and row.judged.events >= EVENTS_OF_A_SUBGROUP:
            yield Gate(f"{name}, O/E", row.judged.observed_expected.value, *SUBGROUP)
        elif row.model == BLANKED and row.group == EVERYBODY:
            yield Gate(f"{name}, O/E", row.judged.observed_expected.value, *EXTERNAL)


def _external(rows: Sequence[Row]) -> Iterator[Gate]:
    for row in rows:
        if row.part == "Olmsted County" and row.task == "death-10y" and row.group == EVERYBODY:
            yield Gate("Olmsted, death 10 y, T0, AUC", row.judged.auc.value, 0.81, _MOST)
            yield Gate("Olmsted, death 10 y, T0, O/E", row.judged.observed_expected.value, *EXTERNAL)


def _absent(rows: Sequence[Row], *, external: bool) -> Iterator[Gate]:
    """A figure of everybody that has to be there and is not, as nobody got a number: it passes no gate."""
    models = (*(tier.value for tier in Tier), BLANKED)
    wanted = [("temporal", task, model) for task in _GATED for model in models]
    wanted += [("Olmsted County", "death-10y", Tier.T0.value)] if external else []
    there = {(row.part, row.task, row.model) for row in rows if row.group == EVERYBODY}
    for part, task, model in wanted:
        if (part, task, model) not in there:
            yield Gate(f"{part}, {task}, {model}: a figure", float("nan"), 0, _MOST)


def _auc(rows: Sequence[Row], task: str, model: str, group: str = EVERYBODY) -> float:
    for row in rows:
        if (row.part, row.task, row.model, row.group) == ("temporal", task, model, group):
            return row.judged.auc.value
    return float("nan")  # a figure that is not there passes no gate


def violations(scorer: Scorer, *, seed: int) -> int:
    """Steps at which a risk falls, over made-up people, every model and every input that may only raise it."""
    people = completed(profiles.people(PEOPLE_OF_MONOTONICITY, seed))
    found = 0
    for model in scorer.models.values():
        for term in model.terms:
            if term.monotone is Monotone.FREE:
                continue
            moved = np.stack([_risk(model, people, term.variable, value) for value in _values(term)])
            steps = np.diff(moved, axis=0) * (-1 if term.monotone is Monotone.FALLING else 1)
            found += int(np.count_nonzero(~(steps >= -1e-12)))  # a step to no number at all counts too
    return found


def _values(term: Term) -> Column:
    if term.shape is Shape.YES_NO:
        return np.array([0.0, 1.0])
    highest = AGES_FOR_A_NUMBER[1] if term.variable is Variable.AGE else term.knots[-1]
    return np.linspace(term.knots[0], highest, _STEPS)


def _risk(model: Model, people: Inputs, variable: Variable, value: float) -> Column:
    changed = people.with_columns({variable: np.full(people.size, value)})
    return model.equation.estimate(changed, (model.task.outcome,)).values[model.task.outcome]


def people_per_second(scorer: Scorer, *, seed: int, size: int = 100_000) -> float:
    """Everything of everybody with bands, the best of five; by processor time, as other work may run beside."""
    people = profiles.people(size, seed)
    best = np.inf
    with threadpool_limits(limits=1):
        for _ in range(5):
            started = time.process_time()
            scorer.score(people)
            best = min(best, time.process_time() - started)
    return size / best
