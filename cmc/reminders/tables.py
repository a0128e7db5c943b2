"""Table of reminders."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.core.db import one_of
from cmc.core.ids import new_id
from cmc.reminders.codes import ReminderState


@audited("clinic_id", "task_id", "template", "planned_on", "state", "made_at", "sent_at", "attempts")
class Reminder(SQLModel, table=True):
    """One reminder of one task and day: never made twice. The words are made when it is sent, and not kept."""

    __table_args__ = (
        one_of("state", ReminderState),
        CheckConstraint("attempts >= 0", name="attempts"),
        Index("uq_reminder_once", "task_id", "planned_on", unique=True),
        Index("ix_reminder_due", "send_at", postgresql_where=text("state IN ('waiting', 'handed_over')")),
        Index("ix_reminder_patient_id", "patient_id"),
        Index("ix_reminder_clinic_id_id", "clinic_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id")
    clinic_id: UUID = Field(foreign_key="organisation.id")
    task_id: UUID = Field(foreign_key="task.id")
    template: str
    planned_on: date
    state: str = Field(default=ReminderState.WAITING.value)
    made_at: datetime
    send_at: datetime
    sent_at: datetime | None = None
    attempts: int = 0
    error: str | None = Field(default=None, description="a code, never what a gateway said")
