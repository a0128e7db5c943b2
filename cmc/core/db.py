"""Engines and transactions: the only place where connections are made and changes are committed.

A request or a job step is one transaction, opened and committed at the edge; services never commit. A transaction acts
in one scope, which the database checks row by row (`cmc/core/signed_scope.py`).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import psycopg
from psycopg import pq
from sqlalchemy import CheckConstraint, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction
from sqlmodel import SQLModel

from cmc.core import clock, signed_scope
from cmc.core.scope import Scope
from cmc.core.signed_scope import DatabaseKeys

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Transaction = Callable[[], AbstractContextManager[Session]]
"""What a job is given: each call opens a transaction of its own."""

# The first line holds against what a server of one's own, a database or a role sets: it changes what values mean.
_SESSION_SETTINGS = (
    "-c timezone=UTC -c client_encoding=UTF8 -c datestyle=ISO"
    " -c statement_timeout=60s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s -c jit=off"
)
_CONNECTION: Final = {"options": _SESSION_SETTINGS, "application_name": "cmc", "connect_timeout": 5}


_KEYS: Final = "database_keys"
_SCOPE: Final = "scope"
_BEGAN: Final = "began_at"

REQUEST_ID: Final = "request_id"
"""Key of a session's `info`: the request that it serves."""

ACCOUNTED: Final = "accounted"
"""Key of a session's `info`: something said whose records it shows or changes (`cmc/audit`)."""

_SET_SCOPE: Final = "SELECT set_config(%s, %s, true)"
_GET_SCOPE: Final = "SELECT current_setting(%s, true)"

POOL_SIZE = 8
"""Connections a process holds at most."""


def make_engine(url: str, *, pool_size: int = POOL_SIZE, keys: DatabaseKeys | None = None) -> Engine:
    """Return an engine with a bounded pool: a full pool fails after 2 s, which the HTTP edge answers with 503.

    With `keys` it is an engine of the service: its transactions show the database a signed scope, and see nobody
    without one. Without keys it is the owner's, whom the database does not limit: for migrations and bulk loading.

    Connections are not pinged before use, which would cost every request a round trip: the first request that meets a
    dead one gets a 503 and the pool then drops all that are as old.
    """
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=2,
        hide_parameters=True,
        execution_options={_KEYS: keys},
        connect_args=_CONNECTION,
    )


def connection_arguments(engine: Engine) -> dict[str, Any]:
    """Return what psycopg needs for a connection like those of the engine, for who keeps one beside its pool."""
    _, arguments = engine.dialect.create_connect_args(engine.url)
    return {**arguments, **_CONNECTION}


class ScopedSession(Session):
    """A session that shows the database its scope at the beginning of each transaction."""


