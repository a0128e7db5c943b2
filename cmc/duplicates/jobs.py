"""The nightly search for records that may be one person."""

from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from cmc.core import db
from cmc.core.crypto import Keyring
from cmc.core.db import Transaction
from cmc.core.jobs import Daily, Every, Job
from cmc.core.operating import OperatorError
from cmc.core.scope import system_scope
from cmc.duplicates import finding, merging, queries
from cmc.patients import traits

_SCOPE: Final = system_scope("job:duplicates.nightly")
_MAY_ARRIVE_LATE: Final = timedelta(hours=1)
"""No transaction lasts so long: later nothing can reach a merged record any more."""

BATCH: Final = 200
"""People a transaction."""


def nightly(transaction: Transaction, now: datetime) -> int:
    """Give keys to who has none yet, compare everyone whose keys are new; returns how many people were compared."""
    with transaction() as session:
        keys = db.keys_of(session)
        fields = keys.fields if keys is not None else None
    if fields is None:
        raise OperatorError("the search for duplicates reads names: it needs the service's log-in and the master key")
    after = UUID(int=0)
    while last := _give_keys(transaction, fields, after):
        after = last
    done = 0
    while count := _review(transaction, fields, now):
        done += count
    return done


def _give_keys(transaction: Transaction, keys: Keyring, after: UUID) -> UUID | None:
    with transaction() as session:
        people = queries.without_keys(session, _SCOPE, after=after, limit=BATCH)
        traits.remember(session, keys, people)
        return people[-1].id if people else None


def _review(transaction: Transaction, keys: Keyring, now: datetime) -> int:
    with transaction() as session:
        people = queries.waiting(session, _SCOPE, limit=BATCH)
        for each in people:
            finding.review(session, _SCOPE, keys, each, now=now)
        return len(people)


def stragglers(transaction: Transaction, now: datetime) -> int:
    """Gather what reached records just after they were merged; returns how many rows."""
    with transaction() as session:
        merges = queries.recent_merges(session, _SCOPE, since=now - _MAY_ARRIVE_LATE)
    rows = 0
    for each in merges:
        with transaction() as session:
            rows += merging.gather(session, _SCOPE, each, now=now)
    return rows


JOBS: Final = (
    Job("duplicates.nightly", nightly, Daily(time(2, 20))),
    Job("duplicates.stragglers", stragglers, Every(60)),
)
