"""From a chart and what is filed beside it to the inputs of equations and models, each with its day and source. Pure.

What the record lists (diagnoses, medicines) is complete in itself: not listed means no, and is given as 0
(`known_diseases`). What has to be asked or measured (smoking, family, laboratory) stays unknown without an answer. Too
old a value is not known either [D]: pressure counts for a year; laboratory values, weight, waist and smoking for two;
height stays. Of several places the newest value counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

import numpy as np

from cmc.charts.chart import Chart, Result
from cmc.clinical.basic_information import FamilyDisease
from cmc.clinical.body import bmi
from cmc.clinical.codes import Sex
from cmc.clinical.examination_codes import Smoking
from cmc.clinical.periods import completed_years
from cmc.clinical.renal import EgfrFormula, egfr
from cmc.risk import filed as files
from cmc.risk.codes import InputSource as From
from cmc.risk.equations.inputs import Inputs
from cmc.risk.equations.variables import Variable
from cmc.risk.filed import Filed
from cmc.risk.known_diseases import CODES, MEDICINE_CLASSES, UNFIT, diseases, medicines
from cmc.risk.values import Known, Knowns

__all__ = ["CODES", "MEDICINE_CLASSES", "UNFIT", "Known", "Knowns", "Variable", "inputs", "known", "north"]

PRESSURE_DAYS: Final = 365
LEVEL_DAYS: Final = 730
_PRESSURES: Final = 3
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
SOUTHERN: Final = frozenset({"31", "33", "35", "36", "43", "44", "45", "46", "52", "53", "54", "71", "81", "82"})
"""First two digits of a region's code: provinces that lie wholly north or south of the Yangtze, or nearly so [D].

