"""Who needs attention first, by rules, and why (pure).

The level of a person is the worst band over the published equations that apply (very high, without a percentage, after
cardiovascular disease). A red flag of the clinical rules goes before every level; a finding that has to be referred
makes it at least high, a test that is overdue at least medium [D]. A model's number never makes a level: no guideline
draws lines for it. Shown (not in shadow), it orders people within their level; else the equation's number does.
A low number never hides what is due.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

import numpy as np

from cmc.clinical.care_gaps import CareGap
from cmc.clinical.reasons import Reason, because
from cmc.clinical.stratification import RiskLevel
from cmc.core.named import NamedInt
from cmc.core.text import Text
from cmc.risk.equations.bands import NO_BAND, Levels, worst
from cmc.risk.equations.choice import Choice, Question, applicable
from cmc.risk.equations.choice import Reason as Chosen
from cmc.risk.equations.contributions import Contribution, contributions
from cmc.risk.equations.equation import Flag, Outcome
from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.variables import Variable
from cmc.risk.models.model import Model, Task
from cmc.risk.models.release import Release
from cmc.risk.models.scoring import Score
from cmc.risk.models.terms import Monotone, Tier
from cmc.risk.recalibration import NOT_VALIDATED, LocalLevel
from cmc.risk.switch import Mode

_RANKED_BY: Final = Task(Outcome.DEATH, 10.0)


class Priority(NamedInt):
    """Who is looked at first; a greater number goes before. One to four are the levels of `RiskLevel`."""

    NOT_KNOWN = 0, "风险未知", "Risk not known"
    LOW = 1, "低优先", "Low priority"
    MEDIUM = 2, "中优先", "Medium priority"
    HIGH = 3, "高优先", "High priority"
    VERY_HIGH = 4, "很高优先", "Very high priority"
    AT_ONCE = 5, "立即处理", "At once"


@dataclass(frozen=True, slots=True)
class Other:
    """Another equation's number for the same question."""

    equation: str
    value: float


@dataclass(frozen=True, slots=True)
class Answer:
    """One question of one person: the number in 0–1 (None: no equation applies, or disease already), its band, the
    equation used and why, those that apply as well, whether they disagree, what raises and lowers it, what is missing.
    """

    question: Question
    horizon_years: float | None
    value: float | None
    level: RiskLevel | None
    equation: str | None
    why: Text
    others: tuple[Other, ...]
    disagree: bool
    reference_value: float | None
    parts: tuple[Contribution, ...]
    concerns: tuple[tuple[Variable, Flag], ...]
    missing: tuple[Variable, ...]
    caveats: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Foretold:
    """One number of our own models: raw, and at the local level; 80 % band, tier, what was filled in, what moves it."""

    task: Task
    raw: float
    value: float
    low: float
    high: float
    tier: Tier
    filled: Variable | None
    reference_value: float
    parts: tuple[Contribution, ...]
    caveats: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Triage:
    """One person: priority, every reason with its rule, the answers, what is due; models only when they are shown."""

    priority: Priority
    reasons: tuple[Reason, ...]
    answers: tuple[Answer, ...]
    foretold: tuple[Foretold, ...]
    due: tuple[CareGap, ...]


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

    def triage(self, row: int, *, gaps: Sequence[CareGap], red_flags: Sequence[Reason], on: date) -> Triage:
        """One person with what the clinical rules found: open care gaps and red flags of the day `on`."""
        due = tuple(gap for gap in gaps if gap.from_on <= on or gap.refer is not None)
        overdue = tuple(gap for gap in due if gap.overdue(on))
        refer = tuple(gap.refer for gap in due if gap.refer is not None)
        answers = tuple(self._answer(question, row) for question in self.choices)
        reasons = (
            *red_flags,
            *refer,
            *self._level_reasons(answers),
            *(gap.reason for gap in overdue),
        )
        priority = _priority(int(self.levels[row]), red_flags=bool(red_flags), refer=bool(refer), overdue=bool(overdue))
        return Triage(priority, reasons, answers, self._foretold(row), due)

    def _answer(self, question: Question, row: int) -> Answer:
        choice = self.choices[question]
        told = choice.explain(row)
        used = told.used
        level = int(choice.levels[row])
        missing = dict.fromkeys(
            variable for refusal in told.refused for variable, flag in refusal.concerns if flag & Flag.MISSING
        )
        reference: float | None = None
        parts: tuple[Contribution, ...] = ()
        if used is not None:
            found = contributions(used.equation, used.outcome, self.people.take(np.array([row])))
            reference, parts = float(found.reference_risk[0]), found.top(0)
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
            concerns=told.concerns,
            missing=tuple(missing),
            caveats=_caveats(None if used is None else used.equation.caveat, used is not None),
        )

    def _foretold(self, row: int) -> tuple[Foretold, ...]:
        if self.models is None or self.scores is None or self.models.mode is Mode.SHADOW:
            return ()
        scorer = self.models.release.scorer
        person = self.people.take(np.array([row]))
        no_parts: tuple[Contribution, ...] = ()
        found = []
        for task, score in self.scores.items():
            tier = score.tier_of(row)
            if tier is None or np.isnan(score.risk[row]):
                continue
            model = scorer.models[task, tier]
            level = self.models.levels.get(model.id)
            ends = np.array([score.risk[row], score.low[row], score.high[row]])
            value, low, high = ends if level is None else level.apply(ends)
            filled = score.filled_of(row)
            reference, parts = float("nan"), no_parts
            if filled is None:
                told = scorer.contributions(person, task, tier)
                reference, parts = float(told.reference_risk[0]), _no_advice(told.top(0), model)
            unvalidated = level is None or not level.locally_validated
            caveats = _caveats(model.equation.caveat, unvalidated)
            found.append(
                Foretold(
                    task,
                    float(score.risk[row]),
                    float(value),
                    float(low),
                    float(high),
                    tier,
                    filled,
                    reference,
                    parts,
                    caveats,
                )
            )
        return tuple(found)

    def _level_reasons(self, answers: Sequence[Answer]) -> tuple[Reason, ...]:
        return tuple(reason for answer in answers for reason in _reasons(answer))


