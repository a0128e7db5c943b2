"""Metrics that live in the database: read when Prometheus asks, so that every web process tells the same."""

from collections.abc import Callable

from prometheus_client import Gauge
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.tables import JobRun

Sampler = Callable[[Session], None]
"""Sets gauges from what a session reads; never a label that names a person."""

_job_ok = Gauge("cmc_job_last_success_timestamp_seconds", "Start of the last good run of a job", ["job"])
_job_failures = Gauge("cmc_job_failures", "Failed runs of a job since it was first seen", ["job"])


def sample_jobs(session: Session) -> None:
    """Set the gauges of the recurring jobs: alert when a job's last success is old."""
    for job, ok_at, failures in session.execute(
        select(col(JobRun.job), col(JobRun.last_ok_at), col(JobRun.failures))
    ).all():
        if ok_at is not None:
            _job_ok.labels(job).set(ok_at.timestamp())
        _job_failures.labels(job).set(failures)
