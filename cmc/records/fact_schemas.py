"""What the API takes and gives of facts. Each fact has its fields once; what comes in and goes out is built on them."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Generic, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cmc.clinical import laboratory
from cmc.clinical.basic_information import FamilyDisease
from cmc.clinical.codes import Adherence
from cmc.clinical.conditions import Condition
from cmc.clinical.examination_codes import Diet, Drinking, Smoking
from cmc.clinical.laboratory import Beyond, LabFlag
from cmc.clinical.medicines import find
from cmc.clinical.renal import EgfrFormula
from cmc.core.errors import FieldError
from cmc.core.fields import Code, Flag, FormCode, Line, LocalDate, Note, Number, Whole
from cmc.records.codes import AllergyCategory, Frequency, Relation, Severity, Source
from cmc.records.examination_findings import Findings, stored
from cmc.records.fact_columns import Fact

Icd10 = Annotated[str, Field(pattern=r"^[A-Z][0-9]{2}(\.[0-9A-Z]{1,4})?([+*])?$", examples=["I10", "E11.9"])]
_STRICT = ConfigDict(extra="forbid")


class FactIn(BaseModel):
    """What every fact comes with."""

    model_config = _STRICT

    on: LocalDate = Field(description="the local date on which, or since which, it is true")
    source: Source = Source.TYPED
    note: Note | None = None

    def columns(self) -> dict[str, Any]:
        """The table's own columns, as they are stored."""
        own = self.model_dump(exclude={"on", "source", "note"})
        return {name: _plain(value) for name, value in own.items()}

    def last_day(self) -> tuple[str, date] | None:
        """The field that ends it and its date, which may lie neither before `on` nor after today."""
        return None

    def faults(self) -> Iterable[FieldError]:
        """What is wrong between fields."""
        return ()


class FactOut(BaseModel):
    """What every fact is told with. `version` is its ETag: a correction names it by If-Match."""

    id: UUID = Field(description="of the fact: the same through all corrections")
    version: UUID = Field(description="of this state of it")
    on: date
    source: Source
    note: str | None
    actor: str
    recorded_at: datetime
    replaces: UUID | None = Field(description="the version that this one corrects")
    reason: str | None = Field(description="why it was corrected")
    retracted: bool

    @classmethod
    def of(cls, row: Fact) -> Self:
        """The answer for a row of the table that the class belongs to."""
        given = {
            "id": row.fact_id,
            "version": row.id,
            "on": row.happened_on,
            "replaces": row.replaces_id,
            "retracted": row.is_retracted,
        }
        own = (name for name in cls.model_fields if name not in given and hasattr(row, name))
        held = {name: trimmed(getattr(row, name)) for name in own}
        return cls.model_validate(held | given)


class DiagnosisFields(BaseModel):
    """A disease by ICD-10 code, by a condition of the medicine checks that a doctor states, or both.

    What was imported may have its name alone: another system's words without a code of ours.
    """

    icd10: Icd10 | None = None
    condition: Condition | None = None
    name: Line | None = Field(default=None, description="the diagnosis as written")
    ended_on: LocalDate | None = Field(default=None, description="first day on which it no longer holds")


class DiagnosisIn(FactIn, DiagnosisFields):
    """A diagnosis to be recorded."""

    def last_day(self) -> tuple[str, date] | None:
        return ("ended_on", self.ended_on) if self.ended_on else None

    def faults(self) -> Iterable[FieldError]:
        named = self.source is Source.IMPORTED and self.name is not None
        if self.icd10 is None and self.condition is None and not named:
            yield FieldError("/icd10", "missing", "give icd10, condition, or both")


class DiagnosisOut(DiagnosisFields, FactOut):
    """A diagnosis."""


class MedicationFields(BaseModel):
    """A medicine as taken: one dose, its unit, how often."""

    name: Line = Field(
        description="name or catalogue code; salt, form and strength do not count", examples=["氨氯地平片"]
    )
    dose: Annotated[Number, Field(gt=0, le=99999, decimal_places=4)] | None = None
    dose_unit: Annotated[Line, Field(max_length=20, examples=["mg"])] | None = None
    frequency: Frequency | None = None
    adherence: FormCode[Adherence] | None = None
    stopped_on: LocalDate | None = Field(default=None, description="first day without it")


class MedicationIn(FactIn, MedicationFields):
    """A medicine to be recorded."""

    def columns(self) -> dict[str, Any]:
        known = find(self.name)
        return {**super().columns(), "medicine_code": known.code if known else None}

    def last_day(self) -> tuple[str, date] | None:
        return ("stopped_on", self.stopped_on) if self.stopped_on else None

    def faults(self) -> Iterable[FieldError]:
        if (self.dose is None) != (self.dose_unit is None):
            yield FieldError("/dose_unit", "missing", "a dose and its unit come together")


class MedicationOut(MedicationFields, FactOut):
    """A medicine of a person; `medicine_code` is null when the catalogue does not know it: it is not checked."""

    medicine_code: str | None