@event.listens_for(ScopedSession, "after_begin")
def _begun(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if not transaction.nested:
        session.info[_BEGAN] = clock.now()
        _show_scope(session, connection)


def _show_scope(session: Session, connection: Connection) -> None:
    keys: DatabaseKeys | None = connection.get_execution_options().get(_KEYS)
    scope = scope_of(session)
    raw: Any = connection.connection.dbapi_connection
    wire = raw.pgconn
    if keys is None or (scope is None and wire.transaction_status == pq.TransactionStatus.IDLE):
        return
    token = "" if scope is None else signed_scope.signed(keys, scope, at=clock.epoch_seconds())
    said = b"SET LOCAL " + signed_scope.SETTING.encode() + b" = " + pq.Escaping(wire).escape_literal(token.encode())
    if wire.transaction_status == pq.TransactionStatus.IDLE:
        # BEGIN and the scope in one message: as statements of their own they would cost two round trips.
        said = (b"BEGIN READ ONLY; " if raw.read_only else b"BEGIN; ") + said
    if wire.exec_(said).status != pq.ExecStatus.COMMAND_OK:
        # Said again where SQLAlchemy hears the answer: it knows a connection that is gone, and drops it from the pool.
        connection.exec_driver_sql(_SET_SCOPE, (signed_scope.SETTING, token))


def scope_of(session: Session) -> Scope | None:
    """Return the scope that a session acts in, or None."""
    scope: Scope | None = session.info.get(_SCOPE)
    return scope


def keys_of(session: Session) -> DatabaseKeys | None:
    """Return the keys of the session's engine; None for the owner's."""
    keys: DatabaseKeys | None = session.connection().get_execution_options().get(_KEYS)
    return keys


def began_at(session: Session) -> datetime:
    """Return the instant at which the session's transaction began (of the last one, between two)."""
    began: datetime = session.info[_BEGAN]
    return began


def enter_scope(session: Session, scope: Scope) -> None:
    """Let a session act in `scope` from here to its end, in place of the scope that it was opened with."""
    session.info[_SCOPE] = scope
    if session.in_transaction():
        _show_scope(session, session.connection())


@contextmanager
def acting_in(session: Session, scope: Scope) -> Iterator[None]:
    """Let a session act in `scope` inside the block, and in its own scope again afterwards.

    For what is owed to the caller in full although its scope holds only a part; say at the call why.
    """
    before = scope_of(session)
    if before is None:
        raise RuntimeError("a session without a scope has nothing to come back to")
    enter_scope(session, scope)
    yield
    enter_scope(session, before)  # an error rolls the transaction back, and the scope with it


@contextmanager
def acting_in_region(session: Session, scope: Scope) -> Iterator[Scope]:
    """As `acting_in`, in the whole region; yield that scope. A session without a scope stays as it is."""
    whole = replace(scope, clinic_ids=None, organisation_ids=frozenset())
    if scope_of(session) is None:
        yield whole
        return
    with acting_in(session, whole):
        yield whole


def _session(bind: Engine | Connection, scope: Scope | None) -> ScopedSession:
    # Savepoint mode only matters for a bind that is in a transaction already, as in the tests.
    session = ScopedSession(bind, expire_on_commit=False, autoflush=False, join_transaction_mode="create_savepoint")
    session.info[_SCOPE] = scope
    return session


@contextmanager
def transaction(engine: Engine | Connection, scope: Scope | None = None) -> Iterator[Session]:
    """Yield a session whose changes are committed at the end, or rolled back when an error leaves the block.

    It acts in `scope`; without one the service sees no person and can change none.
    """
    with _scope_kept(engine), _session(engine, scope) as session, session.begin():
        yield session


Asked = tuple[str, Mapping[str, Any]]
"""A statement with %(name)s for its values."""


def ask(session: Session, *asked: Asked) -> list[list[tuple[Any, ...]]]:
    """Send several statements in one round trip and return the rows of each.

    For the paths where each wait for the server counts; they run in order, each with a snapshot of its own.
    """
    raw = _raw(session)
    with _told_as_ours(raw):
        if len(asked) == 1:
            cursors = [raw.execute(*asked[0])]
            return [cursors[0].fetchall() if cursors[0].description else []]
        with raw.pipeline():
            cursors = [raw.execute(statement, values) for statement, values in asked]
        return [cursor.fetchall() if cursor.description else [] for cursor in cursors]


def say(session: Session, statement: str, values: Mapping[str, Any]) -> None:
    """Make one more change, with %(name)s for its values. It may be large, so it goes alone and not in a pipeline."""
    raw = _raw(session)
    with _told_as_ours(raw):
        raw.execute(statement, values)


def peek(bind: Engine | Connection, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of one statement that commits by itself, in no scope: it sees no person. One round trip.

    Straight through the driver, on a connection of the pool, for what is asked hundreds of times a second.
    """
    if not isinstance(bind, Engine):  # a connection of the tests, inside their transaction
        with transaction(bind) as session:
            return ask(session, (statement, values))[0]
    pooled = bind.raw_connection()
    try:
        raw: Any = pooled.driver_connection
        with _told_as_ours(raw):
            raw.autocommit = True
            found: list[tuple[Any, ...]] = raw.execute(statement, values).fetchall()
            raw.autocommit = False
    except DBAPIError as error:
        pooled.invalidate(error)
        raise
    else:
        return found
    finally:
        pooled.close()


def _raw(session: Session) -> Any:
    return session.connection().connection.dbapi_connection


@contextmanager
def _told_as_ours(raw: Any) -> Iterator[None]:
    """Raise the driver's errors as those that the rest of the service knows.

    A connection that is gone is noticed by SQLAlchemy when it rolls the transaction back.
    """
    try:
        yield
    except psycopg.Error as error:
        told = DBAPIError.instance(
            "", {}, error, psycopg.Error, hide_parameters=True, connection_invalidated=bool(raw.closed)
        )
        raise told from error


@contextmanager
def read_only(engine: Engine | Connection, scope: Scope | None = None) -> Iterator[Session]:
    """Yield a session of one READ ONLY transaction in `scope`."""
    if isinstance(engine, Engine):  # BEGIN READ ONLY, one message; a second statement would cost a round trip
        with _session(engine.execution_options(postgresql_readonly=True), scope) as session, session.begin():
            yield session
    else:  # a connection of the tests, inside their transaction
        with _scope_kept(engine), _session(engine, scope) as session, session.begin():
            session.execute(text("SET TRANSACTION READ ONLY"))
            yield session


@contextmanager
def _scope_kept(engine: Engine | Connection) -> Iterator[None]:
    """Give a connection that is in a transaction of the caller's own its scope back when the inner one is done."""
    if isinstance(engine, Engine):
        yield
        return
    raw: Any = engine.connection.dbapi_connection
    row = raw.execute(_GET_SCOPE, (signed_scope.SETTING,)).fetchone()
    yield  # an error rolls back to the savepoint, and with it the setting
    raw.execute(_SET_SCOPE, (signed_scope.SETTING, row[0] or ""))


def one_of(column: str, members: type[StrEnum], *, name: str | None = None) -> CheckConstraint:
    """Return the CHECK that keeps a text column inside a closed set."""
    values = ", ".join(f"'{member.value}'" for member in members)
    return CheckConstraint(f"{column} IN ({values})", name=name or column)
