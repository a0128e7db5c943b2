"""Writing to the outbox, and subscriptions. Nothing here commits: a message exists when what it tells of does."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.core import key_check
from cmc.core.crypto import Keyring
from cmc.core.errors import Conflict, NotFound, invalid
from cmc.core.ids import new_id
from cmc.core.scope import Scope
from cmc.organisations.tables import Organisation
from cmc.outbox import addresses, apprising, queries, signing
from cmc.outbox.codes import Channel, DeliveryStatus, DisabledBecause, EventKind
from cmc.outbox.schemas import SubscriptionIn
from cmc.outbox.tables import Delivery, OutboxEvent, Subscription

OLD_SECRET_HOLDS: Final = timedelta(hours=24)
"""How long messages are signed with the former secret too."""
_ONCE: Final = text("SELECT EXISTS (SELECT FROM outbox_event WHERE once = :once)")
_SAY: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('outbox:' || :once, 0))")
_WORDS: Final = {
    "url_malformed": "an address such as https://example.org/hook",
    "url_with_credentials": "no user name and no fragment in the address",
    "https_needed": "the address must begin with https://",
    "address_not_allowed": "not an address of a private network",
    "channel_not_allowed": "an Apprise address of a kind that the configuration allows",
}


def emit(
    session: Session,
    kind: EventKind,
    clinic_id: UUID | None,
    data: Mapping[str, Any],
    *,
    now: datetime,
    quiet: bool = False,
    once: str | None = None,
) -> None:
    """Write a message of what happened, in the transaction in which it happens. `data`: ids and codes, no person.

    With `once` it is written the first time only.
    """
    if once is not None:
        session.execute(_SAY, {"once": once})
        if session.scalar(_ONCE, {"once": once}):
            return
    session.add(
        OutboxEvent(kind=kind.value, clinic_id=clinic_id, data=dict(data), quiet=quiet, once=once, created_at=now)
    )


def subscribe(
    session: Session, scope: Scope, keys: Keyring, wanted: SubscriptionIn, *, policy: apprising.Policy, now: datetime
) -> tuple[Subscription, str]:
    """Put a subscription on file; returns it with its secret, which is shown this once.

    Raises `NotFound` for a node outside the scope and `Invalid` for an address that nothing may be sent to.
    """
    _require_node(session, scope, wanted.organisation_id)
    _require_address(wanted.channel, wanted.address, policy)
    under, secret, subscription_id = key_check.current(session, keys), signing.new_secret(), new_id()
    row = Subscription(
        id=subscription_id,
        organisation_id=wanted.organisation_id,
        channel=wanted.channel.value,
        name=wanted.name,
        address_cipher=keys.encrypt(wanted.address, context=f"subscription.address|{subscription_id}", under=under),
        kinds=sorted({each.value for each in wanted.kinds}),
        secret_cipher=keys.encrypt(secret, context=f"subscription.secret|{subscription_id}", under=under),
        created_by=scope.actor,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row, secret


def rotate(
    session: Session, scope: Scope, keys: Keyring, subscription_id: UUID, *, now: datetime
) -> tuple[Subscription, str]:
    """Give a subscription a new secret; for a day its messages carry a signature of each."""
    row = queries.subscription(session, scope, subscription_id, for_update=True)
    old, secret, under = opened_secret(keys, row), signing.new_secret(), key_check.current(session, keys)
    context = f"subscription.old_secret|{row.id}"
    row.old_secret_cipher = keys.encrypt(old, context=context, under=under)
    row.old_secret_until = now + OLD_SECRET_HOLDS
    row.secret_cipher = keys.encrypt(secret, context=f"subscription.secret|{row.id}", under=under)
    session.flush()
    return row, secret


def disable(session: Session, scope: Scope, subscription_id: UUID) -> Subscription:
    """Send nothing more to a subscription; what waits is kept and goes out when it is enabled again."""
    row = queries.subscription(session, scope, subscription_id, for_update=True)
    if row.active:
        row.active, row.disabled_because = False, DisabledBecause.BY_HAND.value
        session.flush()
    return row


def enable(session: Session, scope: Scope, subscription_id: UUID) -> Subscription:
    """Send to a subscription again."""
    row = queries.subscription(session, scope, subscription_id, for_update=True)
    row.active, row.disabled_because, row.failing_since = True, None, None
    session.flush()
    return row


def ping(session: Session, scope: Scope, subscription_id: UUID, *, now: datetime) -> Delivery:
    """Send a message that says nothing, to try a subscription."""
    row = queries.subscription(session, scope, subscription_id)
    event = OutboxEvent(
        kind=EventKind.PING.value, clinic_id=None, data={"subscription_id": str(row.id)}, created_at=now, spread_at=now
    )
    session.add(event)
    session.flush()
    return _deliver(session, event, row, now=now)


def replay(session: Session, scope: Scope, subscription_id: UUID, delivery_id: UUID, *, now: datetime) -> Delivery:
    """Send a message again, under the same id; raise `Conflict` while it waits to be sent anyway."""
    row = queries.subscription(session, scope, subscription_id)
    delivery = queries.delivery(session, scope, row.id, delivery_id)
    if delivery.status == DeliveryStatus.PENDING:
        raise Conflict("this message waits to be sent already", code="delivery-pending")
    delivery.status, delivery.attempts, delivery.next_at = DeliveryStatus.PENDING.value, 0, now
    delivery.delivered_at = None
    session.flush()
    return delivery


def opened_address(keys: Keyring, row: Subscription) -> str:
    """Return where a subscription's messages go."""
    return keys.decrypt(row.address_cipher, context=f"subscription.address|{row.id}")


def opened_secret(keys: Keyring, row: Subscription) -> str:
    """Return the secret of a subscription."""
    return keys.decrypt(row.secret_cipher, context=f"subscription.secret|{row.id}")


def secrets(keys: Keyring, row: Subscription, *, now: datetime) -> Sequence[str]:
    """Return the secrets that a message is signed with: the current one, and for a while the former."""
    found = [opened_secret(keys, row)]
    if row.old_secret_cipher is not None and row.old_secret_until is not None and now < row.old_secret_until:
        found.append(keys.decrypt(row.old_secret_cipher, context=f"subscription.old_secret|{row.id}"))
    return found


def _deliver(session: Session, event: OutboxEvent, row: Subscription, *, now: datetime) -> Delivery:
    delivery = Delivery(event_id=event.id, subscription_id=row.id, next_at=now)
    session.add(delivery)
    session.flush()
    return delivery


def _require_node(session: Session, scope: Scope, organisation_id: UUID | None) -> None:
    if organisation_id is None:
        if scope.clinic_ids is not None:
            raise NotFound("no such organisation")
        return
    node = session.get(Organisation, organisation_id)
    if node is None or not scope.oversees(node.id):
        raise NotFound("no such organisation")


def _require_address(channel: Channel, address: str, policy: apprising.Policy) -> None:
    try:
        if channel is Channel.WEBHOOK:
            addresses.read(address, allowed=policy.allowed)
        else:
            apprising.read(address, policy)
    except addresses.Forbidden as error:
        raise invalid("/address", error.code, _WORDS.get(error.code, "an address that may be sent to")) from None
