"""When people are in care: enrolled over years, moved, transferred, refused, lost and found again, dead."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from cmc.simulation.people import Flags, People, Real, Whole
from cmc.simulation.plan import DAYS_A_YEAR, Plan, stream
from cmc.simulation.region import Cell

NEVER: Final = 10**6
"""A day that does not come."""

DOCTORS: Final = ("李文静", "赵春梅", "周立", "孙悦", "王海涛", "陈晓燕", "刘洋", "张国庆")
HOSPITALS: Final = ("天津市胸科医院", "天津医科大学总医院", "天津市第一中心医院", "天津医科大学朱宪彝纪念医院")

_NEW_A_YEAR, _SECOND_LATER = 0.08, 0.3
_LONGEST_BEFORE_DAYS = 2190
_LEAVING_A_YEAR: Final = (0.006, 0.004, 0.008, 0.012)  # moved, refused, transferred, lost
_UNSEEN_DAYS: Final = 200  # until a person who is not seen is called lost: LIFE-02 asks for 180 at least
_NOT_LATER_THAN: Final = 20  # the last enrolment, in days before the end


class Ending(IntEnum):
    """What ends or interrupts a person's care."""

    NONE = 0
    DIED = 1
    MOVED_OUT = 2
    REFUSED = 3
    TRANSFERRED = 4
    LOST = 5


@dataclass(frozen=True, slots=True)
class Lives:
    """The care of a cell's people; days count from 1970-01-01, `NEVER` stands for no such day.

    `ended` is the last managed day before an ending (for the lost: the first on which they were not seen any more).
    """

    enrolled: Whole
    """Shape (n, 2), by disease."""
    secondary: Flags
    """The hypertension is a secondary one (HTN-EN-02)."""
    doctor: Whole
    hospital: Whole
    ending: Whole
    ended: Whole
    lost_on: Whole
    back_on: Whole
    to_clinic: Whole
    """The number of the clinic that a person was transferred to, -1 for all others."""

    @property
    def registered(self) -> Whole:
        """The day on which a person was put on file: that of the first enrolment."""
        first: Whole = self.enrolled.min(axis=1)
        return first

    def in_care(self, who: Whole, day: Whole) -> Flags:
        """Whether people (indexes into the cell) can be met on days: not gone, not dead, not out of sight."""
        ending, ended = self.ending[who], self.ended[who]
        gone = np.isin(ending, (Ending.MOVED_OUT, Ending.REFUSED)) & (day > ended)
        dead = (ending == Ending.DIED) & (day >= ended)
        unseen = (ending == Ending.LOST) & (day >= ended) & (day < self.back_on[who])
        there: Flags = ~(gone | dead | unseen)
        return there


def lives(plan: Plan, cell: Cell, who: People, neighbours: list[int]) -> Lives:
    """Draw when the people of a cell are in care."""
    rng, count = stream(plan, cell.number, "lives"), len(who)
    start, end = _day(plan, first=True), _day(plan)
    enrolled = _enrolled(rng, who, start, end)
    latest = np.where(who.has, enrolled, 0).max(axis=1)
    first = np.maximum(start, latest) + 45
    years = np.maximum(0, end - 2 - first) / DAYS_A_YEAR
    ending = _endings(rng, (end - who.birth) / 365.25, years)
    ended = first + np.floor(rng.random(count) * np.maximum(1, end - 2 - first)).astype(np.int64)
    elsewhere = np.array([*neighbours, -1])
    to_clinic = elsewhere[np.minimum(rng.integers(0, max(1, len(neighbours)), count), len(elsewhere) - 1)]
    ending[(ending == Ending.TRANSFERRED) & (to_clinic < 0)] = Ending.NONE
    lost_on = ended + _UNSEEN_DAYS + rng.integers(0, 40, count)
    ending[(ending == Ending.LOST) & (lost_on > end)] = Ending.NONE
    back_on = lost_on + rng.integers(15, 200, count)
    returns = (ending == Ending.LOST) & (rng.random(count) < 0.4) & (back_on < end)
    return Lives(
        enrolled=enrolled,
        secondary=who.has[:, 0] & (rng.random(count) < 0.02),
        doctor=rng.integers(0, len(DOCTORS), count),
        hospital=rng.integers(0, len(HOSPITALS), count),
        ending=ending,
        ended=np.where(ending == Ending.NONE, NEVER, ended),
        lost_on=np.where(ending == Ending.LOST, lost_on, NEVER),
        back_on=np.where(returns, back_on, NEVER),
        to_clinic=np.where(ending == Ending.TRANSFERRED, to_clinic, -1),
    )


def _day(plan: Plan, *, first: bool = False) -> int:
    return int(np.datetime64(plan.start if first else plan.end, "D").astype(np.int64))


def _enrolled(rng: np.random.Generator, who: People, start: int, end: int) -> Whole:
    """One in twelve came in each year of the records, the others in the six years before them."""
    count = len(who)
    within = rng.integers(start + 10, end - _NOT_LATER_THAN, count)
    before = rng.integers(start - _LONGEST_BEFORE_DAYS, start, count)
    first = np.where(rng.random(count) < _NEW_A_YEAR * (end - start) / DAYS_A_YEAR, within, before)
    later = first + rng.integers(60, 600, count)
    later = np.where((rng.random(count) < _SECOND_LATER) & (later < end - _NOT_LATER_THAN), later, first)
    pressure_first = rng.random(count) < 0.7
    both = who.has.all(axis=1)
    days = np.stack(
        [np.where(both & ~pressure_first, later, first), np.where(both & pressure_first, later, first)], axis=1
    )
    return np.where(who.has, days, NEVER)


def _endings(rng: np.random.Generator, age_years: Real, years: Real) -> Whole:
    """At most one ending a person, by constant hazards; death's rises with age."""
    death = 0.006 * np.exp(0.08 * (age_years - 60))
    hazards = np.stack([death, *(np.full_like(death, each) for each in _LEAVING_A_YEAR)], axis=1)
    happens = rng.random(len(death)) < 1 - np.exp(-hazards.sum(axis=1) * years)
    shares = (hazards / hazards.sum(axis=1, keepdims=True)).cumsum(axis=1)
    kind = (rng.random(len(death))[:, None] > shares).sum(axis=1)
    return np.where(happens, np.minimum(kind, len(_LEAVING_A_YEAR)) + 1, Ending.NONE).astype(np.int64)
