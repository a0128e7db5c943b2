"""Lists of screening: which values raise a suspicion, and what is still needed by when."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from cmc.accounts.roles import Role
from cmc.clinical.codes import Disease
from cmc.core import clock
from cmc.core.scope import Scope
from cmc.organisations.tables import Organisation
from cmc.patients.tables import Patient
from cmc.screening import queries


@pytest.fixture
def today() -> date:
    return clock.today()


def _exam(client: TestClient, person: Patient, on: date, **measured: Any) -> None:
    body = {"on": on.isoformat(), **measured}
    assert client.post(f"/v1/patients/{person.id}/annual-exams", json=body).status_code == 201


def _list(client: TestClient, **asked: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/screening", params=asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_one_high_pressure_asks_for_two_more_days_within_four_weeks(
    client: TestClient, make_patient: Callable[..., Patient], today: date
) -> None:
    person, day = make_patient(), today - timedelta(days=3)
    _exam(client, person, day, sbp_mmhg=150, dbp_mmhg=92)
    (found,) = _list(client)
    assert (found["verdict"], found["counted_on"]) == ("SUSPECTED", [day.isoformat()])
    need = found["needs"][0]
    assert (need["kind"], need["from_on"]) == ("MEASURE_PRESSURE", today.isoformat())
    assert need["by_on"] == (day + timedelta(days=28)).isoformat()
    assert "birth_date" not in found["patient"]


def test_three_days_meet_the_criteria_and_the_referral_is_followed_within_two_weeks(
    client: TestClient, make_patient: Callable[..., Patient], today: date
) -> None:
    person = make_patient()
    for days in (16, 10, 5):
        _exam(client, person, today - timedelta(days=days), sbp_mmhg=150, dbp_mmhg=92)
    assert [each["needs"][0]["kind"] for each in _list(client)] == ["CONFIRM_BY_DOCTOR"]
    first = (today - timedelta(days=5)).isoformat()
    suspected = {"disease": "HTN", "state": "SUSPECTED", "enrolled_on": first}
    stored = client.post(f"/v1/patients/{person.id}/enrolments", json=suspected)
    assert (stored.status_code, stored.json()["state"]) == (201, "SUSPECTED")
    address = f"/v1/patients/{person.id}/enrolments/{stored.json()['id']}"
    referred = today - timedelta(days=4)
    assert client.post(f"{address}:refer", json={"on": referred.isoformat()}).status_code == 200
    (found,) = _list(client)
    need = found["needs"][0]
    assert (need["kind"], need["by_on"]) == ("FOLLOW_REFERRAL", (referred + timedelta(days=14)).isoformat())
    assert found["suspected_enrolment_id"] == stored.json()["id"]
    day = today.isoformat()
    lacking = client.post(f"{address}/changes", json={"to_state": "CONFIRMED", "on": day})
    assert {each["pointer"] for each in lacking.json()["errors"]} == {"/confirmed_on", "/confirmed_at"}
    confirmed = {"to_state": "CONFIRMED", "on": day, "confirmed_on": day, "confirmed_at": "市第一医院"}
    assert client.post(f"{address}/changes", json=confirmed).status_code == 200
    assert _list(client) == []
    managed = {"to_state": "ACTIVE", "on": day, "doctor": "赵医生", "consent": True}
    answer = client.post(f"{address}/changes", json=managed).json()
    assert (answer["state"], answer["enrolled_on"], answer["statutory"]) == ("ACTIVE", day, True)
    consents = client.get(f"/v1/patients/{person.id}/consents").json()["items"]
    assert [each["purpose"] for each in consents] == ["management"]


@pytest.mark.parametrize(
    ("means", "rule"),
    [
        ({"whole_sbp_mmhg": 130, "whole_dbp_mmhg": 79}, "HTN-DX-03"),
        ({"whole_sbp_mmhg": 129, "whole_dbp_mmhg": 79}, None),
        ({"day_sbp_mmhg": 134, "day_dbp_mmhg": 85}, "HTN-DX-03"),
        ({"night_sbp_mmhg": 120, "night_dbp_mmhg": 60}, "HTN-DX-03"),
        ({"night_sbp_mmhg": 119, "night_dbp_mmhg": 69}, None),
    ],
)
def test_an_ambulatory_measurement_diagnoses_by_any_of_its_means(
    client: TestClient, make_patient: Callable[..., Patient], today: date, means: dict[str, int], rule: str | None
) -> None:
    person = make_patient()
    body = {"on": today.isoformat(), "findings": {"kind": "ambulatory_pressure", **means}}
    assert client.post(f"/v1/patients/{person.id}/examinations", json=body).status_code == 201
    found = _list(client)
    if rule is None:
        assert [each["verdict"] for each in found] in ([], ["NOT_SCREENED"])
    else:
        assert [(each["verdict"], each["reasons"][0]["rule"]) for each in found] == [("CRITERIA_MET", rule)]


@pytest.mark.parametrize(
    "means",
    [{}, {"day_sbp_mmhg": 120}, {"day_sbp_mmhg": 80, "day_dbp_mmhg": 80}, {"day_sbp_mmhg": 39, "day_dbp_mmhg": 30}],
)
def test_an_ambulatory_measurement_has_whole_means(
    client: TestClient, make_patient: Callable[..., Patient], today: date, means: dict[str, int]
) -> None:
    body = {"on": today.isoformat(), "findings": {"kind": "ambulatory_pressure", **means}}
    answer = client.post(f"/v1/patients/{make_patient().id}/examinations", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/findings")


def test_a_capillary_value_asks_for_venous_plasma(
    client: TestClient, make_patient: Callable[..., Patient], today: date
) -> None:
    person = make_patient()
    taken = f"{today - timedelta(days=2)}T07:00:00+08:00"
    reading = {"patient_id": str(person.id), "kind": "glucose", "value": 7.8, "unit": "mmol/L", "period": "FASTING"}
    assert client.post("/v1/readings", json=reading | {"taken_at": taken}).json()["summary"] == {"created": 1}
    (found,) = _list(client, disease="T2DM")
    assert found["verdict"] == "SUSPECTED"
    assert [each["kind"] for each in found["needs"]] == ["FASTING_GLUCOSE", "OGTT_OR_HBA1C"]
    assert found["reasons"][0]["rule"] == "DM-DX-03"


LABS = "/v1/patients/{}/labs"


@pytest.mark.parametrize(
    ("results", "needs"),
    [
        ([("GLUCOSE_FASTING", "7.4", "mmol/L", "laboratory")], ["FASTING_GLUCOSE", "OGTT_OR_HBA1C"]),
        (
            [("GLUCOSE_FASTING", "7.4", "mmol/L", "laboratory"), ("HBA1C", "6.9", "%", "laboratory")],
            ["CONFIRM_BY_DOCTOR"],
        ),
        (
            [("GLUCOSE_FASTING", "7.4", "mmol/L", "laboratory"), ("GLUCOSE_OGTT_2H", "216", "mg/dL", "laboratory")],
            ["CONFIRM_BY_DOCTOR"],
        ),
        (
            [("GLUCOSE_FASTING", "7.4", "mmol/L", "laboratory"), ("HBA1C", "6.9", "%", "typed")],
            ["FASTING_GLUCOSE", "OGTT_OR_HBA1C"],
        ),
    ],
    ids=["DM-DX-02 one result", "with HbA1c", "with OGTT", "DM-DX-01 an HbA1c of no known laboratory"],
)
def test_two_results_of_laboratories_meet_the_criteria(
    client: TestClient,
    make_patient: Callable[..., Patient],
    today: date,
    results: list[tuple[str, str, str, str]],
    needs: list[str],
) -> None:
    person, day = make_patient(), (today - timedelta(days=2)).isoformat()
    for analyte, value, unit, source in results:
        body = {"on": day, "analyte": analyte, "value": value, "unit": unit, "source": source}
        assert client.post(LABS.format(person.id), json=body).status_code == 201
    (found,) = _list(client, disease="T2DM")
    assert [each["kind"] for each in found["needs"]] == needs


def test_a_retracted_result_raises_no_suspicion(
    client: TestClient, make_patient: Callable[..., Patient], today: date
) -> None:
    person = make_patient(birth_date=date(1998, 1, 1))
    body = {"on": today.isoformat(), "analyte": "GLUCOSE_FASTING", "value": "7.4", "unit": "mmol/L"}
    told = client.post(LABS.format(person.id), json=body)
    assert len(_list(client, disease="T2DM")) == 1
    address = f"{LABS.format(person.id)}/{told.json()['id']}:correct"
    gone = client.post(address, json={"reason": "录错人", "fact": None}, headers={"If-Match": told.headers["etag"]})
    assert gone.status_code == 200, gone.text
    assert _list(client, disease="T2DM") == []


def test_who_has_a_diagnosis_on_record_is_no_suspicion(
    client: TestClient, make_patient: Callable[..., Patient], today: date
) -> None:
    person, day = make_patient(), today.isoformat()
    body = {"on": day, "analyte": "GLUCOSE_FASTING", "value": "7.4", "unit": "mmol/L"}
    client.post(LABS.format(person.id), json=body)
    client.post(f"/v1/patients/{person.id}/diagnoses", json={"on": day, "icd10": "E11.9"})
    assert _list(client, disease="T2DM") == []
    assert [each["verdict"] for each in _list(client, disease="T2DM", verdict="KNOWN")] == ["KNOWN"]


def test_who_was_diagnosed_by_the_form_is_no_suspicion(
    client: TestClient, make_patient: Callable[..., Patient], today: date
) -> None:
    person = make_patient(information={"diseases": [{"code": 2, "since": "2015-06"}]})
    _exam(client, person, today, sbp_mmhg=150, dbp_mmhg=92)
    assert _list(client) == []
    assert [each["verdict"] for each in _list(client, verdict="KNOWN")] == ["KNOWN"]


def test_pages_hold_everybody_once_and_only_the_scopes_people(
    client: TestClient, make_patient: Callable[..., Patient], make_clinic: Callable[..., Organisation], sign_in: Any,
    clinic: Organisation, today: date,
) -> None:  # fmt: skip
    other = make_clinic("C9")
    people = [make_patient(clinic_id=(other if number % 3 == 2 else clinic).id) for number in range(7)]
    for each in people:
        _exam(client, each, today, sbp_mmhg=150, dbp_mmhg=92)
    seen, cursor = [], None
    while True:
        answer = client.get("/v1/screening", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [each["patient"]["id"] for each in answer["items"]]
        if (cursor := answer["next_cursor"]) is None:
            break
    assert seen == [str(each.id) for each in people]
    own = client.get("/v1/screening", headers=sign_in(Role.NURSE, at=clinic)).json()["items"]
    assert {each["patient"]["clinic_id"] for each in own} == {str(clinic.id)}


def test_statements_do_not_grow_with_people(
    session: Session, connection: Connection, make_patient: Callable[..., Patient], today: date
) -> None:
    counts = []
    for size in (1, 12):
        people = [make_patient() for _ in range(size)]
        said: list[str] = []

        def listen(*args: Any, said: list[str] = said) -> None:
            said.append(args[2])

        event.listen(connection, "before_cursor_execute", listen)
        queries.held(session, Scope("test"), people, on=today)
        event.remove(connection, "before_cursor_execute", listen)
        counts.append(len(said))
    assert counts == [9, 9]


def test_a_managed_person_is_not_screened(
    client: TestClient, make_patient: Callable[..., Patient], make_enrolment: Callable[..., Any], today: date
) -> None:
    person = make_patient()
    make_enrolment(person, Disease.HTN)
    _exam(client, person, today, sbp_mmhg=150, dbp_mmhg=92)
    assert _list(client, verdict="KNOWN") == []
