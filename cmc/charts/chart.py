"""A chart: what is known of one person, frozen. Pure: rules, risk and pages read it, and nobody writes to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from cmc.clinical.blood_pressure import HomeMean
from cmc.clinical.codes import Disease, EnrolmentState, Sex
from cmc.clinical.kidney import EgfrResult, UacrResult
from cmc.clinical.laboratory import LabFlag
from cmc.clinical.periods import completed_years
from cmc.clinical.targets import PersonalTarget
from cmc.records.codes import ExaminationKind
from cmc.records.exam_form import ExamForm
from cmc.records.examination_findings import Findings


@dataclass(frozen=True, slots=True)
class AsOf:
    """What was true on the local date `on`, as it was known at the instant `known_at`; None: as it is known now."""

    on: date
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """One stint of management. The state is today's; ACTIVE when it ended, SUSPECTED when it was confirmed, only after
    the chart's date."""

    disease: Disease
    state: EnrolmentState
    clinic_id: UUID
    enrolled_on: date
    confirmed_on: date | None
    ended_on: date | None
    doctor: str | None


@dataclass(frozen=True, slots=True)
class Visit:
    """The last follow-up of a disease. Pressures in mmHg, heart rate per minute, weight in kg, glucose in µmol/L."""

    disease: Disease
    visited_on: date
    sbp_mmhg: int | None
    dbp_mmhg: int | None
    heart_rate_bpm: int | None
    weight_kg: Decimal | None
    fasting_glucose_umol_l: int | None
    classification: int | None
    is_controlled: bool | None
    next_visit_on: date


@dataclass(frozen=True, slots=True)
class VisitPressure:
    """The mean pressure of one day of visits, in mmHg."""

    on: date
    sbp_mmhg: Decimal
    dbp_mmhg: Decimal


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A diagnosis since `on`; what ended stays in the chart as history."""

    on: date
    icd10: str | None
    condition: str | None
    name: str | None
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class Taken:
    """A medicine since `on`."""

    id: UUID
    on: date
    name: str
    medicine_code: str | None
    dose: Decimal | None
    dose_unit: str | None
    frequency: str | None
    adherence: int | None
    stopped_on: date | None


@dataclass(frozen=True, slots=True)
class Allergic:
    """An allergy as recorded."""

    substance: str
    category: str
    severity: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """The latest result of an analyte, in its own unit; `beyond` when it is only a bound."""

    analyte: str
    on: date
    value: Decimal
    beyond: str | None
    flag: LabFlag
    is_critical: bool
    formula: str | None


@dataclass(frozen=True, slots=True)
class Examined:
    """The latest examination of a kind."""

    on: date
    findings: Findings


@dataclass(frozen=True, slots=True)
class Living:
    """How the person lives, as last asked; codes of the examination form."""

    on: date
    smoking: int | None
    passive_smoking: bool | None


@dataclass(frozen=True, slots=True)
class Relative:
    """A disease of a relative of the first degree."""

    relation: str
    disease: int
    onset_age_years: int | None


@dataclass(frozen=True, slots=True)
class YearlyExam:
    """The last annual examination: cm, kg, mmHg, µmol/L; its form, and the diseases that it counts for."""

    on: date
    height_cm: Decimal | None
    weight_kg: Decimal | None
    waist_cm: Decimal | None
    sbp_mmhg: int | None
    dbp_mmhg: int | None
    pulse_bpm: int | None
    fasting_glucose_umol_l: int | None
    exam_foot_pulse: int | None
    valid_for: frozenset[Disease]
    form: ExamForm


@dataclass(frozen=True, slots=True)
class PressureBrief:
    """Readings of the last 90 days: number, the last one, the mean at home, the unrounded one in the office."""

    count: int
    last_at: datetime
    last_mmhg: tuple[int, int]
    home: HomeMean | None
    office_mean_mmhg: tuple[Decimal, Decimal] | None


@dataclass(frozen=True, slots=True)
class GlucoseBrief:
    """Readings of the last 90 days: number, the last, the unrounded mean in µmol/L, how many at or below 3.9 mmol/L."""

    count: int
    last_at: datetime
    last_umol_l: int
    mean_umol_l: Decimal
    low: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One person. `labs` are the latest results by analyte; `egfrs`, `uacrs` and `creatinines` those of two years.

    `highest_mmhg`: the highest systolic and diastolic pressure at any visit up to the date. `pressures`: those of the
    last three days with a visit within a year, the latest first. Examinations by kind, the latest of each. Sex and
    birth date are as they stand today.
    """

    patient_id: UUID
    clinic_id: UUID
    sex: Sex
    birth_date: date
    died_on: date | None
    as_of: AsOf
    enrolments: tuple[Enrolled, ...] = ()
    visits: tuple[Visit, ...] = ()
    highest_mmhg: tuple[int, int] | None = None
    pressures: tuple[VisitPressure, ...] = ()
    diagnoses: tuple[Diagnosed, ...] = ()
    medicines: tuple[Taken, ...] = ()
    allergies: tuple[Allergic, ...] = ()
    labs: Mapping[str, Result] = field(default_factory=dict)
    egfrs: tuple[EgfrResult, ...] = ()
    uacrs: tuple[UacrResult, ...] = ()
    creatinines: tuple[tuple[date, Decimal], ...] = ()
    examinations: Mapping[ExaminationKind, Examined] = field(default_factory=dict)
    living: Living | None = None
    family: tuple[Relative, ...] = ()
    exam: YearlyExam | None = None
    pressure: PressureBrief | None = None
    glucose: GlucoseBrief | None = None
    personal: tuple[PersonalTarget, ...] = ()

    @property
    def age_years(self) -> int:
        """Completed years on the chart's date."""
        return completed_years(self.birth_date, self.as_of.on)

    @property
    def current_diagnoses(self) -> tuple[Diagnosed, ...]:
        """Those that hold on the chart's date."""
        return tuple(each for each in self.diagnoses if each.ended_on is None or self.as_of.on < each.ended_on)

    @property
    def current_medicines(self) -> tuple[Taken, ...]:
        """Those taken on the chart's date."""
        return tuple(each for each in self.medicines if each.stopped_on is None or self.as_of.on < each.stopped_on)

    @property
    def visit(self) -> Visit | None:
        """The last visit for any disease."""
        return max(self.visits, key=lambda each: each.visited_on, default=None)

    def lab(self, analyte: str) -> Decimal | None:
        """The latest value of an analyte in its unit; None without one, and for a mere bound."""
        found = self.labs.get(analyte)
        return None if found is None or found.beyond is not None else found.value
