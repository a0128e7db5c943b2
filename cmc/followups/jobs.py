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

_EXAMINED_SECONDS: Final = 1.0
"""For so long a refresh looks at whole records: examinations wait, what is new about people does not."""


def refresh(transaction: Transaction, now: datetime) -> int:
    """Take the marks of changed people, batch by batch, and settle their tasks; return the number of people.

    Marks and tasks change in one transaction: a worker that dies in between leaves both as they were. Visits, alerts
    and referrals come first, for all who are marked; then groups and examinations, a few hundred people a run.
    """
    handled = drain_visits(transaction, now, seconds=touched.RUN_SECONDS)
    _drain_examinations(transaction, now, seconds=_EXAMINED_SECONDS)
    return handled


def nightly(transaction: Transaction, now: datetime) -> int:
    """Mark everybody whose plan is not that of the facts, or has come to its day, and settle them; return how many.

    Marking is one statement over everybody; the settling takes a batch of people at a time, one transaction each. Run
    again after a crash it goes on: the marks stand in the database.
    """
    with transaction() as session:
        states.mark_all(session, now=now, on=local_date(now))
    handled = drain_visits(transaction, now, seconds=None)
    _drain_examinations(transaction, now, seconds=None)
    return handled


def drain_visits(transaction: Transaction, now: datetime, *, seconds: float | None) -> int:
    """Settle who is marked: visits, alerts and referrals; return how many people."""
    step = _locked(_visits, now)
    return touched.drain(transaction, touched.FOLLOWUPS, step, limit=_MARKS, seconds=seconds)


def _drain_examinations(transaction: Transaction, now: datetime, *, seconds: float | None) -> int:
    step = _locked(_examinations, now)
    return touched.drain(transaction, touched.EXAMINATIONS, step, limit=_EXAMINED, seconds=seconds)


def _locked(
    step: Callable[[Session, list[UUID], datetime], None], now: datetime
) -> Callable[[Session, list[UUID]], None]:
    """The step, with its people locked first, in the order of their ids.

    What is locked further on is held already: two workers never wait for each other.
    """

    def locked(session: Session, people: list[UUID]) -> None:
        plan_facts.lock_people(session, _SCOPE, people)
        step(session, people, now)

    return locked


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
    Job("followups.refresh", refresh, Every(1)),
    Job("followups.nightly", nightly, Daily(time(2, 30))),
    Job("followups.drafts", forget_drafts, Daily(time(2, 50))),
)
