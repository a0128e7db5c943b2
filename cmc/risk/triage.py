"""Who needs attention first, by rules, and why (pure).

The level of a person is the worst band over the published equations that apply (very high, without a percentage, after
cardiovascular disease). A red flag of the clinical rules goes before every level; a finding that has to be referred
makes it at least high, a test that is overdue at least medium [D]. A model's number never makes a level: no guideline
draws lines for it. Shown (not in shadow), it orders people within their level; else the equation's number does.
A low number never hides what is due.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final

import numpy as np

from cmc.clinical.care_gaps import CareGap
from cmc.clinical.reasons import Reason
from cmc.clinical.stratification import RiskLevel
from cmc.core.text import Text
from cmc.risk.answers import Answer, Foretold, Other, Priority, Triage, reasons_of
from cmc.risk.equations.bands import NO_BAND, Levels, worst
from cmc.risk.equations.choice import Candidate, Choice, Question, Refusal, applicable
from cmc.risk.equations.contributions import Contribution
from cmc.risk.equations.equation import REFUSED, Flag, Outcome
from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.variables import Variable
from cmc.risk.explained import Explained, Goals, at_goals
from cmc.risk.models.model import DEATHS, Model, Task
from cmc.risk.models.release import Release
from cmc.risk.models.scoring import PART_OF, Score
from cmc.risk.models.terms import Tier
from cmc.risk.recalibration import NOT_VALIDATED, LocalLevel
from cmc.risk.switch import Mode

_NO_GOALS: Final[Mapping[Variable, float]] = MappingProxyType({})
_NOBODYS: Final[Goals] = MappingProxyType({})
_RANKED_BY: Final = Task(Outcome.DEATH, 10.0)


@dataclass(frozen=True, slots=True, eq=False)
class Models:
    """A release as it is used on a day: its mode and the local level of each model by id (absent: as made)."""

    release: Release
    mode: Mode
    levels: Mapping[str, LocalLevel]


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """Everybody assessed: answers by question, the worst band (`RiskLevel` numbers, 0 without), the order inside one.

    `scores` are the models' raw scores, present in shadow mode too, to be logged; None without models.
    """

    people: Inputs
    choices: Mapping[Question, Choice]
    models: Models | None
    scores: Mapping[Task, Score] | None
    levels: Levels
    rank: Column
    explained: Explained

    def triage(
        self,
        row: int,
        *,
        gaps: Sequence[CareGap],
        red_flags: Sequence[Reason],
        on: date,
        goals: Mapping[Variable, float] = _NO_GOALS,
    ) -> Triage:
        """One person with what the clinical rules found: open care gaps and red flags of the day `on`.

        `goals` are levels to show "what if" for, in place of those that `assess` was given; those that an equation may
        not show changed (medicines, diseases, other equations) are left out.
        """
        due = tuple(gap for gap in gaps if gap.from_on <= on or gap.refer is not None)
        overdue = tuple(gap for gap in due if gap.overdue(on))
        refer = tuple(gap.refer for gap in due if gap.refer is not None)
        answers = tuple(self._answer(question, row, goals) for question in self.choices)
        reasons = (*red_flags, *refer, *self._level_reasons(answers), *(gap.reason for gap in overdue))
        least = lifted(red_flags=bool(red_flags), refer=bool(refer), overdue=bool(overdue))
        priority = max(Priority(int(self.levels[row])), least)
        return Triage(priority, least, reasons, answers, self._told(row), due)

    def _told(self, row: int) -> tuple[Foretold, ...]:
        """What is shown of the models: nothing in shadow, and no percentage of deaths after cardiovascular disease."""
        if self.models is None or self.models.mode is not Mode.SHOWN:
            return ()
        prior = bool(self.choices[Question.CVD].prior_cvd[row])
        return tuple(each for each in self.foretold(row) if not (prior and each.task in DEATHS))

    def _answer(self, question: Question, row: int, goals: Mapping[Variable, float]) -> Answer:
        choice = self.choices[question]
        told = choice.explain(row)
        used = told.used
        level = int(choice.levels[row])
        barred = choice.prior_cvd[row] or choice.is_unfit(row)
        missing = () if barred else _missing(told.refused, self._is_meant_for, row)
        reference: float | None = None
        parts: tuple[Contribution, ...] = ()
        better: float | None = None
        if used is not None:
            found, place = self.explained.parts(question, row)
            reference, parts = float(found.reference_risk[place]), found.top(place)
            better = self._better(question, used, row, goals)
        return Answer(
            question=question,
            horizon_years=None if used is None else used.equation.horizon_years,
            value=None if used is None else float(choice.values[row]),
            level=None if level == NO_BAND else RiskLevel(level),
            equation=None if used is None else used.equation.id,
            why=told.reason.text if used is None else used.why,
            others=tuple(Other(each.equation.id, value) for each, value in told.others),
            disagree=bool(choice.disagree[row]),
            reference_value=reference,
            parts=parts,
            at_goals=better,
            concerns=told.concerns,
            missing=missing,
            caveats=_caveats(None if used is None else used.equation.caveat, used is not None),
        )

    def _is_meant_for(self, candidate: Candidate, row: int) -> bool:
        """Whether age and diabetes let a candidate answer, whatever else is known."""
        youngest, oldest = candidate.ages
        diabetic = self.people.get(Variable.DIABETES)[row] == 1
        in_age = youngest <= np.floor(self.people.get(Variable.AGE)[row]) <= oldest
        return bool(in_age and not (candidate.not_in_diabetes and diabetic))

    def _better(self, question: Question, used: Candidate, row: int, goals: Mapping[Variable, float]) -> float | None:
        if not goals:
            return self.explained.at_goals(question, row)
        found = at_goals(used, self.people.take(np.array([row])), {each: np.array([goals[each]]) for each in goals})
        return None if np.isnan(found[0]) else float(found[0])

    def foretold(self, row: int) -> tuple[Foretold, ...]:
        """What the models say of one person, in shadow too: to be kept, and shown only by `triage`."""
        if self.models is None or self.scores is None or self.choices[Question.CVD].is_unfit(row):
            return ()
        found = {
            score.task: self._one(self.models, score, tier, row)
            for score in self.scores.values()
            if (tier := score.tier_of(row)) is not None and not np.isnan(score.risk[row])
        }
        return tuple(found.values()) if not self.models.levels else _possible(found)

    def _one(self, models: Models, score: Score, tier: Tier, row: int) -> Foretold:
        scorer = models.release.scorer
        model = scorer.models[score.task, tier]
        level = models.levels.get(model.id) if models.levels else None
        raw = score.risk[row], score.low[row], score.high[row]
        value, low, high = raw if level is None else level.apply(np.array(raw))
        filled = score.filled_of(row)
        reference: float | None = None
        parts: tuple[Contribution, ...] = ()
        if filled is None:
            told, place = self.explained.of_model(scorer, score, tier, row)
            reference, parts = float(told.reference_risk[place]), _no_advice(told.top(place), model)
        return Foretold(
            score.task,
            float(score.risk[row]),
            float(value),
            float(low),
            float(high),
            tier,
            filled,
            reference,
            parts,
            _caveats(model.equation.caveat, level is None or not level.locally_validated),
        )

    def _level_reasons(self, answers: Sequence[Answer]) -> tuple[Reason, ...]:
        """Each once: earlier disease answers two questions."""
        return tuple(dict.fromkeys(reason for answer in answers for reason in reasons_of(answer)))


def assess(people: Inputs, models: Models | None, goals: Goals = _NOBODYS) -> Assessment:
    """Assess everybody: a batch and one person take the same way. `goals` are those of each one, to show "what if"."""
    choices = {question: applicable(question, people) for question in Question}
    levels = worst(*(choice.levels for choice in choices.values()))
    scores = None if models is None else models.release.scorer.score(people)
    rank = choices[Question.CVD].values
    if models is not None and scores is not None and models.mode is Mode.SHOWN:
        rank = np.where(choices[Question.CVD].unfit == -1, _at_level(models, scores[_RANKED_BY]), np.nan)
    explained = Explained(people, choices, goals)
    return Assessment(people, MappingProxyType(choices), models, scores, levels, rank, explained)


def _at_level(models: Models, score: Score) -> Column:
    """The numbers of a task as they are shown: each at the local level of its model."""
    risk = score.risk
    for place, tier in enumerate(Tier):
        model = models.release.scorer.models.get((score.task, tier))
        level = None if model is None else models.levels.get(model.id)
        if level is not None:
            risk = np.where(score.tier == place, level.apply(score.risk), risk)
    return risk


def _possible(found: dict[Task, Foretold]) -> tuple[Foretold, ...]:
    """One person's numbers at local levels, lowered where one cannot be: levels are made apart, as the models are."""
    for part, whole in PART_OF:
        if part in found and whole in found:
            most, own = found[whole], found[part]
            value, low, high = (min(getattr(own, name), getattr(most, name)) for name in ("value", "low", "high"))
            found[part] = replace(own, value=value, low=low, high=high)
    return tuple(found.values())


