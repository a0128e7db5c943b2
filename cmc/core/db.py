"""Engines and transactions: the only place where connections are made and changes are committed.

A request or a job step is one transaction, opened and committed at the edge; services never commit.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from enum import StrEnum

from sqlalchemy import CheckConstraint, Connection, Engine, create_engine, text
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

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


POOL_SIZE = 8
"""Connections a process holds at most."""


def make_engine(url: str, *, pool_size: int = POOL_SIZE) -> Engine:
    """Return an engine with a bounded pool: a full pool fails after 2 s, which the HTTP edge answers with 503.

    Connections are not pinged before use, which would cost every request a round trip: the first request that meets a
    dead one gets a 503 and the pool then drops all that are as old.
    """
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=2,
        hide_parameters=True,
        connect_args={"options": _SESSION_SETTINGS, "application_name": "cmc", "connect_timeout": 5},
    )


def _session(bind: Engine | Connection) -> Session:
    # Savepoint mode only matters for a bind that is in a transaction already, as in the tests.
    return Session(bind, expire_on_commit=False, autoflush=False, join_transaction_mode="create_savepoint")


@contextmanager
def transaction(engine: Engine | Connection) -> Iterator[Session]:
    """Yield a session whose changes are committed at the end, or rolled back when an error leaves the block."""
    with _session(engine) as session, session.begin():
        yield session


@contextmanager
def read_only(engine: Engine | Connection) -> Iterator[Session]:
    """Yield a session of one READ ONLY transaction."""
    if isinstance(engine, Engine):  # BEGIN READ ONLY, one message; a second statement would cost a round trip
        with _session(engine.execution_options(postgresql_readonly=True)) as session, session.begin():
            yield session
    else:  # a connection of the tests, inside their transaction
        with _session(engine) as session, session.begin():
            session.execute(text("SET TRANSACTION READ ONLY"))
            yield session


def one_of(column: str, members: type[StrEnum], *, name: str | None = None) -> CheckConstraint:
    """Return the CHECK that keeps a text column inside a closed set."""
    values = ", ".join(f"'{member.value}'" for member in members)
    return CheckConstraint(f"{column} IN ({values})", name=name or column)
