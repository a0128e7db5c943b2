"""Scores of everybody by the highest tier that their values allow: numbers, bands, what was filled in or clamped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cmc.risk.equations.coefficients import expit
from cmc.risk.equations.contributions import Contributions, contributions
from cmc.risk.equations.equation import Flag, Flags, Used, refused
from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.variables import Variable
from cmc.risk.models.model import DEATHS, KIDNEY_NOW, TIERS, Model, Task, band_of
from cmc.risk.models.terms import Tier, design, needs
from cmc.risk.models.tiers import NO_TIER, NOTHING, READ, Usual, completed, filled_in, placed

Models: TypeAlias = Mapping[tuple[Task, Tier], Model]
_ROWS: Final = 4096  # people at a time: their columns stay in the processor's cache


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """One task for everybody: probability or NaN, its 80 % band, flags, the tier's place or −1, the item filled in."""

    task: Task
    risk: Column
    low: Column
    high: Column
    flags: Flags
    tier: NDArray[np.int8]
    filled: NDArray[np.int8]

    def tier_of(self, row: int) -> Tier | None:
        """The tier of one person, None without a number."""
        return None if self.tier[row] == NO_TIER else list(Tier)[self.tier[row]]

    def filled_of(self, row: int) -> Variable | None:
        """The input for which the usual value stands, if any."""
        return None if self.filled[row] == NOTHING else READ[self.filled[row]]


@dataclass(frozen=True, slots=True, eq=False)
class Scorer:
    """The models of a release and the usual values for single gaps."""

    models: Models
    usual: Usual

    def score(self, people: Inputs) -> Mapping[Task, Score]:
        """Every task that there are models of, in rows as `people` has them. Nobody's values raise; see the flags."""
        known = completed(people)
        found: dict[Task, Score] = {}
        for group in (DEATHS, KIDNEY_NOW):
            tasks = tuple(task for task in group if (task, Tier.T0) in self.models)
            if tasks:
                found |= self._group(known, tasks, TIERS[tasks[0]])
        return MappingProxyType(found)

    def contributions(self, people: Inputs, task: Task, tier: Tier) -> Contributions:
        """What raises or lowers each one's number against a same-age-and-sex person, on the log-odds scale.

        The models are sums, so the parts add up exactly. NaN where an input of the tier is not known.
        """
        return contributions(self.models[task, tier].equation, task.outcome, completed(people))

    def _group(self, people: Inputs, tasks: tuple[Task, ...], tiers: tuple[Tier, ...]) -> dict[Task, Score]:
        at = placed(people, tiers)
        size, count = people.size, len(tasks)
        risk, low, high = (np.full((count, size), np.nan) for _ in range(3))
        flags = np.full(size, int(Flag.MISSING), dtype=np.uint8)
        for place, tier in enumerate(Tier):
            rows = np.flatnonzero(at.tier == place)
            if not rows.size:
                continue
            stack = _Stack([self.models[task, tier] for task in tasks])
            flags[rows] = 0
            for some in _chunks(rows):
                told = at.filled[some]
                here = people.take(some)
                middle, concerns = _admitted(filled_in(here, told, self.usual, 1), tier)
                flags[some] |= concerns
                risk[:, some], low[:, some], high[:, some] = stack.numbers(middle)
                gap = told != NOTHING
                if gap.any():
                    flags[some[gap]] |= np.uint8(Flag.ASSUMED)
                    for end in (0, 2):  # the band reaches as far as the missing item might have been
                        used, _ = _admitted(filled_in(here.take(gap), told[gap], self.usual, end), tier)
                        _, lower, upper = stack.numbers(used)
                        low[:, some[gap]] = np.minimum(low[:, some[gap]], lower)
                        high[:, some[gap]] = np.maximum(high[:, some[gap]], upper)
        barred = refused(flags)
        for table in (risk, low, high):
            table[:, barred] = np.nan
        return {
            task: Score(task, risk[place], low[place], high[place], flags, at.tier, at.filled)
            for place, task in enumerate(tasks)
        }


class _Stack:
    """Models of one tier whose columns are the same: one product gives all of their log-odds."""

    def __init__(self, models: list[Model]) -> None:
        self._terms = models[0].terms
        if any(model.terms != self._terms for model in models):
            raise ValueError("models of one tier read the same columns")
        every = [np.vstack([model.coefficients, model.refits]) for model in models]
        self._shape = (len(models), every[0].shape[0])
        flat = np.concatenate(every)
        self._intercepts, self._weights = flat[:, :1], np.ascontiguousarray(flat[:, 1:])

    def numbers(self, used: Used) -> tuple[Column, Column, Column]:
        """Risk and both ends of the band, models × people each."""
        found = self._weights @ design(self._terms, used) + self._intercepts
        found = found.reshape(*self._shape, -1)
        lower, upper = band_of(found[:, 0], found[:, 1:].swapaxes(0, 1))
        return expit(found[:, 0]), lower, upper


def _admitted(people: Inputs, tier: Tier) -> tuple[Used, Flags]:
    used: dict[Variable, Column] = {}
    flags = np.zeros(people.size, dtype=np.uint8)
    for need in needs(tier):
        used[need.variable], concerns = need.admit(people.get(need.variable))
        flags |= concerns
    return used, flags


def _chunks(rows: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    for start in range(0, rows.size, _ROWS):
        yield rows[start : start + _ROWS]
