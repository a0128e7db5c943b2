"""Readings per second: batches of 500 and single posts, durable, against what the same machine can do at best.

Peers: one connection that inserts the same rows by UNNEST … ON CONFLICT DO NOTHING into a table with one unique key; an
empty lean route under the same server; and the usual way, a FastAPI route with a transaction of its own for each
request (`benchmarks/naive.py`). After every round the number of rows is checked.
"""

import itertools
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from statistics import median
from uuid import UUID

import psycopg
from sqlalchemy import text

from benchmarks import naive
from benchmarks.installation import Installation, bare_command, free_port, started
from benchmarks.load import Result, best_of, burst, request, table_line
from cmc.core import clock
from cmc.core.ids import derived_id

BATCH = 500
BATCHES = 24
SINGLES = 1500
NAIVE = 600
ROUNDS = 5

_RAW_TABLE = """
CREATE TABLE IF NOT EXISTS raw_reading (
    id uuid PRIMARY KEY, patient_id uuid NOT NULL, kind text NOT NULL, taken_at timestamptz NOT NULL,
    glucose_umol_l integer, sbp_mmhg smallint, dbp_mmhg smallint
)
"""
_RAW_INSERT = (
    "INSERT INTO raw_reading SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::timestamptz[],"
    " %s::int[], %s::smallint[], %s::smallint[]) ON CONFLICT DO NOTHING"
)


class Readings:
    """An endless supply of readings that were never sent before."""

    def __init__(
        self, patients: list[UUID], *, taken: timedelta = timedelta(days=-300), apart: timedelta = timedelta(seconds=7)
    ) -> None:
        self.numbers = itertools.count()
        self.patients, self.start, self.apart = patients, clock.now() + taken, apart
        self.made = 0

    def item(self) -> dict[str, object]:
        number = next(self.numbers)
        self.made += 1
        common = {
            "patient_id": str(self.patients[number % len(self.patients)]),
            "taken_at": (self.start + self.apart * self.made).isoformat(timespec="seconds"),
            "device": f"M{number % 997}",
            "sequence": number,
        }
        if number % 2:
            return common | {"kind": "glucose", "value": 4.5 + number % 80 / 10, "unit": "mmol/L", "period": "FASTING"}
        return common | {"kind": "blood_pressure", "systolic": 110 + number % 60, "diastolic": 82, "unit": "mmHg"}

    def body(self, count: int) -> bytes:
        return json.dumps({"items": [self.item() for _ in range(count)]}).encode()


def batches(at: Installation) -> list[str]:
    """Return the table lines of batch ingest, over one connection and over eight."""
    supply, before = Readings(at.patients), _stored(at)
    found = best_of(
        ROUNDS,
        {
            "raw": lambda: _raw(at.url, supply),
            "one": lambda: _posted(at, supply, connections=1),
            "eight": lambda: _posted(at, supply, connections=8),
        },
    )
    stored = _stored(at) - before
    assert stored == 2 * ROUNDS * BATCHES * BATCH, f"{stored} rows stored"
    rate = {name: median(result.per_second for result in results) * BATCH for name, results in found.items()}
    return [
        table_line(f"batch of {BATCH}, {connections}", rate[name], "readings/s", "raw UNNEST insert", rate["raw"])
        for name, connections in (("one", "1 connection"), ("eight", "8 connections"))
    ]


def _stored(at: Installation) -> int:
    with at.engine.connect() as connection:
        return int(connection.scalars(text("SELECT count(*) FROM reading")).one())


def singles(at: Installation) -> list[str]:
    """Return the table lines of one reading a request: against the empty lean route, and the usual way of storing."""
    rate, late = _one_by_one(at, first=10_000_000)
    what, unit, note = "single POST, 32 connections", "requests/s", f", p99 {late:.0f} ms"
    return [
        table_line(what, rate["cmc"], unit, "empty lean route", rate["bare"], note=note),
        table_line(what, rate["cmc"], unit, "a transaction a request", rate["naive"], note=note),
    ]


