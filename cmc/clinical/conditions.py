"""Conditions of a person that decide about medicines and screening, and the ICD-10 codes that stand for them.

What no code names exactly (bilateral stenosis, heart failure of class III–IV) has none: a doctor states it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from cmc.core.named import NamedStr


class Condition(NamedStr):
    """Diseases and circumstances that the medicine checks ask for (DRUG-02…12)."""

    PREGNANT = "PREGNANT", "妊娠", "Pregnant"
    PLANNING_PREGNANCY = "PLANNING_PREGNANCY", "备孕", "Planning pregnancy"
    BILATERAL_RENAL_ARTERY_STENOSIS = (
        "BILATERAL_RENAL_ARTERY_STENOSIS",
        "双侧肾动脉狭窄",
        "Bilateral renal-artery stenosis",
    )
    ASTHMA = "ASTHMA", "支气管哮喘", "Asthma"
    AV_BLOCK_2_3 = "AV_BLOCK_2_3", "二至三度房室传导阻滞", "Atrioventricular block II–III"
    SICK_SINUS = "SICK_SINUS", "病态窦房结综合征", "Sick sinus syndrome"
    GOUT = "GOUT", "痛风", "Gout"
    SEVERE_HYPONATRAEMIA = "SEVERE_HYPONATRAEMIA", "严重低钠血症", "Severe hyponatraemia"
    SEVERE_INFECTION = "SEVERE_INFECTION", "严重感染", "Severe infection"
    HYPOXIA = "HYPOXIA", "缺氧状态", "Hypoxia"
    LIVER_FAILURE = "LIVER_FAILURE", "肝功能衰竭", "Liver failure"
    IODINATED_CONTRAST = "IODINATED_CONTRAST", "使用碘造影剂", "Iodinated contrast"
    TYPE_1_DIABETES = "TYPE_1_DIABETES", "1型糖尿病", "Type 1 diabetes"
    KETOACIDOSIS_HISTORY = "KETOACIDOSIS_HISTORY", "酮症酸中毒史", "History of ketoacidosis"
    PERIOPERATIVE = "PERIOPERATIVE", "围手术期", "Peri-operative"
    HEART_FAILURE = "HEART_FAILURE", "心力衰竭", "Heart failure"
    HEART_FAILURE_3_4 = "HEART_FAILURE_3_4", "心力衰竭（心功能III–IV级）", "Heart failure, class III–IV"
    MEDULLARY_THYROID_CANCER = "MEDULLARY_THYROID_CANCER", "甲状腺髓样癌", "Medullary thyroid cancer"
    MEN2 = "MEN2", "多发性内分泌腺瘤病2型", "Multiple endocrine neoplasia type 2"
    PANCREATITIS = "PANCREATITIS", "胰腺炎", "Pancreatitis"


_CODES: Final[Mapping[Condition, tuple[str, ...]]] = MappingProxyType(
    {
        Condition.ASTHMA: ("J45", "J46"),
        Condition.AV_BLOCK_2_3: ("I44.1", "I44.2"),
        Condition.SICK_SINUS: ("I49.5",),
        Condition.GOUT: ("M10",),
        Condition.LIVER_FAILURE: ("K72",),
        Condition.TYPE_1_DIABETES: ("E10",),
        Condition.KETOACIDOSIS_HISTORY: ("E10.1", "E11.1", "E14.1"),
        Condition.HEART_FAILURE: ("I50", "I11.0"),
        Condition.PANCREATITIS: ("K85", "K86.0", "K86.1"),
    }
)
_OTHER_WORDS: Final[Mapping[str, Condition]] = MappingProxyType(
    {
        "哮喘": Condition.ASTHMA,
        "怀孕": Condition.PREGNANT,
        "二度房室传导阻滞": Condition.AV_BLOCK_2_3,
        "三度房室传导阻滞": Condition.AV_BLOCK_2_3,
        "病窦综合征": Condition.SICK_SINUS,
        "心衰": Condition.HEART_FAILURE,
        "糖尿病酮症酸中毒史": Condition.KETOACIDOSIS_HISTORY,
        "糖尿病酮症酸中毒": Condition.KETOACIDOSIS_HISTORY,
        "酮症酸中毒": Condition.KETOACIDOSIS_HISTORY,
        "心功能III级": Condition.HEART_FAILURE_3_4,
        "心功能IV级": Condition.HEART_FAILURE_3_4,
        "甲状腺髓样癌史": Condition.MEDULLARY_THYROID_CANCER,
        "胰腺炎史": Condition.PANCREATITIS,
    }
)


def conditions_of(icd10: Iterable[str]) -> frozenset[Condition]:
    """The conditions that ICD-10 codes ("J45.901") stand for; codes that name none are left out."""
    plain = [code.strip().upper() for code in icd10]
    return frozenset(
        condition for condition, prefixes in _CODES.items() if any(code.startswith(prefixes) for code in plain)
    )


def condition_named(word: str) -> Condition | None:
    """The condition of a code or of a word in Chinese or English; None when it is none of these."""
    known = (each for each in Condition if word in {each.value, each.text.zh, each.text.en})
    return next(known, None) or _OTHER_WORDS.get(word)
