"""A row of a sheet as what the services take, or the faults that make it none. Pure.

A fault names the field (`sheets.Column.name`), a code and words; nothing of the row is repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ValidationError

from cmc.clinical import laboratory
from cmc.core import problems
from cmc.core.errors import CmcError, FieldError
from cmc.exchange import cells
from cmc.exchange.cells import CellProblem
from cmc.exchange.codes import ImportKind
from cmc.exchange.sheets import SHEETS, Sheet
from cmc.patients.schemas import EnrolmentIn, PatientIn
from cmc.records.annual_exam_schemas import AnnualExamIn
from cmc.records.codes import FactKind, Source
from cmc.records.fact_schemas import (
    AllergyIn,
    DiagnosisIn,
    ExaminationIn,
    FactIn,
    FamilyHistoryIn,
    HospitalStayIn,
    LaboratoryResultIn,
    LifestyleIn,
    MedicationIn,
)

SYSTEM: Final = "hospital-record"
"""The numbering system of an identifier whose sheet names none."""

FACTS: Final[Mapping[ImportKind, tuple[FactKind, type[FactIn]]]] = MappingProxyType(
    {
        ImportKind.DIAGNOSES: (FactKind.DIAGNOSIS, DiagnosisIn),
        ImportKind.MEDICATIONS: (FactKind.MEDICATION, MedicationIn),
        ImportKind.ALLERGIES: (FactKind.ALLERGY, AllergyIn),
        ImportKind.LABS: (FactKind.LABORATORY_RESULT, LaboratoryResultIn),
        ImportKind.EXAMINATIONS: (FactKind.EXAMINATION, ExaminationIn),
        ImportKind.LIFESTYLE: (FactKind.LIFESTYLE, LifestyleIn),
        ImportKind.FAMILY_HISTORY: (FactKind.FAMILY_HISTORY, FamilyHistoryIn),
        ImportKind.HOSPITAL_STAYS: (FactKind.HOSPITAL_STAY, HospitalStayIn),
        ImportKind.ANNUAL_EXAMS: (FactKind.ANNUAL_EXAM, AnnualExamIn),
    }
)
_OTHER_NAMES: Final = {"diagnosis": "name", "medicine": "name"}
"""Columns whose field in the schema is called like the person's name."""
_OF_PERSON: Final = frozenset(
    {"name", "citizen_id", "health_record_number", "identifier_system", "identifier_value", "patient_id"}
)


