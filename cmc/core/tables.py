"""Table of the runs of jobs."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class JobRun(SQLModel, table=True):
    """When a job last ran and how it ended: one row a job."""

    __tablename__ = "job_run"

    job: str = Field(primary_key=True)
    last_started_at: datetime | None = None
    last_finished_at: datetime | None = None
    last_ok_at: datetime | None = None
    last_error: str | None = None
    runs: int = 0
    failures: int = 0
