"""From a chart to the facts that each set of rules asks for. Pure; what the chart does not know stays unknown.

Which ICD-10 codes stand for a complication is our reading of the risk table's words [D].
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final, TypeVar

from cmc.charts.chart import Chart
from cmc.clinical.basic_information import FamilyDisease
from cmc.clinical.body import bmi
from cmc.clinical.cardiovascular import EARLY_CVD_BELOW_YEARS, CardiovascularFacts, CardiovascularJudgement, judge_risk
from cmc.clinical.care_gaps import CareFacts, CareItem
from cmc.clinical.codes import Disease, EnrolmentState
from cmc.clinical.conditions import Condition, conditions_of
from cmc.clinical.drug_checks import DrugFacts
from cmc.clinical.examination_codes import Smoking
from cmc.clinical.kidney import KidneyJudgement, judge_kidney
from cmc.clinical.medicines import DrugClass, catalogue
from cmc.clinical.targets import Quantity, TargetFacts, Targets, targets
from cmc.records.codes import AllergyCategory, ExaminationKind
from cmc.records.examination_findings import (
    EcgFindings,
    EyeFindings,
    FootFindings,
    HeartAndVesselsFindings,
    KidneyImagingFindings,
)

STROKE: Final = ("I60", "I61", "I62", "I63", "I64", "I69", "G45")
HEART: Final = ("I20", "I21", "I22", "I23", "I24", "I25", "I48", "I50", "I11.0", "Z95.1", "Z95.5")
PERIPHERAL: Final = ("I70.2", "I73.9", "I74")
ATHEROSCLEROTIC: Final = ("I20", "I21", "I22", "I23", "I24", "I25", "I63", "I70", "I73.9", "G45", "Z95.1", "Z95.5")
DIABETES: Final = ("E10", "E11", "E12", "E13", "E14")
DIABETES_COMPLICATED: Final = tuple(f"{code}.{place}" for code in DIABETES for place in range(2, 9))
DISEASE_CODES: Final = {Disease.HTN: ("I10", "I11", "I12", "I13", "I15"), Disease.T2DM: ("E11",)}
PRONE_FROM_EVENTS: Final = 2  # [D] values at or below 3.9 mmol/L within 90 days
RISE_DAYS: Final = 28  # DRUG-03: creatinine within 4 weeks
_MANAGED: Final = frozenset({EnrolmentState.CONFIRMED, EnrolmentState.ACTIVE, EnrolmentState.LOST})
_HISTORY: Final = frozenset({Condition.KETOACIDOSIS_HISTORY, Condition.MEDULLARY_THYROID_CANCER, Condition.MEN2})
"""Conditions that count for ever, also when the diagnosis has ended."""
_F = TypeVar("_F")


def diagnosed(chart: Chart) -> dict[Disease, date]:
    """Since when each managed disease is known: by enrolment or by diagnosis, the earlier day."""
    found: dict[Disease, date] = {}
    for stint in chart.enrolments:
        if stint.state in _MANAGED:
            found[stint.disease] = min(
                stint.confirmed_on or stint.enrolled_on, found.get(stint.disease, stint.enrolled_on)
            )
    for disease, codes in DISEASE_CODES.items():
        for each in chart.current_diagnoses:
            if each.icd10 is not None and each.icd10.startswith(codes):
                found[disease] = min(each.on, found.get(disease, each.on))
    return found


def conditions(chart: Chart) -> frozenset[Condition]:
    """The conditions of the medicine checks that hold: by code, stated by a doctor, or seen in an examination."""
    current = chart.current_diagnoses
    held = conditions_of(each.icd10 for each in current if each.icd10)
    held |= {Condition(each.condition) for each in current if each.condition}
    ever = conditions_of(each.icd10 for each in chart.diagnoses if each.icd10)
    ever |= {Condition(each.condition) for each in chart.diagnoses if each.condition}
    kidneys = _findings(chart, ExaminationKind.KIDNEY_IMAGING, KidneyImagingFindings)
    if kidneys is not None and kidneys.bilateral_artery_stenosis:
        held |= {Condition.BILATERAL_RENAL_ARTERY_STENOSIS}
    return held | (ever & _HISTORY)


def kidney(chart: Chart) -> KidneyJudgement:
    """The kidney over two years up to the chart's date."""
    return judge_kidney(chart.egfrs, chart.uacrs, chart.as_of.on)


