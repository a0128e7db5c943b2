"""Storing a region: whole or not at all, never among others, the same every time, with every key and index in place."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import polars as pl
import psycopg
import pytest
from sqlalchemy import Engine, text

from cmc.core import db, migrations
from cmc.core.crypto import Keyring
from cmc.core.operating import OperatorError
from cmc.core.text import Text
from cmc.organisations import service as organisations
from cmc.organisations.tables import OrganisationKind
from cmc.simulation import bulk, store
from cmc.simulation.cells import Drawn
from cmc.simulation.plan import Plan

PLAN = Plan(people=90, clinics=2, years=1, seed=5, end=date(2025, 10, 31))
RANDOM = (
    "data_key",
    "name_cipher",
    "citizen_id_cipher",
    "citizen_id_original_cipher",
    "phone_cipher",
    "address_cipher",
    "body",
)
"""Ciphertexts, and the keys of people and bodies: nobody must be able to draw them a second time."""
_SCHEMA = (
    (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text !~ '_p[0-9]{6}$' ORDER BY 1, 2"
    ),
    "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename !~ '_p[0-9]{6}$' ORDER BY 1, 2",
)


@pytest.fixture
def empty(new_database: Callable[[], str]) -> Iterator[Callable[[], Engine]]:
    engines: list[Engine] = []

    def make() -> Engine:
        url = new_database()
        migrations.upgrade(url)
        engines.append(db.make_engine(url))
        return engines[-1]

    yield make
    for engine in engines:
        engine.dispose()


def put(engine: Engine, keys: Keyring, plan: Plan = PLAN) -> store.Report:
    return store.store(engine, keys, plan, progress=lambda *_: None)


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in store.TABLES}  # noqa: S608


def schema(engine: Engine) -> list[list[tuple[object, ...]]]:
    with engine.connect() as connection:
        return [[tuple(row) for row in connection.execute(text(query))] for query in _SCHEMA]


def everything(engine: Engine) -> dict[str, list[str]]:
    with engine.connect() as connection:
        return {
            name: sorted(
                str({key: value for key, value in row.items() if key not in RANDOM})
                for row in connection.execute(text(f"SELECT * FROM {name}")).mappings()  # noqa: S608
            )
            for name in (*store.TABLES, "organisation")
        }


def test_the_same_plan_is_the_same_down_to_the_ids(empty: Callable[[], Engine], keys: Keyring) -> None:
    one, other = empty(), empty()
    report = put(one, keys)
    put(other, keys)
    assert report.rows == {name: count for name, count in counts(one).items() if count}
    assert everything(one) == everything(other)


def test_a_second_run_stores_nothing(empty: Callable[[], Engine], keys: Keyring) -> None:
    engine = empty()
    put(engine, keys)
    stored = everything(engine)
    again = put(engine, keys, Plan(people=400, clinics=2, years=2, seed=1, end=date(2026, 1, 1)))
    assert again.rows == {}
    assert everything(engine) == stored
    with db.read_only(engine) as session:
        assert store.stored_plan(session) == PLAN


def test_simulated_people_never_come_among_others(empty: Callable[[], Engine], keys: Keyring) -> None:
    engine = empty()
    with db.transaction(engine) as session:
        organisations.add(session, OrganisationKind.REGION, code="310000", name=Text("上海市", "Shanghai"))
    with pytest.raises(OperatorError, match="other clinics"):
        put(engine, keys)
    assert sum(counts(engine).values()) == 0


def test_keys_and_indexes_are_those_of_the_migrations(empty: Callable[[], Engine], keys: Keyring) -> None:
    engine, untouched = empty(), empty()
    put(engine, keys)
    assert schema(engine) == schema(untouched)
    with engine.connect() as connection:
        valid = connection.scalars(text("SELECT indisvalid FROM pg_index")).all()
    assert all(valid)


def test_an_error_on_the_way_leaves_the_database_as_it_was(empty: Callable[[], Engine], keys: Keyring) -> None:
    engine, untouched = empty(), empty()

    def fails(drawn: Drawn) -> None:
        if drawn.cell.number == 1:
            raise RuntimeError("the second cell")

    with pytest.raises(RuntimeError, match="the second cell"):
        store.store(engine, keys, PLAN, progress=lambda *_: None, witness=fails)
    assert sum(counts(engine).values()) == 0
    assert schema(engine) == schema(untouched)
    assert put(engine, keys).rows["patient"] == PLAN.people


def test_rows_that_the_database_refuses_are_an_error_here(empty: Callable[[], Engine]) -> None:
    engine = empty()

    def copy() -> None:
        with db.transaction(engine) as session, bulk.copying(session) as copier:
            for _ in range(20):  # the fault is met by a later hand-over, at the latest at the end
                copier.put("annual_exam", pl.DataFrame({"happened_on": ["not a day"]}))

    with pytest.raises(psycopg.errors.InvalidDatetimeFormat):
        copy()


def test_a_killed_simulation_leaves_nothing_behind(empty: Callable[[], Engine], tmp_path: Path) -> None:
    engine = empty()
    url = engine.url.render_as_string(hide_password=False)
    environment = {**os.environ, "CMC_DATABASE_URL": url, "CMC_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "cmc", "simulate", "--people", "8000", "--years", "2"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        copying = text("SELECT count(*) FROM pg_stat_progress_copy")
        deadline = time.monotonic() + 60
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not connection.scalar(copying):
                assert time.monotonic() < deadline
                assert process.poll() is None
                time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '60s'"))
        assert connection.scalar(text("SELECT count(*) FROM patient")) == 0
    assert sum(counts(engine).values()) == 0
