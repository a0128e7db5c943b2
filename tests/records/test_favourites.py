"""The medicines that a clinic is offered first: ordered, set as a whole, told as both forms take them."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.audit.tables import AuditEvent
from cmc.organisations.tables import Organisation
from cmc.patients.tables import Patient

AMLODIPINE = {"name": "氨氯地平", "strength": "5 mg × 28 片", "dose": 5, "dose_unit": "mg", "frequency": "QD"}
METFORMIN = {"name": "二甲双胍", "dose": 0.5, "dose_unit": "g", "frequency": "BID"}
SEMAGLUTIDE = {"name": "司美格鲁肽", "dose": 0.5, "dose_unit": "mg", "frequency": "QW"}


def put(client: TestClient, clinic: Organisation, *items: dict[str, Any]) -> Any:
    return client.put(f"/v1/organisations/{clinic.id}/favourite-medicines", json={"items": list(items)})


def names(client: TestClient, clinic: Organisation) -> list[str]:
    found = client.get(f"/v1/organisations/{clinic.id}/favourite-medicines").json()["items"]
    return [each["name"] for each in found]


def test_a_list_is_set_whole_and_keeps_its_order(
    client: TestClient, session: Session, clinic: Organisation, make_clinic: Callable[..., Organisation]
) -> None:
    assert names(client, clinic) == []
    made = put(client, clinic, METFORMIN, AMLODIPINE, SEMAGLUTIDE)
    assert made.status_code == 200, made.text
    assert [each["name"] for each in made.json()["items"]] == ["二甲双胍", "氨氯地平", "司美格鲁肽"]
    put(client, clinic, AMLODIPINE, METFORMIN)
    assert names(client, clinic) == ["氨氯地平", "二甲双胍"]
    assert names(client, make_clinic("C2")) == []
    noted = session.scalars(select(AuditEvent.act).where(col(AuditEvent.subject) == "favourite_medicine"))
    before = sorted(noted)
    assert before == ["change", "change", "create", "create", "create", "delete"]
    put(client, clinic, AMLODIPINE, METFORMIN)
    noted = session.scalars(select(AuditEvent.act).where(col(AuditEvent.subject) == "favourite_medicine"))
    assert sorted(noted) == before
    put(client, clinic)
    assert names(client, clinic) == []


def test_each_is_told_as_the_record_and_as_the_visit_form_take_it(
    client: TestClient, clinic: Organisation, make_patient: Callable[..., Patient]
) -> None:
    bare = {"name": "阿司匹林"}
    told = put(client, clinic, AMLODIPINE, METFORMIN, SEMAGLUTIDE, bare).json()["items"]
    assert [(each["dose"], each["visit_dose"], each["times_per_day"]) for each in told] == [
        ("5", "5 mg", 1),
        ("0.5", "0.5 g", 2),
        ("0.5", "0.5 mg 每周一次", None),
        (None, None, None),
    ]
    assert told[0]["strength"] == "5 mg × 28 片"
    person = make_patient()
    first = {name: value for name, value in METFORMIN.items() if name in {"name", "dose", "dose_unit", "frequency"}}
    kept = client.post(f"/v1/patients/{person.id}/medications", json=first | {"on": "2026-01-05"})
    assert kept.status_code == 201, kept.text


def test_what_is_no_list_is_refused(client: TestClient, clinic: Organisation) -> None:
    for wrong in (
        [AMLODIPINE, AMLODIPINE],
        [{"name": "氨氯地平", "dose": 5}],
        [{"name": "氨氯地平", "dose": 0, "dose_unit": "mg"}],
        [{"name": " "}],
        [{"name": "氨氯地平", "frequency": "5 times"}],
        [{"name": f"药{number}"} for number in range(51)],
    ):
        answer = put(client, clinic, *wrong)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"]
    assert names(client, clinic) == []
