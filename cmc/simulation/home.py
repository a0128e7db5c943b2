"""Home readings of one cell: devices, their clocks, and the evening uploads of the hub that collects them.

Who measures has a cuff for hypertension and a meter for diabetes. A device numbers its readings; the battery of a few
falls out and their clocks start again in 2000, a few are set to another zone. The hub of a cell sends every evening
what its devices measured since, and is down now and then.
"""

from typing import Final

import numpy as np

from cmc.clinical.codes import GlucosePeriod
from cmc.simulation import measuring
from cmc.simulation.levels import Levels
from cmc.simulation.lives import Ending, Lives
from cmc.simulation.people import People, Whole
from cmc.simulation.plan import Plan, stream
from cmc.simulation.region import Cell
from cmc.simulation.visits import Columns

UTC_OFFSET_SECONDS: Final = 8 * 3600
CUFF, METER = 0, 1
PERIODS: Final = (
    # period, share, earliest and latest minute of the day, factor on the fasting level
    (GlucosePeriod.FASTING, 0.5, 375, 455, 1.0),
    (GlucosePeriod.AFTER_BREAKFAST_2H, 0.2, 510, 600, 1.38),
    (GlucosePeriod.BEFORE_DINNER, 0.1, 1020, 1080, 1.1),
    (GlucosePeriod.AFTER_DINNER_2H, 0.15, 1170, 1250, 1.34),
    (GlucosePeriod.BEDTIME, 0.05, 1290, 1350, 1.2),
)
MOST_ITEMS: Final = 500
"""Readings in one upload, as the API takes them."""

_MEASURES, _A_DAY = 0.4, 0.137
_ACUTE: Final = 0.006
"""Share of readings in an acute episode: far too high, or too low."""
_FALLS_OUT, _OTHER_ZONE, _AHEAD_SECONDS = 0.025, 0.01, 8 * 3600
_CLOCK_START: Final = int(np.datetime64("2000-01-01T00:00:00").astype(np.int64)) - UTC_OFFSET_SECONDS
_UPLOAD_MINUTE, _DOWN = 20 * 60 + 30, 0.012
_DAY: Final = 86_400


def home(plan: Plan, cell: Cell, who: People, life: Lives, true: Levels) -> Columns:
    """Return the home readings of a cell's people in the order in which the hub sends them.

    Columns: `who` index into the cell · `kind` CUFF or METER · `taken` true instant, `shown` the device's clock,
    `received`, in seconds since 1970 UTC · `sequence` · `sbp` `dbp` `pulse` · `glucose` tenths of a mmol/L · `period`
    index into `PERIODS` · `upload` number of the request that brought it, from 0 (-1 for values that do not belong).
    """
    rng = stream(plan, cell.number, "home")
    start, end = (int(np.datetime64(each, "D").astype(np.int64)) for each in (plan.start, plan.end))
    owner, kind, first, last = _devices(rng, who, life, start, end)
    device, day = _sittings(rng, first, last)
    columns = _measurements(rng, true, owner[device], kind[device], day)
    columns["device"] = device
    order = np.lexsort((columns["taken"], device))
    columns = {name: each[order] for name, each in columns.items()}
    columns["sequence"] = _count_on(columns["device"])
    columns["shown"] = _shown(rng, columns, len(owner))
    return _uploads(rng, cell, columns, start, end)


def _devices(rng: np.random.Generator, who: People, life: Lives, start: int, end: int) -> tuple[Whole, ...]:
    """Owner, kind, first and last day of every device; those without a day in the records are left out."""
    measures = rng.random(len(who)) < _MEASURES
    owner, kind = np.nonzero(who.has & measures[:, None])
    given = np.maximum(start, life.enrolled[owner, kind] + 1) + rng.integers(0, 90, len(owner))
    gone = np.where(life.ending[owner] == Ending.TRANSFERRED, end + 1, life.ended[owner])
    last = np.minimum(end, gone - 1)
    used = given <= last
    return owner[used], kind[used], given[used], last[used]


def _sittings(rng: np.random.Generator, first: Whole, last: Whole) -> tuple[Whole, Whole]:
    """Which device measured on which day: at an even rate of its owner's."""
    span = last - first + 1
    times = rng.poisson(_A_DAY * rng.gamma(2.0, 0.5, len(first)) * span)
    device = np.repeat(np.arange(len(first)), times)
    return device, first[device] + np.floor(rng.random(len(device)) * span[device]).astype(np.int64)


