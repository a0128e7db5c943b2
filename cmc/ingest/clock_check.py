"""Whether a device's clock can be believed, judged by what the device sent before. Pure.

Devices forget the time when their battery is changed: they start again in 1970, 2000, 2010 or at the date of their
firmware, while their sequence numbers go on. So the number orders what the time cannot. Nothing is corrected here: the
answer says why a time is not believed and how far the clock seems to be off, and a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cmc.core.named import NamedStr
from cmc.ingest.judging import EARLIEST_YEAR, LARGEST_SKEW, ORDINARY_SKEW

RESET_YEARS: Final = frozenset({1970, 1980, 2000, 2010})
BEFORE_ACTIVATION: Final = timedelta(days=1)
LIVE_WITHIN: Final = ORDINARY_SKEW
FEWEST_FOR_SKEW: Final = 3
STEADY_WITHIN: Final = timedelta(minutes=2)
LATEST_CONSIDERED: Final = 50


class ClockReason(NamedStr):
    """What is wrong with a device's time."""

    RESET = "clock_reset", "时钟已重置", "Clock was reset"
    IN_FUTURE = "clock_in_future", "时间在未来", "Time lies in the future"
    BEFORE_ACTIVATION = "before_activation", "早于设备启用", "Before the device was in use"
    BACKWARDS = "clock_backwards", "时间倒退", "Time went back while the numbers went on"
    AHEAD = "clock_ahead", "时钟偏快", "Clock is ahead"
    SET_BACK = "clock_set_back", "时钟被调慢", "Clock was set back"
    RESTARTED = "sequence_restarted", "序号重新开始", "Numbers began anew"


HOLDING: Final = frozenset(
    {ClockReason.RESET, ClockReason.IN_FUTURE, ClockReason.BEFORE_ACTIVATION, ClockReason.BACKWARDS}
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One reading of a device: its number if it has one, its time, and when it arrived. Both times are aware."""

    taken_at: datetime
    received_at: datetime
    sequence: int | None = None

    @property
    def ahead(self) -> bool:
        """Whether it claims to be younger than its arrival."""
        return self.taken_at > self.received_at + ORDINARY_SKEW

    @property
    def live(self) -> bool:
        """Whether it arrived within minutes of being taken: then its clock is right."""
        return abs(self.received_at - self.taken_at) <= LIVE_WITHIN


@dataclass(frozen=True, slots=True)
class ClockVerdict:
    """Why a time is doubted, in the order of `ClockReason`; `skew` is how far the clock is ahead, None when unknown."""

    reasons: tuple[ClockReason, ...]
    skew: timedelta | None

    @property
    def held(self) -> bool:
        """Whether the reading waits for a person instead of counting."""
        return not HOLDING.isdisjoint(self.reasons)


def check_clock(new: Seen, history: Iterable[Seen], *, activated_at: datetime | None = None) -> ClockVerdict:
    """Judge the time of `new` by the earlier readings of its device, in any order.

    Held: a year before 2015 or one in which clocks begin; more than 24 hours ahead of its arrival; more than a day
    before the device was in use; more than 24 hours before a reading with a smaller number, unless it arrived live.
    Noted only: 10 minutes to 24 hours ahead; set back by up to 24 hours; numbers that began anew.
    """
    earlier = _latest(history)
    found = set(_alone(new, activated_at))
    before = [each for each in earlier if _numbered_before(each, new) and not each.ahead]
    if before and not new.live:
        back = max(each.taken_at for each in before) - new.taken_at
        if back > LARGEST_SKEW:
            found.add(ClockReason.BACKWARDS)
        elif back > ORDINARY_SKEW:
            found.add(ClockReason.SET_BACK)
    if _restarted(new, earlier):
        found.add(ClockReason.RESTARTED)
    reasons = tuple(each for each in ClockReason if each in found)
    return ClockVerdict(reasons, estimated_skew((*earlier, new)))


def estimated_skew(readings: Iterable[Seen]) -> timedelta | None:
    """How far the clock is ahead (negative: behind), None when the readings do not tell.

    A reading arrives after it was taken, so one that seems to come from the future proves at least that much. Being
    behind looks like arriving late; only three or more readings whose least delays agree within 2 minutes say it.
    """
    delays = sorted(each.received_at - each.taken_at for each in readings)
    if len(delays) < FEWEST_FOR_SKEW:
        return None
    least, third = delays[0], delays[FEWEST_FOR_SKEW - 1]
    if least < timedelta(0) or third - least <= STEADY_WITHIN:
        return -least
    return None


def _alone(new: Seen, activated_at: datetime | None) -> Iterable[ClockReason]:
    if new.taken_at.year < EARLIEST_YEAR or new.taken_at.year in RESET_YEARS:
        yield ClockReason.RESET
    elif activated_at is not None and new.taken_at < activated_at - BEFORE_ACTIVATION:
        yield ClockReason.BEFORE_ACTIVATION
    if new.taken_at > new.received_at + LARGEST_SKEW:
        yield ClockReason.IN_FUTURE
    elif new.ahead:
        yield ClockReason.AHEAD


def _latest(history: Iterable[Seen]) -> Sequence[Seen]:
    """The readings that arrived last: an old mistake must not be held against a device for ever."""
    return sorted(history, key=lambda each: (each.received_at, each.sequence or 0, each.taken_at))[-LATEST_CONSIDERED:]


def _numbered_before(each: Seen, new: Seen) -> bool:
    return each.sequence is not None and new.sequence is not None and each.sequence < new.sequence


def _restarted(new: Seen, earlier: Sequence[Seen]) -> bool:
    """Every earlier number is greater, and all of them are older and arrived before."""
    numbered = [each for each in earlier if each.sequence is not None]
    if new.sequence is None or len(numbered) < FEWEST_FOR_SKEW:
        return False
    number = new.sequence
    return all(
        (each.sequence or 0) > number and each.received_at < new.received_at and each.taken_at < new.taken_at
        for each in numbered
    )
