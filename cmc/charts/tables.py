"""Tables of medicine reviews and of the targets that doctors set for one person."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Numeric
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.charts.codes import ReviewState, ValuePurpose
from cmc.clinical.drug_checks import DrugLevel
from cmc.clinical.targets import Quantity
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


@audited("clinic_id", "purpose", "quantity", "set_on", "until", "replaces_id")
class PersonalTargetRow(SQLModel, table=True):
    """A doctor's target, or limit of alarm, for one person and quantity; rows are only added.

    The newest row of a purpose and quantity holds; without both ends it gives back what holds for everybody.
    """

    __tablename__ = "personal_target"
    __table_args__ = (
        one_of("purpose", ValuePurpose),
        one_of("quantity", Quantity),
        CheckConstraint("low < high", name="in_order"),
        CheckConstraint("until > set_on", name="until"),
        CheckConstraint("length(reason) > 0", name="reason"),
        Index("ix_personal_target_patient_id_id", "patient_id", "id"),
        Index("uq_personal_target_replaces_id", "replaces_id", unique=True),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id")
    clinic_id: UUID = Field(foreign_key="organisation.id")
    purpose: str
    quantity: str
    low: Decimal | None = Field(default=None, sa_column=Column(Numeric(12, 4)))
    high: Decimal | None = Field(default=None, sa_column=Column(Numeric(12, 4)))
    set_on: date
    until: date | None = Field(default=None, description="first day on which it no longer holds")
    reason: str
    replaces_id: UUID | None = Field(default=None, description="the row of the same quantity that stood before")
    actor: str
    recorded_at: datetime
