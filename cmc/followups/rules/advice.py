"""What the primary-care guideline says beside the statutory judgement of a visit (HTN-GL-01…07, diabetes). Pure.

Advice never changes a class, an action or a date (GEN-01). Each line names its rule, the facts it was said of, and the
edition of the guideline.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from cmc.clinical.blood_pressure import ControlLimit
from cmc.clinical.codes import Action, Classification, Disease, Hypoglycaemia
from cmc.clinical.medicines import DIURETIC, GLUCOSE_LOWERING, RAAS, DrugClass, find
from cmc.clinical.periods import add_months
from cmc.clinical.targets import PersonalTarget, Quantity, TargetFacts, targets
from cmc.clinical.units import mmol_l, mmol_l_words
from cmc.clinical.visit_facts import VisitFacts
from cmc.core.text import Text
from cmc.followups.rules.judgement import Judgement
from cmc.followups.rules.rulesets import RuleSet
from cmc.followups.rules.thresholds import Edition

PRESSURE_LOWERING: Final = (
    DIURETIC
    | RAAS
    | {
        DrugClass.CCB,
        DrugClass.CCB_RATE_LIMITING,
        DrugClass.BETA_BLOCKER,
        DrugClass.ALPHA_BLOCKER,
        DrugClass.CENTRAL,
        DrugClass.VASODILATOR,
    }
)
YOUNG_ONSET_BELOW: Final = 30  # HTN-GL-05
THREE_DRUGS: Final = 3  # HTN-GL-06


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceFacts:
    """What the advice on one visit looks at besides the visit's own facts.

    `medicines`: names as written; None when the question was not answered. `above_target_since`: the first day of the
    unbroken row of earlier visits, under treatment, with a pressure that was not at goal; None when the last was.
    `last_hba1c` the newest result in percent and its day.
    """

    diseases: frozenset[Disease]
    medicines: tuple[str, ...] | None = None
    personal: tuple[PersonalTarget, ...] = ()
    first_visit: bool = False
    above_target_since: date | None = None
    last_hba1c: tuple[Decimal, date] | None = None

    def classes(self, wanted: Iterable[DrugClass]) -> frozenset[DrugClass]:
        """The wanted classes among the medicines; names that the catalogue does not know count for none."""
        known = [medicine for name in self.medicines or () if (medicine := find(name)) is not None]
        return frozenset[DrugClass]().union(*(each.classes for each in known)) & frozenset(wanted)


@dataclass(frozen=True, slots=True)
class Advice:
    """One line of advice."""

    rule: str
    text: Text
    inputs: dict[str, Any]
    ruleset: str

    def plain(self) -> dict[str, Any]:
        """As it is stored beside the judgement."""
        text = {"zh": self.text.zh, "en": self.text.en}
        return {"rule": self.rule, "text": text, "inputs": self.inputs, "ruleset": self.ruleset}


_Said = tuple[str, str, str, dict[str, Any]]


def advise(judgement: Judgement, visit: VisitFacts, facts: AdviceFacts, ruleset: RuleSet) -> tuple[Advice, ...]:
    """Return the guideline's advice on one judged visit. Raises ValueError for a rule set that is no guideline."""
    if ruleset.edition is None:
        raise ValueError("this rule set judges and does not advise")
    of_disease = _hypertension if judgement.disease is Disease.HTN else _diabetes
    said = of_disease(judgement, visit, facts, ruleset.edition)
    return tuple(Advice(rule, Text(zh, en), inputs, ruleset.version) for rule, zh, en, inputs in said)


def pressure_target(
    edition: Edition, age_years: int, diseases: frozenset[Disease], personal: Iterable[PersonalTarget], on: date
) -> ControlLimit:
    """The pressure below which a person is at goal (HTN-GL-01); a doctor's own target overrides each limb."""
    limit = max((row for row in edition.targets if row.age_from <= age_years), key=lambda row: row.age_from)
    if edition.with_diabetes is not None and Disease.T2DM in diseases:
        limit = edition.with_diabetes
    own = targets(TargetFacts(age_years=age_years), personal, on=on)
    sbp, dbp = own.for_quantity(Quantity.SBP_MMHG), own.for_quantity(Quantity.DBP_MMHG)
    return ControlLimit(
        limit.age_from,
        int(sbp.high.value) if sbp and sbp.high else limit.sbp_below_mmhg,
        int(dbp.high.value) if dbp and dbp.high else limit.dbp_below_mmhg,
    )


