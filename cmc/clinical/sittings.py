"""Sittings: blood pressures taken one after another, and the one value that stands for them (BP-03, BP-06).

Every single reading stays stored; a sitting is only how they are read. Values in mmHg, times are aware instants.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cmc.clinical.blood_pressure import OfficeMean, office_mean
from cmc.clinical.codes import Setting

LONGEST_PAUSE: Final = timedelta(minutes=10)  # [D] readings are about a minute apart; a rest of 5 minutes still fits


@dataclass(frozen=True, slots=True)
class Pressure:
    """One reading of one person. `averaged`: the number of measurements that the cuff itself averaged, 1 for none."""

    at: datetime
    sbp_mmhg: int
    dbp_mmhg: int
    setting: Setting = Setting.HOME
    pulse_bpm: int | None = None
    irregular_pulse: bool = False
    averaged: int = 1


@dataclass(frozen=True, slots=True)
class Sitting:
    """Readings of one setting with at most 10 minutes between one and the next, in the order taken; never empty."""

    readings: tuple[Pressure, ...]

    @property
    def at(self) -> datetime:
        """When it began."""
        return self.readings[0].at

    @property
    def setting(self) -> Setting:
        """Where it was taken."""
        return self.readings[0].setting

    @property
    def irregular_pulse(self) -> bool:
        """Whether the cuff found an irregular pulse in any of them (BP-06)."""
        return any(each.irregular_pulse for each in self.readings)

    @property
    def mean(self) -> OfficeMean:
        """The value of the sitting (BP-03): mean of two, or of the last two of three; all with an irregular pulse."""
        pairs = [(each.sbp_mmhg, each.dbp_mmhg) for each in self.readings]
        return office_mean(pairs, irregular_pulse=self.irregular_pulse)


def sittings(readings: Iterable[Pressure]) -> tuple[Sitting, ...]:
    """The readings grouped into sittings, oldest first; the order in which they are given does not matter.

    An averaged value of a cuff is a sitting of its own: what it was made of is not known.
    """
    ordered = sorted(readings, key=lambda each: (each.setting, each.at, each.sbp_mmhg, each.dbp_mmhg))
    groups: list[list[Pressure]] = []
    for each in ordered:
        if groups and _together(groups[-1], each):
            groups[-1].append(each)
        else:
            groups.append([each])
    return tuple(sorted((Sitting(tuple(group)) for group in groups), key=lambda each: (each.at, each.setting)))


def _together(group: Sequence[Pressure], each: Pressure) -> bool:
    last = group[-1]
    single = last.averaged == 1 and each.averaged == 1
    return single and last.setting is each.setting and each.at - last.at <= LONGEST_PAUSE
