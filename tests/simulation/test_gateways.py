"""Hubs replayed over real sockets: against the whole service on PostgreSQL, and against a service that misbehaves."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np
import pytest
import typer
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from cmc.accounts import machines
from cmc.accounts.roles import MachineKind
from cmc.clinical.codes import Sex
from cmc.core import clock, crypto, db, migrations
from cmc.core.operating import OperatorError
from cmc.core.scope import system_scope
from cmc.core.text import Text
from cmc.ingest.formats import native
from cmc.ingest.received import Received
from cmc.organisations import service as organisations
from cmc.organisations.tables import OrganisationKind
from cmc.patients import service as patients
from cmc.patients.schemas import Identifier, PatientIn
from cmc.simulation import hub_files
from cmc.simulation.gateway_report import Acknowledged, Latencies, Report
from cmc.simulation.gateways import Patience, Traffic, replay, retry_after_s
from cmc.simulation.gateways_cli import gateways
from cmc.simulation.sends import Reading, Shares, draws, sends

MASTER_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
SCOPE = system_scope("command:test")
HURRIED = Patience(tries=6, first_pause_s=0.01, longest_pause_s=0.05, timeout_s=10)
ALL_FAULTS = Shares(resend=0.2, reorder=0.3, duplicate=0.3, clock_reset=0.1, lost_answer=0.25)
FAULTY = ["--resend=0.2", "--reorder=0.3", "--duplicate=0.3", "--clock-reset=0.1", "--lost-answer=0.25"]


class Service(NamedTuple):
    """A whole service in a process of its own; `restart` kills it with SIGKILL and starts it anew."""

    url: str
    engine: Engine
    gateway_key: str
    restart: Callable[[], None]


@pytest.fixture(scope="module")
def served(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    database = new_database()
    migrations.upgrade(database)
    engine = db.make_engine(database)
    gateway_key = _gateway_of_a_person(engine)
    port = _free_port()
    environment = os.environ | {
        "CMC_DATABASE_URL": database,
        "CMC_DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "CMC_PORT": str(port),
        "CMC_MASTER_KEY": MASTER_KEY,
        "CMC_MACHINE_PER_MINUTE": "1000000",
    }
    ready = f"http://127.0.0.1:{port}/readyz"

    def start() -> "subprocess.Popen[bytes]":
        begun = subprocess.Popen([sys.executable, "-m", "cmc", "web"], env=environment, stderr=subprocess.DEVNULL)
        processes.append(begun)
        _wait_for(ready, begun)
        return begun

    def restart() -> None:
        processes[-1].kill()
        processes[-1].wait(20)
        start()

    processes: list[subprocess.Popen[bytes]] = []
    try:
        start()
        yield Service(f"http://127.0.0.1:{port}", engine, gateway_key, restart)
    finally:
        processes[-1].terminate()
        processes[-1].wait(40)
        engine.dispose()


def _gateway_of_a_person(engine: Engine) -> str:
    """Put one person on file; return the key of a gateway of the person's clinic."""
    keys = crypto.keyring(crypto.decode_master_key(MASTER_KEY))
    name = Text("中心", "Centre")
    with db.transaction(engine) as session:
        region = organisations.add(session, OrganisationKind.REGION, code="12", name=name)
        district = organisations.add(session, OrganisationKind.DISTRICT, code="1201", name=name, parent=region)
        clinic = organisations.add(session, OrganisationKind.CLINIC, code="C1", name=name, parent=district)
        identifiers = [Identifier(system="simulated", value="1")]
        wanted = PatientIn(
            clinic_id=clinic.id, name="王建国", sex=Sex.M, birth_date=date(1960, 5, 4), identifiers=identifiers
        )
        patients.register(session, SCOPE, keys, wanted, now=clock.now(), on=clock.today())
        return machines.add(
            session, SCOPE, keys, MachineKind.GATEWAY, name="hub", organisation_id=clinic.id, now=clock.now()
        )[1]  # fmt: skip