def _hypertension(judgement: Judgement, visit: VisitFacts, facts: AdviceFacts, edition: Edition) -> Iterator[_Said]:
    yield from _referral_groups(visit)
    yield from _suspicions(visit, facts)
    if visit.sbp_mmhg is None or visit.dbp_mmhg is None:
        return
    limit = pressure_target(edition, visit.age_years, facts.diseases, facts.personal, judgement.on)
    at_goal = visit.sbp_mmhg < limit.sbp_below_mmhg and visit.dbp_mmhg < limit.dbp_below_mmhg
    goal = f"<{limit.sbp_below_mmhg}/{limit.dbp_below_mmhg}"
    measured = {"sbp_mmhg": visit.sbp_mmhg, "dbp_mmhg": visit.dbp_mmhg, "target": goal}
    zh, en = ("已达标", "at goal") if at_goal else ("未达标", "not at goal")
    yield (
        "HTN-GL-01",
        f"治疗目标 {goal}：{zh}",
        f"treatment target {goal}: {en}",
        {"age_years": visit.age_years, **measured},
    )
    yield from _recheck(edition, measured, at_goal=at_goal)
    if not at_goal:
        yield from _two_drugs(visit, facts, edition, limit, measured)
        yield from _hard_to_control(judgement, facts, edition, measured)
    if at_goal and visit.previous_action in {Action.REFER, Action.EMERGENCY_REFER} and not judgement.emergency:
        yield (
            "HTN-GL-07", "上次转诊，现已达标：诊断明确、方案确定者可下转管理",
            "referred before and at goal now: may be taken back when diagnosis and plan are settled",
            {"previous_action": str(visit.previous_action), **measured},
        )  # fmt: skip
    if judgement.classification is Classification.COMPLICATION:
        words = "新发或加重的靶器官损害：建议转诊", "new or worse organ damage: refer"
        yield "HTN-GL-06", *words, {"classification": int(judgement.classification)}


def _recheck(edition: Edition, measured: dict[str, Any], *, at_goal: bool) -> Iterator[_Said]:
    first, last = edition.recheck_weeks
    if at_goal:
        zh, en = (
            "达标：至少每3个月随访，每年全面评估一次",
            "at goal: at least every 3 months, a full assessment once a year",
        )
    else:
        zh, en = f"未达标：每{first}–{last}周复查直至达标", f"not at goal: check every {first}–{last} weeks until it is"
    yield "HTN-GL-02", zh, en, measured


def _two_drugs(
    visit: VisitFacts, facts: AdviceFacts, edition: Edition, limit: ControlLimit, measured: dict[str, Any]
) -> Iterator[_Said]:
    sbp, dbp, more = visit.sbp_mmhg or 0, visit.dbp_mmhg or 0, edition.two_drugs_above_target
    high = sbp >= edition.two_drugs_from[0] or dbp >= edition.two_drugs_from[1]
    above = sbp >= limit.sbp_below_mmhg + more[0] or dbp >= limit.dbp_below_mmhg + more[1]
    taken = facts.classes(PRESSURE_LOWERING)
    if facts.medicines is not None and len(taken) < 2 and (high or above):
        inputs = {**measured, "classes": sorted(taken)}
        yield "HTN-GL-03", "血压明显升高：考虑两药联合", "clearly above target: consider two drugs together", inputs


def _hard_to_control(
    judgement: Judgement, facts: AdviceFacts, edition: Edition, measured: dict[str, Any]
) -> Iterator[_Said]:
    taken = facts.classes(PRESSURE_LOWERING)
    if len(taken) >= THREE_DRUGS and taken & DIURETIC:
        inputs = {**measured, "classes": sorted(taken)}
        yield (
            "HTN-GL-06",
            "三类药物（含利尿剂）仍未达标：若已足量，建议转诊",
            "three classes with a diuretic: refer if at full dose",
            inputs,
        )
    since, months = facts.above_target_since, edition.hard_to_control_months
    if since is not None and add_months(since, months) <= judgement.on:
        inputs = {**measured, "since": since.isoformat()}
        yield (
            "HTN-GL-06",
            f"规律治疗{months}个月未达标：建议转诊",
            f"treated and not at goal for {months} months: refer",
            inputs,
        )


