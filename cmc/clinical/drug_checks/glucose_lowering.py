"""Checks of medicines that lower glucose: DRUG-10, DRUG-11, DRUG-12."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from cmc.clinical.conditions import Condition
from cmc.clinical.drug_checks.facts import Answer, DrugFacts, DrugFinding, MetforminProfile, Prescription
from cmc.clinical.drug_checks.wording import block, held, warn
from cmc.clinical.medicines import DrugClass, Medicine
from cmc.clinical.reasons import Reason, because

METFORMIN_STOP_BELOW: Final = {MetforminProfile.CN: 45, MetforminProfile.INTERNATIONAL: 30}  # DRUG-10
METFORMIN_REDUCE_BELOW: Final = {MetforminProfile.CN: 60, MetforminProfile.INTERNATIONAL: 45}  # DRUG-10
GLIBENCLAMIDE_AGE_FROM: Final = 75  # DRUG-11
GLIBENCLAMIDE_EGFR_BELOW: Final = 30  # DRUG-11: CKD 4
_NOT_WITH_METFORMIN: Final = frozenset({Condition.SEVERE_INFECTION, Condition.HYPOXIA, Condition.LIVER_FAILURE})
_NOT_WITH_SGLT2: Final = frozenset({Condition.TYPE_1_DIABETES, Condition.KETOACIDOSIS_HISTORY, Condition.PERIOPERATIVE})


def metformin(prescription: Prescription, facts: DrugFacts) -> Answer:
    """DRUG-10: metformin by eGFR and profile; severe infection, hypoxia, liver failure; iodinated contrast."""
    given = prescription.with_ingredient("metformin")
    if not given:
        return Answer()
    found: list[DrugFinding] = []
    known = facts.conditions & _NOT_WITH_METFORMIN
    if known:
        words = held(known)
        found.append(block("DRUG-10", given, f"{words.zh}禁用", words.en, conditions=",".join(sorted(known))))
    if Condition.IODINATED_CONTRAST in facts.conditions:
        zh = "用碘造影剂时停用，48小时后肾功能稳定再恢复"
        found.append(
            block("DRUG-10", given, zh, "stop for iodinated contrast; resume after 48 h if the kidney is stable")
        )
    if facts.egfr is None:
        return Answer(tuple(found), (because("DRUG-10", "缺少eGFR，未核对", "eGFR is not known: not checked"),))
    return Answer((*found, *_metformin_by_egfr(given, facts.egfr, facts.metformin_profile)))


def _metformin_by_egfr(
    given: tuple[Medicine, ...], egfr: Decimal, profile: MetforminProfile
) -> tuple[DrugFinding, ...]:
    stop, reduce = METFORMIN_STOP_BELOW[profile], METFORMIN_REDUCE_BELOW[profile]
    inputs = {"egfr": egfr, "profile": profile.value}
    if egfr < stop:
        return (block("DRUG-10", given, f"eGFR低于{stop}应停用", f"stop below eGFR {stop}", **inputs),)
    if egfr >= reduce:
        return ()
    if profile is MetforminProfile.INTERNATIONAL:
        return (warn("DRUG-10", given, "eGFR 30–44：减半，不新用", "eGFR 30–44: halve, do not start", **inputs),)
    return (warn("DRUG-10", given, "eGFR 45–59：减量", "eGFR 45–59: reduce the dose", **inputs),)


def hypoglycaemia_risk(prescription: Prescription, facts: DrugFacts) -> Answer:
    """DRUG-11: a sulfonylurea or insulin after glucose at or below 3.9; glibenclamide, hidden ones included, never from
    75 years on or with CKD 4."""
    lowering = prescription.of(DrugClass.SULFONYLUREA, DrugClass.INSULIN)
    found: list[DrugFinding] = []
    missing: list[Reason] = []
    if lowering and facts.low_glucose_events:
        zh, en = "近期血糖≤3.9 mmol/L，应复核用药", "glucose at or below 3.9 mmol/L lately: review"
        found.append(warn("DRUG-11", lowering, zh, en, low_glucose_events=facts.low_glucose_events))
    glibenclamide = prescription.with_ingredient("glibenclamide")
    if glibenclamide:
        if facts.age_years is not None and facts.age_years >= GLIBENCLAMIDE_AGE_FROM:
            zh, en = "75岁及以上不用格列本脲", "no glibenclamide from 75 years on"
            found.append(block("DRUG-11", glibenclamide, zh, en, age_years=facts.age_years))
        if facts.egfr is not None and facts.egfr < GLIBENCLAMIDE_EGFR_BELOW:
            zh, en = "CKD 4期及以上不用格列本脲", "no glibenclamide from CKD 4 on"
            found.append(block("DRUG-11", glibenclamide, zh, en, egfr=facts.egfr))
        if facts.age_years is None or facts.egfr is None:
            missing.append(
                because("DRUG-11", "缺少年龄或eGFR，未完全核对", "Age or eGFR is not known: checked in part")
            )
    return Answer(tuple(found), tuple(missing))


def newer_classes(prescription: Prescription, facts: DrugFacts) -> Answer:
    """DRUG-12: SGLT-2 inhibitors, TZD and DPP-4 inhibitors in heart failure, GLP-1 receptor agonists."""
    sglt2, missing = _sglt2(prescription, facts)
    return Answer((*sglt2, *_heart_failure(prescription, facts), *_glp1(prescription, facts)), missing)


def _sglt2(prescription: Prescription, facts: DrugFacts) -> tuple[tuple[DrugFinding, ...], tuple[Reason, ...]]:
    given = prescription.of(DrugClass.SGLT2_INHIBITOR)
    found: list[DrugFinding] = []
    known = facts.conditions & _NOT_WITH_SGLT2
    if given and known:
        words = held(known)
        found.append(block("DRUG-12", given, f"{words.zh}禁用", words.en, conditions=",".join(sorted(known))))
    limited = [(each, part.egfr_from) for each, part in prescription.parts() if part.egfr_from is not None]
    if limited and facts.egfr is None:
        return tuple(found), (because("DRUG-12", "缺少eGFR，未核对", "eGFR is not known: not checked"),)
    for medicine, lowest in limited:
        if facts.egfr is not None and facts.egfr < lowest:
            zh, en = f"eGFR低于说明书下限{lowest}", f"eGFR below the label's {lowest}"
            found.append(warn("DRUG-12", (medicine,), zh, en, egfr=facts.egfr))
    return tuple(found), ()


def _heart_failure(prescription: Prescription, facts: DrugFacts) -> tuple[DrugFinding, ...]:
    severe = Condition.HEART_FAILURE_3_4 in facts.conditions
    if not severe and Condition.HEART_FAILURE not in facts.conditions:
        return ()
    found: list[DrugFinding] = []
    tzd = prescription.of(DrugClass.TZD)
    if tzd and severe:
        found.append(block("DRUG-12", tzd, "心功能III–IV级禁用", "not in heart failure of class III–IV"))
    elif tzd:
        zh, en = "心力衰竭慎用，III–IV级禁用", "care in heart failure; not in class III–IV"
        found.append(warn("DRUG-12", tzd, zh, en))
    gliptins = prescription.with_ingredient("saxagliptin", "alogliptin")
    if gliptins:
        found.append(warn("DRUG-12", gliptins, "心力衰竭慎用", "care in heart failure"))
    return tuple(found)


def _glp1(prescription: Prescription, facts: DrugFacts) -> tuple[DrugFinding, ...]:
    given = prescription.of(DrugClass.GLP1_AGONIST)
    known = facts.conditions & {Condition.MEDULLARY_THYROID_CANCER, Condition.MEN2}
    found: list[DrugFinding] = []
    if given and known:
        words = held(known)
        found.append(block("DRUG-12", given, f"{words.zh}禁用", words.en, conditions=",".join(sorted(known))))
    if given and Condition.PANCREATITIS in facts.conditions:
        found.append(block("DRUG-12", given, "胰腺炎不用", "not with pancreatitis"))
    return tuple(found)
