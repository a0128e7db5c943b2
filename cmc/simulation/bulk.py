"""Loading millions of rows into empty tables: COPY without indexes and foreign keys, which are made anew at the end.

A random key costs an insert a page of WAL, a sorted one nothing: building each index once over all rows is several
times as fast as keeping it row by row, and so is checking a foreign key by one join. All of it happens in the
transaction of the caller: until that commits nobody sees anything of it, and after a crash the tables are as they were.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from queue import Queue
from threading import Thread
from typing import Final

import polars as pl
import psycopg
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.orm import Session

_SEPARATOR, _QUOTE = "\t", "\x01"
"""Neither occurs in any text of ours (`core.fields`), so that no field is ever quoted."""
_SETTINGS: Final = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "SET LOCAL maintenance_work_mem = '256MB'",
    "SET LOCAL max_parallel_maintenance_workers = 2",
)
_CONSTRAINTS: Final = text(
    "SELECT CAST(CAST(conrelid AS regclass) AS text) AS relation, quote_ident(conname) AS name, contype AS kind,"
    " pg_get_constraintdef(oid) AS definition FROM pg_constraint"
    " WHERE conparentid = 0 AND (contype IN ('p', 'u', 'f') AND conrelid = ANY(CAST(:tables AS regclass[]))"
    " OR contype = 'f' AND confrelid = ANY(CAST(:tables AS regclass[])))"
    " ORDER BY contype = 'f', conrelid, conname"
)
_INDEXES: Final = text(
    "SELECT CAST(CAST(indexrelid AS regclass) AS text) AS name,"
    " replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') AS definition"
    " FROM pg_index WHERE indrelid = ANY(CAST(:tables AS regclass[]))"
    " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))"
    " ORDER BY indrelid, indexrelid"
)


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of making indexes and keys anew, and what it makes."""

    name: str
    statement: str


def drop_indexes(session: Session, tables: Sequence[str]) -> list[Step]:
    """Drop the indexes, primary and foreign keys of tables; return the statements that make them anew, in order."""
    for setting in _SETTINGS:
        session.execute(text(setting))
    constraints = list(session.execute(_CONSTRAINTS, {"tables": list(tables)}))
    indexes = list(session.execute(_INDEXES, {"tables": list(tables)}))
    for each in reversed(constraints):  # foreign keys first: they hang on the others
        session.execute(text(f"ALTER TABLE {each.relation} DROP CONSTRAINT {each.name}"))
    for each in indexes:
        session.execute(text(f"DROP INDEX {each.name}"))
    keys = [
        (each.kind, Step(each.name, f"ALTER TABLE {each.relation} ADD CONSTRAINT {each.name} {each.definition}"))
        for each in constraints
    ]
    return [
        *(step for kind, step in keys if kind != "f"),
        *(Step(each.name, each.definition) for each in indexes),
        *(step for kind, step in keys if kind == "f"),
    ]


def run(session: Session, step: Step) -> None:
    """Make one index or key."""
    session.connection().exec_driver_sql(step.statement.replace("%", "%%"))


@contextmanager
def copying(session: Session) -> Iterator["Copier"]:
    """Yield a copier that writes in a thread of its own while the caller makes the next rows."""
    session.flush()
    driver = session.connection().connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("rows are copied over psycopg")
    copier = Copier(driver)
    try:
        yield copier
    finally:
        copier.finish()
    copier.raise_fault()


class Copier:
    """Copies frames into tables, in the order in which they come, at most a few of them waiting."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._waiting: Queue[tuple[str, pl.DataFrame] | None] = Queue(maxsize=8)
        self._fault: BaseException | None = None
        self.rows: dict[str, int] = {}
        self._thread = Thread(target=self._write_all, name="copy", daemon=True)
        self._thread.start()

    def put(self, table: str, frame: pl.DataFrame) -> None:
        """Hand over the rows of a table; raises what went wrong with earlier ones."""
        self.raise_fault()
        if len(frame):
            self._waiting.put((table, frame))

    def finish(self) -> None:
        """Wait until everything is written."""
        self._waiting.put(None)
        self._thread.join()

    def raise_fault(self) -> None:
        """Raise what went wrong in the thread, if anything did."""
        if self._fault is not None:
            raise self._fault

    def _write_all(self) -> None:
        while (item := self._waiting.get()) is not None:
            if self._fault is not None:
                continue  # the transaction is lost: what still comes is thrown away until the caller notices
            try:
                self._write(*item)
            except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                self._fault = error

    def _write(self, table: str, frame: pl.DataFrame) -> None:
        statement = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT csv, DELIMITER {}, QUOTE {}, NULL '')").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, frame.columns)), _SEPARATOR, _QUOTE
        )
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(as_csv(frame))
        self.rows[table] = self.rows.get(table, 0) + len(frame)


def as_csv(frame: pl.DataFrame) -> bytes:
    """Return rows as COPY reads them: tab-separated, NULL empty."""
    buffer = BytesIO()
    frame.write_csv(
        buffer,
        include_header=False,
        separator=_SEPARATOR,
        quote_style="never",
        null_value="",
        datetime_format="%Y-%m-%d %H:%M:%S%.3f",
    )
    return buffer.getvalue()
