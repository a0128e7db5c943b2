"""Storing what a format read: people resolved set-wise, one insert, everything accounted for item by item.

Statements of a batch, whatever its size: people (one or two), insert, and only when needed: contents of what was there
already, marks, held items, receipt. People are resolved first and in the same transaction; the insert itself checks
nobody. Nothing here commits: the caller acknowledges after its COMMIT.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.core import key_check
from cmc.core.clock import local_date
from cmc.core.errors import FieldError, Unavailable
from cmc.core.scope import Scope
from cmc.ingest import effects, identity, judging, queries, registry
from cmc.ingest.keeping import Arrival, Held, held
from cmc.ingest.queries import Person, PersonKey
from cmc.ingest.received import Faults, Received
from cmc.ingest.results import ItemResult, Status
from cmc.ingest.tables import HoldKind
from cmc.patients import touched
from cmc.readings import queries as readings
from cmc.readings import service as store_of_readings
from cmc.readings.new_reading import NewReading


@dataclass(slots=True)
class _Work:
    """The items of one batch on their way: index → candidate or result, and what is to be held."""

    results: dict[int, ItemResult] = field(default_factory=dict)
    candidates: list[tuple[int, NewReading]] = field(default_factory=list)
    held: dict[UUID, Held] = field(default_factory=dict)
    doubted: list[tuple[int, NewReading, Faults]] = field(default_factory=list)


_CONFLICT = "the same reading is on file with other content: the first is kept, this one is held for review"
_HOLD = text(
    "INSERT INTO held_reading"
    " (id, kind, reasons, item, patient_id, clinic_id, reading_id, device, receipt_id, received_at)"
    " SELECT id, kind, CAST(reasons AS jsonb), CAST(item AS jsonb), patient_id, clinic_id, reading_id, device,"
    " CAST(:receipt_id AS uuid), :received_at"
    " FROM unnest(CAST(:id AS uuid[]), CAST(:kind AS text[]), CAST(:reasons AS text[]), CAST(:item AS text[]),"
    " CAST(:patient_id AS uuid[]), CAST(:clinic_id AS uuid[]), CAST(:reading_id AS uuid[]),"
    " CAST(:device AS text[])) AS new (id, kind, reasons, item, patient_id, clinic_id, reading_id, device)"
    " ON CONFLICT DO NOTHING"
)
_KEEP = text(
    "INSERT INTO receipt (id, received_at, source, format, data_key, body,"
    " clinic_id, items, created, held, refused, least_lag_seconds, most_lag_seconds)"
    " VALUES (CAST(:id AS uuid), :at, :source, :format, :data_key, :body, CAST(:clinic_id AS uuid),"
    " :items, :created, :held, :refused, :least_lag_seconds, :most_lag_seconds) ON CONFLICT DO NOTHING"
)


def store(
    session: Session, scope: Scope, arrival: Arrival, items: Sequence[Received | Faults], *, now: datetime
) -> list[ItemResult]:
    """Store a batch and say for each item what became of it, in order.

    The same batch again changes nothing and gives duplicates. The raw body is kept, once, unless all of it was stored
    before: what was refused may be wanted too. Raises `Unavailable` when another transaction is still undecided about
    the same reading.
    """
    work = _Work()
    known = registry.known_devices(session, scope, items, now=now)
    items = registry.with_holders(items, known)
    clocks = registry.clocks(session, scope, items, known, now=now)
    _judge(work, items, _people(session, scope, items), scope.only_clinic(), clocks, now)
    _settle_doubted(session, work, items)
    receipt_id = arrival.receipt_id
    _store_candidates(session, work, items, receipt_id, now)
    _hold(session, work.held, receipt_id=receipt_id, now=now)
    results = [work.results[index] for index in range(len(items))]
    effects.set_off(session, scope, items, results, [row for _, row in work.candidates], work.held, now=now)
    if any(result.status is not Status.DUPLICATE for result in results):
        _keep(session, receipt_id, arrival, now, _account(scope, items, results, now))
    return results


def _store_candidates(
    session: Session, work: _Work, items: Sequence[Received | Faults], receipt_id: UUID, now: datetime
) -> None:
    rows: dict[UUID, NewReading] = {}
    for _, row in work.candidates:
        rows.setdefault(row.id, row)
    created = store_of_readings.insert(session, list(rows.values()), receipt_id=receipt_id, received_at=now)
    if len(created) == len(work.candidates):  # the ordinary batch: all of it is new
        for index, row in work.candidates:
            work.results[index] = ItemResult(index, Status.CREATED, row.id)
    else:
        _compare(session, work, items, rows, created)
    if created:
        touched.mark(session, {rows[each].patient_id for each in created}, at=now)


def _compare(
    session: Session,
    work: _Work,
    items: Sequence[Received | Faults],
    rows: dict[UUID, NewReading],
    created: set[UUID],
) -> None:
    stored = _contents(session, [row for each, row in rows.items() if each not in created])
    for index, row in work.candidates:
        if row.id in created and row is rows[row.id]:
            work.results[index] = ItemResult(index, Status.CREATED, row.id)
        elif row.content == (rows[row.id].content if row.id in created else stored[row.id]):
            work.results[index] = ItemResult(index, Status.DUPLICATE, row.id)
        else:
            _conflict(work, index, items[index], row)


def _account(
    scope: Scope, items: Sequence[Received | Faults], results: list[ItemResult], now: datetime
) -> dict[str, object]:
    """What the receipt says of its items: how many became what, and how late the new ones came (below zero: early)."""
    told = Counter(each.status for each in results)
    moments = [
        item.taken_at
        for item, result in zip(items, results, strict=True)
        if result.status is Status.CREATED and isinstance(item, Received)
    ]
    return {
        "clinic_id": scope.only_clinic(),
        "items": len(results),
        "created": told[Status.CREATED],
        "held": told[Status.QUARANTINED] + told[Status.CONFLICT],
        "refused": told[Status.REJECTED],
        "least_lag_seconds": int((now - max(moments)).total_seconds()) if moments else None,
        "most_lag_seconds": int((now - min(moments)).total_seconds()) if moments else None,
    }


def _keep(session: Session, receipt_id: UUID, arrival: Arrival, now: datetime, account: dict[str, object]) -> None:
    under = key_check.current(session, arrival.keys)
    data_key, body = arrival.sealed(receipt_id, under=under)
    values = {"id": receipt_id, "at": now, "source": arrival.source, "format": arrival.format}
    session.execute(_KEEP, values | account | {"data_key": data_key, "body": body})


def _people(session: Session, scope: Scope, items: Sequence[Received | Faults]) -> dict[PersonKey, Person]:
    received = [item for item in items if isinstance(item, Received)]
    ids = {item.patient_id for item in received if item.patient_id is not None}
    identifiers = {item.identifier for item in received if item.identifier is not None}
    return {
        **queries.people_by_id(session, scope, sorted(ids)),
        **queries.people_by_identifier(session, scope, sorted(identifiers)),
    }


def _judge(
    work: _Work,
    items: Sequence[Received | Faults],
    people: dict[PersonKey, Person],
    sent_from: UUID | None,
    clocks: registry.Clocks,
    now: datetime,
) -> None:
    """`sent_from`: the clinic that looks at what belongs to nobody known, when only one clinic can have sent it."""
    for index, item in enumerate(items):
        if not isinstance(item, Received):
            work.results[index] = ItemResult(index, Status.REJECTED, None, item)
            continue
        measured = judging.measure(item)
        if measured.faults:
            faults = judging.rejection(item, measured.faults)
            work.results[index] = ItemResult(index, Status.REJECTED, None, faults)
            continue
        key = item.patient_id or item.identifier
        person = None if key is None else people.get(key)
        doubts = judging.doubts(item, measured, born_on=None if person is None else person.birth_date, now=now)
        if person is None or doubts:
            whose = (None, sent_from) if person is None else (person.id, person.clinic_id)
            _quarantine(work, index, item, doubts, whose)
            continue
        verdict = clocks.check(item)
        row = new_row(item, measured, person, now, noted=registry.clock_notes(verdict))
        if found := registry.clock_faults(item, verdict):
            work.doubted.append((index, row, found))
        else:
            work.candidates.append((index, row))


def _settle_doubted(session: Session, work: _Work, items: Sequence[Received | Faults]) -> None:
    """Hold what the device's history does not believe, unless it is on file: what was stored stays a duplicate."""
    rows = [row for _, row, _ in work.doubted]
    stored = readings.contents(session, [(row.id, row.taken_on) for row in rows]) if rows else {}
    for index, row, found in work.doubted:
        item = items[index]
        if row.id in stored or not isinstance(item, Received):
            work.candidates.append((index, row))
        else:
            _quarantine(work, index, item, found, (row.patient_id, row.clinic_id))


