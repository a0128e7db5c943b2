"""The people whom models are made and checked in, and their outcomes with weights for those who were lost from view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cmc.risk.equations.equation import Outcome, refused
from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.variables import Variable
from cmc.risk.models.model import Task
from cmc.risk.models.terms import Tier, needs
from cmc.risk.models.tiers import completed

Mask: TypeAlias = NDArray[np.bool_]
MONTHS: Final = 12.0
AGES: Final = (30.0, 80.0)  # from, below
CKD_EGFR_BELOW, CKD_UACR_FROM = 60.0, 30.0  # KDIGO: G3a and later, A2 and later
SEVERE_EGFR_BELOW, SEVERE_UACR_FROM = 45.0, 300.0  # G3b and later, A3


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """People with follow-up: months to death or the end, whether and of what they died, first year of the cycle."""

    people: Inputs
    months: Column
    died: Mask
    cv_death: Mask
    year: NDArray[np.int16]
    group: NDArray[np.str_]

    @property
    def size(self) -> int:
        """How many people."""
        return self.people.size

    def take(self, rows: Mask | NDArray[np.intp]) -> Self:
        """The people of some rows."""
        return type(self)(
            self.people.take(rows),
            self.months[rows],
            self.died[rows],
            self.cv_death[rows],
            self.year[rows],
            self.group[rows],
        )

    def years(self, first: int, last: int) -> Mask:
        """Who was examined in a cycle that began in these years, both included."""
        return np.asarray((self.year >= first) & (self.year <= last))

    def has(self, variable: Variable) -> Mask:
        """Who has a yes-or-no."""
        return np.asarray(self.people.get(variable) == 1)


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """Of everybody: whether it happened within the horizon, and the weight; weight 0 when nobody can know."""

    label: Column
    weight: Column

    @property
    def known(self) -> Mask:
        """Who counts."""
        return np.asarray(self.weight > 0)

    @property
    def events(self) -> int:
        """How many had it."""
        return int(np.count_nonzero((self.label == 1) & self.known))

    def take(self, rows: Mask | NDArray[np.intp]) -> Outcomes:
        """The outcomes of some rows."""
        return Outcomes(self.label[rows], self.weight[rows])


def outcomes(cohort: Cohort, task: Task) -> Outcomes:
    """The outcomes of a task; death from something else is no event, who was lost before has weight 0."""
    if task.outcome in {Outcome.KIDNEY_DAMAGE, Outcome.SEVERE_KIDNEY_DAMAGE}:
        return _kidney(cohort.people, severe=task.outcome is Outcome.SEVERE_KIDNEY_DAMAGE)
    if task.horizon_years is None:
        raise ValueError(f"{task.key} has no horizon")
    counted = cohort.died if task.outcome is Outcome.DEATH else cohort.cv_death
    return within(cohort.months, cohort.died, counted, months=task.horizon_years * MONTHS)


def within(time: Column, ended: Mask, counted: Mask, *, months: float) -> Outcomes:
    """Outcomes within `months`: `ended` at `time` by any death, `counted` when it is the one that is foretold.

    Who is alive at the horizon or died before it is known; each is weighted by one over the chance of not having been
    lost by then (inverse probability of censoring, Kaplan-Meier). Who was lost before has weight 0.
    """
    happened = ended & (time <= months)
    known = happened | (time >= months)
    until = np.minimum(time, months)
    weight = np.where(known, 1.0 / _still_seen(time, ended, until), 0.0)
    return Outcomes((happened & counted).astype(np.float64), weight)


def _still_seen(time: Column, ended: Mask, at: Column) -> Column:
    """The Kaplan-Meier chance of not being lost before each instant of `at` (lost at that instant is lost later)."""
    order = np.unique(time[~ended])
    lost = np.array([np.count_nonzero(~ended & (time == instant)) for instant in order], dtype=np.float64)
    # Who died in the month was no longer there to be lost in it.
    there = np.array([np.count_nonzero((time > instant) | (~ended & (time == instant))) for instant in order])
    steps = np.concatenate([[1.0], np.cumprod(1.0 - lost / np.maximum(there, 1))])
    return np.asarray(np.maximum(steps[np.searchsorted(order, at, side="left")], 1e-3))


def _kidney(people: Inputs, *, severe: bool) -> Outcomes:
    egfr, uacr = people.get(Variable.EGFR), people.get(Variable.UACR)
    low, high = (SEVERE_EGFR_BELOW, SEVERE_UACR_FROM) if severe else (CKD_EGFR_BELOW, CKD_UACR_FROM)
    damaged = (egfr < low) | (uacr >= high)
    return Outcomes(damaged.astype(np.float64), (~(np.isnan(egfr) | np.isnan(uacr))).astype(np.float64))


def complete(people: Inputs, tier: Tier) -> Mask:
    """Who has everything that a tier reads, within its limits."""
    known = completed(people)
    flags = np.zeros(people.size, dtype=np.uint8)
    for need in needs(tier):
        flags |= need.admit(known.get(need.variable))[1]
    return ~refused(flags)
