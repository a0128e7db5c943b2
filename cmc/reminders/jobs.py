"""The recurring work of reminders."""

from datetime import datetime
from typing import Final

from sqlalchemy import text

from cmc.core import config, db
from cmc.core.db import Transaction
from cmc.core.jobs import Every, Job
from cmc.core.operating import OperatorError
from cmc.outbox.apprising import policy_of
from cmc.reminders import delivering

_WAITING: Final = text(
    "SELECT EXISTS (SELECT FROM reminder WHERE state IN ('waiting', 'handed_over') AND send_at <= :now)"
)


def remind(transaction: Transaction, now: datetime) -> int:
    """Make the reminders of the next days and send what waits; return how many were made or tried."""
    made = delivering.prepare(transaction, now)
    with transaction() as session:
        waiting = session.scalar(_WAITING, {"now": now})
        keys = db.keys_of(session)
    if not waiting:
        return made
    if keys is None or keys.fields is None:
        raise OperatorError("reminders open sealed numbers: it needs the service's log-in and the master key")
    settings = config.load()
    send = delivering.sender(policy_of(settings), settings.reminder_channel, now=now)
    return made + delivering.deliver(transaction, keys.fields, send, now=now)


JOBS: Final = (Job("reminders.remind", remind, Every(60)),)