def _quarantine(
    work: _Work, index: int, item: Received, reasons: Faults, whose: tuple[UUID | None, UUID | None]
) -> None:
    aside = held(HoldKind.QUARANTINED, item, reasons, whose)
    work.held[aside.id] = aside
    work.results[index] = ItemResult(index, Status.QUARANTINED, aside.id, reasons)


def new_row(
    item: Received, measured: judging.Measured, person: Person, now: datetime, *, noted: str | None = None
) -> NewReading:
    """Return the row of a believed item of a person; `noted` are further codes, separated by spaces."""
    notes = judging.notes(item, measured, now=now)
    if item.device is not None and item.sequence is not None:
        reading_id = identity.by_sequence(item.device, item.kind, item.sequence, item.taken_at)
    else:
        source = f"patient:{person.id}" if item.device is None else identity.device_source(item.device, item.user_slot)
        reading_id = identity.by_content(source, item.kind, item.specimen, item.taken_at, measured.values)
    return NewReading(
        reading_id,
        local_date(item.taken_at),
        person.clinic_id,
        person.id,
        item.kind,
        item.taken_at,
        item.setting,
        item.period,
        item.specimen,
        measured.glucose_umol_l,
        measured.bound,
        measured.sbp_mmhg,
        measured.dbp_mmhg,
        measured.pulse_bpm,
        item.device,
        item.sequence,
        measured.alert_tier,
        item.value_text or measured.value_text,
        item.unit_text or item.unit,
        item.device_time_text,
        item.utc_offset_minutes,
        notes if noted is None else f"{notes} {noted}" if notes else noted,
    )


def _contents(session: Session, rows: list[NewReading]) -> dict[UUID, tuple[object, ...]]:
    found = readings.contents(session, [(row.id, row.taken_on) for row in rows])
    if len(found) < len(rows):
        raise Unavailable("the same readings are being stored by another request: send them again")
    return found


def _conflict(work: _Work, index: int, item: Received | Faults, row: NewReading) -> None:
    if isinstance(item, Received):
        reasons = (FieldError(item.pointer, "conflict", _CONFLICT),)
        aside = held(HoldKind.CONFLICT, item, reasons, (row.patient_id, row.clinic_id), row.id)
        work.held[aside.id] = aside
        work.results[index] = ItemResult(index, Status.CONFLICT, row.id, reasons)


def _hold(session: Session, aside: dict[UUID, Held], *, receipt_id: UUID, now: datetime) -> None:
    if not aside:
        return
    rows = [aside[each] for each in sorted(aside)]
    values: dict[str, object] = {
        name: [getattr(row, name) for row in rows] for name in Held.__struct_fields__ if name != "kind"
    }
    values |= {"kind": [row.kind.value for row in rows], "receipt_id": receipt_id, "received_at": now}
    session.execute(_HOLD, values)
