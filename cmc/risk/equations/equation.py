"""What every published equation declares, and how it is put to people: refuse, clamp, assume, compute, flag.

An estimate is either a number with its flags, or NaN with a flag that says why it was refused. Nothing raises for one
person's values, so that a batch of a whole region and a single person take the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntFlag
from functools import cached_property
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cmc.core.named import NamedStr
from cmc.core.text import Text
from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.variables import TRAITS, Variable

Range: TypeAlias = tuple[float, float]
Flags: TypeAlias = NDArray[np.uint8]
Used: TypeAlias = Mapping[Variable, Column]


class Flag(IntFlag):
    """What happened to an input, and so to an estimate that needs it."""

    MISSING = 1  # needed and not known: refused
    IMPLAUSIBLE = 2  # outside what can be true in the unit, a unit slip: refused
    OUT_OF_RANGE = 4  # outside what the equation is for (age, kidney function): refused
    NOT_FOR = 8  # a person the equation was not made for (earlier disease, no diabetes): refused
    CLAMPED = 16  # taken as the nearest limit
    EXTRAPOLATED = 32  # beyond the people the equation was made in
    ASSUMED = 64  # not known, the usual value was taken


_FLAGS: Final = tuple(Flag(each) for each in range(sum(Flag) + 1))
REFUSED: Final = Flag.MISSING | Flag.IMPLAUSIBLE | Flag.OUT_OF_RANGE | Flag.NOT_FOR


class Outcome(NamedStr):
    """What an equation foretells."""

    CVD = "cvd", "心肌梗死或脑卒中", "myocardial infarction or stroke"
    TOTAL_CVD = "total_cvd", "心血管病（含心力衰竭）", "cardiovascular disease with heart failure"
    GENERAL_CVD = "general_cvd", "广义心血管病", "general cardiovascular disease"
    ASCVD = "ascvd", "动脉粥样硬化性心血管病", "atherosclerotic cardiovascular disease"
    CHD = "chd", "冠心病", "coronary heart disease"
    MI = "mi", "心肌梗死", "myocardial infarction"
    IHD = "ihd", "缺血性心脏病", "ischaemic heart disease"
    STROKE = "stroke", "脑卒中", "stroke"
    MI_OR_STROKE = "mi_or_stroke", "心肌梗死或脑卒中（含复发）", "infarction or stroke, first or next"
    HEART_FAILURE = "heart_failure", "心力衰竭", "heart failure"
    PVD = "pvd", "外周血管病", "peripheral vascular disease"
    INCIDENT_CKD = "incident_ckd", "eGFR降至60以下", "eGFR below 60"
    KIDNEY_FAILURE = "kidney_failure", "肾衰竭", "kidney failure"
    RETINOPATHY = "retinopathy", "视网膜病变", "retinopathy"
    VISION_LOSS = "vision_loss", "严重视力丧失", "severe loss of vision"
    CATARACT = "cataract", "白内障", "cataract"
    NEUROPATHY = "neuropathy", "神经病变", "neuropathy"
    PRESSURE_SENSATION_LOSS = "pressure_sensation_loss", "压力觉丧失", "loss of pressure sensation"
    FOOT_ULCER = "foot_ulcer", "足溃疡", "skin ulcer of the foot"
    AMPUTATION = "amputation", "截肢", "amputation"
    DEATH = "death", "死亡", "death"
    CV_DEATH = "cv_death", "心脑血管病死亡", "cardiovascular death"
    KIDNEY_DAMAGE = "kidney_damage", "现有肾脏损害（若检查）", "kidney damage now, if tested"
    SEVERE_KIDNEY_DAMAGE = "severe_kidney_damage", "现有严重肾脏损害（若检查）", "severe kidney damage now, if tested"
    EGFR = "egfr", "估算肾小球滤过率", "estimated filtration rate"


class Unit(NamedStr):
    """What the values of an equation are."""

    PROBABILITY = "probability", "概率", "probability"
    ML_MIN = "ml_min", "mL/min/1.73 m²", "mL/min/1.73 m²"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One input of an equation and what is done with values at its edges; ranges include both ends, ages whole years.

    `refuse`: outside there is no estimate. `clamp`: outside, the nearest limit is taken. `made_for`: outside, the
    value is used and flagged. `must_be`: another value means that the equation is not for this person. `assume`: the
    value taken when it is not known. `optional`: the formula does without.
    """

    variable: Variable
    refuse: Range | None = None
    clamp: Range | None = None
    made_for: Range | None = None
    must_be: float | None = None
    assume: float | None = None
    optional: bool = False

    def admit(self, given: Column) -> tuple[Column, Flags]:
        """The values to compute with and what was done to each; refused ones are NaN."""
        flags = np.zeros(given.shape, dtype=np.uint8)
        if self._nothing_to_do(given):
            return given, flags
        unknown = np.isnan(given)
        implausible = ~unknown & ~_plausible(self.variable, given)
        value = np.where(implausible, np.nan, given)
        _mark(flags, implausible, Flag.IMPLAUSIBLE)
        if self.assume is not None:
            value = np.where(unknown, self.assume, value)
        _mark(flags, unknown, Flag.ASSUMED if self.optional or self.assume is not None else Flag.MISSING)
        if self.must_be is not None:
            _mark(flags, ~np.isnan(value) & (value != self.must_be), Flag.NOT_FOR)
        compared = np.floor(value) if self.variable is Variable.AGE else value
        for limits, flag in (
            (self.refuse, Flag.OUT_OF_RANGE),
            (self.clamp, Flag.CLAMPED),
            (self.made_for, Flag.EXTRAPOLATED),
        ):
            if limits is not None:
                _mark(flags, (compared < limits[0]) | (compared > limits[1]), flag)
        if self.clamp is not None:
            value = np.clip(value, *self.clamp)
        return np.where(refused(flags), np.nan, value), flags

    def _nothing_to_do(self, given: Column) -> bool:
        """Whether everything is known and inside every limit, as it mostly is: two passes instead of twenty."""
        if not given.size:
            return True
        if TRAITS[self.variable].yes_no and not np.all((given == 0) | (given == 1)):
            return False
        limits = [TRAITS[self.variable].plausible]
        limits += [each for each in (self.refuse, self.clamp, self.made_for) if each is not None]
        lowest, highest = max(low for low, _ in limits), min(high for _, high in limits)
        return self.must_be is None and bool(given.min() >= lowest and given.max() <= highest)


