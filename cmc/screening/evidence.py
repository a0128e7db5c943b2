"""What is on record of a person, as the evidence of the screening rules. Pure.

[D]: the fasting glucose of an annual examination and every glucose of a laboratory is venous plasma; a value written at
a visit or sent by a meter is capillary unless it says otherwise, and screens only (DM-DX-03). A laboratory's HbA1c
diagnoses where the laboratory itself reported it; typed or imported without one it screens (DM-DX-01). A result that is
only a bound (">11.1") counts as that bound. A diagnosis on record counts whoever made it, and so does a disease named
in the history of the basic information form (HTN-DX-04).
"""

from datetime import date
from decimal import Decimal
from typing import Final

from cmc.charts.adapters import ATHEROSCLEROTIC, DISEASE_CODES
from cmc.clinical.basic_information import FamilyDisease, PastDisease
from cmc.clinical.codes import (
    FACE_TO_FACE,
    Disease,
    EndReason,
    EnrolmentState,
    GlucosePeriod,
    ReadingKind,
    Setting,
    Sex,
    Specimen,
)
from cmc.clinical.diabetes_screening import (
    DiabetesEvidence,
    DiabetesRiskFacts,
    DiabetesTest,
    TestKind,
    screen_diabetes,
)
from cmc.clinical.hypertension_risk import HighRiskFacts
from cmc.clinical.hypertension_screening import HypertensionEvidence, OfficePressure, screen_hypertension
from cmc.clinical.laboratory import Beyond
from cmc.clinical.periods import completed_years
from cmc.clinical.screening import Screening
from cmc.clinical.units import GlucoseUnit, glucose_to_umol_l
from cmc.records.codes import Source
from cmc.records.examination_findings import AmbulatoryPressureFindings, opened
from cmc.records.fact_tables import LaboratoryResult
from cmc.screening.held import Held

_PAST: Final = {Disease.HTN: PastDisease.HYPERTENSION, Disease.T2DM: PastDisease.DIABETES}
_FAMILY: Final = {Disease.HTN: FamilyDisease.HYPERTENSION, Disease.T2DM: FamilyDisease.DIABETES}
_TESTS: Final = {
    "GLUCOSE_FASTING": TestKind.FASTING,
    "GLUCOSE_OGTT_2H": TestKind.OGTT_2H,
    "GLUCOSE": TestKind.RANDOM,
    "HBA1C": TestKind.HBA1C,
}
_LIPIDS: Final = ("HDL", "TG")
PREDIABETES: Final = ("R73.0", "R73.9")
GESTATIONAL: Final = ("O24.4", "O24.9", "Z86.32")
_ASCVD: Final = frozenset({PastDisease.CORONARY.value, PastDisease.STROKE.value})


def screened(held: Held, disease: Disease, on: date) -> Screening:
    """Return how far the suspicion of a disease has come for a person on a local date."""
    if disease is Disease.HTN:
        return screen_hypertension(hypertension(held, on), on)
    return screen_diabetes(diabetes(held, on), on)


def hypertension(held: Held, on: date) -> HypertensionEvidence:
    """Return what the rules of hypertension ask for."""
    office = [
        OfficePressure(visit.visited_on, visit.sbp_mmhg, visit.dbp_mmhg)
        for visit in held.visits
        if visit.mode in FACE_TO_FACE and visit.sbp_mmhg is not None and visit.dbp_mmhg is not None
    ]
    office += [
        OfficePressure(exam.happened_on, exam.sbp_mmhg, exam.dbp_mmhg)
        for exam in held.exams
        if exam.sbp_mmhg is not None and exam.dbp_mmhg is not None
    ]
    pressures = [each for each in held.readings if each.kind == ReadingKind.BLOOD_PRESSURE]
    office += [OfficePressure(r.taken_on, r.sbp_mmhg, r.dbp_mmhg) for r in pressures if r.setting == Setting.OFFICE]
    bmi, waist = _body(held)
    return HypertensionEvidence(
        age_years=completed_years(held.patient.birth_date, on),
        office=tuple(office),
        home=tuple((r.taken_on, r.sbp_mmhg, r.dbp_mmhg) for r in pressures if r.setting == Setting.HOME),
        ambulatory=tuple(
            found.means(each.happened_on)
            for each in held.ambulatory
            if isinstance(found := opened(each.findings), AmbulatoryPressureFindings)
        ),
        diagnosed=_diagnosed(held, Disease.HTN),
        referred_on=_referred_on(held, Disease.HTN),
        risk=HighRiskFacts(
            sex=Sex(held.patient.sex), bmi=bmi, waist_cm=waist, family_history=_in_family(held, Disease.HTN)
        ),
    )


