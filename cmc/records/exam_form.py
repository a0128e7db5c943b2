"""The health examination form (健康体检表, rules §3.4) beside its measured columns; all of it may be left out.

Stays in hospital and medicines, of which the form asks too, are facts of their own.
"""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from cmc.clinical.annual_exam import ExamSigns, Pressure, doubts
from cmc.clinical.codes import Sex
from cmc.clinical.examination_codes import (
    CardiacProblem,
    CerebrovascularProblem,
    Dipstick,
    Evaluation,
    ExamSymptom,
    EyeProblem,
    Guidance,
    OtherSystemProblem,
    Positivity,
    RenalProblem,
    RiskControl,
    SelfCare,
    VascularProblem,
)
from cmc.clinical.examination_signs import RectalExamination
from cmc.clinical.reasons import Reason
from cmc.core.fields import FormCode, Line, LocalDate
from cmc.records.exam_blocks import (
    Arms,
    Block,
    Elderly,
    ExamLifestyle,
    Finding,
    FormNumber,
    NoneOrSeveral,
    Normal,
    OrganFunction,
    PhysicalExamination,
    Several,
)

Tested = Finding[Positivity]
OfSystem = Finding[OtherSystemProblem]


class UrineStrip(Block):
    """尿常规 by test strip."""

    protein: Dipstick | None = None
    glucose: Dipstick | None = None
    ketone: Dipstick | None = None
    blood: Dipstick | None = None
    other: Line | None = None


class AuxiliaryTests(Block):
    """辅助检查 that are no numbers; numbers are laboratory results (`labs`)."""

    urine: UrineStrip | None = None
    ecg: Normal | None = None
    faecal_occult_blood: Tested | None = None
    hepatitis_b_antigen: Tested | None = None
    chest_xray: Normal | None = None
    abdominal_ultrasound: Normal | None = None
    other_ultrasound: Normal | None = None
    cervical_smear: Normal | None = None
    other: Line | None = None


class CurrentProblems(Block):
    """现存主要健康问题."""

    cerebrovascular: NoneOrSeveral[CerebrovascularProblem] | None = None
    cerebrovascular_text: Line | None = None
    renal: NoneOrSeveral[RenalProblem] | None = None
    renal_text: Line | None = None
    cardiac: NoneOrSeveral[CardiacProblem] | None = None
    cardiac_text: Line | None = None
    vascular: NoneOrSeveral[VascularProblem] | None = None
    vascular_text: Line | None = None
    eye: NoneOrSeveral[EyeProblem] | None = None
    eye_text: Line | None = None
    neurological: OfSystem | None = None
    other: OfSystem | None = None


class Vaccination(Block):
    """One vaccination outside the programme (非免疫规划预防接种史)."""

    name: Line
    on: LocalDate | None = None
    place: Line | None = None


class Conclusion(Block):
    """健康评价, 健康指导 and 危险因素控制."""

    evaluation: FormCode[Evaluation] | None = None
    abnormalities: Annotated[list[Line], Field(max_length=4)] | None = None
    guidance: Several[Guidance] | None = None
    risk_control: Several[RiskControl] | None = None
    weight_target_kg: Annotated[FormNumber, Field(ge=20, le=300, decimal_places=1)] | None = None
    vaccination_text: Line | None = Field(default=None, description="with risk control 6")
    other_risk_text: Line | None = Field(default=None, description="with risk control 7")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.abnormalities and self.evaluation == Evaluation.NORMAL:
            raise PydanticCustomError("none_and_more", "evaluation 1 (nothing abnormal) excludes abnormalities")
        asked: tuple[tuple[Any, RiskControl, str], ...] = (
            (self.weight_target_kg, RiskControl.LOSE_WEIGHT, "a weight target goes with risk control 5"),
            (self.vaccination_text, RiskControl.VACCINATION, "a vaccination goes with risk control 6"),
            (self.other_risk_text, RiskControl.OTHER, "words on other risks go with risk control 7"),
        )
        for given, code, words in asked:
            if given is not None and code not in (self.risk_control or ()):
                raise PydanticCustomError("without_its_code", words)
        return self


class ExamForm(Block):
    """The form beside its measured columns."""

    symptoms: NoneOrSeveral[ExamSymptom] | None = None
    symptoms_text: Line | None = Field(default=None, description="with 25")
    arms: Arms | None = None
    elderly: Elderly | None = None
    lifestyle: ExamLifestyle | None = None
    organs: OrganFunction | None = None
    physical: PhysicalExamination | None = None
    tests: AuxiliaryTests | None = None
    problems: CurrentProblems | None = None
    vaccinations: Annotated[list[Vaccination], Field(max_length=20)] | None = None
    conclusion: Conclusion | None = None

    @property
    def pressures(self) -> tuple[Pressure | None, Pressure | None]:
        """The pressures of the left and the right arm."""
        left, right = (self.arms.left, self.arms.right) if self.arms else (None, None)
        return left.pair if left else None, right.pair if right else None

    @property
    def strip(self) -> UrineStrip:
        """The test strip of the urine; empty when none was used."""
        return (self.tests.urine if self.tests else None) or UrineStrip()

    @property
    def self_care(self) -> SelfCare | None:
        """生活自理能力."""
        return self.elderly.self_care if self.elderly else None


def doubts_of(form: ExamForm, *, age_years: int, sex: Sex) -> tuple[Reason, ...]:
    """What somebody should look at; age in completed years on the day of the examination."""
    (left, right), strip = form.pressures, form.strip
    physical, tests = form.physical or PhysicalExamination(), form.tests or AuxiliaryTests()
    signs = ExamSigns(
        age_years=age_years,
        sex=sex,
        left=left,
        right=right,
        protein=strip.protein,
        blood=strip.blood,
        for_elderly=form.elderly is not None and _filled(form.elderly),
        for_women=tests.cervical_smear is not None
        or (physical.gynaecology is not None and _filled(physical.gynaecology)),
        for_men=physical.rectal is RectalExamination.PROSTATE,
    )
    return doubts(signs)


def _filled(block: BaseModel) -> bool:
    return any(getattr(block, name) is not None for name in type(block).model_fields)


def stored(form: ExamForm) -> dict[str, Any]:
    """The form as JSON for the database: numbers stay numbers, what was not asked is left out."""
    plain = form.model_dump(mode="python", exclude_none=True)
    found: dict[str, Any] = _plain(plain)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, Collection) and not isinstance(value, str):
        return [_plain(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value
