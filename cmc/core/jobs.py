"""What a recurring job is, and when it is due."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from cmc.core.clock import LOCAL
from cmc.core.db import Transaction

RETRY_AFTER: Final = timedelta(minutes=10)
"""A daily job that failed is tried again after this time."""


@dataclass(frozen=True, slots=True)
class Every:
    """A job that runs every so many seconds while the worker lives."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Daily:
    """A job that runs once for each local day, from `at` (Asia/Shanghai) on.

    It is due from what the database knows, not from a timer: a worker that was down at the hour runs it when it comes
    back. Of several missed days only the last is made up for; a job that owes something for each day asks its tables.
    """

    at: time


@dataclass(frozen=True, slots=True)
class Job:
    """One recurring job of the worker.

    `run(transaction, now)` opens as many transactions as it has units of work, and returns the number of rows that it
    handled. It must bear being run again at any point: a worker may die in the middle of it.
    """

    name: str
    run: Callable[[Transaction, datetime], int]
    trigger: Every | Daily


@dataclass(frozen=True, slots=True)
class LastRun:
    """What is known of a job's past; None for what never happened."""

    started_at: datetime | None = None
    ok_at: datetime | None = None


def is_due(trigger: Every | Daily, last: LastRun, now: datetime) -> bool:
    """Whether a job should start at the aware instant `now`.

    A past that lies in the future (a clock that was set back) counts as nothing, so that no job waits for days.
    """
    if isinstance(trigger, Every):
        return True
    slot = latest_slot(trigger.at, now)
    if last.ok_at is not None and slot <= last.ok_at <= now:
        return False
    tried = last.started_at is not None and slot <= last.started_at <= now
    return not tried or last.started_at is None or now - last.started_at >= RETRY_AFTER


def latest_slot(at: time, now: datetime) -> datetime:
    """The last instant, not after `now`, at which the local clock showed `at`."""
    local = now.astimezone(LOCAL)
    slot = datetime.combine(local.date(), at, LOCAL)
    return slot if slot <= local else datetime.combine(local.date() - timedelta(days=1), at, LOCAL)
