"""Which equation answers a question for whom, why, and how far the others are from it.

The order of the candidates is the preference: China-PAR where lipids and waist are known, WHO with laboratory values,
WHO without (never in diabetes: it has no term for it); PREVENT for heart failure; KFRE or CKD-PC by eGFR; CHIME for
the complications of type 2 diabetes with RECODe as a second opinion. Earlier cardiovascular disease is very high and
gets no percentage where the equations are for people without it. In pregnancy, on dialysis or with a transplant, in
type 1 diabetes and below 30 years nobody gets a percentage at all: no equation was made for them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cmc.clinical.stratification import RiskLevel
from cmc.core.named import NamedStr
from cmc.core.text import Text
from cmc.risk.equations.bands import CHINESE_GUIDELINE_2019, KDIGO_2024_5_YEARS, NO_BAND, Cuts, Levels
from cmc.risk.equations.chime_2021 import CHIME_10Y
from cmc.risk.equations.china_par import CHINA_PAR
from cmc.risk.equations.ckd_pc_2019 import CKD_PC_DIABETES_CONFIRMED, CKD_PC_NO_DIABETES_ALL
from cmc.risk.equations.equation import Equation, Estimates, Flag, Outcome, Range
from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.kfre import KFRE_5Y
from cmc.risk.equations.prevent_2023 import PREVENT_10Y
from cmc.risk.equations.recode_2017 import RECODE
from cmc.risk.equations.unfit import AGES_FOR_A_NUMBER, BARRING, OF_AGE, Reason, unfit
from cmc.risk.equations.variables import Variable
from cmc.risk.equations.who_2019 import WHO_LAB, WHO_NONLAB

DISAGREE_RATIO: Final = 2.0  # our own line: the highest of the applicable numbers is twice the lowest
ANY_AGE: Final = (0.0, math.inf)
_NONE: Final = -1


class Question(NamedStr):
    """What is asked of the published equations."""

    CVD = "cvd", "心脑血管事件", "cardiovascular event"
    HEART_FAILURE = "heart_failure", "心力衰竭", "heart failure"
    KIDNEY = "kidney", "肾脏", "kidneys"
    RETINOPATHY = "retinopathy", "视网膜病变", "retinopathy"
    NEUROPATHY = "neuropathy", "神经病变", "neuropathy"
    FOOT_ULCER = "foot_ulcer", "足溃疡", "ulcer of the foot"
    AMPUTATION = "amputation", "截肢", "amputation"
    KIDNEY_FAILURE = "kidney_failure", "糖尿病肾衰竭", "kidney failure in diabetes"
    DEATH = "death", "糖尿病死亡", "death in diabetes"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An equation for a question, and why it stands where it stands; a second opinion is shown, never chosen.

    `ages` in whole years may be narrower than what the equation computes: a calculator's reach is no evidence.
    """

    equation: Equation
    outcome: Outcome
    why: Text
    cuts: Cuts | None = None
    ages: Range = ANY_AGE
    not_in_diabetes: bool = False
    second_opinion: bool = False


_SECOND: Final = Text("仅作比较", "for comparison only")
_CHIME: Final = Text("华人2型糖尿病公式", "made in Chinese people with type 2 diabetes")


def _of_diabetes(outcome: Outcome, second: bool) -> tuple[Candidate, ...]:
    first = Candidate(CHIME_10Y, outcome, _CHIME)
    return (first, Candidate(RECODE, outcome, _SECOND, second_opinion=True)) if second else (first,)


CANDIDATES: Final[Mapping[Question, tuple[Candidate, ...]]] = MappingProxyType(
    {
        Question.CVD: (
            Candidate(
                CHINA_PAR,
                Outcome.ASCVD,
                Text("中国人群公式，血脂和腰围已知", "made in Chinese adults; lipids and waist are known"),
                CHINESE_GUIDELINE_2019,
                ages=AGES_FOR_A_NUMBER,
            ),
            Candidate(
                WHO_LAB,
                Outcome.CVD,
                Text("东亚校正，总胆固醇已知", "calibrated to East Asia; total cholesterol is known"),
                CHINESE_GUIDELINE_2019,
                ages=AGES_FOR_A_NUMBER,
            ),
            Candidate(
                WHO_NONLAB,
                Outcome.CVD,
                Text("东亚校正，无化验结果", "calibrated to East Asia; no laboratory values"),
                CHINESE_GUIDELINE_2019,
                ages=AGES_FOR_A_NUMBER,
                not_in_diabetes=True,
            ),
            Candidate(PREVENT_10Y, Outcome.ASCVD, _SECOND, CHINESE_GUIDELINE_2019, second_opinion=True),
        ),
        Question.HEART_FAILURE: (
            Candidate(
                PREVENT_10Y, Outcome.HEART_FAILURE, Text("唯一的普通人群心衰公式", "the one equation for heart failure")
            ),
            Candidate(CHIME_10Y, Outcome.HEART_FAILURE, _SECOND, second_opinion=True),
            Candidate(RECODE, Outcome.HEART_FAILURE, _SECOND, second_opinion=True),
        ),
        Question.KIDNEY: (
            Candidate(
                KFRE_5Y,
                Outcome.KIDNEY_FAILURE,
                Text("eGFR低于60：肾衰竭风险", "eGFR is below 60: kidney failure is asked for"),
                KDIGO_2024_5_YEARS,
            ),
            Candidate(
                CKD_PC_DIABETES_CONFIRMED,
                Outcome.INCIDENT_CKD,
                Text("糖尿病且eGFR≥60：eGFR降至60以下", "diabetes with eGFR of 60 and more: falling below 60"),
            ),
            Candidate(
                CKD_PC_NO_DIABETES_ALL,
                Outcome.INCIDENT_CKD,
                Text("无糖尿病且eGFR≥60：eGFR降至60以下", "no diabetes, eGFR of 60 and more: falling below 60"),
            ),
        ),
        Question.RETINOPATHY: _of_diabetes(Outcome.RETINOPATHY, second=False),
        Question.NEUROPATHY: _of_diabetes(Outcome.NEUROPATHY, second=False),
        Question.FOOT_ULCER: _of_diabetes(Outcome.FOOT_ULCER, second=False),
        Question.AMPUTATION: _of_diabetes(Outcome.AMPUTATION, second=False),
        Question.KIDNEY_FAILURE: _of_diabetes(Outcome.KIDNEY_FAILURE, second=True),
        Question.DEATH: _of_diabetes(Outcome.DEATH, second=True),
    }
)
_ONLY_BEFORE_DISEASE: Final = frozenset({Question.CVD, Question.HEART_FAILURE})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A candidate that does not apply to a person, and what stood in its way; empty when diabetes bars it."""

    candidate: Candidate
    concerns: tuple[tuple[Variable, Flag], ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Of one person: the candidate used and why, those refused before it, and the other numbers beside it."""

    reason: Reason
    used: Candidate | None
    refused: tuple[Refusal, ...]
    others: tuple[tuple[Candidate, float], ...]
    concerns: tuple[tuple[Variable, Flag], ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """The same of each person as plain numbers: a look into an array costs twenty times as much."""

    used: list[int]
    applicable: list[list[bool]]


@dataclass(frozen=True, eq=False)
class Choice:
    """The answer to a question for everybody.

    `used` is the place of the candidate in `candidates` or −1; `unfit` the place in `BARRING` of what bars a number,
    or −1; `values` the candidate's probabilities (NaN without one); `levels`
    bands (`RiskLevel` numbers, 0 without); `lowest` and `highest` span every candidate that applies; `disagree` where
    their bands differ or the highest is twice the lowest.
    """

    question: Question
    candidates: tuple[Candidate, ...]
    estimates: tuple[Estimates, ...]
    applicable: NDArray[np.bool_]
    used: NDArray[np.int8]
    prior_cvd: NDArray[np.bool_]
    unfit: NDArray[np.int8]
    values: Column
    levels: Levels
    lowest: Column
    highest: Column
    disagree: NDArray[np.bool_]

    def reason(self, row: int) -> Reason:
        """Why this person has the number, or has none."""
        used = self._told.used[row]
        if used == _NONE:
            if self.prior_cvd[row]:
                return Reason.PRIOR_CVD
            return Reason.NOT_APPLICABLE if self.unfit[row] == _NONE else BARRING[int(self.unfit[row])]
        return Reason.NEXT_CHOICE if used else Reason.FIRST_CHOICE

    @cached_property
    def _told(self) -> _Told:
        return _Told(self.used.tolist(), self.applicable.T.tolist())

    def is_unfit(self, row: int) -> bool:
        """Whether no percentage at all is told of this person, by models neither."""
        return bool(self.unfit[row] != _NONE)

    def explain(self, row: int) -> Explanation:
        """Everything that is to be shown beside the number of one person."""
        used, applies = self._told.used[row], self._told.applicable[row]
        before = used if used != _NONE else len(self.candidates)
        refused, others = [], []
        for place, (candidate, estimates) in enumerate(zip(self.candidates, self.estimates, strict=True)):
            if not applies[place]:
                if place < before and not candidate.second_opinion:
                    refused.append(Refusal(candidate, estimates.why(candidate.outcome, row)))
            elif place != used:
                others.append((candidate, float(estimates.values[candidate.outcome][row])))
        chosen = None if used == _NONE else self.candidates[used]
        concerns = () if chosen is None else self.estimates[used].why(chosen.outcome, row)
        return Explanation(self.reason(row), chosen, tuple(refused), tuple(others), concerns)


def applicable(question: Question, inputs: Inputs) -> Choice:
    """Answer one question for everybody by the first candidate that applies to each."""
    candidates = CANDIDATES[question]
    estimates = tuple(each.equation.estimate(inputs, (each.outcome,)) for each in candidates)
    diabetes = inputs.get(Variable.DIABETES) == 1
    prior = np.zeros(inputs.size, dtype=np.bool_)
    if question in _ONLY_BEFORE_DISEASE:
        prior = _has_disease(question, inputs)
    table = np.stack([found.values[each.outcome] for each, found in zip(candidates, estimates, strict=True)])
    age, bar = np.floor(inputs.get(Variable.AGE)), unfit(inputs)
    barred = np.stack(
        [diabetes & each.not_in_diabetes | (age < each.ages[0]) | (age > each.ages[1]) | prior for each in candidates]
    )
    table = np.where(barred | (bar != _NONE), np.nan, table)
    applies = ~np.isnan(table)
    choosable = applies & np.array([[not each.second_opinion] for each in candidates])
    used = np.where(choosable.any(axis=0), choosable.argmax(axis=0), _NONE)
    aged = (bar == _NONE) & _barred_by_age(candidates, estimates, age)
    lowest, highest = np.fmin.reduce(table), np.fmax.reduce(table)
    return Choice(
        question,
        candidates,
        estimates,
        applies,
        used.astype(np.int8),
        prior,
        np.where(aged, OF_AGE, bar),
        np.where(used == _NONE, np.nan, np.take_along_axis(table, np.maximum(used, 0)[None], axis=0)[0]),
        _levels(candidates, table, used, prior),
        lowest,
        highest,
        _disagree(candidates, applies, lowest, highest),
    )


def _barred_by_age(
    candidates: tuple[Candidate, ...], estimates: tuple[Estimates, ...], age: Column
) -> NDArray[np.bool_]:
    """Whether the age alone bars every candidate that might be chosen."""
    found = np.ones(age.shape, dtype=np.bool_)
    for each, estimate in zip(candidates, estimates, strict=True):
        if not each.second_opinion:
            outside = (age < each.ages[0]) | (age > each.ages[1])
            if Variable.AGE in estimate.concerns:  # a few outcomes do not read it
                outside |= (estimate.concerns[Variable.AGE] & np.uint8(Flag.OUT_OF_RANGE)) != 0
            found &= outside
    return found


def _has_disease(question: Question, inputs: Inputs) -> NDArray[np.bool_]:
    prior = inputs.get(Variable.PRIOR_CVD) == 1
    if question is Question.HEART_FAILURE:
        prior |= inputs.get(Variable.PRIOR_HF) == 1
    return np.asarray(prior)


def _levels(
    candidates: tuple[Candidate, ...], table: Column, used: NDArray[np.intp], prior: NDArray[np.bool_]
) -> Levels:
    levels = np.full(used.shape, NO_BAND, dtype=np.int8)
    for place, each in enumerate(candidates):
        if each.cuts is not None:
            levels = np.where(used == place, each.cuts.level(table[place]), levels)
    return np.where(prior, np.int8(RiskLevel.VERY_HIGH), levels)


def _disagree(
    candidates: tuple[Candidate, ...], applies: NDArray[np.bool_], lowest: Column, highest: Column
) -> NDArray[np.bool_]:
    apart = highest >= DISAGREE_RATIO * lowest
    cuts = candidates[0].cuts
    if cuts is not None and all(each.cuts is cuts for each in candidates):
        apart |= cuts.level(lowest) != cuts.level(highest)
    return np.asarray(apart & (applies.sum(axis=0) > 1))
