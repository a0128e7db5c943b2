"""Checks of other medicines that lower the pressure: DRUG-04, DRUG-05, DRUG-09."""

from __future__ import annotations

from typing import Final

from cmc.clinical.conditions import Condition
from cmc.clinical.drug_checks.facts import Answer, DrugFacts, DrugFinding, Prescription
from cmc.clinical.drug_checks.wording import block, held, warn
from cmc.clinical.medicines import ANTIHYPERTENSIVE, DrugClass
from cmc.clinical.reasons import because

SLOW_PULSE_BELOW_PER_MIN: Final = 50  # DRUG-04
THIAZIDE_EGFR_BELOW: Final = 30  # DRUG-05
ORTHOSTATIC_FALL_ABOVE_MMHG: Final = 20  # DRUG-09
ORTHOSTATIC_AGE_FROM: Final = 65  # DRUG-09
_NOT_WITH_BETA_BLOCKER: Final = frozenset({Condition.ASTHMA, Condition.AV_BLOCK_2_3, Condition.SICK_SINUS})


def beta_blocker(prescription: Prescription, facts: DrugFacts) -> Answer:
    """DRUG-04: a beta blocker with asthma, block II–III, sick sinus, a pulse below 50, verapamil or diltiazem."""
    beta = prescription.of(DrugClass.BETA_BLOCKER)
    if not beta:
        return Answer()
    found: list[DrugFinding] = []
    forbidding = facts.conditions & _NOT_WITH_BETA_BLOCKER
    if forbidding:
        words = held(forbidding)
        found.append(block("DRUG-04", beta, f"{words.zh}禁用", words.en, conditions=",".join(sorted(forbidding))))
    pulse = facts.heart_rate_per_min
    if pulse is not None and pulse < SLOW_PULSE_BELOW_PER_MIN:
        found.append(block("DRUG-04", beta, "心率低于50次/分", "heart rate below 50/min", heart_rate=pulse))
    slowing = prescription.of(DrugClass.CCB_RATE_LIMITING)
    if slowing:
        found.append(
            block(
                "DRUG-04",
                dict.fromkeys((*beta, *slowing)),
                "β受体阻滞剂不与维拉帕米、地尔硫䓬合用",
                "no beta blocker with verapamil or diltiazem",
            )
        )
    unknown = because("DRUG-04", "缺少心率，未核对心动过缓", "Heart rate is not known: bradycardia was not checked")
    return Answer(tuple(found), (unknown,) if pulse is None else ())


def thiazide(prescription: Prescription, facts: DrugFacts) -> Answer:
    """DRUG-05: a thiazide, hidden ones included, with gout or severe hyponatraemia; without effect below eGFR 30."""
    thiazides = prescription.of(DrugClass.THIAZIDE)
    if not thiazides:
        return Answer()
    found: list[DrugFinding] = []
    known = facts.conditions & {Condition.GOUT, Condition.SEVERE_HYPONATRAEMIA}
    if known:
        words = held(known)
        found.append(warn("DRUG-05", thiazides, f"{words.zh}慎用", words.en, conditions=",".join(sorted(known))))
    if facts.egfr is not None and facts.egfr < THIAZIDE_EGFR_BELOW:
        found.append(warn("DRUG-05", thiazides, "eGFR低于30时效果差", "little effect below eGFR 30", egfr=facts.egfr))
    unknown = because("DRUG-05", "缺少eGFR，未核对", "eGFR is not known: not checked")
    return Answer(tuple(found), (unknown,) if facts.egfr is None else ())


def orthostatic(prescription: Prescription, facts: DrugFacts) -> Answer:
    """DRUG-09: from 65 years on an alpha blocker or nitrate, or any antihypertensive when the systolic pressure falls
    by more than 20 mmHg on standing."""
    age, fall = facts.age_years, facts.orthostatic_fall_mmhg
    if age is not None and age < ORTHOSTATIC_AGE_FROM:
        return Answer()
    prone = prescription.of(DrugClass.ALPHA_BLOCKER, DrugClass.NITRATE)
    falling = fall is not None and fall > ORTHOSTATIC_FALL_ABOVE_MMHG
    lowering = prescription.of(*ANTIHYPERTENSIVE, DrugClass.NITRATE) if falling else prone
    if not lowering:
        return Answer()
    if age is None:
        return Answer((), (because("DRUG-09", "缺少年龄，未核对", "Age is not known: not checked"),))
    if falling:
        zh, en = (
            "65岁及以上，立位收缩压下降超过20 mmHg",
            "65 or older, and the pressure falls by more than 20 mmHg on standing",
        )
    else:
        zh, en = "65岁及以上，警惕体位性低血压", "65 or older: beware of orthostatic hypotension"
    return Answer((warn("DRUG-09", lowering, zh, en, age_years=age, orthostatic_fall_mmhg=fall),))
