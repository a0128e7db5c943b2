"""Readings as charts and summaries need them: a few columns, no entities."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class GlucoseRow(NamedTuple):
    """A glucose value as charts and summaries need it; µmol/L, with `bound` it is the meter's limit."""

    id: UUID
    taken_at: datetime
    glucose_umol_l: int
    bound: str | None
    period: str | None
    alert_tier: str | None
    device: str | None = None


class PressureRow(NamedTuple):
    """A blood pressure as charts and summaries need it; mmHg and beats/min."""

    id: UUID
    taken_at: datetime
    setting: str
    sbp_mmhg: int
    dbp_mmhg: int
    pulse_bpm: int | None
    alert_tier: str | None
    notes: str | None
    device: str | None = None
