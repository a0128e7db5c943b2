"""A new visit begins with what need not be asked anew; what is measured stands beside and is never copied."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cmc.clinical.codes import Disease
from cmc.core.clock import LOCAL
from cmc.followups.draft_schemas import CarriedOver
from cmc.patients.tables import Enrolment, Patient

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=LOCAL)
Form = Callable[..., dict[str, Any]]
MEASURED = {
    "sbp_mmhg", "dbp_mmhg", "heart_rate_bpm", "weight_kg", "height_cm", "waist_cm", "temperature_c", "foot_pulse",
    "foot_pulse_side", "fasting_glucose_mmol_l", "other_glucose_mmol_l", "hba1c_percent", "adherence", "hypoglycaemia",
    "hypertension_symptoms", "diabetes_symptoms", "adverse_reaction", "danger_signs", "auxiliary_tests",
}  # fmt: skip
"""What says how the person is on the day: a copy of it would be an invention."""


@pytest.fixture
def person(make_patient: Callable[..., Patient], make_enrolment: Callable[..., Enrolment]) -> Patient:
    patient = make_patient()
    for disease in Disease:
        make_enrolment(patient, disease)
    return patient


def opened(client: TestClient, person: Patient, **params: Any) -> dict[str, Any]:
    answer = client.get(f"/v1/patients/{person.id}/followups/new", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_nothing_measured_is_carried_over() -> None:
    assert not MEASURED & set(CarriedOver.model_fields)


def test_the_first_visit_opens_empty(client: TestClient, person: Patient) -> None:
    found = opened(client, person)
    assert found["diseases"] == ["HTN", "T2DM"]
    assert set(found["carried"].values()) == {None}
    assert (found["previous"], found["carried_from"], found["draft"]) == ([], {}, None)
    assert found["rulesets"] == ["CN-NBPHS-2017", "CN-PRIMARY-2025"]


def test_each_field_comes_from_the_newest_visit_that_has_it(client: TestClient, person: Patient, form: Form) -> None:
    first, second = TODAY - timedelta(80), TODAY - timedelta(10)
    living = {"staple_food_g_per_day": 300, "alcohol_liang_per_day": 1.5}
    insulin = {"kind": "30", "usage": "12"}  # words that look like numbers stay words
    old = form(
        "dm", person.id, first, insulin=insulin, lifestyle=living, height_cm=170, weight_kg=70, weight_target_kg=66.5
    )
    new = form("htn", person.id, second, lifestyle_targets={"salt": 1}, sbp_mmhg=148, waist_cm=91.5)
    del new["medications"]
    for body in (old, new):
        assert client.post("/v1/followups", json=body).status_code == 201
    found = opened(client, person)
    assert found["carried"]["lifestyle"] == living
    assert found["carried"]["weight_target_kg"] == 66.5
    assert found["carried"]["insulin"] == insulin
    assert found["carried_from"].pop("insulin") == first.isoformat()
    assert found["carried_from"].pop("weight_target_kg") == first.isoformat()
    assert found["carried"]["lifestyle_targets"] == {"salt": 1}
    carried = {name: value for name, value in found["carried"].items() if value is not None}
    again = form("both", person.id, **carried)
    assert client.post("/v1/followups:assess", json=again).status_code == 200  # it can be sent as it came
    assert found["carried"]["medications"][0]["name"] == "氨氯地平"
    assert found["carried_from"] == {
        "lifestyle": first.isoformat(),
        "medications": first.isoformat(),
        "lifestyle_targets": second.isoformat(),
    }
    assert [each["visited_on"] for each in found["previous"]] == [second.isoformat(), first.isoformat()]
    assert found["previous"][0]["measured"] == {"sbp_mmhg": 148, "dbp_mmhg": 82, "waist_cm": 91.5}
    assert found["previous"][1]["measured"]["fasting_glucose_mmol_l"] == 6.4
    assert found["known_height_cm"] == 170


def test_no_medicines_is_an_answer_too(client: TestClient, person: Patient, form: Form) -> None:
    client.post("/v1/followups", json=form("htn", person.id, TODAY - timedelta(80)))
    none = form("htn", person.id, TODAY - timedelta(3), no_medication=True)
    del none["medications"]
    assert client.post("/v1/followups", json=none).status_code == 201
    carried = opened(client, person)["carried"]
    assert (carried["medications"], carried["no_medication"]) == (None, True)


def test_a_withdrawn_visit_leaves_nothing_behind(client: TestClient, person: Patient, form: Form) -> None:
    made = client.post("/v1/followups", json=form("htn", person.id, weight_target_kg=60)).json()
    address = f"/v1/followups/{made['encounter_id']}:withdraw"
    assert client.post(address, json={"reason": "x"}, headers={"If-Match": '"1"'}).status_code == 200
    found = opened(client, person)
    assert (found["carried"]["weight_target_kg"], found["previous"]) == (None, [])
