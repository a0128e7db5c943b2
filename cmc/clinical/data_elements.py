"""National data elements and other code systems of what the record holds, for documents and exchange.

WS/T 363-2023 (data elements), WS/T 364-2023 (value domains), WS 372.2 and 372.5-2012 (data sets), LOINC, ICD-10.
Only codes that a source names are here; an element without one is left out of `ELEMENTS`, never invented. Those of
the person and of a diagnosis stand so in public implementations of the shared-document standards (WS/T 500, WS 445).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cmc.clinical.codes import Disease

CATALOGUE_OID: Final = "2.16.156.10011.2.2.1"
"""The data-element catalogue as a code system."""
VISIT_MODE_OID: Final = "2.16.156.10011.2.3.1.183"
"""The table of follow-up modes as a code system."""
DATA_SETS: Final[Mapping[Disease, str]] = MappingProxyType(
    {Disease.HTN: "WS 372.2-2012", Disease.T2DM: "WS 372.5-2012"}
)


@dataclass(frozen=True, slots=True)
class DataElement:
    """One element: its code, unit where it has one, the value domain where it is coded, LOINC where known."""

    code: str | None = None
    unit: str | None = None
    values: str | None = None
    loinc: str | None = None


ELEMENTS: Final[Mapping[str, DataElement]] = MappingProxyType(
    {
        "name": DataElement("DE02.01.039.00"),
        "sex": DataElement("DE02.01.040.00", values="GB/T 2261.1"),
        "birth_date": DataElement("DE02.01.005.01"),
        "citizen_id": DataElement("DE02.01.030.00"),
        "phone": DataElement("DE02.01.010.00"),
        "health_record_number": DataElement("DE01.00.009.00"),
        "icd10": DataElement("DE05.01.024.00", values="ICD-10"),
        "sbp_mmhg": DataElement("DE04.10.174.00", "mmHg", loinc="8480-6"),
        "dbp_mmhg": DataElement("DE04.10.176.00", "mmHg", loinc="8462-4"),
        "heart_rate_per_min": DataElement("DE04.10.206.00", "/min", loinc="8867-4"),
        "temperature_c": DataElement("DE04.10.186.00", "°C"),
        "weight_kg": DataElement("DE04.10.188.00", "kg", loinc="29463-7"),
        "height_cm": DataElement("DE04.10.167.00", "cm", loinc="8302-2"),
        "fasting_glucose_mmol_l": DataElement("DE04.50.102.00", "mmol/L"),
        "visit_mode": DataElement("DE06.00.108.00", values="CV06.00.207"),
        "visit_interval": DataElement("DE06.00.112.00", values="CV06.00.208"),
        "classification": DataElement(values="CV05.10.012"),
        "exam_foot_pulse": DataElement(values="CV04.10.015"),
        "gmi_percent": DataElement(unit="%", loinc="97506-0"),
        "bmi": DataElement(unit="kg/m²", loinc="39156-5"),
    }
)
"""By the record's own field names."""

_ICD10: Final[Mapping[Disease, tuple[str, ...]]] = MappingProxyType(
    {Disease.HTN: ("I10", "I11", "I12", "I13", "I14", "I15"), Disease.T2DM: ("E11",)}
)
_SECONDARY_HYPERTENSION: Final = "I15"


def disease_of(icd10: str) -> Disease | None:
    """The managed disease of an ICD-10 code ("I10.x02", "E11.9"); None for others: type 1 (E10), gestational (O24)."""
    code = icd10.strip().upper()
    return next((disease for disease, prefixes in _ICD10.items() if code.startswith(prefixes)), None)


def secondary_hypertension(icd10: str) -> bool:
    """Whether a code is secondary hypertension (I15), which is no statutory case (HTN-EN-02)."""
    return icd10.strip().upper().startswith(_SECONDARY_HYPERTENSION)