def _anonymous(_: Path) -> str:
    return "no key"


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(1200):
        assert process.poll() is None, "the service ended"
        try:
            if httpx.get(url, timeout=5).is_success:
                return
        except httpx.TransportError:
            pass  # it does not listen yet
        time.sleep(0.05)
    raise AssertionError("the service did not become ready")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def _item(hub: str, number: int) -> dict[str, Any]:
    at = datetime(2025, 1, 1, 7, 0, tzinfo=clock.LOCAL) + timedelta(minutes=11 * number)
    return {
        "kind": "blood_pressure",
        "patient": {"system": "simulated", "value": "1"},
        "systolic": 110 + number % 60,
        "diastolic": 70 + number % 20,
        "unit": "mmHg",
        "taken_at": at.isoformat(),
        "device": f"BP-{hub}",
        "sequence": number,
    }


def _hub_file(folder: Path, hub: str, count: int) -> Path:
    path = folder / f"{hub}.ndjson"
    path.write_text("".join(json.dumps(_item(hub, number)) + "\n" for number in range(count)))
    return path


def _stored(engine: Engine, hubs: list[str]) -> Counter[tuple[str, int, str]]:
    query = "SELECT device, sequence, value_text FROM reading WHERE device = ANY(:devices)"
    with engine.connect() as connection:
        rows = connection.execute(text(query), {"devices": [f"BP-{hub}" for hub in hubs]})
        return Counter((row.device, row.sequence, row.value_text) for row in rows)


def _held(engine: Engine, hubs: list[str]) -> Counter[tuple[str, int, str]]:
    query = "SELECT item, reasons FROM held_reading WHERE kind = 'QUARANTINED' OR kind = 'quarantined'"
    found: Counter[tuple[str, int, str]] = Counter()
    with engine.connect() as connection:
        for item, reasons in connection.execute(text(query)):
            if item["device"] in {f"BP-{hub}" for hub in hubs}:
                assert [each["code"] for each in reasons] == ["clock_reset"]
                assert item["taken_at"].startswith("2000-01-01T")
                found[item["device"], item["sequence"], f"{item['systolic']}/{item['diastolic']}"] += 1
    return found


def _expected(hub: str, count: int) -> Counter[tuple[str, int, str]]:
    items = [_item(hub, number) for number in range(count)]
    return Counter((each["device"], each["sequence"], f"{each['systolic']}/{each['diastolic']}") for each in items)


def _adds_up(report: Report) -> None:
    given_up, refused = report.given_up.total(), report.refused.total()
    assert report.requests == report.acknowledged_requests + refused + given_up
    assert report.readings_sent == report.statuses.total() + report.readings_unanswered
    assert report.faults["lost_answer"] == report.retries["lost_answer"]
    assert 0 < report.latencies.percentile(0.5) <= report.latencies.percentile(0.99) <= report.latencies.max_ms


@pytest.mark.parametrize(
    ("name", "shares"),
    [
        ("none", Shares()),
        ("resend", Shares(resend=0.5)),
        ("reorder", Shares(reorder=0.5)),
        ("duplicate", Shares(duplicate=0.5)),
        ("lost", Shares(lost_answer=0.6)),
        ("reset", Shares(clock_reset=0.2)),
        ("all", ALL_FAULTS),
    ],
)
def test_whatever_goes_wrong_every_reading_arrives_once(
    served: Service, tmp_path: Path, name: str, shares: Shares
) -> None:
    counts = {f"{name}-{place}": 150 + 37 * place for place in range(3)}
    files = [_hub_file(tmp_path, hub, count) for hub, count in counts.items()]
    traffic = Traffic(served.url, batch=7, connections=3, seed=4, shares=shares, patience=HURRIED)
    report = replay(files, traffic, lambda _: served.gateway_key, lambda _: None)
    stored, held = _stored(served.engine, list(counts)), _held(served.engine, list(counts))
    assert stored + held == sum((_expected(*each) for each in counts.items()), Counter())
    assert not report.failed
    assert report.distinct == report.acknowledged == sum(counts.values())
    assert held.total() == report.faults["clock_reset"]
    assert report.statuses["created"] <= stored.total() <= report.statuses["created"] + report.statuses["duplicate"]
    assert set(report.statuses) <= {"created", "duplicate", "quarantined"}
    _adds_up(report)
    for fault in ("resend", "reorder", "duplicate", "clock_reset", "lost_answer"):
        assert bool(report.faults[fault]) == bool(getattr(shares, fault))
    if not shares.lost_answer and not shares.clock_reset:
        repeats = report.statuses["duplicate"] > 0
        assert repeats == bool(shares.resend or shares.duplicate)