def target_facts(chart: Chart) -> TargetFacts:
    """What decides the targets. Frailty is not in the record and counts as not known."""
    since = diagnosed(chart)
    diabetes = since.get(Disease.T2DM)
    return TargetFacts(
        age_years=chart.age_years,
        sex=chart.sex,
        diseases=frozenset(since),
        pregnant=Condition.PREGNANT in conditions(chart),
        complications=_has(chart, *DIABETES_COMPLICATED, *STROKE, *HEART, *PERIPHERAL),
        hypoglycaemia_prone=chart.glucose is not None and chart.glucose.low >= PRONE_FROM_EVENTS,
        diabetes_years=None if diabetes is None else (chart.as_of.on - diabetes).days * 4 // 1461,
        ascvd=_has(chart, *ATHEROSCLEROTIC),
    )


def targets_of(chart: Chart) -> Targets:
    """The guideline's targets on the chart's date."""
    return targets(target_facts(chart), on=chart.as_of.on)


def cardiovascular_facts(chart: Chart) -> CardiovascularFacts:
    """What counts in the risk table: history by code, laboratory, heart and vessels, body and family."""
    heart = _findings(chart, ExaminationKind.HEART_AND_VESSELS, HeartAndVesselsFindings)
    ecg = _findings(chart, ExaminationKind.ECG, EcgFindings)
    foot = _findings(chart, ExaminationKind.FOOT, FootFindings)
    eye = _findings(chart, ExaminationKind.EYE, EyeFindings)
    return CardiovascularFacts(
        age_years=chart.age_years,
        sex=chart.sex,
        smoker_or_passive=_smoker(chart),
        fasting_umol_l=_fasting_umol_l(chart),
        two_hours_umol_l=_umol_l(chart.lab("GLUCOSE_OGTT_2H")),
        tc_mmol_l=chart.lab("TC"),
        ldl_mmol_l=chart.lab("LDL"),
        hdl_mmol_l=chart.lab("HDL"),
        early_cvd_of_relative=_early_cvd(chart),
        waist_cm=chart.exam.waist_cm if chart.exam else None,
        bmi=body_mass_index(chart),
        homocysteine_umol_l=chart.lab("HOMOCYSTEINE"),
        sokolow_mv=ecg.sokolow_mv if ecg else None,
        cornell_mv_ms=ecg.cornell_mv_ms if ecg else None,
        lvmi_g_m2=heart.lvmi_g_m2 if heart else None,
        imt_mm=heart.imt_mm if heart else None,
        carotid_plaque=heart.carotid_plaque if heart else None,
        pwv_m_s=heart.pwv_m_s if heart else None,
        abi=foot.abi if foot else None,
        egfr=chart.lab("EGFR"),
        creatinine_umol_l=chart.lab("CREATININE"),
        uacr_mg_g=chart.lab("UACR"),
        albumin_mg_24h=chart.lab("URINE_ALBUMIN_24H"),
        protein_mg_24h=chart.lab("URINE_PROTEIN_24H"),
        stroke_or_tia=_has(chart, *STROKE),
        heart_disease=_has(chart, *HEART) or (ecg is not None and ecg.atrial_fibrillation),
        peripheral_artery_disease=_has(chart, *PERIPHERAL),
        severe_retinopathy=eye is not None and eye.haemorrhage_exudate_or_papilloedema,
        diabetes=Disease.T2DM in diagnosed(chart) or _has(chart, *DIABETES),
        diabetes_complication=_has(chart, *DIABETES_COMPLICATED),
    )


