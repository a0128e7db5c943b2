"""The registry of devices: on file once, given out to one person at a time, taken back, changed with a trail."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.audit.tables import Act, AuditEvent
from cmc.core import clock
from cmc.core.scope import Scope
from cmc.devices import queries
from cmc.organisations.tables import Organisation
from cmc.patients.tables import Patient


@pytest.fixture
def add(client: TestClient, clinic: Organisation) -> Callable[..., dict[str, Any]]:
    def add(code: str = "M-4711", **more: Any) -> dict[str, Any]:
        wanted = {"code": code, "kind": "meter", "clinic_id": str(clinic.id), **more}
        answer = client.post("/v1/devices", json=wanted)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return add


def ago(**span: int) -> str:
    return (clock.now() - timedelta(**span)).isoformat()


def post(client: TestClient, device: dict[str, Any], verb: str, **body: Any) -> Any:
    return client.post(f"/v1/devices/{device['id']}:{verb}", json=body)


def test_a_device_is_on_file_once(client: TestClient, add: Any, clinic: Organisation) -> None:
    device = add()
    assert (device["zone"], device["glucose_unit"], device["holders"]) == ("Asia/Shanghai", None, [])
    again = client.post("/v1/devices", json={"code": "M-4711", "kind": "cuff", "clinic_id": str(clinic.id)})
    assert (again.status_code, again.json()["code"]) == (409, "device-on-file")


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"zone": "Mars/Olympus"}, "/zone"),
        ({"zone": "a\x00b"}, "/zone"),
        ({"code": "a b"}, "/code"),
        ({"code": "王建国"}, "/code"),
        ({"kind": "scale"}, "/kind"),
        ({"glucose_unit": "g/L"}, "/glucose_unit"),
        ({"in_use_since": "2999-01-01T00:00:00Z"}, "/in_use_since"),
        ({"in_use_since": "1970-01-01T00:00:00Z"}, "/in_use_since"),
        ({"in_use_since": "2026-01-01T00:00:00"}, "/in_use_since"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    client: TestClient, clinic: Organisation, more: dict[str, Any], pointer: str
) -> None:
    answer = client.post("/v1/devices", json={"code": "M1", "kind": "meter", "clinic_id": str(clinic.id), **more})
    assert answer.status_code == 422, answer.text
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


def test_one_person_at_a_time_and_history_stays(client: TestClient, add: Any, make_patient: Any) -> None:
    device, first, second = add(), str(make_patient().id), str(make_patient("李秀英").id)
    assert post(client, device, "issue", patient_id=first, from_at=ago(days=30)).status_code == 201
    refused = post(client, device, "issue", patient_id=second)
    assert (refused.status_code, refused.json()["code"]) == (409, "device-issued")
    assert len(post(client, device, "return", to_at=ago(days=10)).json()["items"]) == 1
    within = post(client, device, "issue", patient_id=second, from_at=ago(days=20))
    assert within.json()["code"] == "device-issued"
    assert post(client, device, "issue", patient_id=second, from_at=ago(days=9)).status_code == 201
    shown = client.get(f"/v1/devices/{device['id']}").json()
    assert [each["patient_id"] for each in shown["issues"]] == [second, first]
    assert [each["patient_id"] for each in shown["holders"]] == [second]


def test_two_users_of_a_cuff_hold_it_together_and_a_third_without_a_place_cannot(
    client: TestClient, add: Any, make_patient: Any
) -> None:
    cuff = add("C-1", kind="cuff")
    people = [str(make_patient(name).id) for name in ("王建国", "李秀英", "张伟")]
    for slot in (1, 2):
        assert post(client, cuff, "issue", patient_id=people[slot - 1], user_slot=slot).status_code == 201
    assert post(client, cuff, "issue", patient_id=people[2]).status_code == 409
    assert post(client, cuff, "issue", patient_id=people[2], user_slot=2).status_code == 409
    ended = post(client, cuff, "return", user_slot=2).json()["items"]
    assert [each["patient_id"] for each in ended] == [people[1]]
    assert [each["user_slot"] for each in client.get("/v1/devices").json()["items"][0]["holders"]] == [1]


def test_what_nobody_has_cannot_come_back_nor_before_it_went(client: TestClient, add: Any, make_patient: Any) -> None:
    device = add()
    assert post(client, device, "return").json()["code"] == "device-not-issued"
    post(client, device, "issue", patient_id=str(make_patient().id), from_at=ago(days=1))
    early = post(client, device, "return", to_at=ago(days=2))
    assert (early.status_code, early.json()["errors"][0]["pointer"]) == (422, "/to_at")
    later = post(client, device, "return", to_at="2999-01-01T00:00:00Z")
    assert later.status_code == 422


def test_a_device_out_of_use_is_given_to_nobody_and_comes_back(client: TestClient, add: Any, make_patient: Any) -> None:
    device, who = add(), str(make_patient().id)
    retired = client.patch(f"/v1/devices/{device['id']}", json={"retired": True}).json()
    assert retired["retired_at"] is not None
    assert post(client, device, "issue", patient_id=who).json()["code"] == "device-retired"
    assert client.get("/v1/devices").json()["items"] == []
    assert client.patch(f"/v1/devices/{device['id']}", json={"retired": False}).json()["retired_at"] is None
    assert post(client, device, "issue", patient_id=who).status_code == 201


def test_calibration_due_is_found(client: TestClient, add: Any) -> None:
    add("A-1", calibration_due_on="2999-01-01")
    add("A-2", calibration_due_on="2020-01-01")
    add("A-3")
    due = client.get("/v1/devices", params={"calibration_due": True}).json()["items"]
    assert [(each["code"], each["calibration_due"]) for each in due] == [("A-2", True)]


def test_devices_come_a_page_at_a_time(client: TestClient, add: Any) -> None:
    for number in range(5):
        add(f"P-{number}")
    first = client.get("/v1/devices", params={"limit": 3}).json()
    rest = client.get("/v1/devices", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [each["code"] for each in first["items"] + rest["items"]] == [f"P-{number}" for number in range(5)]
    assert rest["next_cursor"] is None


def test_giving_out_and_back_are_in_the_trail_with_the_person(
    client: TestClient, add: Any, make_patient: Callable[..., Patient], session: Session
) -> None:
    device, person = add(), make_patient()
    post(client, device, "issue", patient_id=str(person.id))
    post(client, device, "return")
    events = session.scalars(
        select(AuditEvent).where(col(AuditEvent.subject) == "device_issue").order_by(col(AuditEvent.seq))
    ).all()
    assert [(each.act, each.person_ids) for each in events] == [(Act.CREATE, [person.id]), (Act.CHANGE, [person.id])]
    assert {"to_at"} <= set(events[1].detail["after"])


def test_the_registry_knows_who_held_a_device_when(
    client: TestClient, add: Any, make_patient: Any, session: Session, scope: Scope
) -> None:
    device, first, second = add(glucose_unit="mg/dL"), make_patient().id, make_patient("李秀英").id
    post(client, device, "issue", patient_id=str(first), from_at=ago(days=30))
    post(client, device, "return", to_at=ago(days=20))
    post(client, device, "issue", patient_id=str(second), from_at=ago(days=10))
    known = queries.known(session, scope, ["M-4711", "M-unknown"])
    assert set(known) == {"M-4711"}
    found = known["M-4711"]
    assert (found.zone, found.glucose_unit, len(found.holdings)) == ("Asia/Shanghai", "mg/dL", 2)
    now = clock.now()
    held = [found.holder(now - timedelta(days=days), None) for days in (31, 25, 15, 5)]
    assert held == [None, first, None, second]