Jiangsu (32), Anhui (34), Hubei (42), Chongqing (50) and Sichuan (51) lie on both sides.
"""


_CARDIOVASCULAR: Final = frozenset({FamilyDisease.CORONARY, FamilyDisease.STROKE})


def north(region_code: str | None) -> float | None:
    """Whether a region lies north of the Yangtze (1 or 0); None for a province that the river divides."""
    province = (region_code or "")[:2]
    return 1.0 if province in NORTHERN else 0.0 if province in SOUTHERN else None


def known(chart: Chart, filed: Filed = files.NOTHING, *, northern: float | None = None) -> Knowns:
    """What chart and files say of every input on the chart's date; what they do not say is not in the answer.

    `northern`: of the clinic's region; the person's own address goes before it.
    """
    found = {variable: value for part in _PARTS for variable, value in part(chart, filed)}
    own = north(filed.region_code)
    side = northern if own is None else own
    if side is not None:
        found[Variable.NORTH] = Known(side, None, From.PLACE if own is None else From.REGISTRATION)
    city = files.urban(filed.region_code)
    if city is not None:
        found[Variable.URBAN] = Known(city, None, From.REGISTRATION)
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


def _person(chart: Chart, _: Filed) -> Iterator[tuple[Variable, Known]]:
    yield Variable.AGE, Known(float(chart.age_years), None, From.PERSON)
    if chart.sex is not Sex.U:
        yield Variable.MALE, Known(float(chart.sex is Sex.M), None, From.PERSON)


def _pressure(chart: Chart, _: Filed) -> Iterator[tuple[Variable, Known]]:
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


def _body(chart: Chart, filed: Filed) -> Iterator[tuple[Variable, Known]]:
    exam, tall, wide = chart.exam, filed.height_cm, filed.waist_cm
    heights = [(tall.on, Decimal(str(tall.value)))] if tall else []
    weights = [(each.visited_on, each.weight_kg) for each in chart.visits if each.weight_kg]
    waists = [(wide.on, wide.value, From.FORM)] if wide else []
    if exam is not None:
        heights += [(exam.on, exam.height_cm)] if exam.height_cm else []
        weights += [(exam.on, exam.weight_kg)] if exam.weight_kg else []
        waists += [(exam.on, float(exam.waist_cm), From.EXAMINATION)] if exam.waist_cm else []
    if weights and heights:
        day, weight = max(weights)
        if _recent(chart, day) and (index := bmi(weight, max(heights)[1])) is not None:
            yield Variable.BMI, Known(round(float(index), 1), day, From.BODY)
    if waists:
        day, waist, source = max(waists)
        if _recent(chart, day):
            yield Variable.WAIST, Known(waist, day, source)


def _laboratory(chart: Chart, filed: Filed) -> Iterator[tuple[Variable, Known]]:
    for variable, (analyte, divisor) in _LABS.items():
        found = _result(chart, analyte)
        if found is not None:
            yield variable, Known(float(found.value) / divisor, found.on, From.LABORATORY)
    told, tested = filed.hba1c_percent, _result(chart, "HBA1C")
    if told is not None and _recent(chart, told.on) and (tested is None or tested.on < told.on):
        yield Variable.HBA1C, Known(told.value, told.on, From.FORM)


def _kidney(chart: Chart, _: Filed) -> Iterator[tuple[Variable, Known]]:
    """The filtration rate by CKD-EPI 2021 from creatinine, which the models were made with; else as reported."""
    creatinine, reported = _result(chart, "CREATININE"), _result(chart, "EGFR")
    if creatinine is not None and (reported is None or creatinine.on >= reported.on):
        age = completed_years(chart.birth_date, creatinine.on)
        if age >= 18 and chart.sex is not Sex.U and creatinine.value > 0:
            yield Variable.EGFR, Known(_rate(creatinine.value, age, chart.sex), creatinine.on, From.CREATININE)
            return
    if reported is not None:
        yield Variable.EGFR, Known(float(reported.value), reported.on, From.LABORATORY)


@lru_cache(maxsize=100_000)
def _rate(creatinine: Decimal, age_years: int, sex: Sex) -> float:
    return round(float(egfr(creatinine, age_years, sex, EgfrFormula.CKD_EPI_2021)), 1)


def _living(chart: Chart, filed: Filed) -> Iterator[tuple[Variable, Known]]:
    """Smoking by the newest answer. No cigarettes at a visit does not tell of former ones: an earlier answer does."""
    asked: list[tuple[date, int, From]] = []
    if chart.living is not None and chart.living.smoking is not None:
        asked.append((chart.living.on, chart.living.smoking, From.LIFESTYLE))
    if chart.exam is not None and chart.exam.form.lifestyle is not None and chart.exam.form.lifestyle.smoking:
        asked.append((chart.exam.on, chart.exam.form.lifestyle.smoking, From.LIFESTYLE))
    before = max(asked, default=None)
    visit = filed.cigarettes
    if visit is not None and (before is None or before[0] < visit.on):
        if visit.value > 0:
            before = (visit.on, Smoking.SMOKES, From.FORM)
        elif before is None:
            yield Variable.SMOKER, Known(0.0, visit.on, From.FORM)
            return
        else:
            before = (visit.on, Smoking.NEVER if before[1] == Smoking.NEVER else Smoking.QUIT, From.FORM)
    if before is not None and _recent(chart, before[0]):
        on, answer, source = before
        yield Variable.SMOKER, Known(float(answer == Smoking.SMOKES), on, source)
        yield Variable.EX_SMOKER, Known(float(answer == Smoking.QUIT), on, source)


def _family(chart: Chart, filed: Filed) -> Iterator[tuple[Variable, Known]]:
    """Coronary disease or stroke of a relative, by the facts on file and by the basic information form."""
    told = {each.disease for each in chart.family}
    if told & _CARDIOVASCULAR or (told and not filed.family):
        yield Variable.FAMILY_HISTORY, Known(float(bool(told & _CARDIOVASCULAR)), None, From.FAMILY)
    elif filed.family:
        yield Variable.FAMILY_HISTORY, Known(float(bool(filed.family & _CARDIOVASCULAR)), None, From.REGISTRATION)


def _result(chart: Chart, analyte: str) -> Result | None:
    found = chart.labs.get(analyte)
    return found if found is not None and found.beyond is None and _recent(chart, found.on) else None


def _recent(chart: Chart, on: date) -> bool:
    return (chart.as_of.on - on).days < LEVEL_DAYS


_Part = Callable[[Chart, Filed], Iterable[tuple[Variable, Known]]]
_PARTS: Final[tuple[_Part, ...]] = (
    _person,
    _pressure,
    _body,
    _laboratory,
    _kidney,
    diseases,
    medicines,
    _living,
    _family,
)
