"""What the guideline says beside the judgement (HTN-GL-01…07, diabetes): a row a rule, and an empty cell beside it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cmc.clinical.codes import Action, Classification, DangerSymptom, Disease, Hypoglycaemia
from cmc.clinical.targets import PersonalTarget, Quantity
from cmc.clinical.visit_facts import VisitFacts
from cmc.followups.rules import judge, rule_words, rulesets
from cmc.followups.rules.advice import AdviceFacts, advise

ON = date(2026, 11, 20)
HTN, DM = frozenset({Disease.HTN}), frozenset({Disease.T2DM})
THREE = ("氨氯地平片", "缬沙坦胶囊", "氢氯噻嗪片")


def said(
    disease: Disease, visit: dict[str, Any], facts: dict[str, Any] | None = None, *, version: str = "CN-PRIMARY-2025"
) -> list[str]:
    found = VisitFacts(**{"age_years": 60} | visit)
    known = AdviceFacts(**{"diseases": frozenset({disease})} | (facts or {}))
    judged = judge(disease, found, ON)
    advice = advise(judged, found, known, rulesets.by_version(version))
    assert all(each.text.zh and each.text.en and each.inputs and each.ruleset == version for each in advice)
    assert {each.rule for each in advice} <= set(rule_words.GUIDELINE)
    return [each.rule for each in advice]


@pytest.mark.parametrize(
    ("visit", "facts", "rules"),
    [
        ({}, {}, []),  # nothing measured: nothing said
        ({"sbp_mmhg": 128, "dbp_mmhg": 78}, {}, ["HTN-GL-01", "HTN-GL-02"]),
        ({"sbp_mmhg": 134, "dbp_mmhg": 78}, {}, ["HTN-GL-01", "HTN-GL-02"]),  # medicines not known: no more
        ({"sbp_mmhg": 149, "dbp_mmhg": 89}, {"medicines": ()}, ["HTN-GL-01", "HTN-GL-02"]),
        ({"sbp_mmhg": 150, "dbp_mmhg": 85}, {"medicines": ()}, ["HTN-GL-01", "HTN-GL-02", "HTN-GL-03"]),
        ({"sbp_mmhg": 136, "dbp_mmhg": 90}, {"medicines": ()}, ["HTN-GL-01", "HTN-GL-02", "HTN-GL-03"]),
        ({"sbp_mmhg": 150, "dbp_mmhg": 85}, {"medicines": THREE[:2]}, ["HTN-GL-01", "HTN-GL-02"]),
        ({"sbp_mmhg": 136, "dbp_mmhg": 78}, {"medicines": THREE}, ["HTN-GL-01", "HTN-GL-02", "HTN-GL-06"]),
        ({"sbp_mmhg": 128, "dbp_mmhg": 78}, {"medicines": THREE}, ["HTN-GL-01", "HTN-GL-02"]),
        (
            {"sbp_mmhg": 136, "dbp_mmhg": 78},
            {"medicines": THREE[:1], "above_target_since": date(2026, 8, 20)},
            ["HTN-GL-01", "HTN-GL-02", "HTN-GL-06"],
        ),
        (
            {"sbp_mmhg": 136, "dbp_mmhg": 78},
            {"medicines": THREE[:1], "above_target_since": date(2026, 8, 21)},
            ["HTN-GL-01", "HTN-GL-02"],
        ),
        ({"pregnant_or_lactating": True}, {}, ["HTN-GL-04"]),
        ({"danger_symptoms": frozenset({DangerSymptom.EYE_PAIN})}, {}, ["HTN-GL-04"]),
        ({"age_years": 29}, {"first_visit": True}, ["HTN-GL-05"]),
        ({"age_years": 30}, {"first_visit": True}, []),
        ({"age_years": 29}, {}, []),
        ({"new_proteinuria": True}, {"first_visit": True}, ["HTN-GL-05"]),
        ({"new_complication": True, "sbp_mmhg": 128, "dbp_mmhg": 78}, {}, ["HTN-GL-01", "HTN-GL-02", "HTN-GL-06"]),
        (
            {"sbp_mmhg": 128, "dbp_mmhg": 78, "previous_action": Action.REFER},
            {},
            ["HTN-GL-01", "HTN-GL-02", "HTN-GL-07"],
        ),
        (
            {"sbp_mmhg": 132, "dbp_mmhg": 78, "previous_action": Action.REFER},
            {},
            ["HTN-GL-01", "HTN-GL-02"],
        ),
    ],
)
def test_what_the_guideline_says_of_a_hypertension_visit(
    visit: dict[str, Any], facts: dict[str, Any], rules: list[str]
) -> None:
    assert said(Disease.HTN, visit, facts) == rules


@pytest.mark.parametrize(
    ("visit", "facts", "rules"),
    [
        ({}, {}, ["DM-GL-01"]),  # no HbA1c on file
        ({"fasting_glucose_umol_l": 6500}, {"last_hba1c": (Decimal("6.8"), date(2026, 6, 1))}, ["DM-TARGET"]),
        (
            {"fasting_glucose_umol_l": 6500},
            {"last_hba1c": (Decimal("6.8"), date(2026, 5, 20))},
            ["DM-TARGET", "DM-GL-01"],
        ),
        ({"fasting_glucose_umol_l": 6500}, {"last_hba1c": (Decimal("7.0"), date(2026, 8, 21))}, ["DM-TARGET"]),
        (
            {"fasting_glucose_umol_l": 6500},
            {"last_hba1c": (Decimal("7.0"), date(2026, 8, 20))},
            ["DM-TARGET", "DM-GL-01"],
        ),
        (
            {"fasting_glucose_umol_l": 8500},
            {"last_hba1c": (Decimal("6.8"), date(2026, 8, 20))},
            ["DM-TARGET", "DM-GL-01"],
        ),  # treatment changes: three months
        ({"pregnant_or_lactating": True, "fasting_glucose_umol_l": 6500}, {}, ["DM-GL-03"]),
        ({}, {"first_visit": True}, ["DM-GL-01", "DM-GL-02"]),
    ],
)
def test_what_the_guideline_says_of_a_diabetes_visit(
    visit: dict[str, Any], facts: dict[str, Any], rules: list[str]
) -> None:
    assert said(Disease.T2DM, visit, facts) == rules


def test_the_edition_of_the_day_speaks() -> None:
    found = VisitFacts(age_years=60, sbp_mmhg=134, dbp_mmhg=84)
    judged = judge(Disease.HTN, found, ON)
    words = [
        advise(judged, found, AdviceFacts(diseases=HTN), rulesets.by_version(f"CN-PRIMARY-{year}"))[0].text.zh
        for year in (2020, 2025)
    ]
    assert words == ["治疗目标 <140/90：已达标", "治疗目标 <130/80：未达标"]


def test_a_doctors_own_target_overrides() -> None:
    own = PersonalTarget(Quantity.SBP_MMHG, None, Decimal(150), "user:x", date(2026, 1, 1), "体位性低血压")
    found = VisitFacts(age_years=60, sbp_mmhg=145, dbp_mmhg=78)
    facts = AdviceFacts(diseases=HTN, personal=(own,))
    advice = advise(judge(Disease.HTN, found, ON), found, facts, rulesets.by_version("CN-PRIMARY-2025"))
    assert advice[0].inputs["target"] == "<150/80"
    assert "已达标" in advice[0].text.zh


def test_frequent_hypoglycaemia_loosens_the_target_of_glucose() -> None:
    found = VisitFacts(age_years=60, fasting_glucose_umol_l=8000, hypoglycaemia=Hypoglycaemia.FREQUENT)
    judged = judge(Disease.T2DM, found, ON)
    advice = advise(judged, found, AdviceFacts(diseases=DM), rulesets.by_version("CN-PRIMARY-2025"))
    assert advice[0].inputs["target"] == "5.0–8.3"
    assert judged.classification is Classification.ADVERSE_REACTION  # advice changes no class


def test_a_rule_set_that_judges_does_not_advise() -> None:
    found = VisitFacts(age_years=60)
    with pytest.raises(ValueError, match="does not advise"):
        advise(judge(Disease.HTN, found, ON), found, AdviceFacts(diseases=HTN), rulesets.by_version("CN-NBPHS-2017"))
