"""Emergency criteria, one by one at their limits (HTN-EM-01…04, DM-EM-01…06) and the tier of single readings."""

from decimal import Decimal
from typing import Any

import pytest

from cmc.clinical import emergencies
from cmc.clinical.codes import AlertTier, DangerSymptom, GlucoseFlag, GlucosePeriod
from cmc.clinical.visit_facts import VisitFacts

CALM: dict[str, Any] = {"age_years": 60, "sbp_mmhg": 130, "dbp_mmhg": 80, "fasting_glucose_umol_l": 6000}


def facts(**changes: Any) -> VisitFacts:
    return VisitFacts(**{**CALM, **changes})


def codes(found: tuple[emergencies.Emergency, ...]) -> list[str]:
    return [str(emergency.criterion) for emergency in found]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"sbp_mmhg": None, "dbp_mmhg": None}, []),
        ({"sbp_mmhg": 179, "dbp_mmhg": 109}, []),
        ({"sbp_mmhg": 180}, ["HTN-EM-01"]),
        ({"dbp_mmhg": 110}, ["HTN-EM-01"]),
        ({"sbp_mmhg": None, "dbp_mmhg": 110}, ["HTN-EM-01"]),
        ({"sbp_mmhg": 200, "dbp_mmhg": 120}, ["HTN-EM-01", "HTN-EM-01"]),
        ({"danger_symptoms": frozenset({DangerSymptom.EYE_PAIN})}, ["HTN-EM-02"]),
        ({"danger_symptoms": frozenset({DangerSymptom.NAUSEA})}, ["HTN-EM-02"]),
        ({"danger_symptoms": frozenset({DangerSymptom.ACETONE_BREATH})}, ["DM-EM-03"]),
        (
            {"danger_symptoms": frozenset({DangerSymptom.ABDOMINAL_PAIN, DangerSymptom.EYE_PAIN})},
            ["HTN-EM-02", "DM-EM-03"],
        ),
        ({"pregnant_or_lactating": True}, []),
        ({"pregnant_or_lactating": True, "sbp_mmhg": 139, "dbp_mmhg": 89}, []),
        ({"pregnant_or_lactating": True, "sbp_mmhg": 140}, ["HTN-EM-03"]),
        ({"pregnant_or_lactating": True, "dbp_mmhg": 90}, ["HTN-EM-03"]),
        ({"unmanageable_illness": True}, ["HTN-EM-04"]),
        ({"fasting_glucose_umol_l": 16700}, ["DM-EM-01"]),
        ({"other_glucose_umol_l": 3900}, ["DM-EM-01"]),
        ({"fasting_glucose_umol_l": None, "fasting_glucose_flag": GlucoseFlag.LO}, ["DM-EM-01"]),
        ({"sudden_abnormality": True}, ["DM-EM-05"]),
        ({"heart_rate_per_min": 130, "temperature_celsius": Decimal("39.5")}, []),
        ({"pregnant_or_lactating": True, "fasting_glucose_umol_l": 7000}, []),
        (
            {"sbp_mmhg": 180, "unmanageable_illness": True, "fasting_glucose_umol_l": 20000},
            ["HTN-EM-01", "HTN-EM-04", "DM-EM-01"],
        ),
    ],
)
def test_hypertension_emergencies(changes: dict[str, Any], expected: list[str]) -> None:
    assert codes(emergencies.hypertension_emergencies(facts(**changes))) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"fasting_glucose_umol_l": None}, []),
        ({"fasting_glucose_umol_l": 16699}, []),
        ({"fasting_glucose_umol_l": 16700}, ["DM-EM-01"]),
        ({"fasting_glucose_umol_l": 3901}, []),
        ({"fasting_glucose_umol_l": 3900}, ["DM-EM-01"]),
        ({"other_glucose_umol_l": 16700}, ["DM-EM-01"]),
        ({"other_glucose_umol_l": 3900}, ["DM-EM-01"]),
        ({"other_glucose_umol_l": 12000}, []),
        ({"fasting_glucose_umol_l": None, "fasting_glucose_flag": GlucoseFlag.LO}, ["DM-EM-01"]),
        ({"other_glucose_flag": GlucoseFlag.HI}, ["DM-EM-01"]),
        ({"sbp_mmhg": 180}, ["DM-EM-02"]),
        ({"dbp_mmhg": 110}, ["DM-EM-02"]),
        ({"danger_symptoms": frozenset({DangerSymptom.ACETONE_BREATH})}, ["DM-EM-03"]),
        ({"danger_symptoms": frozenset({DangerSymptom.NAUSEA})}, ["DM-EM-03"]),
        ({"danger_symptoms": frozenset({DangerSymptom.CHEST_TIGHTNESS})}, ["HTN-EM-02"]),
        (
            {"danger_symptoms": frozenset({DangerSymptom.DYSPNOEA, DangerSymptom.SWEATING})},
            ["DM-EM-03", "HTN-EM-02"],
        ),
        ({"pregnant_or_lactating": True, "sbp_mmhg": 150}, []),
        ({"heart_rate_per_min": 100}, []),
        ({"heart_rate_per_min": 101}, ["DM-EM-04"]),
        ({"temperature_celsius": Decimal("39.0")}, []),
        ({"temperature_celsius": Decimal("39.1")}, ["DM-EM-05"]),
        ({"sudden_abnormality": True}, ["DM-EM-05"]),
        ({"pregnant_or_lactating": True}, []),
        ({"pregnant_or_lactating": True, "fasting_glucose_umol_l": 6100}, ["DM-EM-06"]),
        ({"pregnant_or_lactating": True, "other_glucose_umol_l": 7799}, []),
        ({"pregnant_or_lactating": True, "other_glucose_umol_l": 7800}, ["DM-EM-06"]),
        (
            {
                "pregnant_or_lactating": True,
                "other_glucose_umol_l": 6100,
                "other_glucose_period": GlucosePeriod.BEFORE_LUNCH,
            },
            ["DM-EM-06"],
        ),
        ({"pregnant_or_lactating": True, "fasting_glucose_flag": GlucoseFlag.HI}, ["DM-EM-01", "DM-EM-06"]),
        ({"unmanageable_illness": True}, ["DM-EM-06"]),
        ({"fasting_glucose_umol_l": 20000, "sbp_mmhg": 190}, ["DM-EM-01", "DM-EM-02"]),
    ],
)
def test_diabetes_emergencies(changes: dict[str, Any], expected: list[str]) -> None:
    assert codes(emergencies.diabetes_emergencies(facts(**changes))) == expected


