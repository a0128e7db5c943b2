"""Recurring jobs of the indicators."""

from datetime import datetime, time
from typing import Final

from cmc.core.clock import local_date
from cmc.core.db import Transaction
from cmc.core.jobs import Daily, Every, Job
from cmc.core.log import get_logger
from cmc.indicators import coverage, service
from cmc.indicators.periods import live_periods
from cmc.patients import touched

BATCH: Final = 2000

_logger = get_logger(__name__)


def refresh(transaction: Transaction, now: datetime) -> int:
    """Count what changed: build live periods that are missing (a new month), then take the marks."""
    return _build_missing(transaction, now) + _take(transaction, now)


def _take(transaction: Transaction, now: datetime, *, seconds: float | None = touched.RUN_SECONDS) -> int:
    return touched.drain(
        transaction,
        touched.INDICATORS,
        lambda session, people: service.refresh(session, people, now=now, on=local_date(now)),
        limit=BATCH,
        seconds=seconds,
    )


def nightly(transaction: Transaction, now: datetime) -> int:
    """Recompute every live period from all records and log how many numbers differed from the stored ones.

    Marks that are still open are differences too, so they are taken first.
    """
    _build_missing(transaction, now)
    _take(transaction, now, seconds=None)
    periods = live_periods(local_date(now))
    differences = 0
    for period in periods:
        with transaction() as session:
            differences += service.rebuild(session, periods=[period], now=now).facts
    with transaction() as session:
        service.forget_facts(session, keep=periods)
    if differences:
        _logger.warning("indicators_differed", job="indicators.nightly", count=differences)
    return differences


def _build_missing(transaction: Transaction, now: datetime) -> int:
    periods = live_periods(local_date(now))
    with transaction() as session:
        if not coverage.clinic_ids(session):
            return 0
        missing = sorted(set(periods) - coverage.built(session, periods))
    for period in missing:
        with transaction() as session:
            service.rebuild(session, periods=[period], now=now)
    return len(missing)


JOBS: Final[tuple[Job, ...]] = (
    Job("indicators.refresh", refresh, Every(2)),
    Job("indicators.nightly", nightly, Daily(time(3, 30))),
)
