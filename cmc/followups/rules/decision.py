"""The decision table both programmes share (HTN-FU-06, DM-FU-06); only the value test differs between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from cmc.clinical.classification import SOON_DAYS, latest_next_date, most_severe, with_emergency_floor, within_days
from cmc.clinical.codes import Action, Classification, Disease, ReferralReason
from cmc.clinical.emergencies import Emergency
from cmc.clinical.visit_facts import VisitFacts
from cmc.core.text import Text
from cmc.followups.rules.judgement import Judgement, Rhythm

_CHAINED: Final = (Classification.UNSATISFACTORY, Classification.ADVERSE_REACTION)
_CHAIN_REASON: Final = {
    Classification.UNSATISFACTORY: ReferralReason.CONSECUTIVE_UNSATISFACTORY,
    Classification.ADVERSE_REACTION: ReferralReason.ADVERSE_REACTION_PERSISTS,
}
_TABLE_RULE: Final = {Disease.HTN: "HTN-FU-06", Disease.T2DM: "DM-FU-06"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a programme found in the facts, each with its words; an empty tuple means not found.

    `controlled` is the value test, None when the deciding value is missing.
    """

    controlled: bool | None
    value_reasons: tuple[Text, ...]
    adverse_reactions: tuple[Text, ...]
    new_complications: tuple[Text, ...]
    worse_complications: tuple[Text, ...]
    emergencies: tuple[Emergency, ...]
    warnings: tuple[Text, ...]
    rule_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """The row of the table that applies."""

    action: Action
    days: int
    referral: ReferralReason | None = None
    reasons: tuple[Text, ...] = ()
    rule_ids: tuple[str, ...] = ()


def decide(disease: Disease, facts: VisitFacts, on: date, findings: Findings, rhythm: Rhythm) -> Judgement:
    """The judgement that follows from the findings, the previous result in `facts`, and the date of the visit."""
    by_value = most_severe(_candidates(findings))
    classification = with_emergency_floor(by_value, emergency=bool(findings.emergencies))
    step = _step(classification, facts, findings, rhythm)
    check = ("HTN-EM-05",) if findings.emergencies and disease is Disease.HTN else ()
    findings_words = (
        *findings.value_reasons,
        *findings.adverse_reactions,
        *findings.new_complications,
        *findings.worse_complications,
        *(emergency.reason for emergency in findings.emergencies),
    )
    criteria = tuple(dict.fromkeys(emergency.criterion for emergency in findings.emergencies))
    severity = ("FU-SEV-01",) if len(_candidates(findings)) > 1 else ()
    rules = (*findings.rule_ids, _TABLE_RULE[disease], *criteria, *check, *severity, *step.rule_ids, "FU-NEXT-01")
    return Judgement(
        disease=disease,
        on=on,
        classification=classification,
        controlled=findings.controlled,
        action=step.action,
        next_within_days=step.days,
        next_on_latest=latest_next_date(on, step.days),
        emergencies=criteria,
        referral_reason=step.referral,
        rule_ids=tuple(dict.fromkeys(str(rule) for rule in rules)),
        reasons=findings_words + step.reasons,
        warnings=findings.warnings,
        inputs={"on": on.isoformat(), **facts.plain()},
    )


def _candidates(findings: Findings) -> list[Classification]:
    """Every class that applies. A missing value cannot hide an adverse reaction or a complication: both outrank it."""
    found = []
    if findings.controlled is not None:
        found.append(Classification.SATISFACTORY if findings.controlled else Classification.UNSATISFACTORY)
    if findings.adverse_reactions:
        found.append(Classification.ADVERSE_REACTION)
    if findings.new_complications or findings.worse_complications:
        found.append(Classification.COMPLICATION)
    return found


def _step(classification: Classification | None, facts: VisitFacts, findings: Findings, rhythm: Rhythm) -> _Step:
    if findings.emergencies:
        return _Step(Action.EMERGENCY_REFER, SOON_DAYS, ReferralReason.EMERGENCY, rule_ids=("FU-EM-01",))
    if classification is None:
        return _Step(Action.NEED_DATA, SOON_DAYS)
    if classification is Classification.COMPLICATION:
        new = bool(findings.new_complications)
        reason = ReferralReason.NEW_COMPLICATION if new else ReferralReason.WORSE_COMPLICATION
        return _Step(Action.REFER, SOON_DAYS, reason)
    if classification is Classification.SATISFACTORY:
        return _Step(Action.ROUTINE, within_days(Action.ROUTINE, rhythm.routine_days))
    return _unsuccessful(classification, facts, rhythm)


def _unsuccessful(classification: Classification, facts: VisitFacts, rhythm: Rhythm) -> _Step:
    """Class 2 or 3: adjust the first time, refer the second time (FU-CONS-01, FU-CONS-02).

    After a referral for values that stay too high the rhythm is routine again (FU-CONS-03). A reaction that stays is
    never left alone for longer than the two weeks.
    """
    previous = facts.previous_classification
    chained = previous in _CHAINED and (rhythm.any_two_refer or previous is classification)
    if not chained or previous is None:
        return _Step(Action.ADJUST, SOON_DAYS, rule_ids=("FU-CONS-02",))
    words = Text(f"上次随访：{previous.text.zh}", f"previous follow-up: {previous.text.en.lower()}")
    referral = _CHAIN_REASON[classification]
    only_values = previous is classification is Classification.UNSATISFACTORY
    if not only_values or facts.previous_action is not Action.REFER:
        return _Step(Action.REFER, SOON_DAYS, referral, (words,), ("FU-CONS-01", "FU-CONS-02"))
    after = Text(
        "已转诊并完成两周核查，恢复常规随访并再次建议转诊",
        "referred before and checked after two weeks: the routine rhythm resumes, referral is advised again",
    )
    rules = ("FU-CONS-01", "FU-CONS-02", "FU-CONS-03")
    return _Step(Action.REFER, rhythm.routine_days, referral, (words, after), rules)
