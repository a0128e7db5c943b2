"""Tables of what arrived: the raw receipts, and what was kept aside for a person to look at."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from cmc.core.db import one_of


class HoldKind(StrEnum):
    """Why an item is kept aside."""

    QUARANTINED = "quarantined"
    CONFLICT = "conflict"


class Receipt(SQLModel, table=True):
    """A request body or file part exactly as it arrived, sealed. Kept once, unless nothing of it was new."""

    id: UUID = Field(primary_key=True, description="derived from source, format and body: a resend is the same row")
    received_at: datetime = Field(index=True, description="when it arrived first")
    source: str = Field(description="who sent it: the actor of the request, or file:<sha256 of the file>")
    format: str
    data_key: bytes = Field(description="the key of the body, wrapped by a master key")
    body: bytes = Field(description="ciphertext: what a sender puts into it is not ours to know (see `receipts`)")


class HeldReading(SQLModel, table=True):
    """A reading that was kept but not used: unknown person, impossible clock, doubtful unit, or a conflict."""

    __tablename__ = "held_reading"
    __table_args__ = (
        one_of("kind", HoldKind),
        Index("ix_held_reading_open", "received_at", "id", postgresql_where=text("resolved_at IS NULL")),
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
    resolved_at: datetime | None = None
