"""What every fact of the health record has, whatever it is about.

A fact is a chain of rows with one `fact_id`. Nothing is overwritten: a correction is a new row that names the one it
replaces, a retraction likewise. So the record can be read as it was known at any instant. The database refuses a
second replacement of one row, and every change of a row but its moving to another person or clinic.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from cmc.core.db import one_of
from cmc.core.ids import new_id
from cmc.records.codes import Source


class Fact(SQLModel):
    """The columns of all facts. `happened_on`: when it was true (local); `recorded_at`: since when it is known."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    fact_id: UUID = Field(description="the same for all rows of one fact: the id of the first")
    patient_id: UUID = Field(foreign_key="patient.id")
    clinic_id: UUID = Field(foreign_key="organisation.id")
    happened_on: date
    source: str
    note: str | None = None
    actor: str
    recorded_at: datetime
    replaces_id: UUID | None = Field(default=None, description="the row that this one corrects")
    reason: str | None = Field(default=None, description="why it was corrected")
    is_retracted: bool = Field(default=False, description="it was never so")


def fact_arguments(table: str, *more: Any) -> tuple[Any, ...]:
    """Return the table arguments of a fact: those of all, and `more` of its own."""
    return (
        one_of("source", Source),
        CheckConstraint("(replaces_id IS NULL) = (reason IS NULL)", name="reason"),
        CheckConstraint("(replaces_id IS NULL) = (fact_id = id)", name="first"),
        CheckConstraint("replaces_id IS NOT NULL OR NOT is_retracted", name="retracted"),
        Index(f"ix_{table}_patient_id_happened_on", "patient_id", "happened_on"),
        Index(f"ix_{table}_fact_id", "fact_id"),
        Index(
            f"uq_{table}_replaces_id",
            "replaces_id",
            unique=True,
            postgresql_where=text("replaces_id IS NOT NULL"),
        ),
        *more,
    )
