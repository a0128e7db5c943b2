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
BATCHES_PER_RUN: Final = 10
"""A run ends after so many batches, so that a flood of marks cannot keep the nightly job from its turn."""

_logger = get_logger(__name__)


def refresh(transaction: Transaction, now: datetime) -> int:
    """Count what changed: build live periods that are missing (a new month), then take the marks batch by batch.

    A mark is taken in the transaction that stores its effects, so it is only gone when they are there.
    """
    handled = _build_missing(transaction, now)
    for _ in range(BATCHES_PER_RUN):
        with transaction() as session:
            people = touched.take(session, touched.INDICATORS, limit=BATCH)
            if not people:
                break
            service.refresh(session, people, now=now, on=local_date(now))
            handled += len(people)
    return handled


def nightly(transaction: Transaction, now: datetime) -> int:
    """Recompute every live period from all records and log how many numbers differed from the stored ones.

    Marks that are still open are differences too, so they are taken first.
    """
    refresh(transaction, now)
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
