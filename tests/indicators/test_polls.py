"""Polls answered from memory: only to who may have the answer now, and only while it holds."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from cmc.accounts import machines, standing
from cmc.accounts.policy import Policy
from cmc.accounts.roles import MachineKind, Role
from cmc.core import clock, crypto, db, polling
from cmc.core.clock import LOCAL
from cmc.core.errors import Unavailable
from cmc.core.polling import Looking, Thing
from cmc.core.scope import system_scope
from cmc.indicators import polls, queries, service
from cmc.indicators.periods import year_to_date
from cmc.indicators.schemas import Stamp
from cmc.main import build
from cmc.organisations.tables import Organisation

NOW = datetime(2025, 11, 20, 9, tzinfo=LOCAL)
ON = date(2025, 11, 20)
MONTHS = [year_to_date(2025, 11)]
SCOPE = system_scope("command:test")
PATH = "/v1/indicator-values"


@pytest.fixture
def patient(session: Session, histories: Any) -> Any:
    person = histories.person()
    histories.stint(person)
    histories.visit(person, date(2025, 11, 3), 150, 80)
    service.rebuild(session, periods=MONTHS, now=NOW)
    return person


@pytest.fixture
def by_the_route(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one each time a poll takes the whole way."""
    taken: list[int] = []
    real = queries.stamp

    def counting(*given: Any) -> Stamp:
        taken.append(1)
        return real(*given)

    monkeypatch.setattr(queries, "stamp", counting)
    return taken


@pytest.fixture
def dashboard(session: Session, keys: crypto.Keyring, clinic: Organisation) -> tuple[Any, dict[str, str]]:
    given = {"name": "看板", "organisation_id": clinic.id, "now": clock.now()}
    machine, key = machines.add(session, SCOPE, keys, MachineKind.DASHBOARD, **given)
    return machine, {"Authorization": f"Bearer {key}"}


@pytest.fixture
def poll(app: FastAPI, clinic: Organisation) -> Callable[..., Any]:
    """poll(headers, etag) → the answer; the memory is that of one process."""
    client = TestClient(app, raise_server_exceptions=False)
    asked = {"scope": str(clinic.id), "from": "2025-11", "to": "2025-11"}

    def send(headers: dict[str, str], etag: str | None = None, **more: str) -> Any:
        tags = {} if etag is None else {"If-None-Match": etag}
        return client.get(PATH, params=asked | more, headers=headers | tags)

    return send


