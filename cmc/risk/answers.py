"""What triage tells of one person: priority, answers of the equations, numbers of the models, reasons (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from cmc.clinical.care_gaps import CareGap
from cmc.clinical.reasons import Reason, because
from cmc.clinical.stratification import RiskLevel
from cmc.core.named import NamedInt
from cmc.core.text import Text
from cmc.risk.equations import by_id
from cmc.risk.equations.choice import Question
from cmc.risk.equations.contributions import Contribution
from cmc.risk.equations.equation import Flag
from cmc.risk.equations.unfit import Reason as Chosen
from cmc.risk.equations.variables import Variable
from cmc.risk.models.model import Task
from cmc.risk.models.terms import Tier


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
    equation used and why, those that apply as well, whether they disagree, what raises and lowers it, the number at
    the goals where that may be shown, what is missing.
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
    at_goals: float | None
    concerns: tuple[tuple[Variable, Flag], ...]
    missing: tuple[Variable, ...]
    caveats: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Foretold:
    """One number of our own models: raw, and at the local level; 80 % band, tier, what was filled in, what moves it.

    With an item filled in there is no reference and there are no parts: they would be of somebody else.
    """

    task: Task
    raw: float
    value: float
    low: float
    high: float
    tier: Tier
    filled: Variable | None
    reference_value: float | None
    parts: tuple[Contribution, ...]
    caveats: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Triage:
    """One person: priority, the least that the clinical rules ask for, every reason with its rule, the answers, what is
    due; models only when they are shown."""

    priority: Priority
    lifted: Priority
    reasons: tuple[Reason, ...]
    answers: tuple[Answer, ...]
    foretold: tuple[Foretold, ...]
    due: tuple[CareGap, ...]


def reasons_of(answer: Answer) -> tuple[Reason, ...]:
    """Why this answer matters: earlier disease, a band from medium on, equations that disagree, nothing known."""
    if answer.level is RiskLevel.VERY_HIGH and answer.value is None:
        return (Reason("RISK-PRIOR-CVD", Chosen.PRIOR_CVD.text),)
    found = []
    zh, en = answer.question.text.zh, answer.question.text.en
    if answer.value is not None and answer.equation and answer.level is not None and answer.level >= RiskLevel.MEDIUM:
        percent, band = f"{100 * answer.value:.1f}%", answer.level.text
        years = f"{answer.horizon_years:g}"
        made_by = by_id(answer.equation).title
        found.append(
            because(
                "RISK-BAND",
                f"{zh}{years}年风险{percent}，{band.zh}（{made_by.zh}）",
                f"{en} in {years} years: {percent}, {band.en.lower()} ({made_by.en})",
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
    if answer.question is Question.CVD and answer.value is None and not answer.missing:
        found.append(Reason("RISK-NO-NUMBER", answer.why))
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
