"""What the API gives of a person's report and of the cases of deletion."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from cmc.audit.tables import Act
from cmc.core.text import Text
from cmc.privacy.codes import CaseReason, CaseState, RetentionClass
from cmc.privacy.tables import RetentionCase


class HeldTable(BaseModel):
    """What one table holds of the person."""

    table: str
    title: Text
    keeps: RetentionClass
    kept: Text = Field(description="how long, in words")
    rows: list[dict[str, Any]]


class AccessOut(BaseModel):
    """What somebody did with the person's records, how often, and when first and last."""

    actor: str
    actor_name: str | None = Field(description="of a user or machine; null for the installation's own jobs")
    act: Act
    act_name: Text
    times: int
    first_at: datetime
    last_at: datetime


class AccessReport(BaseModel):
    """Everything that is held of one person, in full, and who saw it (PIPL art. 44, 45)."""

    patient_id: UUID
    made_at: datetime
    made_by: str
    name: str
    citizen_id: str | None
    phone: str | None
    address: str | None
    held: list[HeldTable]
    accesses: list[AccessOut] = Field(description="latest first")


class CaseOut(BaseModel):
    """A case of deletion."""

    id: UUID
    state: CaseState
    reason: CaseReason
    patient_id: UUID | None = Field(description="the person; null for the old rows of a table")
    table: str | None
    due_on: date
    proposed_at: datetime
    first_approver: str | None
    second_approver: str | None
    refused_by: str | None
    done_at: datetime | None
    rows_deleted: int

    @classmethod
    def of(cls, case: RetentionCase, state: CaseState) -> Self:
        return cls(
            id=case.id,
            state=state,
            reason=CaseReason(case.reason),
            patient_id=case.patient_id,
            table=case.table_name,
            due_on=case.due_on,
            proposed_at=case.proposed_at,
            first_approver=case.first_approver,
            second_approver=case.second_approver,
            refused_by=case.refused_by,
            done_at=case.done_at,
            rows_deleted=case.rows_deleted,
        )


class CasePage(BaseModel):
    """A page of cases, newest first."""

    items: list[CaseOut]
    next_cursor: str | None
