"""The worker's part of imports and exports: lines checked and stored step by step, files made, the old forgotten."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from cmc.core import db
from cmc.core.db import Transaction
from cmc.core.jobs import Daily, Every, Job
from cmc.core.operating import OperatorError
from cmc.core.scope import system_scope
from cmc.exchange import queries, running
from cmc.exchange.exports import queries as export_queries
from cmc.exchange.exports import service as exports

KEPT_DAYS: Final = 30
_SCOPE: Final = system_scope("job:exchange.imports")
_EXPORTS: Final = system_scope("job:exchange.exports")


def work(transaction: Transaction, now: datetime) -> int:
    """Work off every import that waits, a step a transaction; returns how many steps were done.

    One that cannot be worked on holds up no other: it is left for the next time, and its error is told at the end.
    """
    return _each(_step, transaction, now)


def _each(step: Callable[[Transaction, list[UUID], datetime], bool], transaction: Transaction, now: datetime) -> int:
    """Do steps until none is left; those that failed are left out and the last error is raised at the end."""
    done, failed, error = 0, list[UUID](), None
    while True:
        try:
            if not step(transaction, failed, now):
                break
            done += 1
        except StepError as found:
            failed.append(found.run_id)
            error = found
    if error is not None:
        raise error
    return done


class StepError(Exception):
    """A step of an import, or an export, went wrong; the cause is its own."""

    def __init__(self, run_id: UUID) -> None:
        super().__init__("a step of an import or export went wrong")
        self.run_id = run_id


def _step(transaction: Transaction, failed: list[UUID], now: datetime) -> bool:
    with transaction() as session:
        run = queries.waiting(session, _SCOPE, but=failed)
        if run is None:
            return False
        keys = db.keys_of(session)
        if keys is None or keys.fields is None:
            raise OperatorError("imports read names: the worker needs the service's log-in and the master key")
        try:
            running.step(session, keys.fields, run, now=now)
        except Exception as error:
            raise StepError(run.id) from error
        return True


def forget(transaction: Transaction, now: datetime) -> int:
    """Take imports away that were finished or left alone 30 days ago; what they stored stays."""
    with transaction() as session:
        return queries.forget(session, _SCOPE, before=now - timedelta(days=KEPT_DAYS))


def make_exports(transaction: Transaction, now: datetime) -> int:
    """Make the file of every export that waits, one a transaction; returns how many. A failing one holds up none."""
    return _each(_export, transaction, now)


def _export(transaction: Transaction, failed: list[UUID], now: datetime) -> bool:
    with transaction() as session:
        run = export_queries.waiting(session, _EXPORTS, but=failed)
        if run is None:
            return False
        keys = db.keys_of(session)
        if keys is None or keys.fields is None:
            raise OperatorError("exports read names: the worker needs the service's log-in and the master key")
        run_id = run.id
        try:
            exports.make(session, keys.fields, run, now=now)
        except Exception as error:
            raise StepError(run_id) from error
        return True


def expire_exports(transaction: Transaction, now: datetime) -> int:
    """Take the files of exports away whose time is over; returns how many."""
    with transaction() as session:
        return exports.expire(session, _EXPORTS, now=now)


JOBS: Final = (
    Job("exchange.imports", work, Every(2)),
    Job("exchange.exports", make_exports, Every(2)),
    Job("exchange.expire", expire_exports, Every(300)),
    Job("exchange.forget", forget, Daily(time(4, 10))),
)
