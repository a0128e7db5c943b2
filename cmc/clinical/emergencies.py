"""Emergency criteria of the national programme (HTN-EM-01…04, DM-EM-01…06) and the tier of a single reading.

Any one criterion makes the visit an emergency: treat, refer urgently, and check actively within 14 days (HTN-EM-05).
A critical value or a danger sign counts at a visit of either programme, under the ID of the criterion that names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from cmc.clinical.blood_pressure import OFFICE_ELEVATED_MMHG
from cmc.clinical.codes import AlertTier, DangerSymptom, GlucoseFlag, GlucosePeriod
from cmc.clinical.units import mmol_l_words
from cmc.clinical.visit_facts import VisitFacts
from cmc.core.named import NamedStr
from cmc.core.text import Text

CRITICAL_SBP_MMHG, CRITICAL_DBP_MMHG = 180, 110  # HTN-EM-01, DM-EM-02: at or above, either limb
CRITICAL_HIGH_GLUCOSE_UMOL_L = 16700  # DM-EM-01: at or above
CRITICAL_LOW_GLUCOSE_UMOL_L = 3900  # DM-EM-01: at or below
TACHYCARDIA_ABOVE_PER_MIN = 100  # DM-EM-04
FEVER_ABOVE_CELSIUS = Decimal(39)  # DM-EM-05
ABOVE_NORMAL_PREMEAL_UMOL_L = 6100  # DM-EM-06: "above normal" = at or above the WHO 1999 limits (DM-DX-04)
ABOVE_NORMAL_OTHER_UMOL_L = 7800

_PREMEAL = frozenset(
    {GlucosePeriod.FASTING, GlucosePeriod.BEFORE_LUNCH, GlucosePeriod.BEFORE_DINNER, GlucosePeriod.OGTT_0H}
)


class EmergencyCriterion(NamedStr):
    """The criteria by their rule IDs, as stored with a visit."""

    HTN_EM_01 = "HTN-EM-01", "血压达到危急值", "Critical blood pressure"
    HTN_EM_02 = "HTN-EM-02", "危险症状", "Danger symptoms"
    HTN_EM_03 = "HTN-EM-03", "妊娠或哺乳期血压高于正常", "Pregnant or breastfeeding with raised blood pressure"
    HTN_EM_04 = "HTN-EM-04", "存在不能处理的其他疾病", "Other illness that cannot be handled here"
    DM_EM_01 = "DM-EM-01", "血糖达到危急值", "Critical glucose"
    DM_EM_02 = "DM-EM-02", "血压达到危急值", "Critical blood pressure"
    DM_EM_03 = "DM-EM-03", "危险症状", "Danger symptoms"
    DM_EM_04 = "DM-EM-04", "持续性心动过速", "Persistent tachycardia"
    DM_EM_05 = "DM-EM-05", "高热或突发异常", "High fever or sudden abnormality"
    DM_EM_06 = (
        "DM-EM-06",
        "妊娠或哺乳期血糖高于正常，或存在不能处理的其他疾病",
        "Pregnant or breastfeeding with raised glucose, or other illness that cannot be handled here",
    )


HYPERTENSION_DANGER_SYMPTOMS: Final = frozenset(  # HTN-EM-02
    {
        DangerSymptom.ALTERED_CONSCIOUSNESS,
        DangerSymptom.SEVERE_HEADACHE_DIZZINESS,
        DangerSymptom.NAUSEA,
        DangerSymptom.VOMITING,
        DangerSymptom.BLURRED_VISION,
        DangerSymptom.EYE_PAIN,
        DangerSymptom.PALPITATIONS,
        DangerSymptom.CHEST_TIGHTNESS,
        DangerSymptom.DYSPNOEA,
    }
)
DIABETES_DANGER_SYMPTOMS: Final = frozenset(  # DM-EM-03
    {
        DangerSymptom.ALTERED_CONSCIOUSNESS,
        DangerSymptom.ACETONE_BREATH,
        DangerSymptom.PALPITATIONS,
        DangerSymptom.SWEATING,
        DangerSymptom.LOSS_OF_APPETITE,
        DangerSymptom.NAUSEA,
        DangerSymptom.VOMITING,
        DangerSymptom.POLYDIPSIA,
        DangerSymptom.POLYURIA,
        DangerSymptom.ABDOMINAL_PAIN,
        DangerSymptom.DEEP_BREATHING,
        DangerSymptom.FLUSHED_SKIN,
    }
)


@dataclass(frozen=True, slots=True)
class Emergency:
    """One criterion that is met, with the finding in words."""

    criterion: EmergencyCriterion
    reason: Text


def hypertension_emergencies(facts: VisitFacts) -> tuple[Emergency, ...]:
    """What makes a hypertension visit an emergency: HTN-EM-01…04 in order, then what the diabetes programme names.

    Critical glucose (DM-EM-01), the danger signs of the other list (DM-EM-03) and a sudden abnormality (DM-EM-05) are
    an emergency whatever the person came for. Heart rate, temperature and pregnancy stay with their own programme.
    """
    return (
        *_critical_pressure(facts, EmergencyCriterion.HTN_EM_01),
        *_danger(facts, HYPERTENSION_DANGER_SYMPTOMS, EmergencyCriterion.HTN_EM_02),
        *_pregnant_with_pressure(facts),
        *_illness(facts, EmergencyCriterion.HTN_EM_04),
        *_critical_glucose(facts),
        *_danger(facts, DIABETES_DANGER_SYMPTOMS - HYPERTENSION_DANGER_SYMPTOMS, EmergencyCriterion.DM_EM_03),
        *_sudden_abnormality(facts),
    )


def diabetes_emergencies(facts: VisitFacts) -> tuple[Emergency, ...]:
    """What makes a type 2 diabetes visit an emergency: DM-EM-01…06 in order, then HTN-EM-02.

    The danger signs that only the hypertension programme lists are an emergency whatever the person came for; its
    pressure limits are those of DM-EM-02.
    """
    return (
        *_critical_glucose(facts),
        *_critical_pressure(facts, EmergencyCriterion.DM_EM_02),
        *_danger(facts, DIABETES_DANGER_SYMPTOMS, EmergencyCriterion.DM_EM_03),
        *_tachycardia(facts),
        *_fever(facts),
        *_sudden_abnormality(facts),
        *_illness(facts, EmergencyCriterion.DM_EM_06, pregnancy=_glucose_above_normal(facts)),
        *_danger(facts, HYPERTENSION_DANGER_SYMPTOMS - DIABETES_DANGER_SYMPTOMS, EmergencyCriterion.HTN_EM_02),
    )


def critical_pressure(sbp_mmhg: int | None, dbp_mmhg: int | None) -> bool:
    """SBP at or above 180 and/or DBP at or above 110 mmHg (HTN-EM-01, DM-EM-02)."""
    return (sbp_mmhg is not None and sbp_mmhg >= CRITICAL_SBP_MMHG) or (
        dbp_mmhg is not None and dbp_mmhg >= CRITICAL_DBP_MMHG
    )


def critical_glucose(glucose_umol_l: int | None, flag: GlucoseFlag | None = None) -> bool:
    """Glucose at or above 16.7 or at or below 3.9 mmol/L, or a meter's HI or LO (DM-EM-01, GLU-03)."""
    if flag is not None:
        return True
    return glucose_umol_l is not None and (
        glucose_umol_l >= CRITICAL_HIGH_GLUCOSE_UMOL_L or glucose_umol_l <= CRITICAL_LOW_GLUCOSE_UMOL_L
    )


