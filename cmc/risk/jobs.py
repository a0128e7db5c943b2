"""The recurring work of complication risk: news of people within seconds, everybody once a night."""

from datetime import datetime, time
from typing import Final
from uuid import UUID

from cmc.core.clock import local_date
from cmc.core.db import Transaction
from cmc.core.jobs import Daily, Every, Job
from cmc.core.scope import system_scope
from cmc.patients import touched
from cmc.risk import assessing, queries, watching

_SCOPE: Final = system_scope("job:risk")
_MARKS, _PEOPLE = 500, 500
"""A batch; between its statements it computes, and no longer than the database bears an idle transaction: 30 s."""


def refresh(transaction: Transaction, now: datetime) -> int:
    """Take the marks of changed people, and score them; return the number of people."""
    return touched.drain(
        transaction,
        touched.RISK,
        lambda session, people: assessing.score(session, _SCOPE, people, now=now, on=local_date(now)),
        limit=_MARKS,
    )


def nightly(transaction: Transaction, now: datetime) -> int:
    """Score everybody who is managed or has a standing; return the number of people.

    Birthdays, values that grow too old, doctors' bands that end and readings leave no mark. Keyset over the people's
    ids, one transaction each batch. Run again after a crash: of who is unchanged nothing is written.
    """
    handled, after = 0, UUID(int=0)
    while True:
        with transaction() as session:
            people = queries.people_to_score(session, _SCOPE, after=after, limit=_PEOPLE)
            if not people:
                return handled
            assessing.score(session, _SCOPE, people, now=now, on=local_date(now))
        handled, after = handled + len(people), people[-1]


def monitor(transaction: Transaction, now: datetime) -> int:
    """Look at the last whole month of the models, once; return how many things were looked at."""
    on = local_date(now)
    with transaction() as session:
        month = watching.due_month(on)
        if watching.is_done(session, month):
            return 0
        return len(watching.look(session, _SCOPE, month, now=now, on=on))


JOBS: Final = (
    Job("risk.refresh", refresh, Every(3)),
    Job("risk.nightly", nightly, Daily(time(0, 20))),
    Job("risk.monitor", monitor, Daily(time(3, 40))),
)
