"""Tables of the technical kernel."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Text
from sqlmodel import Field, SQLModel


class JobRun(SQLModel, table=True):
    """What is known of a recurring job: one row per job name. Errors are kept by type and SQLSTATE, never by text.

    `last_ok_at` is the moment at which the last good run began.
    """

    __tablename__ = "job_run"
    __table_args__ = (CheckConstraint("runs >= 0 AND failures BETWEEN 0 AND runs", name="counts"),)

    job: str = Field(sa_column=Column(Text, primary_key=True))
    last_started_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    last_finished_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    last_ok_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    last_error: str | None = Field(default=None, sa_column=Column(Text))
    runs: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    failures: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))


class Installation(SQLModel, table=True):
    """What the database knows of the installation it belongs to: one row a fact."""

    name: str = Field(sa_column=Column(Text, primary_key=True))
    value: bytes
