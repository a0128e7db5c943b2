"""What raises or lowers a person's risk against somebody of the same age and sex without the risk factors.

On the log-odds scale each input gets the mean of two steps: putting the person's value into the reference person, and
taking it out of the person. For models with terms of at most two inputs that is the Shapley value, and the parts add
up; what links and sums of causes leave over is kept as `remainder`. The parts are associations of the published
equation, never the effect of a change, and medicines are never listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

import numpy as np

from cmc.risk.equations.equation import Equation, Estimates, Flag, Outcome, Unit, Used
from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.variables import TRAITS, Influence, Variable

COPIED: Final = frozenset(
    {Variable.AGE, Variable.MALE, Variable.NORTH, Variable.URBAN, Variable.BLACK, Variable.HISPANIC}
)
# The reference person [our own choice]: pressure, lipids and build in the middle of the desirable, no disease, no
# habit; in diabetes newly found and at its goal. A pair is (women, men).
REFERENCE: Final[Mapping[Variable, float | tuple[float, float]]] = MappingProxyType(
    {
        Variable.SBP: 120,
        Variable.DBP: 75,
        Variable.TC: 4.5,
        Variable.HDL: 1.3,
        Variable.LDL: 2.6,
        Variable.TRIGLYCERIDES: 1.2,
        Variable.BMI: 22.5,
        Variable.WAIST: (76, 82),
        Variable.EGFR: 90,
        Variable.CREATININE: (62, 80),
        Variable.UACR: 10,
        Variable.WBC: 7.2,
        Variable.HAEMOGLOBIN: 13.65,
    }
)
REFERENCE_HBA1C_PERCENT: Final = (5.5, 6.5)  # without and with diabetes
_SMALLEST: Final = 1e-12
_SHOWN_FROM: Final = 0.01  # log-odds; less is no reason


@dataclass(frozen=True, slots=True)
class Contribution:
    """One input of one person: its share of the log-odds, above 0 when it raises the risk."""

    variable: Variable
    log_odds: float

    @property
    def modifiable(self) -> bool:
        """Whether it is a habit or a level that can change."""
        return TRAITS[self.variable].influence is Influence.MODIFIABLE


@dataclass(frozen=True, slots=True)
class _Ordered:
    """The inputs that may be shown, and by person their parts and their order from the largest and the smallest."""

    variables: tuple[Variable, ...]
    modifiable: tuple[bool, ...]
    parts: list[list[float]]
    falling: list[list[int]]
    rising: list[list[int]]


@dataclass(frozen=True, eq=False)
class Contributions:
    """The parts of everybody: log-odds of the reference + `log_odds` of every input + `remainder` = the person's."""

    risk: Column
    reference_risk: Column
    log_odds: Mapping[Variable, Column]
    remainder: Column

    def top(self, row: int, *, up: int = 3, down: int = 2) -> tuple[Contribution, ...]:
        """What to show of one person: the largest that raise, then those that lower; modifiable first in each."""
        shown = self._ordered
        parts = shown.parts[row]
        raising = [place for place in shown.falling[row][:up] if parts[place] >= _SHOWN_FROM]
        lowering = [place for place in shown.rising[row][:down] if parts[place] <= -_SHOWN_FROM]
        return tuple(
            Contribution(shown.variables[place], parts[place])
            for some in (raising, lowering)
            for can_change in (True, False)
            for place in some
            if shown.modifiable[place] is can_change
        )

    @cached_property
    def _ordered(self) -> _Ordered:
        """Everybody's parts put in order at once: one by one the same sorting takes ten times as long."""
        variables = tuple(each for each in self.log_odds if TRAITS[each].influence is not Influence.MEDICINE)
        parts = np.stack([self.log_odds[each] for each in variables], axis=1)
        return _Ordered(
            variables,
            tuple(TRAITS[each].influence is Influence.MODIFIABLE for each in variables),
            parts.tolist(),
            np.argsort(-parts, axis=1, kind="stable").tolist(),
            np.argsort(parts, axis=1, kind="stable").tolist(),
        )


def contributions(equation: Equation, outcome: Outcome, inputs: Inputs) -> Contributions:
    """The parts of one outcome for everybody; NaN where there is no estimate.

    Raises ValueError for an equation whose values are no probabilities, KeyError for an outcome it does not have.
    """
    if equation.unit is not Unit.PROBABILITY:
        raise ValueError(f"{equation.id} foretells no risk")
    estimates = equation.estimate(inputs, (outcome,))
    person, reference = estimates.used, _reference(equation, estimates)
    with np.errstate(invalid="ignore"):
        here = _log_odds(equation, outcome, person)
        there = _log_odds(equation, outcome, reference)
        parts = {
            variable: 0.5
            * (
                _log_odds(equation, outcome, {**reference, variable: person[variable]})
                - there
                + here
                - _log_odds(equation, outcome, {**person, variable: reference[variable]})
            )
            for variable in person
            if variable not in COPIED
        }
    risk = estimates.values[outcome]
    known = ~np.isnan(risk)
    parts = {variable: np.where(known, part, np.nan) for variable, part in parts.items()}
    total = np.add.reduce(list(parts.values()))
    reference_risk = np.where(known, 1 / (1 + np.exp(-there)), np.nan)
    return Contributions(risk, reference_risk, MappingProxyType(parts), here - there - total)


def _reference(equation: Equation, estimates: Estimates) -> Used:
    """The same person with the reference's values, kept inside what the equation admits; assumed values stay."""
    male = estimates.used[Variable.MALE] == 1
    columns: dict[Variable, Column] = {}
    for variable, own in estimates.used.items():
        need = equation.need(variable)
        if variable in COPIED or need.must_be is not None:
            columns[variable] = own
            continue
        value = np.where(np.isnan(own), np.nan, _usual(variable, male, estimates.used))
        for limits in (need.refuse, need.clamp):
            if limits is not None:
                value = np.clip(value, *limits)
        assumed = (estimates.concerns[variable] & np.uint8(Flag.ASSUMED)) != 0
        columns[variable] = np.where(assumed, own, value)
    return columns


def _usual(variable: Variable, male: np.ndarray[tuple[int], np.dtype[np.bool_]], used: Used) -> Column:
    if variable is Variable.HBA1C:
        without, with_diabetes = REFERENCE_HBA1C_PERCENT
        need_not = np.zeros(male.shape)
        return np.where(used.get(Variable.DIABETES, need_not) == 1, with_diabetes, without)
    usual = REFERENCE.get(variable, 0.0)
    women, men = usual if isinstance(usual, tuple) else (usual, usual)
    return np.where(male, float(men), float(women))


def _log_odds(equation: Equation, outcome: Outcome, used: Used) -> Column:
    risk = np.clip(equation.formula(used, (outcome,))[outcome], _SMALLEST, 1 - _SMALLEST)
    return np.asarray(np.log(risk / (1 - risk)))
