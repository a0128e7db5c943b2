"""What the API gives as the summary of a record: the header of every page about a person."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from pydantic import BaseModel, Field

from cmc.charts import adapters
from cmc.charts.chart import Chart, GlucoseBrief, PressureBrief, YearlyExam
from cmc.charts.schemas import CareGapOut, ReasonOut
from cmc.clinical.care_gaps import due
from cmc.clinical.codes import Disease, EnrolmentState
from cmc.clinical.examination_codes import Evaluation, SelfCare
from cmc.clinical.kidney import CkdState
from cmc.clinical.laboratory import LabFlag, analytes
from cmc.clinical.periods import completed_years
from cmc.clinical.renal import AStage, GStage
from cmc.clinical.stratification import RiskLevel
from cmc.clinical.targets import Quantity
from cmc.clinical.units import round_half_up
from cmc.core.crypto import Keyring
from cmc.core.text import Text
from cmc.patients.schemas import PatientListed
from cmc.patients.tables import Patient
from cmc.records.codes import Frequency
from cmc.records.exam_form import Conclusion, doubts_of
from cmc.records.fact_schemas import trimmed

_TENTH = Decimal("0.1")


class SummaryEnrolment(BaseModel):
    """Management of one disease."""

    disease: Disease
    state: EnrolmentState
    enrolled_on: date
    confirmed_on: date | None
    doctor: str | None


class SummaryVisit(BaseModel):
    """The last follow-up for a disease."""

    disease: Disease
    visited_on: date
    sbp_mmhg: int | None
    dbp_mmhg: int | None
    classification: int | None
    is_controlled: bool | None
    next_visit_on: date


class SummaryDiagnosis(BaseModel):
    """A diagnosis that holds."""

    on: date
    icd10: str | None
    condition: str | None
    name: str | None


class SummaryMedicine(BaseModel):
    """A medicine that is taken."""

    on: date
    name: str
    medicine_code: str | None
    dose: Decimal | None
    dose_unit: str | None
    frequency: Frequency | None


class SummaryResult(BaseModel):
    """The latest result of an analyte, in its unit."""

    analyte: str
    text: Text
    on: date
    value: Decimal
    unit: str
    beyond: str | None
    flag: LabFlag
    is_critical: bool


class SummaryExam(BaseModel):
    """The last annual examination: for which diseases it counts, what was abnormal, what to look at."""

    on: date
    valid_for: list[Disease]
    evaluation: Evaluation | None = Field(description="1 nothing abnormal, 2 something")
    abnormalities: list[str]
    self_care: SelfCare | None
    doubts: list[ReasonOut]

    @classmethod
    def of(cls, chart: Chart, exam: YearlyExam) -> Self:
        end, age = exam.form.conclusion or Conclusion(), completed_years(chart.birth_date, exam.on)
        return cls(
            on=exam.on,
            valid_for=sorted(exam.valid_for),
            evaluation=end.evaluation,
            abnormalities=end.abnormalities or [],
            self_care=exam.form.self_care,
            doubts=[ReasonOut.of(each) for each in doubts_of(exam.form, age_years=age, sex=chart.sex)],
        )


class SummaryPressure(BaseModel):
    """Readings of the last 90 days; means to 0.1 mmHg, (systolic, diastolic).

    A mean at home supports a decision from 3 days and 12 readings on (HTN-DX-02): `home_is_enough`.
    """

    count: int
    last_at: datetime
    last_mmhg: tuple[int, int]
    home_mean_mmhg: tuple[Decimal, Decimal] | None
    home_days: int
    home_count: int
    home_is_enough: bool
    office_mean_mmhg: tuple[Decimal, Decimal] | None

    @classmethod
    def of(cls, brief: PressureBrief) -> Self:
        def rounded(pair: tuple[Decimal, Decimal] | None) -> tuple[Decimal, Decimal] | None:
            return None if pair is None else (round_half_up(pair[0], _TENTH), round_half_up(pair[1], _TENTH))

        home = brief.home
        return cls(
            count=brief.count,
            last_at=brief.last_at,
            last_mmhg=brief.last_mmhg,
            home_mean_mmhg=None if home is None else rounded((home.sbp_mmhg, home.dbp_mmhg)),
            home_days=0 if home is None else home.days,
            home_count=0 if home is None else home.count,
            home_is_enough=home is not None and home.usable,
            office_mean_mmhg=rounded(brief.office_mean_mmhg),
        )


class SummaryGlucose(BaseModel):
    """Readings of the last 90 days in mmol/L; `low` counts those at or below 3.9."""

    count: int
    last_at: datetime
    last_mmol_l: Decimal
    mean_mmol_l: Decimal
    low: int

    @classmethod
    def of(cls, brief: GlucoseBrief) -> Self:
        last = round_half_up(Decimal(brief.last_umol_l) / 1000, _TENTH)
        mean = round_half_up(brief.mean_umol_l / 1000, _TENTH)
        return cls(count=brief.count, last_at=brief.last_at, last_mmol_l=last, mean_mmol_l=mean, low=brief.low)


class SummaryTarget(BaseModel):
    """A treatment target of the guideline."""

    quantity: Quantity
    label: str = Field(examples=["<130"])
    low: Decimal | None
    high: Decimal | None
    reason: ReasonOut


class SummaryRisk(BaseModel):
    """The cell of the cardiovascular risk table: the printed label, and the band for lists."""

    label: Text
    level: RiskLevel


class SummaryKidney(BaseModel):
    """The kidney over two years."""

    state: CkdState
    g: GStage | None
    a: AStage | None
    refer: list[ReasonOut]


class Summary(BaseModel):
    """The header of a record in one answer, masked as lists are."""

    person: PatientListed
    on: date
    enrolments: list[SummaryEnrolment]
    visits: list[SummaryVisit]
    diagnoses: list[SummaryDiagnosis]
    medicines: list[SummaryMedicine]
    allergies: list[str]
    labs: list[SummaryResult]
    exam: SummaryExam | None
    pressure: SummaryPressure | None
    glucose: SummaryGlucose | None
    targets: list[SummaryTarget]
    risk: SummaryRisk | None
    kidney: SummaryKidney
    due: list[CareGapOut]

    @classmethod
    def of(cls, keys: Keyring, patient: Patient, chart: Chart) -> Self:
        on = chart.as_of.on
        risk, kidney = adapters.cardiovascular_risk(chart), adapters.kidney(chart)
        cell = risk.cell if risk else None
        return cls(
            person=PatientListed.of(keys, patient, on=on),
            on=on,
            enrolments=[_part(SummaryEnrolment, each) for each in chart.enrolments],
            visits=[_part(SummaryVisit, each) for each in chart.visits],
            diagnoses=[_part(SummaryDiagnosis, each) for each in chart.current_diagnoses],
            medicines=[_part(SummaryMedicine, each) for each in chart.current_medicines],
            allergies=[each.substance for each in chart.allergies],
            labs=_results(chart),
            exam=SummaryExam.of(chart, chart.exam) if chart.exam else None,
            pressure=SummaryPressure.of(chart.pressure) if chart.pressure else None,
            glucose=SummaryGlucose.of(chart.glucose) if chart.glucose else None,
            targets=_targets(chart),
            risk=SummaryRisk(label=cell.label, level=cell.resolved) if cell else None,
            kidney=SummaryKidney(
                state=kidney.state, g=kidney.g, a=kidney.a, refer=[ReasonOut.of(each) for each in kidney.refer]
            ),
            due=[CareGapOut.of(each, on) for each in due(adapters.care_facts(chart), on)],
        )


def _part(made: Any, part: Any) -> Any:
    return made(**{name: trimmed(getattr(part, name)) for name in made.model_fields})


def _results(chart: Chart) -> list[SummaryResult]:
    known = analytes()
    return [
        SummaryResult(
            analyte=each.analyte,
            text=known[each.analyte].text,
            on=each.on,
            value=trimmed(each.value),
            unit=known[each.analyte].unit,
            beyond=each.beyond,
            flag=each.flag,
            is_critical=each.is_critical,
        )
        for each in chart.labs.values()
        if each.analyte in known
    ]


def _targets(chart: Chart) -> list[SummaryTarget]:
    found = adapters.targets_of(chart).of
    return [
        SummaryTarget(
            quantity=each.quantity,
            label=each.label,
            low=each.low.value if each.low else None,
            high=each.high.value if each.high else None,
            reason=ReasonOut.of(each.reason),
        )
        for each in found
    ]