def diabetes(held: Held, on: date) -> DiabetesEvidence:
    """Return what the rules of diabetes ask for."""
    tests = [
        DiabetesTest(exam.happened_on, TestKind.FASTING, umol_l=exam.fasting_glucose_umol_l)
        for exam in held.exams
        if exam.fasting_glucose_umol_l is not None
    ]
    for visit in held.visits:
        values = ((TestKind.FASTING, visit.fasting_glucose_umol_l), (TestKind.RANDOM, visit.other_glucose_umol_l))
        tests += [DiabetesTest(visit.visited_on, kind, value, Specimen.CAPILLARY) for kind, value in values if value]
    for each in held.readings:
        if each.kind == ReadingKind.GLUCOSE and each.specimen != Specimen.INTERSTITIAL:
            kind = TestKind.FASTING if each.period == GlucosePeriod.FASTING else TestKind.RANDOM
            specimen = Specimen(each.specimen) if each.specimen else Specimen.CAPILLARY
            tests.append(DiabetesTest(each.taken_on, kind, each.glucose_umol_l, specimen))
    tests += [test for each in held.laboratory if (test := _tested(each)) is not None]
    lipids = {each.analyte: each.value for each in held.laboratory if each.analyte in _LIPIDS}
    bmi, waist = _body(held)
    return DiabetesEvidence(
        age_years=completed_years(held.patient.birth_date, on),
        tests=tuple(tests),
        diagnosed=_diagnosed(held, Disease.T2DM),
        referred_on=_referred_on(held, Disease.T2DM),
        risk=DiabetesRiskFacts(
            sex=Sex(held.patient.sex),
            bmi=bmi,
            waist_cm=waist,
            relative_with_diabetes=_in_family(held, Disease.T2DM),
            hypertension=_diagnosed(held, Disease.HTN),
            prediabetes=_has(held, PREDIABETES),
            gestational_diabetes=_has(held, GESTATIONAL),
            hdl_mmol_l=lipids.get("HDL"),
            tg_mmol_l=lipids.get("TG"),
            ascvd=bool(_past(held) & _ASCVD) or _has(held, ATHEROSCLEROTIC),
        ),
    )


def _tested(result: LaboratoryResult) -> DiabetesTest | None:
    kind = _TESTS.get(result.analyte)
    if kind is None or result.beyond == Beyond.LESS:
        return None
    if kind is TestKind.HBA1C:
        known = result.source == Source.LABORATORY
        return DiabetesTest(result.happened_on, kind, percent=result.value, standardised=known)
    amount = glucose_to_umol_l(result.value, GlucoseUnit.MMOL_L)
    return DiabetesTest(result.happened_on, kind, amount)


def _has(held: Held, codes: tuple[str, ...]) -> bool:
    return any(each.icd10 is not None and each.icd10.startswith(codes) for each in held.diagnoses)


def _body(held: Held) -> tuple[Decimal | None, Decimal | None]:
    """The latest body-mass index and waist of the examinations."""
    sized = [e for e in held.exams if e.weight_kg and e.height_cm]
    waists = [e.waist_cm for e in held.exams if e.waist_cm]
    last = sized[-1] if sized else None
    bmi = None
    if last is not None and last.weight_kg and last.height_cm:
        bmi = last.weight_kg / (last.height_cm / 100) ** 2
    return bmi, waists[-1] if waists else None


def _diagnosed(held: Held, disease: Disease) -> bool:
    confirmed = any(
        each.disease == disease and each.confirmed_on is not None and each.end_reason != EndReason.DIAGNOSIS_WITHDRAWN
        for each in held.enrolments
    )
    return confirmed or _PAST[disease].value in _past(held) or _has(held, DISEASE_CODES[disease])


def _past(held: Held) -> set[int]:
    rows = (held.information.diseases if held.information else None) or []
    return {row["code"] for row in rows}


def _in_family(held: Held, disease: Disease) -> bool:
    if any(each.disease == _FAMILY[disease].value for each in held.family):
        return True
    family = (held.information.family if held.information else None) or {}
    return any(_FAMILY[disease].value in codes for codes in family.values())


def _referred_on(held: Held, disease: Disease) -> date | None:
    days = [
        each.referred_on
        for each in held.enrolments
        if each.disease == disease and each.state == EnrolmentState.SUSPECTED and each.referred_on is not None
    ]
    return max(days, default=None)
