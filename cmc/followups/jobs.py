"""The recurring work of follow-ups: news of people within seconds, everybody once a night."""

from datetime import datetime, time
from typing import Final
from uuid import UUID

from cmc.core.db import Transaction
from cmc.core.jobs import Daily, Every, Job
from cmc.core.scope import system_scope
from cmc.followups import drafts, plan_facts, tasks
from cmc.patients import touched

_SCOPE: Final = system_scope("job:followups")
_MARKS, _PEOPLE = 1000, 1000

BATCHES_PER_RUN: Final = 50
"""A refresh ends after so many batches: a flood of marks must not keep a worker from stopping; the next run goes on."""


def refresh(transaction: Transaction, now: datetime) -> int:
    """Take the marks of changed people, batch by batch, and settle their tasks; return the number of people.

    Marks and tasks change in one transaction: a worker that dies in between leaves both as they were.
    """
    handled = 0
    for _ in range(BATCHES_PER_RUN):
        with transaction() as session:
            people = touched.take(session, touched.FOLLOWUPS, limit=_MARKS)
            if not people:
                break
            tasks.reconcile(session, _SCOPE, people, now=now)
        handled += len(people)
    return handled


def nightly(transaction: Transaction, now: datetime) -> int:
    """Settle the tasks of everybody who has an open enrolment or an open task; return the number of people.

    Keyset over the people's ids, one transaction each 1,000. Run again after a crash: who is settled costs
    reads only.
    """
    handled, after = 0, UUID(int=0)
    while True:
        with transaction() as session:
            people = plan_facts.people_with_a_next_step(session, _SCOPE, after=after, limit=_PEOPLE)
            if not people:
                return handled
            tasks.reconcile(session, _SCOPE, people, now=now)
        handled, after = handled + len(people), people[-1]


def forget_drafts(transaction: Transaction, now: datetime) -> int:
    """Forget the drafts of visits that have expired; return how many."""
    with transaction() as session:
        return drafts.forget_expired(session, now=now)


JOBS: Final = (
    Job("followups.refresh", refresh, Every(2)),
    Job("followups.nightly", nightly, Daily(time(2, 30))),
    Job("followups.drafts", forget_drafts, Daily(time(2, 50))),
)
