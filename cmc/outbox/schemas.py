"""What the API takes and gives of subscriptions and deliveries."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints

from cmc.core.fields import Name
from cmc.outbox.codes import Channel, DeliveryStatus, DisabledBecause, EventKind
from cmc.outbox.tables import Delivery, Subscription

Address = Annotated[str, Strict(), StringConstraints(min_length=8, max_length=500, pattern=r"^[!-~]+$")]
"""Printable ASCII without spaces."""
Wanted = Annotated[list[EventKind], Field(min_length=1, max_length=len(EventKind))]


class SubscriptionIn(BaseModel):
    """Who wants to be told, of what, and where it happens."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "区域平台",
                    "channel": "webhook",
                    "address": "https://example.org/hooks/cmc",
                    "kinds": ["alert.raised", "alert.closed"],
                    "organisation_id": "019a9f3e-1a2c-7f64-b3d5-6e8c9a0b1d32",
                }
            ]
        },
    )

    name: Name
    channel: Channel = Channel.WEBHOOK
    address: Address = Field(
        description="https:// of the receiver, for `message` an Apprise address such as mailtos://…; sealed when stored"
    )
    kinds: Wanted
    organisation_id: UUID | None = Field(default=None, description="a node of the tree; left out: the whole region")


class SubscriptionOut(BaseModel):
    """A subscription. The address of a message channel may hold a password, so only its kind is shown."""

    id: UUID
    organisation_id: UUID | None
    channel: Channel
    name: str
    address: str
    kinds: list[EventKind]
    active: bool
    disabled_because: DisabledBecause | None
    failing_since: datetime | None
    old_secret_until: datetime | None = Field(description="until then messages are signed with both secrets")
    created_at: datetime

    @classmethod
    def of(cls, row: Subscription, address: str) -> Self:
        shown = address if row.channel == Channel.WEBHOOK else f"{address.partition('://')[0]}://…"
        known = row.model_dump(exclude={"address_cipher", "secret_cipher", "old_secret_cipher", "created_by"})
        return cls.model_validate(known | {"address": shown})


class SubscriptionSecret(SubscriptionOut):
    """A subscription with its secret, which is shown this once."""

    secret: str = Field(description="whsec_…: the key of the signatures (Standard Webhooks)")

    @classmethod
    def with_secret(cls, row: Subscription, address: str, secret: str) -> Self:
        return cls.model_validate(SubscriptionOut.of(row, address).model_dump() | {"secret": secret})


class SubscriptionList(BaseModel):
    """The subscriptions of the scope, newest first."""

    items: list[SubscriptionOut]


class DeliveryOut(BaseModel):
    """How one message went. `event_id` is its id (`webhook-id`), the same at every attempt."""

    id: UUID
    event_id: UUID
    status: DeliveryStatus
    attempts: int
    next_at: datetime | None = Field(description="when it is sent next; null when it will not be")
    last_at: datetime | None
    last_status: int | None
    last_error: str | None
    delivered_at: datetime | None

    @classmethod
    def of(cls, row: Delivery) -> Self:
        waits = row.status == DeliveryStatus.PENDING
        return cls.model_validate(row.model_dump() | {"next_at": row.next_at if waits else None})


class DeliveryPage(BaseModel):
    """Deliveries of a subscription, newest first."""

    items: list[DeliveryOut]
    next_cursor: str | None
