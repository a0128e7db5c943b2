"""Back-fill by a stream of lines: every line has its result, what is told is committed, and again is harmless."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.core.errors import Unavailable
from cmc.ingest import service, streaming
from cmc.patients.tables import Patient

START = datetime(2026, 1, 1, tzinfo=UTC)
NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def person(make_patient: Callable[..., Patient]) -> str:
    return str(make_patient().id)


def line(person: str, number: int, **more: Any) -> bytes:
    item = {
        "patient_id": person,
        "kind": "glucose",
        "value": 5 + number % 50 / 10,
        "unit": "mmol/L",
        "taken_at": (START + timedelta(minutes=number)).isoformat(),
        "device": "M-1",
        "sequence": number,
    }
    return json.dumps(item | more).encode()


def send(client: TestClient, content: Any) -> list[dict[str, Any]]:
    answer = client.post("/v1/readings", content=content, headers=NDJSON)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(each) for each in answer.text.splitlines()]


def count(session: Session) -> int:
    return int(session.scalar(text("SELECT count(*) FROM reading")) or 0)


def test_a_stream_is_stored_and_again_is_all_duplicates(client: TestClient, session: Session, person: str) -> None:
    lines = [line(person, number) for number in range(1201)]
    body = b"\n".join(lines)
    assert send(client, body) == [{"done": True, "lines": 1201, "summary": {"created": 1201}}]
    assert send(client, body + b"\n") == [{"done": True, "lines": 1201, "summary": {"duplicate": 1201}}]
    assert count(session) == 1201
    assert session.scalar(text("SELECT count(*) FROM receipt")) == 3


def test_each_line_that_is_not_new_is_told_with_its_number(client: TestClient, session: Session, person: str) -> None:
    lines = [line(person, number) for number in range(20)]
    lines[3] = b"{"
    lines[5] = b'{"a": 1},{"b": 2}'
    lines[7] = line(person, 7, unit="furlong")
    lines[9] = b"[1]"
    lines[11] = line(person, 11, patient_id="0190a7c4-6f1e-7d3a-9c55-2f6b8f0a1c22")
    lines[13] = line(person, 12, value=30.1)
    lines[15] = b" "
    lines[17] = b"\xff\xfe"
    lines[19] = line(person, 19, device="x" * 5000)
    *told, last = send(client, b"\r\n".join(lines))
    found = {each["line"]: (each["status"], each["errors"][0]["pointer"], each["errors"][0]["code"]) for each in told}
    assert found == {
        4: ("rejected", "", "unreadable"),
        6: ("rejected", "", "unreadable"),
        8: ("rejected", "/unit", "not_in_list"),
        10: ("rejected", "", "object_expected"),
        12: ("quarantined", "/patient_id", "unknown_person"),
        14: ("conflict", "", "conflict"),
        18: ("rejected", "", "unreadable"),
        20: ("rejected", "", "unreadable"),
    }
    assert last["summary"] == {"created": 11, "rejected": 6, "quarantined": 1, "conflict": 1}
    assert count(session) == 11


def test_a_line_that_no_batch_can_hold_spoils_no_other(client: TestClient, session: Session, person: str) -> None:
    crowded = b'{"a":[' + b",".join([b"1"] * 2000) + b"]}"
    *told, last = send(client, b"\n".join([line(person, 1), *[crowded] * 12, line(person, 2)]))
    assert {each["status"] for each in told} == {"rejected"}
    assert last["summary"] == {"created": 2, "rejected": 12}


def test_only_so_many_lines_are_told(client: TestClient, person: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "MOST_TOLD", 3)
    *told, last = send(client, b"\n".join([b"x"] * 10))
    assert len(told) == 3
    assert (last["untold"], last["lines"]) == (7, 10)


def test_nothing_is_one_line(client: TestClient) -> None:
    assert send(client, b"") == [{"done": True, "lines": 0, "summary": {}}]


def test_progress_is_told(client: TestClient, person: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "BATCH_LINES", 10)
    monkeypatch.setattr(streaming, "PROGRESS_BATCHES", 2)
    found = send(client, b"\n".join(line(person, number) for number in range(60)))
    assert [each["lines"] for each in found] == [20, 40, 60]


def test_what_was_committed_before_a_fault_is_kept_and_said(
    client: TestClient, session: Session, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "BATCH_LINES", 10)
    monkeypatch.setattr(streaming, "PROGRESS_BATCHES", 1)
    real, calls = service.store_together, iter(range(100))

    def broken(*given: Any, **more: Any) -> Any:
        if next(calls) == 2:
            raise Unavailable("gone")
        return real(*given, **more)

    monkeypatch.setattr(service, "store_together", broken)
    body = b"\n".join(line(person, number) for number in range(60))
    *_, last = send(client, body)
    assert (last["stopped"]["status"], last["lines"], last["summary"]) == (503, 20, {"created": 20})
    assert count(session) == 20
    monkeypatch.setattr(service, "store_together", real)
    assert send(client, body)[-1]["summary"] == {"duplicate": 20, "created": 40}


def test_a_fault_before_the_first_batch_is_an_ordinary_problem(
    client: TestClient, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise Unavailable("gone")

    monkeypatch.setattr(service, "store_together", broken)
    answer = client.post("/v1/readings", content=line(person, 1), headers=NDJSON)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")


def test_more_than_a_body_may_hold_streams_in(client: TestClient, session: Session, person: str) -> None:
    def lines() -> Iterator[bytes]:
        for number in range(6000):
            yield line(person, number) + b"\n"

    assert send(client, lines())[-1] == {"done": True, "lines": 6000, "summary": {"created": 6000}}
    assert count(session) == 6000
