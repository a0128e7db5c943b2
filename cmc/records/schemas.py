"""What the API takes and gives of annual examinations."""

from datetime import date
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from cmc.clinical.codes import Disease, ExamFootPulse
from cmc.core.fields import FormCode, LocalDate, Note, Number, Whole
from cmc.records.tables import AnnualExam

_MEASURED: Final[JsonDict] = {
    "examined_on": "2026-05-12",
    "temperature_c": 36.5,
    "pulse_bpm": 72,
    "respiration_per_min": 18,
    "sbp_mmhg": 136,
    "dbp_mmhg": 82,
    "height_cm": 168.5,
    "weight_kg": 70.5,
    "waist_cm": 88,
    "fasting_glucose_mmol_l": 6.9,
}
_STORED: Final[JsonDict] = {
    "id": "019a9f3e-7c1b-7a52-9d0e-3f6b2c8d4e10",
    "patient_id": "019a9f3e-5b70-7d43-8c1f-0a9e7b6d5c21",
    "clinic_id": "019a9f3e-1a2c-7f64-b3d5-6e8c9a0b1d32",
    "examined_on": "2026-05-12",
    "valid_for": ["HTN"],
    "missing_fields": {"HTN": [], "T2DM": ["exam_foot_pulse"]},
}


class AnnualExamIn(BaseModel):
    """The measured part of the health examination form (健康体检表).

    All but the date may be missing, but then the exam may not count. Ranges are the hard ones of the form; pressures
    and glucose are checked further (BP-01, GLU-04).
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_MEASURED]})

    examined_on: LocalDate
    temperature_c: Annotated[Number, Field(ge=34, le=43, decimal_places=1)] | None = None
    pulse_bpm: Annotated[Whole, Field(ge=30, le=250)] | None = None
    respiration_per_min: Annotated[Whole, Field(ge=5, le=60)] | None = None
    sbp_mmhg: Annotated[Whole, Field(ge=40, le=300)] | None = None
    dbp_mmhg: Annotated[Whole, Field(ge=20, le=200)] | None = None
    height_cm: Annotated[Number, Field(ge=50, le=250, decimal_places=1)] | None = None
    weight_kg: Annotated[Number, Field(ge=20, le=300, decimal_places=1)] | None = None
    waist_cm: Annotated[Number, Field(ge=30, le=200, decimal_places=1)] | None = None
    fasting_glucose_mmol_l: Annotated[Number, Field(ge=0, le=9999, decimal_places=3)] | None = Field(
        default=None, description="0.5–50; 40 and more is refused as probably mg/dL (GLU-04)"
    )
    exam_foot_pulse: FormCode[ExamFootPulse] | None = Field(
        default=None,
        description="examination form: 1 not felt, 2 felt and symmetric, 3 left weak or absent, 4 right weak or absent;"
        " the follow-up form has other codes",
    )
    note: Note | None = None


class AnnualExamOut(BaseModel):
    """A stored examination and for which diseases it counts (IND-05), whatever the person is enrolled for."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STORED]})

    id: UUID
    patient_id: UUID
    clinic_id: UUID
    examined_on: date
    valid_for: list[Disease] = Field(description="the diseases whose required fields are there")
    missing_fields: dict[Disease, list[str]] = Field(description="for every disease; empty where the exam counts")

    @classmethod
    def of(cls, exam: AnnualExam) -> Self:
        return cls(
            id=exam.id,
            patient_id=exam.patient_id,
            clinic_id=exam.clinic_id,
            examined_on=exam.examined_on,
            valid_for=[Disease(each) for each in exam.valid_for],
            missing_fields={Disease(each): fields for each, fields in exam.missing_fields.items()},
        )


class AnnualExamList(BaseModel):
    """A person's examinations, newest first."""

    items: list[AnnualExamOut]
