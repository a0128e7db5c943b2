"""Tables of the outbox: what is told, to whom, and how each delivery went. Nothing here names or describes a person."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.core.db import one_of
from cmc.core.ids import new_id
from cmc.outbox.codes import Channel, DeliveryStatus, DisabledBecause, EventKind


class OutboxEvent(SQLModel, table=True):
    """One thing that happened. `data` holds ids and codes alone; `id` is the id of the message, however often sent."""

    __tablename__ = "outbox_event"
    __table_args__ = (
        one_of("kind", EventKind),
        Index("ix_outbox_event_waiting", "id", postgresql_where=text("spread_at IS NULL")),
        Index("ix_outbox_event_created_at", "created_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str
    clinic_id: UUID | None = Field(default=None, description="where it happened; NULL: only the region is told")
    data: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    quiet: bool = Field(default=False, description="for webhooks only: a message of many stands for it")
    once: str | None = Field(default=None, unique=True, description="what is told once only")
    created_at: datetime
    spread_at: datetime | None = Field(default=None, description="when its deliveries were made")


@audited(
    "organisation_id", "channel", "kinds", "active", "disabled_because", "created_by", "old_secret_until", person=None
)
class Subscription(SQLModel, table=True):
    """Somebody who wants to be told of what happens at a node of the tree and below; NULL: everywhere.

    The address may hold a password, so it is sealed as the secret is (see `privacy/rotation.py`).
    """

    __table_args__ = (
        one_of("channel", Channel),
        one_of("disabled_because", DisabledBecause),
        CheckConstraint("active = (disabled_because IS NULL)", name="disabled"),
        CheckConstraint("(old_secret_cipher IS NULL) = (old_secret_until IS NULL)", name="old_secret"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organisation_id: UUID | None = Field(default=None, foreign_key="organisation.id")
    channel: str
    name: str
    address_cipher: bytes
    kinds: list[str] = Field(sa_column=Column(ARRAY(TEXT), nullable=False))
    secret_cipher: bytes
    old_secret_cipher: bytes | None = None
    old_secret_until: datetime | None = None
    active: bool = True
    disabled_because: str | None = None
    failing_since: datetime | None = None
    created_by: str
    created_at: datetime


class Delivery(SQLModel, table=True):
    """One message to one subscription; without one, to the file that is there out of the box."""

    __table_args__ = (
        one_of("status", DeliveryStatus),
        CheckConstraint("(status = 'delivered') = (delivered_at IS NOT NULL)", name="delivered"),
        CheckConstraint("attempts >= 0", name="attempts"),
        Index(
            "uq_delivery_event",
            "event_id",
            text("coalesce(subscription_id, '00000000-0000-0000-0000-000000000000')"),
            unique=True,
        ),
        Index("ix_delivery_due", "next_at", "id", postgresql_where=text("status = 'pending'")),
        Index("ix_delivery_subscription_id_event_id", "subscription_id", "event_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    event_id: UUID = Field(foreign_key="outbox_event.id")
    subscription_id: UUID | None = Field(default=None, foreign_key="subscription.id")
    status: str = Field(default=DeliveryStatus.PENDING.value)
    attempts: int = 0
    next_at: datetime = Field(description="when it is sent next; while it is being sent, when another worker may")
    last_at: datetime | None = None
    last_status: int | None = Field(default=None, description="the HTTP status that was answered")
    last_error: str | None = Field(default=None, description="a code of ours, never the receiver's words")
    delivered_at: datetime | None = None
