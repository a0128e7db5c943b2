"""Judging a hypertension follow-up (NBPHS-2017): HTN-FU-05/06, HTN-EM-01…05, FU-SEV, FU-CONS, FU-EM, FU-NEXT."""

from __future__ import annotations

from datetime import date
from typing import Final

from cmc.clinical.blood_pressure import control_limit
from cmc.clinical.codes import Disease
from cmc.clinical.emergencies import hypertension_emergencies
from cmc.clinical.visit_facts import VisitFacts
from cmc.core.text import Text
from cmc.followups.rules.decision import Findings, decide
from cmc.followups.rules.findings import adverse_reactions, new_complications, worse_complications
from cmc.followups.rules.judgement import STANDARD, Judgement, Programme, Rhythm


def judge(facts: VisitFacts, on: date, rhythm: Rhythm = STANDARD) -> Judgement:
    """Judge one hypertension visit of the local date `on`.

    Satisfactory is SBP <140 and DBP <90 mmHg, from 65 years SBP <150 and DBP <90 (HTN-FU-05). One limb at or above its
    limit is enough for class 2; without a full pair, and none, the class stays empty and the value is asked for.
    """
    controlled, reasons = _value_test(facts)
    findings = Findings(
        controlled=controlled,
        value_reasons=reasons,
        adverse_reactions=adverse_reactions(facts),
        new_complications=new_complications(facts),
        worse_complications=worse_complications(facts),
        emergencies=hypertension_emergencies(facts),
        warnings=(),
        rule_ids=("HTN-FU-05",),
    )
    return decide(Disease.HTN, facts, on, findings, rhythm)


def _value_test(facts: VisitFacts) -> tuple[bool | None, tuple[Text, ...]]:
    limit = control_limit(facts.age_years)
    limbs = (
        (facts.sbp_mmhg, limit.sbp_below_mmhg, "收缩压", "systolic"),
        (facts.dbp_mmhg, limit.dbp_below_mmhg, "舒张压", "diastolic"),
    )
    words: list[Text] = []
    missing: list[Text] = []
    high: list[Text] = []
    for value, below, zh, en in limbs:
        if value is None:
            missing.append(Text(f"缺少{zh}", f"{en} pressure is missing"))
            continue
        target = words if value < below else high
        sign = "<" if value < below else "≥"
        target.append(Text(f"{zh} {value} {sign} {below}", f"{en} {value} {sign} {below}"))
    if high:
        return False, tuple(high)
    return (None, tuple(missing)) if missing else (True, tuple(words))


PROGRAMME: Final = Programme(Disease.HTN, judge, ("sbp_mmhg", "dbp_mmhg"))
