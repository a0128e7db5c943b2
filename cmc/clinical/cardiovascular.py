"""What counts in the cardiovascular risk table of hypertension: risk factors, organ damage, clinical disease.

中国高血压防治指南 2018, kept in 2024. The table itself is `stratification`. What is not known does not
count, and is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Final

from cmc.clinical.body import OBESE_FROM_BMI, large_waist
from cmc.clinical.codes import Sex
from cmc.clinical.periods import add_months
from cmc.clinical.reasons import Reason, because
from cmc.clinical.stratification import Cell, HypertensionRiskFacts, hypertension_risk

AGE_ABOVE: Final = {Sex.M: 55, Sex.F: 65}
EARLY_CVD_BELOW_YEARS: Final = 50
IFG_UMOL_L: Final = (6100, 7000)  # from, below
IGT_UMOL_L: Final = (7800, 11100)
TC_FROM, LDL_FROM, HDL_BELOW = Decimal("5.2"), Decimal("3.4"), Decimal("1.0")
HOMOCYSTEINE_FROM: Final = 15
SOKOLOW_ABOVE_MV, CORNELL_ABOVE_MV_MS = Decimal("3.8"), 244
LVMI_FROM: Final = {Sex.M: 115, Sex.F: 95}
IMT_FROM_MM, PWV_FROM_M_S, ABI_BELOW = Decimal("0.9"), 12, Decimal("0.9")
CREATININE_DAMAGE_FROM: Final = {Sex.M: 115, Sex.F: 107}
CREATININE_DISEASE_FROM: Final = {Sex.M: 133, Sex.F: 124}
UACR_FROM_MG_G, ALBUMIN_24H_MG, PROTEIN_24H_FROM_MG = 30, (30, 300), 300
REASSESS_MONTHS: Final = 12
_RULE: Final = "HTN-RISK"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardiovascularFacts:
    """What is known of a person with raised pressure; None means not known.

    Glucose in µmol/L, lipids in mmol/L, homocysteine and creatinine in µmol/L, waist in cm, Sokolow–Lyon in mV, Cornell
    in mV·ms, LVMI in g/m², intima-media in mm, pulse-wave velocity in m/s, eGFR in mL/min/1.73 m², UACR in mg/g,
    albumin and protein of urine in mg/24 h. `diabetes_complication`: diabetes with a complication of its own.
    """

    age_years: int
    sex: Sex = Sex.U
    smoker_or_passive: bool | None = None
    fasting_umol_l: int | None = None
    two_hours_umol_l: int | None = None
    tc_mmol_l: Decimal | None = None
    ldl_mmol_l: Decimal | None = None
    hdl_mmol_l: Decimal | None = None
    early_cvd_of_relative: bool | None = None
    waist_cm: Decimal | None = None
    bmi: Decimal | None = None
    homocysteine_umol_l: Decimal | None = None
    sokolow_mv: Decimal | None = None
    cornell_mv_ms: Decimal | None = None
    lvmi_g_m2: Decimal | None = None
    imt_mm: Decimal | None = None
    carotid_plaque: bool | None = None
    pwv_m_s: Decimal | None = None
    abi: Decimal | None = None
    egfr: Decimal | None = None
    creatinine_umol_l: Decimal | None = None
    uacr_mg_g: Decimal | None = None
    albumin_mg_24h: Decimal | None = None
    protein_mg_24h: Decimal | None = None
    stroke_or_tia: bool = False
    heart_disease: bool = False
    peripheral_artery_disease: bool = False
    severe_retinopathy: bool = False
    diabetes: bool = False
    diabetes_complication: bool = False


@dataclass(frozen=True, slots=True)
class CardiovascularJudgement:
    """The cell of the table with all that decided it; `cell` is None below 130/85 and where the table is empty.

    `unknown` names the facts that were not known: the risk may be higher. `again_by`: set anew yearly.
    """

    cell: Cell | None
    factors: tuple[Reason, ...]
    damage: tuple[Reason, ...]
    disease: tuple[Reason, ...]
    unknown: tuple[str, ...]
    again_by: date


def judge_risk(
    highest_before_treatment: tuple[int, int], facts: CardiovascularFacts, *, on: date, ckd_stage: int | None = None
) -> CardiovascularJudgement:
    """The cardiovascular risk of a person with hypertension on a local date.

    The pressure (SBP, DBP) is the highest confirmed one before treatment: treated values do not lower the risk.
    """
    factors, damage, disease = risk_factors(facts), organ_damage(facts), clinical_disease(facts)
    cell = hypertension_risk(
        *highest_before_treatment,
        HypertensionRiskFacts(
            risk_factors=len(factors),
            target_organ_damage=bool(damage),
            ckd_stage=ckd_stage,
            diabetes=facts.diabetes,
            diabetes_complication=facts.diabetes and facts.diabetes_complication,
            clinical_complication=bool(disease),
        ),
    )
    unknown = tuple(each.name for each in fields(facts) if getattr(facts, each.name) is None)
    return CardiovascularJudgement(cell, factors, damage, disease, unknown, add_months(on, REASSESS_MONTHS))


def risk_factors(facts: CardiovascularFacts) -> tuple[Reason, ...]:
    """The risk factors that hold, each kind once; beside diabetes, which has its row, impaired glucose does not."""
    impaired = not facts.diabetes and (
        _between(facts.fasting_umol_l, IFG_UMOL_L) or _between(facts.two_hours_umol_l, IGT_UMOL_L)
    )
    lipids = (
        _at_least(facts.tc_mmol_l, TC_FROM)
        or _at_least(facts.ldl_mmol_l, LDL_FROM)
        or (facts.hdl_mmol_l is not None and facts.hdl_mmol_l < HDL_BELOW)
    )
    waist = facts.waist_cm is not None and large_waist(facts.waist_cm, facts.sex) is True
    rows = (
        (
            facts.age_years > AGE_ABOVE.get(facts.sex, AGE_ABOVE[Sex.F]),
            "年龄（男>55、女>65岁）",
            "Age (men >55, women >65)",
        ),
        (facts.smoker_or_passive is True, "吸烟或被动吸烟", "Smoking or passive smoking"),
        (impaired, "糖耐量受损或空腹血糖异常", "Impaired glucose tolerance or fasting glucose"),
        (lipids, "血脂异常", "Abnormal lipids"),
        (
            facts.early_cvd_of_relative is True,
            "一级亲属早发心血管病（<50岁）",
            "Early CVD of a first-degree relative (<50)",
        ),
        (waist or _at_least(facts.bmi, OBESE_FROM_BMI), "腹型肥胖或肥胖", "Abdominal obesity or obesity"),
        (_at_least(facts.homocysteine_umol_l, HOMOCYSTEINE_FROM), "高同型半胱氨酸", "High homocysteine"),
    )
    return _held(rows)


def organ_damage(facts: CardiovascularFacts) -> tuple[Reason, ...]:
    """The target-organ damage that is found."""
    hypertrophy = (
        (facts.sokolow_mv is not None and facts.sokolow_mv > SOKOLOW_ABOVE_MV)
        or (facts.cornell_mv_ms is not None and facts.cornell_mv_ms > CORNELL_ABOVE_MV_MS)
        or _by_sex(facts.lvmi_g_m2, facts.sex, LVMI_FROM)
    )
    creatinine = facts.creatinine_umol_l
    kidney = _between(facts.egfr, (30, 60)) or (
        _by_sex(creatinine, facts.sex, CREATININE_DAMAGE_FROM)
        and not _by_sex(creatinine, facts.sex, CREATININE_DISEASE_FROM)
    )
    low, high = ALBUMIN_24H_MG
    albumin = facts.albumin_mg_24h is not None and low <= facts.albumin_mg_24h <= high
    rows = (
        (hypertrophy, "左心室肥厚", "Left-ventricular hypertrophy"),
        (
            _at_least(facts.imt_mm, IMT_FROM_MM) or facts.carotid_plaque is True,
            "颈动脉内膜增厚或斑块",
            "Carotid thickening or plaque",
        ),
        (_at_least(facts.pwv_m_s, PWV_FROM_M_S), "脉搏波传导速度增快", "Fast pulse wave"),
        (facts.abi is not None and facts.abi < ABI_BELOW, "踝臂指数<0.9", "Ankle-brachial index <0.9"),
        (kidney, "eGFR 30–59或肌酐轻度升高", "eGFR 30–59 or creatinine slightly raised"),
        (_at_least(facts.uacr_mg_g, UACR_FROM_MG_G) or albumin, "微量白蛋白尿", "Albuminuria"),
    )
    return _held(rows)


def clinical_disease(facts: CardiovascularFacts) -> tuple[Reason, ...]:
    """The clinical complications that are known."""
    kidney = (
        (facts.egfr is not None and facts.egfr < 30)
        or _by_sex(facts.creatinine_umol_l, facts.sex, CREATININE_DISEASE_FROM)
        or _at_least(facts.protein_mg_24h, PROTEIN_24H_FROM_MG)
    )
    rows = (
        (facts.stroke_or_tia, "脑卒中或短暂性脑缺血发作", "Stroke or TIA"),
        (facts.heart_disease, "心肌梗死、心绞痛、血运重建、心衰或房颤", "MI, angina, revascularisation, HF or AF"),
        (kidney, "肾功能受损（eGFR<30、肌酐或尿蛋白升高）", "Impaired kidney (eGFR <30, creatinine or protein)"),
        (facts.peripheral_artery_disease, "外周动脉疾病", "Peripheral artery disease"),
        (facts.severe_retinopathy, "视网膜出血、渗出或视乳头水肿", "Retinal haemorrhage, exudate or papilloedema"),
    )
    return _held(rows)


def _held(rows: tuple[tuple[bool, str, str], ...]) -> tuple[Reason, ...]:
    return tuple(because(_RULE, zh, en) for holds, zh, en in rows if holds)


def _at_least(value: Decimal | int | None, limit: Decimal | int) -> bool:
    return value is not None and value >= limit


def _between(value: Decimal | int | None, limits: tuple[int, int]) -> bool:
    return value is not None and limits[0] <= value < limits[1]


def _by_sex(value: Decimal | None, sex: Sex, limits: Mapping[Sex, int]) -> bool:
    """At or above the limit of the sex; of an unknown sex the higher limit."""
    return value is not None and value >= limits.get(sex, max(limits.values()))
