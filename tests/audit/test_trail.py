"""What the trail tells, to whom, and what it never holds."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Connection, event, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts import machines, queries
from cmc.accounts.roles import MachineKind, Role
from cmc.accounts.tables import AppUser
from cmc.audit import canonical, service
from cmc.audit.changes import AUDITED
from cmc.audit.tables import Act, AuditEvent
from cmc.clinical.codes import EndReason, EnrolmentState
from cmc.clinical.enrolment import Change
from cmc.core import crypto, db
from cmc.core.clock import now
from cmc.core.scope import Scope
from cmc.organisations.tables import Organisation
from cmc.patients import enrolling
from cmc.patients.tables import Enrolment, Patient
from cmc.tables import METADATA

BY_OTHER_MEANS = {
    "reading",
    "held_reading",
    "task",
    "touched",
    "indicator_fact",
    "enrolment_event",
    "seen_person",
    "patient_token",
    "duplicate_key",
    "plan_state",
    "indicator_report_person",
}
"""Tables of people that are written past the session, or are a log themselves."""


def _rows(session: Session, **wanted: Any) -> list[AuditEvent]:
    query = select(AuditEvent).filter_by(**wanted).order_by(col(AuditEvent.seq))
    return list(session.scalars(query))


def test_every_table_of_people_is_audited_or_has_another_account() -> None:
    of_people = {name for name, table in METADATA.tables.items() if {"patient_id", "birth_date"} & set(table.c.keys())}
    audited = {str(table.__tablename__) for table in AUDITED}
    assert of_people - audited - BY_OTHER_MEANS == set()


def test_a_change_shows_what_may_be_shown_and_hides_the_rest(
    session: Session, make_patient: Callable[..., Patient], make_clinic: Callable[..., Organisation]
) -> None:
    person = make_patient(phone="13800001111", address="天津市河西区")
    other = make_clinic("C2")
    before = person.clinic_id
    person.clinic_id, person.sex = other.id, "F"
    session.flush()
    [created] = _rows(session, subject="patient", act="create")
    [changed] = _rows(session, subject="patient", act="change")
    assert (created.subject_id, created.person_ids, created.actor) == (person.id, [person.id], "test")
    assert set(changed.detail["before"]) == {"clinic_id", "sex"}
    assert changed.detail["before"]["clinic_id"] == str(before)
    assert changed.detail["after"]["clinic_id"] == str(other.id)
    assert changed.detail["before"]["sex"] != changed.detail["after"]["sex"]
    everything = session.scalars(text("SELECT audit_event::text FROM audit_event")).all()
    for told in ("13800001111", "天津市河西区", "王建国", "1960-05-04"):
        assert [row for row in everything if told in row] == []


def test_a_value_changed_back_is_recognised_and_not_told(
    session: Session, make_patient: Callable[..., Patient]
) -> None:
    person = make_patient(phone="13800001111")
    for sex in ("F", "M"):
        person.sex = sex
        session.flush()
    first, second = _rows(session, subject="patient", act="change")
    assert first.detail["before"]["sex"] == second.detail["after"]["sex"]


def test_what_is_taken_back_leaves_no_row(session: Session, make_patient: Callable[..., Patient]) -> None:
    person = make_patient()
    nested = session.begin_nested()
    person.sex = "F"
    session.flush()
    nested.rollback()
    assert _rows(session, act="change") == []


def test_a_state_of_an_enrolment_is_told_before_and_after(
    session: Session, scope: Scope, make_patient: Callable[..., Patient], make_enrolment: Callable[..., Enrolment]
) -> None:
    enrolment = make_enrolment(make_patient())
    wanted = Change(EnrolmentState.TERMINATED, date(2026, 11, 1), EndReason.REFUSED)
    enrolling.change(session, scope, enrolment.patient_id, enrolment.id, wanted, now=now(), on=date(2026, 11, 20))
    [row] = _rows(session, subject="enrolment", act="change")
    assert row.detail["before"] == {"state": "ACTIVE"}
    assert row.detail["after"] == {"state": "TERMINATED", "ended_on": "2026-11-01", "end_reason": "REFUSED"}


def test_nobody_writes_in_another_name(connection: Connection) -> None:
    scope = Scope("user:a", frozenset())
    with pytest.raises(ProgrammingError), db.transaction(connection, scope) as session:
        service.record(session, Scope("user:b", frozenset()), Act.READ, "patient")


def test_who_has_not_signed_in_writes_as_nobody(connection: Connection, scope: Scope) -> None:
    with db.transaction(connection) as session:
        service.record(session, service.NOBODY, Act.LOG_IN_FAILED, "test-of-nobody")
    with db.transaction(connection, scope) as session:
        assert [row.actor for row in _rows(session, subject="test-of-nobody")] == ["nobody"]


@pytest.mark.parametrize("scope_of", [None, Scope("user:nurse", frozenset())])
def test_the_trail_is_shown_to_the_region_only(
    connection: Connection, session: Session, scope_of: Scope | None
) -> None:
    service.record(session, Scope("test"), Act.READ, "patient")
    session.flush()
    with db.transaction(connection, scope_of) as other:
        assert other.scalar(text("SELECT count(*) FROM audit_event")) == 0


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_event SET actor = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event",
                  "DELETE FROM audit_seal", "UPDATE audit_seal SET mac = ''"]
)  # fmt: skip
def test_the_service_may_only_add(session: Session, statement: str) -> None:
    with pytest.raises(ProgrammingError) as refused, session.begin_nested():
        session.execute(text(statement))
    assert getattr(refused.value.orig, "sqlstate", None) == "42501"


def test_the_stored_hash_is_that_of_the_stored_row(session: Session, make_patient: Callable[..., Patient]) -> None:
    make_patient()
    service.record(session, Scope("test"), Act.SEARCH, "patient", detail={"字": ["a", 1, None, True], "b": {"z": 1}})
    session.flush()
    session.expire_all()
    for row in _rows(session):
        content = (row.at, row.actor, row.act, row.subject, row.subject_id, row.person_ids, row.request_id, row.detail)
        assert canonical.row_hash(canonical.content(*content)) == row.row_hash


def test_the_trail_is_filtered_and_paged(client: TestClient, make_patient: Callable[..., Patient]) -> None:
    people = [make_patient() for _ in range(3)]
    for person in people * 2:
        client.get(f"/v1/patients/{person.id}")
    mine = client.get("/v1/audit", params={"person": str(people[0].id), "act": "read"}).json()["items"]
    assert [row["subject"] for row in mine] == ["patient", "patient"]
    assert mine[0]["act_name"] == {"zh": "查看", "en": "Read"}
    seqs: list[int] = []
    asked: dict[str, Any] = {"actor": mine[0]["actor"], "act": "read", "limit": 4}
    while True:
        page = client.get("/v1/audit", params=asked).json()
        seqs += [row["seq"] for row in page["items"] if row["subject"] == "patient"]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
    assert len(seqs) == 6
    assert seqs == sorted(set(seqs), reverse=True)
    assert client.get("/v1/audit", params={"to": "2020-01-01T00:00:00Z"}).json()["items"] == []
    assert client.get("/v1/audit", params={"cursor": "WyJ4Il0"}).status_code == 422


def test_who_looked_at_a_person(client: TestClient, make_patient: Callable[..., Patient]) -> None:
    person, other = make_patient(), make_patient()
    for each in (person, person, other):
        client.get(f"/v1/patients/{each.id}")
    client.get("/v1/patients")
    me = client.get("/v1/session").json()["actor"]
    found = client.get(f"/v1/audit/people/{person.id}").json()["items"]
    assert {(row["actor"], row["act"], row["times"]) for row in found} == {
        (me, "read", 2), (me, "list", 1), ("test", "create", 1)
    }  # fmt: skip


def test_the_csv_is_the_trail(client: TestClient, make_patient: Callable[..., Patient]) -> None:
    person = make_patient()
    client.get(f"/v1/patients/{person.id}")
    answer = client.get("/v1/audit/export", params={"person": str(person.id)})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert json.loads(rows[-1]["detail"])["values"]["clinic_id"] == str(person.clinic_id)
    assert [(row["act"], row["person_ids"]) for row in rows] == [("read", str(person.id)), ("create", str(person.id))]
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@")]
    exported = client.get("/v1/audit", params={"act": "export"}).json()["items"]
    assert exported[0]["detail"] == {"rows": 2}


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/export",
        "/people/01970000-0000-7000-8000-000000000001",
        "/people/01970000-0000-7000-8000-000000000001/export",
    ],
)
def test_only_an_auditor_of_the_whole_region_reads_the_trail(
    app: FastAPI, sign_in: Callable[..., dict[str, str]], path: str, clinic: Organisation
) -> None:
    anybody = TestClient(app)
    address = f"/v1/audit{path}"
    for role, at, status in (
        (Role.AUDITOR, None, 200),
        (Role.AUDITOR, clinic, 404),
        (Role.MANAGER, clinic, 403),
        (Role.ADMIN, None, 403),
    ):
        assert anybody.get(address, headers=sign_in(role, at=at)).status_code == status


def test_actors_are_told_by_name_and_what_is_sealed_holds_ids_alone(
    client: TestClient, session: Session, make_patient: Callable[..., Patient]
) -> None:
    person = make_patient()
    client.get(f"/v1/patients/{person.id}")
    me = client.get("/v1/session").json()["actor"]
    user = session.get(AppUser, UUID(me.partition(":")[2]))
    assert user is not None
    called = f"{user.display_name} ({user.login})"
    rows = client.get("/v1/audit", params={"person": str(person.id)}).json()["items"]
    assert {(row["actor"], row["actor_name"]) for row in rows} == {(me, called), ("test", None)}
    found = client.get(f"/v1/audit/people/{person.id}").json()["items"]
    assert {(row["actor"], row["actor_name"]) for row in found} == {(me, called), ("test", None)}
    answer = client.get(f"/v1/audit/people/{person.id}/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="accesses.csv"'
    read = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {(row["actor"], row["actor_name"], row["act"]) for row in read} >= {
        (me, called, "read"),
        ("test", "", "create"),
    }
    whole = client.get("/v1/audit/export").content.decode("utf-8-sig")
    assert called in whole
    kept = session.scalars(text("SELECT audit_event::text FROM audit_event")).all()
    assert [row for row in kept if user.display_name in row] == []


def test_a_gateway_is_told_by_its_name_in_one_look_up_of_each_kind(
    client: TestClient, session: Session, scope: Scope, keys: crypto.Keyring, clinic: Organisation
) -> None:
    me = client.get("/v1/session").json()["actor"]
    wanted = {"name": "一楼网关", "organisation_id": clinic.id}
    box, _ = machines.add(session, scope, keys, MachineKind.GATEWAY, **wanted, now=now())
    actors = {me, f"gateway:{box.id}", "job:followups", "nobody", "user:nonsense", f"user:{clinic.id}"}
    seen: list[str] = []
    connection = session.connection()

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    found = queries.called(session, actors)
    event.remove(connection, "before_cursor_execute", note)
    assert found.keys() == {me, f"gateway:{box.id}"}
    assert found[f"gateway:{box.id}"] == "一楼网关"
    assert len(seen) == 2
