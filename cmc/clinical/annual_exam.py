"""The annual examination 年度体检 (NBPHS-2017, 健康体检表): what it must hold to count, and what belongs to it besides.

It follows from the examination alone for which diseases it counts (DM-AE-01, IND-05) [D]. Fields are named as in the
record.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cmc.clinical.codes import Disease, Sex
from cmc.clinical.examination_codes import Dipstick, SelfCare
from cmc.clinical.reasons import Reason, because
from cmc.core.named import NamedStr

ELDERLY_FROM_YEARS: Final = 65
ARMS_DIFFER_ABOVE_MMHG: Final = 20  # HTN-GL-05
FRAIL_FROM: Final = SelfCare.MODERATELY_DEPENDENT  # [D]
Pressure = tuple[int, int]
"""Systolic and diastolic in mmHg."""
_GENERAL: Final = (
    "temperature_c",
    "pulse_bpm",
    "respiration_per_min",
    "sbp_mmhg",
    "dbp_mmhg",
    "height_cm",
    "weight_kg",
    "waist_cm",
)
REQUIRED: Final[Mapping[Disease, tuple[str, ...]]] = MappingProxyType(
    {
        Disease.HTN: _GENERAL,
        Disease.T2DM: (*_GENERAL, "fasting_glucose_mmol_l", "exam_foot_pulse"),  # DM-AE-01
    }
)
"""The measured fields without which an examination does not count for a disease [D]."""


class ExamPart(NamedStr):
    """Parts of the examination that are looked at or judged roughly; they do not decide whether it counts."""

    SKIN = "SKIN", "皮肤", "Skin"
    LYMPH_NODES = "LYMPH_NODES", "浅表淋巴结", "Superficial lymph nodes"
    HEART = "HEART", "心脏", "Heart"
    LUNGS = "LUNGS", "肺部", "Lungs"
    ABDOMEN = "ABDOMEN", "腹部", "Abdomen"
    MOUTH = "MOUTH", "口腔", "Mouth"
    VISION = "VISION", "视力", "Vision"
    HEARING = "HEARING", "听力", "Hearing"
    MOTOR = "MOTOR", "运动功能", "Motor function"
    SELF_CARE = "SELF_CARE", "生活自理能力", "Self-care"
    COGNITION = "COGNITION", "认知功能", "Cognition"
    EMOTION = "EMOTION", "情感状态", "Emotion"
    ELDERLY_BLOOD_COUNT = "ELDERLY_BLOOD_COUNT", "老年人血常规", "Blood count (elderly package)"
    ELDERLY_URINE = "ELDERLY_URINE", "老年人尿常规", "Urine (elderly package)"
    LIVER_FUNCTION = "LIVER_FUNCTION", "肝功能（ALT、AST、总胆红素）", "Liver function (ALT, AST, bilirubin)"
    KIDNEY_FUNCTION = "KIDNEY_FUNCTION", "肾功能（肌酐、尿素）", "Kidney function (creatinine, urea)"
    ELDERLY_FASTING_GLUCOSE = "ELDERLY_FASTING_GLUCOSE", "老年人空腹血糖", "Fasting glucose (elderly package)"
    ELDERLY_LIPIDS = "ELDERLY_LIPIDS", "老年人血脂", "Lipids (elderly package)"
    ELDERLY_ECG = "ELDERLY_ECG", "老年人心电图", "ECG (elderly package)"
    ABDOMINAL_ULTRASOUND = "ABDOMINAL_ULTRASOUND", "腹部B超", "Abdominal ultrasound"


_PHYSICAL: Final = tuple(ExamPart)[:9]
_ELDERLY: Final = tuple(ExamPart)[9:]


def missing_fields(given: Collection[str]) -> dict[Disease, list[str]]:
    """The required fields of every disease that are not among the fields given, in the order of the form."""
    return {disease: [field for field in fields if field not in given] for disease, fields in REQUIRED.items()}


def valid_for(missing: Mapping[Disease, Collection[str]]) -> list[Disease]:
    """The diseases of which nothing is missing: those for which the examination counts (IND-05)."""
    return [disease for disease, fields in missing.items() if not fields]


def parts(age_years: int) -> tuple[ExamPart, ...]:
    """What belongs to the examination at this age in completed years, besides the measured fields; from 65 on with the
    package of the elderly."""
    return (*_PHYSICAL, *_ELDERLY) if age_years >= ELDERLY_FROM_YEARS else _PHYSICAL


def deciding_pressure(left: Pressure | None, right: Pressure | None) -> Pressure | None:
    """The pressure that counts of both arms: that of the arm with the higher systolic, of equals the higher diastolic
    [D]; the one arm that was measured; None without any."""
    return max((each for each in (left, right) if each is not None), default=None)


def frail(self_care: SelfCare | None) -> bool:
    """Whether a person counts as frail: moderately dependent or unable to care for oneself [D]."""
    return self_care is not None and self_care >= FRAIL_FROM


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamSigns:
    """What an examination shows beyond its required fields. Age in completed years on its day; pressures of the arms;
    the test strip of the urine; which fields for one group of people only were filled in."""

    age_years: int
    sex: Sex
    left: Pressure | None = None
    right: Pressure | None = None
    protein: Dipstick | None = None
    blood: Dipstick | None = None
    for_elderly: bool = False
    for_women: bool = False
    for_men: bool = False


def doubts(signs: ExamSigns) -> tuple[Reason, ...]:
    """What somebody should look at: the suspicion of secondary hypertension (HTN-GL-05), and fields of another sex or
    age than the person's [D]. Nothing of it forbids anything."""
    found = []
    if signs.left and signs.right and abs(signs.left[0] - signs.right[0]) > ARMS_DIFFER_ABOVE_MMHG:
        found.append(_suspicion("双臂收缩压差>20 mmHg", "Systolic of the arms differs by more than 20 mmHg"))
    if signs.protein is not None and signs.protein.positive:
        found.append(_suspicion("尿蛋白阳性", "Protein in the urine"))
    if signs.blood is not None and signs.blood.positive:
        found.append(_suspicion("尿潜血阳性", "Blood in the urine"))
    if signs.for_elderly and signs.age_years < ELDERLY_FROM_YEARS:
        found.append(because(_FORM, "65岁以下填写了老年人项目", "Items of the elderly below 65 years"))
    if signs.for_women and signs.sex is Sex.M:
        found.append(because(_FORM, "男性填写了女性项目", "Items of women for a man"))
    if signs.for_men and signs.sex is Sex.F:
        found.append(because(_FORM, "女性填写了男性项目", "Items of men for a woman"))
    return tuple(found)


_FORM: Final = "EXAM-FORM"


def _suspicion(zh: str, en: str) -> Reason:
    return because("HTN-GL-05", f"{zh}：排查继发性高血压", f"{en}: think of secondary hypertension")
