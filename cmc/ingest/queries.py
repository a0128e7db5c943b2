"""Reads of the ingest path: whose readings are these, and what was kept aside."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, column, func, select, tuple_, type_coerce
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.scope import Scope
from cmc.ingest.tables import HeldReading, HoldKind
from cmc.patients.queries import visible
from cmc.patients.tables import Patient, PatientIdentifier, PatientMerge


class Person(NamedTuple):
    """What the ingest path needs to know of a person."""

    id: UUID
    clinic_id: UUID
    birth_date: date


PersonKey = UUID | tuple[str, str]
"""Our id, or (system, value) of another system."""

_ids = any_(bindparam("ids", type_=ARRAY(Uuid())))
_numbers = (
    func.unnest(bindparam("systems", type_=ARRAY(Text())), bindparam("numbers", type_=ARRAY(Text())))
    .table_valued(column("system", Text()), column("value", Text()))
    .render_derived()
    .alias("wanted")
)


def people_by_id(session: Session, scope: Scope, ids: Sequence[UUID]) -> dict[PersonKey, Person]:
    """Return the people of the scope among `ids`."""
    if not ids:
        return {}
    rows = session.execute(
        select(col(Patient.id), col(Patient.clinic_id), col(Patient.birth_date)).where(
            col(Patient.id) == _ids, visible(scope)
        ),
        {"ids": ids},
    )
    found: dict[PersonKey, Person] = {row[0]: Person(*row) for row in rows}
    if len(found) < len(set(ids)):
        found |= _holders(session, scope, [each for each in ids if each not in found])
    return found


def _holders(session: Session, scope: Scope, merged_ids: Sequence[UUID]) -> dict[PersonKey, Person]:
    """Who holds what records held that were merged: a gateway may go on naming the former id."""
    rows = session.execute(
        select(col(PatientMerge.merged_id), col(Patient.id), col(Patient.clinic_id), col(Patient.birth_date))
        .join(Patient, col(Patient.id) == col(PatientMerge.patient_id))
        .where(col(PatientMerge.merged_id) == _ids, col(PatientMerge.reverted_at).is_(None), visible(scope)),
        {"ids": merged_ids},
    )
    return {row[0]: Person(*row[1:]) for row in rows}


def people_by_identifier(
    session: Session, scope: Scope, identifiers: Sequence[tuple[str, str]]
) -> dict[PersonKey, Person]:
    """Return the people of the scope among (system, value) pairs of other systems."""
    if not identifiers:
        return {}
    rows = session.execute(
        select(
            col(PatientIdentifier.system),
            col(PatientIdentifier.value),
            col(Patient.id),
            col(Patient.clinic_id),
            col(Patient.birth_date),
        )
        .join(Patient, col(Patient.id) == col(PatientIdentifier.patient_id))
        .join(
            _numbers,
            (col(PatientIdentifier.system) == _numbers.c.system) & (col(PatientIdentifier.value) == _numbers.c.value),
        )
        .where(visible(scope)),
        {"systems": [system for system, _ in identifiers], "numbers": [value for _, value in identifiers]},
    )
    return {(row[0], row[1]): Person(*row[2:]) for row in rows}


def held_page(
    session: Session,
    scope: Scope,
    *,
    kind: HoldKind | None = None,
    clinic_id: UUID | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[HeldReading]:
    """Return up to `limit` unresolved held readings, newest first.

    What belongs to no known person is seen by the clinic that sent it, or by the whole region when that is unclear.
    """
    query = (
        select(HeldReading)
        .where(col(HeldReading.resolved_at).is_(None), scope.covers(type_coerce(col(HeldReading.clinic_id), Uuid())))
        .order_by(col(HeldReading.received_at).desc(), col(HeldReading.id).desc())
        .limit(limit)
    )
    if kind is not None:
        query = query.where(col(HeldReading.kind) == kind.value)
    if clinic_id is not None:
        query = query.where(col(HeldReading.clinic_id) == clinic_id)
    if before is not None:
        query = query.where(tuple_(col(HeldReading.received_at), col(HeldReading.id)) < before)
    return list(session.scalars(query))
