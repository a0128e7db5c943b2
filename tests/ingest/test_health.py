"""The health of gateways and devices: lag, skew, share of errors, silence, calibration."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.accounts.roles import MachineKind
from cmc.accounts.tables import Machine
from cmc.core import clock, crypto
from cmc.core.scope import Scope
from cmc.devices.tables import Device, DeviceIssue
from cmc.ingest import keeping, service
from cmc.ingest.formats import native
from cmc.organisations.tables import Organisation
from cmc.patients.tables import Patient

KEYS = crypto.keyring(bytes(range(32)))


@pytest.fixture
def person(make_patient: Callable[..., Patient]) -> Patient:
    return make_patient()


@pytest.fixture
def gateway(session: Session, clinic: Organisation) -> Machine:
    machine = Machine(
        kind=MachineKind.GATEWAY.value,
        name="前台网关",
        organisation_id=clinic.id,
        created_by="t",
        created_at=clock.now(),
    )
    session.add(machine)
    session.flush()
    return machine


@pytest.fixture
def device(session: Session, clinic: Organisation, person: Patient) -> Device:
    since = clock.now() - timedelta(days=100)
    found = Device(
        code="M-1", kind="meter", clinic_id=clinic.id, zone="Asia/Shanghai", in_use_since=since, recorded_by="t",
        recorded_at=since, calibration_due_on=clock.today(),
    )  # fmt: skip
    session.add(found)
    session.flush()
    session.add(
        DeviceIssue(device_id=found.id, patient_id=person.id, clinic_id=clinic.id, from_at=since, issued_by="t")
    )
    session.flush()
    return found


def send(session: Session, gateway: Machine, items: list[dict[str, Any]], *, now: datetime) -> None:
    body = json.dumps({"items": items}).encode()
    scope = Scope(f"gateway:{gateway.id}", frozenset({gateway.organisation_id} if gateway.organisation_id else ()))
    arrival = keeping.Arrival(scope.actor, "native", body, KEYS)
    service.store(session, scope, arrival, native.read(body).items, now=now)


def item(at: datetime, number: int, **more: Any) -> dict[str, Any]:
    plain = {"kind": "glucose", "value": 6.1, "unit": "mmol/L", "device": "M-1", "sequence": number}
    return plain | {"taken_at": at.isoformat(), **more}


def health(client: TestClient, **query: Any) -> dict[str, Any]:
    answer = client.get("/v1/devices/health", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_lag_skew_and_share_of_errors(client: TestClient, session: Session, gateway: Machine, device: Device) -> None:
    now = clock.now().replace(microsecond=0)
    send(session, gateway, [item(now - timedelta(minutes=5), 1), item(now - timedelta(hours=2), 2)], now=now)
    ahead = item(now + timedelta(minutes=30), 3)
    send(session, gateway, [ahead, item(now, 4, value=900), item(now, 5, value=27, unit="mg/dL")], now=now)
    found = health(client)
    (one,) = found["gateways"]
    assert (one["name"], one["batches"], one["items"], one["created"]) == ("前台网关", 2, 5, 3)
    assert (one["held"], one["refused"], one["error_percent"]) == (1, 1, 40.0)
    assert (one["skew_seconds"], one["most_lag_seconds"], one["median_lag_seconds"]) == (1800, 7200, 150)
    (meter,) = found["devices"]
    assert (meter["readings"], meter["held"], meter["error_percent"]) == (3, 1, 25.0)
    assert (meter["skew_seconds"], meter["median_lag_seconds"], meter["silent"]) == (1800, 300, False)
    assert meter["calibration_due"]


def test_who_has_a_device_that_says_nothing_is_told(
    client: TestClient, session: Session, gateway: Machine, device: Device
) -> None:
    (meter,) = health(client)["devices"]
    assert (meter["silent"], meter["readings"], meter["error_percent"]) == (True, 0, None)
    long_ago = clock.now() - timedelta(days=8)
    send(session, gateway, [item(long_ago, 1)], now=long_ago)
    (meter,) = health(client, days=30)["devices"]
    assert (meter["silent"], meter["readings"]) == (True, 1)
    send(session, gateway, [item(long_ago, 2, value=7.1)], now=clock.now() - timedelta(days=1))
    assert not health(client)["devices"][0]["silent"]


def test_the_silent_are_listed_whatever_page_they_would_stand_on(
    client: TestClient, session: Session, gateway: Machine, device: Device, clinic: Organisation, person: Patient
) -> None:
    now = clock.now()
    for code, days in (("A-1", 6), ("A-2", 8), ("Z-9", 30)):
        body = {"code": code, "kind": "cuff", "clinic_id": str(clinic.id)}
        since = (now - timedelta(days=days)).isoformat()
        made = client.post("/v1/devices", json=body | {"in_use_since": since}).json()
        client.post(f"/v1/devices/{made['id']}:issue", json={"patient_id": str(person.id), "from_at": since})
    client.post("/v1/devices", json={"code": "B-1", "kind": "cuff", "clinic_id": str(clinic.id)})
    send(session, gateway, [item(now - timedelta(hours=1), 1)], now=now)  # of M-1
    every = {each["code"]: each["silent"] for each in health(client)["devices"]}
    assert every == {"A-1": False, "A-2": True, "B-1": False, "M-1": False, "Z-9": True}
    found = health(client, silent=True, limit=1)
    rest = health(client, silent=True, limit=1, cursor=found["next_cursor"])
    assert [each["code"] for each in found["devices"] + rest["devices"]] == ["A-2", "Z-9"]
    assert rest["next_cursor"] is None


def test_a_low_battery_is_told_by_the_newest_reading(
    client: TestClient, session: Session, gateway: Machine, device: Device, person: Patient
) -> None:
    now = clock.now().replace(microsecond=0)
    send(session, gateway, [item(now - timedelta(hours=each), each) for each in (3, 2)], now=now)
    note = text("UPDATE reading SET notes = :notes WHERE sequence = :sequence AND patient_id = :person")
    session.execute(note, {"notes": "clock_ahead battery_low", "sequence": 3, "person": person.id})
    assert not health(client)["devices"][0]["battery_low"]
    session.execute(note, {"notes": "battery_low", "sequence": 2, "person": person.id})
    assert health(client)["devices"][0]["battery_low"]


def test_a_device_that_nobody_has_is_not_silent_and_a_gateway_without_batches_has_no_figures(
    client: TestClient, session: Session, gateway: Machine, clinic: Organisation
) -> None:
    client.post("/v1/devices", json={"code": "M-2", "kind": "cuff", "clinic_id": str(clinic.id)})
    found = health(client)
    assert [(each["silent"], each["issued_at"]) for each in found["devices"]] == [(False, None)]
    (one,) = found["gateways"]
    assert (one["batches"], one["error_percent"], one["median_lag_seconds"], one["skew_seconds"]) == (0, None, None, 0)


def test_devices_come_a_page_at_a_time_and_gateways_with_the_first(
    client: TestClient, gateway: Machine, clinic: Organisation
) -> None:
    for number in range(3):
        client.post("/v1/devices", json={"code": f"P-{number}", "kind": "cuff", "clinic_id": str(clinic.id)})
    first = health(client, limit=2)
    rest = health(client, limit=2, cursor=first["next_cursor"])
    assert [each["code"] for each in first["devices"] + rest["devices"]] == ["P-0", "P-1", "P-2"]
    assert (len(first["gateways"]), rest["gateways"], rest["next_cursor"]) == (1, [], None)
