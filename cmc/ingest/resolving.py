"""What a person decides about a reading that was kept aside: whose it is, what was wrong with it, that it counts not.

What is stored is read again from the raw body as it arrived, judged again by the same rules, and known by the same
identity, so that nothing is doubled and nothing is typed anew. Each decision can be undone. Nothing here commits.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import delete
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.clinical.emergencies import reading_tier
from cmc.core import db
from cmc.core.crypto import Keyring
from cmc.core.errors import Conflict, FieldError, Forbidden, Invalid, invalid
from cmc.core.scope import Right, Scope
from cmc.devices import handing
from cmc.devices import queries as devices
from cmc.devices.schemas import IssueIn
from cmc.ingest import effects, identity, judging, native_item, queries, receipts, service
from cmc.ingest.clock_check import HOLDING
from cmc.ingest.errors import Unreadable
from cmc.ingest.exact_json import parse
from cmc.ingest.formats import FORMATS
from cmc.ingest.held_schemas import AssignIn, ReplayIn
from cmc.ingest.people import Person, people_by_id
from cmc.ingest.received import Circumstances, Received
from cmc.ingest.rows import new_row
from cmc.ingest.tables import HeldReading, HoldKind, Receipt, Resolution
from cmc.patients import queries as patients
from cmc.patients import touched
from cmc.readings import queries as readings
from cmc.readings import service as store_of_readings
from cmc.readings.new_reading import NewReading
from cmc.readings.tables import Reading

UNKNOWN_PERSON: Final = "unknown_person"
UNIT_DOUBTFUL: Final = "unit_doubtful"
_BY_CODE: Final = {each.code: each for each in FORMATS}


def assign(
    session: Session, scope: Scope, keys: Keyring, held_id: UUID, wanted: AssignIn, *, now: datetime
) -> HeldReading:
    """Store a held reading for a person and, when wished, give them its device from the time of the reading on.

    Raises as `settle` and `hand_over` do, `Invalid` for a device that is not on file, and `Forbidden` for who may not
    keep the register.
    """
    held = settle(session, scope, keys, held_id, ReplayIn(patient_id=wanted.patient_id), now=now)
    if not wanted.keep_device:
        return held
    if Right.MANAGE_DEVICES not in scope.rights:
        raise Forbidden
    device = None if held.device is None else devices.by_code(session, scope, held.device)
    if device is None:
        raise invalid("/keep_device", "device_unknown", "put the device on file first")
    item = read_again(session, scope, keys, held)
    if item is None or held.patient_id is None:  # it was read again to be stored
        raise Conflict("its body is no longer kept, or cannot be read again", code="body-gone")
    issue = IssueIn(patient_id=held.patient_id, from_at=min(item.taken_at, now), user_slot=item.user_slot)
    done = handing.hand_over(session, scope, device.id, issue, ending=wanted.end_holder, now=now)
    held.issue_id, held.ended_issues = done.issue_id, list(done.ended) or None
    session.flush()
    return held


def settle(
    session: Session, scope: Scope, keys: Keyring, held_id: UUID, fix: ReplayIn, *, now: datetime
) -> HeldReading:
    """Store a held reading with what was found out about it.

    Raises `Conflict` when it was settled before, is a conflict (the first is kept), or its body is no longer kept, and
    `Invalid` with what still speaks against it.
    """
    held = _open(session, scope, held_id)
    if held.kind == HoldKind.CONFLICT:
        raise Conflict("another reading of the same identity is on file and is kept: dismiss this one", code="conflict")
    person = _person(session, scope, fix.patient_id or held.patient_id)
    found = read_again(session, scope, keys, held, glucose_unit=fix.glucose_unit)
    if found is None:
        raise Conflict("its body is no longer kept, or cannot be read again", code="body-gone")
    item = _fixed(found, fix, person)
    _require_time(held, fix)
    row = service.on_file(session, item, _row(item, person, fix, received_at=held.received_at), person)
    created = store_of_readings.insert(
        session, [row], receipt_ids={row.id: held.receipt_id}, received_at=held.received_at
    )
    if not created and readings.contents(session, [(row.id, row.taken_on)]).get(row.id) != row.content:
        raise Conflict("a reading of the same identity with other content is on file", code="conflict")
    touched.mark(session, [person.id], at=now)
    held.patient_id = person.id
    held.resolution = (Resolution.STORED if created else Resolution.ON_FILE).value
    held.stored_id, held.stored_on = (row.id, row.taken_on) if created else (None, None)
    held.resolved_at, held.resolved_by = now, scope.actor
    session.flush()
    effects.settled(session, scope, held, now=now)
    if created:
        effects.set_off_one(session, scope, row, received_at=held.received_at, now=now)
    return held


def dismiss(session: Session, scope: Scope, held_id: UUID, reason: str, *, now: datetime) -> HeldReading:
    """Decide that a held reading counts for nobody; it stays on file with the reason."""
    held = _open(session, scope, held_id)
    held.resolution, held.dismissed_because = Resolution.DISMISSED.value, reason
    held.resolved_at, held.resolved_by = now, scope.actor
    session.flush()
    effects.settled(session, scope, held, now=now)
    return held


def undo(session: Session, scope: Scope, held_id: UUID, *, now: datetime) -> HeldReading:
    """Take a decision back: what it stored is removed, what was on file before stays, its device is given back.

    An issue of the device that was returned meanwhile is history and stays. Raises `Conflict` when nothing was decided,
    and (`device-used`) when other readings of the device came in for the person by that issue.
    """
    held = queries.held(session, scope, held_id)
    if held.resolved_at is None:
        raise Conflict("nothing was decided about it", code="not-resolved")
    if held.issue_id is not None:
        _take_device_back(session, scope, held, held.issue_id, since=held.resolved_at)
    if held.stored_id is not None and held.stored_on is not None and held.patient_id is not None:
        stored = queries.stored_reading(session, scope, held.stored_id, held.stored_on)
        if stored is not None:
            effects.withdrawn(session, scope, stored, now=now)
        gone = delete(Reading).where(
            col(Reading.id) == held.stored_id,
            col(Reading.taken_on) == held.stored_on,
            col(Reading.patient_id) == held.patient_id,
        )
        session.execute(gone)
        people = [held.patient_id]
        audit.record(session, scope, Act.DELETE, "reading", subject_id=held.stored_id, person_ids=people)
        touched.mark(session, people, at=now)
    if any(each["code"] == UNKNOWN_PERSON for each in held.reasons):
        held.patient_id = None
    held.stored_id = held.stored_on = held.resolution = held.dismissed_because = None
    held.resolved_at = held.resolved_by = held.issue_id = held.ended_issues = None
    session.flush()
    effects.opened_again(session, scope, held, now=now)
    return held


def _take_device_back(session: Session, scope: Scope, held: HeldReading, issue_id: UUID, *, since: datetime) -> None:
    issue = handing.open_issue(session, scope, issue_id)
    if issue is None:
        return
    if queries.came_from(session, scope, issue, held.device, since=since, but=held.stored_id):
        raise Conflict(
            "readings of this device came in for this person since then: enter its return first", code="device-used"
        )
    handing.take_back(session, scope, issue, ended=held.ended_issues or [])


def read_again(
    session: Session, scope: Scope, keys: Keyring, held: HeldReading, *, glucose_unit: str | None = None
) -> Received | None:
    """Return the item as its format reads it today, out of the raw body; None when the body is gone.

    Rows of imported files are read from what was kept of the row itself.
    """
    with db.acting_in_region(session, scope):  # what a sender of several clinics sent is kept for the region alone
        receipt = session.get(Receipt, held.receipt_id)
    if receipt is None:
        return None
    form = _BY_CODE.get(receipt.format)
    if form is None:
        item = native_item.from_fields(parse(queries.item_text(session, scope, held.id).encode()))
        return item if isinstance(item, Received) else None
    body = receipts.opened(keys, receipt.id, receipt.data_key, receipt.body)
    try:
        items = form.read(body, _circumstances(session, scope, held, receipt.given, glucose_unit)).items
    except (Unreadable, Invalid):
        return None
    found = (each for each in items if isinstance(each, Received) and _is(held, each, receipt.clinic_id))
    return next(found, None)


def _is(held: HeldReading, item: Received, sent_from: UUID | None) -> bool:
    as_sent = msgspec.json.encode(item.as_sent).decode()
    return held.id in {identity.held(held.kind, as_sent, sent_from), identity.held_before(held.kind, as_sent)}


def _circumstances(
    session: Session, scope: Scope, held: HeldReading, said: dict[str, Any] | None, glucose_unit: str | None
) -> Circumstances:
    """What its sender said beside the body, and where that says nothing what the register knows today."""
    given = msgspec.convert(said or {}, Circumstances)
    known = {} if held.device is None else devices.known(session, scope, [held.device])
    device = known.get(held.device or "")
    return msgspec.structs.replace(
        given,
        zone=given.zone if given.zone_said or device is None else device.zone,
        received_at=held.received_at,
        device=given.device or held.device,
        glucose_unit=glucose_unit or given.glucose_unit or (None if device is None else device.glucose_unit),
    )


def _open(session: Session, scope: Scope, held_id: UUID) -> HeldReading:
    held = queries.held(session, scope, held_id)
    if held.resolved_at is not None:
        raise Conflict("this was decided before: undo it first", code="resolved")
    return held


def _person(session: Session, scope: Scope, patient_id: UUID | None) -> Person:
    if patient_id is None:
        raise Invalid(errors=(FieldError("/patient_id", "missing", "say whose reading it is"),))
    found = patients.get(session, scope, patient_id)
    return people_by_id(session, scope, [found.id])[found.id]


def _fixed(item: Received, fix: ReplayIn, person: Person) -> Received:
    changes: dict[str, Any] = {"pointer": "", "patient_id": person.id, "identifier": None}
    if fix.taken_at is not None:
        changes["time_unknown"] = False
        changes["taken_at"] = fix.taken_at.astimezone(UTC).replace(microsecond=0)
    if fix.glucose_unit is not None and item.value is not None:
        changes["unit"] = fix.glucose_unit.value
    if fix.control_solution is False:
        changes["control_solution"] = False
    return msgspec.structs.replace(item, **changes)


def _require_time(held: HeldReading, fix: ReplayIn) -> None:
    """Raise `Invalid` when the device's history spoke against the time and nobody says what it was."""
    if fix.taken_at is None:
        found = [each for each in held.reasons if each["code"] in HOLDING]
        if found:
            raise Invalid(errors=tuple(FieldError(each["pointer"], each["code"], each["detail"]) for each in found))


def _row(item: Received, person: Person, fix: ReplayIn, *, received_at: datetime) -> NewReading:
    measured = judging.measure(item)
    if measured.faults:
        raise Invalid(errors=judging.rejection(item, measured.faults))
    doubts = judging.doubts(item, measured, born_on=person.birth_date, now=received_at)
    left = tuple(each for each in doubts if each.code != UNIT_DOUBTFUL or fix.glucose_unit is None)
    if left:
        raise Invalid(errors=left)
    if measured.unit_doubtful and measured.glucose_umol_l is not None:  # a severe hypoglycaemia, now that it is one
        tier = reading_tier(glucose_umol_l=measured.glucose_umol_l)
        measured = msgspec.structs.replace(measured, unit_doubtful=False, alert_tier=tier)
    decided = "time_corrected" if fix.taken_at is not None else None
    unit = "unit_confirmed" if fix.glucose_unit is not None else None
    person_is = "no_control_solution" if fix.control_solution is False else None
    noted = " ".join(each for each in ("reviewed", decided, unit, person_is) if each is not None)
    return new_row(item, measured, person, received_at, noted=noted)
