"""From a chart to the inputs of equations and models, each with its day and source. Pure.

What the record lists (diagnoses, medicines) is complete in itself: not listed means no, and is given as 0. What has to
be asked or measured (smoking, family, laboratory) stays unknown without an answer. Too old a value is not known either
[D]: pressure counts for a year, laboratory values, weight and waist for two; height stays. Which codes stand for a
disease is our reading [D].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import numpy as np

from cmc.charts import adapters, picking
from cmc.charts.chart import Chart, Result
from cmc.clinical.basic_information import FamilyDisease
from cmc.clinical.body import bmi
from cmc.clinical.codes import Disease, Sex
from cmc.clinical.examination_codes import Smoking
from cmc.clinical.medicines import ANTIHYPERTENSIVE, ORAL_GLUCOSE_LOWERING, DrugClass, catalogue
from cmc.clinical.periods import completed_years
from cmc.clinical.renal import EgfrFormula, egfr
from cmc.records.codes import ExaminationKind
from cmc.records.examination_findings import EcgFindings, EyeFindings, FootFindings
from cmc.risk.codes import InputSource as From
from cmc.risk.equations.inputs import Inputs
from cmc.risk.equations.variables import Variable

PRESSURE_DAYS: Final = 365
LEVEL_DAYS: Final = 730
_PRESSURES: Final = 3
ISCHAEMIC: Final = ("I20", "I21", "I22", "I23", "I24", "I25", "Z95.1", "Z95.5")
STROKE: Final = ("I60", "I61", "I62", "I63", "I64", "I69", "G45")
PERIPHERAL: Final = ("I70.2", "I73.9", "I74")
CODES: Final[Mapping[Variable, tuple[str, ...]]] = {
    Variable.PRIOR_CVD: (*ISCHAEMIC, *STROKE, *PERIPHERAL),
    Variable.PRIOR_MI: ("I21", "I22", "I23", "I25.2"),
    Variable.PRIOR_IHD: ISCHAEMIC,
    Variable.PRIOR_STROKE: STROKE,
    Variable.PRIOR_HF: ("I50", "I11.0", "I13.0", "I13.2"),
    Variable.PRIOR_AF: ("I48",),
    Variable.PRIOR_PVD: PERIPHERAL,
    Variable.RETINOPATHY: ("H36.0", "E10.3", "E11.3", "E12.3", "E13.3", "E14.3"),
    Variable.CATARACT: ("H25", "H26", "H28"),
    Variable.FOOT_ULCER: ("L97", "L98.4"),
    Variable.AMPUTATION: ("Z89.4", "Z89.5", "Z89.6", "Z89.7"),
}
"""ICD-10 codes behind each yes; a disease that has ended counts, as it is not undone."""
MEDICINE_CLASSES: Final[Mapping[Variable, frozenset[DrugClass]]] = {
    Variable.BP_TREATED: ANTIHYPERTENSIVE,
    Variable.STATIN: frozenset({DrugClass.STATIN}),
    Variable.INSULIN: frozenset({DrugClass.INSULIN}),
    Variable.ORAL_GLUCOSE_LOWERING: ORAL_GLUCOSE_LOWERING,
}
_LABS: Final[Mapping[Variable, tuple[str, int]]] = {  # analyte, and what its unit is divided by
    Variable.HBA1C: ("HBA1C", 1),
    Variable.TC: ("TC", 1),
    Variable.HDL: ("HDL", 1),
    Variable.LDL: ("LDL", 1),
    Variable.TRIGLYCERIDES: ("TG", 1),
    Variable.CREATININE: ("CREATININE", 1),
    Variable.UACR: ("UACR", 1),
    Variable.WBC: ("LEUKOCYTES", 1),
    Variable.HAEMOGLOBIN: ("HAEMOGLOBIN", 10),  # g/L → g/dL
}
NORTHERN: Final = frozenset({"11", "12", "13", "14", "15", "21", "22", "23", "37", "41", "61", "62", "63", "64", "65"})
SOUTHERN: Final = frozenset(
    {"31", "33", "35", "36", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "71", "81", "82"}
)
"""First two digits of a region's code: provinces that lie wholly north or south of the Yangtze, or nearly so [D]."""


