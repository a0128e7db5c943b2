"""The tables of facts, one a kind."""

from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Numeric, SmallInteger
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlmodel import Field

from cmc.audit.changes import audited
from cmc.clinical.conditions import Condition
from cmc.clinical.laboratory import Beyond, LabFlag
from cmc.clinical.renal import EgfrFormula
from cmc.core.db import one_of
from cmc.records.codes import AllergyCategory, ExaminationKind, FactKind, Frequency, Relation, Severity
from cmc.records.fact_columns import Fact, fact_arguments

_IN_CLEAR: Final = ("clinic_id", "fact_id", "happened_on", "source", "is_retracted")


@audited(*_IN_CLEAR)
class Diagnosis(Fact, table=True):
    """A disease or circumstance of a person: by ICD-10 code, by a condition of the medicine checks, or both.

    What was imported without a code that is known here stands by its name.
    """

    __table_args__ = fact_arguments(
        "diagnosis",
        one_of("condition", Condition),
        CheckConstraint(
            "icd10 IS NOT NULL OR condition IS NOT NULL OR (source = 'imported' AND name IS NOT NULL)", name="what"
        ),
        CheckConstraint("ended_on >= happened_on", name="ended_on"),
    )

    icd10: str | None = None
    condition: str | None = None
    name: str | None = Field(default=None, description="the diagnosis as written")
    ended_on: date | None = Field(default=None, description="first day on which it no longer holds")


@audited(*_IN_CLEAR)
class Medication(Fact, table=True):
    """A medicine that a person takes, or took, since `happened_on`."""

    __table_args__ = fact_arguments(
        "medication",
        one_of("frequency", Frequency),
        CheckConstraint("dose > 0", name="dose"),
        CheckConstraint("(dose IS NULL) = (dose_unit IS NULL)", name="dose_unit"),
        CheckConstraint("adherence IN (1, 2, 3, 4)", name="adherence"),
        CheckConstraint("stopped_on >= happened_on", name="stopped_on"),
    )

    name: str = Field(description="the medicine as written")
    medicine_code: str | None = Field(default=None, description="in the catalogue; NULL when it is not there")
    dose: Decimal | None = Field(default=None, sa_column=Column(Numeric(12, 4)))
    dose_unit: str | None = None
    frequency: str | None = None
    adherence: int | None = Field(default=None, sa_column=Column(SmallInteger))
    stopped_on: date | None = Field(default=None, description="first day without it")


@audited(*_IN_CLEAR)
class Allergy(Fact, table=True):
    """An allergy, by the name of a medicine, an ingredient or a class as recorded (DRUG-13)."""

    __table_args__ = fact_arguments("allergy", one_of("category", AllergyCategory), one_of("severity", Severity))

    substance: str
    category: str
    reaction: str | None = None
    severity: str | None = None


@audited(*_IN_CLEAR)
class LaboratoryResult(Fact, table=True):
    """A result as written and in the analyte's own unit, with the range it was judged by.

    An eGFR that follows from a creatinine names the fact it was computed from and the formula.
    """

    __tablename__ = "laboratory_result"
    __table_args__ = fact_arguments(
        "laboratory_result",
        one_of("beyond", Beyond),
        one_of("flag", LabFlag),
        one_of("formula", EgfrFormula),
        CheckConstraint("(derived_from IS NULL) = (formula IS NULL)", name="formula_of_derived"),
    )

    analyte: str
    written: str = Field(description="the number as the laboratory wrote it")
    written_unit: str
    value: Decimal = Field(sa_column=Column(Numeric(18, 6), nullable=False), description="in the analyte's unit")
    beyond: str | None = Field(default=None, description="the number is only a bound")
    range_low: Decimal | None = Field(default=None, sa_column=Column(Numeric(18, 6)))
    range_high: Decimal | None = Field(default=None, sa_column=Column(Numeric(18, 6)))
    range_of_laboratory: bool = Field(description="the range was printed with the result, else the catalogue's")
    flag: str
    is_critical: bool
    derived_from: UUID | None = Field(default=None, description="the fact_id of the creatinine")
    formula: str | None = None


@audited(*_IN_CLEAR)
class Examination(Fact, table=True):
    """An examination of eye, foot, nerve, kidney or heart; `findings` are those of its kind (rules of screening)."""

    __table_args__ = fact_arguments("examination", one_of("kind", ExaminationKind))

    kind: str
    findings: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


