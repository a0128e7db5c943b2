"""From a chart to the facts that each set of rules asks for. Pure; what the chart does not know stays unknown.

Which ICD-10 codes stand for a complication is our reading of the risk table's words [D].
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from cmc.charts import picking
from cmc.charts.chart import Chart
from cmc.clinical.annual_exam import frail
from cmc.clinical.body import bmi
from cmc.clinical.cardiovascular import CardiovascularFacts, CardiovascularJudgement, judge_risk
from cmc.clinical.care_gaps import CareFacts, CareItem
from cmc.clinical.codes import Disease, EnrolmentState
from cmc.clinical.conditions import Condition, conditions_of
from cmc.clinical.drug_checks import DrugFacts
from cmc.clinical.kidney import KidneyJudgement, judge_kidney
from cmc.clinical.targets import Quantity, TargetFacts, Targets, targets
from cmc.records.codes import AllergyCategory, ExaminationKind
from cmc.records.exam_form import ExamForm
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
_MANAGED: Final = frozenset({EnrolmentState.CONFIRMED, EnrolmentState.ACTIVE, EnrolmentState.LOST})
_HISTORY: Final = frozenset({Condition.KETOACIDOSIS_HISTORY, Condition.MEDULLARY_THYROID_CANCER, Condition.MEN2})
"""Conditions that count for ever, also when the diagnosis has ended."""


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
    kidneys = picking.findings(chart, ExaminationKind.KIDNEY_IMAGING, KidneyImagingFindings)
    if kidneys is not None and kidneys.bilateral_artery_stenosis:
        held |= {Condition.BILATERAL_RENAL_ARTERY_STENOSIS}
    return held | (ever & _HISTORY)


def kidney(chart: Chart) -> KidneyJudgement:
    """The kidney over two years up to the chart's date."""
    return judge_kidney(chart.egfrs, chart.uacrs, chart.as_of.on)


def target_facts(chart: Chart) -> TargetFacts:
    """What decides the targets. Frail is who cannot care for himself by the last annual examination [D]."""
    since = diagnosed(chart)
    diabetes = since.get(Disease.T2DM)
    return TargetFacts(
        age_years=chart.age_years,
        sex=chart.sex,
        diseases=frozenset(since),
        pregnant=Condition.PREGNANT in conditions(chart),
        frail=chart.exam is not None and frail(chart.exam.form.self_care),
        complications=picking.has(chart, *DIABETES_COMPLICATED, *STROKE, *HEART, *PERIPHERAL),
        hypoglycaemia_prone=chart.glucose is not None and chart.glucose.low >= PRONE_FROM_EVENTS,
        diabetes_years=None if diabetes is None else (chart.as_of.on - diabetes).days * 4 // 1461,
        ascvd=picking.has(chart, *ATHEROSCLEROTIC),
    )


def targets_of(chart: Chart) -> Targets:
    """The targets on the chart's date: the guideline's, or what a doctor set for the person."""
    return targets(target_facts(chart), chart.personal, on=chart.as_of.on)


def cardiovascular_facts(chart: Chart) -> CardiovascularFacts:
    """What counts in the risk table: history by code, laboratory, heart and vessels, body and family."""
    heart = picking.findings(chart, ExaminationKind.HEART_AND_VESSELS, HeartAndVesselsFindings)
    ecg = picking.findings(chart, ExaminationKind.ECG, EcgFindings)
    foot = picking.findings(chart, ExaminationKind.FOOT, FootFindings)
    eye = picking.findings(chart, ExaminationKind.EYE, EyeFindings)
    return CardiovascularFacts(
        age_years=chart.age_years,
        sex=chart.sex,
        smoker_or_passive=picking.smoker(chart),
        fasting_umol_l=picking.fasting_umol_l(chart),
        two_hours_umol_l=picking.umol_l(chart.lab("GLUCOSE_OGTT_2H")),
        tc_mmol_l=chart.lab("TC"),
        ldl_mmol_l=chart.lab("LDL"),
        hdl_mmol_l=chart.lab("HDL"),
        early_cvd_of_relative=picking.early_cvd(chart),
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
        stroke_or_tia=picking.has(chart, *STROKE),
        heart_disease=picking.has(chart, *HEART) or (ecg is not None and ecg.atrial_fibrillation),
        peripheral_artery_disease=picking.has(chart, *PERIPHERAL),
        severe_retinopathy=eye is not None and eye.haemorrhage_exudate_or_papilloedema,
        diabetes=Disease.T2DM in diagnosed(chart) or picking.has(chart, *DIABETES),
        diabetes_complication=picking.has(chart, *DIABETES_COMPLICATED),
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


def care_facts(chart: Chart, goals: Targets | None = None) -> CareFacts:
    """What decides which screening is due; `goals` are the person's targets where they are known already."""
    eye = picking.findings(chart, ExaminationKind.EYE, EyeFindings)
    foot = picking.findings(chart, ExaminationKind.FOOT, FootFindings)
    judged = kidney(chart)
    hba1c, goal = chart.lab("HBA1C"), (goals or targets_of(chart)).for_quantity(Quantity.HBA1C_PERCENT)
    return CareFacts(
        age_years=chart.age_years,
        diagnosed=diagnosed(chart),
        last_done=_last_done(chart),
        retinopathy=eye.retinopathy if eye else None,
        macular_oedema=eye is not None and eye.macular_oedema,
        foot_risk=foot.risk if foot else None,
        wagner=foot.wagner if foot else None,
        weak_foot_pulse=picking.weak_foot_pulse(chart),
        proteinuria_on=picking.proteinuria_on(chart),
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
        creatinine_rise_percent=picking.creatinine_rise(chart),
        heart_rate_per_min=picking.heart_rate(chart),
        low_glucose_events=chart.glucose.low if chart.glucose else None,
        hours_since_acei=picking.hours_since_acei(chart),
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
    foot = picking.findings(chart, ExaminationKind.FOOT, FootFindings)
    if foot is not None and foot.abi is not None:
        done[CareItem.ABI] = chart.examinations[ExaminationKind.FOOT].on
    if chart.exam is not None:
        done[CareItem.ANNUAL_EXAM] = chart.exam.on
        for item in _of_exam(chart.exam.form):
            done[item] = max(chart.exam.on, done.get(item, chart.exam.on))
    return done


def _of_exam(form: ExamForm) -> Iterator[CareItem]:
    """What the form of an annual examination does of the yearly set: a test strip of the urine, an ECG."""
    strip = form.strip
    if any(each is not None for each in (strip.protein, strip.glucose, strip.ketone, strip.blood)):
        yield CareItem.URINE
    if form.tests is not None and form.tests.ecg is not None:
        yield CareItem.ECG
