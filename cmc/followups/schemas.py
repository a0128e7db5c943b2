"""What the API takes and gives of follow-up visits. Ranges are the hard ones of the forms, BP-01 and GLU-04."""

import re
from datetime import time
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from cmc.clinical import glucose
from cmc.clinical.codes import (
    Adherence,
    Concern,
    DangerSymptom,
    DiabetesSymptom,
    Disease,
    FootPulse,
    FootSide,
    GlucoseFlag,
    GlucosePeriod,
    HypertensionSymptom,
    Hypoglycaemia,
    ReferralReason,
    VisitMode,
)
from cmc.core.fields import Flag, FormCode, Line, LocalDate, Name, Note, Number, Whole
from cmc.followups.codes import IrregularReason, Rating, SaltIntake

_STRICT = ConfigDict(extra="forbid")
_CLOCK_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?\Z")


def _clock_time(value: Any) -> Any:
    if isinstance(value, time) or (isinstance(value, str) and _CLOCK_TIME.match(value)):
        return value
    raise PydanticCustomError("time_expected", "must be a local time such as 09:30")


def _plausible_glucose(value: Decimal) -> Decimal:
    found = glucose.concerns(value, "mmol/L")
    if Concern.UNIT_MISMATCH in found:
        raise PydanticCustomError("unit_mismatch", "must be in mmol/L; this looks like mg/dL: divide by 18")
    if any(concern.blocking for concern in found):
        raise PydanticCustomError("out_of_range", "must lie between 0.5 and 50 mmol/L (GLU-04)")
    return value


# Local and without an offset, so not the "time" of JSON Schema.
LocalTime = Annotated[
    time,
    WithJsonSchema(
        {"type": "string", "description": 'local time of day as text, "HH:MM" or "HH:MM:SS"', "examples": ["09:30"]}
    ),
]
ClockTime = Annotated[LocalTime, BeforeValidator(_clock_time)]
Systolic = Annotated[Whole, Field(ge=40, le=300)]
Diastolic = Annotated[Whole, Field(ge=20, le=200)]
GlucoseMmolL = Annotated[Number, Field(ge=0, le=9999, decimal_places=3), AfterValidator(_plausible_glucose)]
Kilograms = Annotated[Number, Field(ge=20, le=300, decimal_places=1)]
HbA1cPercent = Annotated[Number, Field(ge=3, le=20, decimal_places=1)]
FORM_MEDICINES = 3
"""Rows for medicines on both forms; what is more stands under 其他."""


class Lifestyle(BaseModel):
    """The lifestyle block; used for what is and for what is agreed until the next visit (目标)."""

    model_config = _STRICT

    cigarettes_per_day: Annotated[Whole, Field(ge=0, le=100)] | None = None
    alcohol_liang_per_day: Annotated[Number, Field(ge=0, le=50, decimal_places=1)] | None = Field(
        default=None, description="两 of spirits: beer ÷ 10, wine ÷ 4, yellow rice wine ÷ 5"
    )
    exercise_times_per_week: Annotated[Whole, Field(ge=0, le=21)] | None = None
    exercise_minutes: Annotated[Whole, Field(ge=0, le=600)] | None = Field(default=None, description="each time")
    salt: FormCode[SaltIntake] | None = None
    staple_food_g_per_day: Annotated[Whole, Field(ge=0, le=2000)] | None = None
    mental_adjustment: FormCode[Rating] | None = Field(default=None, description="心理调整")
    follows_advice: FormCode[Rating] | None = Field(default=None, description="遵医行为")


class Medication(BaseModel):
    """One drug in use (用药情况)."""

    model_config = _STRICT

    name: Name
    times_per_day: Annotated[Whole, Field(ge=0, le=24)] | None = None
    dose: Annotated[Line, Field(max_length=64)] | None = Field(default=None, examples=["5 mg"])


class Insulin(BaseModel):
    """胰岛素 of the diabetes form."""

    model_config = _STRICT

    kind: Name
    usage: Line | None = Field(default=None, description="用法和用量", examples=["睡前 12 IU"])


class ReferralIn(BaseModel):
    """转诊 of both forms: why, and where to."""

    model_config = _STRICT

    code: ReferralReason | None = Field(default=None, description="why, by the standard")
    reason: Line | None = Field(default=None, description="why, in words")
    institution: Name
    department: Name | None = None