@dataclass(frozen=True, slots=True)
class Known:
    """The value of an input in its unit, the day it is of (None: it has none) and where it comes from."""

    value: float
    on: date | None
    source: From


Knowns = Mapping[Variable, Known]


def north(region_code: str | None) -> float | None:
    """Whether a region lies north of the Yangtze (1 or 0); None for a province that the river divides."""
    province = (region_code or "")[:2]
    return 1.0 if province in NORTHERN else 0.0 if province in SOUTHERN else None


def known(chart: Chart, *, northern: float | None = None) -> Knowns:
    """What a chart says of every input on its date; what it does not say is not in the answer."""
    parts: tuple[Callable[[Chart], Iterable[tuple[Variable, Known]]], ...] = (
        _person, _pressure, _body, _laboratory, _kidney, _diseases, _medicines, _living, _family
    )  # fmt: skip
    found = {variable: value for part in parts for variable, value in part(chart)}
    if northern is not None:
        found[Variable.NORTH] = Known(northern, None, From.PLACE)
    return found


def inputs(people: Sequence[Knowns]) -> Inputs:
    """The columns of some people, in their order; what is not known of one is NaN."""
    nothing = float("nan")
    columns = {
        variable.value: np.array([each[variable].value if variable in each else nothing for each in people])
        for variable in Variable
        if any(variable in each for each in people)
    }
    return Inputs.of(**columns) if people else Inputs.of(age_years=np.empty(0))


def _person(chart: Chart) -> Iterator[tuple[Variable, Known]]:
    yield Variable.AGE, Known(float(chart.age_years), None, From.PERSON)
    if chart.sex is not Sex.U:
        yield Variable.MALE, Known(float(chart.sex is Sex.M), None, From.PERSON)


def _pressure(chart: Chart) -> Iterator[tuple[Variable, Known]]:
    """The mean of the last three days with a visit or an annual examination; else of readings at the clinic."""
    on, exam = chart.as_of.on, chart.exam
    days = {each.on: (each.sbp_mmhg, each.dbp_mmhg) for each in chart.pressures}
    if exam is not None and exam.sbp_mmhg and exam.dbp_mmhg and (on - exam.on).days < PRESSURE_DAYS:
        days.setdefault(exam.on, (Decimal(exam.sbp_mmhg), Decimal(exam.dbp_mmhg)))
    latest = sorted(days, reverse=True)[:_PRESSURES]
    if latest:
        sbp, dbp = (sum(days[each][limb] for each in latest) / len(latest) for limb in (0, 1))
        day, source = latest[0], From.VISITS
    elif chart.pressure is not None and chart.pressure.office_mean_mmhg is not None:
        (sbp, dbp), day, source = chart.pressure.office_mean_mmhg, None, From.OFFICE
    else:
        return
    yield Variable.SBP, Known(round(float(sbp), 1), day, source)
    yield Variable.DBP, Known(round(float(dbp), 1), day, source)


def _body(chart: Chart) -> Iterator[tuple[Variable, Known]]:
    exam = chart.exam
    if exam is None:
        return
    weights = [(each.visited_on, each.weight_kg) for each in chart.visits if each.weight_kg]
    weights += [(exam.on, exam.weight_kg)] if exam.weight_kg else []
    if weights and exam.height_cm:
        day, weight = max(weights)
        if _recent(chart, day) and (index := bmi(weight, exam.height_cm)) is not None:
            yield Variable.BMI, Known(round(float(index), 1), day, From.BODY)
    if exam.waist_cm and _recent(chart, exam.on):
        yield Variable.WAIST, Known(float(exam.waist_cm), exam.on, From.EXAMINATION)


def _laboratory(chart: Chart) -> Iterator[tuple[Variable, Known]]:
    for variable, (analyte, divisor) in _LABS.items():
        found = _result(chart, analyte)
        if found is not None:
            yield variable, Known(float(found.value) / divisor, found.on, From.LABORATORY)


