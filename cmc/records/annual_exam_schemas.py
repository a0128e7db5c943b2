"""What the API takes and gives of annual examinations."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from cmc.clinical.annual_exam import Pressure, deciding_pressure, missing_fields, valid_for
from cmc.clinical.body import bmi
from cmc.clinical.codes import Disease, ExamFootPulse, Sex
from cmc.clinical.periods import completed_years
from cmc.clinical.units import GlucoseUnit, glucose_to_umol_l, round_half_up
from cmc.core.errors import FieldError
from cmc.core.fields import Code, FormCode, Line, Whole
from cmc.core.text import Text
from cmc.patients.tables import Patient
from cmc.records import plausibility
from cmc.records.exam_blocks import FormNumber
from cmc.records.exam_form import ExamForm, doubts_of, stored
from cmc.records.fact_columns import Fact
from cmc.records.fact_schemas import FactIn, FactOut, trimmed
from cmc.records.fact_tables import AnnualExam

FASTING: Final = "GLUCOSE_FASTING"
_TENTH: Final = Decimal("0.1")
_MEASURED: Final[JsonDict] = {
    "on": "2026-05-12",
    "temperature_c": 36.5,
    "pulse_bpm": 72,
    "respiration_per_min": 18,
    "height_cm": 168.5,
    "weight_kg": 70.5,
    "waist_cm": 88,
    "fasting_glucose_mmol_l": 6.9,
    "form": {
        "symptoms": [1],
        "arms": {"left": {"sbp_mmhg": 136, "dbp_mmhg": 82}, "right": {"sbp_mmhg": 132, "dbp_mmhg": 80}},
        "tests": {"urine": {"protein": "-"}, "ecg": {"code": 2, "text": "窦性心动过缓"}},
        "conclusion": {"evaluation": 2, "abnormalities": ["窦性心动过缓"], "guidance": [1], "risk_control": [3, 4]},
    },
    "labs": [{"analyte": "CREATININE", "value": "78", "unit": "umol/L"}],
}


class ExamLab(BaseModel):
    """A result that came with an examination, as the laboratory wrote it; it becomes a laboratory result."""

    model_config = ConfigDict(extra="forbid")

    analyte: Code = Field(description="a code of the catalogue", examples=["CREATININE"])
    value: Annotated[Line, Field(max_length=20)] = Field(examples=["78", "<5"])
    unit: Annotated[Line, Field(max_length=40)] = Field(examples=["umol/L"])


class ExamLabOut(ExamLab):
    """A result as it came, and the laboratory result that it became."""

    fact_id: UUID


class AnnualExamFields(BaseModel):
    """The measured part of the health examination form (健康体检表), and the form beside it.

    All but the date may be missing, but then the examination may not count. Ranges are the hard ones of the form;
    pressures and glucose are checked further (BP-01, GLU-04).
    """

    temperature_c: Annotated[FormNumber, Field(ge=34, le=43, decimal_places=1)] | None = None
    pulse_bpm: Annotated[Whole, Field(ge=30, le=250)] | None = None
    respiration_per_min: Annotated[Whole, Field(ge=5, le=60)] | None = None
    sbp_mmhg: Annotated[Whole, Field(ge=40, le=300)] | None = Field(
        default=None, description="the deciding pressure; left out, that of the arm with the higher systolic"
    )
    dbp_mmhg: Annotated[Whole, Field(ge=20, le=200)] | None = None
    height_cm: Annotated[FormNumber, Field(ge=50, le=250, decimal_places=1)] | None = None
    weight_kg: Annotated[FormNumber, Field(ge=20, le=300, decimal_places=1)] | None = None
    waist_cm: Annotated[FormNumber, Field(ge=30, le=200, decimal_places=1)] | None = None
    fasting_glucose_mmol_l: Annotated[FormNumber, Field(ge=0, le=9999, decimal_places=3)] | None = Field(
        default=None, description="0.5–50; 40 and more is refused as probably mg/dL (GLU-04)"
    )
    exam_foot_pulse: FormCode[ExamFootPulse] | None = Field(
        default=None,
        description="examination form: 1 not felt, 2 felt and symmetric, 3 left weak or absent, 4 right weak or absent;"
        " the follow-up form has other codes",
    )
    form: ExamForm = Field(default_factory=ExamForm, description="the blocks of the form that are no measured columns")


class AnnualExamIn(FactIn, AnnualExamFields):
    """An annual examination to be recorded. `labs` become laboratory results of the same day."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_MEASURED]})

    labs: Annotated[list[ExamLab], Field(max_length=60)] = Field(default_factory=list)

    @property
    def pressure(self) -> Pressure | tuple[int | None, int | None]:
        """The deciding pressure in mmHg: as given, else by the arms."""
        if self.sbp_mmhg is None and self.dbp_mmhg is None:
            return deciding_pressure(*self.form.pressures) or (None, None)
        return self.sbp_mmhg, self.dbp_mmhg

    def columns(self) -> dict[str, Any]:
        sbp, dbp = self.pressure
        measured = {name: getattr(self, name) for name in AnnualExamFields.model_fields if name != "form"}
        measured |= {"sbp_mmhg": sbp, "dbp_mmhg": dbp}
        missing = missing_fields({name for name, value in measured.items() if value is not None})
        glucose = measured.pop("fasting_glucose_mmol_l")
        pulse = measured.pop("exam_foot_pulse")
        return measured | {
            "fasting_glucose_umol_l": None if glucose is None else glucose_to_umol_l(glucose, GlucoseUnit.MMOL_L),
            "exam_foot_pulse": None if pulse is None else pulse.value,
            "form": stored(self.form),
            "valid_for": [disease.value for disease in valid_for(missing)],
            "missing_fields": {disease.value: fields for disease, fields in missing.items()},
        }

    def faults(self) -> Iterator[FieldError]:
        yield from plausibility.pressure_faults(self.sbp_mmhg, self.dbp_mmhg)
        yield from plausibility.fasting_faults(self.fasting_glucose_mmol_l)
        for arm, pair in zip(("left", "right"), self.form.pressures, strict=True):
            if pair is not None:
                yield from plausibility.pressure_faults(*pair, under=f"/form/arms/{arm}")
        for place, each in enumerate(self.form.vaccinations or ()):
            if each.on is not None and each.on > self.on:
                pointer = f"/form/vaccinations/{place}/on"
                yield FieldError(pointer, "out_of_range", "must not lie after the examination")
        yield from _lab_faults(self.labs)


