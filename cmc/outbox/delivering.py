"""The worker's part of the outbox: messages are spread to subscriptions, sent, and noted; at least once each.

A delivery is taken for a minute (`next_at`), sent outside of any transaction, and noted in a second one. A worker that
dies in between leaves it to the next, who sends it again under the same id: receivers know it by `webhook-id`.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from cmc.core.crypto import Keyring
from cmc.core.db import Transaction
from cmc.core.text import Text
from cmc.outbox import queries, service
from cmc.outbox.apprising import TOLD_BY_FILE, Policy
from cmc.outbox.backoff import LONG_FAILURE, next_attempt
from cmc.outbox.codes import Channel, DeliveryStatus, DisabledBecause, EventKind
from cmc.outbox.sending import GONE, Message, Outcome, send
from cmc.outbox.tables import Delivery, OutboxEvent, Subscription

TAKEN_FOR: Final = timedelta(seconds=60)
AT_ONCE: Final = 8
_EVENTS: Final = 500
Send = Callable[[Message, Policy], Outcome]


def spread(transaction: Transaction, *, now: datetime) -> int:
    """Make the deliveries of new messages; return how many messages."""
    done = 0
    while True:
        with transaction() as session:
            found = queries.spread(session, by_file=TOLD_BY_FILE, now=now, limit=_EVENTS)
        done += found
        if found < _EVENTS:
            return done


def deliver(
    transaction: Transaction, keys: Keyring, policy: Policy, *, now: Callable[[], datetime], batch: int = AT_ONCE
) -> int:
    """Send what is due, a batch at a time, until nothing is; return how many attempts were made."""
    done = 0
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="outbox") as pool:
        while messages := _take(transaction, keys, now=now(), limit=batch):
            running = [pool.submit(send, each, policy, now=now) for each in messages]
            for each in as_completed(running):
                with transaction() as session:
                    note(session, each.result(), now=now())
            done += len(messages)
    return done


def _take(transaction: Transaction, keys: Keyring, *, now: datetime, limit: int) -> list[Message]:
    with transaction() as session:
        ids = queries.claim(session, now=now, until=now + TAKEN_FOR, limit=limit)
        found = queries.claimed(session, ids) if ids else []
        return [_message(keys, *each, now=now) for each in found]


def _message(
    keys: Keyring,
    delivery: Delivery,
    event: OutboxEvent,
    to: Subscription | None,
    clinic: Text | None,
    *,
    now: datetime,
) -> Message:
    plain = (delivery.id, event.id, EventKind(event.kind), event.data, event.created_at, clinic)
    if to is None:
        return Message(*plain)
    secrets = service.secrets(keys, to, now=now)
    return Message(*plain, Channel(to.channel), service.opened_address(keys, to), secrets)


def note(session: Session, outcome: Outcome, *, now: datetime) -> None:
    """Write down how an attempt went: arrived, to be tried again, or given up; 410 and long failure disable."""
    row = session.get(Delivery, outcome.delivery_id, with_for_update=True)
    if row is None or row.status != DeliveryStatus.PENDING:
        return  # another worker was quicker
    row.last_status, row.last_error = outcome.status, outcome.error
    to = None
    if row.subscription_id is not None:
        to = session.get(Subscription, row.subscription_id, with_for_update=True)
    if outcome.arrived:
        row.status, row.delivered_at = DeliveryStatus.DELIVERED.value, now
        if to is not None:
            to.failing_since = None
        return
    again = next_attempt(row.attempts, now=now)
    if again is None or outcome.status == GONE:
        row.status = DeliveryStatus.FAILED.value
    else:
        row.next_at = again
    if to is not None:
        _count_failure(to, outcome, now)


def _count_failure(to: Subscription, outcome: Outcome, now: datetime) -> None:
    to.failing_since = to.failing_since or now
    long = now - to.failing_since >= LONG_FAILURE
    if to.active and (outcome.status == GONE or long):
        to.active = False
        to.disabled_because = (DisabledBecause.GONE if outcome.status == GONE else DisabledBecause.FAILING).value