class AllergyFields(BaseModel):
    """To what, how, and how gravely."""

    substance: Line = Field(description="name of a medicine, an ingredient or a class", examples=["青霉素类"])
    category: AllergyCategory = AllergyCategory.MEDICINE
    reaction: Line | None = None
    severity: Severity | None = None


class AllergyIn(FactIn, AllergyFields):
    """An allergy to be recorded."""


class AllergyOut(AllergyFields, FactOut):
    """An allergy."""


class LaboratoryResultIn(FactIn):
    """A result as the laboratory wrote it; the range in the same unit goes before the catalogue's."""

    source: Source = Source.LABORATORY
    analyte: Code = Field(description="a code of the catalogue", examples=["HBA1C"])
    value: Annotated[Line, Field(max_length=20)] = Field(
        description="a number, with < or > for a bound", examples=["7.2", "<5"]
    )
    unit: Annotated[Line, Field(max_length=40)] = Field(examples=["%"])
    range_low: Annotated[Number, Field(ge=0, le=999999, decimal_places=4)] | None = None
    range_high: Annotated[Number, Field(ge=0, le=999999, decimal_places=4)] | None = None

    def faults(self) -> Iterable[FieldError]:
        if self.range_low is not None and self.range_high is not None and self.range_low > self.range_high:
            yield FieldError("/range_high", "out_of_range", "must not lie below range_low")


class LaboratoryResultOut(FactOut):
    """A result, as written and in the analyte's own unit; the range is in that unit."""

    analyte: str
    written: str
    written_unit: str
    value: Decimal
    unit: str = Field(default="", description="of value and range")
    beyond: Beyond | None
    range_low: Decimal | None
    range_high: Decimal | None
    range_of_laboratory: bool
    flag: LabFlag
    is_critical: bool
    derived_from: UUID | None = Field(description="the creatinine that an eGFR was computed from")
    formula: EgfrFormula | None

    @classmethod
    def of(cls, row: Fact) -> Self:
        """The answer for a row of laboratory results, with the analyte's unit."""
        told = super().of(row)
        return told.model_copy(update={"unit": laboratory.analytes()[told.analyte].unit})


class ExaminationIn(FactIn):
    """An examination to be recorded."""

    findings: Findings

    def columns(self) -> dict[str, Any]:
        return {"kind": self.findings.kind.value, "findings": stored(self.findings)}


class ExaminationOut(FactOut):
    """An examination."""

    findings: Findings


class LifestyleFields(BaseModel):
    """Smoking, drinking, diet and exercise; codes of the examination form."""

    smoking: FormCode[Smoking] | None = None
    cigarettes_per_day: Annotated[Whole, Field(ge=0, le=200)] | None = None
    passive_smoking: Flag | None = None
    drinking: FormCode[Drinking] | None = None
    diet: list[FormCode[Diet]] | None = Field(default=None, max_length=6)
    exercise_days_per_week: Annotated[Whole, Field(ge=0, le=7)] | None = None
    exercise_minutes: Annotated[Whole, Field(ge=0, le=1440)] | None = Field(default=None, description="each time")


class LifestyleIn(FactIn, LifestyleFields):
    """How a person lives, to be recorded."""


class LifestyleOut(LifestyleFields, FactOut):
    """How a person lives."""


class FamilyHistoryFields(BaseModel):
    """A disease of a relative of the first degree."""

    relation: Relation
    disease: FormCode[FamilyDisease]
    onset_age_years: Annotated[Whole, Field(ge=0, le=120)] | None = None


class FamilyHistoryIn(FactIn, FamilyHistoryFields):
    """A disease in the family, to be recorded."""


class FamilyHistoryOut(FamilyHistoryFields, FactOut):
    """A disease in the family."""


class HospitalStayFields(BaseModel):
    """Where, until when, for what."""

    institution: Line
    department: Line | None = None
    icd10: Icd10 | None = None
    discharged_on: LocalDate | None = None


class HospitalStayIn(FactIn, HospitalStayFields):
    """A stay in hospital, to be recorded."""

    def last_day(self) -> tuple[str, date] | None:
        return ("discharged_on", self.discharged_on) if self.discharged_on else None


class HospitalStayOut(HospitalStayFields, FactOut):
    """A stay in hospital."""


def trimmed(value: Any) -> Any:
    """A value as stored, a decimal number without the zeros that its column adds."""
    if not isinstance(value, Decimal) or "." not in f"{value:f}":
        return value
    return Decimal(f"{value:f}".rstrip("0").rstrip("."))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.value if isinstance(value, Enum) else value


Wanted = TypeVar("Wanted", bound=FactIn)
Told = TypeVar("Told", bound=FactOut)


class Correction(BaseModel, Generic[Wanted]):
    """What a fact really is, whole, and why it is corrected; without `fact` it is retracted: it was never so."""

    model_config = _STRICT

    reason: Line
    fact: Wanted | None = None


class FactList(BaseModel, Generic[Told]):
    """Facts of one kind, the latest `on` first."""

    items: list[Told]
