"""The worker in processes of its own, on a real server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import psycopg
import pytest
from sqlalchemy import text

from cmc import worker
from cmc.core import db
from cmc.core.embedded_postgres import running
from cmc.core.jobs import Daily, Every, Job
from cmc.core.tables import JobRun

TABLES = "CREATE TABLE beat (pid int, at timestamptz DEFAULT clock_timestamp())"
WORKER = """
import os, sys, time
from sqlalchemy import text
from cmc import worker
from cmc.core import log
from cmc.core.jobs import Every, Job
log.configure("worker")
def beat(transaction, now):
    with transaction() as session:
        session.execute(text("INSERT INTO beat (pid) VALUES (:pid)"), {"pid": os.getpid()})
    return 1
def broken(transaction, now):
    raise ValueError("13800000000 is the telephone of a person")
def slow(transaction, now):
    if sys.argv[2] == "slow":
        with transaction() as session:
            session.execute(text("INSERT INTO beat (pid) VALUES (-1)"))
        time.sleep(1)
        with transaction() as session:
            session.execute(text("INSERT INTO beat (pid) VALUES (-2)"))
    return 0
jobs = (Job("beat", beat, Every(0.1)), Job("broken", broken, Every(0.1)), Job("slow", slow, Every(60)))
sys.exit(worker.run(sys.argv[1], jobs=jobs, lock_seconds=0.1))
"""


@pytest.fixture
def url(data_dir) -> Iterator[str]:
    with running(data_dir) as made:
        engine = db.make_engine(made)
        with engine.begin() as connection:
            JobRun.metadata.tables["job_run"].create(connection)
            connection.execute(text(TABLES))
        engine.dispose()
        yield made


@pytest.fixture
def query(url):
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        yield lambda statement: connection.execute(statement).fetchall()


@pytest.fixture
def start(spawn, url):
    return lambda kind="fast": spawn(WORKER, url, kind)


@pytest.fixture
def engine(url):
    made = db.make_engine(url)
    yield made
    made.dispose()


def _beating(query) -> set[int]:
    return {pid for (pid,) in query("SELECT DISTINCT pid FROM beat WHERE at > clock_timestamp() - interval '0.5 s'")}


def test_one_worker_runs_the_jobs_and_another_takes_over_when_it_dies(start, query, until):
    first = start()
    until(lambda: _beating(query) == {first.pid})
    second = start()
    until(lambda: query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cmc worker'") == [(2,)])
    until(lambda: len(query("SELECT 1 FROM beat")) > 15)
    assert _beating(query) == {first.pid}
    first.kill()
    until(lambda: second.pid in _beating(query), seconds=5)
    second.terminate()
    assert second.wait(5) == 0


def test_a_failing_job_stops_no_other_and_leaves_no_personal_data(start, query, until):
    process = start()
    until(lambda: query("SELECT failures >= 3 FROM job_run WHERE job = 'broken'") == [(True,)])
    assert _beating(query) == {process.pid}
    process.terminate()
    _, errors = process.communicate(timeout=5)
    assert process.returncode == 0
    assert query("SELECT last_error, last_ok_at FROM job_run WHERE job = 'broken'") == [("ValueError", None)]
    assert '"job failed"' in errors
    assert "13800000000" not in errors


def test_sigterm_lets_the_running_job_finish(start, query, until):
    process = start("slow")
    until(lambda: query("SELECT 1 FROM beat WHERE pid = -1") == [(1,)])
    process.terminate()
    assert process.wait(5) == 0
    assert query("SELECT count(*) FROM beat WHERE pid = -2") == [(1,)]
    assert query("SELECT last_ok_at IS NOT NULL FROM job_run WHERE job = 'slow'") == [(True,)]


def test_a_worker_that_loses_its_lock_ends_at_once(start, query, until):
    process = start("slow")
    until(lambda: query("SELECT 1 FROM beat WHERE pid = -1") == [(1,)])
    query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cmc worker'")
    assert process.wait(5) == worker.EXIT_LOCK_LOST
    assert query("SELECT count(*) FROM beat WHERE pid = -2") == [(0,)]


def test_a_daily_job_missed_while_down_is_run_once_when_the_worker_is_back(engine):
    runs: list[datetime] = []

    def job(_: db.Transaction, now: datetime) -> int:
        runs.append(now)
        return 1

    def transaction():
        return db.transaction(engine)

    daily = Job("nightly", job, Daily(time(3, 0)))
    clock = datetime(2026, 3, 1, 19, 0, tzinfo=UTC)  # 03:00 in Shanghai
    for minutes in (0, 1, 60):
        worker.run_if_due(daily, transaction, lambda m=minutes: clock + timedelta(minutes=m))
    assert runs == [clock]
    back = clock + timedelta(days=3, hours=5)  # three nights without a worker
    for minutes in (0, 1):
        worker.run_if_due(daily, transaction, lambda m=minutes: back + timedelta(minutes=m))
    assert runs == [clock, back]


def test_what_happened_is_recorded(engine, query):
    def job(transaction: db.Transaction, _: datetime) -> int:
        with transaction() as session:
            session.execute(text("SELECT 1/0"))
        return 1

    at = datetime(2026, 3, 1, tzinfo=UTC)
    assert not worker.run_if_due(Job("divides", job, Every(1)), lambda: db.transaction(engine), lambda: at)
    assert query("SELECT last_started_at, last_finished_at, last_ok_at, last_error, runs, failures FROM job_run") == [
        (at, at, None, "DataError 22012", 1, 1)
    ]


def test_a_worker_without_a_database_says_so_in_one_line():
    environment = {**os.environ, "CMC_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    command = [sys.executable, "-m", "cmc", "worker"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["cmc: The database does not answer: the worker ends."]
