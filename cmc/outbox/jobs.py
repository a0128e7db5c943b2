"""The recurring work of the outbox."""

from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy import text

from cmc.core import clock, config, db
from cmc.core.db import Transaction
from cmc.core.jobs import Daily, Every, Job
from cmc.core.operating import OperatorError
from cmc.outbox import delivering
from cmc.outbox.apprising import policy_of

KEPT_DAYS: Final = 90
"""How long messages that are settled stay in the log of deliveries [D]."""
_GONE: Final = (
    text(
        "DELETE FROM delivery AS d USING outbox_event AS e WHERE e.id = d.event_id AND e.created_at < :before"
        " AND d.status <> 'pending'"
    ),
    text(
        "DELETE FROM outbox_event AS e WHERE e.created_at < :before AND e.spread_at IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM delivery AS d WHERE d.event_id = e.id)"
    ),
)


def deliver(transaction: Transaction, now: datetime) -> int:
    """Send what waits; return how many messages were spread or sent."""
    spread = delivering.spread(transaction, now=now)
    with transaction() as session:
        waiting = session.scalar(
            text("SELECT EXISTS (SELECT FROM delivery WHERE status = 'pending' AND next_at <= :now)"), {"now": now}
        )
        keys = db.keys_of(session)
    if not waiting:
        return spread
    if keys is None or keys.fields is None:
        raise OperatorError("sending opens sealed addresses: it needs the service's log-in and the master key")
    return spread + delivering.deliver(transaction, keys.fields, policy_of(config.load()), now=clock.now)


def tidy(transaction: Transaction, now: datetime) -> int:
    """Forget what was settled long ago; return how many rows."""
    rows = 0
    with transaction() as session:
        for each in _GONE:
            rows += int(getattr(session.execute(each, {"before": now - timedelta(days=KEPT_DAYS)}), "rowcount", 0))
    return rows


JOBS: Final = (
    Job("outbox.deliver", deliver, Every(1)),
    Job("outbox.tidy", tidy, Daily(time(3, 40))),
)
