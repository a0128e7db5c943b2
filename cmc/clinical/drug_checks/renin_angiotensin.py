"""Checks of medicines on the renin-angiotensin-aldosterone system: DRUG-01, DRUG-03, DRUG-06, DRUG-08."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from cmc.clinical.conditions import Condition
from cmc.clinical.drug_checks.facts import Answer, DrugFacts, DrugFinding, Prescription
from cmc.clinical.drug_checks.wording import block, warn
from cmc.clinical.medicines import DIURETIC, RAAS, DrugClass
from cmc.clinical.reasons import because

HIGH_POTASSIUM_ABOVE_MMOL_L: Final = Decimal("5.5")  # DRUG-03
MRA_POTASSIUM_ABOVE_MMOL_L: Final = Decimal("5.0")  # DRUG-06
MRA_EGFR_BELOW: Final = 30  # DRUG-06
CREATININE_RISE_FROM_PERCENT: Final = 30  # DRUG-03, within 4 weeks
POTASSIUM_CHECK_WITHIN_DAYS: Final = 28  # DRUG-06: 1–4 weeks
ARNI_HOURS_AFTER_ACEI: Final = 36  # DRUG-03


def double_blockade(prescription: Prescription, _facts: DrugFacts) -> Answer:
    """DRUG-01: an ACE inhibitor with an ARB, or either with a renin inhibitor.

    The ARB inside an ARNI counts beside a renin inhibitor; beside an ACE inhibitor it is DRUG-03.
    """
    acei, renin = prescription.of(DrugClass.ACEI), prescription.of(DrugClass.RENIN_INHIBITOR)
    arb = prescription.of(DrugClass.ARB)
    if not renin:
        arb = tuple(each for each in arb if not each.has(DrugClass.ARNI))
    if sum(map(bool, (acei, arb, renin))) < 2:
        return Answer()
    return Answer(
        (
            block(
                "DRUG-01",
                dict.fromkeys((*acei, *arb, *renin)),
                "不应同时使用两种肾素-血管紧张素系统抑制剂",
                "two blockers of the renin-angiotensin system must not be combined",
            ),
        )
    )


def raas_safety(prescription: Prescription, facts: DrugFacts) -> Answer:
    """DRUG-03: potassium, bilateral stenosis, rise of creatinine; an ARNI within 36 h of an ACE inhibitor."""
    found = [*_arni_and_acei(prescription, facts)]
    raas, with_mra = prescription.of(*RAAS), prescription.of(*RAAS, DrugClass.MRA)
    potassium, rise = facts.potassium_mmol_l, facts.creatinine_rise_percent
    if with_mra and potassium is not None and potassium > HIGH_POTASSIUM_ABOVE_MMOL_L:
        found.append(
            block("DRUG-03", with_mra, "血钾高于5.5 mmol/L", "potassium above 5.5 mmol/L", potassium=potassium)
        )
    if raas and Condition.BILATERAL_RENAL_ARTERY_STENOSIS in facts.conditions:
        found.append(block("DRUG-03", raas, "双侧肾动脉狭窄禁用", "bilateral renal-artery stenosis"))
    if raas and rise is not None and rise >= CREATININE_RISE_FROM_PERCENT:
        found.append(
            warn(
                "DRUG-03",
                raas,
                "4周内肌酐升高30%及以上，应复核",
                "creatinine rose by 30 % or more within 4 weeks: review",
                creatinine_rise_percent=rise,
            )
        )
    unknown = with_mra and potassium is None
    missing = because("DRUG-03", "缺少血钾，未核对高钾", "Potassium is not known: high potassium was not checked")
    return Answer(tuple(found), (missing,) if unknown else ())


def _arni_and_acei(prescription: Prescription, facts: DrugFacts) -> tuple[DrugFinding, ...]:
    arni, acei, hours = prescription.of(DrugClass.ARNI), prescription.of(DrugClass.ACEI), facts.hours_since_acei
    if not arni or not (acei or (hours is not None and hours < ARNI_HOURS_AFTER_ACEI)):
        return ()
    zh, en = "停用普利类36小时后方可使用", "only 36 hours after the last ACE inhibitor"
    if acei:
        return (block("DRUG-03", (*arni, *acei), zh, en),)
    return (block("DRUG-03", arni, zh, en, hours_since_acei=hours),)


def mra_safety(prescription: Prescription, facts: DrugFacts) -> Answer:
    """DRUG-06: an MRA with potassium above 5.0, eGFR below 30, or beside an ACE inhibitor or ARB without a potassium
    of the last 4 weeks."""
    mra, beside = prescription.of(DrugClass.MRA), prescription.of(*RAAS)
    if not mra:
        return Answer()
    found, missing = [], []
    potassium, days = facts.potassium_mmol_l, facts.potassium_days_ago
    if potassium is not None and potassium > MRA_POTASSIUM_ABOVE_MMOL_L:
        found.append(warn("DRUG-06", mra, "血钾高于5.0 mmol/L", "potassium above 5.0 mmol/L", potassium=potassium))
    if facts.egfr is None:
        missing.append(because("DRUG-06", "缺少eGFR，未核对", "eGFR is not known: not checked"))
    elif facts.egfr < MRA_EGFR_BELOW:
        found.append(warn("DRUG-06", mra, "eGFR低于30", "eGFR below 30", egfr=facts.egfr))
    if beside and (potassium is None or days is None or days > POTASSIUM_CHECK_WITHIN_DAYS):
        found.append(
            warn(
                "DRUG-06",
                dict.fromkeys((*mra, *beside)),
                "合用时应在1–4周内复查血钾，近4周无结果",
                "together they need a potassium within 1–4 weeks; there is none of the last 4 weeks",
                potassium_days_ago=days,
            )
        )
    return Answer(tuple(found), tuple(missing))


def triple_kidney_risk(prescription: Prescription, _facts: DrugFacts) -> Answer:
    """DRUG-08: an NSAID with a medicine on the renin-angiotensin system and a diuretic."""
    groups = (prescription.of(DrugClass.NSAID), prescription.of(*RAAS), prescription.of(*DIURETIC))
    if not all(groups):
        return Answer()
    together = dict.fromkeys(each for group in groups for each in group)
    return Answer((warn("DRUG-08", together, "三类合用易致急性肾损伤", "the three together may injure the kidney"),))
