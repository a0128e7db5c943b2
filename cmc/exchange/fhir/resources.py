"""A resource as a fact or a reading, or the reason why it is neither. Pure.

A day is the one that the sender wrote, in the sender's own offset: on which day something was true there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from cmc.clinical import laboratory
from cmc.core import problems
from cmc.core.named import NamedStr
from cmc.exchange.fhir import terms
from cmc.exchange.fhir.bundle import Resource, codings, part, reference, text, words
from cmc.ingest.exact_json import NumberText
from cmc.records.codes import AllergyCategory, FactKind, Source
from cmc.records.fact_schemas import (
    AllergyIn,
    DiagnosisIn,
    FactIn,
    HospitalStayIn,
    LaboratoryResultIn,
    LifestyleIn,
    MedicationIn,
)


class Left(NamedStr):
    """Why a resource is not taken in."""

    NO_PLACE = "no_place", "本系统不保存此类资源", "Resources of this type are not kept here"
    UNKNOWN_CODE = "unknown_code", "检验项目不在目录中", "The analyte is not in the catalogue"
    PART_OF_A_VISIT = "part_of_a_visit", "属于随访或体检的测量值", "A measure that stands in visits and examinations"
    NO_DATE = "no_date", "没有日期", "It says no date"
    NO_VALUE = "no_value", "没有数值", "It says no value"
    NO_NAME = "no_name", "没有名称", "It says no name"
    NOT_SO = "not_so", "录入有误或已否定", "Entered in error, refuted or only planned"
    ENDED_SOMETIME = "ended_sometime", "已停止但未注明日期", "It has ended, and when is not said"
    AMBULATORY = "ambulatory", "非住院就诊记录", "An encounter without a stay"
    INVALID = "invalid", "内容不符合要求", "Its content is not acceptable"
    STRAY = "stray", "所属居民不在文件中", "Its person is not in the bundle"
    NOBODY = "nobody", "居民未能建档", "Its person could not be put on file"


@dataclass(frozen=True, slots=True)
class Taken:
    """A fact of a kind."""

    kind: FactKind
    fact: FactIn


@dataclass(frozen=True, slots=True)
class Pressure:
    """A blood pressure as fields of the native item, without its person."""

    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Why not; `code` tells more of INVALID."""

    why: Left
    code: str = ""


Outcome = Taken | Pressure | NotTaken
_PLACES: Final = Decimal("0.0001")
_ENDED: Final = frozenset({"stopped", "completed", "cancelled", "inactive", "resolved", "remission"})
_NEVER: Final = frozenset({"entered-in-error", "refuted", "draft", "proposal", "plan", "unconfirmed", "cancelled"})


def read(resource: Resource, shared: Mapping[str, Resource]) -> Outcome:
    """Return what becomes of a resource of a person; `shared` are the bundle's others, by reference."""
    reader = _READERS.get(text(resource.get("resourceType")))
    if reader is None:
        return NotTaken(Left.NO_PLACE)
    if _statuses(resource) & _NEVER:
        return NotTaken(Left.NOT_SO)
    try:
        return reader(resource, shared)
    except ValidationError as error:
        fault = problems.field_errors(error.errors())[0]
        return NotTaken(Left.INVALID, f"{fault.pointer.strip('/')}:{fault.code}")


def _statuses(resource: Resource) -> set[str]:
    found = {text(resource.get("status")), text(resource.get("intent"))}
    for name in ("verificationStatus", "clinicalStatus"):
        found |= {code for _, code, _ in codings(resource.get(name))}
    return found


def _day(*values: Any) -> str | None:
    """The first whole day among dateTimes; a year or month alone is none."""
    return next((each[:10] for each in map(text, values) if len(each) >= 10), None)


def _condition(resource: Resource, _: Mapping[str, Resource]) -> Outcome:
    period = part(resource, "onsetPeriod")
    on = _day(resource.get("onsetDateTime"), period.get("start"), resource.get("recordedDate"))
    ended = _day(resource.get("abatementDateTime"), part(resource, "abatementPeriod").get("end"))
    if on is None:
        return NotTaken(Left.NO_DATE)
    if ended is None and _statuses(resource) & _ENDED:
        return NotTaken(Left.ENDED_SOMETIME)
    code = resource.get("code")
    name = words(code)[:200]
    icd10 = next((given for system, given, _ in codings(code) if system in terms.ICD10), None)
    icd10 = icd10 or next(
        (known for system, given, _ in codings(code) if (known := _icd10(system, given)) is not None), None
    )
    if not name and icd10 is None:
        return NotTaken(Left.NO_NAME)
    return _fact(FactKind.DIAGNOSIS, DiagnosisIn, on=on, icd10=icd10, name=name or None, ended_on=ended)


def _icd10(system: str, code: str) -> str | None:
    return terms.terms().icd10.get(code) if system == terms.SNOMED else None


def _medication(resource: Resource, shared: Mapping[str, Resource]) -> Outcome:
    concept = resource.get("medicationCodeableConcept")
    if concept is None:
        concept = shared.get(reference(resource.get("medicationReference")), {}).get("code")
    name = words(concept)[:200]
    period = part(resource, "effectivePeriod")
    on = _day(
        resource.get("authoredOn"), period.get("start"), resource.get("effectiveDateTime"), resource.get("dateAsserted")
    )
    validity = part(part(resource, "dispenseRequest"), "validityPeriod")
    stopped = _day(period.get("end"), validity.get("end"))
    if not name:
        return NotTaken(Left.NO_NAME)
    if on is None:
        return NotTaken(Left.NO_DATE)
    if stopped is None and _statuses(resource) & _ENDED:
        return NotTaken(Left.ENDED_SOMETIME)
    known = terms.medicine(name)
    return _fact(
        FactKind.MEDICATION, MedicationIn, on=on, name=known.text.zh if known else name, stopped_on=stopped,
        note=name if known else None,
    )  # fmt: skip


