"""Blocks of the health examination form (健康体检表, rules §3.4): arms, age, lifestyle, organs, physical examination.

Codes are the numbers that the form prints. Where 1 says "none", it stands alone; a text goes with what was found.
"""

from decimal import Decimal
from typing import Annotated, Final, Generic, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, model_validator
from pydantic_core import PydanticCustomError

from cmc.clinical.annual_exam import Pressure
from cmc.clinical.examination_codes import (
    Abstinence,
    Diet,
    Drink,
    Drinking,
    Drunkenness,
    ExerciseFrequency,
    Hazard,
    Normality,
    Presence,
    RoughScreening,
    SelfCare,
    SelfRating,
    Smoking,
)
from cmc.clinical.examination_signs import (
    BarrelChest,
    Breast,
    Hearing,
    HeartRhythm,
    LegOedema,
    Lips,
    LymphNodes,
    MotorFunction,
    Rales,
    RectalExamination,
    Sclera,
    Skin,
    Teeth,
    Throat,
)
from cmc.core.fields import FormCode, Line, Number, Whole

_T = TypeVar("_T")
NONE: Final = 1


def _once(codes: list[_T]) -> list[_T]:
    if len(set(codes)) < len(codes):
        raise PydanticCustomError("repeated", "each code once")
    return codes


def _alone(codes: list[_T]) -> list[_T]:
    if NONE in codes and len(codes) > 1:
        raise PydanticCustomError("none_and_more", "1 (none) excludes the rest")
    return codes


Several = Annotated[list[FormCode[_T]], Field(max_length=25), AfterValidator(_once)]
"""Codes of which several may hold."""
NoneOrSeveral = Annotated[list[FormCode[_T]], Field(max_length=25), AfterValidator(_once), AfterValidator(_alone)]
"""Codes of which several may hold; 1 excludes the rest."""
FormNumber = Annotated[Number, PlainSerializer(float, return_type=float, when_used="json")]
"""A decimal number that leaves as it came: what was told can be sent back in a correction."""
Age = Annotated[Whole, Field(ge=0, le=120)]
Score = Annotated[Whole, Field(ge=0, le=30)]
Sight = Annotated[FormNumber, Field(ge=0, le=Decimal("5.3"), decimal_places=2)]


class Block(BaseModel):
    """A part of the form: no field but its own."""

    model_config = ConfigDict(extra="forbid")


class Finding(Block, Generic[_T]):
    """1 for nothing found, 2 for something, with its words."""

    code: FormCode[_T]
    text: Line | None = None

    @model_validator(mode="after")
    def _words_of_something(self) -> Self:
        if self.text is not None and self.code == NONE:
            raise PydanticCustomError("none_and_more", "1 (nothing found) excludes a text")
        return self


Absent = Finding[Presence]
Normal = Finding[Normality]


class ArmPressure(Block):
    """The pressure of one arm in mmHg."""

    sbp_mmhg: Annotated[Whole, Field(ge=40, le=300)]
    dbp_mmhg: Annotated[Whole, Field(ge=20, le=200)]

    @property
    def pair(self) -> Pressure:
        return self.sbp_mmhg, self.dbp_mmhg


class Arms(Block):
    """血压 of both arms; a difference of the systolic above 20 mmHg is a doubt (HTN-GL-05)."""

    left: ArmPressure | None = None
    right: ArmPressure | None = None


class Elderly(Block):
    """老年人项目, from 65 years on: self-rating, self-care, cognition, emotion; scores of the tests 0–30."""

    self_rating: FormCode[SelfRating] | None = None
    self_care: FormCode[SelfCare] | None = None
    cognition: FormCode[RoughScreening] | None = None
    cognition_score: Score | None = Field(default=None, description="简易智力状态检查, 0–30")
    emotion: FormCode[RoughScreening] | None = None
    emotion_score: Score | None = Field(default=None, description="老年人抑郁评分检查, 0–30")


