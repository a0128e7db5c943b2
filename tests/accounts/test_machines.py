"""Machines: what a key is good for, how a request is signed, and that a revoked key ends at once."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.accounts import jobs, keys
from cmc.accounts.roles import MachineKind, Role
from cmc.core import clock
from cmc.core.credentials import Signature
from cmc.core.errors import Unauthenticated

KEY_ID, SECRET = keys.make(MachineKind.GATEWAY)


def _signed(key: str, method: str, path: str, body: bytes, **changed: Any) -> dict[str, str]:
    """The headers that a gateway makes, written from the specification and not with our own functions."""
    prefix, public, secret, _ = key.split("_")
    stamp = str(changed.get("timestamp", int(clock.now().timestamp())))
    nonce = changed.get("nonce", secrets.token_hex(16))
    lines = "\n".join([method, path, stamp, nonce, hashlib.sha256(body).hexdigest()])
    signature = hmac.new(bytes.fromhex(secret), lines.encode(), hashlib.sha256).hexdigest()
    head = {"X-CMC-Key": f"{prefix}_{public}", "X-CMC-Timestamp": stamp, "X-CMC-Nonce": nonce}
    return head | {"X-CMC-Signature": signature, "Content-Type": "application/json"}


def _reading(patient: Any, second: int = 0) -> bytes:
    item = {
        "patient_id": str(patient.id),
        "kind": "glucose",
        "value": 6.1,
        "unit": "mmol/L",
        "taken_at": f"2025-03-01T07:10:{second:02}+08:00",
    }
    return json.dumps({"items": [item]}).encode()


@pytest.fixture
def gateway(make_key: Any, tree: Any) -> str:
    return str(make_key(MachineKind.GATEWAY, tree.clinic))


@pytest.fixture
def box(app: FastAPI) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}


def test_a_gateway_posts_readings_of_its_clinic(box: TestClient, gateway: str, make_patient: Any, tree: Any) -> None:
    own, foreign = make_patient(), make_patient("李明", clinic_id=tree.other_clinic.id)
    summaries = [
        box.post("/v1/readings", content=_reading(who), headers=_bearer(gateway)).json()["summary"]
        for who in (own, foreign)
    ]
    assert summaries == [{"created": 1}, {"quarantined": 1}]


def test_the_raw_body_names_the_gateway_it_came_from(
    box: TestClient, gateway: str, make_patient: Any, session: Session
) -> None:
    box.post("/v1/readings", content=_reading(make_patient()), headers=_bearer(gateway))
    machine_id = session.scalars(text("SELECT id FROM machine")).one()
    assert session.scalars(text("SELECT source FROM receipt")).one() == f"gateway:{machine_id}"


def test_a_signed_request_is_taken_once(box: TestClient, gateway: str, make_patient: Any) -> None:
    body = _reading(make_patient())
    headers = _signed(gateway, "POST", "/v1/readings", body)
    assert box.post("/v1/readings", content=body, headers=headers).json()["summary"] == {"created": 1}
    again = box.post("/v1/readings", content=body, headers=headers)
    assert (again.status_code, again.json()["code"]) == (401, "nonce-used")
    other = _signed(gateway, "POST", "/v1/readings", body)
    assert box.post("/v1/readings", content=body, headers=other).json()["summary"] == {"duplicate": 1}


@pytest.mark.parametrize("off", [-301, 301, -(10**6)])
def test_a_wrong_clock_is_told_the_right_time(box: TestClient, gateway: str, off: int) -> None:
    stamp = int(clock.now().timestamp()) + off
    headers = _signed(gateway, "POST", "/v1/readings", b"{}", timestamp=stamp)
    answer = box.post("/v1/readings", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "clock-skew")
    told = int(answer.json()["detail"].split()[-1])
    assert abs(told - clock.now().timestamp()) < 5


@pytest.mark.parametrize("off", [-290, 290])
def test_a_clock_that_is_a_little_off_is_taken(box: TestClient, gateway: str, off: int) -> None:
    stamp = int(clock.now().timestamp()) + off
    headers = _signed(gateway, "POST", "/v1/readings", b"{}", timestamp=stamp)
    assert box.post("/v1/readings", content=b"{}", headers=headers).status_code != 401


@pytest.mark.parametrize("part", ["X-CMC-Key", "X-CMC-Timestamp", "X-CMC-Nonce", "X-CMC-Signature"])
@pytest.mark.parametrize("value", [None, "", "x", "0" * 64, "ÿ", "9" * 400])
def test_a_signature_with_a_bad_part_is_refused(box: TestClient, gateway: str, part: str, value: str | None) -> None:
    headers: dict[str, Any] = _signed(gateway, "POST", "/v1/readings", b"{}")
    headers[part] = value.encode("latin-1") if value is not None else b""
    answer = box.post("/v1/readings", content=b"{}", headers=headers)
    assert answer.status_code == 401


def test_the_path_and_the_query_are_signed(box: TestClient, gateway: str, make_patient: Any) -> None:
    body = _reading(make_patient())
    headers = _signed(gateway, "POST", "/v1/readings", body)
    assert box.post("/v1/readings?a=1", content=body, headers=headers).status_code == 401
    headers = _signed(gateway, "POST", "/v1/readings?a=%E4%B8%AD&b=2", body)
    assert box.post("/v1/readings?a=%E4%B8%AD&b=2", content=body, headers=headers).status_code == 200


def test_a_signed_body_over_the_limit_is_refused_as_any_other(box: TestClient, gateway: str) -> None:
    body = b"x" * (2 << 20)
    answer = box.post("/v1/readings", content=body, headers=_signed(gateway, "POST", "/v1/readings", body))
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


_GOOD = Signature(KEY_ID, "1700000000", "n" * 32, "", "POST", "/v1/readings?a=1", b'{"items": []}')


@settings(max_examples=300, deadline=None)
@given(
    field=st.sampled_from(["method", "target", "timestamp", "nonce", "body", "signature"]),
    at=st.integers(0, 200),
    bit=st.integers(0, 7),
)
def test_no_flipped_bit_is_taken(field: str, at: int, bit: int) -> None:
    parts = {name: getattr(_GOOD, name) for name in _GOOD.__slots__}
    parts["signature"] = keys.signature(_GOOD, SECRET)
    keys.require_signed(Signature(**parts), SECRET)
    raw = parts[field] if field == "body" else parts[field].encode()
    index = at % len(raw)
    flipped = raw[:index] + bytes([raw[index] ^ 1 << bit]) + raw[index + 1 :]
    if flipped.lower() == raw.lower() and field == "signature":
        return  # hexadecimal digits may be written large
    parts[field] = flipped if field == "body" else flipped.decode("latin-1")
    with pytest.raises(Unauthenticated):
        keys.require_signed(Signature(**parts), SECRET)


@given(at=st.integers(0, 96), letter=st.sampled_from("0123456789abcdefgxyz_-ÿ"))
def test_a_mistyped_key_is_known_without_a_look_up(at: int, letter: str) -> None:
    key = keys.token(KEY_ID, SECRET)
    index = at % len(key)
    if key[index] != letter:
        with pytest.raises(Unauthenticated):
            keys.parse(key[:index] + letter + key[index + 1 :])


@pytest.mark.parametrize("kind", list(MachineKind))
def test_a_machine_may_do_its_one_thing_and_nothing_else(
    box: TestClient, make_key: Any, tree: Any, kind: MachineKind
) -> None:
    key = _bearer(make_key(kind, None if kind is MachineKind.MONITOR else tree.clinic))
    values = f"/v1/indicator-values?scope={tree.clinic.id}&from=2025-10&to=2025-11"
    asked = {
        MachineKind.GATEWAY: box.post("/v1/readings", content=b'{"items": []}', headers=key).status_code,
        MachineKind.DASHBOARD: box.get(values, headers=key).status_code,
        MachineKind.MONITOR: box.get("/metrics", headers=key).status_code,
    }
    assert {each: status == 403 for each, status in asked.items()} == {each: each is not kind for each in MachineKind}
    others = ["/v1/patients", "/v1/worklist", "/v1/organisations", "/v1/users", "/v1/machine-keys", "/v1/held-readings"]
    assert {box.get(path, headers=key).status_code for path in others} == {403}
    assert box.get("/v1/me", headers=key).status_code == 404


def test_a_dashboard_of_a_district_sees_the_district_and_its_clinics(box: TestClient, make_key: Any, tree: Any) -> None:
    key = _bearer(make_key(MachineKind.DASHBOARD, tree.district))

    def status(node: Any) -> int:
        return box.get(f"/v1/indicator-values?scope={node.id}&from=2025-10&to=2025-11", headers=key).status_code

    assert [status(each) for each in (tree.district, tree.clinic)] == [200, 200]
    assert [status(each) for each in (tree.other_district, tree.other_clinic, tree.region)] == [404, 404, 404]


@pytest.fixture
def manager(app: FastAPI, sign_in: Any, tree: Any) -> TestClient:
    return TestClient(app, raise_server_exceptions=False, headers=sign_in(Role.MANAGER, at=tree.clinic))


def test_a_manager_replaces_a_key_without_a_gap(box: TestClient, manager: TestClient, tree: Any) -> None:
    wanted = {"kind": "gateway", "name": "一号网关", "organisation_id": str(tree.clinic.id)}
    made = manager.post("/v1/machine-keys", json=wanted).json()
    machine = f"/v1/machine-keys/{made['machine']['id']}"
    second = manager.post(f"{machine}:rotate").json()
    assert manager.post(f"{machine}:rotate").json()["code"] == "two-keys-live"

    def works(key: str) -> bool:
        return box.post("/v1/readings", content=b'{"items": []}', headers=_bearer(key)).status_code != 401

    assert works(made["key"])
    assert works(second["key"])
    old = made["machine"]["keys"][0]["id"]
    assert manager.delete(f"{machine}/keys/{old}").status_code == 200
    assert (works(made["key"]), works(second["key"])) == (False, True)
    assert manager.post(f"{machine}:revoke").status_code == 200
    assert not works(second["key"])
    assert manager.post(f"{machine}:rotate").json()["code"] == "machine-revoked"


def test_a_secret_is_shown_once_and_kept_as_ciphertext(manager: TestClient, tree: Any, session: Session) -> None:
    wanted = {"kind": "gateway", "name": "网关", "organisation_id": str(tree.clinic.id)}
    secret = manager.post("/v1/machine-keys", json=wanted).json()["key"].split("_")[2]
    assert secret not in manager.get("/v1/machine-keys").text
    kept = session.scalars(text("SELECT secret_cipher FROM machine_key")).one()
    assert secret.encode() not in bytes(kept)
    assert bytes.fromhex(secret) not in bytes(kept)


@pytest.mark.parametrize(
    ("kind", "node", "status"),
    [
        ("gateway", "clinic", 201),
        ("gateway", "other_clinic", 404),
        ("gateway", "district", 404),
        ("gateway", None, 422),
        ("dashboard", "clinic", 201),
        ("dashboard", "region", 404),
        ("monitor", None, 404),
    ],
)
def test_a_manager_gives_keys_of_the_own_clinic_only(
    manager: TestClient, tree: Any, kind: str, node: str | None, status: int
) -> None:
    wanted = {"kind": kind, "name": "x", "organisation_id": str(getattr(tree, node).id) if node else None}
    assert manager.post("/v1/machine-keys", json=wanted).status_code == status


@pytest.mark.parametrize(
    ("kind", "node", "status"),
    [("gateway", "district", 422), ("monitor", "clinic", 422), ("monitor", None, 201), ("dashboard", "region", 201)],
)
def test_an_administrator_gives_keys_where_they_belong(
    app: FastAPI, sign_in: Any, tree: Any, kind: str, node: str | None, status: int
) -> None:
    admin = TestClient(app, headers=sign_in(Role.ADMIN))
    wanted = {"kind": kind, "name": "x", "organisation_id": str(getattr(tree, node).id) if node else None}
    assert admin.post("/v1/machine-keys", json=wanted).status_code == status


def test_old_nonces_are_forgotten_when_their_time_has_passed(
    box: TestClient, gateway: str, session: Session, transaction: Callable[..., Any]
) -> None:
    box.post("/v1/readings", content=b"{}", headers=_signed(gateway, "POST", "/v1/readings", b"{}"))
    assert session.scalar(text("SELECT count(*) FROM used_nonce")) == 1
    assert jobs.forget_nonces(transaction, clock.now()) == 0
    assert jobs.forget_nonces(transaction, clock.now() + timedelta(minutes=20)) == 1
