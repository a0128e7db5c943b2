"""Polls under the real server, byte by byte: quick ones are the answers of slow ones, in order, and end as promptly."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from sqlalchemy import Engine, text

from cmc.accounts import machines
from cmc.accounts.roles import MachineKind
from cmc.core import clock, crypto, db, migrations, polling
from cmc.core.poll_protocol import PollProtocol
from cmc.core.scope import system_scope
from cmc.core.text import Text
from cmc.indicators import service
from cmc.indicators.periods import year_to_date
from cmc.main import build
from cmc.organisations import service as organisations
from cmc.organisations.tables import OrganisationKind

SCOPE = system_scope("command:test")


class Line:
    """One connection; answers are read one at a time."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._rest = b""

    def send(self, *messages: bytes) -> None:
        self._socket.sendall(b"".join(messages))

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        while b"\r\n\r\n" not in self._rest:
            self._more()
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        length = int(headers.get("content-length", "0"))
        while len(self._rest) < length:
            self._more()
        body, self._rest = self._rest[:length], self._rest[length:]
        return int(first.split()[1]), headers, body

    def close(self) -> None:
        self._socket.close()

    def is_closed(self) -> bool:
        return self._socket.recv(1) == b""

    def _more(self) -> None:
        part = self._socket.recv(65536)
        assert part, "the server closed the connection"
        self._rest += part


@pytest.fixture
def connect(at: dict[str, Any]) -> Iterator[Callable[[], Line]]:
    """connect() → a new connection, closed after the test."""
    made: list[Line] = []

    def make() -> Line:
        made.append(Line(at["port"]))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(scope="module")
def at(
    new_database: Callable[[], str], as_service: Callable[[str], Engine], keys: crypto.Keyring
) -> Iterator[dict[str, Any]]:
    url = new_database()
    migrations.upgrade(url)
    engine = as_service(url)
    with db.transaction(engine, SCOPE) as session:
        region = organisations.add(session, OrganisationKind.REGION, code="120000", name=Text("天津市", "Tianjin"))
        service.rebuild(session, periods=[year_to_date(2025, 11)], now=clock.now())
        given: dict[str, Any] = {"name": "看板", "organisation_id": region.id, "now": clock.now()}
        made = [machines.add(session, SCOPE, keys, MachineKind.DASHBOARD, **given) for _ in range(2)]
    app = build(engine, keys)
    server = uvicorn.Server(
        uvicorn.Config(
            app, port=0, loop="asyncio", http=PollProtocol, lifespan="off", log_config=None, access_log=False
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield {"port": port, "engine": engine, "region": region.id, "machines": made, "server": server}
    server.should_exit = True
    thread.join(20)
    engine.dispose()


@pytest.fixture
def layered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one for each poll that was parsed."""
    seen: list[int] = []
    real = polling._asked

    def counting(scope: Any) -> Any:
        seen.append(1)
        return real(scope)

    monkeypatch.setattr(polling, "_asked", counting)
    return seen


def request(at: dict[str, Any], tag: str = "", *, machine: int = 0, **headers: str) -> bytes:
    lines = [f"GET /v1/indicator-values?scope={at['region']}&from=2025-11&to=2025-11 HTTP/1.1", "Host: x"]
    lines.append(f"Authorization: Bearer {at['machines'][machine][1]}")
    lines += [f"If-None-Match: {tag}"] * bool(tag) + [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def learnt(at: dict[str, Any], line: Line, **more: Any) -> bytes:
    """A poll that has been answered from memory once."""
    line.send(request(at, **more))
    poll = request(at, line.answer()[1]["etag"], **more)
    for _ in range(2):
        line.send(poll)
        assert line.answer()[0] == 304
    return poll


def test_a_quick_answer_is_that_of_the_layer_and_is_not_parsed(
    at: dict[str, Any], connect: Callable[[], Line], layered: list[int]
) -> None:
    line = connect()
    line.send(request(at))
    poll = request(at, line.answer()[1]["etag"])
    line.send(poll)
    _, slow, _ = line.answer()
    parsed = len(layered)
    answers = []
    for _ in range(3):
        line.send(poll)
        answers.append(line.answer())
    assert len(layered) == parsed == 2
    for status, head, body in answers:
        assert (status, body) == (304, b"")
        assert {k: v for k, v in head.items() if k not in {"x-request-id", "date"}} == {
            k: v for k, v in slow.items() if k not in {"x-request-id", "date"}
        }
    assert len({head["x-request-id"] for _, head, _ in answers}) == 3


def test_answers_keep_the_order_of_requests_sent_together(at: dict[str, Any], connect: Callable[[], Line]) -> None:
    line = connect()
    poll = learnt(at, line)
    whole, other = request(at), b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    line.send(poll, other)  # arrive together: not alone
    line.send(whole)
    line.send(poll)
    assert [line.answer()[0] for _ in range(4)] == [304, 200, 200, 304]
    line.send(poll)
    line.send(other)  # arrives while the poll is looked up
    line.send(poll)
    assert [line.answer()[0] for _ in range(3)] == [304, 200, 304]


def test_a_poll_in_pieces_is_read_as_any_request(at: dict[str, Any], connect: Callable[[], Line]) -> None:
    line = connect()
    poll = learnt(at, line)
    for cut in (1, 40, len(poll) - 2):
        line.send(poll[:cut])
        time.sleep(0.05)
        line.send(poll[cut:])
        assert line.answer()[0] == 304
    line.send(poll)
    assert line.answer()[0] == 304


def test_who_wants_the_connection_closed_has_it_closed(at: dict[str, Any], connect: Callable[[], Line]) -> None:
    line = connect()
    line.send(request(at))
    poll = request(at, line.answer()[1]["etag"], Connection="close")
    for _ in range(3):
        line = connect()
        line.send(poll)
        assert line.answer()[0] == 304
        assert line.is_closed()


def test_a_changed_value_and_a_revoked_key_count_at_the_next_poll(
    at: dict[str, Any], connect: Callable[[], Line]
) -> None:
    line = connect()
    poll = learnt(at, line, machine=1)
    with db.transaction(at["engine"], SCOPE) as session:
        session.execute(text("INSERT INTO indicator_stamp VALUES (:id, 9, now())"
                             " ON CONFLICT (organisation_id) DO UPDATE SET version = 9"), {"id": at["region"]})  # fmt: skip
    line.send(poll)
    status, head, _ = line.answer()
    assert status == 200
    poll = request(at, head["etag"], machine=1)
    for _ in range(3):
        line.send(poll)
        assert line.answer()[0] == 304
    with db.transaction(at["engine"], SCOPE) as session:
        machines.revoke(session, SCOPE, at["machines"][1][0].id, now=clock.now())
    line.send(poll)
    assert line.answer()[0] == 401


def test_a_connection_that_is_cut_while_it_is_looked_up_harms_nobody(
    at: dict[str, Any], connect: Callable[[], Line]
) -> None:
    line = connect()
    poll = learnt(at, line)
    for _ in range(20):
        gone = connect()
        gone.send(poll)
        gone.close()
    line.send(poll)
    assert line.answer()[0] == 304
