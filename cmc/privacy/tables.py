"""Table of retention cases: what is due to be deleted, and the two people who agreed."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.core.db import one_of
from cmc.core.ids import new_id
from cmc.privacy.codes import CaseReason

_OPEN = text("done_at IS NULL AND refused_at IS NULL")


@audited("reason", "clinic_id", "table_name", "due_on", "first_approver", "second_approver", "refused_by", "done_at")
class RetentionCase(SQLModel, table=True):
    """A person, or the old rows of one table, to be deleted; nothing is deleted before two people approved."""

    __tablename__ = "retention_case"
    __table_args__ = (
        one_of("reason", CaseReason),
        CheckConstraint("(patient_id IS NULL) <> (table_name IS NULL)", name="subject"),
        CheckConstraint("first_approver <> second_approver", name="two_people"),
        CheckConstraint("(first_approver IS NULL) = (first_approved_at IS NULL)", name="first_approval"),
        CheckConstraint("(second_approver IS NULL) = (second_approved_at IS NULL)", name="second_approval"),
        CheckConstraint("second_approver IS NULL OR first_approver IS NOT NULL", name="in_turn"),
        CheckConstraint("(refused_by IS NULL) = (refused_at IS NULL)", name="refused"),
        CheckConstraint("done_at IS NULL OR (second_approver IS NOT NULL AND refused_at IS NULL)", name="done"),
        Index("uq_retention_case_patient", "patient_id", unique=True, postgresql_where=_OPEN),
        Index("uq_retention_case_table", "table_name", unique=True, postgresql_where=_OPEN),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    reason: str
    patient_id: UUID | None = None
    clinic_id: UUID | None = Field(default=None, description="the person's own clinic when the case was made")
    table_name: str | None = None
    due_on: date = Field(description="first day on which it may be deleted; rows of a table: those before this day")
    proposed_by: str
    proposed_at: datetime
    first_approver: str | None = None
    first_approved_at: datetime | None = None
    second_approver: str | None = None
    second_approved_at: datetime | None = None
    refused_by: str | None = None
    refused_at: datetime | None = None
    done_at: datetime | None = None
    rows_deleted: int = Field(default=0)
