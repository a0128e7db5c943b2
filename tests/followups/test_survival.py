"""Three workers, kill -9 at any moment, clocks that jump by days: no due is missed, none is doubled.

Real processes on a real database. `CMC_PLAN_KILLS` and `CMC_PLAN_PEOPLE` make it longer (30 kills and 5,000 people for
the full form).
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from cmc.core import migrations
from cmc.core.config import Settings
from cmc.core.service_role import keep

KILLS = int(os.environ.get("CMC_PLAN_KILLS", "6"))
PEOPLE = int(os.environ.get("CMC_PLAN_PEOPLE", "1000"))
WORKERS = 3
JUMPS = (0.0, 3.0, -2.0, 6.0, -9.0, 1.0)
"""Days by which the clock is off, one after the other; at the end it is right."""
ENROLLED, SEEN = date(2026, 9, 1), date(2026, 10, 10)

# The modules are loaded once; each worker is a process of its own that is forked from there and can be killed alone.
SPAWNER = """
import os, sys
from datetime import datetime, timedelta
from pathlib import Path
import apscheduler.schedulers.base as scheduling
from cmc import worker
from cmc.core import clock, crypto, signed_scope
from cmc.core.jobs import Every, Daily, Job
from cmc.followups import jobs
url, offset = sys.argv[1], Path(sys.argv[2])
real = datetime
class Shifted(datetime):
    @classmethod
    def now(cls, tz=None):
        return real.fromisoformat("2026-11-20T03:00:00+08:00").astimezone(tz) + (
            real.now(tz) - real.fromtimestamp(float(sys.argv[3]), tz)) + timedelta(days=float(offset.read_text()))
scheduling.datetime = clock.datetime = Shifted
jobs._MARKS = 100; jobs._EXAMINED = 50
keys = signed_scope.database_keys(crypto.keyring(bytes(range(32))))
mine = (Job("followups.refresh", jobs.refresh, Every(0.2)), jobs.JOBS[1])
for line in sys.stdin:
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.close(0)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(worker.run(url, keys, jobs=mine, tick_seconds=0.5, lock_seconds=0.05))
    print(pid, flush=True)
