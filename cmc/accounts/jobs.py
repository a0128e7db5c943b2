"""The job that removes what no longer counts: ended sessions, old nonces, the budgets of past days."""

from datetime import datetime, time, timedelta

from sqlalchemy import delete
from sqlmodel import col

from cmc.accounts.access import ABSOLUTE
from cmc.accounts.keys import WINDOW
from cmc.accounts.tables import AuthSession, SeenPerson, UsedNonce
from cmc.core.clock import local_date
from cmc.core.db import Transaction
from cmc.core.jobs import Daily, Every, Job


def forget_nonces(transaction: Transaction, now: datetime) -> int:
    """Remove the nonces of signatures that are too old to be taken again; returns how many."""
    with transaction() as session:
        done = session.execute(delete(UsedNonce).where(col(UsedNonce.used_at) < now - 3 * WINDOW))
        return int(done.rowcount)  # type: ignore[attr-defined]


def clean(transaction: Transaction, now: datetime) -> int:
    """Remove ended sessions and the budgets of past days; returns how many rows."""
    with transaction() as session:
        ended = session.execute(delete(AuthSession).where(col(AuthSession.created_at) < now - ABSOLUTE))
        past = local_date(now) - timedelta(days=1)
        spent = session.execute(delete(SeenPerson).where(col(SeenPerson.seen_on) < past))
        return int(ended.rowcount + spent.rowcount)  # type: ignore[attr-defined]


JOBS: tuple[Job, ...] = (
    Job("accounts.nonces", forget_nonces, Every(60)),
    Job("accounts.clean", clean, Daily(time(3, 30))),
)
