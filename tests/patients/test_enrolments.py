"""Enrolment over HTTP: one open enrolment per disease, history kept, transfer without a gap or an overlap."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, text

from cmc.organisations.tables import Organisation
from cmc.patients.tables import Patient

MakePatient = Callable[..., Patient]
ENROLMENT: dict[str, Any] = {
    "disease": "HTN",
    "enrolled_on": "2025-03-01",
    "confirmed_on": "2025-02-20",
    "confirmed_at": "市第一医院",
    "doctor": "李医生",
    "consent": True,
}


def _enrol(client: TestClient, patient: Patient, **more: Any) -> Any:
    return client.post(f"/v1/patients/{patient.id}/enrolments", json=ENROLMENT | more)


def _change(client: TestClient, enrolment: dict[str, Any], **body: Any) -> Any:
    return client.post(f"/v1/patients/{enrolment['patient_id']}/enrolments/{enrolment['id']}/changes", json=body)


def test_a_person_has_one_open_enrolment_per_disease(client: TestClient, make_patient: MakePatient) -> None:
    patient = make_patient()
    assert _enrol(client, patient).status_code == 201
    again = _enrol(client, patient)
    assert (again.status_code, again.json()["code"]) == (409, "already-enrolled")
    assert _enrol(client, patient, disease="T2DM").status_code == 201


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"consent": False}, "/consent"),
        ({"enrolled_on": "2099-01-01"}, "/enrolled_on"),
        ({"confirmed_on": "2025-03-02"}, "/confirmed_on"),
        ({"confirmed_on": "1900-01-01"}, "/confirmed_on"),
        ({"disease": "COPD"}, "/disease"),
        ({"consent": "yes"}, "/consent"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_enrolment_that_breaks_a_rule_is_refused_by_field(
    client: TestClient, make_patient: MakePatient, more: dict[str, Any], pointer: str
) -> None:
    answer = _enrol(client, make_patient(), **more)
    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}


def test_a_lost_person_who_returns_keeps_the_enrolment_and_the_gap(
    client: TestClient, make_patient: MakePatient
) -> None:
    enrolment = _enrol(client, make_patient()).json()
    evidence = {"attempts": 4, "channels": 2, "first_on": "2025-09-01", "last_on": "2025-09-20"}
    assert _change(client, enrolment, to_state="LOST", on="2025-10-01", evidence=evidence).status_code == 200
    back = _change(client, enrolment, to_state="ACTIVE", on="2025-12-01").json()
    assert back["id"] == enrolment["id"]
    assert [(event["to_state"], event["on"]) for event in back["events"]] == [
        ("ACTIVE", "2025-03-01"),
        ("LOST", "2025-10-01"),
        ("ACTIVE", "2025-12-01"),
    ]


def test_a_death_closes_every_enrolment_on_that_day(client: TestClient, make_patient: MakePatient) -> None:
    patient = make_patient()
    enrolment = _enrol(client, patient).json()
    _enrol(client, patient, disease="T2DM")
    _change(client, enrolment, to_state="TERMINATED", on="2026-05-20", reason="DIED")
    found = client.get(f"/v1/patients/{patient.id}/enrolments").json()["items"]
    assert {(each["state"], each["ended_on"], each["end_reason"]) for each in found} == {
        ("TERMINATED", "2026-05-20", "DIED")
    }
    assert client.get(f"/v1/patients/{patient.id}").json()["died_on"] == "2026-05-20"
    assert _enrol(client, patient, enrolled_on="2026-06-01").status_code == 422


def test_a_transfer_closes_here_and_opens_there_the_next_day(
    client: TestClient, make_patient: MakePatient, make_clinic: Callable[..., Organisation]
) -> None:
    patient, there = make_patient(), make_clinic("C2")
    old = _enrol(client, patient).json()
    path = f"/v1/patients/{patient.id}/enrolments/{old['id']}:transfer"
    answer = client.post(path, json={"to_clinic_id": str(there.id), "on": "2026-09-30"})
    assert answer.status_code == 201
    new, closed = client.get(f"/v1/patients/{patient.id}/enrolments").json()["items"]
    assert (new["clinic_id"], new["enrolled_on"], new["state"]) == (str(there.id), "2026-10-01", "ACTIVE")
    assert (closed["ended_on"], closed["end_reason"]) == ("2026-09-30", "TRANSFERRED")
    assert client.get(f"/v1/patients/{patient.id}").json()["clinic_id"] == str(there.id)


def test_every_change_leaves_marks_for_the_jobs(
    client: TestClient, make_patient: MakePatient, connection: Connection
) -> None:
    enrolment = _enrol(client, make_patient()).json()
    connection.execute(text("DELETE FROM touched"))
    _change(client, enrolment, to_state="TERMINATED", on="2026-05-20", reason="REFUSED")
    topics = connection.scalars(
        text("SELECT topic FROM touched WHERE patient_id = :id"), {"id": enrolment["patient_id"]}
    )
    assert set(topics) == {"followups", "indicators"}


def test_a_foreign_enrolment_is_not_found(client: TestClient, make_patient: MakePatient) -> None:
    enrolment = _enrol(client, make_patient("甲")).json() | {"patient_id": str(make_patient("乙").id)}
    assert _change(client, enrolment, to_state="TERMINATED", on="2026-05-20", reason="REFUSED").status_code == 404