@audited(*_IN_CLEAR)
class Lifestyle(Fact, table=True):
    """How a person lives, as asked on a day; codes of the examination form."""

    __table_args__ = fact_arguments(
        "lifestyle",
        CheckConstraint("smoking IN (1, 2, 3)", name="smoking"),
        CheckConstraint("drinking IN (1, 2, 3, 4)", name="drinking"),
        CheckConstraint("exercise_days_per_week BETWEEN 0 AND 7", name="exercise"),
    )

    smoking: int | None = Field(default=None, sa_column=Column(SmallInteger))
    cigarettes_per_day: int | None = Field(default=None, sa_column=Column(SmallInteger))
    passive_smoking: bool | None = None
    drinking: int | None = Field(default=None, sa_column=Column(SmallInteger))
    diet: list[int] | None = Field(default=None, sa_column=Column(ARRAY(SmallInteger)))
    exercise_days_per_week: int | None = Field(default=None, sa_column=Column(SmallInteger))
    exercise_minutes: int | None = Field(default=None, sa_column=Column(SmallInteger))


@audited(*_IN_CLEAR)
class FamilyHistory(Fact, table=True):
    """A disease of a relative of the first degree; `disease` has the codes of the basic-information form."""

    __tablename__ = "family_history"
    __table_args__ = fact_arguments(
        "family_history",
        one_of("relation", Relation),
        CheckConstraint("disease BETWEEN 1 AND 12", name="disease"),
        CheckConstraint("onset_age_years BETWEEN 0 AND 120", name="onset_age_years"),
    )

    relation: str
    disease: int = Field(sa_column=Column(SmallInteger, nullable=False))
    onset_age_years: int | None = Field(default=None, sa_column=Column(SmallInteger))


@audited(*_IN_CLEAR)
class HospitalStay(Fact, table=True):
    """A stay in hospital since `happened_on`."""

    __tablename__ = "hospital_stay"
    __table_args__ = fact_arguments(
        "hospital_stay", CheckConstraint("discharged_on >= happened_on", name="discharged_on")
    )

    discharged_on: date | None = None
    institution: str
    department: str | None = None
    icd10: str | None = None


@audited(*_IN_CLEAR)
class AnnualExam(Fact, table=True):
    """An annual examination (年度体检, 健康体检表); `valid_for` says for which diseases it counts (IND-02, IND-05)."""

    __tablename__ = "annual_exam"
    __table_args__ = fact_arguments("annual_exam", CheckConstraint("sbp_mmhg > dbp_mmhg", name="blood_pressure"))

    temperature_c: Decimal | None = Field(default=None, sa_column=Column(Numeric(3, 1)))
    pulse_bpm: int | None = None
    respiration_per_min: int | None = None
    sbp_mmhg: int | None = Field(default=None, description="the deciding arm")
    dbp_mmhg: int | None = None
    height_cm: Decimal | None = Field(default=None, sa_column=Column(Numeric(4, 1)))
    weight_kg: Decimal | None = Field(default=None, sa_column=Column(Numeric(4, 1)))
    waist_cm: Decimal | None = Field(default=None, sa_column=Column(Numeric(4, 1)))
    fasting_glucose_umol_l: int | None = None
    exam_foot_pulse: int | None = Field(
        default=None,
        sa_column=Column(SmallInteger),
        description="codes of the examination form (ExamFootPulse), which are not those of the follow-up form",
    )
    form: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False), description="the blocks of `ExamForm`"
    )
    labs: list[dict[str, Any]] = Field(
        default_factory=list,
        sa_column=Column(JSONB, nullable=False),
        description="the results that came with it as sent, each with the fact_id of its laboratory result",
    )
    valid_for: list[str] = Field(
        default_factory=list,
        sa_column=Column(ARRAY(TEXT), nullable=False),
        description="the diseases whose required fields are there",
    )
    missing_fields: dict[str, list[str]] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False), description="by disease"
    )


FACT_TABLES: Final[dict[FactKind, type[Fact]]] = {
    FactKind.DIAGNOSIS: Diagnosis,
    FactKind.MEDICATION: Medication,
    FactKind.ALLERGY: Allergy,
    FactKind.LABORATORY_RESULT: LaboratoryResult,
    FactKind.EXAMINATION: Examination,
    FactKind.LIFESTYLE: Lifestyle,
    FactKind.FAMILY_HISTORY: FamilyHistory,
    FactKind.HOSPITAL_STAY: HospitalStay,
    FactKind.ANNUAL_EXAM: AnnualExam,
}
"""The table of each kind; a test compares them with those of the metadata."""
