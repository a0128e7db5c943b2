"""The features of our models: which inputs in which tier, and how a value becomes columns of numbers.

Where a risk may only rise (age, smoking, diabetes, earlier disease, albumin in the urine, lost kidney function) a value
becomes ramps: one column for each segment between knots, each with a coefficient of at least zero, so that no
combination of them can fall. Pressure, build and laboratory levels are free: restricted cubic splines (straight beyond
the outer knots), because their J-shapes are real. Nothing says whether a value was known: missing laboratory values
mean frailty in a survey and nothing in a clinic (decision on tiers).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import numpy as np

from cmc.core.named import NamedStr
from cmc.risk.equations.equation import Need, Used
from cmc.risk.equations.inputs import Column
from cmc.risk.equations.variables import Variable


class Tier(NamedStr):
    """How much is known of a person; each tier has models of its own, made in people for whom all of it was known."""

    T0 = "t0", "无化验", "without laboratory values"
    T1 = "t1", "加糖化血红蛋白和血脂", "with HbA1c and lipids"
    T2 = "t2", "再加eGFR和尿白蛋白", "with eGFR and urine albumin as well"


class Shape(StrEnum):
    """How a value becomes columns."""

    YES_NO = "yes_no"  # the value itself
    RAMPS = "ramps"  # for each segment between knots how much of it lies below the value, in `unit`
    LOG_RAMPS = "log_ramps"  # the same of the natural logarithm; knots are in the unit of the value
    SPLINE = "spline"  # restricted cubic spline: straight beyond the outer knots


class Monotone(StrEnum):
    """Which way a risk may move when the value grows."""

    FREE = "free"
    RISING = "rising"
    FALLING = "falling"


@dataclass(frozen=True, slots=True)
class Term:
    """One input: its shape, knots in the unit of the input, the step that one unit of a column stands for."""

    variable: Variable
    shape: Shape
    monotone: Monotone = Monotone.FREE
    knots: tuple[float, ...] = ()
    step: float = 1.0

    @property
    def width(self) -> int:
        """How many columns it becomes."""
        return 1 if self.shape is Shape.YES_NO else len(self.knots) - 1

    def write(self, value: Column, out: Column) -> None:
        """Put the columns of `value` (n) into the rows of `out` (width × n). NaN stays NaN."""
        if self.shape is Shape.YES_NO:
            out[0] = value
        elif self.shape is Shape.SPLINE:
            _spline(value, self.knots, self.step, out)
        else:
            logarithmic = self.shape is Shape.LOG_RAMPS
            at = np.log(value) if logarithmic else value
            knots = np.log(self.knots) if logarithmic else np.asarray(self.knots)
            for place, (low, high) in enumerate(pairwise(knots)):
                np.clip(at, low, high, out=out[place])
                # Falling: how much is lost below the upper knot, so that every constrained coefficient is >= 0.
                np.subtract(
                    *((high, out[place]) if self.monotone is Monotone.FALLING else (out[place], low)), out=out[place]
                )
                out[place] /= self.step


def _spline(value: Column, knots: tuple[float, ...], step: float, out: Column) -> None:
    """Harrell's restricted cubic basis: a straight column and k - 2 that bend, all in units of `step`."""
    *inner, before, last = knots
    np.subtract(value, inner[0], out=out[0])
    out[0] /= step
    tail_before, tail_last = _cubed(value - before), _cubed(value - last)
    scale = (last - inner[0]) ** 2 * step
    for place, knot in enumerate(inner, start=1):
        out[place] = _cubed(value - knot)
        out[place] -= tail_before * ((last - knot) / (last - before))
        out[place] += tail_last * ((before - knot) / (last - before))
        out[place] /= scale


def _cubed(above: Column) -> Column:
    np.maximum(above, 0.0, out=above)
    return np.asarray(above * above * above)


