"""What the API gives of one score: inputs, answers, models, parts; words are made of the stored codes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, Field

from cmc.charts.schemas import ReasonOut
from cmc.clinical.care_gaps import CareItem
from cmc.clinical.stratification import RiskLevel
from cmc.core.text import Text
from cmc.risk.answers import Priority
from cmc.risk.codes import InputSource
from cmc.risk.equations import by_id
from cmc.risk.equations.choice import CANDIDATES, Question
from cmc.risk.equations.equation import Flag
from cmc.risk.equations.unfit import Reason as Chosen
from cmc.risk.equations.variables import TRAITS, Influence, Variable
from cmc.risk.models.model import CAVEAT, DEATHS, TIERS
from cmc.risk.models.terms import Tier
from cmc.risk.recalibration import NOT_VALIDATED
from cmc.risk.switch import Mode
from cmc.risk.tables import RiskScore

_TASKS: Final = {task.key: task for task in TIERS}
_UNITS: Final = {Variable.AGE: Text("岁", "years"), Variable.DIABETES_YEARS: Text("年", "years")}
"""Units that are words; the others are signs and the same in every language."""
_FLAGS: Final = {
    Flag.MISSING: Text("未知", "not known"),
    Flag.IMPLAUSIBLE: Text("数值不可信，可能单位有误", "cannot be true in this unit"),
    Flag.OUT_OF_RANGE: Text("超出公式适用范围", "outside what the equation is for"),
    Flag.NOT_FOR: Text("不属于公式适用人群", "not one of whom the equation is for"),
    Flag.CLAMPED: Text("按边界值计算", "taken as the nearest limit"),
    Flag.EXTRAPOLATED: Text("超出建模人群范围", "beyond the people it was made in"),
    Flag.ASSUMED: Text("未知，按常用值计算", "not known, the usual value was taken"),
}


class RiskInputOut(BaseModel):
    """One input of a score: value in its unit, the day it is of, where it comes from."""

    variable: Variable
    text: Text
    unit: str = Field(description="empty for yes (1) or no (0)")
    unit_text: Text = Field(description="the unit in words; empty like the unit")
    value: float
    on: date | None
    source: InputSource


class RiskPartOut(BaseModel):
    """What raises (above 0) or lowers a number against somebody of the same age and sex, on the log-odds scale.

    An association, never the effect of a change.
    """

    variable: Variable
    text: Text
    log_odds: float
    modifiable: bool


class RiskOtherOut(BaseModel):
    """Another equation's number for the same question."""

    equation: str
    title: Text
    value: float


class RiskConcernOut(BaseModel):
    """What was done to an input."""

    variable: Variable
    text: Text
    what: list[Text]


class RiskMissingOut(BaseModel):
    """What would have to be asked or measured."""

    variable: Variable
    text: Text


class RiskAnswerOut(BaseModel):
    """One question: the number in 0–1 or none, its band, which equation and why, what else is to be shown beside it."""

    question: Question
    text: Text
    value: float | None
    horizon_years: float | None
    level: RiskLevel | None
    level_text: Text | None
    equation: str | None
    title: Text | None
    version: str | None
    population: Text | None
    why: Text
    others: list[RiskOtherOut]
    disagree: bool = Field(description="the equations' bands differ, or the highest is twice the lowest")
    reference_value: float | None = Field(description="of somebody of the same age and sex without risk factors")
    parts: list[RiskPartOut] = Field(description="three that raise, two that lower; what can change first")
    at_goals: float | None = Field(description="with pressure and cholesterol at their goals and without smoking")
    concerns: list[RiskConcernOut]
    missing: list[RiskMissingOut]
    caveats: list[Text]

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Self:
        question, reason = Question(kept["question"]), Chosen(kept["reason"])
        equation = by_id(kept["equation"]) if "equation" in kept else None
        used = next((each for each in CANDIDATES[question] if equation and each.equation.id == equation.id), None)
        level = RiskLevel(kept["level"]) if "level" in kept else None
        return cls(
            question=question,
            text=question.text,
            value=kept.get("value"),
            horizon_years=equation.horizon_years if equation else None,
            level=level,
            level_text=level.text if level else None,
            equation=equation.id if equation else None,
            title=equation.title if equation else None,
            version=kept.get("version"),
            population=equation.population if equation else None,
            why=used.why if used else reason.text,
            others=[_other(*each) for each in kept.get("others", ())],
            disagree=kept.get("disagree", False),
            reference_value=kept.get("reference"),
            parts=[_part(*each) for each in kept.get("parts", ())],
            at_goals=kept.get("at_goals"),
            concerns=[_concern(*each) for each in kept.get("concerns", ())],
            missing=[_missing(each) for each in kept.get("missing", ())],
            caveats=[each for each in (equation.caveat, NOT_VALIDATED) if each] if equation else [],
        )


