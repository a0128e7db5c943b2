"""Table of the recall."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.core.db import one_of
from cmc.core.ids import new_id
from cmc.recalls.codes import CallChannel, CallResult


@audited("clinic_id", "channel", "result", "remind_on", "called_at", "called_by", "undone_at", "undone_by")
class RecallCall(SQLModel, table=True):
    """One attempt to reach a person, with its result. Rows are kept; what was undone counts no more."""

    __tablename__ = "recall_call"
    __table_args__ = (
        one_of("channel", CallChannel),
        one_of("result", CallResult),
        CheckConstraint("(result IN ('agreed', 'later')) = (remind_on IS NOT NULL)", name="remind_on"),
        CheckConstraint("(result = 'return_to_list') = (channel IS NULL)", name="channel_given"),
        CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="undone"),
        Index("ix_recall_call_patient_id", "patient_id", "called_at"),
        Index("ix_recall_call_clinic_id", "clinic_id", "called_at"),
        Index(
            "uq_recall_call_key", "called_by", "idempotency_key", unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
    )  # fmt: skip

    id: UUID = Field(default_factory=new_id, primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id")
    clinic_id: UUID = Field(foreign_key="organisation.id")
    channel: str | None = Field(default=None, description="none when nobody was called: put back on the list")
    result: str
    remind_on: date | None = Field(default=None, description="when the person comes, or is to be called again")
    note: str | None = None
    called_at: datetime
    called_by: str
    undone_at: datetime | None = None
    undone_by: str | None = None
    idempotency_key: str | None = None
