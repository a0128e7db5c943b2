"""The glucose profile: percentiles by the time of day and by period, over days. Pure, on NumPy.

HI and LO are bounds (GLU-03): they are counted and left out of means, but they take their place at the two ends when
percentiles are counted, because leaving out the highest values would make a dangerous profile look calm. Between a
value and a bound nothing is interpolated: the nearer of the two is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cmc.clinical.codes import GlucoseFlag, GlucosePeriod

PERCENTILES: Final = (5, 25, 50, 75, 95)
MINUTES_A_DAY: Final = 24 * 60
USUAL_STEP_MINUTES: Final = 60
FEWEST: Final = 5
"""Below this number of values only the median, the least and the greatest are given."""


@dataclass(frozen=True, slots=True)
class ProfileValue:
    """One value by the local clock, µmol/L; with a flag it is a bound."""

    local: datetime
    glucose_umol_l: int
    period: GlucosePeriod | None = None
    flag: GlucoseFlag | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """How values lie, µmol/L: counts, least, greatest, mean without bounds, and percentiles 5, 25, 50, 75, 95.

    `percentiles` is None below 5 values; `mean` is None when all are bounds.
    """

    count: int
    days: int
    high: int
    low: int
    least: int
    greatest: int
    median: int
    mean: float | None
    percentiles: tuple[int, int, int, int, int] | None


@dataclass(frozen=True, slots=True)
class Slot:
    """A part of the day: minutes from local midnight, `from_minute` up to but without `to_minute`."""

    from_minute: int
    to_minute: int
    spread: Spread


@dataclass(frozen=True, slots=True)
class GlucoseProfile:
    """Spreads by part of the day and by period; parts and periods without values are left out."""

    slots: tuple[Slot, ...]
    periods: tuple[tuple[GlucosePeriod, Spread], ...]
    whole: Spread | None


def glucose_profile(values: Iterable[ProfileValue], *, step_minutes: int = USUAL_STEP_MINUTES) -> GlucoseProfile:
    """The profile of values of one person. Raises ValueError for a step that does not divide the day."""
    if step_minutes < 1 or MINUTES_A_DAY % step_minutes:
        raise ValueError("the step must divide the day")
    listed = list(values)
    umol_l = np.array([each.glucose_umol_l for each in listed], dtype=np.int64)
    minutes = np.array([each.local.hour * 60 + each.local.minute for each in listed], dtype=np.int64)
    days = np.array([each.local.toordinal() for each in listed], dtype=np.int64)
    bounds = np.array([_SIGNS[each.flag] for each in listed], dtype=np.int64)
    slot_of = minutes // step_minutes
    slots = [
        Slot(int(each) * step_minutes, (int(each) + 1) * step_minutes, _spread(umol_l, days, bounds, slot_of == each))
        for each in np.unique(slot_of)
    ]
    periods = [
        (period, _spread(umol_l, days, bounds, np.array([each.period is period for each in listed], dtype=np.bool_)))
        for period in GlucosePeriod
        if any(each.period is period for each in listed)
    ]
    everything = np.ones(len(listed), dtype=np.bool_)
    whole = _spread(umol_l, days, bounds, everything) if listed else None
    return GlucoseProfile(tuple(slots), tuple(periods), whole)


_SIGNS: Final = {None: 0, GlucoseFlag.HI: 1, GlucoseFlag.LO: -1}


def _spread(
    umol_l: NDArray[np.int64], days: NDArray[np.int64], bounds: NDArray[np.int64], chosen: NDArray[np.bool_]
) -> Spread:
    taken, sides = umol_l[chosen], bounds[chosen]
    order = np.lexsort((taken, sides))
    ordered = taken[order]
    numeric = taken[sides == 0]
    five, quarter, half, three, most = (int(each) for each in _at(ordered, sides[order], PERCENTILES))
    return Spread(
        count=len(taken),
        days=len(np.unique(days[chosen])),
        high=int((sides == 1).sum()),
        low=int((sides == -1).sum()),
        least=int(ordered[0]),
        greatest=int(ordered[-1]),
        median=half,
        mean=float(numeric.mean()) if len(numeric) else None,
        percentiles=(five, quarter, half, three, most) if len(taken) >= FEWEST else None,
    )


def _at(ordered: NDArray[np.int64], sides: NDArray[np.int64], percents: Sequence[int]) -> NDArray[np.float64]:
    """Percentiles of values in order, between two values linearly, rounded half-up to whole µmol/L."""
    places = np.array(percents) / 100 * (len(ordered) - 1)
    below = np.floor(places).astype(np.int64)
    above = np.minimum(below + 1, len(ordered) - 1)
    share = places - below
    share = np.where(sides[below] == sides[above], share, np.round(share))
    found: NDArray[np.float64] = np.floor(ordered[below] * (1 - share) + ordered[above] * share + 0.5)
    return found