class HazardMet(Block):
    """One hazard at work and whether there is protection."""

    kind: Hazard
    name: Line | None = None
    protection: Absent | None = None


class Exposed(Block):
    """职业病危害因素接触史."""

    code: FormCode[Presence]
    occupation: Line | None = None
    years: Annotated[Whole, Field(ge=0, le=80)] | None = None
    hazards: Annotated[list[HazardMet], Field(max_length=10)] | None = None

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if self.code == NONE and (self.occupation or self.years or self.hazards):
            raise PydanticCustomError("none_and_more", "1 (none) excludes the rest")
        return self


class ExamLifestyle(Block):
    """生活方式 as asked at the examination. Ages in years; drink in 两 (50 g) a day."""

    exercise_frequency: FormCode[ExerciseFrequency] | None = None
    exercise_minutes: Annotated[Whole, Field(ge=0, le=1440)] | None = Field(default=None, description="each time")
    exercise_years: Annotated[FormNumber, Field(ge=0, le=120, decimal_places=1)] | None = None
    exercise_kind: Line | None = None
    diet: Several[Diet] | None = None
    smoking: FormCode[Smoking] | None = None
    cigarettes_per_day: Annotated[Whole, Field(ge=0, le=200)] | None = None
    smoking_from_age: Age | None = None
    smoking_until_age: Age | None = None
    drinking: FormCode[Drinking] | None = None
    liang_per_day: Annotated[FormNumber, Field(ge=0, le=100, decimal_places=1)] | None = None
    abstinence: FormCode[Abstinence] | None = None
    abstinence_from_age: Age | None = None
    drinking_from_age: Age | None = None
    drunk_within_a_year: FormCode[Drunkenness] | None = None
    drinks: Several[Drink] | None = None
    other_drink: Line | None = None
    exposure: Exposed | None = None


class OrganFunction(Block):
    """脏器功能: mouth, sight (as the chart reads, 0–5.3), hearing, motor function."""

    lips: FormCode[Lips] | None = None
    teeth: NoneOrSeveral[Teeth] | None = None
    teeth_text: Line | None = None
    throat: FormCode[Throat] | None = None
    vision_left: Sight | None = None
    vision_right: Sight | None = None
    corrected_left: Sight | None = None
    corrected_right: Sight | None = None
    hearing: FormCode[Hearing] | None = None
    motor: FormCode[MotorFunction] | None = None


class Abdomen(Block):
    """腹部."""

    tenderness: Absent | None = None
    mass: Absent | None = None
    large_liver: Absent | None = None
    large_spleen: Absent | None = None
    shifting_dullness: Absent | None = None


class Gynaecology(Block):
    """妇科; given for a man it is a doubt."""

    vulva: Normal | None = None
    vagina: Normal | None = None
    cervix: Normal | None = None
    uterus: Normal | None = None
    adnexa: Normal | None = None


class PhysicalExamination(Block):
    """查体; the foot pulse is a column of its own."""

    fundus: Normal | None = None
    skin: FormCode[Skin] | None = None
    skin_text: Line | None = None
    sclera: FormCode[Sclera] | None = None
    sclera_text: Line | None = None
    lymph_nodes: FormCode[LymphNodes] | None = None
    lymph_nodes_text: Line | None = None
    barrel_chest: FormCode[BarrelChest] | None = None
    breath_sounds: Normal | None = None
    rales: FormCode[Rales] | None = None
    rales_text: Line | None = None
    heart_rate_bpm: Annotated[Whole, Field(ge=20, le=250)] | None = None
    heart_rhythm: FormCode[HeartRhythm] | None = None
    heart_murmur: Absent | None = None
    abdomen: Abdomen | None = None
    leg_oedema: FormCode[LegOedema] | None = None
    rectal: FormCode[RectalExamination] | None = None
    rectal_text: Line | None = None
    breast: NoneOrSeveral[Breast] | None = None
    breast_text: Line | None = None
    gynaecology: Gynaecology | None = None
    other: Line | None = None
