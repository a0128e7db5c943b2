"""The record of job runs in the table `job_run`."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from cmc.core.jobs import LastRun
from cmc.core.tables import JobRun

_job_run = SQLModel.metadata.tables[str(JobRun.__tablename__)]


def last_run(session: Session, job: str) -> LastRun:
    """What is known of a job; an empty `LastRun` for a new one."""
    row = session.execute(
        select(_job_run.c.last_started_at, _job_run.c.last_ok_at).where(_job_run.c.job == job)
    ).one_or_none()
    return LastRun() if row is None else LastRun(started_at=row[0], ok_at=row[1])


def started(session: Session, job: str, at: datetime) -> None:
    """Note the start of a run."""
    statement = insert(_job_run).values(job=job, last_started_at=at, runs=1)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[_job_run.c.job], set_={"last_started_at": at, "runs": _job_run.c.runs + 1}
        )
    )


def succeeded(session: Session, job: str, began_at: datetime, at: datetime) -> None:
    """Note the good end of a run. It counts for the moment at which it began: a run may end after the next hour."""
    session.execute(
        update(_job_run).where(_job_run.c.job == job).values(last_finished_at=at, last_ok_at=began_at, last_error=None)
    )


def failed(session: Session, job: str, at: datetime, error: str) -> None:
    """Note the bad end of a run; `error` is a type and an SQLSTATE, no text of the exception."""
    session.execute(
        update(_job_run)
        .where(_job_run.c.job == job)
        .values(last_finished_at=at, last_error=func.left(error, 200), failures=_job_run.c.failures + 1)
    )
