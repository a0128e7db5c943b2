"""What a wrong visit gets: a problem that names the field, never 500, never the value that was sent."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from cmc.clinical.codes import Disease
from cmc.patients.tables import Enrolment, Patient

Form = Callable[..., dict[str, Any]]
PATHS = ("/v1/followups:assess", "/v1/followups")


@pytest.fixture
def person(make_patient: Callable[..., Patient], make_enrolment: Callable[..., Enrolment]) -> Patient:
    patient = make_patient()
    for disease in Disease:
        make_enrolment(patient, disease)
    return patient


@pytest.mark.parametrize(
    ("name", "more", "pointer"),
    [
        ("htn", {"visited_on": "2026-11-21"}, "/visited_on"),
        ("htn", {"visited_on": "2024-01-09"}, "/visited_on"),
        ("htn", {"visited_on": "1970-01-01"}, "/visited_on"),
        ("htn", {"visited_on": "2026-02-30"}, "/visited_on"),
        ("htn", {"visited_on": 20261120}, "/visited_on"),
        ("htn", {"visited_time": "09:01"}, "/visited_time"),
        ("htn", {"visited_time": "25:00"}, "/visited_time"),
        ("htn", {"visited_time": 930}, "/visited_time"),
        ("htn", {"sbp_mmhg": 90, "dbp_mmhg": 90}, "/dbp_mmhg"),
        ("htn", {"sbp_mmhg": 90, "dbp_mmhg": 110}, "/dbp_mmhg"),
        ("htn", {"sbp_mmhg": 99, "dbp_mmhg": 90}, "/dbp_mmhg"),
        ("htn", {"dbp_mmhg": None}, "/dbp_mmhg"),
        ("htn", {"sbp_mmhg": None}, "/sbp_mmhg"),
        ("htn", {"sbp_mmhg": 301}, "/sbp_mmhg"),
        ("htn", {"sbp_mmhg": 132.5}, "/sbp_mmhg"),
        ("htn", {"sbp_mmhg": "132"}, "/sbp_mmhg"),
        ("htn", {"sbp_mmhg": True}, "/sbp_mmhg"),
        ("htn", {"sbp_mmhg": 10**30}, "/sbp_mmhg"),
        ("htn", {"weight_kg": float("nan")}, "/weight_kg"),
        ("htn", {"weight_kg": float("inf")}, "/weight_kg"),
        ("htn", {"weight_kg": 70.55}, "/weight_kg"),
        ("htn", {"weight_kg": 19.9}, "/weight_kg"),
        ("htn", {"temperature_c": 50}, "/temperature_c"),
        ("htn", {"heart_rate_bpm": 251}, "/heart_rate_bpm"),
        ("htn", {"mode": 4}, "/mode"),
        ("htn", {"mode": True}, "/mode"),
        ("htn", {"mode": "1"}, "/mode"),
        ("htn", {"adherence": 0}, "/adherence"),
        ("htn", {"hypertension_symptoms": [1, 2]}, "/hypertension_symptoms"),
        ("htn", {"hypertension_symptoms": [10]}, "/hypertension_symptoms/0"),
        ("htn", {"diabetes_symptoms": [2]}, "/diabetes_symptoms"),
        ("dm", {"diabetes_symptoms": [3, 1]}, "/diabetes_symptoms"),
        ("dm", {"fasting_glucose_mmol_l": 126}, "/fasting_glucose_mmol_l"),
        ("dm", {"fasting_glucose_mmol_l": 40}, "/fasting_glucose_mmol_l"),
        ("dm", {"fasting_glucose_mmol_l": 0.4}, "/fasting_glucose_mmol_l"),
        ("dm", {"fasting_glucose_mmol_l": float("nan")}, "/fasting_glucose_mmol_l"),
        ("dm", {"fasting_glucose_flag": "HIGH"}, "/fasting_glucose_flag"),
        ("dm", {"other_glucose_mmol_l": 8, "other_glucose_period": "FASTING"}, "/other_glucose_period"),
        ("dm", {"other_glucose_period": "BEDTIME"}, "/other_glucose_mmol_l"),
        ("dm", {"fasting_glucose_mmol_l": 5.0, "fasting_glucose_flag": "HI"}, "/fasting_glucose_mmol_l"),
        ("dm", {"fasting_glucose_mmol_l": 30, "fasting_glucose_flag": "LO"}, "/fasting_glucose_mmol_l"),
        ("dm", {"other_glucose_mmol_l": 16.6, "other_glucose_flag": "HI"}, "/other_glucose_mmol_l"),
        ("dm", {"other_glucose_mmol_l": 4.0, "other_glucose_flag": "LO"}, "/other_glucose_mmol_l"),
        ("dm", {"foot_pulse": 4}, "/foot_pulse"),
        ("dm", {"foot_pulse_side": "LEFT"}, "/foot_pulse_side"),
        ("dm", {"lifestyle": {"staple_food_g_per_day": 2001}}, "/lifestyle/staple_food_g_per_day"),
        ("htn", {"lifestyle": {"salt": 4}}, "/lifestyle/salt"),
        ("htn", {"danger_signs": ["HICCUPS"]}, "/danger_signs/0"),
        ("htn", {"diseases": []}, "/diseases"),
        ("htn", {"diseases": ["HTN", "HTN"]}, "/diseases/1"),
        ("htn", {"diseases": ["COPD"]}, "/diseases/0"),
        ("htn", {"no_medication": True}, "/no_medication"),
        ("htn", {"adverse_reaction_text": "水肿"}, "/adverse_reaction"),
        ("htn", {"complication_text": "脑卒中"}, "/new_complication"),
        ("htn", {"next_visit_on": "2026-11-20"}, "/next_visit_on"),
        ("htn", {"next_visit_on": "2027-02-19"}, "/next_visit_on"),
        ("htn", {"sbp_mmhg": 160, "next_visit_on": "2026-12-05"}, "/next_visit_on"),
        ("both", {"fasting_glucose_mmol_l": 9, "next_visit_on": "2026-12-05"}, "/next_visit_on"),
        ("htn", {"doctor": "李\u0000"}, "/doctor"),
        ("htn", {"note": "\ud800"}, "/note"),
        ("htn", {"patient_id": "x"}, "/patient_id"),
        ("htn", {"surprise": 1}, "/surprise"),
        ("htn", {"doctor": ""}, "/doctor"),
        ("htn", {"medications": [{"name": "a"}] * 21}, "/medications"),
    ],
)
def test_a_wrong_field_is_named(
    client: TestClient, person: Patient, form: Form, name: str, more: dict[str, Any], pointer: str
) -> None:
    body = json.dumps({**form(name, person.id), **more})
    for path in PATHS:
        answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        pointers = [each["pointer"] for each in answer.json()["errors"]]
        assert pointer in pointers


@pytest.mark.parametrize(("flag", "limit"), [("HI", 33.3), ("HI", 16.7), ("LO", 1.1), ("LO", 3.9)])
def test_the_limit_of_the_meter_may_stand_beside_its_flag(
    client: TestClient, person: Patient, form: Form, flag: str, limit: float
) -> None:
    body = form("dm", person.id, fasting_glucose_mmol_l=limit, fasting_glucose_flag=flag)
    answer = client.post(PATHS[0], json=body)
    assert answer.status_code == 200
    assert answer.json()["judgements"][0]["emergency_codes"] == ["DM-EM-01"]


def test_the_last_permitted_next_date_is_taken(client: TestClient, person: Patient, form: Form) -> None:
    for more in ({"next_visit_on": "2027-02-18"}, {"sbp_mmhg": 160, "next_visit_on": "2026-12-04"}):
        assert client.post(PATHS[0], json=form("htn", person.id, **more)).status_code == 200


def test_milligrams_in_the_millimole_field_get_a_hint(client: TestClient, person: Patient, form: Form) -> None:
    answer = client.post(PATHS[0], json=form("dm", person.id, fasting_glucose_mmol_l=126))
    (error,) = answer.json()["errors"]
    assert (error["code"], "mg/dL" in error["detail"]) == ("unit_mismatch", True)
    assert "126" not in answer.text


def test_all_faults_are_told_at_once(client: TestClient, person: Patient, form: Form) -> None:
    more = {"dbp_mmhg": 140, "hypertension_symptoms": [1, 3], "no_medication": True}
    answer = client.post(PATHS[1], json=form("htn", person.id, **more))
    assert {each["pointer"] for each in answer.json()["errors"]} == {
        "/dbp_mmhg",
        "/hypertension_symptoms",
        "/no_medication",
    }


def test_a_person_who_is_not_enrolled_for_the_disease_is_refused(
    client: TestClient, make_patient: Callable[..., Patient], make_enrolment: Callable[..., Enrolment], form: Form
) -> None:
    patient = make_patient()
    make_enrolment(patient, Disease.HTN)
    answer = client.post(PATHS[1], json=form("both", patient.id))
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [("/diseases/1", "not_enrolled")]


def test_an_unknown_person_is_not_found(client: TestClient, form: Form) -> None:
    for path in PATHS:
        assert client.post(path, json=form("htn", uuid4())).status_code == 404
    assert client.get(f"/v1/patients/{uuid4()}/followups").status_code == 404


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b'{"patient_id": 1', b"\xff", b'{"sbp_mmhg": 1e400}'])
def test_what_is_no_visit_at_all_is_a_problem(client: TestClient, content: bytes) -> None:
    for path in PATHS:
        answer = client.post(path, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code in {400, 422}
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query",
    ["group=late", "disease=COPD", "limit=0", "limit=101", "clinic=x", "cursor=AAAA", "cursor=WzEsMl0", "cursor=%00"],
)
def test_a_wrong_question_to_the_work_list_is_a_problem(client: TestClient, query: str) -> None:
    assert client.get(f"/v1/worklist?{query}").status_code == 422


def test_a_wrong_group_of_the_work_list_is_named(client: TestClient) -> None:
    (error,) = client.get("/v1/worklist?group=late").json()["errors"]
    assert error["pointer"] == "/group"
