"""The annual examination 年度体检 (NBPHS-2017, 健康体检表): what it must hold to count, and what belongs to it besides.

It follows from the examination alone for which diseases it counts (DM-AE-01, IND-05) [D]. Fields are named as in the
record.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from cmc.clinical.codes import Disease
from cmc.core.named import NamedStr

ELDERLY_FROM_YEARS: Final = 65
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
