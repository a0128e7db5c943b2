"""People from a file, registered one by one by the same service as those entered by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.orm import Session

from cmc.core.clock import local_date
from cmc.core.crypto import Keyring
from cmc.core.db import Transaction
from cmc.core.errors import PERSON_EXISTS, CmcError, Conflict, FieldError, Invalid
from cmc.core.scope import Scope
from cmc.exchange.files import Table
from cmc.imports import mapping as mappings
from cmc.imports.mapping import Mapping
from cmc.imports.report import Report
from cmc.patients import enrolling, service
from cmc.patients.schemas import EnrolmentIn, PatientIn

ROWS_A_TRANSACTION: Final = 200
_FLAGS: Final = {"true": True, "false": False, "1": True, "0": False, "是": True, "否": False}
_NO_IDENTITY = FieldError(
    "", "identity_missing", "needs a citizen ID or a number of another system: without one a second run would double it"
)
Fault = tuple[str, str, str]


def run(
    transaction: Transaction,
    scope: Scope,
    keys: Keyring,
    clinic_id: UUID,
    table: Table,
    mapping: Mapping,
    report: Report,
    *,
    now: datetime,
) -> Iterator[None]:
    """Register the people of `table` at a clinic, and enrol them when the mapping says so; yields after every batch.

    A person who is on file already (citizen ID, or a number of another system) is a duplicate and left as is.
    """
    while lines := list(islice(table.rows, ROWS_A_TRANSACTION)):
        done: list[tuple[int, str, list[Fault]]] = []
        with transaction() as session:
            for number, cells in lines:
                row = dict(zip(table.columns, cells, strict=False))
                done.append((number, *_register(session, scope, keys, clinic_id, mapping, row, now)))
        for number, result, faults in done:
            report.row(number, result, faults)
        yield


def _register(
    session: Session,
    scope: Scope,
    keys: Keyring,
    clinic_id: UUID,
    mapping: Mapping,
    row: dict[str, str],
    now: datetime,
) -> tuple[str, list[Fault]]:
    texts, faults = mapping.texts(row)
    numbers, of_numbers = mappings.identifier_texts(mapping, row)
    enrolment, of_enrolment = mappings.enrolment_texts(mapping, row)
    if cells := faults + of_numbers + of_enrolment:
        return "rejected", [(fault.column, fault.code, fault.words) for fault in cells]
    today = local_date(now)
    try:
        person = PatientIn.model_validate(_fields(texts, numbers, mapping) | {"clinic_id": clinic_id})
        wanted = EnrolmentIn.model_validate(_enrolment(enrolment)) if enrolment else None
        if not person.citizen_id and not person.identifiers:
            raise Invalid(errors=(_NO_IDENTITY,))
        with session.begin_nested():
            stored = service.register(session, scope, keys, person, now=now, on=today)
            if wanted is not None:
                enrolling.enrol(session, scope, stored.patient.id, wanted, now=now, on=today)
    except ValidationError as error:
        return "rejected", [
            _fault(mapping, each["loc"], str(each["type"]), str(each["msg"])) for each in error.errors()
        ]
    except Conflict as error:
        if error.code == PERSON_EXISTS:
            return "duplicate", []
        return "rejected", _faults(mapping, error)
    except CmcError as error:
        return "rejected", _faults(mapping, error)
    return "created", []


def _fields(texts: dict[str, str], numbers: dict[str, str], mapping: Mapping) -> dict[str, Any]:
    found: dict[str, Any] = dict(texts)
    system, value = found.pop("identifier_system", None), found.pop("identifier_value", None)
    identifiers = [{"system": each, "value": number} for each, number in numbers.items()]
    if system and value:
        identifiers.append({"system": system, "value": value})
    source = mapping.fields.get("birth_date")
    if source is not None and source.age is not None:
        found["birth_date_precision"] = "year"
    if "birth_date" in found:
        found["birth_date"] = _day(found["birth_date"])
    return {**found, "identifiers": identifiers}


def _enrolment(texts: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = dict(texts)
    for name in ("enrolled_on", "confirmed_on"):
        if name in found:
            found[name] = _day(found[name])
    for name in ("consent", "primary_disease"):
        if name in found:
            found[name] = _FLAGS.get(found[name].lower(), found[name])
    return found


def _day(text: str) -> str:
    return text.removesuffix("T00:00:00")  # a spreadsheet's date is a time at midnight


def _faults(mapping: Mapping, error: CmcError) -> list[Fault]:
    if not error.errors:
        return [("", error.code, error.detail)]
    return [_fault(mapping, each.pointer.strip("/").split("/"), each.code, each.detail) for each in error.errors]


def _fault(mapping: Mapping, location: Any, code: str, words: str) -> Fault:
    name = str(location[0]) if location else ""
    return (mapping.column_of("identifier_value" if name == "identifiers" else name), code, words)
