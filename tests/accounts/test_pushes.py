"""How the clouds of vendors that push readings name themselves: each in the one way that it knows (T9, T10)."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.accounts import pushes
from cmc.accounts.roles import MachineKind
from cmc.core import clock
from cmc.core.credentials import PushSignature
from cmc.core.errors import Unauthenticated

PUSH = {
    "eventKey": "dataPush", "dataTypeKey": "BS", "pushStatus": 1, "userId": "1", "associatedId": "880123",
    "data": {"sn": "SN1", "glu": 6.1, "mealPeriod": 0, "measurementDate": 1764547200000},
}  # fmt: skip
SIGN_AT = datetime(2021, 11, 17, 8, 49, 26, tzinfo=UTC)
VECTOR = PushSignature("lx-key", "1637138966894", "1.0", "")
KEY = PushSignature("cmcgw_0123456789abcdef", VECTOR.timestamp, VECTOR.version, "")


@pytest.fixture
def gateway(make_key: Any, tree: Any) -> str:
    return str(make_key(MachineKind.GATEWAY, tree.clinic))


@pytest.fixture
def box(app: FastAPI) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


def lifesense_query(key: str, *, at: datetime, version: str = "1.0") -> dict[str, str]:
    """The parameters that Lifesense makes, written from its description and not with our own functions."""
    prefix, public, secret, _ = key.split("_")
    stamp, app_key = str(int(at.timestamp() * 1000)), f"{prefix}_{public}"
    joined = "".join(sorted([app_key, stamp, version, secret]))
    sign = hashlib.md5(joined.encode()).hexdigest().upper()  # noqa: S324 - the vendor's
    return {"api_appKey": app_key, "api_timestamp": stamp, "api_version": version, "api_sign": sign}


def held(session: Session) -> int:
    return int(session.scalar(text("SELECT count(*) FROM held_reading")) or 0)


@pytest.mark.parametrize("way", ["x-api-key", "api-key", "basic", "lifesense"])
def test_a_vendor_shows_its_key_in_the_way_that_it_knows(
    box: TestClient, gateway: str, session: Session, way: str
) -> None:
    basic = base64.b64encode(f"anybody:{gateway}".encode()).decode()
    headers = {
        "x-api-key": {"x-api-key": gateway},
        "api-key": {"Authorization": f"Api-Key {gateway}"},
        "basic": {"Authorization": f"Basic {basic}"},
    }.get(way, {})
    query = lifesense_query(gateway, at=clock.now()) if way == "lifesense" else {}
    for _ in range(2):
        answer = box.post("/v1/readings/lifesense", json=PUSH, headers=headers, params=query)
        assert (answer.status_code, answer.content) == (200, b'{"code":200}')
    assert held(session) == 1
    assert session.scalar(text("SELECT source LIKE 'gateway:%' FROM receipt"))


@pytest.mark.parametrize(
    "changed",
    [
        {"api_sign": "0" * 32}, {"api_sign": ""}, {"api_sign": "汉"}, {"api_version": "2.0"}, {"api_timestamp": "now"},
        {"api_timestamp": "1637138966894"}, {"api_appKey": "cmcgw_0123456789abcdef"}, {"api_appKey": "lx-key"},
    ],
)  # fmt: skip
def test_t9_a_wrong_sign_is_refused_and_nothing_is_stored(
    box: TestClient, gateway: str, session: Session, changed: dict[str, str]
) -> None:
    query = lifesense_query(gateway, at=clock.now()) | changed
    answer = box.post("/v1/readings/lifesense", json=PUSH, params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert held(session) == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": "secret"}, {"Authorization": "Basic !!"}, {"Authorization": "Basic gIA="},
        {"Authorization": "Basic YTpi"}, {"Authorization": "Api-Key x"}, {"Authorization": "Api-Key "},
    ],
)  # fmt: skip
def test_a_wrong_key_is_refused(box: TestClient, headers: dict[str, str]) -> None:
    assert box.post("/v1/readings/tellihealth", json={}, headers=headers).status_code == 401


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/readings"), ("GET", "/v1/reading-formats")])
def test_nowhere_else_a_key_is_taken_in_these_ways(box: TestClient, gateway: str, method: str, path: str) -> None:
    query = lifesense_query(gateway, at=clock.now())
    for headers, params in (({"x-api-key": gateway}, {}), ({}, query)):
        answer = box.request(method, path, headers=headers, params=params, content=json.dumps(PUSH))
        assert answer.status_code == 401


def test_the_sign_is_that_of_the_vendors_example() -> None:
    joined = hashlib.md5(b"1.01637138966894lx-keylx-secret").hexdigest().upper()  # noqa: S324 - the vendor's
    assert pushes.signature(VECTOR, "lx-secret") == joined


@pytest.mark.parametrize("later", [timedelta(minutes=6), -timedelta(minutes=6)])
def test_a_sign_counts_for_five_minutes(later: timedelta) -> None:
    pushes.require_current(KEY, SIGN_AT)
    with pytest.raises(Unauthenticated):
        pushes.require_current(KEY, SIGN_AT + later)
