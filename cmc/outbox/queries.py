"""Reads of subscriptions and deliveries, and the statements of the worker."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.errors import NotFound
from cmc.core.ids import new_id
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.organisations.tables import Organisation
from cmc.outbox.tables import Delivery, OutboxEvent, Subscription

# A subscription is told of what happens at its node and below; the file (no subscription) of everything that is loud.
# A message channel that wants alerts gets the one message that stands for many: the single ones are quiet then.
_SPREAD: Final = text(
    "WITH RECURSIVE picked AS MATERIALIZED (SELECT id, kind, clinic_id, quiet FROM outbox_event"
    "  WHERE spread_at IS NULL ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED),"
    " above AS (SELECT p.clinic_id AS leaf, p.clinic_id AS node FROM (SELECT DISTINCT clinic_id FROM picked) AS p"
    "  WHERE p.clinic_id IS NOT NULL"
    "  UNION ALL SELECT a.leaf, o.parent_id FROM above AS a JOIN organisation AS o ON o.id = a.node"
    "  WHERE o.parent_id IS NOT NULL),"
    " told AS (SELECT p.id AS event_id, s.id AS subscription_id FROM picked AS p JOIN subscription AS s ON s.active"
    "   AND (p.kind = ANY (s.kinds) OR (p.kind = 'alert.storm' AND s.channel = 'message'"
    "    AND s.kinds && ARRAY['alert.raised', 'alert.raised_again']))"
    "   AND (NOT p.quiet OR s.channel = 'webhook') AND (s.organisation_id IS NULL"
    "   OR EXISTS (SELECT FROM above AS a WHERE a.leaf = p.clinic_id AND a.node = s.organisation_id))"
    "  UNION ALL SELECT p.id, NULL FROM picked AS p WHERE NOT p.quiet"
    "   AND p.kind = ANY (CAST(:by_file AS text[]))),"
    " done AS (UPDATE outbox_event AS e SET spread_at = :now FROM picked WHERE e.id = picked.id RETURNING e.id)"
    " SELECT d.id, told.event_id, told.subscription_id FROM done AS d LEFT JOIN told ON told.event_id = d.id"
)
_MADE: Final = text(
    "INSERT INTO delivery (id, event_id, subscription_id, status, attempts, next_at)"
    " VALUES (:id, :event_id, :subscription_id, 'pending', 0, :now) ON CONFLICT DO NOTHING"
)
# Taken for a while: who dies between sending and noting leaves it to another worker, with the same id.
_CLAIM: Final = text(
    "UPDATE delivery AS d SET attempts = d.attempts + 1, next_at = :until, last_at = :now FROM ("
    "  SELECT w.id FROM delivery AS w LEFT JOIN subscription AS s ON s.id = w.subscription_id"
    "  WHERE w.status = 'pending' AND w.next_at <= :now AND coalesce(s.active, true)"
    "  ORDER BY w.next_at, w.id LIMIT :limit FOR UPDATE OF w SKIP LOCKED) AS due WHERE d.id = due.id RETURNING d.id"
)


def spread(session: Session, *, by_file: Sequence[str], now: datetime, limit: int) -> int:
    """Make the deliveries of messages that have none yet; return how many messages."""
    found = session.execute(_SPREAD, {"by_file": list(by_file), "now": now, "limit": limit}).all()
    rows = [
        {"id": new_id(), "event_id": each.event_id, "subscription_id": each.subscription_id, "now": now}
        for each in found
        if each.event_id is not None
    ]
    if rows:
        session.execute(_MADE, rows)
    return len({each.id for each in found})


def claim(session: Session, *, now: datetime, until: datetime, limit: int) -> list[UUID]:
    """Take deliveries that are due, so that no other worker sends them before `until`."""
    return list(session.scalars(_CLAIM, {"now": now, "until": until, "limit": limit}))


def claimed(
    session: Session, ids: Sequence[UUID]
) -> list[tuple[Delivery, OutboxEvent, Subscription | None, Text | None]]:
    """Return what is to be sent: the delivery, its message, the subscription, the name of the clinic."""
    query = (
        select(Delivery, OutboxEvent, Subscription, col(Organisation.name), col(Organisation.name_en))
        .join(OutboxEvent, col(OutboxEvent.id) == col(Delivery.event_id))
        .join(Subscription, col(Subscription.id) == col(Delivery.subscription_id), isouter=True)
        .join(Organisation, col(Organisation.id) == col(OutboxEvent.clinic_id), isouter=True)
        .where(col(Delivery.id).in_(ids))
        .order_by(col(Delivery.id))
    )
    rows: list[Any] = list(session.execute(query))
    return [(row[0], row[1], row[2], Text(row[3], row[4]) if row[3] else None) for row in rows]


def subscriptions(session: Session, scope: Scope) -> list[Subscription]:
    """Return the subscriptions of the scope, newest first."""
    return list(session.scalars(select(Subscription).where(_within(scope)).order_by(col(Subscription.id).desc())))


def subscription(session: Session, scope: Scope, subscription_id: UUID, *, for_update: bool = False) -> Subscription:
    """Return one subscription of the scope; raise `NotFound` otherwise. `for_update` locks it."""
    query = select(Subscription).where(col(Subscription.id) == subscription_id, _within(scope))
    found = session.scalars(query.with_for_update() if for_update else query).one_or_none()
    if found is None:
        raise NotFound("no such webhook")
    return found


def deliveries(
    session: Session, scope: Scope, subscription_id: UUID, *, status: str | None, before: UUID | None, limit: int
) -> list[Delivery]:
    """Return up to `limit` deliveries of a subscription of the scope, newest first."""
    subscription(session, scope, subscription_id)
    query = select(Delivery).where(col(Delivery.subscription_id) == subscription_id)
    if status is not None:
        query = query.where(col(Delivery.status) == status)
    if before is not None:
        query = query.where(col(Delivery.event_id) < before)
    return list(session.scalars(query.order_by(col(Delivery.event_id).desc()).limit(limit)))


def delivery(session: Session, scope: Scope, subscription_id: UUID, delivery_id: UUID) -> Delivery:
    """Return one delivery of a subscription of the scope, locked; raise `NotFound` otherwise."""
    subscription(session, scope, subscription_id)
    query = select(Delivery).where(col(Delivery.id) == delivery_id, col(Delivery.subscription_id) == subscription_id)
    found = session.scalars(query.with_for_update()).one_or_none()
    if found is None:
        raise NotFound("no such delivery")
    return found


def _within(scope: Scope) -> Any:
    if scope.clinic_ids is None:
        return col(Subscription.id).is_not(None)
    nodes = scope.clinic_ids | scope.organisation_ids
    return col(Subscription.organisation_id).in_(nodes)
