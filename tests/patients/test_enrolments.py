"""Enrolment over HTTP: one open enrolment per disease, history kept, transfer without a gap or an overlap."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, text

from cmc.core import db
from cmc.core.scope import Scope
from cmc.organisations.tables import Organisation
from cmc.patients import queries
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
    lost = _change(client, enrolment, to_state="LOST", on="2025-10-01", evidence=evidence)
    assert lost.status_code == 200
    assert lost.json()["events"][-1]["evidence"] == evidence
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


def test_a_death_is_recorded_of_anybody_also_after_moving_out_or_without_an_enrolment(
    client: TestClient, make_patient: MakePatient
) -> None:
    moved, never = make_patient("甲"), make_patient("乙")
    enrolment = _enrol(client, moved).json()
    _change(client, enrolment, to_state="TERMINATED", on="2026-01-31", reason="MOVED_OUT")
    for patient in (moved, never):
        answer = client.post(f"/v1/patients/{patient.id}:record-death", json={"died_on": "2026-03-01", "cause": "肺炎"})
        assert (answer.status_code, answer.json()["died_on"]) == (200, "2026-03-01")
    assert client.get(f"/v1/patients/{moved.id}/enrolments").json()["items"][0]["end_reason"] == "MOVED_OUT"
    again = client.post(f"/v1/patients/{moved.id}:record-death", json={"died_on": "2026-03-02"})
    assert (again.status_code, again.json()["code"]) == (409, "death-recorded")


@pytest.mark.parametrize("died_on", ["2099-01-01", "1950-01-01"], ids=["in the future", "before birth"])
def test_a_death_has_a_possible_date(client: TestClient, make_patient: MakePatient, died_on: str) -> None:
    answer = client.post(f"/v1/patients/{make_patient().id}:record-death", json={"died_on": died_on})
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/died_on"]


def test_an_enrolment_after_the_death_ends_on_its_first_day(client: TestClient, make_patient: MakePatient) -> None:
    patient = make_patient()
    _enrol(client, patient, enrolled_on="2026-05-01")
    client.post(f"/v1/patients/{patient.id}:record-death", json={"died_on": "2026-04-01"})
    ended = client.get(f"/v1/patients/{patient.id}/enrolments").json()["items"][0]
    assert (ended["state"], ended["ended_on"]) == ("TERMINATED", "2026-05-01")


def test_who_is_lost_arrives_lost_at_another_clinic(
    client: TestClient, make_patient: MakePatient, make_clinic: Callable[..., Organisation]
) -> None:
    enrolment = _enrol(client, make_patient()).json()
    evidence = {"attempts": 3, "channels": 2, "first_on": "2025-09-01", "last_on": "2025-09-20"}
    _change(client, enrolment, to_state="LOST", on="2025-10-01", evidence=evidence)
    path = f"/v1/patients/{enrolment['patient_id']}/enrolments/{enrolment['id']}:transfer"
    new = client.post(path, json={"to_clinic_id": str(make_clinic("C2").id), "on": "2026-01-31"}).json()
    assert new["state"] == "LOST"


def test_one_disease_moves_and_the_person_stays_where_the_other_is_managed(
    client: TestClient,
    transaction: db.Transaction,
    make_patient: MakePatient,
    make_clinic: Callable[..., Organisation],
) -> None:
    patient, there = make_patient(), make_clinic("C2")
    hypertension = _enrol(client, patient).json()
    diabetes = _enrol(client, patient, disease="T2DM").json()
    here = patient.clinic_id
    for moved, home in ((hypertension, here), (diabetes, there.id)):
        path = f"/v1/patients/{patient.id}/enrolments/{moved['id']}:transfer"
        assert client.post(path, json={"to_clinic_id": str(there.id), "on": "2026-09-30"}).status_code == 201
        assert client.get(f"/v1/patients/{patient.id}").json()["clinic_id"] == str(home)
        with transaction() as session:
            for clinic_id in {home, there.id}:
                assert queries.get(session, Scope("nurse", frozenset({clinic_id})), patient.id).id == patient.id


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
    assert set(topics) == {"alerts", "followups", "indicators", "risk"}


def test_a_foreign_enrolment_is_not_found(client: TestClient, make_patient: MakePatient) -> None:
    enrolment = _enrol(client, make_patient("甲")).json() | {"patient_id": str(make_patient("乙").id)}
    assert _change(client, enrolment, to_state="TERMINATED", on="2026-05-20", reason="REFUSED").status_code == 404
