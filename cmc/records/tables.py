"""Table of annual examinations; those of facts are in `fact_tables`."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Numeric, SmallInteger
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.core.ids import new_id
from cmc.records.fact_tables import FACT_TABLES

__all__ = ["FACT_TABLES", "AnnualExam"]


@audited("clinic_id", "examined_on")
class AnnualExam(SQLModel, table=True):
    """An annual examination (年度体检, 健康体检表); `valid_for` says for which diseases it counts (IND-02, IND-05)."""

    __tablename__ = "annual_exam"
    __table_args__ = (
        Index("ix_annual_exam_patient_id_examined_on", "patient_id", "examined_on"),
        CheckConstraint("sbp_mmhg > dbp_mmhg", name="blood_pressure"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id")
    clinic_id: UUID = Field(foreign_key="organisation.id")
    examined_on: date
    temperature_c: Decimal | None = Field(default=None, sa_column=Column(Numeric(3, 1)))
    pulse_bpm: int | None = None
    respiration_per_min: int | None = None
    sbp_mmhg: int | None = None
    dbp_mmhg: int | None = None
    height_cm: Decimal | None = Field(default=None, sa_column=Column(Numeric(4, 1)))
    weight_kg: Decimal | None = Field(default=None, sa_column=Column(Numeric(4, 1)))
    waist_cm: Decimal | None = Field(default=None, sa_column=Column(Numeric(4, 1)))
    fasting_glucose_umol_l: int | None = None
    exam_foot_pulse: int | None = Field(
        default=None,
        sa_column=Column(SmallInteger),
        description="codes of the examination form (ExamFootPulse), which are not those of the follow-up form",
    )
    findings: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    valid_for: list[str] = Field(
        default_factory=list,
        sa_column=Column(ARRAY(TEXT), nullable=False),
        description="the diseases whose required fields are there",
    )
    missing_fields: dict[str, list[str]] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False), description="by disease"
    )
    actor: str
    recorded_at: datetime
