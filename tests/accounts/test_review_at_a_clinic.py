"""A gateway and a nurse of one clinic, under row-level security: from a device nobody registered to a reading of a person."""

from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from cmc.accounts.roles import MachineKind, Role


def test_what_a_gateway_sends_is_reviewed_at_its_clinic_and_nowhere_else(
    app: FastAPI, sign_in: Any, make_key: Any, tree: Any, make_patient: Any
) -> None:
    client = TestClient(app, raise_server_exceptions=False)
    gateway = {"Authorization": f"Bearer {make_key(MachineKind.GATEWAY, tree.clinic)}"}
    nurse, stranger = sign_in(Role.NURSE, at=tree.clinic), sign_in(Role.NURSE, at=tree.other_clinic)
    person = str(make_patient(clinic_id=tree.clinic.id).id)
    item = {"kind": "glucose", "value": 6.1, "unit": "mmol/L", "device": "M-7", "taken_at": "2026-03-15T07:00:00+08:00"}
    sent = client.post("/v1/readings", json=item, headers=gateway).json()["results"][0]
    assert sent["status"] == "quarantined"
    address = f"/v1/held-readings/{sent['id']}"
    assert client.get(address, headers=stranger).status_code == 404
    assert client.post(f"{address}:assign", json={"patient_id": person}, headers=stranger).status_code == 404
    shown = client.get(address, headers=nurse)
    assert (shown.status_code, shown.json()["device"]) == (200, "M-7")
    assigned = client.post(f"{address}:assign", json={"patient_id": person}, headers=nurse)
    assert (assigned.status_code, assigned.json()["resolution"]) == (200, "stored"), assigned.text
    readings = client.get(f"/v1/patients/{person}/readings", headers=nurse).json()["items"]
    assert [each["glucose_mmol_l"] for each in readings] == [6.1]
    assert client.post(f"{address}:undo", headers=nurse).status_code == 200
    assert client.get(f"/v1/patients/{person}/readings", headers=nurse).json()["items"] == []
    for who, batches in ((nurse, [1]), (stranger, [])):
        health = client.get("/v1/devices/health", headers=who).json()
        assert [each["batches"] for each in health["gateways"]] == batches


def test_a_device_given_out_by_the_nurse_makes_the_gateways_readings_the_persons(
    app: FastAPI, sign_in: Any, make_key: Any, tree: Any, make_patient: Any
) -> None:
    client = TestClient(app, raise_server_exceptions=False)
    gateway = {"Authorization": f"Bearer {make_key(MachineKind.GATEWAY, tree.clinic)}"}
    nurse = sign_in(Role.NURSE, at=tree.clinic)
    person, foreign = (str(make_patient(clinic_id=each.id).id) for each in (tree.clinic, tree.other_clinic))
    wanted = {
        "code": "BLE1", "kind": "meter", "clinic_id": str(tree.clinic.id), "glucose_unit": "mmol/L",
        "in_use_since": "2025-01-01T00:00:00Z",
    }  # fmt: skip
    device = client.post("/v1/devices", json=wanted, headers=nurse).json()["id"]
    address = f"/v1/devices/{device}:issue"
    given = {"from_at": "2025-01-01T00:00:00Z"}
    assert client.post(address, json=given | {"patient_id": foreign}, headers=nurse).status_code == 404
    assert client.post(address, json=given | {"patient_id": person}, headers=nurse).status_code == 201
    listed = [{"ble_addr": "BLE1", "blood_glucose": "6.1", "scan_time": 1764547200}]
    push = {"type": "reportAttribute", "time": 1764547200, "data": {"value": {"device_list": listed}}}
    answer = client.post("/v1/readings/ava4", json=push, headers=gateway)
    assert (answer.status_code, answer.content) == (204, b"")
    readings = client.get(f"/v1/patients/{person}/readings", headers=nurse).json()["items"]
    assert [(each["glucose_mmol_l"], each["device"]) for each in readings] == [(6.1, "BLE1")]
