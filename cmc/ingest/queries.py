"""Reads of the ingest path: whose readings are these, and what was kept aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    column,
    func,
    make_url,
    select,
    text,
    tuple_,
    type_coerce,
)
from sqlalchemy.orm import Mapped, Session
from sqlmodel import col

from cmc.clinical.codes import AlertTier, ReadingKind
from cmc.core import db
from cmc.core.clock import local_date
from cmc.core.db import Asked
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.devices.codes import kinds_that_measure
from cmc.ingest.clock_check import Seen
from cmc.ingest.ranking import LATELY, Holding, Unclaimed
from cmc.ingest.tables import HeldReading, HoldKind
from cmc.patients.queries import visible
from cmc.patients.tables import Patient, PatientIdentifier, PatientMerge
from cmc.readings.tables import Reading


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
    statement, values = _PEOPLE_ANYWHERE if scope.clinic_ids is None else _PEOPLE_OF_CLINICS
    (rows,) = db.ask(session, (statement, {**values, "ids": list(ids), "clinics": scope.listed()}))
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


_HISTORY = text(
    "SELECT wanted.device, r.taken_at, r.received_at, r.sequence"
    " FROM unnest(CAST(:devices AS text[]), CAST(:people AS uuid[])) AS wanted (device, patient_id)"
    " CROSS JOIN LATERAL (SELECT taken_at, received_at, sequence FROM reading"
    " WHERE patient_id = wanted.patient_id AND device = wanted.device AND taken_on >= :since_on"
    " AND (CAST(:clinics AS uuid[]) IS NULL OR clinic_id = ANY (CAST(:clinics AS uuid[])))"
    " ORDER BY received_at DESC, sequence DESC NULLS LAST LIMIT 50) AS r"
)


def device_history(
    session: Session, scope: Scope, people: Sequence[tuple[str, UUID]], *, since: datetime
) -> list[tuple[str, Seen]]:
    """Return (device, when its reading was taken and arrived) of the latest 50 readings of each device and person."""
    if not people:
        return []
    values = {
        "devices": [device for device, _ in people],
        "people": [person for _, person in people],
        "since_on": local_date(since),
        "clinics": scope.listed(),
    }
    return [(device, Seen(*rest)) for device, *rest in session.execute(_HISTORY, values)]


def held_page(
    session: Session,
    scope: Scope,
    *,
    kind: HoldKind | None = None,
    unmatched: bool | None = None,
    resolved: bool = False,
    dangerous: bool = False,
    clinic_id: UUID | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[HeldReading]:
    """Return up to `limit` held readings, newest first: those that wait, or those `resolved`.
    `unmatched` true: only those of no known person, false: only those of one. `dangerous`: only dangerous values.
    What belongs to no known person is seen by the clinic that sent it, or by the whole region when that is unclear.
    """
    decided = col(HeldReading.resolved_at)
    query = (
        select(HeldReading)
        .where(
            decided.is_not(None) if resolved else decided.is_(None),
            scope.covers(type_coerce(col(HeldReading.clinic_id), Uuid())),
        )
        .order_by(col(HeldReading.received_at).desc(), col(HeldReading.id).desc())
        .limit(limit)
    )
    if kind is not None:
        query = query.where(col(HeldReading.kind) == kind.value)
    if dangerous:
        query = query.where(col(HeldReading.alert_tier) == AlertTier.RED.value)
    if unmatched is not None:
        query = query.where(col(HeldReading.patient_id).is_(None) == unmatched)
    if clinic_id is not None:
        query = query.where(col(HeldReading.clinic_id) == clinic_id)
    if before is not None:
        query = query.where(tuple_(col(HeldReading.received_at), col(HeldReading.id)) < before)
    return list(session.scalars(query))


def held(session: Session, scope: Scope, held_id: UUID) -> HeldReading:
    """Return one held reading, open or resolved, and lock it; raise `NotFound` when it is absent or foreign."""
    covered = scope.covers(type_coerce(col(HeldReading.clinic_id), Uuid()))
    found = session.scalars(select(HeldReading).where(col(HeldReading.id) == held_id, covered).with_for_update())
    kept = found.one_or_none()
    if kept is None:
        raise NotFound("no such held reading")
    return kept


def item_text(session: Session, scope: Scope, held_id: UUID) -> str:
    """Return what was kept of an item as JSON text, its numbers spelled as they were sent."""
    covered = scope.covers(type_coerce(col(HeldReading.clinic_id), Uuid()))
    query = select(cast(col(HeldReading.item), Text())).where(col(HeldReading.id) == held_id, covered)
    return session.scalars(query).one()


def stored_reading(session: Session, scope: Scope, reading_id: UUID, taken_on: date) -> Reading | None:
    """Return one stored reading of a person of the scope."""
    query = (
        select(Reading)
        .join(Patient, col(Patient.id) == col(Reading.patient_id))
        .where(col(Reading.id) == reading_id, col(Reading.taken_on) == taken_on, visible(scope))
    )
    return session.scalars(query).one_or_none()


_HOLDINGS = text(
    "SELECT i.patient_id, d.code, i.from_at, i.to_at, near.taken_at, near.value"
    " FROM device_issue AS i JOIN device AS d ON d.id = i.device_id"
    " LEFT JOIN LATERAL (SELECT r.taken_at, coalesce(r.glucose_umol_l, r.sbp_mmhg::int) AS value FROM reading AS r"
    " WHERE r.patient_id = i.patient_id AND r.kind = :kind AND r.taken_on BETWEEN :from_on AND :to_on"
    " ORDER BY abs(extract(epoch FROM r.taken_at - :at)), r.id LIMIT 1) AS near ON true"
    " WHERE (d.code = :device OR d.kind = ANY (CAST(:kinds AS text[])))"
    " AND (CAST(:clinics AS uuid[]) IS NULL OR i.clinic_id = ANY (CAST(:clinics AS uuid[])))"
    " AND i.from_at <= CAST(:at AS timestamptz) + interval '30 days'"
    " AND (i.to_at IS NULL OR i.to_at > CAST(:at AS timestamptz) - interval '30 days')"
    " ORDER BY d.code = :device DESC, near.taken_at IS NULL, abs(extract(epoch FROM near.taken_at - :at)), i.id"
    " LIMIT 200"
)


def holdings_near(
    session: Session, scope: Scope, reading: Unclaimed, *, kind: ReadingKind, clinic_id: UUID | None
) -> list[Holding]:
    """Return who held the reading's device, or one that measures its kind, within 30 days of it, at most 200.

    `clinic_id`: only this clinic's devices, when it is known which one sent the reading.
    """
    on = local_date(reading.taken_at)
    values = {
        "device": reading.device or "",
        "kind": kind.value,
        "kinds": kinds_that_measure(kind),
        "at": reading.taken_at,
        "from_on": on - LATELY,
        "to_on": on + LATELY,
        "clinics": scope.listed() if clinic_id is None else [clinic_id],
    }
    return [Holding(*row) for row in session.execute(_HOLDINGS, values)]


def patients_by_id(session: Session, scope: Scope, ids: Sequence[UUID]) -> dict[UUID, Patient]:
    """Return the records of the people of the scope among `ids`."""
    found = session.scalars(select(Patient).where(col(Patient.id).in_(ids), visible(scope)))
    return {each.id: each for each in found}