def _referral_groups(visit: VisitFacts) -> Iterator[_Said]:
    if visit.pregnant_or_lactating:
        yield "HTN-GL-04", "孕产妇：建议转诊", "pregnant or lactating: refer", {"pregnant_or_lactating": True}
    if visit.danger_symptoms:
        signs = sorted(str(each) for each in visit.danger_symptoms)
        yield "HTN-GL-04", "症状重：建议转诊", "severe symptoms: refer", {"danger_symptoms": signs}


def _suspicions(visit: VisitFacts, facts: AdviceFacts) -> Iterator[_Said]:
    """HTN-GL-05, of what a visit knows: the first visit below 30 years, or with newly found proteinuria."""
    if facts.first_visit and visit.age_years < YOUNG_ONSET_BELOW:
        words = "30岁前起病：排查继发性高血压", "onset before 30 years: look for secondary hypertension"
        yield "HTN-GL-05", *words, {"age_years": visit.age_years}
    if facts.first_visit and visit.new_proteinuria:
        words = "蛋白尿：排查继发性高血压", "proteinuria: look for secondary hypertension"
        yield "HTN-GL-05", *words, {"new_proteinuria": True}


def _diabetes(judgement: Judgement, visit: VisitFacts, facts: AdviceFacts, edition: Edition) -> Iterator[_Said]:
    if visit.pregnant_or_lactating:
        yield "DM-GL-03", "孕产妇：建议转诊", "pregnant or lactating: refer", {"pregnant_or_lactating": True}
        return
    prone = visit.hypoglycaemia is Hypoglycaemia.FREQUENT
    known = TargetFacts(
        age_years=visit.age_years,
        diseases=frozenset({Disease.T2DM}),
        hypoglycaemia_prone=prone,
        complications=judgement.classification is Classification.COMPLICATION,
    )
    goals = targets(known, facts.personal, on=judgement.on)
    value, goal = visit.fasting_glucose_umol_l, goals.for_quantity(Quantity.FASTING_MMOL_L)
    if value is not None and visit.fasting_glucose_flag is None and goal is not None:
        zh, en = ("已达标", "at goal") if goal.met(mmol_l(value)) else ("未达标", "not at goal")
        inputs = {"age_years": visit.age_years, "fasting_glucose_umol_l": value, "target": goal.label}
        words = mmol_l_words(value)
        yield (
            "DM-TARGET",
            f"空腹血糖 {words}，目标 {goal.label}：{zh}",
            f"fasting {words}, target {goal.label}: {en}",
            inputs,
        )
    hba1c = goals.for_quantity(Quantity.HBA1C_PERCENT)
    met = None if facts.last_hba1c is None or hba1c is None else hba1c.met(facts.last_hba1c[0])
    yield from _hba1c(judgement, facts, edition, met)
    if facts.first_visit:
        checks = (
            "首次随访：完成血脂、肝肾功能、尿白蛋白、眼底、足与神经、心电图检查",
            "first visit: lipids, liver and kidney function, UACR, fundus, foot and nerves, ECG",
        )
        yield "DM-GL-02", *checks, {"first_visit": True}


def _hba1c(judgement: Judgement, facts: AdviceFacts, edition: Edition, met: bool | None) -> Iterator[_Said]:
    changed = judgement.action in {Action.ADJUST, Action.REFER, Action.EMERGENCY_REFER}
    months = edition.hba1c_months[1] if met and not changed else edition.hba1c_months[0]
    if facts.last_hba1c is None:
        words = "尚无糖化血红蛋白结果：应检测", "no HbA1c on file: to be measured"
        yield "DM-GL-01", *words, {"treated": bool(facts.classes(GLUCOSE_LOWERING))}
        return
    percent, day = facts.last_hba1c
    due_on = add_months(day, months)
    if due_on <= judgement.on:
        inputs = {"hba1c_percent": str(percent), "hba1c_on": day.isoformat(), "months": months}
        zh, en = f"糖化血红蛋白已超过{months}个月：应检测", f"HbA1c is {months} months old or more: to be measured"
        yield "DM-GL-01", zh, en, inputs
