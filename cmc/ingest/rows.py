"""An item of a person as the row that is stored, and the id by which it is known. Pure."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from cmc.core.clock import local_date
from cmc.ingest import identity, judging
from cmc.ingest.people import Person
from cmc.ingest.received import Received
from cmc.readings.new_reading import NewReading


def identity_of(item: Received, measured: judging.Measured, name: UUID) -> UUID:
    """Return the id of an item's reading under one of the ids of its person."""
    if item.device is not None and item.sequence is not None:
        return identity.by_sequence(name, item.device, item.kind, item.sequence, item.taken_at)
    source = identity.device_source(item.device, item.user_slot)
    return identity.by_content(name, source, item.kind, item.specimen, item.taken_at, measured.values)


def new_row(
    item: Received,
    measured: judging.Measured,
    person: Person,
    now: datetime,
    *,
    noted: str | None = None,
    taken_on: date | None = None,
) -> NewReading:
    """Return the row of a believed item of a person; `noted` are further codes, separated by spaces.

    `taken_on` is the local date of its time, when the caller has it.
    """
    notes = judging.notes(item, measured, now=now)
    return NewReading(
        identity_of(item, measured, person.names[0] if person.names else person.id),
        local_date(item.taken_at) if taken_on is None else taken_on,
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
