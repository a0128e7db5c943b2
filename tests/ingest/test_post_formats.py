"""Every wire format over HTTP: stored after the COMMIT, answered with exactly what its sender waits for."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from cmc.core import clock
from cmc.ingest import service
from cmc.ingest.formats import FORMATS
from cmc.ingest.received import Format
from cmc.organisations.tables import Organisation
from cmc.patients.tables import Patient

FIXTURES = Path(__file__).parent / "fixtures"
FILES = [
    pytest.param(form, path, id=f"{form.code}/{path.name}")
    for form in FORMATS
    for path in sorted((FIXTURES / form.code / "accepted").iterdir())
]
WITH_ANSWERS = {
    "lifesense": (200, b'{"code":200}'),
    "tellihealth": (200, b"{}"),
    "tenovi": (200, b"{}"),
    "bodytrace": (200, b"{}"),
    "ava4": (204, b""),
}
AVA4 = {
    "type": "reportAttribute",
    "time": 1764547200,
    "data": {"value": {"device_list": [{"ble_addr": "BLE1", "blood_glucose": "6.1", "scan_time": 1764547200}]}},
}


@pytest.fixture
def person(make_patient: Callable[..., Patient]) -> str:
    return str(make_patient().id)


def rows(session: Session, columns: str = "count(*)") -> Any:
    return session.execute(text(f"SELECT {columns} FROM reading")).all()  # noqa: S608 - columns of this file


@pytest.mark.parametrize(("form", "path"), FILES)
def test_a_payload_is_stored_once_and_answered_as_its_sender_waits_for(
    client: TestClient, session: Session, person: str, form: Format, path: Path
) -> None:
    given = {"patient_id": person, "device": "M1", "glucose_unit": "mg/dL"}
    first = client.post(f"/v1/readings/{form.code}", content=path.read_bytes(), params=given)
    count = rows(session)[0][0]
    again = client.post(f"/v1/readings/{form.code}", content=path.read_bytes(), params=given)
    assert rows(session)[0][0] == count
    if form.code in WITH_ANSWERS:
        assert [(each.status_code, each.content) for each in (first, again)] == [WITH_ANSWERS[form.code]] * 2
    else:
        assert first.status_code == again.status_code == 200, first.text
        assert not {"created", "conflict"} & again.json()["summary"].keys()


def test_every_format_is_listed_with_its_answer(client: TestClient) -> None:
    listed = {each["code"]: each for each in client.get("/v1/reading-formats").json()["items"]}
    assert list(listed) == [each.code for each in FORMATS]
    assert listed["lifesense"]["answer_body"] == '{"code":200}'
    assert listed["ava4"]["answer_status"] == 204
    assert listed["native"]["answer_body"] is None
    assert all(each["zh"] and each["en"] for each in listed.values())


def test_a_format_that_is_none_is_not_found(client: TestClient) -> None:
    assert client.post("/v1/readings/fax", content=b"{}").status_code == 404


@pytest.mark.parametrize("query", [{"timezone": "Mars"}, {"device": "a b"}, {"patient_id": "x"}, {"glucose_unit": "g"}])
def test_what_cannot_be_given_is_refused_with_its_field(client: TestClient, query: dict[str, str]) -> None:
    answer = client.post("/v1/readings/lifesense", content=b"{}", params=query)
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_a_sign_of_life_is_answered_and_leaves_nothing(client: TestClient, session: Session) -> None:
    answer = client.post("/v1/readings/ava4", json={"type": "heartbeat"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert session.scalar(text("SELECT count(*) FROM receipt")) == 0


def test_what_was_not_stored_is_asked_for_again_in_the_senders_words(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OperationalError("insert", {}, Exception("gone"))

    monkeypatch.setattr(service, "store_together", broken)
    answer = client.post("/v1/readings/ava4", json=AVA4, params={"glucose_unit": "mmol/L"})
    assert (answer.status_code, answer.content) == (503, b"")


def add(client: TestClient, clinic: Organisation, code: str, **more: Any) -> str:
    wanted = {
        "code": code,
        "kind": "meter",
        "clinic_id": str(clinic.id),
        "in_use_since": "2024-01-01T00:00:00Z",
        **more,
    }
    answer = client.post("/v1/devices", json=wanted)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def issue(client: TestClient, device: str, person: object, at: str) -> None:
    body = {"patient_id": str(person), "from_at": at}
    assert client.post(f"/v1/devices/{device}:issue", json=body).status_code == 201


def test_the_unit_of_a_meter_comes_from_the_register_and_is_never_guessed(
    client: TestClient, session: Session, clinic: Organisation, person: str
) -> None:
    client.post("/v1/readings/ava4", json=AVA4)
    assert rows(session)[0][0] == 0
    issue(client, add(client, clinic, "BLE1", glucose_unit="mmol/L"), person, "2025-01-01T00:00:00Z")
    client.post("/v1/readings/ava4", json=AVA4)
    assert [(str(who), value) for who, value in rows(session, "patient_id, glucose_umol_l")] == [(person, 6100)]


def test_devices_of_one_message_keep_each_its_own_unit(
    client: TestClient, session: Session, clinic: Organisation, person: str
) -> None:
    for code, unit in (("BLE1", "mmol/L"), ("BLE2", "mg/dL")):
        issue(client, add(client, clinic, code, glucose_unit=unit), person, "2025-01-01T00:00:00Z")
    message = json.loads(json.dumps(AVA4))
    message["data"]["value"]["device_list"].append(
        {"ble_addr": "BLE2", "blood_glucose": "126", "scan_time": 1764547260}
    )
    client.post("/v1/readings/ava4", json=message)
    assert {(device, value) for device, value in rows(session, "device, glucose_umol_l")} == {
        ("BLE1", 6100),
        ("BLE2", 7000),
    }


def test_the_zone_of_a_device_comes_from_the_register(
    client: TestClient, session: Session, clinic: Organisation, person: str
) -> None:
    issue(client, add(client, clinic, "BLE9", zone="Asia/Urumqi"), person, "2025-01-01T00:00:00Z")
    body = {"device": "BLE9", "measurements": ["060700E907030107000006D011"]}
    assert client.post("/v1/readings/gatt_glucose", json=body).json()["summary"] == {"created": 1}
    (at,) = rows(session, "taken_at")[0]
    assert at.astimezone(clock.LOCAL).isoformat() == "2025-03-01T09:00:00+08:00"


def test_a_zone_in_the_address_goes_before_the_register_also_when_it_is_the_usual_one(
    client: TestClient, session: Session, clinic: Organisation, person: str
) -> None:
    issue(client, add(client, clinic, "BLE9", zone="Asia/Urumqi"), person, "2025-01-01T00:00:00Z")
    body = {"device": "BLE9", "measurements": ["060700E907030107000006D011"]}
    client.post("/v1/readings/gatt_glucose", json=body, params={"timezone": "Asia/Shanghai"})
    (at,) = rows(session, "taken_at")[0]
    assert at.astimezone(clock.LOCAL).isoformat() == "2025-03-01T07:00:00+08:00"


def test_a_reading_goes_to_who_held_the_device_when_it_was_taken(
    client: TestClient, session: Session, clinic: Organisation, make_patient: Callable[..., Patient]
) -> None:
    first, second = make_patient().id, make_patient("李秀英").id
    device = add(client, clinic, "M-7")
    issue(client, device, first, "2025-01-01T00:00:00Z")
    client.post(f"/v1/devices/{device}:return", json={"to_at": "2025-02-01T00:00:00Z"})
    issue(client, device, second, "2025-03-01T00:00:00Z")
    item = {"kind": "glucose", "value": 6.1, "unit": "mmol/L", "device": "M-7"}
    times = ["2025-01-15T07:00:00Z", "2025-02-15T07:00:00Z", "2025-03-15T07:00:00Z"]
    items = [item | {"taken_at": at, "sequence": number} for number, at in enumerate(times)]
    results = client.post("/v1/readings", json={"items": items}).json()["results"]
    assert [each["status"] for each in results] == ["created", "quarantined", "created"]
    assert results[1]["errors"][0]["pointer"] == "/items/1/device"
    assert [row[0] for row in rows(session, "patient_id")] in ([first, second], [second, first])
    again = client.post("/v1/readings", json={"items": items}).json()["summary"]
    assert again == {"duplicate": 2, "quarantined": 1}


def test_a_named_person_goes_before_the_register(
    client: TestClient, session: Session, clinic: Organisation, make_patient: Callable[..., Patient], person: str
) -> None:
    issue(client, add(client, clinic, "M-7"), make_patient("李秀英").id, "2025-01-01T00:00:00Z")
    item = {"kind": "glucose", "value": 6.1, "unit": "mmol/L", "device": "M-7", "patient_id": person}
    client.post("/v1/readings", json=item | {"taken_at": "2025-03-15T07:00:00Z"})
    assert str(rows(session, "patient_id")[0][0]) == person


def test_a_clock_that_went_back_while_the_numbers_went_on_is_held(
    client: TestClient, session: Session, clinic: Organisation, person: str
) -> None:
    issue(client, add(client, clinic, "M-7"), person, "2024-01-01T00:00:00Z")
    now = clock.now().replace(microsecond=0)
    item = {"kind": "glucose", "unit": "mmol/L", "device": "M-7"}

    def send(number: int, days: float, value: float) -> dict[str, Any]:
        taken = (now - timedelta(days=days)).isoformat()
        sent = client.post("/v1/readings", json=item | {"sequence": number, "taken_at": taken, "value": value})
        result: dict[str, Any] = sent.json()["results"][0]
        return result

    assert send(10, 3, 6.1)["status"] == "created"
    went_back = send(11, 300, 6.2)
    assert went_back["status"] == "quarantined"
    assert [each["code"] for each in went_back["errors"]] == ["clock_backwards"]
    assert send(12, 2, 6.3)["status"] == "created"
    assert send(10, 3, 6.1)["status"] == "duplicate"


def test_what_a_sensor_measured_in_its_former_session_counts_after_the_next_has_begun(
    client: TestClient, clinic: Organisation, person: str
) -> None:
    issue(client, add(client, clinic, "CGM-7"), person, "2024-01-01T00:00:00Z")
    now = clock.now().replace(microsecond=0)
    item = {"kind": "glucose", "unit": "mmol/L", "device": "CGM-7", "value": 6.1, "specimen": "interstitial"}
    new, old = ((now - timedelta(days=days)).isoformat() for days in (1, 4))
    sent = [item | {"sequence": 5, "taken_at": new}, item | {"sequence": 9000, "taken_at": old, "value": 7.0}]
    told = [client.post("/v1/readings", json=each).json()["results"][0]["status"] for each in sent]
    assert told == ["created", "created"]


def test_what_was_stored_stays_a_duplicate_whatever_came_later(
    client: TestClient, clinic: Organisation, person: str
) -> None:
    issue(client, add(client, clinic, "M-7"), person, "2024-01-01T00:00:00Z")
    now = clock.now().replace(microsecond=0)
    old = {"kind": "glucose", "unit": "mmol/L", "device": "M-7", "value": 6.1, "sequence": 20}
    old |= {"taken_at": (now - timedelta(days=30)).isoformat()}
    later = old | {"sequence": 5, "value": 7.1, "taken_at": (now - timedelta(days=2)).isoformat()}
    statuses = [client.post("/v1/readings", json=each).json()["results"][0]["status"] for each in (old, later, old)]
    assert statuses == ["created", "created", "duplicate"]


def test_a_reading_from_before_the_device_was_in_use_is_held(
    client: TestClient, clinic: Organisation, person: str
) -> None:
    issue(client, add(client, clinic, "M-7"), person, "2024-01-01T00:00:00Z")
    item = {"kind": "glucose", "unit": "mmol/L", "device": "M-7", "value": 6.1, "patient_id": person}
    answer = client.post("/v1/readings", json=item | {"taken_at": "2022-01-01T00:00:00Z"}).json()["results"][0]
    assert [each["code"] for each in answer["errors"]] == ["before_activation"]