def reading_tier(
    *,
    sbp_mmhg: int | None = None,
    dbp_mmhg: int | None = None,
    glucose_umol_l: int | None = None,
    glucose_flag: GlucoseFlag | None = None,
) -> AlertTier | None:
    """RED when a single reading is critical, else None; orange and yellow need more than one reading."""
    critical = critical_pressure(sbp_mmhg, dbp_mmhg) or critical_glucose(glucose_umol_l, glucose_flag)
    return AlertTier.RED if critical else None


def _critical_pressure(facts: VisitFacts, criterion: EmergencyCriterion) -> list[Emergency]:
    limbs = (
        (facts.sbp_mmhg, CRITICAL_SBP_MMHG, "收缩压", "systolic"),
        (facts.dbp_mmhg, CRITICAL_DBP_MMHG, "舒张压", "diastolic"),
    )
    return [
        Emergency(criterion, Text(f"{zh} {value} ≥ {limit}", f"{en} {value} ≥ {limit}"))
        for value, limit, zh, en in limbs
        if value is not None and value >= limit
    ]


def _critical_glucose(facts: VisitFacts) -> list[Emergency]:
    values = (
        (facts.fasting_glucose_umol_l, facts.fasting_glucose_flag, GlucosePeriod.FASTING),
        (facts.other_glucose_umol_l, facts.other_glucose_flag, facts.other_glucose_period),
    )
    return [
        Emergency(EmergencyCriterion.DM_EM_01, glucose_words(value, flag, period))
        for value, flag, period in values
        if critical_glucose(value, flag)
    ]


