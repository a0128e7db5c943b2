"""What the tests of accounts share: two clinics of two districts, people in both, and callers of every kind."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from cmc.accounts import machines
from cmc.accounts.roles import MachineKind
from cmc.core import clock, crypto
from cmc.core.scope import system_scope
from cmc.core.text import Text
from cmc.organisations import service as organisations
from cmc.organisations.tables import Organisation, OrganisationKind

SCOPE = system_scope("command:test")
MakeKey = Callable[..., str]
Ask = Callable[..., Any]


@dataclass(frozen=True)
class Tree:
    region: Organisation
    district: Organisation
    clinic: Organisation
    other_district: Organisation
    other_clinic: Organisation


@pytest.fixture
def tree(
    session: Session, region: Organisation, district: Organisation, clinic: Organisation, make_clinic: Any
) -> Tree:
    name = Text("河东区", "Hedong District")
    other = organisations.add(session, OrganisationKind.DISTRICT, code="120102", name=name, parent=region)
    return Tree(region, district, clinic, other, make_clinic("C9", parent=other))


@pytest.fixture
def make_key(session: Session, keys: crypto.Keyring) -> MakeKey:
    """make_key(MachineKind.GATEWAY, at=clinic) → a key as it is handed over."""

    def make(kind: MachineKind, at: Organisation | None = None) -> str:
        node = at.id if at else None
        return machines.add(session, SCOPE, keys, kind, name="机器", organisation_id=node, now=clock.now())[1]

    return make


@pytest.fixture
def ask(app: FastAPI) -> Ask:
    """ask(headers, "GET", path, …) → the answer to who sends these headers and nothing else."""

    def send(headers: dict[str, str], method: str, path: str, **more: Any) -> Any:
        client = TestClient(app, raise_server_exceptions=False)
        return client.request(method, path, headers=headers, **more)

    return send


@pytest.fixture
def visitor(app: FastAPI) -> TestClient:
    """A browser in which nobody is signed in yet, on the machine itself."""
    return TestClient(
        app, base_url="http://localhost", raise_server_exceptions=False, headers={"Origin": "http://localhost"}
    )
