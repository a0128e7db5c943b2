"""Revoking under load: once the answer to a revocation is there, nothing is served to what was revoked."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select
from sqlmodel import col

from cmc.accounts import machines
from cmc.accounts.roles import MachineKind, Role
from cmc.accounts.tables import AppUser, MachineKey
from cmc.core import clock, crypto, db, migrations
from cmc.core.scope import system_scope
from cmc.main import build

SCOPE = system_scope("command:test")


@pytest.fixture
def own_engine(new_database: Callable[[], str], as_service: Callable[[str], Engine]) -> Iterator[Engine]:
    url = new_database()
    migrations.upgrade(url)
    engine = as_service(url)
    yield engine
    engine.dispose()


def _hammer(app: Any, path: str, headers: dict[str, str], over: threading.Event) -> list[tuple[float, int]]:
    client = TestClient(app, raise_server_exceptions=False)
    seen = []
    while not over.is_set():
        begun = time.monotonic()
        seen.append((begun, client.get(path, headers=headers).status_code))
    return seen


@pytest.mark.parametrize("what", ["session", "user", "key", "machine"])
def test_nothing_is_served_once_a_revocation_was_answered(
    own_engine: Engine, keys: crypto.Keyring, really_signed_in: Any, what: str
) -> None:
    app = build(own_engine, keys)
    victim = really_signed_in(own_engine, Role.AUDITOR)
    with db.transaction(own_engine, SCOPE) as session:
        user_id = session.scalars(select(col(AppUser.id))).one()
        machine, key = machines.add(
            session, SCOPE, keys, MachineKind.MONITOR, name="m", organisation_id=None, now=clock.now()
        )
        machine_id, key_id = machine.id, session.scalars(select(col(MachineKey.id))).one()
    admin = TestClient(app, headers=really_signed_in(own_engine, Role.ADMIN))
    is_machine = what in {"key", "machine"}
    headers, path = ({"Authorization": f"Bearer {key}"}, "/metrics") if is_machine else (victim, "/v1/session")
    revoke: dict[str, Callable[[], Any]] = {
        "session": lambda: TestClient(app, headers=victim).delete("/v1/session"),
        "user": lambda: admin.post(f"/v1/users/{user_id}:disable", json={"reason": "left"}),
        "key": lambda: admin.delete(f"/v1/machine-keys/{machine_id}/keys/{key_id}"),
        "machine": lambda: admin.post(f"/v1/machine-keys/{machine_id}:revoke"),
    }
    over = threading.Event()
    with ThreadPoolExecutor(3) as threads:
        running = [threads.submit(_hammer, app, path, headers, over) for _ in range(3)]
        try:
            time.sleep(0.4)
            answer = revoke[what]()
            revoked_at = time.monotonic()
            time.sleep(0.4)
        finally:
            over.set()
        seen = [each for found in running for each in found.result()]
    assert answer.status_code in {200, 204}
    before = [status for begun, status in seen if begun < revoked_at]
    after = [status for begun, status in seen if begun >= revoked_at]
    assert 200 in before
    assert len(after) > 3
    assert set(after) == {401}
