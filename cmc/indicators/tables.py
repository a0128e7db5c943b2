"""Tables of indicators: one row of facts per person and period, the values, and the stamp that polls compare."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, SmallInteger, UniqueConstraint
from sqlmodel import Field, SQLModel

from cmc.clinical.codes import Disease
from cmc.core.db import one_of
from cmc.core.ids import new_id


class CountsIn(StrEnum):
    """Where a row of facts is counted (rules §2.7: own visits at the institution, pooled visits above it)."""

    BOTH = "both"
    CLINIC = "clinic"
    REGION = "region"


class IndicatorFact(SQLModel, table=True):
    """All that the indicators need to know of one person, disease and period."""

    __tablename__ = "indicator_fact"
    __table_args__ = (
        one_of("disease", Disease),
        one_of("counts_in", CountsIn),
        Index("ix_indicator_fact_patient_id", "patient_id"),
        Index("ix_indicator_fact_clinic_id", "period_end", "disease", "clinic_id"),
    )

    period_start: date = Field(primary_key=True)
    period_end: date = Field(primary_key=True)
    disease: str = Field(primary_key=True)
    patient_id: UUID = Field(primary_key=True)
    clinic_id: UUID = Field(primary_key=True, description="the clinic it counts for; above clinics the last one")
    counts_in: str = Field(primary_key=True)
    is_statutory: bool = Field(description="primary disease and 35 or older at the period's end (HTN-EN-02)")
    is_active_at_end: bool = Field(description="not ended by death, move or withdrawal before the period's end")
    is_lost_at_end: bool
    is_dead_at_end: bool
    managed_days: int = Field(sa_column=Column(SmallInteger, nullable=False))
    required_quarters: int = Field(sa_column=Column(SmallInteger, nullable=False), description="bit q: whole quarter")
    face_to_face_quarters: int = Field(sa_column=Column(SmallInteger, nullable=False))
    face_to_face_days: int = Field(sa_column=Column(SmallInteger, nullable=False))
    any_mode_days: int = Field(sa_column=Column(SmallInteger, nullable=False))
    exams: int = Field(sa_column=Column(SmallInteger, nullable=False))
    age_at_end: int = Field(sa_column=Column(SmallInteger, nullable=False))
    face_to_face_sbp_mmhg: int | None = Field(default=None, description="at the last face-to-face follow-up")
    face_to_face_dbp_mmhg: int | None = None
    face_to_face_age: int | None = Field(default=None, description="completed years on that day")
    any_mode_sbp_mmhg: int | None = Field(default=None, description="at the last follow-up of any mode")
    any_mode_dbp_mmhg: int | None = None
    any_mode_age: int | None = None
    last_fasting_umol_l: int | None = Field(default=None, description="at the last face-to-face follow-up, if taken")
    last_other_umol_l: int | None = Field(default=None, description="not fasting, at that same follow-up")
    available_fasting_umol_l: int | None = Field(default=None, description="the latest one taken in the period")


class IndicatorValue(SQLModel, table=True):
    """One number: numerator and denominator are what is stored, the percentage is derived (GEN-06)."""

    __tablename__ = "indicator_value"
    __table_args__ = (
        one_of("disease", Disease),
        UniqueConstraint("organisation_id", "period_end", "period_start", "code", "disease"),
        CheckConstraint("numerator BETWEEN 0 AND denominator", name="numerator"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organisation_id: UUID = Field(foreign_key="organisation.id")
    code: str
    disease: str
    period_start: date
    period_end: date
    numerator: int
    denominator: int
    definition_version: str
    as_of: date = Field(description="last day whose facts are in the number")
    computed_at: datetime


class IndicatorStamp(SQLModel, table=True):
    """The version of an organisation's values: the only thing an unchanged poll reads."""

    __tablename__ = "indicator_stamp"

    organisation_id: UUID = Field(foreign_key="organisation.id", primary_key=True)
    version: int = Field(sa_column=Column(BigInteger, nullable=False))
    changed_at: datetime
