"""The worker process: runs the recurring jobs, in one process of the whole installation.

A PostgreSQL advisory lock says which worker it is; others stand by and take over when it dies. APScheduler only
ticks, from memory: whether a daily job is due, and what was run when, stands in the table `job_run`.
"""

import os
import signal
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import FrameType
from typing import Final

import psycopg
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from cmc.core import clock, db, job_ledger
from cmc.core.advisory_lock import AdvisoryLock
from cmc.core.bell import Bell
from cmc.core.jobs import Every, Job, is_due
from cmc.core.log import describe, get_logger
from cmc.core.operating import OperatorError
from cmc.core.scope import system_scope
from cmc.core.signed_scope import DatabaseKeys
from cmc.jobs import JOBS

EXIT_LOCK_LOST: Final = 75
_JOBS_AT_ONCE: Final = 6
_log = get_logger(__name__)


def run(
    database_url: str,
    keys: DatabaseKeys | None = None,
    *,
    jobs: Sequence[Job] = JOBS,
    now: Callable[[], datetime] = clock.now,
    tick_seconds: float = 60.0,
    lock_seconds: float = 1.0,
) -> int:
    """Run the jobs until SIGTERM or SIGINT, let the running ones finish, and return 0.

    Waits as standby while another worker holds the lock. When the lock's connection is lost the process ends at once
    with `EXIT_LOCK_LOST` (another worker may already run the jobs; the open transactions are rolled back).
    `tick_seconds` is how often daily jobs are asked whether they are due, `lock_seconds` how often the lock and the
    clock are checked: a clock that is set, back or ahead and by however much, delays no job. With `keys` the
    transactions of each job show the database a signed scope of the whole region; without them the address must be the
    owner's. Raises `OperatorError` when the database does not answer. Call it in the main thread.
    """
    stop = Bell()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.ring()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    try:
        lock = AdvisoryLock(database_url, "worker")
        with lock:
            if _become_the_worker(lock, stop, lock_seconds):
                _work(database_url, keys, jobs, now, tick_seconds, partial(_watch, lock, stop, lock_seconds))
    except psycopg.OperationalError as exc:
        raise OperatorError("The database does not answer: the worker ends.") from exc
    return 0


def _become_the_worker(lock: AdvisoryLock, stop: Bell, pause: float) -> bool:
    if lock.try_acquire():
        return True
    _log.info("standing by for another worker")
    while not stop.wait(pause):
        if lock.try_acquire():
            return True
    return False


def _work(
    database_url: str,
    keys: DatabaseKeys | None,
    jobs: Sequence[Job],
    now: Callable[[], datetime],
    tick_seconds: float,
    watch: Callable[[Callable[[], None]], None],
) -> None:
    engine = db.make_engine(database_url, pool_size=_JOBS_AT_ONCE + 1, keys=keys)
    scheduler = BackgroundScheduler(
        timezone=clock.LOCAL,
        executors={"default": ThreadPoolExecutor(_JOBS_AT_ONCE)},
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    for job in jobs:
        seconds = job.trigger.seconds if isinstance(job.trigger, Every) else tick_seconds
        scope = system_scope(f"job:{job.name}")
        step = partial(run_if_due, job, partial(db.transaction, engine, scope), now)
        scheduler.add_job(step, _Pause(seconds), id=job.name, next_run_time=clock.now())
    scheduler.start()
    _log.info("worker runs", count=len(jobs))
    try:
        watch(partial(_run_now, scheduler))
    finally:
        scheduler.shutdown(wait=True)
        engine.dispose()
        _log.info("worker stopped")


class _Pause(BaseTrigger):  # type: ignore[misc]
    """Due again `seconds` after now, never after what was due before.

    APScheduler's own interval lists every missed run: after a clock that was set ahead by years that list fills the
    memory before it is cut to its last entry.
    """

    def __init__(self, seconds: float) -> None:
        self._pause = timedelta(seconds=seconds)

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        return now + self._pause


def _run_now(scheduler: BackgroundScheduler) -> None:
    for job in scheduler.get_jobs():
        job.modify(next_run_time=clock.now())


def _watch(lock: AdvisoryLock, stop: Bell, pause: float, clock_set_back: Callable[[], None]) -> None:
    shown = clock.now()
    while not stop.wait(pause):
        if not lock.is_held():
            _log.error("worker lock lost")
            os._exit(EXIT_LOCK_LOST)  # not sys.exit: a running job must not go on beside the next worker's
        before, shown = shown, clock.now()
        if shown < before:  # what was due in two seconds would be due in two seconds and all that was taken away
            clock_set_back()


def run_if_due(job: Job, transaction: db.Transaction, now: Callable[[], datetime]) -> bool:
    """Run a job if it is due and record it; returns whether it ran well. No error of a job leaves this function."""
    began, clock_began = now(), time.monotonic()
    try:
        with transaction() as session:
            if not is_due(job.trigger, job_ledger.last_run(session, job.name), began):
                return False
            job_ledger.started(session, job.name, began)
        rows = job.run(transaction, began)
        with transaction() as session:
            job_ledger.succeeded(session, job.name, began, now())
    except Exception as exc:  # noqa: BLE001 - recorded below; the next tick tries again
        _record_failure(job, transaction, now(), exc)
        return False
    if rows or not isinstance(job.trigger, Every):
        _log.info("job done", job=job.name, rows=rows, seconds=round(time.monotonic() - clock_began, 3))
    return True


def _record_failure(job: Job, transaction: db.Transaction, at: datetime, exc: Exception) -> None:
    facts = describe(exc)
    _log.error("job failed", job=job.name, **facts)
    try:
        with transaction() as session:
            job_ledger.failed(session, job.name, at, " ".join((facts["error"], facts.get("sqlstate", ""))).strip())
    except Exception as second:  # noqa: BLE001 - the database is away: the log is all there is
        _log.error("job failure not recorded", job=job.name, **describe(second))
