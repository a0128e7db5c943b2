"""Storing what a format read: people resolved set-wise, one insert, everything accounted for item by item.

Statements of a group of arrivals, whatever its size: people (one or two), insert, and only when needed: contents of
what was there already, marks, held items, receipts. People are resolved first and in the same transaction; the insert
itself checks nobody. Nothing here commits: the caller acknowledges after its COMMIT.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.core import db, key_check
from cmc.core.clock import local_date
from cmc.core.db import Asked
from cmc.core.errors import FieldError, Unavailable
from cmc.core.scope import Scope
from cmc.ingest import effects, judging, kept, registry
from cmc.ingest import people as of_people
from cmc.ingest.keeping import Arrival, Held, held
from cmc.ingest.people import NOBODY, Person, PersonKey
from cmc.ingest.received import Faults, Received
from cmc.ingest.results import ItemResult, Status
from cmc.ingest.rows import identity_of, new_row
from cmc.ingest.tables import HoldKind
from cmc.readings import queries as readings
from cmc.readings import service as store_of_readings
from cmc.readings.new_reading import NewReading

Items = Sequence[Received | Faults]


@dataclass(slots=True)
class _Work:
    """The items of a group on their way: index → candidate or result, and what is to be held."""

    sent_from: UUID | None
    """The clinic that looks at what belongs to nobody known, when only one clinic can have sent it."""
    receipt_ids: list[UUID]
    """Of each item."""
    places: list[int]
    """Of each item, counted from 0 in its arrival."""
    results: dict[int, ItemResult] = field(default_factory=dict)
    candidates: list[tuple[int, NewReading]] = field(default_factory=list)
    held: dict[UUID, tuple[Held, UUID]] = field(default_factory=dict)
    doubted: list[tuple[int, NewReading, Faults]] = field(default_factory=list)
    renamed: dict[int, tuple[UUID, ...]] = field(default_factory=dict)
    """The other ids that a candidate may be on file under, because its person took other records over."""


_CONFLICT = "the same reading is on file with other content: the first is kept, this one is held for review"


def store(session: Session, scope: Scope, arrival: Arrival, items: Items, *, now: datetime) -> list[ItemResult]:
    """Store a batch and say for each item what became of it, in order.

    The same batch again changes nothing and gives duplicates. The raw body is kept, once, unless all of it was stored
    before: what was refused may be wanted too. Raises `Unavailable` when another transaction is still undecided about
    the same reading.
    """
    under = key_check.current(session, arrival.keys)
    (results,), receipts = store_together(session, scope, [(arrival, items)], under=under, now=now)
    if receipts is not None:
        db.say(session, *receipts)
    return results


def store_together(
    session: Session,
    scope: Scope,
    arrivals: Sequence[tuple[Arrival, Items]],
    *,
    under: bytes,
    now: datetime,
    people: Mapping[PersonKey, Person] = NOBODY,
) -> tuple[list[list[ItemResult]], Asked | None]:
    """Store arrivals of one scope as if one had come after the other, with the statements of a single one.

    Returns the results of each, and the statement that is still to be made in the same transaction: it keeps the
    receipts of whatever was not all a repetition, None when there is none. `under` is the master key that wraps now;
    `people` are those who were looked up already in this transaction.
    """
    items: Items = [item for _, sent in arrivals for item in sent]
    receipt_ids = [arrival.receipt_id for arrival, _ in arrivals]
    of_items = [each for each, (_, sent) in zip(receipt_ids, arrivals, strict=True) for _ in sent]
    work = _Work(scope.only_clinic(), of_items, [place for _, sent in arrivals for place in range(len(sent))])
    known = registry.known_devices(session, scope, items, now=now)
    items = registry.with_holders(items, known)
    clocks = registry.clocks(session, scope, items, known, now=now)
    _judge(work, items, _people(session, scope, items, people), clocks, now)
    _settle_names(session, work)
    _settle_doubted(session, work, items)
    _store_candidates(session, work, items, now)
    kept.hold(session, work.held.values(), now=now)
    told = [work.results[index] for index in range(len(items))]
    new, aside = [row for _, row in work.candidates], {each.id: each for each, _ in work.held.values()}
    effects.set_off(session, scope, items, told, new, aside, sent_from=work.sent_from, now=now)
    found, to_keep = _accounted(work, arrivals, receipt_ids, now)
    return found, kept.receipts(to_keep, under=under, now=now) if to_keep else None


def _accounted(
    work: _Work, arrivals: Sequence[tuple[Arrival, Items]], receipt_ids: list[UUID], now: datetime
) -> tuple[list[list[ItemResult]], list[tuple[Arrival, UUID, kept.Account]]]:
    """Return the results of each arrival, counted from 0, and the accounts of what is to be kept."""
    found, to_keep, first = [], [], 0
    for receipt_id, (arrival, items) in zip(receipt_ids, arrivals, strict=True):
        results = [work.results[index] for index in range(first, first + len(items))]
        if any(each.status is not Status.DUPLICATE for each in results):
            to_keep.append((arrival, receipt_id, _account(work, items, results, now)))
        found.append(results)
        first += len(items)
    return found, to_keep


def _store_candidates(session: Session, work: _Work, items: Items, now: datetime) -> None:
    rows: dict[UUID, NewReading] = {}
    receipts: dict[UUID, UUID] = {}
    for index, row in work.candidates:
        if rows.setdefault(row.id, row) is row:
            receipts[row.id] = work.receipt_ids[index]
    created = store_of_readings.insert(session, list(rows.values()), receipt_ids=receipts, received_at=now)
    if len(created) == len(work.candidates):  # the ordinary batch: all of it is new
        for index, row in work.candidates:
            work.results[index] = ItemResult(work.places[index], Status.CREATED, row.id)
    else:
        _compare(session, work, items, rows, created)


def _compare(session: Session, work: _Work, items: Items, rows: dict[UUID, NewReading], created: set[UUID]) -> None:
    stored = _contents(session, [row for each, row in rows.items() if each not in created])
    for index, row in work.candidates:
        if row.id in created and row is rows[row.id]:
            work.results[index] = ItemResult(work.places[index], Status.CREATED, row.id)
        elif row.content == (rows[row.id].content if row.id in created else stored[row.id]):
            work.results[index] = ItemResult(work.places[index], Status.DUPLICATE, row.id)
        else:
            _conflict(work, index, items[index], row)


def _account(work: _Work, items: Items, results: list[ItemResult], now: datetime) -> kept.Account:
    told = [each.status for each in results]
    moments = [
        item.taken_at
        for item, status in zip(items, told, strict=True)
        if status is Status.CREATED and isinstance(item, Received)
    ]
    return kept.Account(
        work.sent_from,
        len(results),
        len(moments),
        told.count(Status.QUARANTINED) + told.count(Status.CONFLICT),
        told.count(Status.REJECTED),
        int((now - max(moments)).total_seconds()) if moments else None,
        int((now - min(moments)).total_seconds()) if moments else None,
    )


def _people(
    session: Session, scope: Scope, items: Items, known: Mapping[PersonKey, Person]
) -> Mapping[PersonKey, Person]:
    received = [item for item in items if isinstance(item, Received)]
    ids = {item.patient_id for item in received if item.patient_id is not None} - known.keys()
    identifiers = {item.identifier for item in received if item.identifier is not None}
    if not ids and not identifiers:
        return known
    return {
        **known,
        **of_people.people_by_id(session, scope, list(ids)),
        **of_people.people_by_identifier(session, scope, sorted(identifiers)),
    }


def _judge(
    work: _Work, items: Items, people: Mapping[PersonKey, Person], clocks: registry.Clocks, now: datetime
) -> None:
    for index, item in enumerate(items):
        if not isinstance(item, Received):
            work.results[index] = ItemResult(work.places[index], Status.REJECTED, None, item)
            continue
        measured = judging.measure(item)
        if measured.faults:
            faults = judging.rejection(item, measured.faults)
            work.results[index] = ItemResult(work.places[index], Status.REJECTED, None, faults)
            continue
        key = item.patient_id or item.identifier
        person = None if key is None else people.get(key)
        taken_on = local_date(item.taken_at)
        born_on = None if person is None else person.birth_date
        doubts = judging.doubts(item, measured, born_on=born_on, now=now, taken_on=taken_on)
        if person is None or doubts:
            whose = (None, work.sent_from) if person is None else (person.id, person.clinic_id)
            _quarantine(work, index, item, doubts, whose)
            continue
        verdict = clocks.check(item)
        noted = None if verdict is None else registry.clock_notes(verdict)
        row = new_row(item, measured, person, now, noted=noted, taken_on=taken_on)
        if len(person.names) > 1:
            work.renamed[index] = tuple(identity_of(item, measured, each) for each in person.names[1:])
        if verdict is not None and (found := registry.clock_faults(item, verdict)):
            work.doubted.append((index, row, found))
        else:
            work.candidates.append((index, row))


def _settle_names(session: Session, work: _Work) -> None:
    """Let a reading of a person who took records over be the one that is on file under another of the person's ids."""
    if not work.renamed:
        return
    rows = dict(work.candidates) | {index: row for index, row, _ in work.doubted}
    ids = {index: (rows[index].id, *others) for index, others in work.renamed.items()}
    places = [(each, rows[index].taken_on) for index, listed in ids.items() for each in listed]
    stored = readings.contents(session, places)
    chosen: dict[UUID, UUID] = {}
    renamed: dict[int, NewReading] = {}
    for index, listed in ids.items():
        found = next((each for each in listed if each in stored), None)
        found = found or next((chosen[each] for each in listed if each in chosen), listed[0])
        chosen |= dict.fromkeys(listed, found)
        renamed[index] = rows[index]._replace(id=found)
    work.candidates = [(index, renamed.get(index, row)) for index, row in work.candidates]
    work.doubted = [(index, renamed.get(index, row), why) for index, row, why in work.doubted]


