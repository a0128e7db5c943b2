"""Changes of the registry: devices put on file, changed, given out and taken back. Nothing here commits."""

from datetime import date, datetime
from typing import Final
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.clock import local_date
from cmc.core.errors import Conflict, invalid
from cmc.core.scope import Scope
from cmc.devices import queries
from cmc.devices.schemas import DeviceChangeIn, DeviceIn, IssueIn
from cmc.devices.tables import Device, DeviceCalibration, DeviceIssue
from cmc.organisations import queries as organisations
from cmc.patients import queries as patients

_LATER: Final = "at most now: what has not happened is not on record"
_SAME: Final = object()
_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('device:' || :code, 0))")


def add(session: Session, scope: Scope, wanted: DeviceIn, *, now: datetime) -> Device:
    """Put a device on file; raise `Conflict` when its code is on file, `NotFound` for a clinic out of the scope."""
    organisations.clinic(session, scope, wanted.clinic_id)
    _require_zone(wanted.zone)
    _require_past("/in_use_since", wanted.in_use_since, now)
    session.execute(_LOCK, {"code": wanted.code})
    if session.scalars(select(col(Device.id)).where(col(Device.code) == wanted.code)).one_or_none() is not None:
        raise Conflict("a device with this code is on file", code="device-on-file")
    _require_past("/calibrated_on", wanted.calibrated_on, local_date(now))
    _require_order(wanted.calibrated_on, wanted.calibration_due_on)
    device = Device(
        **wanted.model_dump(exclude={"in_use_since", "calibrated_on"}),
        in_use_since=wanted.in_use_since or now,
        recorded_by=scope.actor,
        recorded_at=now,
    )
    session.add(device)
    session.flush()
    if device.calibration_due_on is not None:
        _calibrated(session, scope, device, wanted.calibrated_on or local_date(device.in_use_since), now)
    return device


def change(session: Session, scope: Scope, device_id: UUID, wanted: DeviceChangeIn, *, now: datetime) -> Device:
    """Change what is on file of a device; `retired` true takes it out of use, and false brings it back.

    A calibration counts from its day on: readings that were taken while the one before was due stay marked.
    """
    device = queries.device(session, scope, device_id)
    given = wanted.given()
    retired, calibrated_on = given.pop("retired", None), given.pop("calibrated_on", None)
    _require_past("/calibrated_on", calibrated_on, local_date(now))
    is_calibrated = calibrated_on is not None or given.get("calibration_due_on", _SAME) not in (
        _SAME,
        device.calibration_due_on,
    )
    if "zone" in given:
        _require_zone(given["zone"])
    for name, value in given.items():
        setattr(device, name, value)
    if retired is not None:
        device.retired_at = (device.retired_at or now) if retired else None
    session.flush()
    if is_calibrated:
        _require_order(calibrated_on, device.calibration_due_on)
        _calibrated(session, scope, device, calibrated_on or local_date(now), now)
    return device


def _calibrated(session: Session, scope: Scope, device: Device, on: date, now: datetime) -> None:
    """Keep that the device's present day of calibration counts from a day on."""
    made = session.get(DeviceCalibration, (device.id, on)) or DeviceCalibration(
        device_id=device.id, calibrated_on=on, recorded_by=scope.actor, recorded_at=now
    )
    made.due_on, made.recorded_by, made.recorded_at = device.calibration_due_on, scope.actor, now
    session.add(made)
    session.flush()


def issue(session: Session, scope: Scope, device_id: UUID, wanted: IssueIn, *, now: datetime) -> DeviceIssue:
    """Give a device to a person. Raises `Conflict` when somebody has it, or had it within that time."""
    device = locked(session, scope, device_id)
    patient = patients.get(session, scope, wanted.patient_id)
    _require_past("/from_at", wanted.from_at, now)
    if device.retired_at is not None:
        raise Conflict("this device is out of use", code="device-retired")
    from_at = wanted.from_at or now
    others = queries.issues(session, scope, device_id, overlapping=(from_at, None))
    if any(same_user(each.user_slot, wanted.user_slot) for each in others):
        raise Conflict("somebody has it then: enter the return first", code="device-issued")
    given = DeviceIssue(
        device_id=device.id,
        patient_id=patient.id,
        clinic_id=device.clinic_id,
        user_slot=wanted.user_slot,
        from_at=from_at,
        issued_by=scope.actor,
    )
    session.add(given)
    session.flush()
    return given


def take_back(
    session: Session, scope: Scope, device_id: UUID, *, user_slot: int | None, to_at: datetime | None, now: datetime
) -> list[DeviceIssue]:
    """Enter that a device came back, from one user or from all. Raises `Conflict` when nobody has it."""
    locked(session, scope, device_id)
    _require_past("/to_at", to_at, now)
    ended = [
        each
        for each in queries.open_issues(session, scope, [device_id])[device_id]
        if user_slot is None or each.user_slot == user_slot
    ]
    if not ended:
        raise Conflict("nobody has this device", code="device-not-issued")
    for each in ended:
        if (to_at or now) <= each.from_at:
            raise invalid("/to_at", "out_of_range", "later than it was given out")
        each.to_at, each.returned_by = to_at or now, scope.actor
    session.flush()
    return ended


def locked(session: Session, scope: Scope, device_id: UUID) -> Device:
    """Return the device, and make others that give it out or take it back wait."""
    device = queries.device(session, scope, device_id)
    session.execute(_LOCK, {"code": device.code})
    return device


def same_user(one: int | None, other: int | None) -> bool:
    """Whether two user numbers of a device may be the same user; None is every user of it."""
    return one is None or other is None or one == other


def _require_past(pointer: str, at: date | None, now: date) -> None:
    """Raise `Invalid` for a day, or an instant, that lies after `now`, which is of the same kind."""
    if at is not None and at > now:
        raise invalid(pointer, "out_of_range", _LATER)


def _require_order(calibrated_on: date | None, due_on: date | None) -> None:
    if calibrated_on is not None and due_on is not None and due_on <= calibrated_on:
        raise invalid("/calibrated_on", "out_of_range", "a day before the one on which the next calibration is due")


def _require_zone(zone: str | None) -> None:
    if zone not in available_timezones():
        raise invalid("/zone", "not_in_list", "the IANA name of a time zone such as Asia/Shanghai")
