"""Limits: how fast, how many people a day, how many log-ins at once; and the headers of every answer."""

import asyncio
import re
import threading
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, text

from cmc.accounts.budget import Budget
from cmc.accounts.policy import Policy
from cmc.accounts.roles import MachineKind, Role
from cmc.core import clock, crypto, db, limits
from cmc.core.errors import TooMany
from cmc.core.scope import Scope
from cmc.main import build


def test_a_machine_that_asks_too_fast_is_told_to_wait(
    connection: Connection, keys: crypto.Keyring, make_key: Any, tree: Any
) -> None:
    app = build(connection, keys, Policy(machine_per_minute=5))
    fast, other = (make_key(MachineKind.DASHBOARD, tree.clinic) for _ in range(2))
    client = TestClient(app)

    def statuses(key: str, count: int) -> list[int]:
        headers = {"Authorization": f"Bearer {key}"}
        return [client.get("/v1/indicators", headers=headers).status_code for _ in range(count)]

    assert statuses(fast, 7) == [200] * 5 + [429] * 2
    refused = client.get("/v1/indicators", headers={"Authorization": f"Bearer {fast}"})
    assert (refused.json()["code"], int(refused.headers["retry-after"]) > 0) == ("too-many-requests", True)
    assert statuses(other, 1) == [200], "one machine does not slow another"


@pytest.mark.parametrize("hours", [-48, 48])
def test_a_clock_that_is_set_neither_locks_out_nor_lets_in(monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    counted = limits.Limits(1000, machine_per_minute=5)
    real, shift = time.time, 0.0
    monkeypatch.setattr(time, "time", lambda: real() + shift)

    def allowed(count: int) -> int:
        passed = 0
        for _ in range(count):
            with suppress(TooMany):
                counted.require_pace("gateway:1")
                passed += 1
        return passed

    assert allowed(7) == 5
    shift = 3600.0 * hours
    assert allowed(7) == 5, "the minute begins anew"
    assert allowed(7) == 0


def test_a_user_that_asks_too_fast_is_told_to_wait(client: TestClient) -> None:
    asked = range(2 * limits.USER_PER_MINUTE)
    allowed = next(number for number in asked if client.get("/v1/session").status_code == 429)
    # Where a minute of the clock turns meanwhile, what was asked before it weighs less with every second.
    assert limits.USER_PER_MINUTE <= allowed <= 1.2 * limits.USER_PER_MINUTE


def test_log_ins_under_one_name_are_counted_also_for_an_unknown_one(visitor: TestClient) -> None:
    body = {"login": "nobody", "password": "x"}
    statuses = [visitor.post("/v1/session", json=body).status_code for _ in range(limits.NAME_PER_MINUTE + 2)]
    assert statuses == [401] * limits.NAME_PER_MINUTE + [429] * 2


class TestBudget:
    @pytest.fixture
    def nurse(self, connection: Connection, keys: crypto.Keyring, sign_in: Any, tree: Any) -> TestClient:
        app = build(connection, keys, Policy(people_a_day=3))
        return TestClient(app, headers=sign_in(Role.NURSE, at=tree.clinic))

    def test_the_fourth_person_of_the_day_is_refused_the_first_three_stay_open(
        self, nurse: TestClient, make_patient: Any
    ) -> None:
        people = [make_patient(f"王{n}") for n in range(4)]
        read = [nurse.get(f"/v1/patients/{each.id}").status_code for each in people]
        assert read == [200, 200, 200, 429]
        assert nurse.get(f"/v1/patients/{people[3].id}/readings").json()["code"] == "daily-budget-spent"
        for path in ("", "/readings", "/followups", "/annual-exams", "/enrolments"):
            assert nurse.get(f"/v1/patients/{people[0].id}{path}").status_code == 200

    def test_a_field_shown_in_full_counts_and_a_search_does_not(self, nurse: TestClient, make_patient: Any) -> None:
        people = [make_patient(f"王{n}甲", phone=f"1381234613{n}") for n in range(4)]
        body = {"field": "phone", "reason": "call"}
        for _ in range(5):
            assert nurse.post("/v1/patients:search", json={"text": "王0"}).status_code == 200
        asked = [nurse.post(f"/v1/patients/{each.id}:reveal", json=body).status_code for each in people]
        assert asked == [200, 200, 200, 429]
        assert nurse.get(f"/v1/patients/{people[3].id}/access-report").status_code == 429
        assert nurse.get(f"/v1/patients/{people[0].id}/access-report").status_code == 200

    def test_guessing_ids_costs_as_much_as_reading(self, nurse: TestClient) -> None:
        assert [nurse.get(f"/v1/patients/{uuid4()}").status_code for _ in range(4)] == [404, 404, 404, 429]

    def test_another_process_counts_the_same_people(
        self, nurse: TestClient, connection: Connection, keys: crypto.Keyring, make_patient: Any
    ) -> None:
        people = [make_patient(f"王{n}") for n in range(4)]
        other = TestClient(build(connection, keys, Policy(people_a_day=3)), headers=dict(nurse.headers))
        for each in people[:3]:
            assert nurse.get(f"/v1/patients/{each.id}").status_code == 200
        assert [other.get(f"/v1/patients/{each.id}").status_code for each in people] == [200, 200, 200, 429]

    def test_the_next_day_begins_anew(self, connection: Connection) -> None:
        budget, user, today = Budget(connection, 3), uuid4(), clock.today()
        for _ in range(3):
            budget.spend(user, uuid4(), today)
        with pytest.raises(TooMany):
            budget.spend(user, uuid4(), today)
        budget.spend(user, uuid4(), today + timedelta(days=1))

    def test_a_user_sees_only_the_own_count(self, connection: Connection) -> None:
        Budget(connection, 3).spend(uuid4(), uuid4(), clock.today())
        with db.transaction(connection, Scope(f"user:{uuid4()}", frozenset())) as session:
            assert session.scalar(text("SELECT count(*) FROM seen_person")) == 0

    def test_what_is_no_id_costs_nothing(self, nurse: TestClient) -> None:
        assert {nurse.get("/v1/patients/not-an-id").status_code for _ in range(5)} == {422}


def test_every_answer_of_the_api_is_closed_to_frames_caches_and_guessing(client: TestClient) -> None:
    for path in ("/v1/me", "/v1/nothing", "/livez"):
        headers = client.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "strict-transport-security" not in headers


def _resident_bytes() -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) * 1024


def test_three_hundred_log_ins_at_once_are_answered_in_bounded_memory(
    engine: Engine, keys: crypto.Keyring, sign_in_at: Any
) -> None:
    sign_in_at(engine)
    app: FastAPI = build(engine, keys)
    before, peak, over = _resident_bytes(), 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.01):
            peak = max(peak, _resident_bytes())

    async def storm() -> list[int]:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        headers = {"Origin": "http://localhost"}
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
            bodies = [{"login": f"user{number}", "password": "wrong"} for number in range(300)]
            answers = await asyncio.gather(*(client.post("/v1/session", json=body) for body in bodies))
            live = await client.get("/livez")
        return [*(each.status_code for each in answers), live.status_code]

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        *statuses, live = asyncio.run(storm())
    finally:
        over.set()
        watcher.join()
    assert live == 200
    assert set(statuses) <= {401, 429}
    assert statuses.count(401) >= 100
    assert peak - before < 100 << 20