_RISING, _FALLING = Monotone.RISING, Monotone.FALLING
_T0: Final = (
    Term(Variable.AGE, Shape.RAMPS, _RISING, (30, 40, 50, 60, 70, 80), 10),
    Term(Variable.MALE, Shape.YES_NO),
    Term(Variable.SBP, Shape.SPLINE, knots=(105, 120, 135, 165), step=20),
    Term(Variable.DBP, Shape.SPLINE, knots=(55, 68, 78, 92), step=10),
    Term(Variable.BMI, Shape.SPLINE, knots=(20, 25, 29, 38), step=5),
    Term(Variable.SMOKER, Shape.YES_NO, _RISING),
    Term(Variable.EX_SMOKER, Shape.YES_NO, _RISING),
    Term(Variable.DIABETES, Shape.YES_NO, _RISING),
    Term(Variable.BP_TREATED, Shape.YES_NO),
    Term(Variable.PRIOR_CVD, Shape.YES_NO, _RISING),
    Term(Variable.PRIOR_HF, Shape.YES_NO, _RISING),
)
_T1: Final = (
    *_T0,
    Term(Variable.HBA1C, Shape.SPLINE, knots=(4.9, 5.4, 6.0, 8.5), step=1),
    Term(Variable.TC, Shape.SPLINE, knots=(3.6, 5.0, 6.7), step=1),
    Term(Variable.HDL, Shape.SPLINE, knots=(0.9, 1.3, 2.0), step=0.5),
    Term(Variable.INSULIN, Shape.YES_NO),
)
_T2: Final = (
    *_T1,
    Term(Variable.EGFR, Shape.RAMPS, _FALLING, (10, 45, 60, 75, 90), 10),
    Term(Variable.UACR, Shape.LOG_RAMPS, _RISING, (3, 10, 30, 300, 3000), 1),
    Term(Variable.PRIOR_STROKE, Shape.YES_NO, _RISING),
)
TERMS: Final[Mapping[Tier, tuple[Term, ...]]] = MappingProxyType({Tier.T0: _T0, Tier.T1: _T1, Tier.T2: _T2})

# Where no number is trusted, and where the nearest limit is taken and flagged (our design: edges of the training data).
_EDGES: Final = (
    Need(variable=Variable.AGE, refuse=(30, 79)),
    Need(variable=Variable.SBP, clamp=(80, 230)),
    Need(variable=Variable.DBP, clamp=(40, 130)),
    Need(variable=Variable.BMI, clamp=(14, 50)),
    Need(variable=Variable.HBA1C, clamp=(4, 15)),
    Need(variable=Variable.TC, clamp=(2, 12)),
    Need(variable=Variable.HDL, clamp=(0.4, 4)),
    Need(variable=Variable.EGFR, clamp=(10, 150)),
    Need(variable=Variable.UACR, clamp=(1, 10_000)),
)
_NEEDS: Final = MappingProxyType({need.variable: need for need in _EDGES})


def needs(tier: Tier) -> tuple[Need, ...]:
    """What is done with every input of a tier at its edges."""
    return tuple(_NEEDS.get(term.variable, Need(variable=term.variable)) for term in TERMS[tier])


def variables(tier: Tier) -> tuple[Variable, ...]:
    """The inputs of a tier, in the order of its columns."""
    return tuple(term.variable for term in TERMS[tier])


def width(terms: tuple[Term, ...]) -> int:
    """How many columns the terms make."""
    return sum(term.width for term in terms)


def constrained(terms: tuple[Term, ...]) -> tuple[bool, ...]:
    """For every column whether its coefficient may not be below zero."""
    return tuple(term.monotone is not Monotone.FREE for term in terms for _ in range(term.width))


def design(terms: tuple[Term, ...], used: Used, out: Column | None = None) -> Column:
    """The columns of everybody, one row each: width × n. `used` holds every variable of the terms (n values each).

    They are written into `out` when it is given. A current smoker has been one before: smoking counts as former smoking
    as well, so that neither step can fall.
    """
    size = used[Variable.AGE].size
    if out is None:
        out = np.empty((width(terms), size))
    at = 0
    for term in terms:
        value = used[term.variable]
        if term.variable is Variable.EX_SMOKER:
            value = np.fmax(value, used[Variable.SMOKER])
        term.write(value, out[at : at + term.width])
        at += term.width
    return out
