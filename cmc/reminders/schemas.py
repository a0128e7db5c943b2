"""What the API gives of reminders."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from cmc.reminders.codes import ReminderState
from cmc.reminders.tables import Reminder


class ReminderOut(BaseModel):
    """One reminder and how far it is; what it says stands in its template."""

    id: UUID
    patient_id: UUID
    task_id: UUID
    template: str
    planned_on: date
    state: ReminderState
    made_at: datetime
    send_at: datetime = Field(description="not before this moment; outside of the quiet hours")
    sent_at: datetime | None
    attempts: int
    error: str | None

    @classmethod
    def of(cls, row: Reminder) -> Self:
        """From the row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class ReminderPage(BaseModel):
    """A page of a person's reminders, the latest first."""

    items: list[ReminderOut]
    next_cursor: str | None
