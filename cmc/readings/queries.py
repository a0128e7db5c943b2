"""Reads of readings; each takes the caller's scope, or ids that the caller has resolved under one."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Date, Uuid, bindparam, column, func, select, table, tuple_
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import ReadingKind, Specimen
from cmc.core.clock import local_date
from cmc.core.scope import Scope
from cmc.patients.queries import visible
from cmc.patients.tables import Patient
from cmc.readings.new_reading import CONTENT_COLUMNS
from cmc.readings.rows import GlucoseRow, PressureRow
from cmc.readings.tables import Reading

Place = tuple[datetime, UUID]
"""The sort key of a reading: (taken_at, id)."""


def of_person(
    session: Session,
    scope: Scope,
    patient_id: UUID,
    *,
    kind: ReadingKind | None = None,
    from_on: date | None = None,
    to_on: date | None = None,
    before: Place | None = None,
    limit: int = 50,
) -> list[Reading]:
    """Return up to `limit` readings of a person, newest first, with `from_on` ≤ taken_on < `to_on`.

    `before` is the place of the last reading of the page before. The dates, and the place, keep the months out of the
    search that cannot hold an answer.
    """
    query = (
        select(Reading)
        .join(Patient, col(Patient.id) == col(Reading.patient_id))
        .where(col(Reading.patient_id) == patient_id, visible(scope))
        .order_by(col(Reading.taken_at).desc(), col(Reading.id).desc())
        .limit(limit)
    )
    if kind is not None:
        query = query.where(col(Reading.kind) == kind.value)
    if from_on is not None:
        query = query.where(col(Reading.taken_on) >= from_on)
    if to_on is not None:
        query = query.where(col(Reading.taken_on) < to_on)
    if before is not None:
        query = query.where(
            tuple_(col(Reading.taken_at), col(Reading.id)) < before, col(Reading.taken_on) <= _last_date(before[0])
        )
    return list(session.scalars(query))


def _last_date(at: datetime) -> date:
    """The local date of `at`; the last of all where the calendar ends before the zones have had their say."""
    try:
        return local_date(at)
    except OverflowError:
        return date.max


def glucose_values(
    session: Session, scope: Scope, patient_id: UUID, *, sensor: bool, from_on: date, to_on: date
) -> list[GlucoseRow]:
    """Return a person's glucose values with `from_on` ≤ taken_on < `to_on`, oldest first.

    `sensor`: those of a sensor in the tissue, else all others; the two are never mixed (GLU-03).
    """
    of_sensor = func.coalesce(col(Reading.specimen), "") == Specimen.INTERSTITIAL.value
    query = (
        select(*(getattr(Reading, name) for name in GlucoseRow._fields))
        .join(Patient, col(Patient.id) == col(Reading.patient_id))
        .where(
            *_span(scope, patient_id, ReadingKind.GLUCOSE, from_on, to_on),
            of_sensor if sensor else ~of_sensor,
        )
        .order_by(col(Reading.taken_at), col(Reading.id))
    )
    return [GlucoseRow(*row) for row in session.execute(query)]


def pressures(session: Session, scope: Scope, patient_id: UUID, *, from_on: date, to_on: date) -> list[PressureRow]:
    """Return a person's blood pressures with `from_on` ≤ taken_on < `to_on`, oldest first."""
    query = (
        select(*(getattr(Reading, name) for name in PressureRow._fields))
        .join(Patient, col(Patient.id) == col(Reading.patient_id))
        .where(*_span(scope, patient_id, ReadingKind.BLOOD_PRESSURE, from_on, to_on))
        .order_by(col(Reading.taken_at), col(Reading.id))
    )
    return [PressureRow(*row) for row in session.execute(query)]


def _span(
    scope: Scope, patient_id: UUID, kind: ReadingKind, from_on: date, to_on: date
) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Reading.patient_id) == patient_id,
        col(Reading.kind) == kind.value,
        col(Reading.taken_on) >= from_on,
        col(Reading.taken_on) < to_on,
        visible(scope),
    )


_wanted_ids, _wanted_dates = bindparam("ids", type_=ARRAY(Uuid())), bindparam("dates", type_=ARRAY(Date()))
_wanted = (
    func.unnest(_wanted_ids, _wanted_dates)
    .table_valued(column("id", Uuid()), column("taken_on", Date()))
    .render_derived()
    .alias("wanted")
)
_reading = table("reading", column("id", Uuid()), column("taken_on", Date()), *(column(c) for c in CONTENT_COLUMNS))
_STORED = select(_reading.c.id, *(_reading.c[name] for name in CONTENT_COLUMNS)).join(
    _wanted, (_reading.c.id == _wanted.c.id) & (_reading.c.taken_on == _wanted.c.taken_on)
)


_ELSEWHERE = select(func.guard.readings_elsewhere(_wanted_ids, _wanted_dates).column_valued())


def contents(session: Session, places: Sequence[tuple[UUID, date]]) -> dict[UUID, tuple[object, ...]]:
    """Return the content of the stored readings among (id, taken_on) pairs, by id; see `NewReading.content`.

    One that belongs to a person out of the scope has an empty content, which equals no other.
    """
    if not places:
        return {}
    values = {"ids": [each for each, _ in places], "dates": [on for _, on in places]}
    found = {row[0]: tuple(row[1:]) for row in session.execute(_STORED, values)}
    if len(found) < len(places):
        found = dict.fromkeys(session.scalars(_ELSEWHERE, values), ()) | found
    return found