def _settle_doubted(session: Session, work: _Work, items: Items) -> None:
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
    tier = None if item.control_solution else judging.measure(item).alert_tier
    aside = held(HoldKind.QUARANTINED, item, reasons, whose, sent_from=work.sent_from, alert_tier=tier)
    work.held[aside.id] = aside, work.receipt_ids[index]
    work.results[index] = ItemResult(work.places[index], Status.QUARANTINED, aside.id, reasons)


def _conflict(work: _Work, index: int, item: Received | Faults, row: NewReading) -> None:
    if not isinstance(item, Received):
        return
    reasons, whose = (FieldError(item.pointer, "conflict", _CONFLICT),), (row.patient_id, row.clinic_id)
    kind, tier = HoldKind.CONFLICT, judging.measure(item).alert_tier
    aside = held(kind, item, reasons, whose, sent_from=work.sent_from, reading_id=row.id, alert_tier=tier)
    work.held.setdefault(aside.id, (aside, work.receipt_ids[index]))
    work.results[index] = ItemResult(work.places[index], Status.CONFLICT, row.id, reasons)


def on_file(session: Session, item: Received, row: NewReading, person: Person) -> NewReading:
    """Return the row with the id under which it is on file by another name of its person, if it is."""
    others = [identity_of(item, judging.measure(item), name) for name in person.names[1:]]
    stored = readings.contents(session, [(each, row.taken_on) for each in others])
    return row._replace(id=next((each for each in others if each in stored), row.id))


def _contents(session: Session, rows: list[NewReading]) -> dict[UUID, tuple[object, ...]]:
    found = readings.contents(session, [(row.id, row.taken_on) for row in rows])
    if len(found) < len(rows):
        raise Unavailable("the same readings are being stored by another request: send them again")
    return found