class FollowupIn(BaseModel):
    """One encounter: the national follow-up record of one disease, or of both at once (FU-BOTH-01)."""

    model_config = _STRICT

    patient_id: UUID
    diseases: Annotated[list[Disease], Field(min_length=1, max_length=2)]
    visited_on: LocalDate
    visited_time: ClockTime | None = None
    mode: FormCode[VisitMode] = Field(description="1 outpatient, 2 home, 3 phone; phone is not face to face")
    doctor: Name | None = None

    sbp_mmhg: Systolic | None = None
    dbp_mmhg: Diastolic | None = None
    heart_rate_bpm: Annotated[Whole, Field(ge=30, le=250)] | None = None
    weight_kg: Kilograms | None = None
    weight_target_kg: Kilograms | None = None
    height_cm: Annotated[Number, Field(ge=50, le=250, decimal_places=1)] | None = None
    waist_cm: Annotated[Number, Field(ge=30, le=200, decimal_places=1)] | None = None
    temperature_c: Annotated[Number, Field(ge=34, le=43, decimal_places=1)] | None = None
    fasting_glucose_mmol_l: GlucoseMmolL | None = None
    fasting_glucose_flag: GlucoseFlag | None = Field(default=None, description="HI/LO; the value is then a bound")
    other_glucose_mmol_l: GlucoseMmolL | None = None
    other_glucose_flag: GlucoseFlag | None = None
    other_glucose_period: GlucosePeriod | None = Field(default=None, description="RANDOM when left out")

    hypertension_symptoms: list[FormCode[HypertensionSymptom]] | None = Field(default=None, max_length=9)
    diabetes_symptoms: list[FormCode[DiabetesSymptom]] | None = Field(default=None, max_length=9)
    other_symptoms: Line | None = None
    danger_signs: list[DangerSymptom] = Field(default_factory=list, max_length=20)
    sudden_abnormality: Flag = Field(default=False, description="such as sudden loss of vision (DM-EM-05)")
    pregnant_or_lactating: Flag = False
    unmanageable_illness: Flag = Field(default=False, description="other illness that cannot be handled here")

    foot_pulse: FormCode[FootPulse] | None = Field(default=None, description="2017 form: 1 normal, 2 weak, 3 absent")
    foot_pulse_side: FootSide | None = None
    hypoglycaemia: FormCode[Hypoglycaemia] | None = None
    adherence: FormCode[Adherence] | None = None
    irregular_reason: FormCode[IrregularReason] | None = Field(default=None, description="why not taken regularly")
    adverse_reaction: Flag = False
    adverse_reaction_text: Line | None = None
    new_complication: Flag = False
    worse_complication: Flag = False
    new_foot_ulcer: Flag = False
    new_visual_loss: Flag = False
    new_proteinuria: Flag = False
    complication_text: Line | None = None

    lifestyle: Lifestyle | None = None
    lifestyle_targets: Lifestyle | None = None
    medications: list[Medication] | None = Field(default=None, max_length=20)
    no_medication: Flag = Field(default=False, description="explicitly none; leave `medications` out")
    insulin: Insulin | None = None
    hba1c_percent: HbA1cPercent | None = Field(default=None, description="糖化血红蛋白, % (GLU-06)")
    hba1c_on: LocalDate | None = Field(default=None, description="when it was taken")
    auxiliary_tests: Note | None = Field(default=None, description="results from anywhere since the last visit")
    referral: ReferralIn | None = Field(default=None, description="转诊: reason, institution and department")
    next_visit_on: LocalDate | None = Field(
        default=None, description="after the visit and not later than FU-NEXT-01 permits, which is also the default"
    )
    note: Note | None = None


class CorrectionIn(BaseModel):
    """What a visit really was, the whole form, and why it is corrected."""

    model_config = _STRICT

    reason: Line = Field(description="why; it stands in the history")
    visit: FollowupIn


class WithdrawalIn(BaseModel):
    """Why a visit never was: entered for another person, entered twice."""

    model_config = _STRICT

    reason: Line


EXAMPLE_VISIT: dict[str, Any] = {
    "patient_id": "01970000-0000-7000-8000-000000000001",
    "diseases": ["HTN", "T2DM"],
    "visited_on": "2026-11-20",
    "visited_time": "08:30",
    "mode": 1,
    "doctor": "李医生",
    "sbp_mmhg": 148,
    "dbp_mmhg": 86,
    "heart_rate_bpm": 76,
    "weight_kg": 68.5,
    "weight_target_kg": 66,
    "height_cm": 165,
    "waist_cm": 86,
    "fasting_glucose_mmol_l": 7.4,
    "hypertension_symptoms": [1],
    "diabetes_symptoms": [2, 7],
    "foot_pulse": 1,
    "hypoglycaemia": 1,
    "adherence": 2,
    "lifestyle": {
        "cigarettes_per_day": 10,
        "alcohol_liang_per_day": 1,
        "exercise_times_per_week": 3,
        "exercise_minutes": 30,
        "salt": 2,
        "staple_food_g_per_day": 300,
        "mental_adjustment": 1,
        "follows_advice": 2,
    },
    "lifestyle_targets": {"cigarettes_per_day": 5, "exercise_times_per_week": 5, "salt": 1},
    "medications": [
        {"name": "氨氯地平", "times_per_day": 1, "dose": "5 mg"},
        {"name": "二甲双胍", "times_per_day": 2, "dose": "500 mg"},
    ],
    "hba1c_percent": 7.3,
    "hba1c_on": "2026-10-12",
    "auxiliary_tests": "血肌酐 78 µmol/L",
    "next_visit_on": "2026-12-03",
}
"""One visit for both diseases, as the documentation of the API shows it."""
