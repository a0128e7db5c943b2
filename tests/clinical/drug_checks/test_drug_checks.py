"""Medicine checks DRUG-01…13, drawn: medicines and facts, then the gravest level and the rules that speak."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.conditions import Condition, condition_named, conditions_of
from cmc.clinical.drug_checks import CHECKS, DrugFacts, DrugLevel, MetforminProfile, Override, review
from cmc.clinical.medicines import catalogue

C = Condition
OK, WARN, BLOCK = DrugLevel.OK, DrugLevel.WARN, DrugLevel.BLOCK
WELL = {
    "age_years": 60,
    "egfr": Decimal(90),
    "potassium_mmol_l": Decimal("4.2"),
    "potassium_days_ago": 10,
    "heart_rate_per_min": 72,
}

DRAWN: list[tuple[str, str, dict[str, Any], DrugLevel]] = [
    # rule, medicines, facts beside a well person of 60, level; the rule speaks unless the level is OK
    ("DRUG-01", "依那普利 缬沙坦", {}, BLOCK),
    ("DRUG-01", "缬沙坦 阿利吉仑", {}, BLOCK),
    ("DRUG-01", "依那普利 氨氯地平", {}, OK),
    ("DRUG-01", "沙库巴曲缬沙坦", {}, OK),
    ("DRUG-01", "沙库巴曲缬沙坦 阿利吉仑", {}, BLOCK),
    ("DRUG-01", "沙库巴曲缬沙坦 依那普利", {}, OK),
    ("DRUG-01", "阿利吉仑", {}, OK),
    ("DRUG-02", "缬沙坦", {"conditions": {C.PREGNANT}}, BLOCK),
    ("DRUG-02", "螺内酯", {"conditions": {C.PLANNING_PREGNANCY}}, BLOCK),
    ("DRUG-02", "阿托伐他汀", {"conditions": {C.PREGNANT}}, BLOCK),
    ("DRUG-02", "阿托伐他汀", {"conditions": {C.PLANNING_PREGNANCY}}, OK),
    ("DRUG-02", "达格列净", {"conditions": {C.PREGNANT}}, BLOCK),
    ("DRUG-02", "二甲双胍", {"conditions": {C.PREGNANT}}, WARN),
    ("DRUG-02", "甘精胰岛素", {"conditions": {C.PREGNANT}}, OK),
    ("DRUG-03", "依那普利", {"potassium_mmol_l": Decimal("5.6")}, BLOCK),
    ("DRUG-03", "依那普利", {"potassium_mmol_l": Decimal("5.5")}, OK),
    ("DRUG-03", "缬沙坦", {"conditions": {C.BILATERAL_RENAL_ARTERY_STENOSIS}}, BLOCK),
    ("DRUG-03", "缬沙坦", {"creatinine_rise_percent": Decimal(30)}, WARN),
    ("DRUG-03", "缬沙坦", {"creatinine_rise_percent": Decimal("29.9")}, OK),
    ("DRUG-03", "沙库巴曲缬沙坦", {"hours_since_acei": Decimal("35.9")}, BLOCK),
    ("DRUG-03", "沙库巴曲缬沙坦", {"hours_since_acei": Decimal(36)}, OK),
    ("DRUG-03", "沙库巴曲缬沙坦 依那普利", {}, BLOCK),
    ("DRUG-04", "美托洛尔", {"conditions": {C.ASTHMA}}, BLOCK),
    ("DRUG-04", "比索洛尔", {"conditions": {C.AV_BLOCK_2_3}}, BLOCK),
    ("DRUG-04", "比索洛尔", {"conditions": {C.SICK_SINUS}}, BLOCK),
    ("DRUG-04", "美托洛尔", {"heart_rate_per_min": 49}, BLOCK),
    ("DRUG-04", "美托洛尔", {"heart_rate_per_min": 50}, OK),
    ("DRUG-04", "美托洛尔 地尔硫䓬", {}, BLOCK),
    ("DRUG-04", "美托洛尔 氨氯地平", {}, OK),
    ("DRUG-05", "氢氯噻嗪", {"conditions": {C.GOUT}}, WARN),
    ("DRUG-05", "珍菊降压片", {"conditions": {C.SEVERE_HYPONATRAEMIA}}, WARN),
    ("DRUG-05", "吲达帕胺", {"egfr": Decimal("29.9")}, WARN),
    ("DRUG-05", "吲达帕胺", {"egfr": Decimal(30)}, OK),
    ("DRUG-06", "螺内酯", {"potassium_mmol_l": Decimal("5.1")}, WARN),
    ("DRUG-06", "螺内酯", {"potassium_mmol_l": Decimal("5.0")}, OK),
    ("DRUG-06", "螺内酯", {"egfr": Decimal("29.9")}, WARN),
    ("DRUG-06", "螺内酯 依那普利", {"potassium_days_ago": 29}, WARN),
    ("DRUG-06", "螺内酯 依那普利", {"potassium_days_ago": 28}, OK),
    ("DRUG-07", "氨氯地平 硝苯地平控释片", {}, BLOCK),
    ("DRUG-07", "消渴丸 格列美脲", {}, BLOCK),
    ("DRUG-07", "消渴丸 格列本脲", {}, BLOCK),
    ("DRUG-07", "复方利血平片 氢氯噻嗪", {}, WARN),
    ("DRUG-07", "珍菊降压片 吲达帕胺", {}, WARN),
    ("DRUG-07", "缬沙坦氢氯噻嗪 氢氯噻嗪", {}, BLOCK),
    ("DRUG-07", "甘精胰岛素 门冬胰岛素", {}, OK),
    ("DRUG-07", "氨氯地平 美托洛尔", {}, OK),
    ("DRUG-08", "布洛芬 缬沙坦 氢氯噻嗪", {}, WARN),
    ("DRUG-08", "布洛芬 缬沙坦氢氯噻嗪", {}, WARN),
    ("DRUG-08", "布洛芬 缬沙坦", {}, OK),
    ("DRUG-09", "特拉唑嗪", {"age_years": 65}, WARN),
    ("DRUG-09", "特拉唑嗪", {"age_years": 64}, OK),
    ("DRUG-09", "氨氯地平", {"age_years": 70, "orthostatic_fall_mmhg": 21}, WARN),
    ("DRUG-09", "氨氯地平", {"age_years": 70, "orthostatic_fall_mmhg": 20}, OK),
    ("DRUG-10", "二甲双胍", {"egfr": Decimal("44.9")}, BLOCK),
    ("DRUG-10", "二甲双胍", {"egfr": Decimal(45)}, WARN),
    ("DRUG-10", "二甲双胍", {"egfr": Decimal("59.9")}, WARN),
    ("DRUG-10", "二甲双胍", {"egfr": Decimal(60)}, OK),
    ("DRUG-10", "二甲双胍", {"egfr": Decimal("29.9"), "metformin_profile": MetforminProfile.INTERNATIONAL}, BLOCK),
    ("DRUG-10", "二甲双胍", {"egfr": Decimal(30), "metformin_profile": MetforminProfile.INTERNATIONAL}, WARN),
    ("DRUG-10", "二甲双胍", {"egfr": Decimal(45), "metformin_profile": MetforminProfile.INTERNATIONAL}, OK),
    ("DRUG-10", "西格列汀二甲双胍", {"conditions": {C.HYPOXIA}}, BLOCK),
    ("DRUG-10", "二甲双胍", {"conditions": {C.IODINATED_CONTRAST}}, BLOCK),
    ("DRUG-11", "格列美脲", {"low_glucose_events": 1}, WARN),
    ("DRUG-11", "甘精胰岛素", {"low_glucose_events": 2}, WARN),
    ("DRUG-11", "格列美脲", {"low_glucose_events": 0}, OK),
    ("DRUG-11", "格列本脲", {"age_years": 75}, BLOCK),
    ("DRUG-11", "格列本脲", {"age_years": 74}, OK),
    ("DRUG-11", "消渴丸", {"egfr": Decimal("29.9")}, BLOCK),
    ("DRUG-11", "格列美脲", {"age_years": 80}, OK),
    ("DRUG-12", "达格列净", {"conditions": {C.TYPE_1_DIABETES}}, BLOCK),
    ("DRUG-12", "达格列净", {"conditions": {C.KETOACIDOSIS_HISTORY}}, BLOCK),
    ("DRUG-12", "达格列净", {"conditions": {C.PERIOPERATIVE}}, BLOCK),
    ("DRUG-12", "达格列净", {"egfr": Decimal("44.9")}, WARN),
    ("DRUG-12", "达格列净", {"egfr": Decimal(45)}, OK),
    ("DRUG-12", "吡格列酮", {"conditions": {C.HEART_FAILURE_3_4}}, BLOCK),
    ("DRUG-12", "吡格列酮", {"conditions": {C.HEART_FAILURE}}, WARN),
    ("DRUG-12", "沙格列汀", {"conditions": {C.HEART_FAILURE}}, WARN),
    ("DRUG-12", "西格列汀", {"conditions": {C.HEART_FAILURE}}, OK),
    ("DRUG-12", "利拉鲁肽", {"conditions": {C.MEN2}}, BLOCK),
    ("DRUG-12", "利拉鲁肽", {"conditions": {C.PANCREATITIS}}, BLOCK),
    ("DRUG-13", "阿莫西林胶囊", {"allergies": ("青霉素",)}, BLOCK),
    ("DRUG-13", "消渴丸", {"allergies": ("格列本脲",)}, BLOCK),
    ("DRUG-13", "贝那普利", {"allergies": ("依那普利",)}, BLOCK),
    ("DRUG-13", "氨氯地平", {"allergies": ("青霉素",)}, OK),
]


@pytest.mark.parametrize(
    ("rule", "medicines", "facts", "level"),
    DRAWN,
    ids=[f"{row[0]}-{row[1]}-{row[3]}-{n}" for n, row in enumerate(DRAWN)],
)
def test_each_rule_at_its_limits(rule: str, medicines: str, facts: dict[str, Any], level: DrugLevel) -> None:
    given_facts = {**WELL, **facts}
    given_facts["conditions"] = frozenset(given_facts.get("conditions", ()))
    answer = review(medicines.split(), DrugFacts(**given_facts))
    assert answer.unknown_medicines == ()
    speaking = [each for each in answer.findings if each.reason.rule == rule]
    assert max((each.level for each in speaking), key=lambda each: each.rank, default=OK) is level
    for each in speaking:
        assert each.reason.text.zh
        assert each.reason.text.en
        assert each.medicines


def test_every_rule_is_drawn() -> None:
    assert {row[0] for row in DRAWN} == set(CHECKS)


def test_who_takes_nothing_has_no_finding() -> None:
    answer = review([], DrugFacts(conditions=frozenset(C), allergies=("青霉素",)))
    assert (answer.level, answer.findings, answer.not_checked, answer.unknown_medicines) == (OK, (), (), ())


def test_what_could_not_be_checked_is_told() -> None:
    answer = review(["二甲双胍", "美托洛尔", "缬沙坦", "神秘草药"], DrugFacts(allergies=("海鲜",)))
    assert {each.rule for each in answer.not_checked} == {"DRUG-03", "DRUG-04", "DRUG-10", "DRUG-13"}
    assert answer.unknown_medicines == ("神秘草药",)


def test_the_gravest_finding_comes_first_with_its_inputs() -> None:
    answer = review(["二甲双胍", "氢氯噻嗪"], DrugFacts(egfr=Decimal(40), conditions=frozenset({C.GOUT})))
    assert [each.reason.rule for each in answer.findings] == ["DRUG-10", "DRUG-05"]
    assert answer.findings[0].inputs == {"egfr": "40", "profile": "CN"}


@pytest.mark.parametrize(
    ("medicines", "facts", "override"),
    [
        (["依那普利", "缬沙坦"], DrugFacts(), Override.DOCTOR),
        (["阿莫西林"], DrugFacts(allergies=("青霉素",)), Override.TWO_PEOPLE),
        (["氢氯噻嗪"], DrugFacts(conditions=frozenset({C.GOUT})), Override.ANYONE),
    ],
)
def test_a_block_is_passed_by_a_doctor_an_allergy_by_two_people(
    medicines: list[str], facts: DrugFacts, override: Override
) -> None:
    assert review(medicines, facts).findings[0].override is override


CODES = sorted(catalogue().medicines)


@given(
    st.lists(st.sampled_from(CODES), max_size=6, unique=True),
    st.frozensets(st.sampled_from(C), max_size=4),
    st.sampled_from(CODES),
)
def test_one_more_medicine_never_makes_a_list_safer(
    medicines: list[str], conditions: frozenset[Condition], more: str
) -> None:
    facts = DrugFacts(age_years=70, conditions=conditions, egfr=Decimal(40), potassium_mmol_l=Decimal("5.2"))
    before, after = review(medicines, facts), review([*medicines, more], facts)
    assert after.level.rank >= before.level.rank
    assert {each.reason.rule for each in before.findings} <= {each.reason.rule for each in after.findings}


@given(st.permutations(["依那普利", "缬沙坦", "布洛芬", "氢氯噻嗪", "消渴丸", "格列美脲"]))
def test_the_order_of_the_medicines_changes_nothing(medicines: list[str]) -> None:
    rules = [(each.level, each.reason.rule) for each in review(medicines, DrugFacts()).findings]
    assert rules == [
        (BLOCK, "DRUG-01"),
        (BLOCK, "DRUG-07"),
        (WARN, "DRUG-08"),
    ]


@pytest.mark.parametrize(
    ("codes", "conditions"),
    [
        (["J45.901"], {C.ASTHMA}),
        (["e10.100"], {C.TYPE_1_DIABETES, C.KETOACIDOSIS_HISTORY}),
        (["I44.0", "I10"], set()),
        ([], set()),
    ],
)
def test_diagnoses_become_conditions(codes: list[str], conditions: set[Condition]) -> None:
    assert conditions_of(codes) == conditions


@pytest.mark.parametrize(
    ("word", "condition"), [("支气管哮喘", C.ASTHMA), ("GOUT", C.GOUT), ("哮喘", C.ASTHMA), ("感冒", None)]
)
def test_a_condition_is_found_by_its_word(word: str, condition: Condition | None) -> None:
    assert condition_named(word) is condition
