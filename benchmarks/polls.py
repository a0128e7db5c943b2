"""Dashboards: polls per second of an unchanged one (304), how soon a visit is in the number, what polls cost a nurse.

The peers of a poll are FastAPI's empty endpoint and the empty lean route under the same server.
"""

import itertools
import json
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from statistics import median
from typing import Any, Final

import httpx
from sqlalchemy import text

from benchmarks.alerts import doctor, load, worker
from benchmarks.installation import KEYS, SCOPE, Installation
from benchmarks.load import Result, best_of, request, swift, table_line
from cmc.accounts import machines
from cmc.accounts.roles import MachineKind
from cmc.core import clock, db

POLLS: Final = 6000
ROUNDS: Final = 5
CHANGES: Final = 40
SOON_SECONDS: Final = 5.0
DASHBOARDS: Final = 1000
EVERY_SECONDS: Final = 10
PAGES: Final = 150
NURSES: Final = 7
_PEOPLE: Final = text(
    "SELECT patient_id, coalesce(face_to_face_sbp_mmhg, 0) FROM indicator_fact WHERE disease = 'HTN' AND is_statutory"
    " AND is_active_at_end AND NOT is_lost_at_end AND clinic_id = :clinic AND period_end ="
    " (SELECT max(period_end) FROM indicator_fact) ORDER BY patient_id LIMIT :count"
)


def unchanged(at: Installation) -> list[str]:
    """Return the table lines of polls that are answered 304."""
    etag = _etag(at)
    poll = request("GET", _path(at), token=at.dashboard_key, If_None_Match=etag)
    bare, lean = request("GET", "/bare"), request("POST", "/lean")
    found = best_of(
        ROUNDS,
        {
            "cmc": lambda: swift(at.port, poll, POLLS, connections=32, status=304, end=b"\r\n\r\n"),
            "bare": lambda: swift(at.bare_port, bare, POLLS, connections=32, status=200, end=b"}"),
            "lean": lambda: swift(at.bare_port, lean, POLLS, connections=32, status=200, end=b"}"),
        },
    )
    rate = {name: median(result.per_second for result in results) for name, results in found.items()}
    what = "poll answered 304, 32 connections"
    return [
        table_line(what, rate["cmc"], "requests/s", peer, rate[name])
        for name, peer in (("bare", "bare endpoint"), ("lean", "empty lean route"))
    ]


def visit_in_the_number(at: Installation) -> list[str]:
    """Return the line of the time from sending a visit to the first poll that shows its clinic's new value."""
    with worker(at), load(at, at.patients[CHANGES:]) as poured, httpx.Client(timeout=30) as client:
        headers = doctor(at, "visits")
        with db.read_only(at.engine) as session:
            people = session.execute(_PEOPLE, {"clinic": at.clinic.id, "count": CHANGES}).all()
        times = [_until_counted(at, client, headers, _visit(person, sbp)) for person, sbp in people]
    told = Result(sum(times), times)
    p50, p95 = told.percentile(0.5), told.percentile(0.95)
    kept = "goal kept" if p95 <= SOON_SECONDS * 1000 else "GOAL MISSED"
    figures = f"p50 {p50:.0f} ms, p95 {p95:.0f} ms of {len(times)} ({kept})"
    words = "a visit is in the value of its clinic"
    return [f"{words:<36} {figures}, {poured[0] * 50:,} readings beside it"]