def _measurements(rng: np.random.Generator, true: Levels, who: Whole, kind: Whole, day: Whole) -> Columns:
    count = len(who)
    sbp, dbp = measuring.home_pressure(rng, true.pressure(who, day))
    period = np.searchsorted(np.cumsum([each[1] for each in PERIODS])[:-1], rng.random(count), side="right")
    factor = np.array([each[4] for each in PERIODS])[period]
    glucose = measuring.glucose_tenths(rng, true.fasting(who, day) * factor)
    acute, high = rng.random(count) < _ACUTE, rng.random(count) < 0.6
    sbp, dbp = np.where(acute, rng.integers(182, 208, count), sbp), np.where(acute, rng.integers(104, 119, count), dbp)
    dangerous = np.where(high, rng.integers(168, 245, count), rng.integers(27, 39, count))
    glucose = np.where(acute, dangerous, glucose)
    morning = rng.random(count) < 0.65
    minute = np.where(morning, rng.integers(380, 520, count), rng.integers(1140, 1225, count))
    ends = np.array([each[2:4] for each in PERIODS])[period]
    minute = np.where(kind == METER, ends[:, 0] + np.floor(rng.random(count) * (ends[:, 1] - ends[:, 0])), minute)
    taken = day * _DAY + minute.astype(np.int64) * 60 + rng.integers(0, 60, count) - UTC_OFFSET_SECONDS
    cuff = kind == CUFF
    return {
        "who": who,
        "kind": kind,
        "taken": taken,
        "sbp": np.where(cuff, sbp, -1),
        "dbp": np.where(cuff, dbp, -1),
        "pulse": np.where(cuff, np.clip(np.rint(rng.normal(74, 9, count)), 46, 128).astype(np.int64), -1),
        "glucose": np.where(cuff, -1, glucose),
        "period": np.where(cuff, -1, period),
    }


def _count_on(device: Whole) -> Whole:
    """Number the readings of each device from 1; the readings of a device stand together."""
    starts = np.flatnonzero(np.r_[True, device[1:] != device[:-1]]) if len(device) else device
    return np.arange(len(device)) - np.repeat(starts, np.diff(np.r_[starts, len(device)])) + 1


def _shown(rng: np.random.Generator, columns: Columns, devices: int) -> Whole:
    """What the devices' clocks showed: some started again in 2000 for a while, some are in another zone."""
    falls_at = np.where(rng.random(devices) < _FALLS_OUT, rng.integers(2, 120, devices), -1)
    lasts = rng.integers(2, 20, devices)
    ahead = np.where(rng.random(devices) < _OTHER_ZONE, _AHEAD_SECONDS, 0)
    device, sequence, taken = columns["device"], columns["sequence"], columns["taken"]
    since = sequence - falls_at[device]
    wrong = (falls_at[device] > 0) & (since >= 0) & (since < lasts[device])
    at_fall = np.zeros(devices, dtype=np.int64)
    first = wrong & (since == 0)
    at_fall[device[first]] = taken[first]
    return np.where(wrong, _CLOCK_START + taken - at_fall[device] + 30, taken + ahead[device])


def _uploads(rng: np.random.Generator, cell: Cell, columns: Columns, start: int, end: int) -> Columns:
    """Put the readings into the evening uploads; what was not sent by the last evening is not there yet."""
    minute = _UPLOAD_MINUTE + cell.number % 29
    up = rng.random(end - start + 2) >= _DOWN
    up[-1] = True  # an evening after the end, for what comes too late
    next_up = np.flip(np.minimum.accumulate(np.flip(np.where(up, np.arange(len(up)), len(up) - 1))))
    local = columns["taken"] + UTC_OFFSET_SECONDS
    evening = local // _DAY + (local % _DAY >= (minute - 1) * 60)
    day = start + next_up[np.clip(evening - start, 0, len(up) - 1)]
    order = np.lexsort((columns["sequence"], columns["device"], columns["taken"], day))
    order = order[day[order] <= end]
    columns = {name: each[order] for name, each in columns.items() if name != "device"}
    day = day[order]
    place = _count_on(day) - 1
    number = np.r_[0, np.cumsum((np.diff(day) != 0) | (place[1:] % MOST_ITEMS == 0))] if len(day) else day
    return columns | {"received": day * _DAY + minute * 60 - UTC_OFFSET_SECONDS, "upload": number}
