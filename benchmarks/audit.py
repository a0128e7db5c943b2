"""What the audit trail costs: a row as the service adds it, against the same row in a table without any of it.

The peer has the same columns and a primary key, no partitions, no policies, no further indexes, and a hash that is a
constant. Both are one durable transaction a row, of the service's role in the same scope; then sealing and verifying
of what was added.
"""

import time
from contextlib import ExitStack
from statistics import median
from uuid import uuid4

from sqlalchemy import Engine, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from benchmarks.installation import MASTER_KEY, data_folder
from benchmarks.load import table_line
from cmc.audit import jobs, service, verifying
from cmc.audit.tables import Act
from cmc.core import clock, crypto, db, migrations, service_role, signed_scope
from cmc.core.config import Settings
from cmc.core.embedded_postgres import running
from cmc.core.scope import Scope, system_scope

ROWS = 4_000
NURSE = Scope("user:01970000-0000-7000-8000-000000000001", frozenset({uuid4()}))
REGION = system_scope("job:benchmark")

_BARE_TABLE = text(
    "CREATE TABLE bare_event (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL,"
    " actor text NOT NULL, act text NOT NULL, subject text NOT NULL, subject_id uuid, person_ids uuid[] NOT NULL,"
    " request_id uuid, detail jsonb NOT NULL, row_hash bytea NOT NULL)"
)
_BARE = text(
    "INSERT INTO bare_event (at, actor, act, subject, subject_id, person_ids, request_id, detail, row_hash)"
    " VALUES (:at, :actor, :act, :subject, :subject_id, :person_ids, :request_id, :detail, :row_hash)"
).bindparams(
    bindparam("subject_id", type_=Uuid()),
    bindparam("person_ids", type_=ARRAY(Uuid())),
    bindparam("request_id", type_=Uuid()),
    bindparam("detail", type_=JSONB()),
)


def trail() -> list[str]:
    """Return the table's lines."""
    with ExitStack() as stack:
        url = stack.enter_context(running(data_folder(stack)))
        migrations.upgrade(url)
        keys = signed_scope.database_keys(crypto.keyring(crypto.decode_master_key(MASTER_KEY)))
        ours = db.make_engine(service_role.keep(url, keys, Settings()), keys=keys)
        owner = db.make_engine(url)
        stack.callback(ours.dispose)
        stack.callback(owner.dispose)
        with db.transaction(owner) as session:
            session.execute(_BARE_TABLE)
            session.execute(text(f"GRANT INSERT ON bare_event TO {ours.url.username}"))
        taken: dict[str, list[float]] = {"ours": [], "bare": []}
        for _ in range(ROWS):  # row by row in turn: a busy moment of the machine meets both
            for name, add in (("ours", _add), ("bare", _add_bare)):
                started = time.perf_counter()
                add(ours)
                taken[name].append(time.perf_counter() - started)
        rates = {name: 1 / median(each) for name, each in taken.items()}
        what = "audit row, one durable transaction"
        line = table_line(what, rates["ours"], "rows/s", "bare insert", rates["bare"])
        return [line, *_sealed(ours, keys)]


def _add(engine: Engine) -> None:
    with db.transaction(engine, NURSE) as session:
        service.record(session, NURSE, Act.READ, "patient", person_ids=[uuid4()])


def _add_bare(engine: Engine) -> None:
    person = uuid4()
    values = {
        "at": clock.now(), "actor": NURSE.actor, "act": "read", "subject": "patient", "subject_id": None,
        "person_ids": [person], "request_id": None, "detail": {}, "row_hash": bytes(32),
    }  # fmt: skip
    with db.transaction(engine, NURSE) as session:
        session.execute(_BARE, values)


def _sealed(engine: Engine, keys: signed_scope.DatabaseKeys) -> list[str]:
    with db.transaction(engine, REGION) as session:
        connection, people = session.connection(), [uuid4()]
        rows = [service.values(session, REGION.actor, Act.READ, "patient", None, people, {}) for _ in range(100_000)]
        hashing = time.perf_counter()
        for _ in rows:
            service.values(session, REGION.actor, Act.READ, "patient", None, people, {})
        hashing = time.perf_counter() - hashing
        connection.execute(service.INSERT, rows)
    started = time.perf_counter()
    count = jobs.seal(lambda: db.transaction(engine, REGION), clock.now())
    sealed = time.perf_counter()
    with db.read_only(engine, REGION) as session:
        found = verifying.verify(session, keys.audit)
    verified = time.perf_counter()
    assert (found.findings, found.sealed) == ([], count)
    per_second = 100_000 / hashing
    return [
        table_line("audit rows sealed", count / (sealed - started), "rows/s", "hashing alone", per_second),
        table_line("audit rows verified", count / (verified - sealed), "rows/s", "hashing alone", per_second),
    ]


def main() -> None:
    """Print the table."""
    for line in trail():
        print(line, flush=True)


if __name__ == "__main__":
    main()