def beside_a_nurse(at: Installation) -> list[str]:
    """Return the line of a nurse's pages with and without 1,000 dashboards that poll every 10 seconds."""
    nurses = [doctor(at, f"nurse{number}") for number in range(NURSES)]  # one alone may ask 600 times a minute
    pages = ["/v1/worklist", *(f"/v1/patients/{each}" for each in at.patients[:30])]
    keys = _dashboards(at)
    alone, beside = Result(0.0, []), Result(0.0, [])
    with httpx.Client(base_url=f"http://127.0.0.1:{at.port}", timeout=30) as client:
        for latencies, polling in ((alone, False), (beside, True)) * 3:
            with _polling(at, keys) if polling else nullcontext():
                for headers, page in itertools.islice(zip(itertools.cycle(nurses), itertools.cycle(pages)), PAGES):
                    asked = client.build_request("GET", page, headers=headers)
                    latencies.latencies.append(_timed(lambda asked=asked: client.send(asked).raise_for_status()))
    figures = (
        f"p50 {beside.percentile(0.5):.1f} ms, p95 {beside.percentile(0.95):.1f} ms"
        f" (without: {alone.percentile(0.5):.1f}, {alone.percentile(0.95):.1f})"
    )
    ratio = beside.percentile(0.5) / alone.percentile(0.5)
    words = f"nurse beside {DASHBOARDS:,} dashboards"
    return [f"{words:<36} {figures}   ratio {ratio:.2f}"]


def _path(at: Installation) -> str:
    return f"/v1/indicator-values?codes=IND-02,IND-03,IND-04&scope={at.clinic.id}&from=2026-01&to=2026-12"


def _etag(at: Installation) -> str:
    bearer = {"Authorization": f"Bearer {at.dashboard_key}"}
    asked = urllib.request.Request(f"http://127.0.0.1:{at.port}{_path(at)}", headers=bearer)
    with urllib.request.urlopen(asked) as answer:  # noqa: S310
        assert "items" in json.load(answer)
        return str(answer.headers["ETag"])


def _visit(person: Any, sbp: int) -> dict[str, Any]:
    """A visit that moves the control rate: who was controlled is not, who was not is."""
    now = clock.now() - timedelta(minutes=1)
    return {
        "patient_id": str(person), "diseases": ["HTN"], "visited_on": clock.local_date(now).isoformat(), "mode": 1,
        "doctor": "评测", "sbp_mmhg": 165 if 0 < sbp < 140 else 118, "dbp_mmhg": 76, "hypertension_symptoms": [1],
        "adherence": 1, "medications": [{"name": "氨氯地平", "times_per_day": 1, "dose": "5 mg"}],
    }  # fmt: skip


def _until_counted(at: Installation, client: httpx.Client, headers: dict[str, str], visit: dict[str, Any]) -> float:
    bearer = {"Authorization": f"Bearer {at.dashboard_key}"}
    url = f"http://127.0.0.1:{at.port}"
    tag = {"If-None-Match": client.get(url + _path(at), headers=bearer).headers["ETag"]}
    begun = time.perf_counter()
    stored = client.post(f"{url}/v1/followups", json=visit, headers=headers)
    assert stored.status_code == 201, stored.text
    while time.perf_counter() - begun < 240:
        if client.get(url + _path(at), headers=bearer | tag).status_code == 200:
            return time.perf_counter() - begun
        time.sleep(0.02)
    raise TimeoutError("the value did not change")


def _dashboards(at: Installation) -> list[str]:
    with db.transaction(at.engine) as session:
        given: dict[str, Any] = {"name": "dashboard", "organisation_id": at.clinic.id, "now": clock.now()}
        return [machines.add(session, SCOPE, KEYS, MachineKind.DASHBOARD, **given)[1] for _ in range(DASHBOARDS)]


@contextmanager
def _polling(at: Installation, keys: list[str]) -> Iterator[None]:
    """Every dashboard asks once in ten seconds until the block ends, on a new connection: a kept one ends earlier."""
    etag, stop = _etag(at), threading.Event()
    asked = [request("GET", _path(at), token=each, If_None_Match=etag) for each in keys]

    def ask(message: bytes) -> None:
        with socket.create_connection(("127.0.0.1", at.port)) as connection:
            connection.send(message)
            answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 304"), answer[:200]

    def poll() -> None:
        begun = time.perf_counter()
        for number, message in enumerate(itertools.cycle(asked)):
            if stop.wait(max(0.0, begun + number * EVERY_SECONDS / len(keys) - time.perf_counter())):
                return
            ask(message)

    for message in asked:  # each has asked before
        ask(message)
    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        yield
        assert thread.is_alive(), "a poll failed"
    finally:
        stop.set()
        thread.join()


def _timed(act: Any) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun
