"""What the API takes and gives of rule sets."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from cmc.clinical.codes import (
    Action,
    Classification,
    DangerSymptom,
    Disease,
    FootPulse,
    GlucoseFlag,
    GlucosePeriod,
    Hypoglycaemia,
    ReferralReason,
)
from cmc.core.fields import Flag, FormCode, LocalDate, Name, Number, Whole
from cmc.core.text import Text
from cmc.followups.rules.rulesets import RuleSetKind
from cmc.followups.schemas import Diastolic, GlucoseMmolL, HbA1cPercent, Systolic
from cmc.followups.visit_answers import AdviceOut


class ThresholdOut(BaseModel):
    """One number of a rule set, as the rules compare with it."""

    key: str
    rule: str
    text: Text
    value: str = Field(examples=["<140/90"])
    unit: str


class RuleOut(BaseModel):
    """What one rule says."""

    rule: str = Field(examples=["HTN-FU-05"])
    text: Text


class ChangeOut(BaseModel):
    """One difference from the former version."""

    key: str
    before: str | None
    after: str | None


class RuleSetBrief(BaseModel):
    """One version of a rule set."""

    version: str = Field(examples=["CN-NBPHS-2017"])
    kind: RuleSetKind
    title: Text
    source: Text
    effective_from: date
    effective_until: date | None = Field(description="first day of the next version; null for the latest")
    in_force: bool = Field(description="holds today")


class RuleSetOut(RuleSetBrief):
    """One version in full."""

    former: str | None = Field(description="the version before")
    changes: list[ChangeOut] = Field(description="what differs from it")
    thresholds: list[ThresholdOut]
    rules: list[RuleOut]


class RuleSetList(BaseModel):
    """Every version of every rule set."""

    items: list[RuleSetBrief]


class CaseIn(BaseModel):
    """A case to be tried: what was found at a visit of nobody. Nothing of it is stored."""

    model_config = ConfigDict(extra="forbid")

    disease: Disease
    on: LocalDate = Field(description="the day of the visit; it chooses the versions in force")
    age_years: Annotated[Whole, Field(ge=0, le=120)]
    ruleset: str | None = Field(default=None, max_length=64, description="another version of the statutory rule set")
    guideline: str | None = Field(default=None, max_length=64, description="another edition of the guideline")
    sbp_mmhg: Systolic | None = None
    dbp_mmhg: Diastolic | None = None
    heart_rate_bpm: Annotated[Whole, Field(ge=30, le=250)] | None = None
    temperature_c: Annotated[Number, Field(ge=34, le=43, decimal_places=1)] | None = None
    fasting_glucose_mmol_l: GlucoseMmolL | None = None
    fasting_glucose_flag: GlucoseFlag | None = None
    other_glucose_mmol_l: GlucoseMmolL | None = None
    other_glucose_flag: GlucoseFlag | None = None
    other_glucose_period: GlucosePeriod | None = None
    danger_signs: list[DangerSymptom] = Field(default_factory=list, max_length=20)
    sudden_abnormality: Flag = False
    pregnant_or_lactating: Flag = False
    unmanageable_illness: Flag = False
    adverse_reaction: Flag = False
    new_complication: Flag = False
    worse_complication: Flag = False
    new_foot_ulcer: Flag = False
    new_visual_loss: Flag = False
    new_proteinuria: Flag = False
    hypoglycaemia: FormCode[Hypoglycaemia] | None = None
    foot_pulse: FormCode[FootPulse] | None = None
    previous_foot_pulse: FormCode[FootPulse] | None = None
    previous_classification: FormCode[Classification] | None = None
    previous_action: Action | None = None
    managed: list[Disease] = Field(
        default_factory=list, max_length=2, description="what else the person is managed for"
    )
    medicines: Annotated[list[Name], Field(max_length=20)] | None = Field(
        default=None, description="names as written; an empty list: none; left out: not known"
    )
    first_visit: Flag = False
    above_target_since: LocalDate | None = Field(default=None, description="treated, and not at goal since this day")
    hba1c_percent: HbA1cPercent | None = None
    hba1c_on: LocalDate | None = None


class EvaluationOut(BaseModel):
    """What the rules say of a case: as `:assess` would say it of a visit with these findings."""

    ruleset: str
    guideline: str
    classification: Classification | None
    classification_text: Text | None
    controlled: bool | None
    action: Action
    action_text: Text
    referral_reason: ReferralReason | None
    emergency_codes: list[str]
    rule_ids: list[str]
    rules: list[RuleOut] = Field(description="the words of the rules that fired")
    reasons: list[Text]
    warnings: list[Text]
    next_visit_latest_on: date
    inputs: dict[str, Any]
    advice: list[AdviceOut]


EXAMPLE_CASE: dict[str, Any] = {
    "disease": "HTN",
    "on": "2026-11-20",
    "age_years": 66,
    "sbp_mmhg": 152,
    "dbp_mmhg": 88,
    "previous_classification": 2,
    "previous_action": "ADJUST",
}
"""A second unsatisfactory pressure in a row, as the documentation of the API shows it."""
