"""The recurring work of follow-ups: news of people within seconds, everybody once a night."""

from collections.abc import Callable
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
_MARKS = 1000
_EXAMINED = 100

BATCHES_PER_RUN: Final = 10
"""A refresh ends after so many batches: a flood of marks must not keep a worker from stopping; the next run goes on."""
EXAMINED_PER_RUN: Final = 2
"""So many batches of whole records a refresh looks at: examinations wait, what is new about people does not."""


def refresh(transaction: Transaction, now: datetime) -> int:
    """Take the marks of changed people, batch by batch, and settle their tasks; return the number of people.

    Marks and tasks change in one transaction: a worker that dies in between leaves both as they were. Visits, alerts
    and referrals come first, for all who are marked; then groups and examinations, a few hundred people a run.
    """
    handled = _drain(transaction, touched.FOLLOWUPS, _visits, now, size=_MARKS, batches=BATCHES_PER_RUN)
    _drain(transaction, touched.EXAMINATIONS, _examinations, now, size=_EXAMINED, batches=EXAMINED_PER_RUN)
    return handled


def nightly(transaction: Transaction, now: datetime) -> int:
    """Mark everybody whose plan is not that of the facts, or has come to its day, and settle them; return how many.

    Marking is one statement over everybody; the settling takes a batch of people at a time, one transaction each. Run
    again after a crash it goes on: the marks stand in the database.
    """
    with transaction() as session:
        states.mark_all(session, now=now, on=local_date(now))
    handled = _drain(transaction, touched.FOLLOWUPS, _visits, now, size=_MARKS, batches=None)
    _drain(transaction, touched.EXAMINATIONS, _examinations, now, size=_EXAMINED, batches=None)
    return handled


Step = Callable[[Session, list[UUID], datetime], None]


def _drain(transaction: Transaction, topic: str, step: Step, now: datetime, *, size: int, batches: int | None) -> int:
    """Take marks and do one step for the people, who are locked first, in the order of their ids.

    What is locked further on is held already: two workers never wait for each other.
    """
    handled = done = 0
    while batches is None or done < batches:
        with transaction() as session:
            people = touched.take(session, topic, limit=size)
            if not people:
                break
            plan_facts.lock_people(session, _SCOPE, people)
            step(session, people, now)
        handled, done = handled + len(people), done + 1
    return handled


def _visits(session: Session, people: list[UUID], now: datetime) -> None:
    """Referrals that visits ask for, then visits, alerts and referrals."""
    referring.raise_from_visits(session, _SCOPE, people, now=now)
    tasks.reconcile(session, _SCOPE, people, now=now)
    states.mark_changed(session, people, now=now, on=local_date(now))


def _examinations(session: Session, people: list[UUID], now: datetime) -> None:
    """Groups and examinations; visits too, so that all of the plan follows from the facts whose hash is kept."""
    before = states.facts_of(session, people)
    tasks.reconcile(session, _SCOPE, people, now=now)
    regrouped = exam_tasks.reconcile(session, _SCOPE, people, now=now)
    if regrouped:
        tasks.reconcile(session, _SCOPE, regrouped, now=now)
    states.seal(session, before)


def forget_drafts(transaction: Transaction, now: datetime) -> int:
    """Forget the drafts of visits that have expired; return how many."""
    with transaction() as session:
        return drafts.forget_expired(session, now=now)


JOBS: Final = (
    Job("followups.refresh", refresh, Every(2)),
    Job("followups.nightly", nightly, Daily(time(2, 30))),
    Job("followups.drafts", forget_drafts, Daily(time(2, 50))),
)
