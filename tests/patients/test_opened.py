"""Whom a user opened lately: the last eight, the latest first, that user's own, and nobody who is out of reach."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts.roles import Role
from cmc.audit import service as audit
from cmc.audit.tables import Act, AuditEvent
from cmc.core import clock, db
from cmc.core.scope import Scope
from cmc.organisations.tables import Organisation
from cmc.patients import recent
from cmc.patients.tables import Enrolment, Patient

MakePatient = Callable[..., Patient]


@pytest.fixture
def nurse(app: FastAPI, sign_in: Any, clinic: Organisation) -> TestClient:
    return TestClient(app, headers=sign_in(Role.NURSE, at=clinic))


def _opened(client: TestClient) -> list[str]:
    answer = client.get("/v1/patients:opened")
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


def _open(client: TestClient, *people: Patient) -> None:
    for each in people:
        assert client.get(f"/v1/patients/{each.id}").status_code == 200


def test_the_last_eight_stand_there_the_latest_first_each_once(nurse: TestClient, make_patient: MakePatient) -> None:
    assert _opened(nurse) == []
    people = [make_patient(f"王{number}甲") for number in range(10)]
    _open(nurse, *people)
    assert _opened(nurse) == [str(each.id) for each in reversed(people[2:])]
    _open(nurse, people[4], people[0], people[0])
    ids = [str(people[number].id) for number in (0, 4, 9, 8, 7, 6, 5, 3)]
    assert _opened(nurse) == ids
    assert _opened(nurse) == ids, "to look at the list opens nobody"


def test_who_was_only_found_listed_or_written_about_was_not_opened(
    nurse: TestClient, make_patient: MakePatient
) -> None:
    person = make_patient("张桂兰")
    assert nurse.post("/v1/patients:search", json={"text": "张桂兰"}).json()["items"]
    assert nurse.get("/v1/patients").json()["items"]
    assert nurse.get(f"/v1/patients/{person.id}/consents").status_code == 200
    assert nurse.post(f"/v1/patients/{person.id}:reveal", json={"field": "name", "reason": "call"}).status_code == 200
    assert _opened(nurse) == []


def test_nobody_is_told_what_a_colleague_opened(
    app: FastAPI, nurse: TestClient, sign_in: Any, clinic: Organisation, make_patient: MakePatient
) -> None:
    _open(nurse, make_patient("张桂兰"))
    for role in (Role.NURSE, Role.MANAGER):
        assert _opened(TestClient(app, headers=sign_in(role, at=clinic))) == []
    assert len(_opened(nurse)) == 1


def test_the_list_is_masked_and_noted(nurse: TestClient, session: Session, make_patient: MakePatient) -> None:
    person = make_patient("张桂兰", phone="13812346131")
    _open(nurse, person)
    (item,) = nurse.get("/v1/patients:opened").json()["items"]
    assert (item["name"], item["phone"]) == ("张**", "138****6131")
    note = session.scalars(select(AuditEvent).order_by(col(AuditEvent.seq).desc()).limit(1)).one()
    assert (note.act, note.subject, note.person_ids, note.detail) == (
        "list", "patient", [person.id], {"list": "opened"}
    )  # fmt: skip


def test_who_left_the_clinic_is_not_shown_any_more(
    nurse: TestClient,
    client: TestClient,
    make_patient: MakePatient,
    make_enrolment: Callable[..., Enrolment],
    make_clinic: Callable[..., Organisation],
) -> None:
    stays, goes = make_patient("张桂兰"), make_patient("李秀英")
    stint = make_enrolment(goes)
    _open(nurse, stays, goes)
    address = f"/v1/patients/{goes.id}/enrolments/{stint.id}:transfer"
    body = {"to_clinic_id": str(make_clinic("C2").id), "on": "2026-11-18"}
    assert client.post(address, json=body).status_code == 201
    assert _opened(nurse) == [str(stays.id)]


def test_who_was_merged_into_another_is_not_shown_and_the_other_is_once_opened(
    nurse: TestClient, client: TestClient, make_patient: MakePatient
) -> None:
    one, other = make_patient("张桂兰"), make_patient("张桂兰")
    _open(nurse, one)
    body = {"survivor_id": str(other.id), "merged_id": str(one.id)}
    assert client.post("/v1/merges", json=body).status_code == 201
    assert _opened(nurse) == []
    assert nurse.get(f"/v1/patients/{one.id}").json()["id"] == str(other.id)
    assert _opened(nurse) == [str(other.id)]


def test_the_database_answers_for_the_actor_of_the_transaction_alone(
    connection: Connection, make_patient: MakePatient
) -> None:
    person, now = make_patient("张桂兰"), clock.now()
    mine = Scope("user:mine", frozenset({person.clinic_id}))
    asked = text("SELECT patient_id FROM guard.people_opened(:since, 100, 8)")
    with db.transaction(connection, mine) as session:
        audit.seen(session, mine, "patient", [person.id])
        assert [each.id for each in recent.opened(session, mine, now=now)] == [person.id]
        assert recent.opened(session, mine, now=now + recent.BACK + timedelta(minutes=5)) == []
        audit.seen(session, mine, "patient", [], act=Act.READ)  # nobody was there
        assert len(recent.opened(session, mine, now=now)) == 1
    for actor in ("user:other", "user:min", "user:mine2"):
        with db.transaction(connection, Scope(actor, None)) as session:
            assert session.scalars(asked, {"since": now - recent.BACK}).all() == []


def test_only_so_many_of_the_latest_rows_are_looked_at(connection: Connection, make_patient: MakePatient) -> None:
    person, mine = make_patient("张桂兰"), Scope("user:mine", frozenset())
    asked = text("SELECT count(*) FROM guard.people_opened(now() - interval '1 day', :rows_back, 8)")
    with db.transaction(connection, mine) as session:
        audit.seen(session, mine, "patient", [person.id])
        audit.seen(session, mine, "task", [person.id], act=Act.LIST)
        assert [session.scalar(asked, {"rows_back": back}) for back in (0, 1, 2)] == [0, 0, 1]
