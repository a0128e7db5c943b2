"""The recurring work of follow-ups: news of people within seconds, everybody once a night."""

from datetime import datetime, time
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.core.clock import local_date
from cmc.core.db import Transaction
from cmc.core.jobs import Daily, Every, Job
from cmc.core.scope import system_scope
from cmc.followups import drafts, exam_tasks, plan_facts, referring, states, tasks
from cmc.patients import touched

_SCOPE: Final = system_scope("job:followups")
_MARKS = 500

BATCHES_PER_RUN: Final = 50
"""A refresh ends after so many batches: a flood of marks must not keep a worker from stopping; the next run goes on."""


def refresh(transaction: Transaction, now: datetime) -> int:
    """Take the marks of changed people, batch by batch, and settle their tasks; return the number of people.

    Marks and tasks change in one transaction: a worker that dies in between leaves both as they were.
    """
    return _take(transaction, now, batches=BATCHES_PER_RUN)


def nightly(transaction: Transaction, now: datetime) -> int:
    """Mark everybody whose plan is not that of the facts, or has come to its day, and settle them; return how many.

    Marking is one statement over everybody; the settling takes 500 people at a time, one transaction each. Run again
    after a crash it goes on: the marks stand in the database.
    """
    with transaction() as session:
        states.mark_all(session, now=now, on=local_date(now))
    return _take(transaction, now, batches=None)


def _take(transaction: Transaction, now: datetime, *, batches: int | None) -> int:
    handled = done = 0
    while batches is None or done < batches:
        with transaction() as session:
            people = touched.take(session, touched.FOLLOWUPS, limit=_MARKS)
            if not people:
                break
            _plan(session, people, now)
        handled, done = handled + len(people), done + 1
    return handled


def _plan(session: Session, people: list[UUID], now: datetime) -> None:
    """Referrals that visits ask for, visits and alerts, groups and examinations, and visits again in the new rhythm.

    All people are locked first, in the order of their ids: what is locked further on is held already, so that two
    workers never wait for each other.
    """
    plan_facts.lock_people(session, _SCOPE, people)
    referring.raise_from_visits(session, _SCOPE, people, now=now)
    tasks.reconcile(session, _SCOPE, people, now=now)
    regrouped = exam_tasks.reconcile(session, _SCOPE, people, now=now)
    if regrouped:
        tasks.reconcile(session, _SCOPE, regrouped, now=now)
    states.seal(session, people)


def forget_drafts(transaction: Transaction, now: datetime) -> int:
    """Forget the drafts of visits that have expired; return how many."""
    with transaction() as session:
        return drafts.forget_expired(session, now=now)


JOBS: Final = (
    Job("followups.refresh", refresh, Every(2)),
    Job("followups.nightly", nightly, Daily(time(2, 30))),
    Job("followups.drafts", forget_drafts, Daily(time(2, 50))),
)
