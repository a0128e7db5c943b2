"""Tables of indicators: one row of facts per person and period, the values, and the stamp that polls compare."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, PrimaryKeyConstraint, SmallInteger
from sqlmodel import Field, SQLModel

from cmc.clinical.codes import Disease
from cmc.core.db import one_of


class CountsIn(StrEnum):
    """Where a row of facts is counted (own visits at the institution, pooled visits above it)."""

    BOTH = "both"
    CLINIC = "clinic"
    REGION = "region"


class IndicatorFact(SQLModel, table=True):
    """All that the indicators need to know of one person, disease and period; made by `facts.statement` alone."""

    __tablename__ = "indicator_fact"
    __table_args__ = (
        one_of("disease", Disease),
        one_of("counts_in", CountsIn),
        PrimaryKeyConstraint("period_end", "period_start", "patient_id", "disease", "clinic_id", "counts_in"),
        Index("ix_indicator_fact_clinic_id", "period_end", "clinic_id"),
    )

    period_start: date
    period_end: date
    disease: str
    patient_id: UUID
    clinic_id: UUID = Field(description="the clinic it counts for; in a pooled row the one the person is assigned to")
    counts_in: str
    is_statutory: bool = Field(description="primary disease and 35 or older at the period's end (HTN-EN-02)")
    is_active_at_end: bool = Field(description="assigned to this clinic, and not gone before the period's last day")
    is_lost_at_end: bool = Field(description="in state LOST on the period's last day, or ended as lost")
    is_dead_at_end: bool
    managed_days: int = Field(sa_column=Column(SmallInteger, nullable=False))
    required_quarters: int = Field(sa_column=Column(SmallInteger, nullable=False), description="bit q: managed all of")
    face_to_face_quarters: int = Field(sa_column=Column(SmallInteger, nullable=False), description="bit q: seen in it")
    face_to_face_days: int = Field(sa_column=Column(SmallInteger, nullable=False), description="FU-VALID-01/02")
    any_mode_days: int = Field(sa_column=Column(SmallInteger, nullable=False), description="FU-VALID-01/02")
    exams: int = Field(sa_column=Column(SmallInteger, nullable=False), description="valid annual exams")
    age_at_end: int = Field(sa_column=Column(SmallInteger, nullable=False))
    face_to_face_on: date | None = Field(default=None, description="day of the last face-to-face follow-up")
    face_to_face_sbp_mmhg: int | None = Field(default=None, sa_column=Column(SmallInteger))
    face_to_face_dbp_mmhg: int | None = Field(default=None, sa_column=Column(SmallInteger))
    face_to_face_age: int | None = Field(default=None, sa_column=Column(SmallInteger), description="completed years")
    any_mode_on: date | None = Field(default=None, description="day of the last follow-up of any mode")
    any_mode_sbp_mmhg: int | None = Field(default=None, sa_column=Column(SmallInteger))
    any_mode_dbp_mmhg: int | None = Field(default=None, sa_column=Column(SmallInteger))
    any_mode_age: int | None = Field(default=None, sa_column=Column(SmallInteger))
    last_fasting_umol_l: int | None = Field(default=None, description="at the last face-to-face follow-up, if taken")
    last_other_umol_l: int | None = Field(default=None, description="not fasting, at that same follow-up")
    available_fasting_umol_l: int | None = Field(default=None, description="the latest one of a face-to-face follow-up")


class IndicatorValue(SQLModel, table=True):
    """One number: numerator and denominator are what is stored, the percentage is derived (GEN-06).

    The two pooled numbers are the organisation's share in the nodes above it: people assigned to it, with their
    follow-ups at all clinics. A district or the region is the sum of the shares below, so that nobody counts twice.
    """

    __tablename__ = "indicator_value"
    __table_args__ = (
        one_of("disease", Disease),
        PrimaryKeyConstraint("organisation_id", "period_end", "period_start", "code", "disease"),
        CheckConstraint("numerator BETWEEN 0 AND denominator", name="numerator"),
        CheckConstraint("pooled_numerator BETWEEN 0 AND pooled_denominator", name="pooled_numerator"),
    )

    organisation_id: UUID = Field(foreign_key="organisation.id")
    code: str
    disease: str
    period_start: date
    period_end: date
    numerator: int
    denominator: int
    pooled_numerator: int
    pooled_denominator: int
    definition_version: str
    as_of: date = Field(description="last day whose facts are in the number")
    computed_at: datetime


class IndicatorStamp(SQLModel, table=True):
    """The version of an organisation's values: the only thing an unchanged poll reads."""

    __tablename__ = "indicator_stamp"

    organisation_id: UUID = Field(foreign_key="organisation.id", primary_key=True)
    version: int = Field(sa_column=Column(BigInteger, nullable=False))
    changed_at: datetime
