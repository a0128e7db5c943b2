"""Checks that concern every medicine: pregnancy (DRUG-02), duplicates (DRUG-07), allergies (DRUG-13)."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from cmc.clinical.conditions import Condition
from cmc.clinical.drug_checks.facts import Answer, DrugFacts, DrugFinding, Prescription
from cmc.clinical.drug_checks.wording import block, block_for_two, warn
from cmc.clinical.medicines import (
    GLUCOSE_LOWERING,
    ORAL_GLUCOSE_LOWERING,
    RAAS,
    DrugClass,
    Medicine,
    find,
    find_class,
)
from cmc.clinical.reasons import Reason, because
from cmc.core.text import Text

_NOT_IN_PREGNANCY: Final = (ORAL_GLUCOSE_LOWERING - {DrugClass.BIGUANIDE}) | {
    DrugClass.STATIN,
    DrugClass.GLP1_AGONIST,
}
_MAY_STAND_TWICE: Final = frozenset({DrugClass.INSULIN, DrugClass.ANTIPLATELET, DrugClass.ANTIBACTERIAL})
"""Basal and mealtime insulin, two antiplatelets after a stent: meant so."""


def pregnancy(prescription: Prescription, facts: DrugFacts) -> Answer:
    """DRUG-02: nothing on the RAAS in pregnancy or when it is planned; no statin and most oral agents in pregnancy."""
    pregnant = Condition.PREGNANT in facts.conditions
    found: list[DrugFinding] = []
    raas = prescription.of(*RAAS, DrugClass.MRA)
    if raas and (pregnant or Condition.PLANNING_PREGNANCY in facts.conditions):
        found.append(block("DRUG-02", raas, "妊娠或备孕禁用", "not in pregnancy or when it is planned"))
    if pregnant:
        others = prescription.of(*_NOT_IN_PREGNANCY)
        if others:
            found.append(block("DRUG-02", others, "妊娠禁用", "not in pregnancy"))
        metformin = tuple(each for each in prescription.of(DrugClass.BIGUANIDE) if each not in others)
        if metformin:
            found.append(warn("DRUG-02", metformin, "妊娠期用药请转诊评估", "in pregnancy: refer for assessment"))
    return Answer(tuple(found))


def duplicates(prescription: Prescription, _facts: DrugFacts) -> Answer:
    """DRUG-07: one ingredient or class in two medicines, hidden ones included.

    BLOCK; WARN only when the double is no glucose-lowering ingredient and hidden in a traditional compound, where the
    dose is small. Medicines that share an ingredient are reported once, by the ingredient.
    """
    found: list[DrugFinding] = []
    reported: set[frozenset[str]] = set()
    for shared, medicines in (*_by_ingredient(prescription).items(), *_by_class(prescription).items()):
        together = frozenset(each.code for each in medicines)
        if len(medicines) > 1 and not any(together <= former for former in reported):
            reported.add(together)
            found.append(_double(list(dict.fromkeys(medicines)), shared))
    return Answer(tuple(found))


def _by_ingredient(prescription: Prescription) -> dict[Text, list[Medicine]]:
    found: dict[Text, list[Medicine]] = defaultdict(list)
    for medicine, part in prescription.parts():
        if not part.classes <= _MAY_STAND_TWICE:
            found[part.text].append(medicine)
    return found


def _by_class(prescription: Prescription) -> dict[Text, list[Medicine]]:
    found: dict[Text, list[Medicine]] = defaultdict(list)
    for medicine in prescription.medicines:
        for each in sorted(medicine.classes - _MAY_STAND_TWICE):
            found[each.text].append(medicine)
    return found


def _double(medicines: list[Medicine], shared: Text) -> DrugFinding:
    hidden = [each for each in medicines if each.traditional]
    glucose = any(each.has(*GLUCOSE_LOWERING) for each in medicines)
    within = "，含于" + "、".join(each.text.zh for each in hidden) if hidden else ""
    inside = ", hidden in " + ", ".join(each.text.en for each in hidden) if hidden else ""
    write = warn if hidden and not glucose else block
    return write("DRUG-07", medicines, f"重复使用{shared.zh}{within}", f"{shared.en} twice{inside}", shared=shared.en)


def allergies(prescription: Prescription, facts: DrugFacts) -> Answer:
    """DRUG-13: a recorded allergy to an ingredient or a class that a medicine holds, hidden or not.

    An allergy that neither the catalogue nor the classes know is told as not checked.
    """
    found: list[DrugFinding] = []
    missing: list[Reason] = []
    for allergy in facts.allergies:
        known, drug_class = find(allergy), find_class(allergy)
        if known is None and drug_class is None:
            missing.append(
                because(
                    "DRUG-13",
                    f"过敏史“{allergy}”不在目录中，未核对",
                    f"Allergy “{allergy}” is not in the catalogue: not checked",
                )
            )
            continue
        codes = {part.code for part in known.ingredients} if known else set()
        classes = (known.classes if known else frozenset()) | ({drug_class} if drug_class else frozenset())
        matched = dict.fromkeys(
            medicine
            for medicine, part in prescription.parts()
            if part.code in codes or not part.classes.isdisjoint(classes)
        )
        if matched:
            found.append(
                block_for_two("DRUG-13", matched, f"对{allergy}过敏", f"allergic to {allergy}", allergy=allergy)
            )
    return Answer(tuple(found), tuple(missing))
