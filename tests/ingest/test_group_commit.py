"""Requests that arrive together share a transaction; none is spoiled by another, none is answered before the COMMIT."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text

from cmc.accounts import machines
from cmc.accounts.remembered import AGE_SECONDS, RememberedGateways
from cmc.accounts.roles import MachineKind
from cmc.core import clock, crypto, db
from cmc.core.credentials import Presented
from cmc.core.scope import Caller, system_scope
from cmc.ingest import service, taking_in
from cmc.main import build

KEYS = crypto.keyring(bytes(32))
START = datetime(2026, 1, 1, tzinfo=UTC)


def item(person: Any, number: int, **more: Any) -> bytes:
    said = {
        "patient_id": str(person),
        "kind": "glucose",
        "value": 6.1,
        "unit": "mmol/L",
        "taken_at": (START + timedelta(minutes=number)).isoformat(),
        "device": "M-1",
        "sequence": number,
    }
    return json.dumps(said | more).encode()


@pytest.fixture
def key(served: Any) -> str:
    scope = system_scope("command:test")
    with db.transaction(served.engine, scope) as session:
        clinic_id = session.scalar(text("SELECT clinic_id FROM patient"))
        _, made = machines.add(
            session, scope, KEYS, MachineKind.GATEWAY, name="box", organisation_id=clinic_id, now=clock.now()
        )
    return made


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the groups that were stored."""
    seen: list[int] = []
    real = service.store_together

    def counted(session: Any, scope: Any, arrivals: Any, **more: Any) -> Any:
        seen.append(len(arrivals))
        return real(session, scope, arrivals, **more)

    monkeypatch.setattr(service, "store_together", counted)
    return seen


def together(app: FastAPI, key: str, run: Callable[[httpx.AsyncClient], Awaitable[Any]]) -> Any:
    async def play() -> Any:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as client:
            return await run(client)

    return asyncio.run(play())


async def posted(client: httpx.AsyncClient, bodies: list[bytes]) -> list[httpx.Response]:
    return list(await asyncio.gather(*(client.post("/v1/readings", content=each) for each in bodies)))


def stored(engine: Engine) -> int:
    with db.transaction(engine, system_scope("command:test")) as session:
        return int(session.scalar(text("SELECT count(*) FROM reading")) or 0)


def statuses(answers: list[httpx.Response]) -> list[str]:
    return [
        each.json()["results"][0]["status"] if each.status_code == 200 else str(each.status_code) for each in answers
    ]


def test_many_at_once_are_few_transactions_and_each_has_its_own_answer(
    served: Any, key: str, groups: list[int]
) -> None:
    app = build(served.engine, KEYS)
    bodies = [item(served.patient_id, number) for number in range(60)] + [item(served.patient_id, 0)]
    answers = together(app, key, lambda client: posted(client, bodies))
    assert statuses(answers) == ["created"] * 60 + ["duplicate"]
    assert len({each.json()["results"][0]["id"] for each in answers}) == 60
    assert [each.json()["results"][0]["index"] for each in answers] == [0] * 61
    assert len({each.headers["x-request-id"] for each in answers}) == 61
    assert stored(served.engine) == 60
    assert len(groups) < 30
    with db.transaction(served.engine, system_scope("command:test")) as session:
        accounts = session.execute(text("SELECT items, created FROM receipt")).all()
    assert [tuple(each) for each in accounts] == [(1, 1)] * 60


def test_nobody_is_left_waiting_however_requests_fall_between_the_groups(served: Any, key: str) -> None:
    app = build(served.engine, KEYS)

    async def sender(client: httpx.AsyncClient, whose: int) -> list[str]:
        found = []
        for number in range(25):
            answer = await client.post("/v1/readings", content=item(served.patient_id, 100 * whose + number))
            found += statuses([answer])
            await asyncio.sleep(0.001 * (whose * number % 4))
        return found

    async def play(client: httpx.AsyncClient) -> list[list[str]]:
        async with asyncio.timeout(120):
            return list(await asyncio.gather(*(sender(client, whose) for whose in range(6))))

    assert together(app, key, play) == [["created"] * 25] * 6
    assert stored(served.engine) == 150


def test_what_is_wrong_with_one_does_not_touch_the_others(served: Any, key: str) -> None:
    app = build(served.engine, KEYS)
    bodies = [item(served.patient_id, number) for number in range(20)]
    bodies[3], bodies[7], bodies[11] = b"{", b'{"items": []}', item(served.patient_id, 11, value=900)
    bodies[15] = item(served.patient_id, 15, taken_at="2099-01-01T00:00:00Z")
    answers = together(app, key, lambda client: posted(client, bodies))
    expected = ["created"] * 20
    expected[3], expected[7], expected[11], expected[15] = "400", "422", "rejected", "quarantined"
    assert statuses(answers) == expected
    assert stored(served.engine) == 16