def _kidney(chart: Chart) -> Iterator[tuple[Variable, Known]]:
    """The filtration rate by CKD-EPI 2021 from creatinine, which the models were made with; else as reported."""
    creatinine, reported = _result(chart, "CREATININE"), _result(chart, "EGFR")
    if creatinine is not None and (reported is None or creatinine.on >= reported.on):
        age = completed_years(chart.birth_date, creatinine.on)
        if age >= 18 and chart.sex is not Sex.U and creatinine.value > 0:
            rate = egfr(creatinine.value, age, chart.sex, EgfrFormula.CKD_EPI_2021)
            yield Variable.EGFR, Known(round(float(rate), 1), creatinine.on, From.CREATININE)
            return
    if reported is not None:
        yield Variable.EGFR, Known(float(reported.value), reported.on, From.LABORATORY)


def _diseases(chart: Chart) -> Iterator[tuple[Variable, Known]]:
    for variable, codes in CODES.items():
        days = [each.on for each in chart.diagnoses if each.icd10 is not None and each.icd10.startswith(codes)]
        yield variable, Known(float(bool(days)), min(days, default=None), From.DIAGNOSES)
    yield from _seen(chart)
    since = adapters.diagnosed(chart)
    diabetes = picking.has(chart, *adapters.DIABETES) or Disease.T2DM in since
    yield Variable.DIABETES, Known(float(diabetes), since.get(Disease.T2DM), From.DIAGNOSES)
    if Disease.T2DM in since:
        years = (chart.as_of.on - since[Disease.T2DM]).days * 4 // 1461
        yield Variable.DIABETES_YEARS, Known(float(years), since[Disease.T2DM], From.DIAGNOSES)
    if Disease.HTN in since:
        yield Variable.HYPERTENSION, Known(1.0, since[Disease.HTN], From.DIAGNOSES)


def _seen(chart: Chart) -> Iterator[tuple[Variable, Known]]:
    """What an examination shows although no diagnosis names it."""
    ecg = picking.findings(chart, ExaminationKind.ECG, EcgFindings)
    eye = picking.findings(chart, ExaminationKind.EYE, EyeFindings)
    foot = picking.findings(chart, ExaminationKind.FOOT, FootFindings)
    seen = (
        (Variable.PRIOR_AF, ExaminationKind.ECG, ecg is not None and ecg.atrial_fibrillation),
        (Variable.RETINOPATHY, ExaminationKind.EYE, eye is not None and bool(eye.retinopathy)),
        (Variable.FOOT_ULCER, ExaminationKind.FOOT, foot is not None and bool(foot.wagner)),
    )
    for variable, kind, is_seen in seen:
        if is_seen:
            yield variable, Known(1.0, chart.examinations[kind].on, From.EXAMINATION)


def _medicines(chart: Chart) -> Iterator[tuple[Variable, Known]]:
    listed = catalogue().medicines
    taken = [
        (each.on, listed[each.medicine_code])
        for each in chart.current_medicines
        if each.medicine_code is not None and each.medicine_code in listed
    ]
    for variable, classes in MEDICINE_CLASSES.items():
        days = [on for on, medicine in taken if medicine.has(*classes)]
        yield variable, Known(float(bool(days)), min(days, default=None), From.MEDICINES)


def _living(chart: Chart) -> Iterator[tuple[Variable, Known]]:
    asked: list[tuple[date, int]] = []
    if chart.living is not None and chart.living.smoking is not None:
        asked.append((chart.living.on, chart.living.smoking))
    if chart.exam is not None and chart.exam.form.lifestyle is not None and chart.exam.form.lifestyle.smoking:
        asked.append((chart.exam.on, chart.exam.form.lifestyle.smoking))
    if asked:
        on, answer = max(asked)
        yield Variable.SMOKER, Known(float(answer == Smoking.SMOKES), on, From.LIFESTYLE)
        yield Variable.EX_SMOKER, Known(float(answer == Smoking.QUIT), on, From.LIFESTYLE)


def _family(chart: Chart) -> Iterator[tuple[Variable, Known]]:
    if chart.family:
        found = any(each.disease in {FamilyDisease.CORONARY, FamilyDisease.STROKE} for each in chart.family)
        yield Variable.FAMILY_HISTORY, Known(float(found), None, From.FAMILY)


def _result(chart: Chart, analyte: str) -> Result | None:
    found = chart.labs.get(analyte)
    return found if found is not None and found.beyond is None and _recent(chart, found.on) else None


def _recent(chart: Chart, on: date) -> bool:
    return (chart.as_of.on - on).days < LEVEL_DAYS
