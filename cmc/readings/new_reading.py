"""A reading ready to be stored, and which part of it is its content. Pure."""

from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID


class NewReading(NamedTuple):
    """One reading ready to be stored. Values in µmol/L, mmHg and beats/min; `taken_at` aware UTC."""

    id: UUID
    taken_on: date
    clinic_id: UUID
    # from here to `sequence`: the content, which a second arrival of the same identity must repeat
    patient_id: UUID
    kind: str
    taken_at: datetime
    setting: str
    period: str | None
    specimen: str | None
    glucose_umol_l: int | None
    bound: str | None
    sbp_mmhg: int | None
    dbp_mmhg: int | None
    pulse_bpm: int | None
    device: str | None
    sequence: int | None
    # how it was sent, and what follows from the content
    alert_tier: str | None
    value_text: str
    unit_text: str
    device_time_text: str | None
    utc_offset_minutes: int | None
    notes: str | None

    @property
    def content(self) -> tuple[object, ...]:
        """What makes two arrivals of one identity equal: everything but id, place and spelling."""
        return tuple(self)[CONTENT]


_FIRST, _LAST = NewReading._fields.index("patient_id"), NewReading._fields.index("sequence")
CONTENT: Final = slice(_FIRST, _LAST + 1)
CONTENT_COLUMNS: Final = NewReading._fields[CONTENT]
