"""What the API takes and gives of follow-up visits. Ranges are the hard ones of the forms, BP-01 and GLU-04."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from cmc.clinical import glucose
from cmc.clinical.codes import (
    Action,
    Adherence,
    Classification,
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
from cmc.clinical.units import mmol_l
from cmc.core.fields import Flag, FormCode, Line, LocalDate, Name, Note, Number, Whole
from cmc.core.text import Text
from cmc.followups.codes import Rating, SaltIntake
from cmc.followups.tables import Followup

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
    auxiliary_tests: Note | None = Field(default=None, description="results from anywhere since the last visit")
    next_visit_on: LocalDate | None = Field(
        default=None, description="after the visit and not later than FU-NEXT-01 permits, which is also the default"
    )
    note: Note | None = None


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
    "auxiliary_tests": "2026-10-12 糖化血红蛋白 7.3%",
    "next_visit_on": "2026-12-03",
}
"""One visit for both diseases, as the documentation of the API shows it."""


class JudgementOut(BaseModel):
    """The rules' answer for one disease; the same before storing and stored."""

    disease: Disease
    classification: Classification | None = Field(description="1–4; null when the deciding value is missing")
    classification_text: Text | None
    controlled: bool | None = Field(description="the bare value test at the age of that day; null when unknown")
    action: Action
    action_text: Text
    referral_reason: ReferralReason | None
    emergency_codes: list[str] = Field(examples=[["HTN-EM-01"]])
    rule_ids: list[str]
    reasons: list[Text]
    warnings: list[Text]
    ruleset: str
    next_visit_on: date
    next_visit_latest_on: date | None = Field(description="the last date that FU-NEXT-01 permits")
    valid: bool = Field(description="counts as a follow-up (FU-VALID-01)")
    missing_fields: list[str]
    late_entry: bool = Field(description="entered more than 7 days after the visit (FU-VALID-02)")

    @classmethod
    def of(cls, row: Followup) -> Self:
        classification = None if row.classification is None else Classification(row.classification)
        action = Action(row.action)
        return cls(
            disease=Disease(row.disease),
            classification=classification,
            classification_text=classification.text if classification else None,
            controlled=row.is_controlled,
            action=action,
            action_text=action.text,
            referral_reason=ReferralReason(row.referral_reason) if row.referral_reason else None,
            emergency_codes=row.emergency_codes,
            rule_ids=row.rule_ids,
            reasons=[Text(**each) for each in row.reasons],
            warnings=[Text(**each) for each in row.warnings],
            ruleset=row.ruleset,
            next_visit_on=row.next_visit_on,
            next_visit_latest_on=row.next_visit_latest_on,
            valid=row.is_valid,
            missing_fields=row.missing_fields,
            late_entry=row.is_late_entry,
        )


class AssessmentOut(BaseModel):
    """What would be stored: one judgement for each disease."""

    patient_id: UUID
    judgements: list[JudgementOut]


class FollowupOut(BaseModel):
    """A stored follow-up record of one disease."""

    id: UUID
    encounter_id: UUID = Field(description="the same for the records of one encounter")
    patient_id: UUID
    clinic_id: UUID
    disease: Disease
    visited_on: date
    visited_time: LocalTime | None
    mode: VisitMode
    doctor: str | None
    sbp_mmhg: int | None
    dbp_mmhg: int | None
    heart_rate_bpm: int | None
    weight_kg: Decimal | None
    fasting_glucose_mmol_l: Decimal | None
    fasting_glucose_flag: GlucoseFlag | None
    other_glucose_mmol_l: Decimal | None
    other_glucose_flag: GlucoseFlag | None
    other_glucose_period: GlucosePeriod | None
    symptoms: list[int] | None
    foot_pulse: FootPulse | None
    hypoglycaemia: Hypoglycaemia | None
    adherence: Adherence | None
    form: dict[str, Any] = Field(description="the form's other fields, as they were sent")
    judgement: JudgementOut
    recorded_at: datetime

    @classmethod
    def of(cls, row: Followup) -> Self:
        same = {name: getattr(row, name) for name in cls.model_fields.keys() & Followup.model_fields.keys()}
        fasting, other = row.fasting_glucose_umol_l, row.other_glucose_umol_l
        return cls(
            **same,
            fasting_glucose_mmol_l=None if fasting is None else mmol_l(fasting),
            fasting_glucose_flag=GlucoseFlag(row.fasting_glucose_bound) if row.fasting_glucose_bound else None,
            other_glucose_mmol_l=None if other is None else mmol_l(other),
            other_glucose_flag=GlucoseFlag(row.other_glucose_bound) if row.other_glucose_bound else None,
            judgement=JudgementOut.of(row),
        )


class EncounterOut(BaseModel):
    """What one request stored: a record for each disease."""

    encounter_id: UUID
    patient_id: UUID
    followups: list[FollowupOut]

    @classmethod
    def of(cls, rows: list[Followup]) -> Self:
        first = rows[0]
        stored = [FollowupOut.of(row) for row in rows]
        return cls(encounter_id=first.encounter_id, patient_id=first.patient_id, followups=stored)


class FollowupPage(BaseModel):
    """A person's follow-ups, newest first."""

    items: list[FollowupOut]
    next_cursor: str | None
