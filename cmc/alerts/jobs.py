"""The recurring work of alerts: news of people within a second, what time brings, silence, and everybody at night."""

from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from cmc.alerts import looking, queries, silence, waiting
from cmc.clinical.alert_facts import ANSWERED_AFTER
from cmc.core.clock import local_date
from cmc.core.db import Transaction
from cmc.core.jobs import Daily, Every, Job
from cmc.core.scope import system_scope
from cmc.patients import touched

_SCOPE: Final = system_scope("job:alerts")
_MARKS, _PEOPLE = 500, 500


def refresh(transaction: Transaction, now: datetime) -> int:
    """Take the marks of changed people, and look at them; return the number of people."""
    return touched.drain(
        transaction,
        touched.ALERTS,
        lambda session, people: looking.look(session, _SCOPE, people, now=now),
        limit=_MARKS,
    )


def wait(transaction: Transaction, now: datetime) -> int:
    """Tell further up what nobody acknowledged, raise again what nobody acted on; return how many alerts."""
    handled = 0
    while True:
        with transaction() as session:
            found = waiting.tick(session, _SCOPE, now=now)
        handled += found
        if found < waiting.BATCH:
            return handled


def listen(transaction: Transaction, now: datetime) -> int:
    """Look for gateways that fell silent; return how many."""
    with transaction() as session:
        return silence.listen(session, _SCOPE, now=now)


def nightly(transaction: Transaction, now: datetime) -> int:
    """Look at everybody who measured within 14 days, has a device at home or an alert; return the number of people.

    Finds what no mark told and what the calendar alone brings (no data for long). Keyset, a transaction each batch.
    """
    handled, after = 0, UUID(int=0)
    since = local_date(now - ANSWERED_AFTER) - timedelta(days=1)
    while True:
        with transaction() as session:
            people = queries.people_to_look_at(session, _SCOPE, since=since, after=after, limit=_PEOPLE)
            if not people:
                return handled
            looking.look(session, _SCOPE, people, now=now)
        handled, after = handled + len(people), people[-1]


JOBS: Final = (
    Job("alerts.refresh", refresh, Every(1)),
    Job("alerts.wait", wait, Every(5)),
    Job("alerts.listen", listen, Every(300)),
    Job("alerts.nightly", nightly, Daily(time(2, 10))),
)