@pytest.mark.usefixtures("patient")
class TestWhoPolls:
    @pytest.mark.parametrize("who", ["dashboard", "session"])
    def test_an_unchanged_poll_does_not_reach_the_route(
        self, poll: Any, dashboard: Any, sign_in: Any, clinic: Organisation, by_the_route: list[int], who: str
    ) -> None:
        headers = dashboard[1] if who == "dashboard" else sign_in(Role.NURSE, at=clinic)
        etag = poll(headers).headers["etag"]
        answers = [poll(headers, etag) for _ in range(3)]
        assert [(each.status_code, each.content, each.headers["etag"]) for each in answers] == [(304, b"", etag)] * 3
        assert len({each.headers["x-request-id"] for each in answers}) == 3
        assert len(by_the_route) == 1

    def test_it_is_the_answer_that_the_route_gives(self, poll: Any, dashboard: Any, by_the_route: list[int]) -> None:
        headers = dashboard[1]
        etag = poll(headers).headers["etag"]
        quick, whole = poll(headers, etag), poll(headers, f'"other", {etag}')
        assert len(by_the_route) == 2
        mine, theirs = (
            {name: value for name, value in each.headers.items() if name != "x-request-id"} for each in (quick, whole)
        )
        assert mine == {name: value for name, value in theirs.items() if name != "vary"}
        assert quick.status_code == whole.status_code == 304

    def test_a_compressed_answer_is_known_by_its_own_tag(self, poll: Any, dashboard: Any) -> None:
        headers = dashboard[1]
        etag = poll(headers).headers["etag"].replace('-gzip"', '"')
        packed = f'{etag[:-1]}-gzip"'
        assert [poll(headers, each).headers["etag"] for each in (etag, packed)] == [etag, packed]

    def test_another_credential_or_question_has_a_memory_of_its_own(
        self, poll: Any, dashboard: Any, sign_in: Any, by_the_route: list[int], make_clinic: Any
    ) -> None:
        headers = dashboard[1]
        etag = poll(headers).headers["etag"]
        assert poll({}, etag).status_code == 401
        assert poll({"Authorization": headers["Authorization"][:-1] + "x"}, etag).status_code == 401
        elsewhere = sign_in(Role.NURSE, at=make_clinic("C2"))
        assert poll(elsewhere, etag).status_code == 404
        assert poll(sign_in(Role.AUDITOR), etag).status_code == 403
        assert poll(headers, etag, codes="IND-03").status_code == 200
        assert poll(headers, '"other"').status_code == 200
        assert len(by_the_route) == 4

    @pytest.mark.parametrize(
        ("what", "status"),
        [
            ("UPDATE machine_key SET revoked_at = now()", 401),
            ("UPDATE machine SET revoked_at = now()", 401),
            ("UPDATE machine SET organisation_id = :other", 404),
        ],
    )
    def test_what_was_taken_from_a_machine_is_not_given_at_the_next_poll(
        self, poll: Any, dashboard: Any, session: Session, make_clinic: Any, what: str, status: int
    ) -> None:
        headers = dashboard[1]
        etag = poll(headers).headers["etag"]
        assert poll(headers, etag).status_code == 304
        session.execute(text(what), {"other": make_clinic("C2").id} if ":other" in what else {})
        assert poll(headers, etag).status_code == status

    @pytest.mark.parametrize(
        ("what", "status"),
        [
            ("DELETE FROM auth_session", 401),
            ("UPDATE auth_session SET locked_at = now()", 401),
            ("UPDATE auth_session SET created_at = now() - interval '12 hours'", 401),
            ("UPDATE auth_session SET last_seen_at = now() - interval '31 minutes'", 401),
            ("UPDATE app_user SET disabled_at = now()", 401),
            ("UPDATE app_user SET must_change_password = true", 403),
            ("DELETE FROM role_grant", 403),
            ("UPDATE role_grant SET role = 'auditor'", 403),
            ("UPDATE role_grant SET organisation_id = :other", 404),
        ],
    )
    def test_what_was_taken_from_a_user_is_not_given_at_the_next_poll(
        self, poll: Any, sign_in: Any, clinic: Organisation, session: Session, make_clinic: Any, what: str, status: int
    ) -> None:
        headers = sign_in(Role.NURSE, at=clinic)
        etag = poll(headers).headers["etag"]
        assert poll(headers, etag).status_code == 304
        session.execute(text(what), {"other": make_clinic("C2").id} if ":other" in what else {})
        assert poll(headers, etag).status_code == status

    def test_a_session_is_noted_as_seen_once_a_minute_by_its_polls_too(
        self, poll: Any, sign_in: Any, clinic: Organisation, session: Session, by_the_route: list[int]
    ) -> None:
        headers = sign_in(Role.NURSE, at=clinic)
        etag = poll(headers).headers["etag"]
        session.execute(text("UPDATE auth_session SET last_seen_at = now() - interval '61 seconds'"))
        assert poll(headers, etag).status_code == 304
        assert len(by_the_route) == 2
        assert session.scalar(text("SELECT now() - max(last_seen_at) < interval '30 seconds' FROM auth_session"))

    def test_who_polls_too_fast_is_told_to_wait(
        self, connection: Connection, keys: crypto.Keyring, clinic: Organisation, dashboard: Any
    ) -> None:
        client = TestClient(build(connection, keys, Policy(machine_per_minute=4)))
        asked = {"scope": str(clinic.id), "from": "2025-11", "to": "2025-11"}
        etag = client.get(PATH, params=asked, headers=dashboard[1]).headers["etag"]
        headers = dashboard[1] | {"If-None-Match": etag}
        answers = [client.get(PATH, params=asked, headers=headers) for _ in range(5)]
        assert [each.status_code for each in answers] == [304, 304, 304, 429, 429]
        assert (answers[-1].json()["code"], answers[-1].headers["content-type"]) == (
            "too-many-requests",
            "application/problem+json",
        )

    def test_polls_are_counted_as_other_requests(self, poll: Any, dashboard: Any, app: FastAPI, sign_in: Any) -> None:
        def counted() -> float:
            told = TestClient(app).get("/metrics", headers=sign_in(Role.ADMIN)).text
            line = f'cmc_http_requests_total{{method="GET",route="{PATH}",status="304"}}'
            found = [each for each in told.splitlines() if each.startswith(line)]
            return float(found[0].split()[-1]) if found else 0.0

        etag = poll(dashboard[1]).headers["etag"]
        before = counted()
        poll(dashboard[1], etag)
        assert counted() == before + 1

    @pytest.mark.parametrize("error", [Unavailable("busy"), OperationalError("", {}, Exception())])
    def test_when_the_look_up_fails_the_route_decides(
        self, poll: Any, dashboard: Any, by_the_route: list[int], monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        etag = poll(dashboard[1]).headers["etag"]

        def broken(*_: Any) -> Any:
            raise error

        monkeypatch.setattr(db, "peek", broken)
        assert poll(dashboard[1], etag).status_code == 304
        assert len(by_the_route) == 2

    def test_after_a_while_a_poll_takes_the_whole_way_again(
        self, poll: Any, dashboard: Any, by_the_route: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(polling, "AGE_SECONDS", -1)
        etag = poll(dashboard[1]).headers["etag"]
        assert [poll(dashboard[1], etag).status_code for _ in range(2)] == [304, 304]
        assert len(by_the_route) == 3

    def test_the_memory_stays_small(
        self, poll: Any, dashboard: Any, by_the_route: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(polling, "MOST", 2)
        questions = [{"codes": each} for each in ("IND-02", "IND-03", "IND-04")]
        tags = [poll(dashboard[1], **each).headers["etag"] for each in questions]
        again = [poll(dashboard[1], tag, **each) for tag, each in zip(tags[1:], questions[1:], strict=True)]
        assert [each.status_code for each in again] == [304, 304]
        assert len(by_the_route) == 3
        assert poll(dashboard[1], tags[0], **questions[0]).status_code == 304
        assert len(by_the_route) == 4


def test_a_visit_makes_the_next_poll_a_new_answer(
    poll: Any, dashboard: Any, patient: Any, histories: Any, session: Session
) -> None:
    etag = poll(dashboard[1]).headers["etag"]
    assert poll(dashboard[1], etag).status_code == 304
    histories.visit(patient, date(2025, 11, 19), 120, 70)
    service.refresh(session, [patient.id], now=NOW + timedelta(minutes=1), on=ON)
    session.flush()
    answer = poll(dashboard[1], etag)
    assert (answer.status_code, answer.headers["etag"] == etag) == (200, False)
    percents = {each["code"]: each["percent"] for each in answer.json()["items"] if each["disease"] == "HTN"}
    assert percents["IND-03"] == "100.00"
    assert poll(dashboard[1], answer.headers["etag"]).status_code == 304


def test_the_database_says_a_stamp_in_the_words_of_the_service(
    session: Session, connection: Connection, clinic: Organisation
) -> None:
    changed = datetime(2025, 11, 20, 1, 2, 3, 456789, tzinfo=LOCAL)

    def told() -> str:
        return str(db.peek(connection, polls.STAMPS.sql, {polls.KIND: [str(clinic.id)]})[0][1])

    assert told() == polls.said(Stamp(0, None))
    row = {"id": clinic.id, "at": changed}
    session.execute(text("INSERT INTO indicator_stamp VALUES (:id, 7, :at)"), row)
    assert told() == polls.said(Stamp(7, changed)) == f"7@{int(changed.timestamp()) * 1_000_000 + 456789}"


def test_polls_that_come_together_share_a_look_up_that_began_after_they_came() -> None:
    looks: list[set[Thing]] = []
    release = threading.Event()

    class Slow(Looking):
        def _look(self, things: Any) -> dict[Thing, str]:
            looks.append(set(things))
            release.wait(5)
            return {each: str(len(looks)) for each in things}

    async def many() -> list[dict[Thing, str]]:
        looking = Slow(None, asyncio.Semaphore(1), standing.PARTS)
        one, two = Thing("machine_key", "1"), Thing("machine_key", "2")
        first = asyncio.create_task(looking.standings({one}))
        while not looks:
            await asyncio.sleep(0.001)
        later = [asyncio.create_task(looking.standings({each})) for each in (one, two, one, two)]
        await asyncio.sleep(0.01)
        release.set()
        return [await each for each in (first, *later)]

    found = asyncio.run(many())
    assert looks == [{Thing("machine_key", "1")}, {Thing("machine_key", "1"), Thing("machine_key", "2")}]
    assert [set(each.values()) for each in found] == [{"1"}, *[{"2"}] * 4]


def test_a_look_up_that_fails_tells_everybody_who_waited() -> None:
    async def both() -> list[Any]:
        looking = Looking(None, asyncio.Semaphore(1), standing.PARTS)
        waiting = [looking.standings({Thing("machine_key", str(each))}) for each in range(2)]
        return await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(each) for each in asyncio.run(both())] == [Unavailable, Unavailable]
