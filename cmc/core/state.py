"""What the service tells of itself: versions, the recurring jobs, what waits, when the last message came. No person."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.tables import JobRun
from cmc.core.text import Text


class ToldOut(BaseModel):
    """One line of a domain: how many wait, or when something happened last."""

    code: str
    name: Text
    count: int | None = Field(description="how many wait; null where nothing is counted")
    at: datetime | None = Field(description="since when the oldest waits, or when it happened last; null: none")


Teller = Callable[[Session], ToldOut]
"""Tells one line of the whole installation; one statement."""


class JobOut(BaseModel):
    """A recurring job of the worker, as its ledger has it; errors by type, never by text."""

    job: str
    last_started_at: datetime | None
    last_finished_at: datetime | None
    last_ok_at: datetime | None = Field(description="when the last good run began")
    last_error: str | None
    runs: int
    failures: int

    @classmethod
    def of(cls, row: JobRun) -> Self:
        return cls.model_validate(row.model_dump())


class StateOut(BaseModel):
    """The state of the installation."""

    version: str
    ui_build: str | None = Field(description="build of the pages that this process serves; null without pages")
    postgresql: str = Field(description="version of the database")
    database_bytes: int
    now: datetime = Field(description="by the clock of this process")
    database_now: datetime = Field(description="by the clock of the database; a difference of seconds is a fault")
    jobs: list[JobOut]
    told: list[ToldOut]


_DATABASE = text("SELECT current_setting('server_version'), pg_database_size(current_database()), clock_timestamp()")


def of_installation(
    session: Session, tellers: Iterable[Teller], *, version: str, ui_build: str | None, now: datetime
) -> StateOut:
    """Gather the state; the session sees the whole region."""
    postgresql, size, database_now = session.execute(_DATABASE).one()
    jobs = session.scalars(select(JobRun).order_by(col(JobRun.job)))
    return StateOut(
        version=version,
        ui_build=ui_build,
        postgresql=postgresql,
        database_bytes=size,
        now=now,
        database_now=database_now,
        jobs=[JobOut.of(row) for row in jobs],
        told=[tell(session) for tell in tellers],
    )


def told(session: Session, code: str, name: Text, statement: str) -> ToldOut:
    """Return the line of a statement that gives a count (or NULL) and an instant (or NULL)."""
    count, at = session.execute(text(statement)).one()
    return ToldOut(code=code, name=name, count=count, at=at)
