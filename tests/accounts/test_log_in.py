"""Signing in with name and password: who gets in, what is told to who does not, and when a sign-in ends."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pyotp
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text, update
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts import access, sessions
from cmc.accounts.roles import Role
from cmc.accounts.tables import AuthSession
from cmc.core import clock, crypto

PASSWORD = "correct horse battery staple"


@pytest.fixture
def nurse(sign_in: Any) -> str:
    sign_in(Role.NURSE, login="li.wenjing")
    return "li.wenjing"


def _log_in(visitor: TestClient, login: str, password: str = PASSWORD, **more: Any) -> Any:
    return visitor.post("/v1/session", json={"login": login, "password": password, **more})


def _move_clock(session: Session, column: str, by: timedelta) -> None:
    moved = {"last_seen_at": AuthSession.last_seen_at, "created_at": AuthSession.created_at}[column]
    session.execute(update(AuthSession).values({moved: col(moved) - by}))


def test_a_user_signs_in_and_signs_out(visitor: TestClient, nurse: str) -> None:
    assert visitor.get("/v1/me").status_code == 401
    answer = _log_in(visitor, nurse)
    assert answer.status_code == 204
    assert visitor.get("/v1/me").json()["login"] == nurse
    assert visitor.delete("/v1/session").status_code == 204
    assert visitor.get("/v1/me").status_code == 401


def test_the_cookie_is_closed_to_scripts_and_other_sites(visitor: TestClient, nurse: str) -> None:
    cookie = _log_in(visitor, nurse).headers["set-cookie"]
    assert re.fullmatch(r"cmc=[\w-]{43}; HttpOnly; Path=/; SameSite=strict", cookie)


def test_over_https_the_cookie_is_tied_to_the_host(app: FastAPI, nurse: str) -> None:
    origin = {"Origin": "https://cmc.example"}
    visitor = TestClient(app, base_url="https://cmc.example", raise_server_exceptions=False, headers=origin)
    answer = _log_in(visitor, nurse)
    assert re.fullmatch(
        r"__Host-cmc=[\w-]{43}; HttpOnly; Path=/; SameSite=strict; Secure", answer.headers["set-cookie"]
    )
    assert "max-age" in answer.headers["strict-transport-security"]
    assert visitor.get("/v1/me").status_code == 200


def test_a_password_is_not_taken_in_clear_over_a_network(app: FastAPI, nurse: str) -> None:
    origin = {"Origin": "http://cmc.example"}
    visitor = TestClient(app, base_url="http://cmc.example", raise_server_exceptions=False, headers=origin)
    answer = _log_in(visitor, nurse)
    assert (answer.status_code, answer.json()["code"]) == (403, "https-needed")


def test_unknown_name_wrong_password_and_locked_account_look_alike(visitor: TestClient, nurse: str) -> None:
    answers = [_log_in(visitor, nurse, "wrong") for _ in range(6)] + [
        _log_in(visitor, "nobody"),
        _log_in(visitor, nurse),
    ]
    bodies = {(each.status_code, each.json()["code"], each.json()["detail"]) for each in answers}
    assert bodies == {(401, "log-in-refused", sessions.REFUSED)}


def test_five_wrong_tries_lock_the_account_but_no_running_session(
    app: FastAPI, visitor: TestClient, sign_in: Any, session: Session
) -> None:
    running = TestClient(app, headers=sign_in(Role.NURSE, login="busy"))
    for _ in range(5):
        _log_in(visitor, "busy", "wrong")
    assert _log_in(visitor, "busy").status_code == 401
    assert running.get("/v1/me").status_code == 200
    session.execute(text("UPDATE app_user SET locked_until = locked_until - interval '15 minutes'"))
    assert _log_in(visitor, "busy").status_code == 204


def test_the_lock_doubles_with_each_further_try(session: Session, sign_in: Any) -> None:
    sign_in(Role.NURSE)
    user_id = session.scalars(text("SELECT id FROM app_user")).one()
    now, locks = clock.now(), []
    for _ in range(12):
        sessions.fail(session, UUID(str(user_id)), now)
        session.flush()
        until = session.scalars(text("SELECT locked_until FROM app_user")).one()
        if until is not None:
            locks.append((until - now).total_seconds() / 60)
            now = until
    assert locks == [15, 30, 60, 120, 240, 480, 960, 1440]


def test_tries_while_locked_do_not_make_the_lock_longer(session: Session, sign_in: Any) -> None:
    sign_in(Role.NURSE)
    user_id, now = UUID(str(session.scalars(text("SELECT id FROM app_user")).one())), clock.now()
    for _ in range(30):
        sessions.fail(session, user_id, now)
    assert session.scalars(text("SELECT locked_until FROM app_user")).one() == now + sessions.FIRST_LOCK


def test_a_session_locks_when_idle_and_opens_with_the_password(
    visitor: TestClient, nurse: str, session: Session
) -> None:
    _log_in(visitor, nurse)
    before = visitor.cookies["cmc"]
    _move_clock(session, "last_seen_at", access.IDLE)
    answer = visitor.get("/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "session-locked")
    assert visitor.post("/v1/session:unlock", json={"password": "wrong"}).status_code == 401
    assert visitor.post("/v1/session:unlock", json={"password": PASSWORD}).status_code == 204
    assert visitor.get("/v1/me").status_code == 200
    assert visitor.cookies["cmc"] != before


def test_an_administrator_locks_sooner(visitor: TestClient, sign_in: Any, session: Session) -> None:
    sign_in(Role.ADMIN, login="root1")
    _log_in(visitor, "root1")
    assert visitor.get("/v1/me").json()["idle_seconds"] == 900
    _move_clock(session, "last_seen_at", access.IDLE_ADMIN)
    assert visitor.get("/v1/me").status_code == 401


def test_a_user_may_lock_the_own_screen(visitor: TestClient, nurse: str) -> None:
    _log_in(visitor, nurse)
    assert visitor.post("/v1/session:lock").status_code == 204
    assert visitor.get("/v1/worklist").json()["code"] == "session-locked"


def test_after_twelve_hours_a_session_has_ended_for_good(visitor: TestClient, nurse: str, session: Session) -> None:
    _log_in(visitor, nurse)
    _move_clock(session, "created_at", access.ABSOLUTE)
    assert visitor.get("/v1/me").json()["code"] == "unauthenticated"
    assert visitor.post("/v1/session:unlock", json={"password": PASSWORD}).status_code == 401


def test_a_new_log_in_ends_the_former_session_of_the_browser(app: FastAPI, visitor: TestClient, nurse: str) -> None:
    _log_in(visitor, nurse)
    former = visitor.cookies["cmc"]
    _log_in(visitor, nurse)
    stolen = TestClient(app, headers={"Cookie": f"cmc={former}"})
    assert stolen.get("/v1/me").status_code == 401


def test_a_session_that_is_ended_is_refused_at_its_next_request(app: FastAPI, visitor: TestClient, nurse: str) -> None:
    other = TestClient(app, base_url="http://localhost", headers={"Origin": "http://localhost"})
    _log_in(visitor, nurse)
    _log_in(other, nurse)
    assert len(visitor.get("/v1/sessions").json()["items"]) == 3  # the fixture signed in too
    (newest,) = [each["id"] for each in other.get("/v1/sessions").json()["items"] if each["is_this"]]
    assert visitor.delete(f"/v1/sessions/{newest}").status_code == 204
    assert other.get("/v1/me").status_code == 401


def test_nobody_ends_the_session_of_another(app: FastAPI, visitor: TestClient, nurse: str, sign_in: Any) -> None:
    _log_in(visitor, nurse)
    mine = visitor.get("/v1/sessions").json()["items"][0]["id"]
    stranger = TestClient(app, headers=sign_in(Role.DOCTOR))
    assert stranger.delete(f"/v1/sessions/{mine}").status_code == 404
    assert visitor.get("/v1/me").status_code == 200


def test_only_so_many_sessions_stay_open(visitor: TestClient, nurse: str, session: Session) -> None:
    for _ in range(8):
        _log_in(visitor, nurse)
        visitor.cookies.clear()
    assert session.scalar(text("SELECT count(*) FROM auth_session")) == 5


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "same-site"},
    ],
)
def test_changes_from_another_site_are_refused(visitor: TestClient, nurse: str, headers: dict[str, str]) -> None:
    answer = visitor.post("/v1/session", json={"login": nurse, "password": PASSWORD}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")
    _log_in(visitor, nurse)
    assert visitor.post("/v1/session:lock", headers=headers).json()["code"] == "cross-site"
    assert visitor.get("/v1/me").status_code == 200


class TestSecondFactor:
    @pytest.fixture
    def secret(self, visitor: TestClient, nurse: str) -> str:
        _log_in(visitor, nurse)
        found = visitor.post("/v1/me/second-factor", json={"password": PASSWORD}).json()["secret"]
        return str(found)

    @pytest.fixture
    def recovery(self, visitor: TestClient, secret: str) -> list[str]:
        code = pyotp.TOTP(secret).generate_otp(int(clock.now().timestamp()) // 30 - 1)
        answer = visitor.post("/v1/me/second-factor:confirm", json={"code": code})
        assert answer.status_code == 200
        return list(answer.json()["recovery_codes"])

    def test_an_unconfirmed_one_is_not_asked_for(self, visitor: TestClient, nurse: str, secret: str) -> None:
        assert _log_in(visitor, nurse).status_code == 204

    def test_a_wrong_code_confirms_nothing(self, visitor: TestClient, secret: str) -> None:
        wrong = "000000" if pyotp.TOTP(secret).now() != "000000" else "000001"
        assert visitor.post("/v1/me/second-factor:confirm", json={"code": wrong}).status_code == 422

    def test_the_code_is_asked_for_and_counts_once(
        self, visitor: TestClient, nurse: str, secret: str, recovery: list[str]
    ) -> None:
        assert _log_in(visitor, nurse).json()["code"] == "second-factor-needed"
        code = pyotp.TOTP(secret).now()
        assert _log_in(visitor, nurse, code=code).status_code == 204
        assert _log_in(visitor, nurse, code=code).json()["code"] == "second-factor-refused"

    def test_a_recovery_code_stands_in_once(self, visitor: TestClient, nurse: str, recovery: list[str]) -> None:
        assert len(recovery) == 10
        assert _log_in(visitor, nurse, code=recovery[3]).status_code == 204
        assert _log_in(visitor, nurse, code=recovery[3]).json()["code"] == "second-factor-refused"

    def test_wrong_codes_lock_the_account(self, visitor: TestClient, nurse: str, recovery: list[str]) -> None:
        for _ in range(5):
            _log_in(visitor, nurse, code="123456x")
        assert _log_in(visitor, nurse, code=recovery[0]).json()["code"] == "log-in-refused"

    def test_it_is_taken_away_with_the_password_only(
        self, visitor: TestClient, nurse: str, recovery: list[str]
    ) -> None:
        assert visitor.post("/v1/me/second-factor:disable", json={"password": "wrong"}).status_code == 422
        assert visitor.post("/v1/me/second-factor:disable", json={"password": PASSWORD}).status_code == 204
        assert _log_in(visitor, nurse).status_code == 204

    def test_neither_secret_nor_codes_are_kept_in_clear(
        self, session: Session, secret: str, recovery: list[str], keys: crypto.Keyring
    ) -> None:
        kept = session.execute(text("SELECT totp_cipher FROM app_user UNION ALL SELECT code_hash FROM recovery_code"))
        for value in kept.scalars():
            assert value is None or not any(each.encode() in bytes(value) for each in [secret, *recovery])


def test_passwords_and_session_ids_are_not_in_the_database(visitor: TestClient, nurse: str, session: Session) -> None:
    _log_in(visitor, nurse)
    cookie = visitor.cookies["cmc"]
    rows = session.execute(text("SELECT u::text || s::text FROM app_user u, auth_session s")).scalars().all()
    assert rows
    assert not any(PASSWORD in row or cookie in row for row in rows)
    hashes = session.scalars(text("SELECT password_hash FROM app_user")).all()
    assert all(each.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for each in hashes)
