"""Picking single values out of a chart: the newest of several places, or none. Pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final, TypeVar

from cmc.charts.chart import Chart
from cmc.clinical.basic_information import FamilyDisease
from cmc.clinical.cardiovascular import EARLY_CVD_BELOW_YEARS
from cmc.clinical.codes import ExamFootPulse
from cmc.clinical.examination_codes import Smoking
from cmc.clinical.medicines import DrugClass, catalogue
from cmc.records.codes import ExaminationKind
from cmc.records.examination_findings import EcgFindings, FootFindings

RISE_DAYS: Final = 28  # DRUG-03: creatinine within 4 weeks
_F = TypeVar("_F")


def findings(chart: Chart, kind: ExaminationKind, made: type[_F]) -> _F | None:
    """The findings of the latest examination of a kind; None without one."""
    found = chart.examinations.get(kind)
    return found.findings if found is not None and isinstance(found.findings, made) else None


def has(chart: Chart, *codes: str) -> bool:
    """Whether a diagnosis of the chart, ended or not, has one of the codes: a stroke is not undone."""
    return any(each.icd10 is not None and each.icd10.startswith(codes) for each in chart.diagnoses)


def smoker(chart: Chart) -> bool | None:
    """Whether the person smokes, as last asked for itself or at an annual examination, or breathes the smoke of others;
    None when nobody asked."""
    living, asked = chart.living, []
    passive = living.passive_smoking if living else None
    if living is not None and living.smoking is not None:
        asked.append((living.on, living.smoking == Smoking.SMOKES))
    if chart.exam is not None and chart.exam.form.lifestyle is not None and chart.exam.form.lifestyle.smoking:
        asked.append((chart.exam.on, chart.exam.form.lifestyle.smoking is Smoking.SMOKES))
    if not asked and passive is None:
        return None
    return passive is True or (max(asked)[1] if asked else False)


def proteinuria_on(chart: Chart) -> date | None:
    """The day of the last annual examination when its test strip showed protein."""
    protein = chart.exam.form.strip.protein if chart.exam else None
    return chart.exam.on if chart.exam is not None and protein is not None and protein.positive else None


def weak_foot_pulse(chart: Chart) -> bool:
    """Whether a foot pulse is weak or absent, by the later of foot examination and annual examination."""
    seen = []
    foot = findings(chart, ExaminationKind.FOOT, FootFindings)
    if foot is not None:
        seen.append((chart.examinations[ExaminationKind.FOOT].on, foot.weak_pulse))
    if chart.exam is not None and chart.exam.exam_foot_pulse is not None:
        seen.append((chart.exam.on, chart.exam.exam_foot_pulse != ExamFootPulse.SYMMETRIC))
    return max(seen)[1] if seen else False


def early_cvd(chart: Chart) -> bool | None:
    """Whether a relative had coronary disease or a stroke before 50; None when nobody was asked for."""
    if not chart.family:
        return None
    return any(
        each.disease in {FamilyDisease.CORONARY, FamilyDisease.STROKE}
        and each.onset_age_years is not None
        and each.onset_age_years < EARLY_CVD_BELOW_YEARS
        for each in chart.family
    )


def umol_l(mmol_l: Decimal | None) -> int | None:
    """Whole µmol/L of mmol/L."""
    return None if mmol_l is None else int(mmol_l * 1000)


def fasting_umol_l(chart: Chart) -> int | None:
    """The newest fasting glucose of laboratory, visit and annual examination."""
    found: list[tuple[date, int]] = [
        (each.visited_on, each.fasting_glucose_umol_l) for each in chart.visits if each.fasting_glucose_umol_l
    ]
    if chart.exam is not None and chart.exam.fasting_glucose_umol_l:
        found.append((chart.exam.on, chart.exam.fasting_glucose_umol_l))
    laboratory = umol_l(chart.lab("GLUCOSE_FASTING"))
    if laboratory is not None:
        found.append((chart.labs["GLUCOSE_FASTING"].on, laboratory))
    return max(found)[1] if found else None


def creatinine_rise(chart: Chart) -> Decimal | None:
    """The rise in percent from the lowest creatinine of the 4 weeks before the last one; None without two."""
    if not chart.creatinines:
        return None
    last_on, last = chart.creatinines[-1]
    before = [value for on, value in chart.creatinines[:-1] if (last_on - on).days <= RISE_DAYS]
    return (last - min(before)) * 100 / min(before) if before else None


def heart_rate(chart: Chart) -> int | None:
    """The newest heart rate of visit, electrocardiogram and annual examination."""
    found = [(each.visited_on, each.heart_rate_bpm) for each in chart.visits if each.heart_rate_bpm]
    ecg = findings(chart, ExaminationKind.ECG, EcgFindings)
    if ecg is not None and ecg.heart_rate_per_min is not None:
        found.append((chart.examinations[ExaminationKind.ECG].on, ecg.heart_rate_per_min))
    if chart.exam is not None and chart.exam.pulse_bpm is not None:
        found.append((chart.exam.on, chart.exam.pulse_bpm))
    return max(found)[1] if found else None


def hours_since_acei(chart: Chart) -> Decimal | None:
    """Hours since the last dose of a stopped ACE inhibitor, at least: from the midnight that began the first day
    without it."""
    medicines = catalogue().medicines
    days = [
        (chart.as_of.on - each.stopped_on).days
        for each in chart.medicines
        if each.stopped_on is not None
        and each.stopped_on <= chart.as_of.on
        and each.medicine_code is not None
        and each.medicine_code in medicines
        and medicines[each.medicine_code].has(DrugClass.ACEI)
    ]
    return Decimal(min(days) * 24) if days else None