class RiskModelOut(BaseModel):
    """One number of a trained model: raw and at the local level, its 80 % band, tier, what was filled in."""

    task: str
    text: Text
    horizon_years: float | None = Field(description="none: now, if it were tested")
    raw: float
    value: float
    low: float
    high: float
    tier: Tier
    tier_text: Text
    filled: RiskMissingOut | None
    level_version: int = Field(description="of the local level; 0 as the model was made")
    reference_value: float | None
    parts: list[RiskPartOut]
    caveats: list[Text]

    @classmethod
    def of(cls, kept: dict[str, Any], validated: frozenset[tuple[str, int]]) -> Self:
        task, tier = _TASKS[kept["task"]], Tier(kept["tier"])
        is_validated = (f"risk-{task.key}-{tier.value}", kept["level"]) in validated
        return cls(
            task=task.key,
            text=task.outcome.text,
            horizon_years=task.horizon_years,
            **{name: kept[name] for name in ("raw", "value", "low", "high")},
            tier=tier,
            tier_text=tier.text,
            filled=_missing(kept["filled"]) if "filled" in kept else None,
            level_version=kept["level"],
            reference_value=kept.get("reference"),
            parts=[_part(*each) for each in kept.get("parts", ())],
            caveats=[CAVEAT] if is_validated else [NOT_VALIDATED, CAVEAT],
        )


class RiskDueOut(BaseModel):
    """A test that is due; a low number never hides it."""

    item: CareItem
    text: Text
    from_on: date
    by_on: date
    refer: bool


class RiskScoreOut(BaseModel):
    """A score with all that it was made of.

    `models` is empty while the trained models are in shadow, and holds no deaths after cardiovascular disease.
    """

    id: UUID
    as_of: date
    scored_at: datetime
    band: RiskLevel | None
    priority: Priority
    tier: Tier | None
    equations: str
    release: str
    mode: Mode
    inputs: list[RiskInputOut]
    answers: list[RiskAnswerOut]
    models: list[RiskModelOut]
    reasons: list[ReasonOut]
    due: list[RiskDueOut]

    @classmethod
    def of(cls, row: RiskScore, now: Mode, validated: frozenset[tuple[str, int]]) -> Self:
        """`now`: how the models are used today; what was shown once is hidden when they are back in shadow."""
        is_shown = row.mode == Mode.SHOWN and now is Mode.SHOWN
        return cls(
            id=row.id,
            as_of=row.as_of,
            scored_at=row.scored_at,
            band=RiskLevel(row.band) if row.band else None,
            priority=Priority(row.priority),
            tier=Tier(row.tier) if row.tier else None,
            equations=row.equations,
            release=row.release,
            mode=now,
            inputs=[_input(name, *each) for name, each in row.inputs.items()],
            answers=[RiskAnswerOut.of(each) for each in row.answers],
            models=[RiskModelOut.of(each, validated) for each in _told(row)] if is_shown else [],
            reasons=[ReasonOut(rule=each["rule"], text=Text(each["zh"], each["en"])) for each in row.reasons],
            due=[_due(each) for each in row.due],
        )


def _told(row: RiskScore) -> list[dict[str, Any]]:
    """The models' numbers that may be shown: after cardiovascular disease no percentage of deaths is."""
    prior = any(each["question"] == Question.CVD and each["reason"] == Chosen.PRIOR_CVD for each in row.answers)
    return [each for each in row.models if not (prior and _TASKS[each["task"]] in DEATHS)]


def _input(name: str, value: float, on: str | None, source: str) -> RiskInputOut:
    variable = Variable(name)
    unit = TRAITS[variable].unit
    return RiskInputOut(
        variable=variable,
        text=variable.text,
        unit=unit,
        unit_text=_UNITS.get(variable, Text(unit, unit)),
        value=value,
        on=date.fromisoformat(on) if on else None,
        source=InputSource(source),
    )


def _part(name: str, log_odds: float) -> RiskPartOut:
    variable = Variable(name)
    can_change = TRAITS[variable].influence is Influence.MODIFIABLE
    return RiskPartOut(variable=variable, text=variable.text, log_odds=log_odds, modifiable=can_change)


def _other(equation: str, value: float) -> RiskOtherOut:
    return RiskOtherOut(equation=equation, title=by_id(equation).title, value=value)


def _concern(name: str, flags: int) -> RiskConcernOut:
    variable = Variable(name)
    return RiskConcernOut(
        variable=variable, text=variable.text, what=[words for flag, words in _FLAGS.items() if flags & flag]
    )


def _missing(name: str) -> RiskMissingOut:
    return RiskMissingOut(variable=Variable(name), text=Variable(name).text)


def _due(kept: dict[str, Any]) -> RiskDueOut:
    item = CareItem(kept["item"])
    return RiskDueOut(
        item=item,
        text=item.text,
        from_on=date.fromisoformat(kept["from_on"]),
        by_on=date.fromisoformat(kept["by_on"]),
        refer=kept["refer"],
    )
