"""Tables of what arrived: the raw receipts, and what was kept aside for a person to look at."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Column, Index, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.clinical.codes import AlertTier
from cmc.core.db import one_of
from cmc.core.named import NamedStr


class HoldKind(StrEnum):
    """Why an item is kept aside."""

    QUARANTINED = "quarantined"
    CONFLICT = "conflict"


class Resolution(NamedStr):
    """What became of a reading that was kept aside."""

    STORED = "stored", "已入库", "Stored as a reading"
    ON_FILE = "on_file", "已有相同记录", "The same reading was on file"
    DISMISSED = "dismissed", "不采用", "Dismissed"


class DismissReason(NamedStr):
    """Why a reading that was kept aside shall count for nobody."""

    NOT_A_PERSON = "not_a_person", "质控液或测试", "Control solution or a test"
    WRONG_VALUE = "wrong_value", "数值错误", "The value is wrong"
    DOUBLED = "doubled", "重复记录", "It was recorded twice"
    FIRST_IS_RIGHT = "first_is_right", "以首次记录为准", "The first one is right"
    UNKNOWN = "unknown", "无法确认归属", "Nobody can say whose it is"


class Receipt(SQLModel, table=True):
    """A request body or file part exactly as it arrived, sealed. Kept once, unless nothing of it was new."""

    __table_args__ = (Index("ix_receipt_source_received_at", "source", "received_at"),)

    id: UUID = Field(primary_key=True, description="derived from source, format and body: a resend is the same row")
    received_at: datetime = Field(index=True, description="when it arrived first")
    source: str = Field(description="who sent it: the actor of the request, or file:<sha256 of the file>")
    format: str
    data_key: bytes = Field(description="the key of the body, wrapped by a master key")
    body: bytes = Field(description="ciphertext: what a sender puts into it is not ours to know (see `receipts`)")
    given: dict[str, Any] | None = Field(
        default=None,
        sa_column=Column(JSONB, nullable=True),
        description="what the sender said beside it: zone, device, unit, person's id; NULL: nothing",
    )
    clinic_id: UUID | None = Field(default=None, description="who may open it, when only one clinic can have sent it")
    items: int | None = Field(default=None, description="how many items it held")
    created: int | None = Field(default=None, description="how many of them were stored")
    held: int | None = Field(default=None, description="how many were kept aside")
    refused: int | None = Field(default=None, description="how many were rejected")
    least_lag_seconds: int | None = Field(default=None, description="of what was stored; below zero: clock ahead")
    most_lag_seconds: int | None = None


@audited("kind", "reading_id", "resolved_at", "resolution", "dismissed_because", "stored_id", "issue_id")
class HeldReading(SQLModel, table=True):
    """A reading that was kept but not used: unknown person, impossible clock, doubtful unit, or a conflict."""

    __tablename__ = "held_reading"
    __table_args__ = (
        one_of("kind", HoldKind),
        one_of("resolution", Resolution),
        one_of("dismissed_because", DismissReason),
        CheckConstraint(
            "(resolved_at IS NULL) = (resolution IS NULL) AND (resolved_at IS NULL) = (resolved_by IS NULL)",
            name="resolved",
        ),
        Index("ix_held_reading_open", "received_at", "id", postgresql_where=text("resolved_at IS NULL")),
        Index("ix_held_reading_device_received_at", "device", "received_at"),
        one_of("alert_tier", AlertTier),
        Index(
            "ix_held_reading_dangerous",
            "patient_id",
            "taken_at",
            postgresql_where=text("alert_tier = 'RED' AND resolved_at IS NULL"),
        ),
    )

    id: UUID = Field(primary_key=True, description="derived from what was sent: a resend is the same row")
    kind: str
    reasons: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    item: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    patient_id: UUID | None = None
    clinic_id: UUID | None = None
    reading_id: UUID | None = Field(default=None, description="the stored reading that a conflict is with")
    receipt_id: UUID
    received_at: datetime
    device: str | None = None
    alert_tier: str | None = Field(default=None, description="RED: a dangerous value, whatever it was held for")
    taken_at: datetime | None = Field(default=None, description="when it says that it was taken")
    resolved_at: datetime | None = None
    resolution: str | None = None
    resolved_by: str | None = None
    dismissed_because: str | None = None
    stored_id: UUID | None = Field(default=None, description="the reading that it became; taken away when undone")
    stored_on: date | None = Field(default=None, description="the local date of that reading")
    issue_id: UUID | None = Field(default=None, description="the issue of its device that was made with the decision")
    ended_issues: list[UUID] | None = Field(
        default=None,
        sa_column=Column(ARRAY(Uuid()), nullable=True),
        description="issues of its device that were ended for that one; open again when undone",
    )
