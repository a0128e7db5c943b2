"""Follow-ups: a live assessment beside the bare look-up of a person; from a mark to its task while readings pour in."""

import time
from collections.abc import Iterator
from datetime import timedelta
from statistics import median
from typing import Any, Final

import httpx
from sqlalchemy import text

from benchmarks.alerts import doctor, load, worker
from benchmarks.installation import Installation
from benchmarks.load import Result
from cmc.core import clock, db
from cmc.patients import touched

ROUNDS: Final = 300
GOAL_SECONDS: Final = 0.010
MARKS: Final = 40
MARK_GOAL_SECONDS: Final = 2.0
_FORGET: Final = text(
    "DELETE FROM task WHERE id = (SELECT id FROM task WHERE status = 'open' AND kind IN ('first_visit', 'routine')"
    " AND patient_id = ANY (:people) ORDER BY id LIMIT 1 OFFSET :offset) RETURNING patient_id, kind, disease"
)
_BACK: Final = text(
    "SELECT count(*) FROM task WHERE patient_id = :patient_id AND kind = :kind AND disease = :disease"
    " AND status = 'open'"
)
_MANAGED: Final = text(
    "SELECT DISTINCT patient_id FROM enrolment WHERE disease = 'HTN' AND state = 'ACTIVE'"
    " AND patient_id = ANY (:ids) AND enrolled_on < :on ORDER BY patient_id LIMIT 20"
)


def assess(at: Installation) -> Iterator[str]:
    """Yield the table line: `POST /v1/followups:assess` of one disease, asked one after the other."""
    on = clock.today() - timedelta(days=1)
    with db.transaction(at.engine) as session:
        people = list(session.scalars(_MANAGED, {"ids": at.patients, "on": on}))
    with httpx.Client(timeout=30) as client:
        headers = doctor(at, "benchmark.visits")
        bodies = [_visit(str(each), on.isoformat()) for each in people]
        found = [_timed(client, at, headers, bodies[place % len(bodies)]) for place in range(ROUNDS)]
        peer = [_bare(client, at, headers, str(people[place % len(people)])) for place in range(ROUNDS)]
    told = Result(sum(found), found)
    ratio = median(found) / median(peer)
    yield (
        f"assess a visit: {median(found) * 1000:.1f} ms p50, {told.percentile(0.95):.1f} ms p95,"
        f" {ratio:.2f} × reading the person (goal ≤ {GOAL_SECONDS * 1000:.0f} ms)"
    )


def planned(at: Installation) -> Iterator[str]:
    """Yield the table line: a task is taken away and its person marked, until the worker has made it again."""
    with worker(at), load(at, at.patients[MARKS:]) as poured:
        found = [_until_back(at, number) for number in range(MARKS)]
    told = Result(sum(found), found)
    p50, p95 = told.percentile(0.5), told.percentile(0.95)
    kept = "goal kept" if p95 <= MARK_GOAL_SECONDS * 1000 else "GOAL MISSED"
    figures = f"p50 {p50:.0f} ms, p95 {p95:.0f} ms of {len(found)} ({kept})"
    yield f"{'a mark until its task is there':<36} {figures}, {poured[0] * 50:,} readings beside it"


def _until_back(at: Installation, number: int) -> float:
    with db.transaction(at.engine) as session:
        task = session.execute(_FORGET, {"people": at.patients, "offset": number}).one()._asdict()
        touched.mark(session, [task["patient_id"]], at=clock.now(), topics=(touched.FOLLOWUPS,))
    begun = time.perf_counter()
    while time.perf_counter() - begun < 60:
        with db.read_only(at.engine) as session:
            if session.scalar(_BACK, task):
                return time.perf_counter() - begun
        time.sleep(0.02)
    raise TimeoutError("the task did not come back")


def _visit(person: str, on: str) -> dict[str, Any]:
    return {
        "patient_id": person, "diseases": ["HTN"], "visited_on": on, "mode": 1, "doctor": "李医生", "sbp_mmhg": 148,
        "dbp_mmhg": 86, "hypertension_symptoms": [1], "adherence": 1, "medications": [{"name": "氨氯地平"}],
    }  # fmt: skip


def _timed(client: httpx.Client, at: Installation, headers: dict[str, str], body: dict[str, Any]) -> float:
    began = time.perf_counter()
    answer = client.post(f"http://127.0.0.1:{at.port}/v1/followups:assess", json=body, headers=headers)
    spent = time.perf_counter() - began
    assert answer.status_code == 200, answer.text
    return spent


def _bare(client: httpx.Client, at: Installation, headers: dict[str, str], person: str) -> float:
    began = time.perf_counter()
    assert client.get(f"http://127.0.0.1:{at.port}/v1/patients/{person}", headers=headers).status_code == 200
    return time.perf_counter() - began
