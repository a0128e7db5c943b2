"""What the API gives of follow-up visits: the judgement, the advice beside it, the records and their history."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from cmc.clinical.body import bmi
from cmc.clinical.codes import (
    Action,
    Adherence,
    Classification,
    Disease,
    FootPulse,
    GlucoseFlag,
    GlucosePeriod,
    Hypoglycaemia,
    ReferralReason,
    VisitMode,
)
from cmc.clinical.units import mmol_l, round_half_up
from cmc.core.clock import local_date
from cmc.core.text import Text
from cmc.followups.codes import VisitEnd
from cmc.followups.rules.validity import MEASURED
from cmc.followups.schemas import LocalTime
from cmc.followups.tables import Followup

_TENTH = Decimal("0.1")


class AdviceOut(BaseModel):
    """What the clinical guideline says beside the statutory judgement, and changes nothing of it (GEN-01)."""

    rule: str = Field(examples=["HTN-GL-01"])
    text: Text
    inputs: dict[str, Any] = Field(description="the facts that it was said of (GEN-02)")
    ruleset: str


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
    inputs: dict[str, Any] = Field(description="the facts judged (GEN-02); what is left out was not known, or no")
    ruleset: str
    advice: list[AdviceOut] | None = Field(description="null of a visit for which the guideline was not asked")
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
            inputs=row.inputs,
            ruleset=row.ruleset,
            advice=None if row.advice is None else [AdviceOut.model_validate(each) for each in row.advice],
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
    draft_only: bool = Field(
        description="a desk keeps it as a draft: answers are missing that can still be asked for. False of what lacks"
        " only measured values, which are stored as not measured, and of every emergency"
    )

    @classmethod
    def of(cls, patient_id: UUID, rows: Sequence[Followup]) -> Self:
        """From the rows that would be stored."""
        asked_for = {name for row in rows for name in row.missing_fields} - set(MEASURED)
        is_emergency = any(row.emergency_codes for row in rows)
        judgements = [JudgementOut.of(row) for row in rows]
        return cls(patient_id=patient_id, judgements=judgements, draft_only=bool(asked_for) and not is_emergency)


class FollowupOut(BaseModel):
    """A stored follow-up record of one disease, in one of its versions."""

    id: UUID
    record_id: UUID = Field(description="the same for all versions of the record")
    encounter_id: UUID = Field(description="the same for the records of one encounter")
    version: int = Field(description="of the encounter; If-Match names it in quotes")
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
    bmi: Decimal | None = Field(description="kg/m², from the weight and the height of that day or known before")
    bmi_target: Decimal | None = Field(description="kg/m², from the agreed weight")
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
    entered_at: datetime = Field(description="when the first version was recorded")
    entered_another_day: bool = Field(description="entered on another day than that of the visit")
    recorded_at: datetime
    ended_at: datetime | None = Field(description="when this version was corrected or withdrawn")
    ended_as: VisitEnd | None
    ended_by: str | None
    end_reason: str | None

    @classmethod
    def of(cls, row: Followup, *, known_height_cm: Decimal | None = None) -> Self:
        same = {name: getattr(row, name) for name in cls.model_fields.keys() & Followup.model_fields.keys()}
        fasting, other = row.fasting_glucose_umol_l, row.other_glucose_umol_l
        height = height_of(row) or known_height_cm
        return cls(
            **same,
            bmi=body_mass_index(row.weight_kg, height),
            bmi_target=body_mass_index(decimal_of(row.form.get("weight_target_kg")), height),
            fasting_glucose_mmol_l=None if fasting is None else mmol_l(fasting),
            fasting_glucose_flag=GlucoseFlag(row.fasting_glucose_bound) if row.fasting_glucose_bound else None,
            other_glucose_mmol_l=None if other is None else mmol_l(other),
            other_glucose_flag=GlucoseFlag(row.other_glucose_bound) if row.other_glucose_bound else None,
            judgement=JudgementOut.of(row),
            entered_another_day=local_date(row.entered_at) != row.visited_on,
        )


class EncounterOut(BaseModel):
    """What one request stored: a record for each disease."""

    encounter_id: UUID
    version: int = Field(description="counted from 1; a correction makes the next one")
    patient_id: UUID
    followups: list[FollowupOut]

    @classmethod
    def of(cls, rows: Sequence[Followup], *, known_height_cm: Decimal | None = None) -> Self:
        first = rows[0]
        stored = [FollowupOut.of(row, known_height_cm=known_height_cm) for row in rows]
        return cls(
            encounter_id=first.encounter_id, version=first.version, patient_id=first.patient_id, followups=stored
        )


class EncounterHistory(BaseModel):
    """All versions of one encounter, the first one first; the last one stands unless it ended."""

    encounter_id: UUID
    patient_id: UUID
    stands: bool = Field(description="false when the visit was withdrawn")
    versions: list[EncounterOut]


class FollowupPage(BaseModel):
    """A person's follow-ups, newest first."""

    items: list[FollowupOut]
    next_cursor: str | None


def height_of(row: Followup) -> Decimal | None:
    """Return the height in cm that was measured at a visit."""
    return decimal_of(row.form.get("height_cm"))


def body_mass_index(weight_kg: Decimal | None, height_cm: Decimal | None) -> Decimal | None:
    """Return the index in kg/m², half-up to a tenth, as the form prints it; None without weight or height."""
    return None if weight_kg is None or height_cm is None else round_half_up(bmi(weight_kg, height_cm), _TENTH)


def decimal_of(stored: Any) -> Decimal | None:
    """Return a number of a stored form, which keeps decimals as text."""
    return None if stored is None else Decimal(str(stored))
