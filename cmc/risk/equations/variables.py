"""What the equations read: every input with its unit, the range in which a value can be true, and what it stands for.

The plausible ranges are gates against slips, not clinical limits: a value in another unit (mg/dL for mmol/L, kPa for
mmHg, g/L for g/dL, metres for centimetres) falls outside and is refused, never converted by a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from cmc.core.named import NamedStr


class Variable(NamedStr):
    """An input of the equations; the value is its keyword and carries the unit."""

    AGE = "age_years", "年龄", "age"
    MALE = "male", "男性", "male sex"
    SBP = "sbp_mmhg", "收缩压", "systolic pressure"
    DBP = "dbp_mmhg", "舒张压", "diastolic pressure"
    BP_TREATED = "bp_treated", "服用降压药", "pressure-lowering medicine"
    HYPERTENSION = "hypertension", "高血压", "hypertension"
    SMOKER = "smoker", "现在吸烟", "current smoking"
    EX_SMOKER = "ex_smoker", "已戒烟", "former smoking"
    DIABETES = "diabetes", "糖尿病", "diabetes"
    DIABETES_YEARS = "diabetes_years", "糖尿病病程", "years since diabetes was diagnosed"
    TC = "tc_mmol_l", "总胆固醇", "total cholesterol"
    HDL = "hdl_mmol_l", "高密度脂蛋白胆固醇", "HDL cholesterol"
    LDL = "ldl_mmol_l", "低密度脂蛋白胆固醇", "LDL cholesterol"
    TRIGLYCERIDES = "triglycerides_mmol_l", "甘油三酯", "triglycerides"
    BMI = "bmi_kg_m2", "体质指数", "body-mass index"
    WAIST = "waist_cm", "腰围", "waist"
    HBA1C = "hba1c_percent", "糖化血红蛋白", "HbA1c"
    EGFR = "egfr_ml_min", "估算肾小球滤过率", "estimated filtration rate"
    CREATININE = "creatinine_umol_l", "血肌酐", "serum creatinine"
    UACR = "uacr_mg_g", "尿白蛋白/肌酐比值", "urine albumin-creatinine ratio"
    WBC = "wbc_e9_l", "白细胞计数", "white blood cells"
    HAEMOGLOBIN = "haemoglobin_g_dl", "血红蛋白", "haemoglobin"
    STATIN = "statin", "服用他汀", "statin"
    INSULIN = "insulin", "使用胰岛素", "insulin"
    ORAL_GLUCOSE_LOWERING = "oral_glucose_lowering", "服用降糖药", "glucose-lowering tablets"
    ANTICOAGULANT = "anticoagulant", "服用抗凝药", "anticoagulant"
    PRIOR_CVD = "prior_cvd", "既往心脑血管病", "earlier cardiovascular disease"
    PRIOR_MI = "prior_mi", "既往心肌梗死", "earlier myocardial infarction"
    PRIOR_IHD = "prior_ihd", "缺血性心脏病史", "ischaemic heart disease"
    PRIOR_STROKE = "prior_stroke", "既往脑卒中", "earlier stroke"
    PRIOR_HF = "prior_hf", "心力衰竭史", "heart failure"
    PRIOR_AF = "prior_af", "心房颤动史", "atrial fibrillation"
    PRIOR_PVD = "prior_pvd", "外周血管病史", "peripheral vascular disease"
    RETINOPATHY = "retinopathy", "视网膜病变", "retinopathy"
    CATARACT = "cataract", "白内障", "cataract"
    FOOT_ULCER = "foot_ulcer", "足溃疡史", "skin ulcer of the foot"
    AMPUTATION = "amputation", "截肢史", "amputation"
    FAMILY_HISTORY = "family_history_cvd", "心脑血管病家族史", "family history of cardiovascular disease"
    NORTH = "north", "居住在长江以北", "home north of the Yangtze"
    URBAN = "urban", "居住在城市", "home in a city"
    BLACK = "black", "非裔", "Black (of the American equations)"
    HISPANIC = "hispanic", "西班牙裔", "Hispanic (of the American equations)"
    PREGNANT = "pregnant", "妊娠或哺乳期", "pregnant or lactating"
    KIDNEY_REPLACED = "kidney_replaced", "透析或肾移植", "dialysis or a transplanted kidney"
    TYPE_1_DIABETES = "type_1_diabetes", "1型糖尿病", "type 1 diabetes"


class Influence(StrEnum):
    """What can be done about an input: habits and levels can change, the rest is what it is or what is taken."""

    FIXED = "fixed"
    MODIFIABLE = "modifiable"
    CONDITION = "condition"
    MEDICINE = "medicine"


@dataclass(frozen=True, slots=True)
class Trait:
    """Unit, plausible range (both ends included) and influence of an input; a yes-or-no is 1 or 0 and has no unit."""

    unit: str
    plausible: tuple[float, float]
    influence: Influence

    @property
    def yes_no(self) -> bool:
        """Whether only 0 and 1 are values."""
        return not self.unit


_YES_NO: Final = (0.0, 1.0)
_HABIT, _CONDITION, _MEDICINE, _FIXED = (
    Trait("", _YES_NO, each)
    for each in (Influence.MODIFIABLE, Influence.CONDITION, Influence.MEDICINE, Influence.FIXED)
)


def _level(unit: str, lowest: float, highest: float, influence: Influence = Influence.MODIFIABLE) -> Trait:
    return Trait(unit, (lowest, highest), influence)


TRAITS: Final[Mapping[Variable, Trait]] = MappingProxyType(
    {
        Variable.AGE: _level("years", 18, 120, Influence.FIXED),
        Variable.MALE: _FIXED,
        Variable.SBP: _level("mmHg", 60, 300),
        Variable.DBP: _level("mmHg", 30, 200),
        Variable.BP_TREATED: _MEDICINE,
        Variable.HYPERTENSION: _CONDITION,
        Variable.SMOKER: _HABIT,
        Variable.EX_SMOKER: _FIXED,
        Variable.DIABETES: _CONDITION,
        Variable.DIABETES_YEARS: _level("years", 0, 90, Influence.CONDITION),
        Variable.TC: _level("mmol/L", 1, 25),
        Variable.HDL: _level("mmol/L", 0.2, 5),
        Variable.LDL: _level("mmol/L", 0.2, 15),
        Variable.TRIGLYCERIDES: _level("mmol/L", 0.1, 30),
        Variable.BMI: _level("kg/m²", 10, 80),
        Variable.WAIST: _level("cm", 50, 200),
        Variable.HBA1C: _level("%", 3, 19),
        Variable.EGFR: _level("mL/min/1.73 m²", 2, 200, Influence.CONDITION),
        Variable.CREATININE: _level("µmol/L", 20, 2500, Influence.CONDITION),
        Variable.UACR: _level("mg/g", 0.1, 30_000, Influence.CONDITION),
        Variable.WBC: _level("10⁹/L", 0.5, 100, Influence.CONDITION),
        Variable.HAEMOGLOBIN: _level("g/dL", 3, 25, Influence.CONDITION),
        Variable.STATIN: _MEDICINE,
        Variable.INSULIN: _MEDICINE,
        Variable.ORAL_GLUCOSE_LOWERING: _MEDICINE,
        Variable.ANTICOAGULANT: _MEDICINE,
        Variable.PRIOR_CVD: _CONDITION,
        Variable.PRIOR_MI: _CONDITION,
        Variable.PRIOR_IHD: _CONDITION,
        Variable.PRIOR_STROKE: _CONDITION,
        Variable.PRIOR_HF: _CONDITION,
        Variable.PRIOR_AF: _CONDITION,
        Variable.PRIOR_PVD: _CONDITION,
        Variable.RETINOPATHY: _CONDITION,
        Variable.CATARACT: _CONDITION,
        Variable.FOOT_ULCER: _CONDITION,
        Variable.AMPUTATION: _CONDITION,
        Variable.FAMILY_HISTORY: _FIXED,
        Variable.NORTH: _FIXED,
        Variable.URBAN: _FIXED,
        Variable.BLACK: _FIXED,
        Variable.HISPANIC: _FIXED,
        Variable.PREGNANT: _CONDITION,
        Variable.KIDNEY_REPLACED: _CONDITION,
        Variable.TYPE_1_DIABETES: _CONDITION,
    }
)

MMOL_L_PER_MG_DL_CHOLESTEROL: Final = 0.02586  # 1/38.67; PREVENT prints this factor
