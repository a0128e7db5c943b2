"""Tables of indicators: one row of facts per person and period, the values, and the stamp that polls compare."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Numeric, PrimaryKeyConstraint, SmallInteger
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.clinical.codes import Disease
from cmc.core.db import one_of
from cmc.core.ids import new_id


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
    managed_until: date = Field(description="last managed day of the year to date, there")
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
    doctor: str | None = Field(default=None, description="responsible doctor of the stint that counts")
    is_primary: bool = Field(description="primary disease, at any age")
    registered_on: date = Field(description="first day of the first stint of this disease, at any clinic")
    seen_on: date | None = Field(default=None, description="last follow-up of any mode and clinic in 12 months")
    pressure_on: date | None = Field(default=None, description="day of the last pressure of these follow-ups")
    pressure_sbp_mmhg: int | None = Field(default=None, sa_column=Column(SmallInteger))
    pressure_dbp_mmhg: int | None = Field(default=None, sa_column=Column(SmallInteger))
    lowest_sbp_mmhg: int | None = Field(default=None, sa_column=Column(SmallInteger), description="on that day")
    lowest_dbp_mmhg: int | None = Field(default=None, sa_column=Column(SmallInteger), description="on that day")
    pair_managed_until: date | None = Field(
        default=None, description="hypertension: last day also managed for type 2 diabetes, if active there at the end"
    )
    pair_is_lost: bool = Field(description="lost there")
    pair_fasting_umol_l: int | None = Field(default=None, description="at the last face-to-face follow-up there")
    hba1c_on: date | None = Field(default=None, description="day of the last one in 12 months")
    hba1c_micro: int | None = Field(default=None, description="the highest of that day, in millionths of a percent")
    hba1c_lowest_micro: int | None = Field(default=None, description="the lowest of that day")
    hba1c_first_on: date | None = Field(default=None, description="day of the first one in the period")
    hba1c_first_micro: int | None = None
    ldl_on: date | None = None
    ldl_micro: int | None = Field(default=None, description="in millionths of a mmol/L")
    lipids_on: date | None = Field(default=None, description="last of any lipid")
    kidney_on: date | None = Field(default=None, description="last creatinine or eGFR")
    egfr_on: date | None = None
    egfr_micro: int | None = Field(default=None, sa_column=Column(BigInteger))
    uacr_on: date | None = None
    uacr_micro: int | None = Field(default=None, sa_column=Column(BigInteger))
    eye_on: date | None = Field(default=None, description="last examination of the kind in 12 months")
    foot_on: date | None = None
    nerve_on: date | None = None
    ecg_on: date | None = None
    stayed_on: date | None = Field(default=None, description="first day of the last hospital stay begun in the period")
    medicines: int = Field(sa_column=Column(SmallInteger, nullable=False), description="taken on the last day")
    takes_statin: bool
    conditions: int = Field(sa_column=Column(SmallInteger, nullable=False), description="bits of `Circumstance`")
    tasks_due: int = Field(sa_column=Column(SmallInteger, nullable=False), description="due in the period")
    tasks_on_time: int = Field(
        sa_column=Column(SmallInteger, nullable=False), description="of these done within 7 days"
    )
    quarter_tasks_due: int = Field(sa_column=Column(SmallInteger, nullable=False), description="in the end's quarter")
    quarter_tasks_on_time: int = Field(sa_column=Column(SmallInteger, nullable=False))
    month_tasks_due: int = Field(sa_column=Column(SmallInteger, nullable=False), description="in the end's month")
    month_tasks_on_time: int = Field(sa_column=Column(SmallInteger, nullable=False))


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
        CheckConstraint("exclusions >= 0 AND pooled_exclusions >= 0", name="exclusions"),
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
    exclusions: int = Field(default=0, description="of this disease on file there, and not in the denominator")
    pooled_exclusions: int = 0
    definition_version: str
    as_of: date = Field(description="last day whose facts are in the number")
    computed_at: datetime


class IndicatorStamp(SQLModel, table=True):
    """The version of an organisation's values: the only thing an unchanged poll reads."""

    __tablename__ = "indicator_stamp"

    organisation_id: UUID = Field(foreign_key="organisation.id", primary_key=True)
    version: int = Field(sa_column=Column(BigInteger, nullable=False))
    changed_at: datetime


@audited("organisation_id", "code", "disease", "percent", "valid_from", "set_by", person=None)
class IndicatorGoal(SQLModel, table=True):
    """The goal of a region, district or clinic of its own for an indicator; rows are only added (the history)."""

    __tablename__ = "indicator_goal"
    __table_args__ = (
        one_of("disease", Disease),
        CheckConstraint("percent > 0 AND percent <= 100", name="percent"),
        Index("ix_indicator_goal_organisation_id", "organisation_id", "code", "disease", "valid_from"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organisation_id: UUID = Field(foreign_key="organisation.id")
    code: str
    disease: str
    percent: Decimal | None = Field(
        default=None, sa_column=Column(Numeric(5, 2), nullable=True), description="None: from then on none of its own"
    )
    valid_from: date
    reason: str
    set_by: str
    set_at: datetime
