"""The national forms' code sets, and the codes for exchange."""

import pytest

from cmc.clinical.basic_information import (
    Disability,
    DrugAllergy,
    Education,
    FamilyDisease,
    FormSex,
    PastDisease,
    contradicts_none,
)
from cmc.clinical.codes import Disease, ExamFootPulse, Sex
from cmc.clinical.data_elements import ELEMENTS, disease_of, secondary_hypertension
from cmc.clinical.drug_checks import DrugFacts, DrugLevel, review
from cmc.clinical.examination_codes import Diet, Drinking, Guidance, RiskControl, SelfCare, Smoking


@pytest.mark.parametrize(
    ("code_set", "first", "last", "count"),
    [
        (Education, "研究生", "文化程度不详", 10),
        (PastDisease, "无既往疾病", "其他既往疾病", 13),
        (FamilyDisease, "无家族疾病", "其他家族疾病", 12),
        (Disability, "无残疾", "其他残疾", 8),
        (Diet, "荤素均衡", "嗜糖", 6),
        (Smoking, "从不吸烟", "吸烟", 3),
        (Drinking, "从不饮酒", "每天饮酒", 4),
        (Guidance, "纳入慢性病患者健康管理", "体检建议转诊", 3),
        (RiskControl, "戒烟", "其他危险因素控制", 7),
        (SelfCare, "可自理", "不能自理", 4),
        (ExamFootPulse, "未触及", "触及右侧弱或消失", 4),
    ],
)
def test_a_code_set_is_numbered_as_the_form_prints_it(code_set: type, first: str, last: str, count: int) -> None:
    members = list(code_set)
    assert [int(each) for each in members] == list(range(1, count + 1))
    assert (members[0].text.zh, members[-1].text.zh) == (first, last)


@pytest.mark.parametrize(("code", "sex"), [(0, Sex.U), (1, Sex.M), (2, Sex.F), (9, Sex.U)])
def test_the_forms_sex_becomes_the_records(code: int, sex: Sex) -> None:
    assert FormSex(code).sex is sex


def test_none_excludes_the_rest() -> None:
    assert contradicts_none([PastDisease.NONE, PastDisease.STROKE])
    assert not contradicts_none([PastDisease.NONE])
    assert not contradicts_none([PastDisease.STROKE, PastDisease.CORONARY])
    assert not contradicts_none([])


@pytest.mark.parametrize(
    ("allergy", "medicine", "level"),
    [
        (DrugAllergy.PENICILLIN, "阿莫西林", DrugLevel.BLOCK),
        (DrugAllergy.SULFONAMIDE, "复方新诺明", DrugLevel.BLOCK),
        (DrugAllergy.STREPTOMYCIN, "链霉素", DrugLevel.BLOCK),
        (DrugAllergy.PENICILLIN, "氨氯地平", DrugLevel.OK),
    ],
)
def test_drug_13_the_forms_allergies_are_known_to_the_checks(
    allergy: DrugAllergy, medicine: str, level: DrugLevel
) -> None:
    assert allergy.allergen is not None
    answer = review([medicine], DrugFacts(allergies=(allergy.allergen,)))
    assert answer.level is level
    assert not [each for each in answer.not_checked if each.rule == "DRUG-13"]


@pytest.mark.parametrize(
    ("code", "disease"),
    [
        ("I10", Disease.HTN),
        ("i15.902", Disease.HTN),
        ("E11.9", Disease.T2DM),
        ("E10.9", None),
        ("O24.4", None),
        ("", None),
    ],
)
def test_a_diagnosis_belongs_to_a_programme(code: str, disease: Disease | None) -> None:
    assert disease_of(code) is disease


def test_htn_en_02_secondary_hypertension_is_told_apart() -> None:
    assert secondary_hypertension("I15.0")
    assert not secondary_hypertension("I10.x00")


def test_every_data_element_has_a_code_of_some_system() -> None:
    for name, element in ELEMENTS.items():
        assert element.code or element.values or element.loinc, name
    codes = [element.code for element in ELEMENTS.values() if element.code]
    assert len(set(codes)) == len(codes)