def test_a_criterion_is_told_with_the_value_and_the_limit_it_passes() -> None:
    found = emergencies.diabetes_emergencies(
        facts(fasting_glucose_umol_l=17200, other_glucose_umol_l=3500, dbp_mmhg=112)
    )
    assert [emergency.reason.zh for emergency in found] == [
        "空腹血糖 17.2 ≥ 16.7",
        "随机血糖 3.5 ≤ 3.9",
        "舒张压 112 ≥ 110",
    ]


def test_danger_symptoms_are_listed_in_a_fixed_order() -> None:
    found = emergencies.hypertension_emergencies(
        facts(danger_symptoms=frozenset({DangerSymptom.DYSPNOEA, DangerSymptom.NAUSEA}))
    )
    assert [emergency.reason.zh for emergency in found] == ["危险症状：恶心、喘憋不能平卧"]


@pytest.mark.parametrize("symptom", DangerSymptom, ids=str)
def test_every_danger_symptom_is_one_emergency_at_a_visit_of_either_disease(symptom: DangerSymptom) -> None:
    present = facts(danger_symptoms=frozenset({symptom}))
    for found in (emergencies.hypertension_emergencies(present), emergencies.diabetes_emergencies(present)):
        assert len(found) == 1
        assert symptom.text.zh in found[0].reason.zh


@pytest.mark.parametrize(
    ("reading", "red"),
    [
        ({"sbp_mmhg": 179, "dbp_mmhg": 109}, False),
        ({"sbp_mmhg": 180, "dbp_mmhg": 80}, True),
        ({"sbp_mmhg": 130, "dbp_mmhg": 110}, True),
        ({"glucose_umol_l": 16699}, False),
        ({"glucose_umol_l": 16700}, True),
        ({"glucose_umol_l": 3901}, False),
        ({"glucose_umol_l": 3900}, True),
        ({"glucose_umol_l": 33300, "glucose_flag": GlucoseFlag.HI}, True),
        ({"glucose_flag": GlucoseFlag.LO}, True),
        ({}, False),
    ],
)
def test_a_single_critical_reading_is_red(reading: dict[str, Any], red: bool) -> None:
    assert emergencies.reading_tier(**reading) is (AlertTier.RED if red else None)


@pytest.mark.parametrize("wrong", [{"age_years": -1}, {"age_years": 60, "other_glucose_period": GlucosePeriod.FASTING}])
def test_contradictory_facts_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"age|fasting"):
        VisitFacts(**wrong)
