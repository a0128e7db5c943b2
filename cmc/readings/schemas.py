"""What the API gives of readings."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from cmc.clinical.codes import AlertTier, GlucoseFlag, GlucosePeriod, ReadingKind, Setting, Specimen
from cmc.readings.summary_schemas import SeriesOut
from cmc.readings.tables import Reading


class ReadingOut(BaseModel):
    """One measurement: in the units of the product, and as it was received."""

    id: UUID
    kind: ReadingKind
    taken_at: datetime = Field(description="UTC")
    taken_on: date = Field(description="local date (Asia/Shanghai)")
    received_at: datetime
    setting: Setting
    glucose_mmol_l: float | None = Field(description="beside a flag: the meter's limit, not a value", examples=[6.1])
    flag: GlucoseFlag | None = Field(description="HI or LO: outside of the meter's range (GLU-03)")
    period: GlucosePeriod | None
    specimen: Specimen | None
    systolic_mmhg: int | None
    diastolic_mmhg: int | None
    pulse_bpm: int | None
    alert_tier: AlertTier | None = Field(description="judged when stored")
    device: str | None
    sequence: int | None
    value_text: str = Field(description="the value as received", examples=["109.8"])
    unit_text: str = Field(description="the unit as received", examples=["mg/dL"])
    device_time_text: str | None = Field(description="the time as received")
    utc_offset_minutes: int | None
    notes: list[str] = Field(
        description="clock_ahead, unusual_value, pulse_out_of_range, time_ambiguous, time_nonexistent"
    )
    calibration_overdue: bool = Field(description="its device was due for calibration on that day")

    @classmethod
    def of(cls, reading: Reading, marked: Collection[UUID]) -> Self:
        """Return the reading as the API shows it; `marked`: see `readings.calibrating`."""
        umol_l = reading.glucose_umol_l
        return cls.model_validate(
            {
                **reading.model_dump(exclude={"patient_id", "clinic_id", "receipt_id"}),
                "glucose_mmol_l": None if umol_l is None else umol_l / 1000,
                "flag": reading.bound,
                "systolic_mmhg": reading.sbp_mmhg,
                "diastolic_mmhg": reading.dbp_mmhg,
                "notes": (reading.notes or "").split(),
                "calibration_overdue": reading.id in marked,
            }
        )


class ReadingPage(BaseModel):
    """A page of readings, newest first; or, when a series was asked for, the series and no page."""

    items: list[ReadingOut]
    next_cursor: str | None
    series: SeriesOut | None = Field(default=None, description="only with `series`")
