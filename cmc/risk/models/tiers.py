"""Which tier a person is scored in, and what stands in for a single item that is not known.

The highest tier with everything known is taken; else the highest in which exactly one item is missing, whose usual
value at that age and sex stands in while the band is widened by what the item might have been; else there is no number.
Age and sex are never filled in. An implausible value counts as known: the model then refuses it, a slip is not a gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.variables import Variable
from cmc.risk.models.terms import Tier, variables

NO_TIER: Final = -1
NOTHING: Final = -1
AGES_FROM: Final = (30, 40, 50, 60, 70)  # bands of age in which usual values are kept
_NEVER_FILLED: Final = frozenset({Variable.AGE, Variable.MALE})
READ: Final = variables(Tier.T2)  # every input that any tier reads


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """Of every fillable input the 10th, 50th and 90th percentile: by sex (women, men) × age band × percentile."""

    table: Mapping[Variable, NDArray[np.float64]]

    def of(self, variable: Variable, people: Inputs, percentile: int) -> Column:
        """The usual value of everybody; `percentile` is its place: 0, 1 or 2. NaN where age or sex is not known."""
        age, male = people.get(Variable.AGE), people.get(Variable.MALE)
        known = ~(np.isnan(age) | np.isnan(male))
        band = np.clip(np.searchsorted(AGES_FROM, np.where(known, age, 0.0), side="right") - 1, 0, len(AGES_FROM) - 1)
        sex = (male == 1).astype(np.intp)
        return np.where(known, self.table[variable][sex, band, percentile], np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Of everybody: the place of the tier in `Tier` or −1, and the place in `READ` of the item filled in or −1."""

    tier: NDArray[np.int8]
    filled: NDArray[np.int8]


def completed(people: Inputs) -> Inputs:
    """The same people with what follows from other answers: without diabetes no insulin, a smoker's earlier smoking."""
    changed = dict(people.columns)
    diabetes, smoker = people.get(Variable.DIABETES), people.get(Variable.SMOKER)
    insulin, former = people.get(Variable.INSULIN), people.get(Variable.EX_SMOKER)
    changed[Variable.INSULIN] = np.where(np.isnan(insulin) & (diabetes == 0), 0.0, insulin)
    changed[Variable.EX_SMOKER] = np.where(np.isnan(former) & (smoker == 1), 0.0, former)
    return people.with_columns(changed)


def placed(people: Inputs, allowed: tuple[Tier, ...]) -> Placement:
    """The tier of everybody among those allowed, by what is known; `people` are `completed`."""
    size = people.size
    tier = np.full(size, NO_TIER, dtype=np.int8)
    filled = np.full(size, NOTHING, dtype=np.int8)
    unknown = {variable: np.isnan(people.get(variable)) for variable in READ}
    if not any(column.any() for column in unknown.values()):
        tier[:] = list(Tier).index(allowed[-1])
        return Placement(tier, filled)
    found = {each: _missing(each, unknown) for each in allowed}
    never = np.logical_or.reduce([unknown[variable] for variable in _NEVER_FILLED])
    for wanted in (1, 0):  # tiers with one missing item first; complete ones overwrite them
        for each in allowed:
            here = (found[each][0] == wanted) & ~never
            tier[here] = list(Tier).index(each)
            filled[here] = found[each][1][here] if wanted else NOTHING
    return Placement(tier, filled)


def _missing(tier: Tier, unknown: Mapping[Variable, NDArray[np.bool_]]) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """How many items of a tier are not known, and the place of one of them in `READ`."""
    size = unknown[Variable.AGE].size
    count, which = np.zeros(size, dtype=np.int8), np.full(size, NOTHING, dtype=np.int8)
    for variable in variables(tier):
        count += unknown[variable]
        which[unknown[variable]] = READ.index(variable)
    return count, which


def filled_in(people: Inputs, filled: NDArray[np.int8], usual: Usual, percentile: int) -> Inputs:
    """The people with each one's missing item at its usual value."""
    changed = dict(people.columns)
    for place in np.unique(filled[filled != NOTHING]):
        variable = READ[place]
        here = filled == place
        changed[variable] = np.where(here, usual.of(variable, people, percentile), people.get(variable))
    return people.with_columns(changed)