def slow_disk(at: Installation) -> list[str]:
    """Return the table line of the same on a disk that takes two milliseconds more for each flush."""
    for setting, value in (("commit_delay", "2000"), ("commit_siblings", "0")):
        _configure(at, f"ALTER SYSTEM SET {setting} = {value}")
    try:
        rate, late = _one_by_one(at, first=15_000_000)
    finally:
        for setting in ("commit_delay", "commit_siblings"):
            _configure(at, f"ALTER SYSTEM RESET {setting}")
    what, note = "single POST, 2 ms more a flush", f", p99 {late:.0f} ms"
    return [table_line(what, rate["cmc"], "requests/s", "a transaction a request", rate["naive"], note=note)]


def _configure(at: Installation, statement: str) -> None:
    with at.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(statement))
        connection.execute(text("SELECT pg_reload_conf()"))


def _one_by_one(at: Installation, *, first: int) -> tuple[dict[str, float], float]:
    """Return requests a second of each variant, and our p99 in milliseconds; medians of interleaved rounds."""
    supply = Readings(at.patients, taken=timedelta(minutes=-5), apart=timedelta(microseconds=200))
    supply.numbers = itertools.count(first)
    bare = [request("POST", "/lean", body=b"{}")] * SINGLES

    def sent(port: int, path: str, count: int) -> Result:
        bodies = (json.dumps(supply.item()).encode() for _ in range(count))
        return burst(port, [request("POST", path, token=at.gateway_key, body=body) for body in bodies], connections=32)

    with _naive(at) as port:
        variants = {
            "cmc": lambda: sent(at.port, "/v1/readings", SINGLES),
            "bare": lambda: burst(at.bare_port, bare, connections=32),
            "naive": lambda: sent(port, "/readings", NAIVE),
        }
        found = best_of(ROUNDS, variants)
    rate = {name: median(result.per_second for result in results) for name, results in found.items()}
    return rate, median(result.percentile(0.99) for result in found["cmc"])


@contextmanager
def _naive(at: Installation) -> Iterator[int]:
    with at.engine.begin() as connection:
        connection.exec_driver_sql(naive.TABLES)
        values = {"token": f"Bearer {at.gateway_key}", "clinic_id": at.clinic.id}
        connection.execute(text("INSERT INTO naive_key VALUES (:token, :clinic_id) ON CONFLICT DO NOTHING"), values)
    with ExitStack() as stack:
        port = free_port()
        command = bare_command(port, "benchmarks.naive:app")
        started(stack, command, os.environ | {"NAIVE_DATABASE_URL": at.url}, port, "/bare")
        yield port


def _posted(at: Installation, supply: Readings, *, connections: int) -> Result:
    prepared = [request("POST", "/v1/readings", token=at.gateway_key, body=supply.body(BATCH)) for _ in range(BATCHES)]
    return burst(at.port, prepared, connections=connections)


def _raw(url: str, supply: Readings) -> Result:
    columns = [_columns([supply.item() for _ in range(BATCH)]) for _ in range(BATCHES)]
    latencies = []
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        connection.execute(_RAW_TABLE)
        connection.commit()
        started = time.perf_counter()
        for each in columns:
            begun = time.perf_counter()
            connection.execute(_RAW_INSERT, each)
            connection.commit()
            latencies.append(time.perf_counter() - begun)
        seconds = time.perf_counter() - started
    return Result(seconds, latencies)


def _columns(items: list[dict[str, object]]) -> list[list[object]]:
    return [
        [derived_id(str(each["device"]), str(each["sequence"])) for each in items],
        [UUID(str(each["patient_id"])) for each in items],
        [each["kind"] for each in items],
        [each["taken_at"] for each in items],
        [int(float(str(each["value"])) * 1000) if "value" in each else None for each in items],
        [each.get("systolic") for each in items],
        [each.get("diastolic") for each in items],
    ]
