"""The mapping file (TOML): which of our fields comes from where in a foreign file. Pure but for reading it.

    kind = "readings"                 or "patients"
    [fields]                          our field = source, see `sources.py`
    [identifiers]                     patients: numbering system = source (numbers that other systems know a person by)
    [enrolment]                       patients, optional: disease, enrolled_on, confirmed_on, confirmed_at, doctor,
                                      primary_disease, consent

Without a mapping the columns that carry our field names are taken, and all others left out.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cmc.exchange.errors import UnusableFileError
from cmc.imports import sources
from cmc.imports.sources import CellError, Row, Source
from cmc.ingest.native_item import NativeReading
from cmc.patients.schemas import EnrolmentIn, PatientIn

PATIENTS: Final = "patients"
READINGS: Final = "readings"
_PERSON_OF: Final = ("patient_system", "patient_value")
FIELDS: Final = {
    READINGS: (frozenset(NativeReading.__struct_fields__) - {"patient"}) | set(_PERSON_OF),
    PATIENTS: (frozenset(PatientIn.model_fields) - {"clinic_id", "identifiers"})
    | {"identifier_system", "identifier_value"},
}
ENROLMENT: Final = frozenset(EnrolmentIn.model_fields) - {"clinic_id"}
_NEEDED: Final = {
    READINGS: (("kind",), ("patient_id", "patient_value"), ("taken_at", "taken_at_local")),
    PATIENTS: (("name",), ("birth_date", "citizen_id"), ("sex", "citizen_id")),
}
_TABLES: Final = {READINGS: {"kind", "fields"}, PATIENTS: {"kind", "fields", "identifiers", "enrolment"}}


@dataclass(frozen=True, slots=True)
class Mapping:
    """Sources by field; `ignored` are the columns that nothing reads."""

    fields: dict[str, Source]
    identifiers: dict[str, Source] = field(default_factory=dict)
    enrolment: dict[str, Source] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    def texts(self, row: Row) -> tuple[dict[str, str], list[CellError]]:
        """Return the texts of a row by field, empty ones left out, and what is wrong with its cells."""
        return _texts(self.fields, row)

    def column_of(self, name: str) -> str:
        """Return the column that an error in a field names; "" for a constant."""
        source = self.fields.get(name) or self.enrolment.get(name)
        return "" if source is None else source.shown_column()


def of_file(path: Path, kind: str, columns: Sequence[str]) -> Mapping:
    """Return the mapping in a TOML file, checked against the columns of the data file; raises `UnusableFileError`."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnusableFileError(f"The mapping {path.name} cannot be read: {error}.") from error
    if given.get("kind") != kind:
        raise UnusableFileError(f'The mapping {path.name} must say kind = "{kind}".')
    if unknown := sorted(given.keys() - _TABLES[kind]):
        raise UnusableFileError(f"The mapping {path.name} has an unknown part {unknown[0]!r}.")
    parts = {
        "fields": _sources(path, given, "fields", FIELDS[kind]),
        "identifiers": _sources(path, given, "identifiers", None),
        "enrolment": _sources(path, given, "enrolment", ENROLMENT),
    }
    used = {column for part in parts.values() for source in part.values() for column in source.columns()}
    if missing := sorted(used - set(columns)):
        raise UnusableFileError(f"The file has no column {missing[0]!r}, which the mapping {path.name} names.")
    _require(parts["fields"], kind)
    return Mapping(**parts, ignored=tuple(each for each in columns if each not in used))


def of_columns(kind: str, columns: Sequence[str]) -> Mapping:
    """Return the mapping of a file whose columns carry our names; raises `UnusableFileError` when they do not."""
    fields = {column: Source(column=column) for column in columns if column in FIELDS[kind]}
    _require(fields, kind)
    return Mapping(fields, ignored=tuple(each for each in columns if each not in fields))


def enrolment_texts(mapping: Mapping, row: Row) -> tuple[dict[str, str], list[CellError]]:
    """Return the texts of a row's enrolment by field."""
    return _texts(mapping.enrolment, row)


def identifier_texts(mapping: Mapping, row: Row) -> tuple[dict[str, str], list[CellError]]:
    """Return the numbers of a row's person by numbering system."""
    return _texts(mapping.identifiers, row)


def _texts(fields: dict[str, Source], row: Row) -> tuple[dict[str, str], list[CellError]]:
    found: dict[str, str] = {}
    faults: list[CellError] = []
    for name, source in fields.items():
        try:
            text = source.text(row)
        except CellError as error:
            faults.append(error)
            continue
        if text:
            found[name] = text
    return found, faults


def _sources(path: Path, given: dict[str, Any], part: str, known: frozenset[str] | None) -> dict[str, Source]:
    table = given.get(part, {})
    if not isinstance(table, dict):
        raise UnusableFileError(f"The mapping {path.name}: [{part}] must be a table.")
    if known is not None and (unknown := sorted(table.keys() - known)):
        raise UnusableFileError(f"The mapping {path.name}: [{part}] has no field {unknown[0]!r}.")
    found = {}
    for name, source in table.items():
        try:
            found[name] = sources.parse(source)
        except sources.SourceError as error:
            raise UnusableFileError(f"The mapping {path.name}: [{part}] {name}: {error}.") from error
    return found


def _require(fields: dict[str, Source], kind: str) -> None:
    for names in _NEEDED[kind]:
        if not fields.keys() & set(names):
            wanted = " or ".join(names)
            raise UnusableFileError(f"No column for {wanted}: name the columns after our fields or give --mapping.")
