"""Every field of both national forms (rules §3.1, §3.2): its codes and ranges, kept as it was sent."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cmc.clinical.codes import Disease
from cmc.patients.tables import Enrolment, Patient

TODAY = date(2026, 11, 20)
Form = Callable[..., dict[str, Any]]

FIELDS: dict[str, tuple[list[Any], list[Any]]] = {
    # field: what is taken, what is refused
    "mode": ([1, 2, 3], [0, 4, "1", True]),
    "hypertension_symptoms": ([[1], [2, 9], [3, 4, 5, 6, 7, 8]], [[0], [10], [1, 2]]),
    "diabetes_symptoms": ([[1], [2, 9]], [[10], [1, 9]]),
    "other_symptoms": (["乏力"], ["", "x" * 201]),
    "sbp_mmhg": ([120, 300], [39, 301, 120.5]),
    "weight_kg": ([20, 68.5, 300], [19.9, 300.1, 68.55]),
    "weight_target_kg": ([66], [19.9]),
    "height_cm": ([165.5], [49.9, 250.1]),
    "waist_cm": ([86, 90.5], [29.9, 200.1]),
    "heart_rate_bpm": ([30, 250], [29, 251]),
    "foot_pulse": ([1, 2, 3], [0, 4]),
    "fasting_glucose_mmol_l": ([6.1], [0.4, 50.1, 126]),
    "hba1c_percent": ([3.0, 7.3, 20.0], [2.9, 20.1, 7.35]),
    "hypoglycaemia": ([1, 2, 3], [0, 4]),
    "adherence": ([1, 2, 3, 4], [0, 5]),
    "adverse_reaction": ([True, False], [1, "有"]),
    "lifestyle": (
        [
            {"cigarettes_per_day": 0},
            {"cigarettes_per_day": 100},
            {"alcohol_liang_per_day": 50},
            {"exercise_times_per_week": 21, "exercise_minutes": 600},
            {"salt": 1},
            {"staple_food_g_per_day": 2000},
            {"mental_adjustment": 3, "follows_advice": 3},
        ],
        [
            {"cigarettes_per_day": 101},
            {"alcohol_liang_per_day": 50.1},
            {"exercise_times_per_week": 22},
            {"exercise_minutes": 601},
            {"salt": 4},
            {"staple_food_g_per_day": 2001},
            {"mental_adjustment": 4},
            {"follows_advice": 0},
        ],
    ),
    "lifestyle_targets": ([{"cigarettes_per_day": 5, "salt": 1}], [{"salt": 0}]),
    "medications": ([[{"name": "氨氯地平", "times_per_day": 1, "dose": "5 mg"}]], [[{"name": ""}], [{"name": "x", "times_per_day": 25}]]),
    "insulin": ([{"kind": "甘精胰岛素", "usage": "睡前 12 IU"}, {"kind": "预混30R"}], [{}, {"kind": ""}]),
    "auxiliary_tests": (["血肌酐 78"], ["x" * 2001]),
    "referral": (
        [{"institution": "市第一医院"}, {"institution": "市第一医院", "department": "心内科", "code": "EMERGENCY", "reason": "血压190"}],
        [{"reason": "x"}, {"institution": "x", "code": "NEARBY"}],
    ),
    "doctor": (["李医生"], ["", "x" * 65]),
    "next_visit_on": (["2026-11-30"], ["2026-11-20", "2027-02-19", "30.11.2026"]),
}  # fmt: skip


@pytest.fixture
def person(make_patient: Callable[..., Patient], make_enrolment: Callable[..., Enrolment]) -> Patient:
    patient = make_patient()
    for disease in Disease:
        make_enrolment(patient, disease)
    return patient


@pytest.mark.parametrize("field", FIELDS)
def test_the_codes_and_ranges_of_a_field(client: TestClient, person: Patient, form: Form, field: str) -> None:
    taken, refused = FIELDS[field]
    for value in taken:
        answer = client.post("/v1/followups:assess", json=form("both", person.id) | {field: value})
        assert answer.status_code == 200, (value, answer.text)
    for value in refused:
        answer = client.post("/v1/followups:assess", json=form("both", person.id) | {field: value})
        assert answer.status_code == 422, value
        assert {each["pointer"].split("/")[1] for each in answer.json()["errors"]} == {field}, value


def test_every_field_of_the_form_is_kept_as_it_was_sent(client: TestClient, person: Patient, form: Form) -> None:
    sent = {
        "other_symptoms": "乏力", "weight_kg": 68.5, "weight_target_kg": 66, "height_cm": 165, "waist_cm": 86,
        "heart_rate_bpm": 76, "foot_pulse": 2, "foot_pulse_side": "LEFT", "hypoglycaemia": 1, "adherence": 2,
        "irregular_reason": 2, "adverse_reaction": True, "adverse_reaction_text": "踝部水肿", "new_foot_ulcer": True,
        "complication_text": "左足溃疡", "lifestyle": {"cigarettes_per_day": 10, "salt": 2}, "hba1c_percent": 7.3,
        "lifestyle_targets": {"cigarettes_per_day": 5}, "insulin": {"kind": "甘精胰岛素", "usage": "睡前 12 IU"},
        "hba1c_on": "2026-10-12", "auxiliary_tests": "血肌酐 78", "note": "家属陪同",
        "referral": {"code": "NEW_COMPLICATION", "reason": "左足溃疡", "institution": "市第一医院", "department": "内分泌科"},
    }  # fmt: skip
    made = client.post("/v1/followups", json=form("both", person.id) | sent)
    assert made.status_code == 201, made.text
    for stored in made.json()["followups"]:
        told = stored["form"] | stored
        for name, value in sent.items():
            shown = float(told[name]) if isinstance(value, int | float) and not isinstance(value, bool) else told[name]
            assert shown == value or (isinstance(value, dict) and value.items() <= shown.items()), name


def test_htn_fu_04_the_index_follows_from_weight_and_the_height_known(
    client: TestClient, person: Patient, form: Form
) -> None:
    first = form("htn", person.id, TODAY - timedelta(60), weight_kg=70, height_cm=170, weight_target_kg=66)
    told = client.post("/v1/followups", json=first).json()["followups"][0]
    assert (Decimal(told["bmi"]), Decimal(told["bmi_target"])) == (Decimal("24.2"), Decimal("22.8"))
    second = client.post("/v1/followups", json=form("htn", person.id, weight_kg=72)).json()["followups"][0]
    assert Decimal(second["bmi"]) == Decimal("24.9")  # 72 / 1.70²: 24.91
    third = form("htn", person.id, TODAY - timedelta(100), weight_kg=72)
    assert client.post("/v1/followups", json=third).json()["followups"][0]["bmi"] is None  # not known by then


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"height_cm": 165, "weight_kg": 250}, "/weight_kg"),
        ({"height_cm": 165, "weight_target_kg": 25}, "/weight_target_kg"),
        ({"irregular_reason": 1, "adherence": 1}, "/irregular_reason"),
        ({"hba1c_on": "2026-10-01"}, "/hba1c_percent"),
        ({"hba1c_on": "2026-11-21", "hba1c_percent": 7}, "/hba1c_on"),
        ({"no_medication": True}, "/no_medication"),
        ({"adverse_reaction_text": "水肿"}, "/adverse_reaction"),
    ],
)
def test_what_contradicts_itself_is_named(
    client: TestClient, person: Patient, form: Form, more: dict[str, Any], pointer: str
) -> None:
    answer = client.post("/v1/followups", json=form("both", person.id) | more)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


def test_fields_of_the_diabetes_form_belong_to_it(client: TestClient, person: Patient, form: Form) -> None:
    answer = client.post("/v1/followups", json=form("htn", person.id, insulin={"kind": "x"}, hba1c_percent=7))
    assert {each["pointer"] for each in answer.json()["errors"]} == {"/insulin", "/hba1c_percent"}


def test_insulin_alone_answers_the_question_of_medicines(client: TestClient, person: Patient, form: Form) -> None:
    body = form("dm", person.id, insulin={"kind": "甘精胰岛素"})
    del body["medications"]
    told = client.post("/v1/followups", json=body).json()["followups"][0]["judgement"]
    assert (told["valid"], told["missing_fields"]) == (True, [])


def test_entered_on_another_day_is_marked_and_late_after_seven(client: TestClient, person: Patient, form: Form) -> None:
    told = [
        client.post("/v1/followups", json=form("htn", person.id, TODAY - timedelta(days))).json()["followups"][0]
        for days in (0, 1, 7, 8)
    ]
    assert [each["entered_another_day"] for each in told] == [False, True, True, True]
    assert [each["judgement"]["late_entry"] for each in told] == [False, False, False, True]