"""


@pytest.fixture
def world(new_database: Any, database_keys: Any) -> Iterator[tuple[Engine, str]]:
    url = new_database()
    migrations.upgrade(url)
    engine = create_engine(url)
    try:
        with engine.begin() as there:
            there.execute(text(_REGION))
            there.execute(text(_MADE), {"people": PEOPLE, "enrolled": ENROLLED})
        yield engine, keep(url, database_keys, Settings())
    finally:
        engine.dispose()


_REGION = (
    "INSERT INTO organisation (id, kind, parent_id, code, name, name_en) VALUES"
    " ('00000000-0000-7000-8000-000000000001', 'region', NULL, 'R', '区域', 'Region'),"
    " ('00000000-0000-7000-8000-000000000002', 'district', '00000000-0000-7000-8000-000000000001', 'D', '区', 'D'),"
    " ('00000000-0000-7000-8000-000000000003', 'clinic', '00000000-0000-7000-8000-000000000002', 'C', '中心', 'C')"
)
_MADE = (
    "WITH p AS (INSERT INTO patient (id, clinic_id, sex, birth_date, birth_date_precision, data_key, name_cipher,"
    "  created_at, updated_at, version)"
    " SELECT gen_random_uuid(), '00000000-0000-7000-8000-000000000003', 'F', '1960-05-04', 'day', '\\x01', '\\x01',"
    " now(), now(), 1"
    " FROM generate_series(1, :people) RETURNING id),"
    " e AS (INSERT INTO enrolment (id, patient_id, clinic_id, disease, state, primary_disease, enrolled_on, created_at)"
    " SELECT gen_random_uuid(), id, '00000000-0000-7000-8000-000000000003', 'HTN', 'ACTIVE', true, :enrolled, now()"
    " FROM p RETURNING patient_id)"
    " INSERT INTO touched (topic, patient_id, marked_at) SELECT 'followups', patient_id, now() FROM e"
)
# Every third of those who have not been seen is seen; the mark of every fifth of them is lost: the night finds those.
_SEEN = (
    "WITH who AS (SELECT e.patient_id, gen_random_uuid() AS new_id, row_number() OVER (ORDER BY e.patient_id) AS n FROM enrolment AS e"
    "  WHERE NOT EXISTS (SELECT FROM followup AS f WHERE f.patient_id = e.patient_id)"
    "  AND hashtext(e.patient_id::text) % 3 = :round LIMIT :some),"
    " f AS (INSERT INTO followup (id, record_id, version, entered_at, encounter_id, patient_id, clinic_id, disease, visited_on, mode, sbp_mmhg, dbp_mmhg,"
    "   form, classification, action, next_visit_on, emergency_codes, rule_ids, reasons, warnings, inputs, ruleset,"
    "   is_valid, missing_fields, is_late_entry, actor, recorded_at)"
    "  SELECT new_id, new_id, 1, now(), gen_random_uuid(), patient_id, '00000000-0000-7000-8000-000000000003', 'HTN', :seen, 1,"
    "   130, 80, '{}', 1, 'ROUTINE', :next, '{}', '{}', '[]', '[]', '{}', 'x', true, '{}', false, 'test', now() FROM who"
    "  RETURNING patient_id)"
    " INSERT INTO touched (topic, patient_id, marked_at) SELECT 'followups', patient_id, now() FROM who WHERE n % 5 > 0"
)


class Workers:
    """Three workers, one of which works; who is killed comes back."""

    def __init__(self, url: str, offset: Path) -> None:
        self.offset = offset
        root = Path(__file__).parents[2]
        self.spawner = subprocess.Popen(
            [sys.executable, "-c", SPAWNER, url, str(offset), str(time.time())],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.pids = [self._start() for _ in range(WORKERS)]

    def _start(self) -> int:
        assert self.spawner.stdin is not None
        assert self.spawner.stdout is not None
        self.spawner.stdin.write("go\n")
        self.spawner.stdin.flush()
        return int(self.spawner.stdout.readline())

    def kill(self, number: int) -> None:
        os.kill(self.pids[number], signal.SIGKILL)
        self.pids[number] = self._start()

    def jump(self, days: float) -> None:
        whole = self.offset.with_suffix(".new")
        whole.write_text(str(days))
        whole.rename(self.offset)

    def end(self) -> None:
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.spawner.kill()
        self.spawner.communicate()


def test_no_due_is_missed_and_none_is_doubled(world: tuple[Engine, str], tmp_path: Path) -> None:
    engine, url = world
    offset = tmp_path / "offset"
    offset.write_text("0")
    chance = random.Random(7)
    workers = Workers(url, offset)
    try:
        _begun(engine)
        for number in range(KILLS):
            time.sleep(chance.uniform(0.2, 1.2))
            with engine.begin() as there:
                some = {"round": number % 3, "some": 2 * PEOPLE // (3 * KILLS) + 1}
                there.execute(text(_SEEN), {**some, "seen": SEEN, "next": SEEN + timedelta(days=90)})
            workers.jump(JUMPS[number % len(JUMPS)])
            workers.kill(chance.randrange(WORKERS))
        workers.jump(1.0)  # the last night finds whatever had no mark
        _settled(engine)
    finally:
        workers.end()
    _judge(engine)


def _begun(engine: Engine) -> None:
    deadline = time.monotonic() + 60
    while True:
        with engine.begin() as there:
            if there.scalar(text("SELECT count(*) FROM task")):
                return
        assert time.monotonic() < deadline, "no worker works"
        time.sleep(0.1)


def _settled(engine: Engine) -> None:
    deadline = time.monotonic() + 180 + PEOPLE / 20
    while True:
        with engine.begin() as there:
            waiting = there.scalar(text("SELECT count(*) FROM touched WHERE topic IN ('followups', 'examinations')"))
            late = there.scalar(text(_NOT_AS_THE_FACTS), {"enrolled": ENROLLED})
            night = there.scalar(
                text(
                    "SELECT last_ok_at FROM job_run WHERE job = 'followups.nightly' AND last_ok_at >= '2026-11-20T18:30:00Z'"
                )
            )
        if not waiting and not late and night is not None:
            return
        assert time.monotonic() < deadline, f"{waiting} marks wait, {late} people are not as they should be"
        time.sleep(0.3)


_NOT_AS_THE_FACTS = (
    "SELECT count(*) FROM enrolment AS e LEFT JOIN followup AS f ON f.patient_id = e.patient_id"
    " WHERE (SELECT count(*) FROM task AS t WHERE t.patient_id = e.patient_id AND t.status = 'open'"
    "  AND t.kind IN ('first_visit', 'routine') AND t.due_on = coalesce(f.next_visit_on, :enrolled + 90)"
    "  AND t.cause = coalesce('followup:' || f.id, 'enrolment:' || e.id)) <> 1"
)


def _judge(engine: Engine) -> None:
    with engine.begin() as there:
        assert there.scalar(text(_NOT_AS_THE_FACTS), {"enrolled": ENROLLED}) == 0, "somebody was missed"
        rows = there.execute(text("SELECT patient_id, kind, cause, status FROM task")).all()
        seen = there.scalar(text("SELECT count(*) FROM followup"))
    visits = [row for row in rows if row.kind in {"first_visit", "routine"}]
    assert len(visits) >= PEOPLE
    assert seen
    assert max(Counter((row.patient_id, row.kind, row.cause) for row in rows).values()) == 1, "a due was doubled"
    still_open = Counter(row.patient_id for row in visits if row.status == "open")
    assert set(still_open.values()) == {1}
    assert len(still_open) == PEOPLE
