"""Tables of measurements: partitioned by the month of `taken_on`, narrow columns, one unique key.

A reading's id is derived from its declared identity (`cmc/ingest/identity.py`), so the primary key is also what makes
a second arrival of the same reading impossible. There is no foreign key to `patient`, which would be checked row by
row: who stores readings resolves their people by one statement in the same transaction, before the insert.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlmodel import Column, Field, SQLModel

from cmc.clinical.codes import AlertTier, GlucosePeriod, ReadingKind, Setting, Specimen
from cmc.core.db import one_of


class Reading(SQLModel, table=True):
    """One measurement of one person. Values are exact integers: µmol/L for glucose, mmHg for pressure, beats/min."""

    __table_args__ = (
        one_of("kind", ReadingKind),
        one_of("setting", Setting),
        one_of("period", GlucosePeriod),
        one_of("specimen", Specimen),
        one_of("alert_tier", AlertTier),
        CheckConstraint("bound IN ('HI', 'LO')", name="bound"),
        CheckConstraint(
            "CASE kind WHEN 'glucose' THEN glucose_umol_l IS NOT NULL AND sbp_mmhg IS NULL AND dbp_mmhg IS NULL"
            " ELSE glucose_umol_l IS NULL AND sbp_mmhg IS NOT NULL AND dbp_mmhg IS NOT NULL END",
            name="value_of_kind",
        ),
        CheckConstraint("glucose_umol_l BETWEEN 500 AND 50000", name="glucose_range"),
        CheckConstraint("sbp_mmhg BETWEEN 40 AND 300 AND dbp_mmhg BETWEEN 20 AND 200", name="pressure_range"),
        CheckConstraint("sbp_mmhg - dbp_mmhg >= 10", name="pulse_pressure"),
        Index("ix_reading_patient_id_kind_taken_at", "patient_id", "kind", "taken_at"),
        Index(
            "ix_reading_red",
            "patient_id",
            "taken_at",
            postgresql_where=text("alert_tier = 'RED'"),
        ),
        {"postgresql_partition_by": "RANGE (taken_on)"},
    )

    id: UUID = Field(primary_key=True)
    taken_on: date = Field(primary_key=True, description="the centre's calendar date of `taken_at`")
    patient_id: UUID
    clinic_id: UUID = Field(description="the person's clinic when the reading arrived")
    kind: str
    taken_at: datetime
    received_at: datetime
    setting: str
    period: str | None = None
    specimen: str | None = None
    glucose_umol_l: int | None = None
    bound: str | None = Field(default=None, description="HI or LO: the value is the meter's limit (GLU-03)")
    sbp_mmhg: int | None = Field(default=None, sa_column=Column(SmallInteger))
    dbp_mmhg: int | None = Field(default=None, sa_column=Column(SmallInteger))
    pulse_bpm: int | None = Field(default=None, sa_column=Column(SmallInteger))
    alert_tier: str | None = Field(default=None, description="judged once, when stored")
    device: str | None = None
    sequence: int | None = None
    value_text: str = Field(description="the value as it was received")
    unit_text: str = Field(description="the unit as it was received")
    device_time_text: str | None = Field(default=None, description="the device's own time text")
    utc_offset_minutes: int | None = Field(default=None, sa_column=Column(SmallInteger))
    notes: str | None = Field(default=None, description="codes of what is worth knowing about it, separated by spaces")
    receipt_id: UUID = Field(description="the request or file it came in")
