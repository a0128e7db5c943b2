"""Subscriptions over HTTP."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from cmc.core import crypto
from cmc.organisations.tables import Organisation
from cmc.outbox import service
from cmc.outbox.apprising import Policy
from cmc.outbox.tables import Subscription

HOOK = {"name": "区域平台", "address": "https://example.org/hook", "kinds": ["alert.raised", "alert.closed"]}


@pytest.fixture(autouse=True)
def _policy(app: FastAPI) -> None:
    app.state.message_policy = Policy()


def test_a_webhook_shows_its_secret_once_and_lies_sealed(
    client: TestClient, session: Session, clinic: Organisation, keys: crypto.Keyring
) -> None:
    made = client.post("/v1/webhooks", json=HOOK | {"organisation_id": str(clinic.id)})
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    (listed,) = client.get("/v1/webhooks").json()["items"]
    assert "secret" not in listed
    assert listed["address"] == HOOK["address"]
    row = session.scalars(select(Subscription)).one()
    assert secret.encode() not in row.secret_cipher
    assert b"example" not in row.address_cipher
    assert service.opened_secret(keys, row) == secret


@pytest.mark.parametrize(
    ("more", "pointer", "code"),
    [
        ({"address": "https://127.0.0.1/x"}, "/address", "address_not_allowed"),
        ({"address": "http://example.org/x"}, "/address", "https_needed"),
        ({"address": "https://169.254.169.254/x"}, "/address", "address_not_allowed"),
        ({"address": "https://a:b@example.org/"}, "/address", "url_with_credentials"),
        ({"address": "mailto://a", "channel": "message"}, "/address", "channel_not_allowed"),
        ({"address": "json://127.0.0.1", "channel": "message"}, "/address", "channel_not_allowed"),
        ({"kinds": []}, "/kinds", "too_short"),
        ({"kinds": ["alert.exploded"]}, "/kinds/0", "enum"),
    ],
)
def test_an_address_that_nothing_may_go_to_is_refused(
    client: TestClient, more: dict[str, Any], pointer: str, code: str
) -> None:
    answer = client.post("/v1/webhooks", json=HOOK | more)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    if code not in {"too_short", "enum"}:
        assert answer.json()["errors"][0]["code"] == code


def test_a_message_channel_shows_only_its_kind(client: TestClient) -> None:
    body = HOOK | {"channel": "message", "address": "mailtos://user:geheim@mail.example.org"}
    made = client.post("/v1/webhooks", json=body)
    assert (made.status_code, made.json()["address"]) == (201, "mailtos://…")
    assert "geheim" not in client.get("/v1/webhooks").text


def test_disable_enable_ping_and_the_log(client: TestClient) -> None:
    hook = client.post("/v1/webhooks", json=HOOK).json()["id"]
    assert client.post(f"/v1/webhooks/{hook}:disable").json()["disabled_because"] == "by_hand"
    assert client.post(f"/v1/webhooks/{hook}:enable").json()["active"] is True
    sent = client.post(f"/v1/webhooks/{hook}:ping").json()
    (logged,) = client.get(f"/v1/webhooks/{hook}/deliveries", params={"status": "pending"}).json()["items"]
    assert logged == sent
    again = client.post(f"/v1/webhooks/{hook}/deliveries/{sent['id']}:replay")
    assert (again.status_code, again.json()["code"]) == (409, "delivery-pending")
    rotated = client.post(f"/v1/webhooks/{hook}:rotate-secret").json()
    assert rotated["old_secret_until"] is not None
