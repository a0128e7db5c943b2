"""Table of medicine reviews."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.charts.codes import ReviewState
from cmc.clinical.drug_checks import DrugLevel
from cmc.core.db import one_of
from cmc.core.ids import new_id


@audited("clinic_id", "state", "level", "rule_ids", "medication_id", "version")
class MedicineReview(SQLModel, table=True):
    """What the medicine checks said when a medicine was added or changed, with rules and inputs (DRUG-01…13).

    A blocked medicine is kept here as it was proposed, and stands in the record only when it was let through: by a
    doctor with a reason, for an allergy by two people. There is no foreign key to `medication`: a person's rows are
    deleted table by table.
    """

    __tablename__ = "medicine_review"
    __table_args__ = (
        one_of("state", ReviewState),
        one_of("level", DrugLevel),
        CheckConstraint("(state = 'passed') = (medication_id IS NOT NULL)", name="passed"),
        CheckConstraint("(overridden_by IS NULL) = (overridden_at IS NULL)", name="overridden"),
        CheckConstraint("(overridden_by IS NULL) = (override_reason IS NULL)", name="override_reason"),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed"),
        CheckConstraint("confirmed_by <> overridden_by", name="two_people"),
        CheckConstraint("confirmed_by IS NULL OR overridden_by IS NOT NULL", name="in_turn"),
        Index("ix_medicine_review_patient_id_id", "patient_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id")
    clinic_id: UUID = Field(foreign_key="organisation.id")
    state: str
    level: str = Field(description="the gravest finding about the new medicine")
    rule_ids: list[str] = Field(sa_column=Column(ARRAY(TEXT), nullable=False))
    proposed: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False), description="the medicine as it was sent")
    replaces_id: UUID | None = Field(default=None, description="the row of the medicine that shall be changed")
    reason: str | None = Field(default=None, description="why it shall be changed")
    findings: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    not_checked: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    unknown_medicines: list[str] = Field(sa_column=Column(ARRAY(TEXT), nullable=False))
    inputs: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False), description="the facts that were looked at")
    medication_id: UUID | None = Field(default=None, description="the row that came of it")
    overridden_by: str | None = None
    overridden_at: datetime | None = None
    override_reason: str | None = None
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None
    actor: str
    recorded_at: datetime
    version: int = Field(default=1)