def assess(people: Inputs, models: Models | None) -> Assessment:
    """Assess everybody: a batch and one person take the same way."""
    choices = {question: applicable(question, people) for question in Question}
    levels = worst(*(choice.levels for choice in choices.values()))
    scores = None if models is None else models.release.scorer.score(people)
    rank = choices[Question.CVD].values
    if models is not None and scores is not None and models.mode is Mode.SHOWN:
        rank = scores[_RANKED_BY].risk
    return Assessment(people, MappingProxyType(choices), models, scores, levels, rank)


def order(priority: Sequence[Priority], rank: Column) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Rows from the first to look at to the last: by priority, then rank; unknown rank last, ties as they came."""
    known = np.where(np.isnan(rank), -1.0, rank)
    return np.lexsort((-known, -np.asarray(priority, dtype=np.int8)))


def _priority(level: int, *, red_flags: bool, refer: bool, overdue: bool) -> Priority:
    if red_flags:
        return Priority.AT_ONCE
    least = Priority.HIGH if refer else Priority.MEDIUM if overdue else Priority.NOT_KNOWN
    return max(Priority(level), least)


def _reasons(answer: Answer) -> tuple[Reason, ...]:
    """Why this answer matters: earlier disease, a band from medium on, equations that disagree, nothing known."""
    if answer.level is RiskLevel.VERY_HIGH and answer.value is None:
        return (Reason("RISK-PRIOR-CVD", Chosen.PRIOR_CVD.text),)
    found = []
    zh, en = answer.question.text.zh, answer.question.text.en
    if answer.value is not None and answer.level is not None and answer.level >= RiskLevel.MEDIUM:
        percent, band = f"{100 * answer.value:.1f}%", answer.level.text
        years = f"{answer.horizon_years:g}"
        found.append(
            because(
                "RISK-BAND",
                f"{zh}{years}年风险{percent}，{band.zh}（{answer.equation}）",
                f"{en} in {years} years: {percent}, {band.en.lower()} ({answer.equation})",
            )
        )
    if answer.disagree and answer.level is not None:
        values = [other.value for other in answer.others]
        low, high = (f"{100 * end(*values, answer.value or 0):.1f}%" for end in (min, max))
        found.append(
            because(
                "RISK-DISAGREE", f"{zh}：各公式不一致，{low}至{high}", f"{en}: the equations disagree, {low} to {high}"
            )
        )
    if answer.question is Question.CVD and answer.value is None and answer.missing:
        names = [variable.text for variable in answer.missing]
        found.append(
            because(
                "RISK-MISSING",
                f"{zh}风险无法计算，缺少{'、'.join(name.zh for name in names)}",
                f"no number for {en}: {', '.join(name.en for name in names)} not known",
            )
        )
    return tuple(found)


def _no_advice(parts: Sequence[Contribution], model: Model) -> tuple[Contribution, ...]:
    """Without levels that seem to lower a risk because the sick have them: J-shapes are real and no advice."""
    free = {term.variable for term in model.terms if term.monotone is Monotone.FREE}
    return tuple(part for part in parts if part.log_odds > 0 or part.variable not in free)


def _caveats(own: Text | None, unvalidated: bool) -> tuple[Text, ...]:
    return (*(() if own is None else (own,)), *((NOT_VALIDATED,) if unvalidated else ()))
