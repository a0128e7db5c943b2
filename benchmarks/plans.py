"""The plan of everybody: the night against one sequential scan, the work-list against a page by primary key.

`python -m benchmarks.plans [--people 6000] [--tasks 200000] [--rounds 5]`. People are simulated with two years of
visits. The night is measured three times: when nobody was ever looked at, when nothing has changed, and on the day on
which one in thirty comes to its look. It is set against reading once, in the same session, every table that it reads.
The page of 50 of a clinic with 5,000 open tasks among `--tasks` is set against the same 50 tasks and people by their
primary keys, opened the same way.
"""

import argparse
import gc
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, datetime
from statistics import median, quantiles
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from benchmarks.installation import MASTER_KEY, data_folder
from cmc.core import crypto, db, migrations, service_role, signed_scope
from cmc.core.clock import LOCAL
from cmc.core.config import Settings
from cmc.core.embedded_postgres import running
from cmc.core.scope import Scope, system_scope
from cmc.followups import jobs, work_list
from cmc.followups.tables import Task
from cmc.patients import touched
from cmc.patients.protected import Opened
from cmc.patients.tables import Patient
from cmc.simulation.plan import SEED, Plan
from cmc.simulation.store import store

KEYS = crypto.keyring(crypto.decode_master_key(MASTER_KEY))
REGION = system_scope("job:benchmark")
PLAN_END = date(2025, 12, 31)
NOW = datetime(2026, 1, 1, 2, 30, tzinfo=LOCAL)
PAGES = 200
OF_CLINIC = 5000
READ = ("enrolment", "followup", "task", "alert", "referral", "diagnosis", "medication", "laboratory_result",
        "examination", "annual_exam", "plan_state")  # fmt: skip
_TASKS = text(
    "INSERT INTO task (id, patient_id, clinic_id, kind, cause, urgency, due_on, planned_on, reason_zh, reason_en,"
    " rule_ids, status, opened_at)"
    " SELECT gen_random_uuid(), p.id, p.clinic_id, 'routine', 'benchmark:' || k, 1,"
    " CAST(:on AS date) - (k % 400)::int, :on,"
    " '上次随访',"
    " 'last follow-up', '{HTN-FU-01}', CASE WHEN k % 4 > 0 AND p.clinic_id <> :clinic THEN 'done' ELSE 'open' END,"
    " now()"
    " FROM (SELECT id, clinic_id, row_number() OVER (PARTITION BY clinic_id = :clinic) AS n,"
    "  count(*) OVER (PARTITION BY clinic_id = :clinic) AS size FROM patient) AS p,"
    " generate_series(1, CASE WHEN p.clinic_id = :clinic THEN :own / p.size + 1 ELSE :others / p.size + 1 END) AS k"
)


def measured(count: int, tasks: int, rounds: int = 5) -> Iterator[str]:
    """Yield the table's lines."""
    with ExitStack() as stack:
        url = stack.enter_context(running(data_folder(stack)))
        migrations.upgrade(url)
        keys = signed_scope.database_keys(KEYS)
        owner = db.make_engine(url)
        stack.callback(owner.dispose)
        plan = Plan(people=count, clinics=20, years=2, seed=SEED, end=PLAN_END)
        store(owner, KEYS, plan, progress=lambda *_: None)
        with owner.begin() as connection:
            for table in ("plan_state", "task", "touched"):
                connection.execute(text(f"DELETE FROM {table}"))
        _vacuum(owner)
        service = db.make_engine(service_role.keep(url, keys, Settings()), keys=keys)
        stack.callback(service.dispose)
        _settle()
        yield from _nights(service, owner, count, rounds)
        yield from _marks(service, count)
        yield from _pages(service, owner, tasks)


def _nights(service: Engine, owner: Engine, count: int, rounds: int) -> Iterator[str]:
    def night(on: datetime = NOW) -> int:
        return jobs.nightly(lambda: db.transaction(service, REGION), on)

    first, handled = _timed(night)
    yield _line(f"first night, {count} people, {handled} looked at", f"{first:.2f} s, peak {_memory()} MB")
    _vacuum(owner)
    scans, nights, dues = [], [], []
    for number in range(rounds):
        scans.append(_timed(lambda: _scan(owner))[0])
        seconds, handled = _timed(night)
        assert handled == 0, "nothing has changed: nobody is looked at"
        nights.append(seconds)
        with owner.begin() as connection:
            connection.execute(
                text("UPDATE plan_state SET next_look_on = :on WHERE abs(hashtext(patient_id::text)) % 30 = :n"),
                {"on": NOW.date(), "n": number},
            )
        seconds, handled = _timed(night)
        dues.append((seconds, handled))
    scan, quiet, due = median(scans), median(nights), median(each[0] for each in dues)
    yield _line("reading each of its tables once", f"{scan * 1000:.0f} ms")
    yield _line("a night, nothing changed", f"{quiet * 1000:.0f} ms", f"ratio {quiet / scan:.2f} (goal 8)")
    looked = median(each[1] for each in dues)
    yield _line(f"a night, {looked:.0f} people due", f"{due * 1000:.0f} ms", f"ratio {due / scan:.2f} (goal 8)")
    yield _line("memory", f"peak {_memory()} MB")


