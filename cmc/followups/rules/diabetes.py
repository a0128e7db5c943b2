"""Judging a type 2 diabetes follow-up (NBPHS-2017): DM-FU-05…09, DM-EM-01…06, FU-SEV, FU-CONS, FU-EM, FU-NEXT."""

from __future__ import annotations

from datetime import date
from typing import Final

from cmc.clinical.codes import Disease, FootPulse, GlucoseFlag, Hypoglycaemia
from cmc.clinical.emergencies import diabetes_emergencies
from cmc.clinical.glucose import FASTING_SATISFACTORY_BELOW_UMOL_L, fasting_satisfactory
from cmc.clinical.units import mmol_l_words
from cmc.clinical.visit_facts import VisitFacts
from cmc.core.text import Text
from cmc.followups.rules.decision import Findings, decide
from cmc.followups.rules.findings import adverse_reactions, new_complications, worse_complications
from cmc.followups.rules.judgement import STANDARD, Judgement, Programme, Rhythm

_MISSING: Final = Text("缺少空腹血糖", "fasting glucose is missing")


def judge(facts: VisitFacts, on: date, rhythm: Rhythm = STANDARD) -> Judgement:
    """Judge one type 2 diabetes visit of the local date `on`.

    Satisfactory is a fasting glucose below 7.0 mmol/L (DM-FU-05). Without a fasting value the class stays empty and the
    value is asked for within 14 days, while every glucose is tested for an emergency (DM-FU-07, GLU-01); an adverse
    reaction or a complication still sets its class, which no value could lower.
    """
    controlled, reasons = _value_test(facts)
    adverse = adverse_reactions(facts) + _frequent_hypoglycaemia(facts)
    new, worse = _foot_pulse(facts)
    findings = Findings(
        controlled=controlled,
        value_reasons=reasons,
        adverse_reactions=adverse,
        new_complications=new_complications(facts) + new + _newly_found(facts),
        worse_complications=worse_complications(facts) + worse,
        emergencies=diabetes_emergencies(facts),
        warnings=_warnings(facts),
        rule_ids=_rule_ids(facts),
    )
    return decide(Disease.T2DM, facts, on, findings, rhythm)


def _value_test(facts: VisitFacts) -> tuple[bool | None, tuple[Text, ...]]:
    """The value test; HI stands for a value above every limit, LO for one below (GLU-03)."""
    if facts.fasting_glucose_flag is not None:
        flag = facts.fasting_glucose_flag
        words = Text(f"空腹血糖 {flag}：{flag.text.zh}", f"fasting glucose {flag}: {flag.text.en.lower()}")
        return flag is GlucoseFlag.LO, (words,)
    value = facts.fasting_glucose_umol_l
    if value is None:
        return None, (_MISSING,)
    satisfactory = fasting_satisfactory(value)
    sign = "<" if satisfactory else "≥"
    compared = f"{mmol_l_words(value)} {sign} {mmol_l_words(FASTING_SATISFACTORY_BELOW_UMOL_L)}"
    return satisfactory, (Text(f"空腹血糖 {compared}", f"fasting glucose {compared}"),)


def _frequent_hypoglycaemia(facts: VisitFacts) -> tuple[Text, ...]:
    """DM-FU-09: frequent hypoglycaemic reactions count as an adverse drug reaction."""
    if facts.hypoglycaemia is not Hypoglycaemia.FREQUENT:
        return ()
    return (Text("低血糖反应：频繁", "hypoglycaemic reactions: frequent"),)


def _warnings(facts: VisitFacts) -> tuple[Text, ...]:
    """DM-FU-09: occasional hypoglycaemic reactions are told, and change nothing."""
    if facts.hypoglycaemia is not Hypoglycaemia.OCCASIONAL:
        return ()
    return (Text("低血糖反应：偶尔", "hypoglycaemic reactions: occasional"),)


def _foot_pulse(facts: VisitFacts) -> tuple[tuple[Text, ...], tuple[Text, ...]]:
    """DM-FU-08: (new, worse). Weak or absent is new after normal or no earlier finding; absent after weak is worse."""
    pulse = facts.foot_pulse
    if pulse is None or pulse is FootPulse.NORMAL:
        return (), ()
    before = facts.previous_foot_pulse
    known = before.text if before else Text("无记录", "not recorded")
    words = Text(
        f"足背动脉搏动{pulse.text.zh}（上次：{known.zh}）",
        f"dorsalis pedis pulse {pulse.text.en.lower()} (before: {known.en.lower()})",
    )
    if before is None or before is FootPulse.NORMAL:
        return (words,), ()
    return (), ((words,) if pulse > before else ())


def _newly_found(facts: VisitFacts) -> tuple[Text, ...]:
    """DM-FU-08: what else counts as a new complication."""
    signs = (
        (facts.new_foot_ulcer, Text("新发足溃疡", "new foot ulcer")),
        (facts.new_visual_loss, Text("新发视力下降", "new visual loss")),
        (facts.new_proteinuria, Text("新发蛋白尿", "new proteinuria")),
    )
    return tuple(words for present, words in signs if present)


def _rule_ids(facts: VisitFacts) -> tuple[str, ...]:
    rules = ["DM-FU-05" if facts.fasting_glucose_known else "DM-FU-07"]
    if facts.fasting_glucose_flag or facts.other_glucose_flag:
        rules.append("GLU-03")
    new, worse = _foot_pulse(facts)
    if new or worse or _newly_found(facts):
        rules.append("DM-FU-08")
    if facts.hypoglycaemia in {Hypoglycaemia.OCCASIONAL, Hypoglycaemia.FREQUENT}:
        rules.append("DM-FU-09")
    return tuple(rules)


PROGRAMME: Final = Programme(Disease.T2DM, judge, ("fasting_glucose_umol_l", "sbp_mmhg", "dbp_mmhg", "foot_pulse"))
