"""Real commits: what is acknowledged is stored, what fails is an error, and senders do not hinder each other."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from cmc.core import crypto, db
from cmc.core.scope import Scope, system_scope
from cmc.ingest import keeping, service
from cmc.ingest.formats import native
from cmc.main import build

KEYS = crypto.keyring(bytes(32))
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def _items(patient_id: Any, count: int) -> list[dict[str, Any]]:
    start = datetime(2025, 1, 1, tzinfo=UTC)
    return [
        {
            "patient_id": str(patient_id),
            "kind": "glucose",
            "value": 5 + index % 50 / 10,
            "unit": "mmol/L",
            "taken_at": (start + timedelta(hours=5 * index)).isoformat(),
        }
        for index in range(count)
    ]


def _scalar(engine: Any, query: str) -> Any:
    with db.transaction(engine, system_scope("command:test")) as session:
        return session.scalars(text(query)).one()


def test_two_senders_of_the_same_batch_store_each_reading_once(served: Any) -> None:
    items = _items(served.patient_id, 300)
    bodies = [json.dumps({"items": each}).encode() for each in (items, items[::-1])]
    together = Barrier(2)

    def send(body: bytes) -> list[str]:
        parsed = native.read(body).items
        together.wait()
        with db.transaction(served.engine, system_scope("command:test")) as session:
            found = service.store(
                session, Scope("test"), keeping.Arrival("test", "native", body, KEYS), parsed, now=NOW
            )
        return [result.status for result in found]

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(send, bodies)
    assert sorted(first + second) == ["created"] * 300 + ["duplicate"] * 300
    assert _scalar(served.engine, "SELECT count(*) FROM reading") == 300
    assert _scalar(served.engine, "SELECT count(DISTINCT id) FROM reading") == 300


def _fail_at_commit(owner: Any, words: str) -> None:
    with db.transaction(owner) as session:
        session.execute(
            text(f"CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {words} RETURN NULL; END $$")
        )
        session.execute(
            text(
                "CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON receipt DEFERRABLE INITIALLY DEFERRED"
                " FOR EACH ROW EXECUTE FUNCTION fail()"
            )
        )


@pytest.mark.parametrize(
    "words", ["RAISE EXCEPTION 'no';", "PERFORM pg_terminate_backend(pg_backend_pid());"], ids=["refused", "killed"]
)
def test_a_failed_commit_is_never_acknowledged(served: Any, sign_in_at: Any, words: str) -> None:
    _fail_at_commit(served.owner, words)
    app = build(served.engine, crypto.keyring(bytes(32)))
    client = TestClient(app, raise_server_exceptions=False, headers=sign_in_at(served.engine))
    body = {"items": _items(served.patient_id, 3)}
    answer = client.post("/v1/readings", json=body)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert _scalar(served.engine, "SELECT count(*) FROM reading") == 0
    with db.transaction(served.owner) as session:
        session.execute(text("DROP TRIGGER fail ON receipt"))
    again = client.post("/v1/readings", json=body)
    assert again.json()["summary"] == {"created": 3}
    assert _scalar(served.engine, "SELECT count(*) FROM reading") == 3


def test_a_month_that_was_rolled_back_is_made_again(served: Any) -> None:
    body = json.dumps({"items": _items(served.patient_id, 1)}).encode()
    items, arrival = native.read(body).items, keeping.Arrival("test", "native", body, KEYS)

    class Stop(Exception):
        pass

    def broken() -> None:
        with db.transaction(served.engine, system_scope("command:test")) as session:
            service.store(session, Scope("test"), arrival, items, now=NOW)
            raise Stop

    with pytest.raises(Stop):
        broken()
    for expected in ("created", "duplicate"):
        with db.transaction(served.engine, system_scope("command:test")) as session:
            (result,) = service.store(session, Scope("test"), arrival, items, now=NOW)
        assert result.status == expected
