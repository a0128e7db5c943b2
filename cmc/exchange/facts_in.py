"""Facts of an import, however they came: checked and read by the record's own functions, stored set-wise, once.

A fact is on file when the person has one of the same kind, day and content, whoever recorded it and also when it was
corrected or retracted since: what a doctor struck out does not come back with the next file. Its id is derived from
that content by a key, so that two imports at one moment cannot store it twice either. Statements of a batch of any
size: one to look, three to store. Medicines are what the person takes already: they are recorded, not proposed, and
the checks of the next medicine see them. Nothing here commits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from cmc.core.crypto import Keyring
from cmc.core.errors import CmcError
from cmc.core.ids import derived_id
from cmc.core.scope import Scope
from cmc.exchange import queries
from cmc.exchange.codes import RowVerdict
from cmc.exchange.judged import Judged, known, refused
from cmc.patients.tables import Patient
from cmc.records import facts, laboratory
from cmc.records.codes import FactKind
from cmc.records.fact_columns import Fact
from cmc.records.fact_schemas import FactIn, LaboratoryResultIn, trimmed
from cmc.records.fact_tables import FACT_TABLES

_TOLD_APART: Final[Mapping[FactKind, tuple[str, ...]]] = {
    FactKind.DIAGNOSIS: ("icd10", "condition", "name"),
    FactKind.MEDICATION: ("medicine_code", "name", "dose", "dose_unit", "frequency"),
    FactKind.ALLERGY: ("substance", "category"),
    FactKind.LABORATORY_RESULT: ("analyte", "value", "beyond"),
    FactKind.EXAMINATION: ("kind", "findings"),
    FactKind.LIFESTYLE: (
        "smoking", "cigarettes_per_day", "passive_smoking", "drinking", "diet", "exercise_days_per_week",
        "exercise_minutes",
    ),
    FactKind.FAMILY_HISTORY: ("relation", "disease"),
    FactKind.HOSPITAL_STAY: ("institution", "icd10"),
    FactKind.ANNUAL_EXAM: (),
}  # fmt: skip
"""By which columns two facts of one person and day are told apart; a name counts only where there is no code.

Of annual examinations one a day."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact of a person whom the caller found in the scope."""

    patient: Patient
    wanted: FactIn


def judge(
    session: Session, scope: Scope, keys: Keyring, kind: FactKind, entries: Mapping[int, Entry], *, on: date
) -> dict[int, Judged]:
    """Say of each fact whether it can be stored, or is on file; nothing is stored."""
    return {number: judged for number, (judged, _) in _judged(session, scope, keys, kind, entries, on=on).items()}


def store(
    session: Session,
    scope: Scope,
    keys: Keyring,
    kind: FactKind,
    entries: Mapping[int, Entry],
    *,
    now: datetime,
    on: date,
) -> dict[int, Judged]:
    """Store what can be stored and is not on file, in one flush; equal facts of one batch once."""
    found: dict[int, Judged] = {}
    rows: dict[UUID, list[Fact]] = {}
    for number, (judged, columns) in _judged(session, scope, keys, kind, entries, on=on).items():
        found[number] = judged
        if judged.verdict is not RowVerdict.NEW or judged.token is None:
            continue
        row_id = derived_id("imported-fact", judged.token.hex())
        if row_id in rows:
            found[number] = known(judged.patient_id, token=judged.token)
            continue
        rows[row_id] = _rows(scope, kind, entries[number], columns, now=now, row_id=row_id)
        judged.verdict = RowVerdict.CREATED
    facts.keep(session, [row for each in rows.values() for row in each], now=now)
    return found


def _judged(
    session: Session, scope: Scope, keys: Keyring, kind: FactKind, entries: Mapping[int, Entry], *, on: date
) -> dict[int, tuple[Judged, dict[str, Any]]]:
    found: dict[int, tuple[Judged, dict[str, Any]]] = {}
    on_file = _on_file(session, scope, kind, {each.patient.id for each in entries.values()})
    for number, entry in entries.items():
        try:
            facts.check(entry.wanted, entry.patient, on)
            columns = _columns(entry)
        except CmcError as error:
            found[number] = refused(*error.errors, patient_id=entry.patient.id), {}
            continue
        content = _content(kind, entry.patient.id, entry.wanted.on, columns)
        token = keys.token("imported-fact", content)
        if content in on_file:
            found[number] = known(entry.patient.id, token=token), columns
        else:
            found[number] = Judged(RowVerdict.NEW, patient_id=entry.patient.id, token=token), columns
    return found


def _on_file(session: Session, scope: Scope, kind: FactKind, people: set[UUID]) -> set[str]:
    rows = queries.all_facts(session, scope, FACT_TABLES[kind], people, _TOLD_APART[kind])
    return {_content(kind, row["patient_id"], row["happened_on"], dict(row)) for row in rows}


def _columns(entry: Entry) -> dict[str, Any]:
    if isinstance(entry.wanted, LaboratoryResultIn):
        return laboratory.columns_of(entry.wanted, entry.patient)
    return entry.wanted.columns()


def _rows(
    scope: Scope, kind: FactKind, entry: Entry, columns: Mapping[str, Any], *, now: datetime, row_id: UUID
) -> list[Fact]:
    if isinstance(entry.wanted, LaboratoryResultIn):
        return laboratory.first_rows(scope, entry.patient, entry.wanted, columns, now=now, row_id=row_id)
    return [facts.first_row(scope, entry.patient, kind, entry.wanted, columns, now=now, row_id=row_id)]


def _content(kind: FactKind, patient_id: UUID, on: date, columns: Mapping[str, Any]) -> str:
    told = {name: _plain(columns.get(name)) for name in _TOLD_APART[kind]}
    if "name" in told and any(told.get(code) for code in ("icd10", "condition", "medicine_code")):
        del told["name"]
    return f"{kind.value}|{patient_id}|{on}|{msgspec.json.encode(told, order='sorted').decode()}"


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{trimmed(value):f}"
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, float):
        return f"{trimmed(Decimal(str(value))):f}"
    return value
