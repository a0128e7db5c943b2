"""Reads of devices and of who held them."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.devices.calibration import Calibration
from cmc.devices.codes import DeviceKind
from cmc.devices.tables import Device, DeviceIssue


class Holding(NamedTuple):
    """Who held a device from `from_at` up to `to_at` (None: still); with a slot, only that user of it."""

    patient_id: UUID
    user_slot: int | None
    from_at: datetime
    to_at: datetime | None

    def covers(self, at: datetime, user_slot: int | None) -> bool:
        """Whether a reading of this moment, and of this user if the device says one, belongs to the holding."""
        same_user = self.user_slot is None or self.user_slot == user_slot
        return same_user and self.from_at <= at and (self.to_at is None or at < self.to_at)


class KnownDevice(NamedTuple):
    """What a reading's device is set to, and who held it when; the latest holding first."""

    code: str
    zone: str
    glucose_unit: str | None
    in_use_since: datetime
    holdings: tuple[Holding, ...]

    def holder(self, at: datetime, user_slot: int | None) -> UUID | None:
        """Who held it at a moment; None when nobody did, or when a cuff for two does not say which of them."""
        found = {each.patient_id for each in self.holdings if each.covers(at, user_slot)}
        return found.pop() if len(found) == 1 else None


# Written out, and the holders only for devices that are on file: it is part of every late batch that names a device.
_KNOWN = text("SELECT id, code, zone, glucose_unit, in_use_since FROM device WHERE code = ANY (CAST(:codes AS text[]))")
_HELD = text(
    "SELECT device_id, patient_id, user_slot, from_at, to_at FROM device_issue"
    " WHERE device_id = ANY (CAST(:ids AS uuid[]))"
    " AND (CAST(:clinics AS uuid[]) IS NULL OR clinic_id = ANY (CAST(:clinics AS uuid[])))"
    " ORDER BY from_at DESC, id DESC"
)


def known(session: Session, scope: Scope, codes: Sequence[str]) -> dict[str, KnownDevice]:
    """Return what the registry knows of the devices with these codes. Holders: those of the scope.

    One statement, and a second one only when any of them is on file.
    """
    devices = session.execute(_KNOWN, {"codes": list(codes)}).all() if codes else []
    if not devices:
        return {}
    holdings: dict[UUID, list[Holding]] = {each.id: [] for each in devices}
    for device_id, *held in session.execute(_HELD, {"ids": list(holdings), "clinics": scope.listed()}):
        holdings[device_id].append(Holding(*held))
    return {
        code: KnownDevice(code, zone, unit, since, tuple(holdings[device_id]))
        for device_id, code, zone, unit, since in devices
    }


_CALIBRATED = text(
    "SELECT d.code, c.calibrated_on, c.due_on FROM device AS d JOIN device_calibration AS c ON c.device_id = d.id"
    " WHERE d.code = ANY (CAST(:codes AS text[])) ORDER BY c.calibrated_on DESC"
)


def calibrations(session: Session, scope: Scope, codes: Collection[str]) -> dict[str, list[Calibration]]:
    """Return the calibrations of the devices with these codes, the latest first; those of none are left out.

    Of any clinic: a person keeps readings of a device that another clinic gave out. No person stands in it.
    """
    del scope
    found: dict[str, list[Calibration]] = {}
    if codes:
        for code, *made in session.execute(_CALIBRATED, {"codes": sorted(codes)}):
            found.setdefault(code, []).append(Calibration(*made))
    return found


def device(session: Session, scope: Scope, device_id: UUID) -> Device:
    """Return a device of the scope; raise `NotFound` when it is absent or foreign."""
    found = session.get(Device, device_id)
    if found is None or not scope.includes(found.clinic_id):
        raise NotFound("no such device")
    return found


def by_code(session: Session, scope: Scope, code: str) -> Device | None:
    """Return the device of the scope that its readings call so; None when it is absent or foreign."""
    query = select(Device).where(col(Device.code) == code, scope.covers(col(Device.clinic_id)))
    return session.scalars(query).one_or_none()


def page(
    session: Session,
    scope: Scope,
    *,
    clinic_id: UUID | None = None,
    kind: DeviceKind | None = None,
    calibration_due_on: date | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[Device]:
    """Return up to `limit` devices by code, without those retired; `calibration_due_on`: only those due by that day."""
    query = (
        select(Device)
        .where(scope.covers(col(Device.clinic_id)), col(Device.retired_at).is_(None))
        .order_by(col(Device.code))
        .limit(limit)
    )
    if clinic_id is not None:
        query = query.where(col(Device.clinic_id) == clinic_id)
    if kind is not None:
        query = query.where(col(Device.kind) == kind.value)
    if calibration_due_on is not None:
        query = query.where(col(Device.calibration_due_on) <= calibration_due_on)
    if after is not None:
        query = query.where(col(Device.code) > after)
    return list(session.scalars(query))


def open_issues(session: Session, scope: Scope, device_ids: Sequence[UUID]) -> dict[UUID, list[DeviceIssue]]:
    """Return who has each of the devices now."""
    query = select(DeviceIssue).where(
        col(DeviceIssue.device_id).in_(device_ids),
        col(DeviceIssue.to_at).is_(None),
        scope.covers(col(DeviceIssue.clinic_id)),
    )
    found: dict[UUID, list[DeviceIssue]] = {each: [] for each in device_ids}
    for issue in session.scalars(query.order_by(col(DeviceIssue.user_slot), col(DeviceIssue.from_at))):
        found[issue.device_id].append(issue)
    return found


def issues(
    session: Session, scope: Scope, device_id: UUID, *, overlapping: tuple[datetime, datetime | None] | None = None
) -> list[DeviceIssue]:
    """Return who had a device, the latest first; `overlapping`: only holdings that share a moment with the span."""
    query = select(DeviceIssue).where(col(DeviceIssue.device_id) == device_id, scope.covers(col(DeviceIssue.clinic_id)))
    if overlapping is not None:
        start, end = overlapping
        query = query.where(or_(col(DeviceIssue.to_at).is_(None), col(DeviceIssue.to_at) > start))
        if end is not None:
            query = query.where(col(DeviceIssue.from_at) < end)
    return list(session.scalars(query.order_by(col(DeviceIssue.from_at).desc(), col(DeviceIssue.id).desc())))
