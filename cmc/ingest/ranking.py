"""Whose a reading without a person may be: candidates in order, each with the reasons for it. Pure.

A hint for whoever decides, never a decision: nothing is assigned by points.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from cmc.core.named import NamedStr

NEAR: Final = timedelta(days=30)
LATELY: Final = timedelta(days=7)
ALIKE_SHARE: Final = 0.25
ALIKE_MMHG: Final = 20
MOST: Final = 10


class CandidateReason(NamedStr):
    """Why a person is proposed."""

    HELD_IT = "held_it", "当时领用该设备", "Held this very device then"
    HELD_IT_NEAR = "held_it_near", "前后30天内领用过该设备", "Held this device within 30 days of it"
    HOLDS_KIND = "holds_kind", "当时领用同类设备", "Held a device of this kind then"
    MEASURED_LATELY = "measured_lately", "前后7天内有同类测量", "Has readings of this kind within 7 days of it"
    ALIKE = "alike", "数值与其近期测量接近", "The value is like their readings nearest in time"


POINTS: Final = {
    CandidateReason.HELD_IT: 60,
    CandidateReason.HELD_IT_NEAR: 40,
    CandidateReason.HOLDS_KIND: 15,
    CandidateReason.MEASURED_LATELY: 10,
    CandidateReason.ALIKE: 15,
}


class Holding(NamedTuple):
    """That somebody held a device, and their reading of the kind that lies nearest in time; µmol/L or mmHg (SBP)."""

    patient_id: UUID
    device: str
    from_at: datetime
    to_at: datetime | None
    nearest_at: datetime | None
    nearest_value: int | None


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """The reading that nobody claims: its device, time, and value in µmol/L or mmHg (SBP)."""

    device: str | None
    taken_at: datetime
    value: int | None
    of_pressure: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person with what speaks for them; `points` only order the list."""

    patient_id: UUID
    reasons: tuple[CandidateReason, ...]
    points: int
    nearest_at: datetime | None


def candidates(reading: Unclaimed, holdings: Iterable[Holding]) -> list[Candidate]:
    """The people who may have taken the reading, the likeliest first, at most ten; ties by id, so that it is stable."""
    found: dict[UUID, set[CandidateReason]] = {}
    nearest: dict[UUID, datetime | None] = {}
    for each in holdings:
        reasons = set(_reasons(reading, each))
        if not reasons & {CandidateReason.HELD_IT, CandidateReason.HELD_IT_NEAR, CandidateReason.HOLDS_KIND}:
            continue
        found.setdefault(each.patient_id, set()).update(reasons)
        nearest[each.patient_id] = each.nearest_at
    listed = [
        Candidate(who, tuple(each for each in CandidateReason if each in reasons), _points(reasons), nearest[who])
        for who, reasons in found.items()
    ]
    return sorted(listed, key=lambda each: (-each.points, each.patient_id))[:MOST]


def _points(reasons: set[CandidateReason]) -> int:
    return sum(POINTS[each] for each in reasons)


def _reasons(reading: Unclaimed, held: Holding) -> Iterable[CandidateReason]:
    at, end = reading.taken_at, held.to_at
    then = held.from_at <= at and (end is None or at < end)
    if held.device == reading.device:
        if then:
            yield CandidateReason.HELD_IT
        elif held.from_at - NEAR <= at and (end is None or at < end + NEAR):
            yield CandidateReason.HELD_IT_NEAR
    elif then:
        yield CandidateReason.HOLDS_KIND
    if held.nearest_at is not None and abs(held.nearest_at - at) <= LATELY:
        yield CandidateReason.MEASURED_LATELY
        if _alike(reading, held.nearest_value):
            yield CandidateReason.ALIKE


def _alike(reading: Unclaimed, value: int | None) -> bool:
    if value is None or reading.value is None:
        return False
    if reading.of_pressure:
        return abs(reading.value - value) <= ALIKE_MMHG
    return abs(reading.value - value) <= ALIKE_SHARE * value