@dataclass(frozen=True, slots=True)
class Whose:
    """How a row names its person: one of these; `name`, where given, must be that of the record."""

    citizen_id: str | None = None
    health_record_number: str | None = None
    identifier: tuple[str, str] | None = None
    patient_id: UUID | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a row asks for: a person, with an enrolment or without, or a fact of somebody."""

    person: PatientIn | None = None
    enrolment: EnrolmentIn | None = None
    whose: Whose = Whose()
    fact: FactIn | None = None


def of_row(
    kind: ImportKind, mapping: Mapping[str, int], row: Sequence[str], *, clinic_id: UUID
) -> Wanted | list[FieldError]:
    """Return what a row asks for, or its faults."""
    values, faults = _values(SHEETS[kind], mapping, row)
    if faults:
        return faults
    try:
        if kind is ImportKind.PATIENTS:
            return _person(values, clinic_id)
        return Wanted(whose=_whose(values), fact=_fact(kind, values))
    except ValidationError as error:
        return [_named(SHEETS[kind], each) for each in problems.field_errors(error.errors())]
    except CmcError as error:
        return of_error(kind, error)


def of_error(kind: ImportKind, error: CmcError) -> list[FieldError]:
    """Return the faults of an error that a service raised."""
    if not error.errors:
        return [FieldError("", error.code, error.detail)]
    return [_named(SHEETS[kind], each) for each in error.errors]


def _values(sheet: Sheet, mapping: Mapping[str, int], row: Sequence[str]) -> tuple[dict[str, Any], list[FieldError]]:
    found: dict[str, Any] = {}
    faults = []
    for name, place in mapping.items():
        text = row[place] if place < len(row) else ""
        if not text.strip():
            continue
        column = sheet.column(name)
        try:
            found[name] = cells.read(column.cell, text, column.codes, column.words)
        except CellProblem as error:
            faults.append(FieldError(name, error.code, error.words))
    return found, faults


def _person(values: dict[str, Any], clinic_id: UUID) -> Wanted:
    body: dict[str, Any] = {"clinic_id": clinic_id}
    enrolment: dict[str, Any] = {}
    for name, value in values.items():
        part, _, own = name.rpartition(".")
        if part:
            (enrolment if part == "enrolment" else body.setdefault(part, {}))[own] = value
        elif not name.startswith(("identifier_", "document_")):
            body[name] = value
    if number := values.get("identifier_value"):
        body["identifiers"] = [{"system": values.get("identifier_system", SYSTEM), "value": number}]
    if "document_kind" in values and "document_number" in values:
        body["documents"] = [{"kind": values["document_kind"], "number": values["document_number"]}]
    if phone := body.get("phone"):
        body["phone"] = cells.plain(phone)
    person = PatientIn.model_validate(body)
    return Wanted(person=person, enrolment=EnrolmentIn.model_validate(enrolment) if enrolment else None)


def _whose(values: dict[str, Any]) -> Whose:
    number = values.get("identifier_value")
    return Whose(
        values.get("citizen_id"),
        values.get("health_record_number"),
        (values.get("identifier_system", SYSTEM), number) if number else None,
        _id(values.get("patient_id")),
        values.get("name"),
    )


def _id(text: str | None) -> UUID | None:
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise CmcError(errors=(FieldError("/patient_id", "bad_id", "the id of a record of this service"),)) from error


def _fact(kind: ImportKind, values: dict[str, Any]) -> FactIn:
    body: dict[str, Any] = {}
    for name, value in values.items():
        part, _, own = name.rpartition(".")
        if part:
            body.setdefault(part, {})[own] = value
        elif name not in _OF_PERSON:
            body[_OTHER_NAMES.get(name, name)] = value
    body["source"] = Source.IMPORTED
    if kind is ImportKind.LABS and "analyte" in body:
        body["analyte"] = _analyte(body["analyte"])
    model: type[BaseModel] = FACTS[kind][1]
    found = model.model_validate(body)
    assert isinstance(found, FactIn)  # noqa: S101
    return found


def _analyte(text: str) -> str:
    """The code of an analyte that is written as code, LOINC, or word in Chinese or English."""
    wanted = cells.plain(text)
    if found := laboratory.by_loinc().get(wanted):
        return found.code
    for code, analyte in laboratory.analytes().items():
        words = {code, analyte.text.zh, analyte.text.en, analyte.text.zh.removesuffix("（化验）")}
        if wanted.upper() == code or wanted.lower() in {cells.plain(word).lower() for word in words}:
            return code
    known = ", ".join(f"{code} {each.text.zh}" for code, each in laboratory.analytes().items())
    raise CmcError(errors=(FieldError("/analyte", "not_in_list", f"one of {known}"),))


def _named(sheet: Sheet, fault: FieldError) -> FieldError:
    """The fault with the name of its column in place of its pointer."""
    parts = [part for part in fault.pointer.split("/") if part and not part.isdigit()]
    names = {each.name: each.name for each in sheet.columns}
    names |= {each.name.rpartition(".")[2]: each.name for each in sheet.columns if "." in each.name}
    names |= {"identifiers": "identifier_value", "documents": "document_number"}
    if sheet.kind in {ImportKind.DIAGNOSES, ImportKind.MEDICATIONS}:
        names["name"] = "diagnosis" if sheet.kind is ImportKind.DIAGNOSES else "medicine"
    whole = ".".join(parts)
    found = names.get(whole) or next((names[part] for part in reversed(parts) if part in names), "")
    return FieldError(found, fault.code, fault.detail)
