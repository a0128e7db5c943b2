"""For which diseases an annual examination counts: those whose required fields it holds (DM-AE-01, IND-05).

It follows from the examination alone. Who is enrolled for what, and since when, is looked at when persons are counted.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from cmc.clinical.codes import Disease

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
"""The measured fields of 年度体检 (NBPHS-2017) without which an examination does not count [D]."""


def missing_fields(given: Collection[str]) -> dict[Disease, list[str]]:
    """Name the required fields of every disease that are not among the fields given, in the order of the form."""
    return {disease: [field for field in fields if field not in given] for disease, fields in REQUIRED.items()}


def valid_for(missing: Mapping[Disease, Collection[str]]) -> list[Disease]:
    """Return the diseases of which nothing is missing."""
    return [disease for disease, fields in missing.items() if not fields]
