"""What codes of SNOMED CT, RxNorm and LOINC mean here, by the table `terms.toml`. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from cmc.clinical.medicines import Medicine, catalogue, find

SNOMED: Final = "http://snomed.info/sct"
LOINC: Final = "http://loinc.org"
RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10: Final = ("http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-10-cn")
BLOOD_PRESSURE: Final = frozenset({"55284-4", "85354-9"})
SYSTOLIC, DIASTOLIC, TOBACCO = "8480-6", "8462-4", "72166-2"

_FILE: Final = Path(__file__).with_suffix(".toml")
_RELEASE: Final = re.compile(r"^\d+\s*hr\s+", re.I)
_STRENGTH: Final = re.compile(r"\s*\d.*$")
_BRAND: Final = re.compile(r"\[.*?\]")


@dataclass(frozen=True, slots=True)
class Terms:
    """The table, by code."""

    icd10: Mapping[str, str]
    smoking: Mapping[str, int]
    salts: frozenset[str]
    measures: frozenset[str]


@cache
def terms() -> Terms:
    """Return the table as it is delivered."""
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Terms(
        MappingProxyType(data["icd10"]),
        MappingProxyType(data["smoking"]),
        frozenset(data["rxnorm"]["salts"]),
        frozenset(data["measures"]["codes"]),
    )


def medicine(name: str) -> Medicine | None:
    """Return the medicine of a name as RxNorm writes it: "24 HR Metformin hydrochloride 500 MG Oral Tablet".

    A compound is found by its set of ingredients; None when one of them is not in the catalogue.
    """
    if " / " not in name and (whole := find(name)):
        return whole
    parts = [_ingredient(each) for each in _RELEASE.sub("", _BRAND.sub("", name)).split(" / ")]
    found = [find(each) for each in parts if each]
    if not found or len(found) < len(parts) or any(each is None for each in found):
        return None
    wanted = {inside.code for each in found if each for inside in each.ingredients}
    fitting = (
        each
        for each in catalogue().medicines.values()
        if not each.traditional and {inside.code for inside in each.ingredients} == wanted
    )
    return next(fitting, None)


def _ingredient(text: str) -> str:
    words = _STRENGTH.sub("", text.strip()).lower().split()
    return " ".join(each for each in words if each not in terms().salts)
