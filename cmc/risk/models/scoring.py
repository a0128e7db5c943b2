"""Scores of everybody by the highest tier that their values allow: numbers, bands, what was filled in or clamped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cmc.risk.equations.coefficients import expit
from cmc.risk.equations.contributions import Contributions, contributions
from cmc.risk.equations.equation import Flag, Flags, Outcome, Used, refused
from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.variables import Variable
from cmc.risk.models.model import DEATHS, KIDNEY_NOW, TIERS, Model, Task, spreading
from cmc.risk.models.terms import Tier, design, needs
from cmc.risk.models.tiers import NO_TIER, NOTHING, READ, Placement, Usual, completed, filled_in, placed

Models: TypeAlias = Mapping[tuple[Task, Tier], Model]
PART_OF: Final = tuple(  # the first can be no likelier than the second
    (Task(part, years), Task(whole, longer))
    for part, years, whole, longer in (
        (Outcome.DEATH, 5.0, Outcome.DEATH, 10.0),
        (Outcome.CV_DEATH, 10.0, Outcome.DEATH, 10.0),
        (Outcome.CV_DEATH, 5.0, Outcome.CV_DEATH, 10.0),
        (Outcome.CV_DEATH, 5.0, Outcome.DEATH, 5.0),
        (Outcome.SEVERE_KIDNEY_DAMAGE, None, Outcome.KIDNEY_DAMAGE, None),
    )
)
_ROWS: Final = 1024  # people at a time: their numbers stay in the processor's cache


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
        stacks = {tier: _Stack([self.models[task, tier] for task in tasks]) for tier in tiers}
        numbers = np.full((3, len(tasks), people.size), np.nan)
        flags = np.empty(people.size, dtype=np.uint8)
        tier, filled = (np.empty(people.size, dtype=np.int8) for _ in range(2))
        for start in range(0, people.size, _ROWS):
            rows = slice(start, start + _ROWS)
            some = Inputs(MappingProxyType({each: people.get(each)[rows] for each in READ}), tier[rows].size)
            at = placed(some, tiers)
            tier[rows], filled[rows] = at.tier, at.filled
            flags[rows], numbers[:, :, rows] = self._chunk(some, at, stacks)
        numbers[:, :, refused(flags)] = np.nan
        _made_possible(numbers, tasks)
        return {
            task: Score(task, numbers[0, place], numbers[1, place], numbers[2, place], flags, tier, filled)
            for place, task in enumerate(tasks)
        }

    def _chunk(self, people: Inputs, at: Placement, stacks: Mapping[Tier, _Stack]) -> tuple[Flags, Column]:
        """Flags of some people and their numbers: risk, low, high × tasks × people."""
        first = next(iter(stacks.values()))
        numbers = np.full((3, first.models, people.size), np.nan)
        flags = np.full(people.size, int(Flag.MISSING), dtype=np.uint8)
        for tier, stack in stacks.items():
            mask = at.tier == list(Tier).index(tier)
            if mask.all() and not (at.filled != NOTHING).any():
                used, flags = _admitted(people, tier)
                return flags, stack.numbers(used)
            rows = np.flatnonzero(mask)
            if rows.size:
                flags[rows], numbers[:, :, rows] = self._with_gaps(people.take(rows), at.filled[rows], tier, stack)
        return flags, numbers

    def _with_gaps(self, people: Inputs, filled: NDArray[np.int8], tier: Tier, stack: _Stack) -> tuple[Flags, Column]:
        """The same of one tier, single gaps filled in: the band reaches as far as the item might have been."""
        used, flags = _admitted(filled_in(people, filled, self.usual, 1), tier)
        numbers = stack.numbers(used)
        gap = filled != NOTHING
        flags = flags | np.where(gap, np.uint8(Flag.ASSUMED), np.uint8(0))
        if gap.any():
            for end in (0, 2):
                used, _ = _admitted(filled_in(people.take(gap), filled[gap], self.usual, end), tier)
                _, low, high = stack.numbers(used)
                numbers[1][:, gap] = np.minimum(numbers[1][:, gap], low)
                numbers[2][:, gap] = np.maximum(numbers[2][:, gap], high)
        return flags, numbers


class _Stack:
    """Models of one tier whose columns are the same: one product gives all of their log-odds and spreads."""

    def __init__(self, models: list[Model]) -> None:
        self._terms = models[0].terms
        if any(model.terms != self._terms for model in models):
            raise ValueError("models of one tier read the same columns")
        self.models, self._refits = len(models), len(models[0].refits)
        middles = np.stack([model.coefficients for model in models])
        self._weights = np.concatenate([middles, *(spreading(model.refits) for model in models)])

    def numbers(self, used: Used) -> Column:
        """Risk and both ends of the band: 3 × models × people."""
        columns = np.empty((self._weights.shape[1], used[Variable.AGE].size))
        columns[0] = 1.0
        design(self._terms, used, columns[1:])
        found = self._weights @ columns
        middle = found[: self.models]
        apart = found[self.models :].reshape(self.models, self._refits, -1)
        spread = np.sqrt(np.einsum("mkn,mkn->mn", apart, apart))
        return expit(np.stack([middle, middle - spread, middle + spread]))


def _made_possible(numbers: Column, tasks: tuple[Task, ...]) -> None:
    """Lower, in place, what cannot be: cardiovascular death above death, five years above ten (one in a thousand).

    The models are made apart from each other. The lower of two numbers that may only rise may only rise as well.
    """
    places = {task: place for place, task in enumerate(tasks)}
    for part, whole in PART_OF:
        if part in places and whole in places:
            np.minimum(numbers[:, places[part]], numbers[:, places[whole]], out=numbers[:, places[part]])


def _admitted(people: Inputs, tier: Tier) -> tuple[Used, Flags]:
    used: dict[Variable, Column] = {}
    flags = np.zeros(people.size, dtype=np.uint8)
    for need in needs(tier):
        used[need.variable], concerns = need.admit(people.get(need.variable))
        flags |= concerns
    return used, flags
