"""The registry of programmes, validity and combined encounters."""

import json
import pkgutil
from datetime import date
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest

from cmc.clinical.codes import DangerSymptom, Disease
from cmc.followups import rules
from cmc.followups.rules.judgement import Programme, governing_next_date
from cmc.followups.rules.validity import entered_late, symptoms_consistent

ON = date(2026, 3, 2)


def test_every_module_with_a_programme_is_in_the_registry() -> None:
    modules = [import_module(f"{rules.__name__}.{found.name}") for found in pkgutil.iter_modules(rules.__path__)]
    found = [module.PROGRAMME for module in modules if isinstance(getattr(module, "PROGRAMME", None), Programme)]
    assert {programme.disease for programme in found} == {programme.disease for programme in rules.PROGRAMMES}
    assert len(rules.PROGRAMMES) == len(found)


def test_every_disease_has_its_programme() -> None:
    assert [rules.programme_of(disease).disease for disease in Disease] == list(Disease)


def test_what_is_stored_with_a_judgement_is_plain_json() -> None:
    facts = rules.VisitFacts(
        age_years=60,
        sbp_mmhg=130,
        temperature_celsius=Decimal("39.2"),
        danger_symptoms=frozenset({DangerSymptom.SWEATING, DangerSymptom.NAUSEA}),
    )
    inputs = rules.judge(Disease.T2DM, facts, ON).inputs
    assert json.loads(json.dumps(inputs)) == inputs
    assert inputs["temperature_celsius"] == "39.2"
    assert inputs["danger_symptoms"] == ["NAUSEA", "SWEATING"]
    assert {type(value) for value in inputs.values()} <= {str, int, bool, list, type(None)}


def test_in_a_combined_encounter_the_earlier_next_date_governs() -> None:
    facts = rules.VisitFacts(age_years=60, sbp_mmhg=130, dbp_mmhg=80, fasting_glucose_umol_l=8000)
    both = [rules.judge(disease, facts, ON) for disease in Disease]
    assert [judgement.classification for judgement in both] == [1, 2]
    assert governing_next_date(both) == date(2026, 3, 16)


COMPLETE: dict[str, Any] = {
    "visited_on": ON,
    "mode": 1,
    "doctor": "d-1",
    "symptoms": [1],
    "sbp_mmhg": 130,
    "dbp_mmhg": 80,
    "fasting_glucose_umol_l": 6500,
    "foot_pulse": 1,
    "adherence": 1,
    "classification": 1,
    "medications": [{"name": "氨氯地平"}],
    "next_on": date(2026, 5, 1),
}


@pytest.mark.parametrize("disease", Disease, ids=str)
def test_a_complete_record_misses_nothing(disease: Disease) -> None:
    assert rules.missing_fields(COMPLETE, disease) == ()


@pytest.mark.parametrize(
    ("name", "value", "htn", "t2dm"),
    [
        *((name, None, True, True) for name in COMPLETE if name not in {"fasting_glucose_umol_l", "foot_pulse"}),
        ("fasting_glucose_umol_l", None, False, True),
        ("foot_pulse", None, False, True),
        ("doctor", "  ", True, True),
        ("symptoms", [], True, True),
        ("medications", [], True, True),
    ],
)
def test_a_field_that_is_blank_is_named(name: str, value: Any, htn: bool, t2dm: bool) -> None:
    record = {**COMPLETE, name: value}
    assert rules.missing_fields(record, Disease.HTN) == ((name,) if htn else ())
    assert rules.missing_fields(record, Disease.T2DM) == ((name,) if t2dm else ())


@pytest.mark.parametrize(
    ("name", "substitute"),
    [
        ("medications", {"no_medication": True}),
        ("fasting_glucose_umol_l", {"fasting_glucose_flag": "HI"}),
        ("symptoms", {"other_symptoms": "耳痛"}),
    ],
)
def test_what_stands_for_a_field_fills_it(name: str, substitute: dict[str, Any]) -> None:
    assert rules.missing_fields({**COMPLETE, name: None, **substitute}, Disease.T2DM) == ()


def test_no_medication_must_be_said() -> None:
    assert rules.missing_fields({**COMPLETE, "medications": None, "no_medication": False}, Disease.HTN) == (
        "medications",
    )


def test_an_empty_record_names_every_field_in_form_order() -> None:
    assert rules.missing_fields({}, Disease.HTN) == (
        "visited_on",
        "mode",
        "doctor",
        "symptoms",
        "sbp_mmhg",
        "dbp_mmhg",
        "adherence",
        "classification",
        "medications",
        "next_on",
    )


@pytest.mark.parametrize(
    ("codes", "consistent"), [([1], True), ([1, 1], True), ([2, 3], True), ([1, 2], False), ([], True)]
)
def test_no_symptoms_excludes_every_other_symptom(codes: list[int], consistent: bool) -> None:
    assert symptoms_consistent(codes) is consistent


@pytest.mark.parametrize(("entered", "late"), [("2026-03-02", False), ("2026-03-09", False), ("2026-03-10", True)])
def test_an_entry_more_than_seven_days_later_is_flagged(entered: str, late: bool) -> None:
    assert entered_late(ON, date.fromisoformat(entered)) is late


def test_a_visit_with_only_a_value_after_a_meal_counts_although_its_class_stays_empty() -> None:
    seen = {**COMPLETE, "fasting_glucose_umol_l": None, "classification": None, "other_glucose_umol_l": 9000}
    assert rules.missing_fields(seen, Disease.T2DM) == ()
    assert rules.missing_fields({**seen, "other_glucose_umol_l": None}, Disease.T2DM) == (
        "fasting_glucose_umol_l",
        "classification",
    )
    assert rules.missing_fields(seen, Disease.HTN) == ("classification",)