@pytest.mark.parametrize("fault", [RuntimeError("ours"), ValueError("value")], ids=["ours", "value"])
def test_a_group_that_fails_is_stored_one_by_one(
    served: Any, key: str, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    real = service.store_together

    def fragile(session: Any, scope: Any, arrivals: Any, **more: Any) -> Any:
        if any(
            b'"sequence": 5,' in arrival.body or arrival.body.endswith(b'"sequence": 5}') for arrival, _ in arrivals
        ):
            raise fault
        return real(session, scope, arrivals, **more)

    monkeypatch.setattr(service, "store_together", fragile)
    app = build(served.engine, KEYS)
    bodies = [item(served.patient_id, number) for number in range(20)]
    answers = together(app, key, lambda client: posted(client, bodies))
    expected = ["created"] * 20
    expected[5] = "500"
    assert statuses(answers) == expected
    assert stored(served.engine) == 19


def test_a_database_that_refuses_one_row_refuses_only_its_request(served: Any, key: str) -> None:
    with db.transaction(served.owner) as session:
        session.execute(
            text(
                "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.sequence = 5 THEN"
                " RAISE EXCEPTION 'no'; END IF; RETURN NULL; END $$"
            )
        )
        session.execute(text("CREATE TRIGGER fail AFTER INSERT ON reading FOR EACH ROW EXECUTE FUNCTION fail()"))
    app = build(served.engine, KEYS)
    bodies = [item(served.patient_id, number) for number in range(20)]
    answers = together(app, key, lambda client: posted(client, bodies))
    expected = ["created"] * 20
    expected[5] = "503"
    assert statuses(answers) == expected
    assert stored(served.engine) == 19


def test_a_key_counts_for_nothing_from_the_moment_it_was_revoked(served: Any, key: str) -> None:
    """Although its caller is remembered: the group looks it up again. Not even a body that cannot be read tells more."""
    app = build(served.engine, KEYS)

    async def play(client: httpx.AsyncClient) -> list[str]:
        before = await posted(client, [item(served.patient_id, 1)])
        with db.transaction(served.owner) as session:
            session.execute(text("UPDATE machine_key SET revoked_at = now()"))
        lines = {"Content-Type": "application/x-ndjson"}
        after = await posted(client, [item(served.patient_id, 2), b"{", b'{"items": []}'])
        after.append(await client.post("/v1/readings", content=item(served.patient_id, 3), headers=lines))
        after.append(await client.post("/v1/readings/ava4", content=b"{}"))
        return statuses([*before, *after])

    assert together(app, key, play) == ["created", "401", "401", "401", "401", "401"]
    assert stored(served.engine) == 1


def test_who_waits_for_too_many_is_sent_away(served: Any, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking_in, "MOST_WAITING", 2)
    app = build(served.engine, KEYS)
    bodies = [item(served.patient_id, number) for number in range(30)]
    answers = together(app, key, lambda client: posted(client, bodies))
    found = statuses(answers)
    assert set(found) <= {"created", "503"}
    assert found.count("created") == stored(served.engine)
    assert "503" in found


def test_a_gateway_is_remembered_for_a_minute_and_nobody_else_is() -> None:
    now = [0.0]
    memory = RememberedGateways(tells=lambda: now[0])
    caller = Caller("gateway:1", ())
    bearer = Presented(bearer=f"cmcgw_{'0' * 16}_{'1' * 64}_00000000")
    memory.remember(bearer, caller)
    known = memory.recall(bearer)
    assert known is not None
    assert known[:2] == (caller, f"cmcgw_{'0' * 16}")
    assert memory.recall(Presented(bearer=f"cmcgw_{'0' * 16}_{'2' * 64}_00000000")) is None
    now[0] = AGE_SECONDS
    assert memory.recall(bearer) is None
    for presented, whose in ((Presented(cookie="c"), "user:1"), (Presented(bearer="x"), "monitor:1")):
        memory.remember(presented, Caller(whose, ()))
        assert memory.recall(presented) is None
    assert [memory.serves("POST", each) for each in ("/v1/readings", "/v1/readings/ava4", "/v1/devices")] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(("commit", "at_once"), [(0.0, 1), (0.01, 2)], ids=["quick disk", "slow disk"])
def test_a_second_group_is_stored_beside_the_first_where_a_commit_takes_long(
    served: Any, key: str, monkeypatch: pytest.MonkeyPatch, commit: float, at_once: int
) -> None:
    app = build(served.engine, KEYS)
    busy: list[int] = [0, 0]
    real = taking_in.TakingIn._store

    def watched(self: taking_in.TakingIn, scope: Any, group: list[taking_in.Sent]) -> None:
        self._commit_seconds = commit
        busy[0] += 1
        busy[1] = max(busy)
        time.sleep(0.3)
        real(self, scope, group)
        busy[0] -= 1

    monkeypatch.setattr(taking_in.TakingIn, "_store", watched)

    async def play(client: httpx.AsyncClient) -> list[str]:
        first = asyncio.create_task(posted(client, [item(served.patient_id, number) for number in range(20)]))
        while not busy[0]:
            await asyncio.sleep(0.001)
        second = await posted(client, [item(served.patient_id, number) for number in range(20, 40)])
        return statuses([*await first, *second])

    assert together(app, key, play) == ["created"] * 40
    assert (busy[1], stored(served.engine)) == (at_once, 40)
