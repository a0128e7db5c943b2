"""Whose readings are these: people by our ids and by numbers of other systems, under every id they are known by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, any_, bindparam, column, func, make_url, select
from sqlalchemy.orm import Mapped, Session
from sqlmodel import col

from cmc.core import db
from cmc.core.db import Asked
from cmc.core.scope import Scope
from cmc.patients.queries import visible
from cmc.patients.tables import Patient, PatientIdentifier, PatientMerge
from cmc.readings.service import array_literal


class Person(NamedTuple):
    """What the ingest path needs to know of a person.

    `names`: the ids that the person's readings may be known by, first that by which this one was named; more than one
    only after a merge (see `identity`). Empty: just `id`.
    """

    id: UUID
    clinic_id: UUID
    birth_date: date
    names: tuple[UUID, ...] = ()


PersonKey = UUID | tuple[str, str]
"""Our id, or (system, value) of another system."""

NOBODY: Final[Mapping[PersonKey, Person]] = MappingProxyType({})

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
    (rows,) = db.ask(session, asked_people(scope, ids))
    return found_people(session, scope, ids, rows)


def asked_people(scope: Scope, ids: Sequence[UUID]) -> Asked:
    """Return the statement of `people_by_id`, for who sends it together with others (`db.ask`)."""
    statement, values = _PEOPLE_ANYWHERE if scope.clinic_ids is None else _PEOPLE_OF_CLINICS
    return statement, {**values, "ids": array_literal(ids), "clinics": scope.listed()}


def found_people(
    session: Session, scope: Scope, ids: Sequence[UUID], rows: Sequence[tuple[Any, ...]]
) -> dict[PersonKey, Person]:
    """Return the people whom the rows of `asked_people` name, and those who took over records that have these ids."""
    found: dict[PersonKey, Person] = {row[0]: Person(*row[:3]) for row in rows}
    holding = {row[0] for row in rows if row[3]}
    if len(found) < len(set(ids)):
        held = _holders(session, scope, [each for each in ids if each not in found])
        holding |= {person.id for person in held.values()}
        found |= held
    return _with_names(session, found, holding)


_took_over = (
    select(col(PatientMerge.id))
    .where(col(PatientMerge.patient_id) == col(Patient.id), col(PatientMerge.reverted_at).is_(None))
    .exists()
)


_dialect = make_url("postgresql+psycopg://").get_dialect()()


@dataclass(frozen=True, slots=True)
class _AnyClinics(Scope):
    """A scope whose clinics are a parameter of the statement."""

    def covers(self, clinic_id: ColumnElement[UUID] | Mapped[UUID]) -> ColumnElement[bool]:
        return clinic_id == any_(bindparam("clinics", type_=ARRAY(Uuid())))


def _written(scope: Scope) -> Asked:
    """The statement for people by id, written once: making it anew would cost more than the database's answer."""
    people = select(col(Patient.id), col(Patient.clinic_id), col(Patient.birth_date), _took_over)
    written = people.where(col(Patient.id) == _ids, visible(scope)).compile(dialect=_dialect)
    return str(written), written.params


_PEOPLE_ANYWHERE: Final = _written(Scope("anybody"))
_PEOPLE_OF_CLINICS: Final = _written(_AnyClinics("anybody", frozenset({UUID(int=0)})))


def _with_names(session: Session, found: dict[PersonKey, Person], holding: set[UUID]) -> dict[PersonKey, Person]:
    """Give those who took records over the ids of these; one statement, and none when nobody did."""
    if not holding:
        return found
    rows = session.execute(
        select(col(PatientMerge.patient_id), col(PatientMerge.merged_id)).where(
            col(PatientMerge.patient_id) == _ids, col(PatientMerge.reverted_at).is_(None)
        ),
        {"ids": sorted(holding)},
    )
    names = {each: [each] for each in holding}
    for holder, merged in rows:
        names[holder].append(merged)
    for key, person in found.items():
        if person.id in names:
            listed = sorted(names[person.id], key=lambda each: (each != key, each != person.id, each))
            found[key] = person._replace(names=tuple(listed))
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
            _took_over,
        )
        .join(Patient, col(Patient.id) == col(PatientIdentifier.patient_id))
        .join(
            _numbers,
            (col(PatientIdentifier.system) == _numbers.c.system) & (col(PatientIdentifier.value) == _numbers.c.value),
        )
        .where(visible(scope)),
        {"systems": [system for system, _ in identifiers], "numbers": [value for _, value in identifiers]},
    ).all()
    found: dict[PersonKey, Person] = {(row[0], row[1]): Person(*row[2:5]) for row in rows}
    return _with_names(session, found, {row[2] for row in rows if row[5]})