_CATEGORIES: Final = {"food": AllergyCategory.FOOD, "medication": AllergyCategory.MEDICINE}


def _allergy(resource: Resource, _: Mapping[str, Resource]) -> Outcome:
    name = words(resource.get("code"))[:200]
    on = _day(resource.get("onsetDateTime"), resource.get("recordedDate"))
    if not name:
        return NotTaken(Left.NO_NAME)
    if on is None:
        return NotTaken(Left.NO_DATE)
    if _statuses(resource) & _ENDED:
        return NotTaken(Left.ENDED_SOMETIME)
    given = resource.get("category")
    kinds = [text(each) for each in given] if isinstance(given, list) else []
    category = next((_CATEGORIES[each] for each in kinds if each in _CATEGORIES), AllergyCategory.OTHER)
    return _fact(FactKind.ALLERGY, AllergyIn, on=on, substance=name, category=category)


def _observation(resource: Resource, _: Mapping[str, Resource]) -> Outcome:
    codes = [code for system, code, _ in codings(resource.get("code")) if system == terms.LOINC]
    at = text(resource.get("effectiveDateTime")) or text(part(resource, "effectivePeriod").get("start"))
    on = _day(at)
    if on is None:
        return NotTaken(Left.NO_DATE)
    if terms.BLOOD_PRESSURE.intersection(codes):
        return _pressure(resource, at)
    if terms.TOBACCO in codes:
        answers = (code for _, code, _ in codings(resource.get("valueCodeableConcept")))
        smoking = next((form for code in answers if (form := terms.terms().smoking.get(code))), None)
        found = _fact(FactKind.LIFESTYLE, LifestyleIn, on=on, smoking=smoking)
        return NotTaken(Left.UNKNOWN_CODE) if smoking is None else found
    analyte = next((known for code in codes if (known := laboratory.by_loinc().get(code))), None)
    if analyte is None:
        measure = terms.terms().measures.intersection(codes)
        return NotTaken(Left.PART_OF_A_VISIT if measure else Left.UNKNOWN_CODE)
    quantity = part(resource, "valueQuantity")
    number = _number(quantity.get("value"))
    if number is None:
        return NotTaken(Left.NO_VALUE)
    bound = text(quantity.get("comparator")).removesuffix("=")
    return _fact(
        FactKind.LABORATORY_RESULT, LaboratoryResultIn, on=on, analyte=analyte.code, value=f"{bound}{number}",
        unit=text(quantity.get("code")) or text(quantity.get("unit")),
    )  # fmt: skip


def _pressure(resource: Resource, at: str) -> Outcome:
    given = resource.get("component")
    values: dict[str, str] = {}
    for each in given if isinstance(given, list) else []:
        if not isinstance(each, dict):
            continue
        for system, code, _ in codings(each.get("code")):
            number = _number(part(each, "valueQuantity").get("value"))
            if system == terms.LOINC and number is not None:
                values[code] = number
    if not {terms.SYSTOLIC, terms.DIASTOLIC} <= values.keys():
        return NotTaken(Left.NO_VALUE)
    if len(at) < len("2026-11-20T09:00Z"):
        return NotTaken(Left.NO_DATE, "a day without a time is no measurement's")
    return Pressure(
        {
            "kind": "blood_pressure",
            "systolic": NumberText(values[terms.SYSTOLIC]),
            "diastolic": NumberText(values[terms.DIASTOLIC]),
            "unit": "mmHg",
            "taken_at": at,
            "setting": "office",
        }
    )


def _encounter(resource: Resource, shared: Mapping[str, Resource]) -> Outcome:
    if text(part(resource, "class").get("code")) not in {"IMP", "ACUTE", "NONAC"}:
        return NotTaken(Left.AMBULATORY)
    period = part(resource, "period")
    on = _day(period.get("start"))
    provider = part(resource, "serviceProvider")
    name = text(provider.get("display")) or text(shared.get(reference(provider), {}).get("name"))
    if on is None:
        return NotTaken(Left.NO_DATE)
    if not name:
        return NotTaken(Left.NO_NAME)
    return _fact(
        FactKind.HOSPITAL_STAY, HospitalStayIn, on=on, institution=name[:200], discharged_on=_day(period.get("end"))
    )


def _fact(kind: FactKind, model: type[BaseModel], **fields: Any) -> Outcome:
    given = {name: value for name, value in fields.items() if value is not None}
    found = model.model_validate(given | {"source": Source.IMPORTED})
    if not isinstance(found, FactIn):
        raise TypeError("a fact is read")
    return Taken(kind, found)


def _number(value: Any) -> str | None:
    """A number with at most four decimals, half-up: what is finer is the sender's arithmetic, not the analyser's."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    exact = Decimal(value)
    if not exact.is_finite() or abs(exact) > 10**9:
        return None
    rounded = exact.quantize(_PLACES, rounding=ROUND_HALF_UP)
    return f"{rounded:f}".rstrip("0").rstrip(".")


_READERS: Final[dict[str, Callable[[Resource, Mapping[str, Resource]], Outcome]]] = {
    "Condition": _condition,
    "MedicationRequest": _medication,
    "MedicationStatement": _medication,
    "AllergyIntolerance": _allergy,
    "Observation": _observation,
    "Encounter": _encounter,
}
