"""A Patient resource as a registration. Pure."""

from __future__ import annotations

import re
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from cmc.clinical import identity_numbers
from cmc.clinical.codes import Sex
from cmc.core import problems
from cmc.core.errors import FieldError
from cmc.exchange.fhir.bundle import Resource, codings, text, texts
from cmc.patients.schemas import PatientIn

_SEXES: Final = {"male": Sex.M, "female": Sex.F}
_SENSITIVE: Final = frozenset({"SS", "DL", "PPN", "SB", "NI"})
"""Types of identifiers (HL7 0203) that are documents of a state: they do not belong into the record's clear text."""
_PHONE: Final = re.compile(r"\+?[0-9][0-9 -]{4,19}")
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_LATIN: Final = re.compile(r"[\x00-\u024f]*")
_MOST_NUMBERS: Final = 10


def registration(resource: Resource, clinic_id: UUID) -> PatientIn | list[FieldError]:
    """Return the registration of a person, or its faults."""
    body: dict[str, Any] = {"clinic_id": clinic_id, "name": _name(resource), "sex": _sex(resource)}
    born = text(resource.get("birthDate"))
    if born:
        body["birth_date"] = born if len(born) == 10 else f"{born[:4]}-01-01"
        body["birth_date_precision"] = "day" if len(born) == 10 else "year"
    phone = next((each for each in _telecom(resource) if _PHONE.fullmatch(each)), None)
    if phone:
        body["phone"] = phone
    if address := _address(resource):
        body["address"] = address[:200]
    body |= _numbers(resource)
    try:
        return PatientIn.model_validate(body)
    except ValidationError as error:
        return list(problems.field_errors(error.errors()))


def _sex(resource: Resource) -> Sex:
    return _SEXES.get(text(resource.get("gender")), Sex.U)


def _name(resource: Resource) -> str:
    names = _dicts(resource.get("name"))
    first = next((each for each in names if each.get("use") == "official"), names[0] if names else {})
    if whole := text(first.get("text")):
        return whole[:64]
    given = texts(first.get("given"))
    family = text(first.get("family"))
    latin = _LATIN.fullmatch(family + "".join(given))
    found = " ".join([*given, family]) if latin else family + "".join(given)
    return found.strip()[:64]


def _telecom(resource: Resource) -> list[str]:
    return [text(each.get("value")) for each in _dicts(resource.get("telecom")) if each.get("system") == "phone"]


def _address(resource: Resource) -> str:
    first = next(iter(_dicts(resource.get("address"))), {})
    if whole := text(first.get("text")):
        return whole
    parts = (*texts(first.get("line")), *(text(first.get(name)) for name in ("city", "state", "country")))
    return ", ".join(each for each in parts if each)


def _numbers(resource: Resource) -> dict[str, Any]:
    found: dict[str, Any] = {}
    numbers: dict[str, str] = {}
    for each in _dicts(resource.get("identifier")):
        value = text(each.get("value"))
        kinds = {code for _, code, _ in codings(each.get("type"))}
        if identity_numbers.is_citizen_id(value):
            found["citizen_id"] = value
        elif not kinds & _SENSITIVE and _CODE.fullmatch(value):
            numbers.setdefault(_system(text(each.get("system"))), value)
    if own := text(resource.get("id")):
        numbers.setdefault("fhir", own[:64])
    found["identifiers"] = [{"system": key, "value": numbers[key]} for key in list(numbers)[:_MOST_NUMBERS]]
    return found


def _system(url: str) -> str:
    """A numbering system's URI as a code of ours: "http://hospital.example/mrn" → "hospital.example-mrn"."""
    plain = re.sub(r"[^A-Za-z0-9._:-]+", "-", re.sub(r"^[a-z]+://", "", url)).strip("-._:")
    return plain[:64] or "fhir"


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
