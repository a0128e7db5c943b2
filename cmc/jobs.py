"""The one list of the worker's recurring jobs."""

from cmc.core.jobs import Job

JOBS: tuple[Job, ...] = ()
