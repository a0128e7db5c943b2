"""A person is told everything that is held of them, and who saw it."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import LargeBinary
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from cmc.accounts.roles import Role
from cmc.clinical.codes import Disease
from cmc.core.crypto import Keyring
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.organisations.tables import Organisation
from cmc.patients.tables import Enrolment, Patient
from cmc.privacy import access_report, retention

ID_CARD = "11010519491231002X"
EVIL = "<script>alert(1)</script>\"'&"


@pytest.fixture
def patient(make_patient: Callable[..., Patient], make_enrolment: Callable[..., Enrolment]) -> Patient:
    patient = make_patient(
        "张桂兰", citizen_id=ID_CARD, sex=None, birth_date=None, phone="13812346131", address=f"平江道8号 {EVIL}"
    )
    make_enrolment(patient, Disease.HTN, doctor=EVIL[:20])
    return patient


def test_the_report_holds_the_fields_in_full_and_every_table_of_people(client: TestClient, patient: Patient) -> None:
    answer = client.get(f"/v1/patients/{patient.id}/access-report")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["name"], body["citizen_id"], body["phone"]) == ("张桂兰", ID_CARD, "13812346131")
    held = {each["table"]: each["rows"] for each in body["held"]}
    of_people = {
        name for name, table in SQLModel.metadata.tables.items() if "patient_id" in table.c or name == "patient"
    }
    assert set(held) - {"enrolment_event", "alert_event"} == of_people - {
        "patient_token",
        "seen_person",
        "touched",
        "duplicate_key",
        "import_row",
        "visit_draft",
    }
    assert [len(held[table]) for table in ("patient", "enrolment", "enrolment_event", "consent")] == [1, 1, 1, 1]
    assert held["enrolment"][0]["disease"] == "HTN"


def test_no_key_and_no_ciphertext_is_in_it(client: TestClient, patient: Patient) -> None:
    body = client.get(f"/v1/patients/{patient.id}/access-report").json()
    for held in body["held"]:
        table = SQLModel.metadata.tables[held["table"]]
        secret = {column.name for column in table.columns if isinstance(column.type, LargeBinary)}
        assert not [row for row in held["rows"] if secret & set(row)]


def test_it_prints_as_a_page_that_runs_nothing(client: TestClient, patient: Patient) -> None:
    answer = client.get(f"/v1/patients/{patient.id}/access-report.html")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    page = answer.text
    for words in (
        "张桂兰",
        ID_CARD,
        "随访记录",
        "Follow-up visits",
        "个人信息查阅报告",
        "收缩压" if "收缩压" in page else "病种",
    ):
        assert words in page
    assert "<script" not in page
    assert not re.search(r"<(?!/?(html|head|meta|title|style|body|h1|h2|p|table|tr|th|td|!doctype)\b)", page)


def test_it_says_who_saw_the_person_at_whichever_clinic(
    app: FastAPI, session: Session, sign_in: Callable[..., dict[str, str]], patient: Patient
) -> None:
    nurse, doctor = (
        sign_in(role, at=session.get(Organisation, patient.clinic_id)) for role in (Role.NURSE, Role.DOCTOR)
    )
    client = TestClient(app)
    for _ in range(2):
        client.get(f"/v1/patients/{patient.id}", headers=doctor)
    asked = {"field": "phone", "reason": "call"}
    assert client.post(f"/v1/patients/{patient.id}:reveal", json=asked, headers=doctor).status_code == 200
    report = client.get(f"/v1/patients/{patient.id}/access-report", headers=nurse).json()
    told = {(each["actor_name"], each["act"]): each["times"] for each in report["accesses"]}
    assert told["测试", "read"] == 2
    assert told["测试", "reveal"] == 1
    assert told["测试", "export"] == 1, "making the report is an access too"
    page = client.get(f"/v1/patients/{patient.id}/access-report.html", headers=nurse).text
    assert "显示隐藏信息" in page
    assert "<script" not in page


def test_a_foreign_person_is_as_absent_as_nobody(
    client: TestClient,
    session: Session,
    keys: Keyring,
    patient: Patient,
    make_clinic: Callable[..., Organisation],
    now: Any,
) -> None:
    foreign = Scope(actor="nurse", clinic_ids=frozenset({make_clinic("C2").id}))
    with pytest.raises(NotFound):
        access_report.report(session, foreign, keys, patient.id, now=now)
    for form in ("access-report", "access-report.html"):
        assert client.get(f"/v1/patients/{uuid4()}/{form}").status_code == 404


def test_what_only_repeats_other_tables_is_left_out_on_purpose() -> None:
    assert {kept.table for kept in retention.RETENTION if kept.person and not kept.report} == {
        "patient_token",
        "seen_person",
        "touched",
        "duplicate_key",
        "duplicate_pair",
        "merge_row",
        "alert_cause",
        "import_row",
        "visit_draft",
    }