@dataclass(frozen=True, slots=True)
class Output:
    """One outcome of an equation and the inputs that it needs; who has had `unless` is refused."""

    outcome: Outcome
    variables: tuple[Variable, ...]
    unless: Variable | None = None


@dataclass(frozen=True, eq=False)
class Estimates:
    """What an equation says of everybody: per outcome a value or NaN, and flags; NaN exactly where a flag refuses.

    `used` are the inputs as computed with (clamped and assumed values in place), `concerns` what was done to each.
    """

    equation: Equation
    values: Mapping[Outcome, Column]
    flags: Mapping[Outcome, Flags]
    used: Used
    concerns: Mapping[Variable, Flags]

    def why(self, outcome: Outcome, row: int) -> tuple[tuple[Variable, Flag], ...]:
        """Of one person: which inputs were refused, clamped, assumed or extrapolated, in the equation's order."""
        output = self.equation.output(outcome)
        noted = self._noted
        found = [(each, _FLAGS[noted[each][row]]) for each in output.variables if each in noted and noted[each][row]]
        if output.unless is not None and int(self.flags[outcome][row]) & Flag.NOT_FOR:
            found.append((output.unless, Flag.NOT_FOR))
        return tuple(found)

    @cached_property
    def _noted(self) -> Mapping[Variable, list[int]]:
        """The flags of everybody by input; an input that nobody has any of is left out."""
        return {each: flags.tolist() for each, flags in self.concerns.items() if flags.any()}

    def missing(self, outcome: Outcome, row: int) -> tuple[Variable, ...]:
        """What would have to be measured for an estimate."""
        return tuple(variable for variable, flag in self.why(outcome, row) if flag & Flag.MISSING)


Formula: TypeAlias = Callable[[Used, tuple[Outcome, ...]], Mapping[Outcome, Column]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Equation:
    """A published equation: what it foretells, in how many years, from what, made in whom, and by which formula.

    `caveat` is to be shown wherever a number of it is shown. The formula gets admitted columns (NaN where refused).
    """

    id: str
    version: str
    title: Text
    source: str
    population: Text
    horizon_years: float | None
    needs: tuple[Need, ...]
    outputs: tuple[Output, ...]
    formula: Formula
    caveat: Text | None = None
    unit: Unit = Unit.PROBABILITY

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes, in the order of the publication."""
        return tuple(output.outcome for output in self.outputs)

    def output(self, outcome: Outcome) -> Output:
        """The declaration of one outcome. Raises KeyError when the equation has no such outcome."""
        for output in self.outputs:
            if output.outcome is outcome:
                return output
        raise KeyError(outcome.value)

    def need(self, variable: Variable) -> Need:
        """The declaration of one input. Raises KeyError when the equation does not read it."""
        for need in self.needs:
            if need.variable is variable:
                return need
        raise KeyError(variable.value)

    def estimate(self, inputs: Inputs, outcomes: tuple[Outcome, ...] | None = None) -> Estimates:
        """The estimates of everybody for some or all outcomes, in rows as `inputs` has them.

        Probabilities are 0–1 over `horizon_years`. A person that cannot be estimated has NaN and a refusing flag.
        """
        wanted = self.outcomes if outcomes is None else outcomes
        read = {variable for outcome in wanted for variable in self.output(outcome).variables}
        used: dict[Variable, Column] = {}
        concerns: dict[Variable, Flags] = {}
        for need in self.needs:
            if need.variable in read:
                used[need.variable], concerns[need.variable] = need.admit(inputs.get(need.variable))
        raw = self.formula(used, wanted)
        flags = {each: _union(concerns, self.output(each), inputs) for each in wanted}
        values = {each: np.where(refused(flags[each]), np.nan, raw[each]) for each in wanted}
        return Estimates(
            self, MappingProxyType(values), MappingProxyType(flags), MappingProxyType(used), MappingProxyType(concerns)
        )


def refused(flags: Flags) -> NDArray[np.bool_]:
    """Where there is no estimate."""
    return np.asarray((flags & np.uint8(REFUSED)) != 0)


def one_output(outcome: Outcome, needs: tuple[Need, ...]) -> tuple[Output, ...]:
    """The outputs of an equation with one outcome that reads every need."""
    return (Output(outcome, tuple(need.variable for need in needs)),)


def _plausible(variable: Variable, given: Column) -> NDArray[np.bool_]:
    trait = TRAITS[variable]
    if trait.yes_no:
        return np.asarray((given == 0) | (given == 1))
    return np.asarray((given >= trait.plausible[0]) & (given <= trait.plausible[1]))


def _mark(flags: Flags, where: NDArray[np.bool_], flag: Flag) -> None:
    flags[where] |= np.uint8(flag)


def _union(concerns: Mapping[Variable, Flags], output: Output, inputs: Inputs) -> Flags:
    flags = np.zeros(inputs.size, dtype=np.uint8)
    for variable in output.variables:
        flags |= concerns[variable]
    if output.unless is not None:
        _mark(flags, inputs.get(output.unless) == 1, Flag.NOT_FOR)
    return flags
