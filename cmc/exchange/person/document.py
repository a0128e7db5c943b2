"""A whole person as a document, keyed by national data-element codes. Making one is an export, and noted as such."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.core.crypto import Keyring
from cmc.core.named import NamedInt, NamedStr
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.exchange.person import collecting
from cmc.exchange.person.collecting import Row
from cmc.exchange.person.fields import SECTIONS, Field, Section
from cmc.exchange.person.schemas import (
    VERSION,
    DocumentEntry,
    DocumentSection,
    ElementValue,
    PersonDocument,
    Plain,
)
from cmc.patients import queries as patients
from cmc.records.fact_schemas import trimmed


def of_person(
    session: Session, scope: Scope, keys: Keyring, patient_id: UUID, *, form: str, now: datetime
) -> PersonDocument:
    """Return the document of one person; raises `NotFound` for a foreign one. `form` stands in the trail."""
    patient = patients.get(session, scope, patient_id)
    audit.seen(session, scope, "patient", [patient_id], act=Act.EXPORT, detail={"document": VERSION, "form": form})
    rows = collecting.rows(session, scope, keys, patient)
    return PersonDocument(
        made_at=now,
        made_by=scope.actor,
        patient_id=patient_id,
        sections=[_section(each, rows[each.code]) for each in SECTIONS],
    )


def json_schema() -> str:
    """Return the published schema of the document's version as stable JSON text."""
    schema = PersonDocument.model_json_schema(mode="serialization")
    named = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:cmc:person-document:{VERSION}"}
    return json.dumps(named | schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _section(section: Section, rows: Iterable[Row]) -> DocumentSection:
    entries = [_entry(section, row) for row in rows]
    return DocumentSection(code=section.code, title=section.text, data_set=section.data_set, entries=entries)


def _entry(section: Section, row: Row) -> DocumentEntry:
    elements: dict[str, ElementValue] = {}
    others: dict[str, ElementValue] = {}
    for field in section.fields:
        value = row.get(field.name)
        if value is None:
            continue
        code = field.national.code
        (others if code is None else elements)[code or field.name] = _value(field, value)
    return DocumentEntry(id=row.get("id"), on=row.get("on"), elements=elements, others=others)


def _value(field: Field, value: Any) -> ElementValue:
    national = field.national
    several = value if isinstance(value, list) else [value]
    words = [found for each in several if (found := _words(field.codes, each))] if field.codes else None
    return ElementValue(
        field=field.name,
        name=field.text,
        value=[_plain(each) for each in value] if isinstance(value, list) else _plain(value),
        words=words,
        unit=field.unit or national.unit,
        value_domain=national.values,
        loinc=national.loinc,
    )


def _words(codes: type[Enum], value: Any) -> Text | None:
    member = codes(value)
    return member.text if isinstance(member, NamedInt | NamedStr) else None


def _plain(value: Any) -> Plain:
    if isinstance(value, Decimal):
        exact = trimmed(value)
        return int(exact) if exact == exact.to_integral_value() else float(exact)
    if isinstance(value, date | datetime | UUID):
        return value.isoformat() if isinstance(value, date) else str(value)
    if isinstance(value, bool | int | float):
        return value
    return str(value)
