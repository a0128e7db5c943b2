"""What helps to decide about a held reading: who may have taken it, and the stored reading that it contradicts."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.clinical.codes import ReadingKind
from cmc.core.clock import local_date
from cmc.core.crypto import Keyring
from cmc.core.scope import Scope
from cmc.devices import queries as devices
from cmc.ingest import judging, queries, ranking, resolving
from cmc.ingest.held_schemas import CandidateOut, HeldDeviceOut, HeldReadingDetail
from cmc.ingest.received import Received
from cmc.ingest.schemas import HeldReadingOut
from cmc.ingest.tables import HeldReading, HoldKind
from cmc.readings.calibrating import calibration_overdue


def detail(session: Session, scope: Scope, keys: Keyring, held_id: UUID, *, on: date) -> HeldReadingDetail:
    """Return a held reading with its candidates, or with the reading on file; raise `NotFound` when it is foreign."""
    held = queries.held(session, scope, held_id)
    item = resolving.read_again(session, scope, keys, held)
    stored = None
    if item is not None and held.kind == HoldKind.CONFLICT and held.reading_id is not None:
        stored = queries.stored_reading(session, scope, held.reading_id, local_date(item.taken_at))
    listed = [] if item is None or held.patient_id is not None else _candidates(session, scope, keys, held, item, on)
    marked = calibration_overdue(session, scope, [held] if stored is None else [held, stored])
    return HeldReadingDetail.with_help(held, listed, stored, marked, _registered(session, scope, held))


def _registered(session: Session, scope: Scope, held: HeldReading) -> HeldDeviceOut | None:
    device = None if held.device is None else devices.by_code(session, scope, held.device)
    if device is None:
        return None
    is_held = bool(devices.open_issues(session, scope, [device.id])[device.id])
    return HeldDeviceOut(id=device.id, retired=device.retired_at is not None, is_held=is_held)


def shown(session: Session, scope: Scope, found: Sequence[HeldReading]) -> list[HeldReadingOut]:
    """Return held readings as the API shows them."""
    marked = calibration_overdue(session, scope, found)
    return [HeldReadingOut.of(each, marked) for each in found]


def _candidates(
    session: Session, scope: Scope, keys: Keyring, held: HeldReading, item: Received, on: date
) -> list[CandidateOut]:
    measured = judging.measure(item)
    of_pressure = item.kind == ReadingKind.BLOOD_PRESSURE
    value = measured.sbp_mmhg if of_pressure else measured.glucose_umol_l
    reading = ranking.Unclaimed(item.device, item.taken_at, value, of_pressure)
    holdings = queries.holdings_near(session, scope, reading, kind=ReadingKind(item.kind), clinic_id=held.clinic_id)
    ranked = ranking.candidates(reading, holdings)
    people = queries.patients_by_id(session, scope, [each.patient_id for each in ranked])
    return [CandidateOut.of(keys, each, people[each.patient_id], on=on) for each in ranked if each.patient_id in people]
