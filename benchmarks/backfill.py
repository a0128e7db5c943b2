"""Back-fill and growth: does memory stay constant while readings stream in, does storing cost more in a larger table?

`python -m benchmarks.backfill --lines 10000000 --rows 30000000` takes the sizes of the design; the defaults are for the
table of every day. The memory is what the process itself tells under /metrics, asked once a second while it streams.
"""

import argparse
import http.client
import itertools
import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from statistics import median
from uuid import UUID

from sqlalchemy import Engine, text

from benchmarks.ingest import BATCH, Readings
from benchmarks.installation import KEYS, SCOPE, Installation, installation
from benchmarks.load import Result, burst, request, table_line
from cmc.accounts import machines
from cmc.accounts.roles import MachineKind
from cmc.core import clock, db

LINES = 100_000
ROWS = (250_000, 1_000_000)
_SETTLED = 0.2
"""The first part of a stream, in which caches and pools fill."""
_FILL = text(
    "INSERT INTO reading (id, taken_on, clinic_id, patient_id, kind, taken_at, received_at, setting, specimen,"
    " glucose_umol_l, device, sequence, value_text, unit_text, receipt_id)"
    " SELECT gen_random_uuid(), CAST(timezone('Asia/Shanghai', at) AS date), :clinic_id,"
    " (CAST(:people AS uuid[]))[1 + n % cardinality(CAST(:people AS uuid[]))], 'glucose', at, at, 'home', 'capillary',"
    " 4000 + n % 80 * 100, 'F' || n % 997, n, '6.1', 'mmol/L', gen_random_uuid()"
    " FROM (SELECT n, CAST(:until AS timestamptz) - n % 31536000 * interval '1 second' AS at"
    " FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n) AS made"
)


def stream(at: Installation, lines: int = LINES) -> list[str]:
    """Return the table line of readings that stream in, with the growth of the server's memory meanwhile."""
    supply, sizes, sent = Readings(at.patients), [], [0]
    supply.numbers = itertools.count(20_000_000)
    supply.apart = timedelta(seconds=2)
    over = threading.Event()
    monitor = _monitor(at.engine)

    def bodies() -> Iterator[bytes]:
        while sent[0] < lines:
            count = min(1000, lines - sent[0])
            sent[0] += count
            yield b"".join(json.dumps(supply.item()).encode() + b"\n" for _ in range(count))

    def watch() -> None:
        while not over.wait(1):
            sizes.append((sent[0], _memory(at.port, monitor)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    begun = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", at.port)
    headers = {"Content-Type": "application/x-ndjson", "Authorization": f"Bearer {at.gateway_key}"}
    connection.request("POST", "/v1/readings", body=bodies(), headers=headers, encode_chunked=True)
    answer = connection.getresponse().read().decode().splitlines()
    seconds = time.perf_counter() - begun
    over.set()
    watcher.join()
    told = json.loads(answer[-1])
    assert told == {"done": True, "lines": lines, "summary": {"created": lines}}, told
    settled = [size for count, size in sizes if count >= _SETTLED * lines] or [size for _, size in sizes]
    grown = (max(settled) - settled[0]) / 1e6
    what, rate = f"stream of {lines:,} lines", f"{lines / seconds:,.0f} readings/s"
    memory = f"memory grew by {grown:.1f} MB over the last {1 - _SETTLED:.0%}, at most {max(settled) / 1e6:.0f} MB"
    return [f"{what:<36} {rate:<34} {memory}"]


def growth(people: int = 400, sizes: tuple[int, int] = ROWS, *, rounds: int = 15) -> list[str]:
    """Return the table line of what a batch costs in a large table, against a small one of another installation: both
    are measured in turn, so that whatever else the machine does meets both.
    """
    with installation(people) as small, installation(people) as large:
        costs: dict[int, list[float]] = {size: [] for size in sizes}
        supplies = {}
        for at, size in ((small, sizes[0]), (large, sizes[1])):
            _fill(at, size)
            supplies[size] = Readings(at.patients, taken=timedelta(days=-20), apart=timedelta(seconds=3))
        for _ in range(rounds):
            for at, size in ((small, sizes[0]), (large, sizes[1])):
                costs[size].append(_posted(at, supplies[size]).seconds)
        less, more = (median(costs[size]) * 1000 for size in sizes)
    what = f"batch of {BATCH}, {sizes[0] / 1e6:g} → {sizes[1] / 1e6:g} million rows"
    return [table_line(what, more, "ms", f"at {sizes[0]:,} rows", less)]


def _posted(at: Installation, supply: Readings) -> Result:
    body = supply.body(BATCH)
    return burst(at.port, [request("POST", "/v1/readings", token=at.gateway_key, body=body)], connections=1)


def _fill(at: Installation, rows: int) -> None:
    with at.engine.begin() as connection:
        for months in range(14):
            month = clock.today().replace(day=1) - timedelta(days=30 * months)
            connection.execute(text("SELECT make_reading_partition(CAST(:month AS date))"), {"month": month})
    values = {"clinic_id": at.clinic.id, "people": at.patients, "until": clock.now()}
    for start in range(1, rows + 1, 250_000):
        part = {"first": start, "last": min(rows, start + 249_999)}
        with at.engine.begin() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL synchronous_commit = off"))
            connection.execute(_FILL, values | part)
    with at.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM (ANALYZE) reading"))
        connection.execute(text("CHECKPOINT"))


def _monitor(engine: Engine) -> str:
    with db.transaction(engine) as session:
        nowhere: UUID | None = None
        made = machines.add(
            session, SCOPE, KEYS, MachineKind.MONITOR, name="bench", organisation_id=nowhere, now=clock.now()
        )
        return made[1]


def _memory(port: int, token: str) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
    told = connection.getresponse().read().decode()
    return next(float(line.split()[1]) for line in told.splitlines() if line.startswith("process_resident_memory"))


def main() -> None:
    """Print both lines for the sizes asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=400)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=5_000_000)
    given = parser.parse_args()
    with installation(given.people) as at:
        for line in stream(at, given.lines):
            print(line, flush=True)
    for line in growth(given.people, (min(1_000_000, given.rows // 5), given.rows)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