def cardiovascular_risk(chart: Chart) -> CardiovascularJudgement | None:
    """The cell of the risk table of a person with hypertension; None without the disease or without any pressure.

    The pressure is the highest at any visit: which of them came before treatment is not in the record, and the
    higher one is the safer reading.
    """
    if Disease.HTN not in diagnosed(chart) or chart.highest_mmhg is None:
        return None
    stage = kidney(chart).ckd_stage
    return judge_risk(chart.highest_mmhg, cardiovascular_facts(chart), on=chart.as_of.on, ckd_stage=stage)


def care_facts(chart: Chart) -> CareFacts:
    """What decides which screening is due."""
    eye = _findings(chart, ExaminationKind.EYE, EyeFindings)
    foot = _findings(chart, ExaminationKind.FOOT, FootFindings)
    judged = kidney(chart)
    hba1c, goal = chart.lab("HBA1C"), targets_of(chart).for_quantity(Quantity.HBA1C_PERCENT)
    return CareFacts(
        age_years=chart.age_years,
        diagnosed=diagnosed(chart),
        last_done=_last_done(chart),
        retinopathy=eye.retinopathy if eye else None,
        macular_oedema=eye is not None and eye.macular_oedema,
        foot_risk=foot.risk if foot else None,
        wagner=foot.wagner if foot else None,
        weak_foot_pulse=foot is not None and foot.weak_pulse,
        g=judged.g,
        a=judged.a,
        hba1c_unstable=hba1c is not None and goal is not None and not goal.met(hba1c),
    )


def drug_facts(chart: Chart) -> DrugFacts:
    """What the medicine checks see. The fall of pressure on standing is not in the record."""
    potassium = chart.labs.get("POTASSIUM")
    known = chart.lab("POTASSIUM")
    medicines = [each.substance for each in chart.allergies if each.category == AllergyCategory.MEDICINE]
    return DrugFacts(
        age_years=chart.age_years,
        conditions=conditions(chart),
        allergies=tuple(dict.fromkeys(medicines)),
        egfr=chart.lab("EGFR"),
        potassium_mmol_l=known,
        potassium_days_ago=(chart.as_of.on - potassium.on).days if potassium and known is not None else None,
        creatinine_rise_percent=_creatinine_rise(chart),
        heart_rate_per_min=_heart_rate(chart),
        low_glucose_events=chart.glucose.low if chart.glucose else None,
        hours_since_acei=_hours_since_acei(chart),
    )


def body_mass_index(chart: Chart) -> Decimal | None:
    """From the height of the last annual examination and the later weight; None without both."""
    exam, visit = chart.exam, max(
        (each for each in chart.visits if each.weight_kg), key=lambda each: each.visited_on, default=None
    )  # fmt: skip
    height = exam.height_cm if exam else None
    weights = [(exam.on, exam.weight_kg)] if exam and exam.weight_kg else []
    weights += [(visit.visited_on, visit.weight_kg)] if visit and visit.weight_kg else []
    return bmi(max(weights)[1], height) if height and weights else None


_OF_LABS: Final = {
    CareItem.KIDNEY: (("UACR", "EGFR"), all),
    CareItem.LIPIDS: (("LDL", "TC"), any),
    CareItem.HBA1C: (("HBA1C",), all),
    CareItem.BLOOD_COUNT: (("HAEMOGLOBIN", "LEUKOCYTES", "PLATELETS"), any),
    CareItem.CREATININE: (("CREATININE",), all),
    CareItem.URIC_ACID: (("URIC_ACID",), all),
    CareItem.ALT: (("ALT",), all),
    CareItem.ELECTROLYTES: (("POTASSIUM", "SODIUM", "CHLORIDE"), all),
    CareItem.GLUCOSE_TEST: (("GLUCOSE_FASTING", "GLUCOSE", "GLUCOSE_OGTT_2H"), any),
    CareItem.URINE: (("UACR", "URINE_ALBUMIN_24H", "URINE_PROTEIN_24H"), any),
}
"""Analytes of each item: all of them, then the oldest counts, or any, then the newest."""
_OF_EXAMINATIONS: Final = {
    CareItem.EYE: ExaminationKind.EYE,
    CareItem.FOOT: ExaminationKind.FOOT,
    CareItem.NERVE: ExaminationKind.NERVE,
    CareItem.ECG: ExaminationKind.ECG,
}


