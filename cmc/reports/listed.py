"""People of a report as they are read from its lists."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID


class Listed(NamedTuple):
    """One person of a list."""

    patient_id: UUID
    clinic_id: UUID


class Moved(NamedTuple):
    """A person who stands elsewhere now than in the report, for one disease; None: not in the lists at all."""

    patient_id: UUID
    clinic_id: UUID
    disease: str
    met: list[str] | None
    not_met: list[str] | None
    met_now: list[str] | None
    not_met_now: list[str] | None
