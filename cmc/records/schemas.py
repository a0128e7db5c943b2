"""What the API takes and gives of annual examinations."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cmc.core.fields import LocalDate, Note, Number, Whole
from cmc.records.tables import AnnualExam


class AnnualExamIn(BaseModel):
    """The measured part of the health examination form (健康体检表); ranges are the hard ones of the form."""

    model_config = ConfigDict(extra="forbid")

    examined_on: LocalDate
    sbp_mmhg: Annotated[Whole, Field(ge=40, le=300)] | None = None
    dbp_mmhg: Annotated[Whole, Field(ge=20, le=200)] | None = None
    pulse_bpm: Annotated[Whole, Field(ge=30, le=250)] | None = None
    height_cm: Annotated[Number, Field(ge=50, le=250, decimal_places=1)] | None = None
    weight_kg: Annotated[Number, Field(ge=20, le=300, decimal_places=1)] | None = None
    waist_cm: Annotated[Number, Field(ge=30, le=200, decimal_places=1)] | None = None
    fasting_glucose_mmol_l: Annotated[Number, Field(ge=Decimal("0.5"), le=50, decimal_places=3)] | None = None
    note: Note | None = None


class AnnualExamOut(BaseModel):
    """A stored examination and whether it counts (IND-05)."""

    id: UUID
    patient_id: UUID
    clinic_id: UUID
    examined_on: date
    is_valid: bool
    missing_fields: list[str]

    @classmethod
    def of(cls, exam: AnnualExam) -> Self:
        return cls(
            id=exam.id,
            patient_id=exam.patient_id,
            clinic_id=exam.clinic_id,
            examined_on=exam.examined_on,
            is_valid=exam.is_valid,
            missing_fields=exam.missing_fields,
        )


class AnnualExamList(BaseModel):
    """A person's examinations, newest first."""

    items: list[AnnualExamOut]