def glucose_words(value: int | None, flag: GlucoseFlag | None, period: GlucosePeriod) -> Text:
    """A critical value against the limit it passes: "空腹血糖 17.2 ≥ 16.7", or the meter's HI/LO."""
    zh, en = f"{period.text.zh}血糖", f"{period.text.en.lower()} glucose"
    if flag is not None or value is None:
        shown = flag.value if flag else "?"
        return Text(f"{zh} {shown}", f"{en} {shown}")
    high = value >= CRITICAL_HIGH_GLUCOSE_UMOL_L
    limit = CRITICAL_HIGH_GLUCOSE_UMOL_L if high else CRITICAL_LOW_GLUCOSE_UMOL_L
    compared = f"{mmol_l_words(value)} {'≥' if high else '≤'} {mmol_l_words(limit)}"
    return Text(f"{zh} {compared}", f"{en} {compared}")


def _danger(facts: VisitFacts, symptoms: frozenset[DangerSymptom], criterion: EmergencyCriterion) -> list[Emergency]:
    present = sorted(facts.danger_symptoms & symptoms, key=list(DangerSymptom).index)
    if not present:
        return []
    zh = "、".join(symptom.text.zh for symptom in present)
    en = ", ".join(symptom.text.en.lower() for symptom in present)
    return [Emergency(criterion, Text(f"危险症状：{zh}", f"danger symptoms: {en}"))]


def _tachycardia(facts: VisitFacts) -> list[Emergency]:
    rate = facts.heart_rate_per_min
    if rate is None or rate <= TACHYCARDIA_ABOVE_PER_MIN:
        return []
    words = Text(f"心率 {rate} > {TACHYCARDIA_ABOVE_PER_MIN}", f"heart rate {rate} > {TACHYCARDIA_ABOVE_PER_MIN}")
    return [Emergency(EmergencyCriterion.DM_EM_04, words)]


def _fever(facts: VisitFacts) -> list[Emergency]:
    degrees = facts.temperature_celsius
    if degrees is None or degrees <= FEVER_ABOVE_CELSIUS:
        return []
    words = Text(f"体温 {degrees} > {FEVER_ABOVE_CELSIUS}", f"temperature {degrees} > {FEVER_ABOVE_CELSIUS}")
    return [Emergency(EmergencyCriterion.DM_EM_05, words)]


def _sudden_abnormality(facts: VisitFacts) -> list[Emergency]:
    if not facts.sudden_abnormality:
        return []
    return [Emergency(EmergencyCriterion.DM_EM_05, Text("突发异常情况", "sudden abnormality"))]


def _pregnant_with_pressure(facts: VisitFacts) -> list[Emergency]:
    raised = facts.pregnant_or_lactating and _reaches(facts, OFFICE_ELEVATED_MMHG)
    return [_plainly(EmergencyCriterion.HTN_EM_03)] if raised else []


def _illness(facts: VisitFacts, criterion: EmergencyCriterion, *, pregnancy: bool = False) -> list[Emergency]:
    """Other illness that cannot be handled; DM-EM-06 also names pregnancy or lactation with raised glucose."""
    met = facts.unmanageable_illness or (facts.pregnant_or_lactating and pregnancy)
    return [_plainly(criterion)] if met else []


def _reaches(facts: VisitFacts, limits: tuple[int, int]) -> bool:
    return (facts.sbp_mmhg is not None and facts.sbp_mmhg >= limits[0]) or (
        facts.dbp_mmhg is not None and facts.dbp_mmhg >= limits[1]
    )


def _glucose_above_normal(facts: VisitFacts) -> bool:
    fasting, other = facts.fasting_glucose_umol_l, facts.other_glucose_umol_l
    other_limit = ABOVE_NORMAL_PREMEAL_UMOL_L if facts.other_glucose_period in _PREMEAL else ABOVE_NORMAL_OTHER_UMOL_L
    return (
        GlucoseFlag.HI in {facts.fasting_glucose_flag, facts.other_glucose_flag}
        or (fasting is not None and fasting >= ABOVE_NORMAL_PREMEAL_UMOL_L)
        or (other is not None and other >= other_limit)
    )


def _plainly(criterion: EmergencyCriterion) -> Emergency:
    return Emergency(criterion, criterion.text)