def _marks(service: Engine, count: int) -> Iterator[str]:
    """From a mark to the committed plan; the worker looks every second besides."""
    with db.read_only(service, REGION) as session:
        people = list(session.scalars(select(col(Patient.id)).limit(500)))
    for number in (1, min(500, count)):
        seconds = []
        for _ in range(7):
            with db.transaction(service, REGION) as session:
                touched.mark(session, people[:number], at=NOW, topics=(touched.FOLLOWUPS,))
            seconds.append(_timed(lambda: jobs.refresh(lambda: db.transaction(service, REGION), NOW))[0])
        yield _line(f"{number} marks → tasks committed", f"{median(seconds) * 1000:.0f} ms", "(goal 2 s with the tick)")


def _pages(service: Engine, owner: Engine, tasks: int) -> Iterator[str]:
    on = NOW.date()
    with owner.begin() as connection:
        clinic: UUID = connection.scalars(text("SELECT clinic_id FROM patient ORDER BY clinic_id LIMIT 1")).one()
        connection.execute(_TASKS, {"on": on, "clinic": clinic, "own": OF_CLINIC, "others": tasks})
        stored = connection.scalar(text("SELECT count(*) FROM task"))
        own = connection.scalar(
            text("SELECT count(*) FROM task WHERE clinic_id = :clinic AND status = 'open'"), {"clinic": clinic}
        )
    _vacuum(owner)
    nurse = Scope("user:benchmark", frozenset({clinic}))
    filters = work_list.WorkFilters(clinic)
    listed, keyed = [], []
    with db.read_only(service, nurse) as session:
        query = select(col(Task.id)).where(col(Task.clinic_id) == clinic, col(Task.status) == "open").limit(OF_CLINIC)
        ids = list(session.scalars(query))
        after = None
        for number in range(PAGES):
            session.expunge_all()
            seconds, (items, after) = _timed(
                lambda after=after: work_list.page(session, nurse, KEYS, filters, on=on, after=after)  # type: ignore[misc]
            )
            assert items
            listed.append(seconds)
            session.expunge_all()
            some = ids[number * 50 % len(ids) :][:50]
            keyed.append(_timed(lambda some=some: _by_key(session, some))[0])  # type: ignore[misc]
    p99, by_key = quantiles(listed, n=100)[98], quantiles(keyed, n=100)[98]
    yield _line(
        f"page of 50 of {own} open tasks among {stored}", f"p50 {median(listed) * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms"
    )
    yield _line(
        "the same by primary key",
        f"p50 {median(keyed) * 1000:.1f} ms, p99 {by_key * 1000:.1f} ms",
        f"ratio {p99 / by_key:.2f} (goal 3)",
    )


def _by_key(session: Session, ids: list[UUID]) -> None:
    rows = session.execute(
        select(Task, Patient).join(Patient, col(Patient.id) == col(Task.patient_id)).where(col(Task.id).in_(ids))
    ).all()
    assert [(Opened(KEYS, patient).name, Opened(KEYS, patient).phone) for _, patient in rows]


def _line(what: str, figures: str, note: str = "") -> str:
    return f"{what:<52} {figures:<36} {note}"


def _scan(owner: Engine) -> None:
    with owner.connect() as connection:
        connection.execute(text("SET enable_indexonlyscan = off"))
        for table in READ:
            connection.execute(text(f"SELECT count(t.patient_id) FROM {table} AS t"))


def _vacuum(owner: Engine) -> None:
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _settle() -> None:
    """Treat the collector as a web process does: what the simulation left is walked through no more."""
    gc.collect()
    gc.freeze()


def _timed(run: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    done = run()
    return time.perf_counter() - began, done


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=6000)
    parser.add_argument("--tasks", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    for line in measured(given.people, given.tasks, given.rounds):
        print(line, flush=True)


if __name__ == "__main__":
    main()