def test_a_service_that_is_killed_in_the_middle_has_everything_once_when_it_is_back(
    served: Service, tmp_path: Path
) -> None:
    counts = {f"killed-{place}": 400 for place in range(3)}
    files = [_hub_file(tmp_path, hub, count) for hub, count in counts.items()]
    patient = Patience(tries=1000, first_pause_s=0.05, longest_pause_s=0.1)
    traffic = Traffic(served.url, rate=600, batch=5, connections=3, patience=patient)
    with ThreadPoolExecutor(1) as thread:
        underway = thread.submit(replay, files, traffic, lambda _: served.gateway_key, lambda _: None)
        while not _stored(served.engine, list(counts)) and not underway.done():
            time.sleep(0.01)
        served.restart()
        report = underway.result(120)
    assert _stored(served.engine, list(counts)) == sum((_expected(*each) for each in counts.items()), Counter())
    assert report.retries["connection"] > 0
    assert not report.failed
    _adds_up(report)


def test_the_command_reports_for_machines_and_for_people(
    served: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMC_DATA_DIR", str(tmp_path))
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"C1": served.gateway_key}))
    (tmp_path / "C1").mkdir()
    path = _hub_file(tmp_path / "C1", "command", 120)
    with path.open("ab") as file:
        file.write(b'{"kind": \n\n[1]\n{"kind":"\xff"}\n{"kind":"' + b"x" * 5000 + b'"}\n{"kind":"steps"}')
    first = _command(str(tmp_path), f"--keys={keys}", f"--url={served.url}", "--batch=10", "--json", *FAULTY)
    assert first.exit_code == 0, first.output
    told = json.loads(first.stdout)
    assert told["readings"]["distinct"] == told["readings"]["acknowledged"] == 121
    assert told["statuses"]["rejected"] >= 1
    assert told["bad_lines"] == {
        "count": 4,
        "named": [
            f"{path}:121: not a JSON object",
            f"{path}:123: not a JSON object",
            f"{path}:124: not UTF-8",
            f"{path}:125: longer than 2,000 bytes",
        ],
    }
    assert f"{path}:121: not a JSON object" in first.stderr
    assert served.gateway_key not in first.output
    again = _command(str(path), f"--keys={keys}", f"--url={served.url}", "--rate=5000", "--limit=60")
    assert again.exit_code == 0
    assert "Every reading was acknowledged." in again.stdout
    assert "60" in again.stdout


def _command(*arguments: str) -> Any:
    app = typer.Typer()
    app.command()(gateways)
    return CliRunner().invoke(app, list(arguments))


def test_without_a_usable_token_every_request_is_refused_by_its_code(served: Service, tmp_path: Path) -> None:
    files = [_hub_file(tmp_path, "stranger", 30)]
    report = replay(
        files, Traffic(served.url, batch=10, patience=HURRIED), lambda _: "cmcgw_a-key-of-a-thief", lambda _: None
    )
    assert report.refused == {"unauthenticated": 3}
    assert (report.acknowledged, report.retries, report.failed) == (0, {}, True)


class Stub:
    """A service of a few lines: `say(tries, items)` gives status and headers; what was answered 200 is in `taken`."""

    def __init__(self, say: Callable[[int, list[dict[str, Any]]], tuple[int, dict[str, str]]]) -> None:
        self.say, self.tries = say, 0
        self.taken: list[list[dict[str, Any]]] = []
        self.underway = self.most_underway = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.underway += 1
        self.most_underway = max(self.most_underway, self.underway)
        try:
            body, more = b"", True
            while more:
                message = await receive()
                body, more = body + message.get("body", b""), message.get("more_body", False)
            await self._answer(json.loads(body or b'{"items":[]}')["items"], send)
        finally:
            self.underway -= 1

    async def _answer(self, items: list[dict[str, Any]], send: Any) -> None:
        self.tries += 1
        status, headers = self.say(self.tries, items)
        answer: dict[str, Any] = {"code": "refused-by-the-stub"}
        if status == 200:
            self.taken.append(items)
            answer = {"results": [{"index": place, "status": "created"} for place in range(len(items))]}
        lines = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": lines})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


