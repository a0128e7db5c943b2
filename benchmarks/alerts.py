"""From a gateway's POST of a dangerous value to an open RED alert over the API, with a worker and under ingest load.

Two ways are timed: a value that is critical for everybody, whose alert is written in the transaction of the reading,
and one that is critical by a person's own limit, which the worker finds. Each is compared with a bare POST in the run.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from statistics import median
from typing import Final
from uuid import UUID

import httpx
from sqlalchemy import text

from benchmarks.ingest import Readings
from benchmarks.installation import MASTER_KEY, Installation, data_folder
from benchmarks.load import Result
from cmc.accounts import passwords, sessions
from cmc.accounts.passwords import Profile
from cmc.accounts.roles import Role
from cmc.accounts.sessions import Browser
from cmc.accounts.tables import AppUser, RoleGrant
from cmc.charts import personal
from cmc.charts.personal_schemas import PersonalIn
from cmc.core import clock, db
from cmc.core.scope import system_scope
from cmc.jobs import JOBS

ROUNDS: Final = 60
GOAL_SECONDS: Final = 2.0
LOAD_BATCH: Final = 50
_SCOPE: Final = system_scope("command:benchmark")
_FREE: Final = text(
    "SELECT p.id FROM patient AS p WHERE p.id = ANY (:ids) AND NOT EXISTS"
    " (SELECT FROM alert AS a WHERE a.patient_id = p.id AND a.status <> 'closed')"
    " AND EXISTS (SELECT FROM enrolment AS e WHERE e.patient_id = p.id AND e.state <> 'TERMINATED')"
    " AND p.died_on IS NULL ORDER BY p.id LIMIT :count"
)

FIRST_RUNS_SECONDS: Final = 300


def visible(at: Installation) -> list[str]:
    """Return the table lines."""
    with db.transaction(at.engine) as session:
        values = {"ids": at.patients, "count": 2 * ROUNDS}
        people = list(session.scalars(_FREE, values))
        for person in people[ROUNDS:]:
            limit = PersonalIn.model_validate(
                {"purpose": "alarm", "quantity": "SBP_MMHG", "high": 150, "reason": "benchmark"}
            )
            personal.set_value(session, _SCOPE, person, limit, now=clock.now(), on=clock.today())
    others = [each for each in at.patients if each not in set(people)]
    with worker(at), load(at, others) as poured, httpx.Client(timeout=30) as client:
        headers, other = doctor(at), doctor(at, "benchmark.other")  # one alone may ask 600 times a minute
        bare = [_timed(lambda: client.post(f"http://127.0.0.1:{at.bare_port}/bare", content=b"{}")) for _ in range(200)]
        at_once = [_until_shown(at, client, headers, each, 190) for each in people[:ROUNDS]]
        by_worker = [_until_shown(at, client, other, each, 160) for each in people[ROUNDS:]]
    note = f", {poured[0] * LOAD_BATCH:,} readings beside it"
    peer = median(bare)
    return [_line(words, found, peer, note) for words, found in (
        ("RED alert shown, in the transaction", at_once), ("RED by own limit, by the worker", by_worker),
    ) if found]  # fmt: skip


def _line(words: str, found: list[float], peer: float, note: str) -> str:
    told = Result(sum(found), found)
    p50, p95 = told.percentile(0.5), told.percentile(0.95)
    kept = "goal kept" if p95 <= GOAL_SECONDS * 1000 else "GOAL MISSED"
    ratio = f"ratio {p50 / (peer * 1000):.1f} · {p95 / (peer * 1000):.1f}"
    figures = f"p50 {p50:.0f} ms, p95 {p95:.0f} ms ({kept}){note}"
    return f"{words:<36} {figures:<34} bare POST: {peer * 1000:.1f} ms   {ratio}"


def _until_shown(at: Installation, client: httpx.Client, headers: dict[str, str], person: UUID, sbp: int) -> float:
    item = {
        "patient_id": str(person), "kind": "blood_pressure", "systolic": sbp, "diastolic": 90, "unit": "mmHg",
        "taken_at": (clock.now() - timedelta(seconds=5)).isoformat(timespec="seconds"), "device": f"A{person}",
    }  # fmt: skip
    server = f"http://127.0.0.1:{at.port}"
    begun = time.perf_counter()
    sent = client.post(f"{server}/v1/readings", json=item, headers={"Authorization": f"Bearer {at.gateway_key}"})
    assert sent.json()["summary"] == {"created": 1}, sent.text
    while time.perf_counter() - begun < 30:
        shown = client.get(f"{server}/v1/patients/{person}/alerts", headers=headers)
        assert shown.status_code == 200, shown.text
        if any(each["tier"] == "RED" and each["status"] == "open" for each in shown.json()["items"]):
            return time.perf_counter() - begun
        time.sleep(0.005 if time.perf_counter() - begun < 0.05 else 0.15)
    raise TimeoutError("no alert came")


def _timed(act: object) -> float:
    begun = time.perf_counter()
    act()  # type: ignore[operator]
    return time.perf_counter() - begun


@contextmanager
def load(at: Installation, people: list[UUID]) -> Iterator[list[int]]:
    """Batches of readings without pause, over one connection, until the block ends; yields the number sent."""
    supply, stop, sent = Readings(people), threading.Event(), [0]
    supply.numbers = iter(range(50_000_000, 2**31))  # type: ignore[assignment]
    bodies = [supply.body(LOAD_BATCH) for _ in range(3000)]

    def pour() -> None:
        headers = {"Authorization": f"Bearer {at.gateway_key}", "Content-Type": "application/json"}
        with httpx.Client(timeout=60) as client:
            for body in bodies:
                if stop.is_set():
                    return
                client.post(f"http://127.0.0.1:{at.port}/v1/readings", content=body, headers=headers).raise_for_status()
                sent[0] += 1

    thread = threading.Thread(target=pour, daemon=True)
    thread.start()
    try:
        yield sent
    finally:
        stop.set()
        thread.join()


@contextmanager
def worker(at: Installation) -> Iterator[None]:
    """A worker beside the web process until the block ends; it has done what a new installation owes."""
    with ExitStack() as stack:
        environment = os.environ | {
            "CMC_DATABASE_URL": at.url, "CMC_MASTER_KEY": MASTER_KEY, "CMC_DATA_DIR": str(data_folder(stack)),
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "cmc", "worker"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for_the_first_runs(at, process)
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait_for_the_first_runs(at: Installation, process: "subprocess.Popen[bytes]") -> None:
    """Return once every job has run well: what a new installation owes is not what a day costs."""
    deadline = time.monotonic() + FIRST_RUNS_SECONDS
    due = {job.name for job in JOBS}
    while due:
        assert process.poll() is None, "the worker ended"
        assert time.monotonic() < deadline, f"not run yet: {', '.join(sorted(due))}"
        time.sleep(0.5)
        with db.read_only(at.engine) as session:
            due -= set(session.scalars(text("SELECT job FROM job_run WHERE last_ok_at IS NOT NULL")))


def doctor(at: Installation, login: str = "benchmark") -> dict[str, str]:
    """Return the headers of a doctor who has just signed in; `login` is free."""
    now = clock.now()
    with db.transaction(at.engine) as session:
        user = AppUser(
            login=login, display_name="评测", password_hash=passwords.hashed("correct horse battery staple"),
            password_changed_at=now, created_at=now,
        )  # fmt: skip
        session.add(user)
        session.flush()
        session.add(RoleGrant(user_id=user.id, role=Role.DOCTOR.value, granted_by="benchmark", granted_at=now))
        opened = sessions.open_session(session, user, Browser("::1", "benchmark"), profile=Profile.ASVS, now=now)
    return {"Cookie": f"cmc={opened.cookie}", "Origin": f"http://127.0.0.1:{at.port}"}


if __name__ == "__main__":
    from benchmarks.installation import installation

    with installation(600) as place:
        print("\n".join(visible(place)), json.dumps({"rounds": ROUNDS}))