def order(priority: Sequence[Priority], rank: Column) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Rows from the first to look at to the last: by priority, then rank; unknown rank last, ties as they came."""
    known = np.where(np.isnan(rank), -1.0, rank)
    return np.lexsort((-known, -np.asarray(priority, dtype=np.int8)))


def lifted(*, red_flags: bool, refer: bool, overdue: bool) -> Priority:
    """The least priority that rules ask for, whatever the level is."""
    if red_flags:
        return Priority.AT_ONCE
    return Priority.HIGH if refer else Priority.MEDIUM if overdue else Priority.NOT_KNOWN


def _missing(
    refusals: Sequence[Refusal], is_meant_for: Callable[[Candidate, int], bool], row: int
) -> tuple[Variable, ...]:
    """What would give a better number if it were asked or measured: where nothing else stands in the way."""
    others = REFUSED & ~Flag.MISSING
    found: dict[Variable, None] = {}
    for refusal in refusals:
        if any(flag & others for _, flag in refusal.concerns) or not is_meant_for(refusal.candidate, row):
            continue
        found |= dict.fromkeys(variable for variable, flag in refusal.concerns if flag & Flag.MISSING)
    return tuple(found)


def _no_advice(parts: Sequence[Contribution], model: Model) -> tuple[Contribution, ...]:
    """Without levels that seem to lower a risk because the sick have them: J-shapes are real and no advice."""
    return tuple(part for part in parts if part.log_odds > 0 or part.variable not in model.free)


def _caveats(own: Text | None, unvalidated: bool) -> tuple[Text, ...]:
    return (*(() if own is None else (own,)), *((NOT_VALIDATED,) if unvalidated else ()))