def _lab_faults(labs: Iterable[ExamLab]) -> Iterator[FieldError]:
    met: set[str] = set()
    for place, each in enumerate(labs):
        if each.analyte in met:
            yield FieldError(f"/labs/{place}/analyte", "repeated", "each analyte once")
        if each.analyte == FASTING:
            yield FieldError(f"/labs/{place}/analyte", "own_field", "this stands in fasting_glucose_mmol_l")
        met.add(each.analyte)


class DoubtOut(BaseModel):
    """What somebody should look at: the rule and the words."""

    rule: str
    text: Text


class AnnualExamOut(AnnualExamFields, FactOut):
    """An examination as stored, and for which diseases it counts (IND-05), whatever the person is enrolled for."""

    patient_id: UUID
    clinic_id: UUID
    labs: list[ExamLabOut]
    valid_for: list[Disease] = Field(description="the diseases whose required fields are there")
    missing_fields: dict[Disease, list[str]] = Field(description="for every disease; empty where the exam counts")
    bmi: FormNumber | None = Field(default=None, description="kg/m², to 0.1")
    doubts: list[DoubtOut] = Field(default_factory=list, description="nothing of it forbids anything")

    @classmethod
    def of(cls, row: Fact) -> Self:
        """The answer for a row, without the doubts, which need the person."""
        told = super().of(row)
        glucose = getattr(row, "fasting_glucose_umol_l", None)
        more: dict[str, Any] = {
            "fasting_glucose_mmol_l": None if glucose is None else trimmed(Decimal(glucose) / 1000),
            "bmi": round_half_up(bmi(told.weight_kg, told.height_cm), _TENTH)
            if told.weight_kg and told.height_cm
            else None,
        }
        return told.model_copy(update=more)

    @classmethod
    def of_person(cls, row: AnnualExam, patient: Patient) -> Self:
        """The answer for a row of a person."""
        told, age = cls.of(row), completed_years(patient.birth_date, row.happened_on)
        found = doubts_of(told.form, age_years=age, sex=Sex(patient.sex))
        return told.model_copy(update={"doubts": [DoubtOut(rule=each.rule, text=each.text) for each in found]})
