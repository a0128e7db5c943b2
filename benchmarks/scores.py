"""People scored end to end: charts, inputs, equations, models, reasons, rows stored; then a night without news.

`python -m benchmarks.scores [--people 60000] [--profile]`. Simulated people with a year of visits and examinations get
diagnoses, medicines, a way of living and ten results each; all are scored by the nightly job's steps, one process. The
peer is the loading of the same charts alone. With `--profile` the functions that cost most are listed.
"""

import argparse
import cProfile
import pstats
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from functools import partial
from uuid import UUID

from sqlalchemy import Engine, text

from benchmarks.installation import KEYS, data_folder
from benchmarks.load import table_line
from cmc.charts import queries as charts
from cmc.charts.chart import AsOf
from cmc.core import clock, db, migrations, service_role, signed_scope
from cmc.core.config import Settings
from cmc.core.embedded_postgres import running
from cmc.core.scope import system_scope
from cmc.risk import assessing, jobs, queries
from cmc.simulation.plan import SEED, Plan, clinics_for
from cmc.simulation.store import store

END = date(2025, 12, 31)
REGION = system_scope("job:benchmark")
_OF_ALL = "id, fact_id, patient_id, clinic_id, happened_on, source, actor, recorded_at, is_retracted"
_DAY = f"date '{END}' - (k * 17 + p.n % 90)::int"
_FACTS = (
    ("diagnosis", "icd10, name",
     "(ARRAY['I10','E11.9','I25.1','H25.9'])[k], 'as written'", "generate_series(1, 2 + (p.n % 10 = 0)::int)"),
    ("medication", "name, medicine_code",
     "(ARRAY['氨氯地平','二甲双胍'])[k], (ARRAY['amlodipine','metformin'])[k]", "generate_series(1, 2)"),
    ("lifestyle", "smoking, drinking", "p.n % 3 + 1, 1", "generate_series(1, 1)"),
    ("laboratory_result", "analyte, written, written_unit, value, range_of_laboratory, flag, is_critical",
     ("(ARRAY['HBA1C','CREATININE','UACR','TC','TG','LDL','HDL','LEUKOCYTES','HAEMOGLOBIN'])[k], '1', 'unit',"
      " (ARRAY[6.1, 70, 12, 4.4, 1.5, 2.6, 1.1, 6.5, 138])[k] * (1 + (p.n * k % 17) / 50.0), false, 'NORMAL', false"),
     "generate_series(1, CASE WHEN p.n % 4 = 0 THEN 1 ELSE 9 END)"),
)  # fmt: skip


def measured(people: int, *, profile: bool = False) -> Iterator[str]:
    """Yield the table's lines."""
    with ExitStack() as stack:
        url = stack.enter_context(running(data_folder(stack)))
        migrations.upgrade(url)
        owner = db.make_engine(url)
        stack.callback(owner.dispose)
        _fill(owner, people)
        keys = signed_scope.database_keys(KEYS)
        engine = db.make_engine(service_role.keep(url, keys, Settings()), keys=keys)
        stack.callback(engine.dispose)
        loading = _timed(lambda: _charts(engine))
        watch = cProfile.Profile() if profile else None
        if watch:
            watch.enable()
        first, seconds = _night(engine)
        rate = first / seconds
        if watch:
            watch.disable()
            pstats.Stats(watch).sort_stats("tottime").print_stats(35)
        yield table_line("people scored and stored, first night", rate, "people/s", "charts", first / loading)
        again, seconds = _night(engine)
        yield table_line("people scored again, nothing new", again / seconds, "people/s", "charts", first / loading)
        with owner.connect() as connection:
            size = connection.scalar(text("SELECT pg_total_relation_size('risk_score')")) or 0
            rows = connection.scalar(text("SELECT count(*) FROM risk_score")) or 1
        yield f"{rows:,} rows of history, {size / rows / 1024:.1f} KiB each"


def _night(engine: Engine) -> tuple[int, float]:
    at = clock.midnight(END)
    started = time.perf_counter()
    handled = jobs.nightly(partial(db.transaction, engine, REGION), at)
    return handled, time.perf_counter() - started


def _charts(engine: Engine) -> None:
    after = UUID(int=0)
    while True:
        with db.read_only(engine, REGION) as session:
            ids = queries.people_to_score(session, REGION, after=after, limit=500)
            if not ids:
                return
            found = charts.load(session, REGION, ids, AsOf(END))
            if not any(map(assessing.scored, found.values())):
                raise RuntimeError("nobody here has a score")
        after = ids[-1]


def _timed(work: object) -> float:
    started = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - started


def _fill(owner: Engine, count: int) -> None:
    plan = Plan(people=count, clinics=clinics_for(count), years=1, seed=SEED, end=END)
    store(owner, KEYS, plan, progress=lambda *_: None)
    numbered = "(SELECT id, clinic_id, row_number() OVER (ORDER BY id) AS n FROM patient)"
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        for table, names, values, rows in _FACTS:
            same = f"x.id, x.id, p.id, p.clinic_id, {_DAY}, 'typed', 'benchmark', {_DAY} + interval '9 hours', false"
            connection.execute(
                text(
                    f"INSERT INTO {table} ({_OF_ALL}, {names}) SELECT {same}, {values} FROM {numbered} AS p"
                    f" CROSS JOIN LATERAL {rows} AS k"
                    " CROSS JOIN LATERAL (SELECT gen_random_uuid() AS id, p.n + k AS u) AS x"
                )
            )
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=60_000)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    for each in measured(given.people, profile=given.profile):
        print(each, flush=True)
