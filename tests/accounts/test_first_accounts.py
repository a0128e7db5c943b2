"""The first accounts: the administrator made by a command, and the demo's users. No password exists before."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.accounts.demo import demo_users
from cmc.core import clock, crypto, db, migrations
from cmc.core.scope import system_scope
from cmc.core.text import Text
from cmc.main import build
from cmc.organisations import service as organisations
from cmc.organisations.tables import OrganisationKind

CHECKOUT = Path(__file__).resolve().parents[2]
SCOPE = system_scope("command:test")


@pytest.fixture
def command(new_database: Callable[[], str], tmp_path: Path) -> Any:
    url = new_database()
    migrations.upgrade(url)
    own = {name: value for name, value in os.environ.items() if not name.startswith("CMC_")}
    environment = {**own, "CMC_DATABASE_URL": url, "CMC_DATA_DIR": str(tmp_path), "PYTHONPATH": str(CHECKOUT)}

    def run(*words: str) -> Any:
        line = [sys.executable, "-m", "cmc", "admin", *words]
        return subprocess.run(line, env=environment, capture_output=True, text=True, check=False, timeout=60)

    return run, url


def test_the_first_administrator_gets_a_password_for_one_log_in(command: Any, keys: crypto.Keyring) -> None:
    run, url = command
    done = run("create", "zhang.min")
    assert done.returncode == 0, done.stderr
    password = done.stdout.split()[-1]
    engine = db.make_engine(url)
    visitor = TestClient(build(engine, keys), base_url="http://localhost", headers={"Origin": "http://localhost"})
    assert visitor.post("/v1/session", json={"login": "zhang.min", "password": password}).status_code == 204
    me = visitor.get("/v1/me").json()
    assert (me["roles"], me["must_change_password"]) == (
        [{"role": "admin", "organisation_id": None, "with_names": False}],
        True,
    )
    again = run("create", "zhang.min")
    assert (again.returncode, again.stderr) == (1, "cmc: There is a user with this login name already.\n")
    engine.dispose()


@pytest.mark.parametrize("login", ["Zhang", "张敏", "a", "-x"])
def test_a_login_name_that_may_not_be_is_one_line(command: Any, login: str) -> None:
    done = command[0]("create", "--", login)
    assert done.returncode == 1
    assert done.stderr.startswith("cmc: A login name has 2 to 32")
    assert len(done.stderr.splitlines()) == 1


def test_every_clinic_gets_a_gateway_and_only_the_file_knows_the_keys(command: Any, tmp_path: Path) -> None:
    run, url = command
    engine = db.make_engine(url)
    with db.transaction(engine) as session:
        region = organisations.add(session, OrganisationKind.REGION, code="R", name=Text("区域", "Region"))
        district = organisations.add(session, OrganisationKind.DISTRICT, code="D", name=Text("区", "D"), parent=region)
        for code in ("C1", "C2"):
            organisations.add(session, OrganisationKind.CLINIC, code=code, name=Text(code, code), parent=district)
    path = tmp_path / "keys.json"
    done = run("gateway-keys", str(path))
    assert done.returncode == 0, done.stderr
    made = json.loads(path.read_text())
    assert sorted(made) == ["C1", "C2"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert not any(key in done.stdout + done.stderr for key in made.values())
    own_keys = crypto.keyring(crypto.decode_master_key((tmp_path / "master.key").read_text().strip()))
    visitor = TestClient(build(engine, own_keys), base_url="https://localhost")
    for key in made.values():
        sent = visitor.post("/v1/readings", json={"items": [{}]}, headers={"Authorization": f"Bearer {key}"})
        assert (sent.status_code, sent.json()["results"][0]["status"]) == (200, "rejected")
    again = run("gateway-keys", str(path))
    assert (again.returncode, again.stderr) == (1, f"cmc: {path} cannot be made (File exists).\n")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM machine")) == 2
    engine.dispose()


def test_a_new_installation_has_no_user(session: Session) -> None:
    assert session.scalar(text("SELECT count(*) FROM app_user")) == 0


class TestDemo:
    def _made(self, session: Session, keys: crypto.Keyring, tree: Any) -> Any:
        return demo_users(session, SCOPE, keys, gateway_clinic_id=tree.clinic.id, now=clock.now())

    def test_there_is_a_user_for_every_role_and_a_nurse_for_each_clinic(
        self, session: Session, keys: crypto.Keyring, tree: Any, visitor: TestClient
    ) -> None:
        made = self._made(session, keys, tree)
        assert sorted(made.passwords) == [
            "demo-admin", "demo-auditor", "demo-doctor", "demo-manager", "demo-nurse1", "demo-nurse2", "demo-supervisor",
        ]  # fmt: skip
        for login, password in made.passwords.items():
            assert visitor.post("/v1/session", json={"login": login, "password": password}).status_code == 204
            assert visitor.get("/v1/me").json()["must_change_password"] is False

    def test_every_start_gives_new_passwords_and_one_new_key(
        self, session: Session, keys: crypto.Keyring, tree: Any, app: FastAPI, visitor: TestClient
    ) -> None:
        first, second = self._made(session, keys, tree), self._made(session, keys, tree)
        assert not set(first.passwords.values()) & set(second.passwords.values())
        statuses = [
            visitor.post(
                "/v1/session", json={"login": "demo-admin", "password": each.passwords["demo-admin"]}
            ).status_code
            for each in (first, second)
        ]
        assert statuses == [401, 204]
        box = TestClient(app)
        posted = [
            box.post("/v1/readings", content=b'{"items": []}', headers={"Authorization": f"Bearer {each.gateway_key}"})
            for each in (first, second)
        ]
        assert [answer.status_code == 401 for answer in posted] == [True, False]