@pytest.fixture
def stub() -> Iterator[Callable[[Any], tuple[Stub, str]]]:
    running = []

    def start(say: Any) -> tuple[Stub, str]:
        made, port = Stub(say), _free_port()
        server = uvicorn.Server(uvicorn.Config(made, port=port, log_config=None, lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run)
        thread.start()
        running.append((server, thread))
        while not server.started:
            time.sleep(0.01)
        return made, f"http://127.0.0.1:{port}"

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(20)


def _always(status: int) -> Callable[..., tuple[int, dict[str, str]]]:
    return lambda tries, items: (status, {})


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_service_that_is_busy_is_asked_again_until_it_has_taken_everything(
    stub: Any, tmp_path: Path, status: int
) -> None:
    server, url = stub(lambda tries, items: (status, {"Retry-After": "0"}) if tries <= 3 else (200, {}))
    traffic = Traffic(url, batch=10, connections=1, patience=HURRIED)
    report = replay([_hub_file(tmp_path, "busy", 50)], traffic, _anonymous, lambda _: None)
    assert report.retries == {str(status): 3}
    assert (report.acknowledged, report.requests, server.tries, report.failed) == (50, 5, 8, False)
    assert report.readings_unanswered == 30
    _adds_up(report)


def test_a_5xx_to_the_last_fails_the_replay_even_of_a_mere_repeat(stub: Any, tmp_path: Path) -> None:
    _, url = stub(lambda tries, items: (200, {}) if tries == 1 else (500, {}))
    traffic = Traffic(url, batch=50, shares=Shares(resend=1.0), patience=HURRIED)
    report = replay([_hub_file(tmp_path, "repeat", 50)], traffic, _anonymous, lambda _: None)
    assert (report.acknowledged, report.distinct) == (50, 50)
    assert (report.given_up, report.retries, report.failed) == ({"500": 1}, {"500": 5}, True)
    _adds_up(report)


@pytest.mark.parametrize(
    ("status", "code"), [(422, "refused-by-the-stub"), (302, "refused-by-the-stub"), (204, "unusable-answer")]
)
def test_what_is_refused_is_not_sent_again(stub: Any, tmp_path: Path, status: int, code: str) -> None:
    server, url = stub(_always(status))
    report = replay(
        [_hub_file(tmp_path, "refused", 20)], Traffic(url, batch=10, patience=HURRIED), _anonymous, lambda _: None
    )
    assert (report.refused, server.tries, report.failed) == ({code: 2}, 2, True)


def test_a_hub_keeps_its_order_and_connections_are_never_more_than_said(stub: Any, tmp_path: Path) -> None:
    server, url = stub(_always(200))
    files = [_hub_file(tmp_path, f"order-{place}", 60) for place in range(6)]
    shares = Shares(resend=0.2, duplicate=0.3, lost_answer=0.2)
    replay(files, Traffic(url, batch=4, connections=2, shares=shares, patience=HURRIED), _anonymous, lambda _: None)
    first_seen: dict[str, list[int]] = {}
    for items in server.taken:
        for item in items:
            numbers = first_seen.setdefault(item["device"], [])
            if item["sequence"] not in numbers:
                numbers.append(item["sequence"])
    assert list(first_seen.values()) == [list(range(60))] * 6
    plain, url = stub(_always(200))
    replay(files, Traffic(url, batch=4, connections=2), _anonymous, lambda _: None)
    assert plain.most_underway <= 2


def test_many_more_hubs_than_open_files_all_get_their_turn(stub: Any, tmp_path: Path) -> None:
    server, url = stub(_always(200))
    for place in range(150):
        _hub_file(tmp_path, f"h{place:03}", 1 + place % 3)
    files = hub_files.found([tmp_path])
    report = replay(files, Traffic(url, batch=2, connections=5), _anonymous, lambda _: None)
    assert report.acknowledged == report.distinct == sum(1 + place % 3 for place in range(150))
    assert sum(len(items) for items in server.taken) == report.readings_sent


def test_latency_counts_from_the_moment_at_which_the_request_was_due(stub: Any, tmp_path: Path) -> None:
    def stalls_once(tries: int, items: list[dict[str, Any]]) -> tuple[int, dict[str, str]]:
        return (503, {"Retry-After": "1"}) if tries == 1 else (200, {})

    _, url = stub(stalls_once)
    traffic = Traffic(url, rate=1e6, batch=1, connections=1, patience=HURRIED)
    report = replay([_hub_file(tmp_path, "due", 40)], traffic, _anonymous, lambda _: None)
    assert report.latencies.percentile(0.01) >= 1000, "all forty were due at once, and all waited for the stalled one"


def test_nobody_there_is_one_line(tmp_path: Path) -> None:
    files = [_hub_file(tmp_path, "nobody", 5)]
    for url in (f"http://127.0.0.1:{_free_port()}", "ftp://127.0.0.1"):
        with pytest.raises(OperatorError):
            replay(files, Traffic(url, patience=HURRIED), _anonymous, lambda _: None)
    with pytest.raises(OperatorError, match="does not exist"):
        hub_files.found([tmp_path / "missing.ndjson"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(OperatorError, match=r"no \*\.ndjson"):
        hub_files.found([tmp_path / "empty"])


def test_retry_after_is_understood_in_seconds_and_as_a_date() -> None:
    def asked(value: str) -> float:
        return retry_after_s(httpx.Response(503, headers={"Retry-After": value.encode("latin-1")}))

    assert (asked("7"), asked(""), asked("soon"), asked("-3"), asked("²")) == (7.0, 0.0, 0.0, 0.0, 0.0)
    in_a_minute = format_datetime(clock.now() + timedelta(seconds=60), usegmt=True)
    assert 0 < asked(in_a_minute) <= 60
    assert asked("Wed, 01 Jan 2020 00:00:00 GMT") == 0.0


@given(st.integers(1, 40), st.floats(0, 1), st.floats(0, 300))
def test_a_pause_is_never_shorter_than_asked_and_never_much_longer(failures: int, chance: float, asked: float) -> None:
    patience = Patience()
    assert asked < patience.pause_s(failures, chance, asked) <= asked + patience.longest_pause_s


shares_drawn = st.builds(Shares, *[st.floats(0, 1)] * 5)


@given(st.integers(0, 60), shares_drawn, st.integers(1, 20), st.integers(0, 2**32))
def test_every_reading_is_sent_at_least_once(count: int, shares: Shares, batch: int, seed: int) -> None:
    readings = [Reading(number, json.dumps(_item("pure", number)).encode()) for number in range(count)]

    def drawn() -> list[Any]:
        return list(sends(iter(readings), shares, batch, draws(seed, "pure")))

    found = drawn()
    assert {reading.number for send in found for reading in send.readings} == set(range(count))
    assert found == drawn(), "the same seed, the same sends"
    assert all(1 <= len(send.readings) <= max(2, batch) for send in found)
    first_sent: dict[int, bytes] = {}
    for send in found:
        understood = native.read(send.body).items
        assert all(isinstance(item, Received) for item in understood)
        for reading in send.readings:
            assert first_sent.setdefault(reading.number, reading.item) == reading.item, "a repeat is a repeat"
    faults = sum((send.faults for send in found), Counter())
    assert faults["clock_reset"] == sum(item != readings[number].item for number, item in first_sent.items())


@given(st.integers(0, 60), st.floats(0, 1), st.floats(0, 1), st.integers(1, 20))
def test_without_reordering_the_order_of_the_file_is_kept(count: int, again: float, inside: float, batch: int) -> None:
    readings = [Reading(number, b'{"kind":"glucose"}') for number in range(count)]
    seen: dict[int, None] = {}
    for send in sends(iter(readings), Shares(resend=again, duplicate=inside), batch, draws(1, "order")):
        seen |= dict.fromkeys(reading.number for reading in send.readings if reading.number not in seen)
    assert list(seen) == list(range(count))


@given(st.lists(st.floats(0.01, 60_000), min_size=1, max_size=200), st.sampled_from([0.5, 0.95, 0.99, 1.0]))
def test_a_percentile_is_at_most_one_percent_too_high(values: list[float], share: float) -> None:
    latencies = Latencies()
    for value in values:
        latencies.add(value)
    exact = float(np.quantile(values, share, method="inverted_cdf"))
    assert exact * 0.999 <= latencies.percentile(share) <= exact * 1.0101
    assert latencies.max_ms == max(values)


@given(st.lists(st.integers(0, 3000), max_size=100))
def test_a_reading_is_counted_as_acknowledged_once(numbers: list[int]) -> None:
    hub = Acknowledged()
    assert sum(hub.mark(number) for number in numbers) == len(set(numbers))