def _last_done(chart: Chart) -> dict[CareItem, date]:
    done = {item: chart.examinations[kind].on for item, kind in _OF_EXAMINATIONS.items() if kind in chart.examinations}
    for item, (analytes, needed) in _OF_LABS.items():
        days = [chart.labs[each].on for each in analytes if each in chart.labs]
        if days and needed(each in chart.labs for each in analytes):
            done[item] = min(days) if needed is all else max(days)
    foot = _findings(chart, ExaminationKind.FOOT, FootFindings)
    if foot is not None and foot.abi is not None:
        done[CareItem.ABI] = chart.examinations[ExaminationKind.FOOT].on
    if chart.exam is not None:
        done[CareItem.ANNUAL_EXAM] = chart.exam.on
    return done


def _findings(chart: Chart, kind: ExaminationKind, made: type[_F]) -> _F | None:
    found = chart.examinations.get(kind)
    return found.findings if found is not None and isinstance(found.findings, made) else None


def _has(chart: Chart, *codes: str) -> bool:
    """Whether a diagnosis of the chart, ended or not, has one of the codes: a stroke is not undone."""
    return any(each.icd10 is not None and each.icd10.startswith(codes) for each in chart.diagnoses)


def _smoker(chart: Chart) -> bool | None:
    living = chart.living
    if living is None or (living.smoking is None and living.passive_smoking is None):
        return None
    return living.smoking == Smoking.SMOKES or living.passive_smoking is True


def _early_cvd(chart: Chart) -> bool | None:
    """Whether a relative had coronary disease or a stroke before 50; None when nobody was asked for."""
    if not chart.family:
        return None
    return any(
        each.disease in {FamilyDisease.CORONARY, FamilyDisease.STROKE}
        and each.onset_age_years is not None
        and each.onset_age_years < EARLY_CVD_BELOW_YEARS
        for each in chart.family
    )


def _umol_l(mmol_l: Decimal | None) -> int | None:
    return None if mmol_l is None else int(mmol_l * 1000)


def _fasting_umol_l(chart: Chart) -> int | None:
    """The newest fasting glucose of laboratory, visit and annual examination."""
    found: list[tuple[date, int]] = [
        (each.visited_on, each.fasting_glucose_umol_l) for each in chart.visits if each.fasting_glucose_umol_l
    ]
    if chart.exam is not None and chart.exam.fasting_glucose_umol_l:
        found.append((chart.exam.on, chart.exam.fasting_glucose_umol_l))
    laboratory = _umol_l(chart.lab("GLUCOSE_FASTING"))
    if laboratory is not None:
        found.append((chart.labs["GLUCOSE_FASTING"].on, laboratory))
    return max(found)[1] if found else None


def _creatinine_rise(chart: Chart) -> Decimal | None:
    """The rise in percent from the lowest creatinine of the 4 weeks before the last one; None without two."""
    if not chart.creatinines:
        return None
    last_on, last = chart.creatinines[-1]
    before = [value for on, value in chart.creatinines[:-1] if (last_on - on).days <= RISE_DAYS]
    return (last - min(before)) * 100 / min(before) if before else None


def _heart_rate(chart: Chart) -> int | None:
    """The newest heart rate of visit, electrocardiogram and annual examination."""
    found = [(each.visited_on, each.heart_rate_bpm) for each in chart.visits if each.heart_rate_bpm]
    ecg = _findings(chart, ExaminationKind.ECG, EcgFindings)
    if ecg is not None and ecg.heart_rate_per_min is not None:
        found.append((chart.examinations[ExaminationKind.ECG].on, ecg.heart_rate_per_min))
    if chart.exam is not None and chart.exam.pulse_bpm is not None:
        found.append((chart.exam.on, chart.exam.pulse_bpm))
    return max(found)[1] if found else None


def _hours_since_acei(chart: Chart) -> Decimal | None:
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
