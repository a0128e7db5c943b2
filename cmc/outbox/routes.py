"""HTTP of the outbox: who is told of alerts, and how each message went."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from cmc.core import clock, config
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import Keys, ReadSession, WriteSession
from cmc.core.paging import Cursor, PageSize, decode_cursor, encode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.outbox import apprising, queries, service
from cmc.outbox.codes import DeliveryStatus
from cmc.outbox.schemas import (
    DeliveryOut,
    DeliveryPage,
    SubscriptionIn,
    SubscriptionList,
    SubscriptionOut,
    SubscriptionSecret,
)
from cmc.outbox.tables import Subscription

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])
_MANAGES = [requires(Right.MANAGE_WEBHOOKS)]


async def _policy(request: Request) -> apprising.Policy:
    found = getattr(request.app.state, "message_policy", None)
    if found is None:
        found = request.app.state.message_policy = apprising.policy_of(config.load())
    return found


Policy = Annotated[apprising.Policy, Depends(_policy)]


@router.post("", status_code=201, responses=describe(400, 404), dependencies=_MANAGES)
def add_webhook(
    body: SubscriptionIn, session: WriteSession, scope: CurrentScope, keys: Keys, policy: Policy
) -> SubscriptionSecret:
    """Subscribe a receiver to what happens at a node of the tree and below. The secret is shown this once.

    Messages follow Standard Webhooks 1.0 (`webhook-id`, `webhook-timestamp`, `webhook-signature`); the payload holds
    ids only. What did not arrive is sent again after 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h, under the same id.
    """
    row, secret = service.subscribe(session, scope, keys, body, policy=policy, now=clock.now())
    return SubscriptionSecret.with_secret(row, body.address, secret)


@router.get("", dependencies=_MANAGES)
def list_webhooks(session: ReadSession, scope: CurrentScope, keys: Keys) -> SubscriptionList:
    """The subscriptions of the scope, newest first."""
    return SubscriptionList(items=[_shown(keys, each) for each in queries.subscriptions(session, scope)])


@router.get("/{webhook_id}", responses=describe(404), dependencies=_MANAGES)
def read_webhook(webhook_id: UUID, session: ReadSession, scope: CurrentScope, keys: Keys) -> SubscriptionOut:
    """One subscription."""
    return _shown(keys, queries.subscription(session, scope, webhook_id))


@router.post("/{webhook_id}:rotate-secret", responses=describe(404), dependencies=_MANAGES)
def rotate_webhook_secret(
    webhook_id: UUID, session: WriteSession, scope: CurrentScope, keys: Keys
) -> SubscriptionSecret:
    """A new secret; for 24 hours messages carry a signature by the former one too."""
    row, secret = service.rotate(session, scope, keys, webhook_id, now=clock.now())
    return SubscriptionSecret.with_secret(row, service.opened_address(keys, row), secret)


@router.post("/{webhook_id}:disable", responses=describe(404), dependencies=_MANAGES)
def disable_webhook(webhook_id: UUID, session: WriteSession, scope: CurrentScope, keys: Keys) -> SubscriptionOut:
    """Send nothing more to it."""
    return _shown(keys, service.disable(session, scope, webhook_id))


@router.post("/{webhook_id}:enable", responses=describe(404), dependencies=_MANAGES)
def enable_webhook(webhook_id: UUID, session: WriteSession, scope: CurrentScope, keys: Keys) -> SubscriptionOut:
    """Send to it again, also what still waited when it was disabled."""
    return _shown(keys, service.enable(session, scope, webhook_id))


@router.post("/{webhook_id}:ping", status_code=201, responses=describe(404), dependencies=_MANAGES)
def ping_webhook(webhook_id: UUID, session: WriteSession, scope: CurrentScope) -> DeliveryOut:
    """Send it a message that says nothing."""
    return DeliveryOut.of(service.ping(session, scope, webhook_id, now=clock.now()))


@router.get("/{webhook_id}/deliveries", responses=describe(404), dependencies=_MANAGES)
def list_deliveries(
    webhook_id: UUID,
    session: ReadSession,
    scope: CurrentScope,
    status: DeliveryStatus | None = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> DeliveryPage:
    """How its messages went, newest first."""
    before = decode_cursor(cursor, tuple[UUID])[0] if cursor else None
    found = queries.deliveries(session, scope, webhook_id, status=status, before=before, limit=limit + 1)
    more = encode_cursor((found[limit - 1].event_id,)) if len(found) > limit else None
    return DeliveryPage(items=[DeliveryOut.of(each) for each in found[:limit]], next_cursor=more)


@router.post("/{webhook_id}/deliveries/{delivery_id}:replay", responses=describe(404, 409), dependencies=_MANAGES)
def replay_delivery(webhook_id: UUID, delivery_id: UUID, session: WriteSession, scope: CurrentScope) -> DeliveryOut:
    """Send a message again, with its id."""
    return DeliveryOut.of(service.replay(session, scope, webhook_id, delivery_id, now=clock.now()))


def _shown(keys: Keys, row: Subscription) -> SubscriptionOut:
    return SubscriptionOut.of(row, service.opened_address(keys, row))
