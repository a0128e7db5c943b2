"""Rows per second of a simulated region, against COPY of the same rows from files into the same tables.

Both load an empty database in one transaction, make the same indexes and keys at its end and commit; only where the
rows come from differs. The nightly jobs that follow are told apart: they are the service's work, not the simulation's.
"""

import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import psycopg
from sqlalchemy import make_url, text

from benchmarks.installation import MASTER_KEY, data_folder
from benchmarks.load import table_line
from cmc.core import clock, crypto, db, migrations
from cmc.core.embedded_postgres import running
from cmc.readings import partitions
from cmc.simulation import bulk, store
from cmc.simulation.plan import SEED, Plan, clinics_for
from cmc.simulation.region import region as region_of

ROUNDS = 3
YEARS = 2
CHUNK = 1 << 20


def region(people: int) -> list[str]:
    """Return the table lines of a region of `people`."""
    plan = Plan(people=people, clinics=clinics_for(people), years=YEARS, seed=SEED, end=clock.today())
    ours: list[float] = []
    theirs: list[float] = []
    nights: list[float] = []
    rows = 0
    with ExitStack() as stack:
        folder = data_folder(stack)
        server = stack.enter_context(running(folder))
        for turn in range(ROUNDS):
            one, other = (_database(server, f"bench_{name}_{turn}") for name in ("simulated", "copied"))
            loading, night, rows = _simulate(one, plan)
            ours.append(rows / loading)
            nights.append(plan.people / night)
            _export(one, folder)
            theirs.append(rows / _copy(other, plan, folder))
            for url in (one, other):
                _drop(server, url)
    what = f"simulated region of {people:,}, {YEARS} years"
    note = f" ({rows:,} rows; then {median(nights):,.0f} people/s by the nightly jobs)"
    return [table_line(what, median(ours), "rows/s", "COPY from files", median(theirs)) + note]


def _simulate(url: str, plan: Plan) -> tuple[float, float, int]:
    """Return the seconds of loading, those of the nightly jobs, and the rows."""
    reached: dict[str, float] = {}

    def progress(stage: str, _done: int, _total: int) -> None:
        reached.setdefault(stage, time.perf_counter())

    engine, keys = db.make_engine(url), crypto.keyring(crypto.decode_master_key(MASTER_KEY))
    begun = time.perf_counter()
    rows = sum(store.store(engine, keys, plan, progress=progress).rows.values())
    ended = time.perf_counter()
    engine.dispose()
    return reached["nightly jobs"] - begun, ended - reached["nightly jobs"], rows


def _export(url: str, folder: Path) -> None:
    with _connected(url) as connection, connection.cursor() as cursor:
        for table in store.TABLES:
            with (folder / table).open("wb") as file, cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as copy:
                for block in copy:
                    file.write(block)


def _copy(url: str, plan: Plan, folder: Path) -> float:
    """Return the seconds that COPY of the exported files takes, with the same care of indexes and keys."""
    engine = db.make_engine(url)
    begun = time.perf_counter()
    with db.transaction(engine) as session:
        store.organisations_of(session, plan, region_of(plan))
        partitions.ensure(session, store.months(plan))
        steps = bulk.drop_indexes(session, store.TABLES)
        driver = session.connection().connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        for table in store.TABLES:
            with (
                (folder / table).open("rb") as file,
                driver.cursor() as cursor,
                cursor.copy(f"COPY {table} FROM STDIN") as copy,
            ):
                while block := file.read(CHUNK):
                    copy.write(block)
        for step in steps:
            bulk.run(session, step)
        for table in store.TABLES:
            session.execute(text(f"ANALYZE {table}"))
    seconds = time.perf_counter() - begun
    engine.dispose()
    return seconds


def _database(server: str, name: str) -> str:
    with _connected(server) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    migrations.upgrade(url)
    return url


def _drop(server: str, url: str) -> None:
    with _connected(server) as connection:
        connection.execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


def _connected(url: str) -> psycopg.Connection:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)
