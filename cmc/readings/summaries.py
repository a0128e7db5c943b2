"""From stored rows to what is said of them: series, glucose profile, sensor and pressure summaries. Pure.

Days and times of day are those of the centre (Asia/Shanghai), whatever zone a device stated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from cmc.clinical.cgm import CgmReport, SensorValue, cgm_report, interval_of
from cmc.clinical.codes import GlucoseFlag, GlucosePeriod, Setting
from cmc.clinical.home_week import HomeWeek, home_week
from cmc.clinical.periods import DateRange
from cmc.clinical.sittings import Pressure
from cmc.core.clock import LOCAL, midnight
from cmc.core.named import NamedStr
from cmc.readings.glucose_profile import FEWEST, GlucoseProfile, ProfileValue, Slot, glucose_profile
from cmc.readings.pressure_summary import PressureSummary, pressure_summary
from cmc.readings.rows import GlucoseRow, PressureRow
from cmc.readings.thinning import thin

USUAL_INTERVAL_MINUTES: Final = 5
SENSOR_STEP_MINUTES: Final = 30
IRREGULAR_PULSE: Final = "irregular_pulse"
AVERAGED: Final = "averaged:"


class Sufficiency(NamedStr):
    """Whether what is on file says enough: an empty span never looks like a zero."""

    ENOUGH = "enough", "数据充分", "Enough data"
    NO_READINGS = "no_readings", "该时段没有测量数据", "No readings in this span"
    FEW_VALUES = "few_values", "测量值少于5个，不给出百分位数", "Fewer than 5 values: no percentiles"
    HOME_TOO_FEW = (
        "home_too_few",
        "家庭血压不足3天或不足12次，均值仅供参考，不作判断",
        "Home readings on fewer than 3 days or fewer than 12: the mean is not judged",
    )
    NO_HOME = "no_home_readings", "该时段没有家庭血压，只有诊室血压", "Office readings only: none taken at home"
    SENSOR_SHORT = (
        "sensor_too_short",
        "传感器数据不足14天或有效时间不足70%，指标仅供参考",
        "Less than 14 days, or less than 70% of them, with sensor values: not to be relied on",
    )
    ONLY_BOUNDS = "only_bounds", "只有HI/LO，没有可计算的数值", "Only HI or LO: no value to calculate with"


@dataclass(frozen=True, slots=True)
class Profiled:
    """The glucose profile of a span and whether it says enough."""

    sufficiency: Sufficiency
    profile: GlucoseProfile


@dataclass(frozen=True, slots=True)
class Sensed:
    """The sensor report of a span; `report` is None without a sensor value. `slots` are half hours of the day."""

    sufficiency: Sufficiency
    report: CgmReport | None
    slots: Sequence[Slot] = ()


@dataclass(frozen=True, slots=True)
class Pressed:
    """The pressures of a span, and the home week that ends on its last day."""

    sufficiency: Sufficiency
    summary: PressureSummary
    week: HomeWeek


def profile(rows: Sequence[GlucoseRow], *, step_minutes: int) -> Profiled:
    """The profile of finger-stick values. Raises ValueError for a step that does not divide the day."""
    values = [
        ProfileValue(
            each.taken_at.astimezone(LOCAL).replace(tzinfo=None),
            each.glucose_umol_l,
            None if each.period is None else GlucosePeriod(each.period),
            None if each.bound is None else GlucoseFlag(each.bound),
        )
        for each in rows
    ]
    found = glucose_profile(values, step_minutes=step_minutes)
    if found.whole is None:
        return Profiled(Sufficiency.NO_READINGS, found)
    return Profiled(Sufficiency.ENOUGH if len(rows) >= FEWEST else Sufficiency.FEW_VALUES, found)


def sensor_report(rows: Sequence[GlucoseRow], span: DateRange, *, interval_minutes: int | None = None) -> Sensed:
    """The report of sensor values over whole local days; without an interval it is taken from the values themselves."""
    if not rows:
        return Sensed(Sufficiency.NO_READINGS, None)
    values = [
        SensorValue(each.taken_at, each.glucose_umol_l, None if each.bound is None else GlucoseFlag(each.bound))
        for each in rows
    ]
    interval = interval_minutes or interval_of(each.at for each in values) or USUAL_INTERVAL_MINUTES
    report = cgm_report(values, start=midnight(span.start), end=midnight(span.end), interval_minutes=interval)
    if report.summary is None:
        return Sensed(Sufficiency.ONLY_BOUNDS, report)
    slots = profile(rows, step_minutes=SENSOR_STEP_MINUTES).profile.slots
    return Sensed(Sufficiency.ENOUGH if report.sufficient else Sufficiency.SENSOR_SHORT, report, slots)


def pressure(rows: Sequence[PressureRow], *, last_on: date) -> Pressed:
    """The summary of the pressures of a span, counted by sittings (BP-03), with the home week up to `last_on`."""
    readings = [(each.taken_at.astimezone(LOCAL).replace(tzinfo=None), _pressure(each)) for each in rows]
    summary = pressure_summary(readings)
    week = home_week(readings, last_on=last_on)
    home = summary.by_setting.get(Setting.HOME)
    if not rows:
        return Pressed(Sufficiency.NO_READINGS, summary, week)
    if home is None:
        return Pressed(Sufficiency.NO_HOME, summary, week)
    judged = week.mean is not None and week.mean.usable
    return Pressed(Sufficiency.ENOUGH if judged else Sufficiency.HOME_TOO_FEW, summary, week)


def drawn_glucose(rows: Sequence[GlucoseRow], *, points: int) -> list[GlucoseRow]:
    """The values to draw: at most `points`, and besides them every alarm, HI and LO. Raises ValueError below 4."""
    always = [place for place, each in enumerate(rows) if each.alert_tier is not None or each.bound is not None]
    seconds, values = _columns([(each.taken_at.timestamp(), each.glucose_umol_l) for each in rows])
    return [rows[each] for each in thin(seconds, values, most=points, always=always)]


def drawn_pressures(rows: Sequence[PressureRow], *, points: int) -> list[PressureRow]:
    """The pressures to draw: extremes of both numbers, at most `points`, and besides them every alarm."""
    always = [place for place, each in enumerate(rows) if each.alert_tier is not None]
    seconds, systolic = _columns([(each.taken_at.timestamp(), each.sbp_mmhg) for each in rows])
    _, diastolic = _columns([(0.0, each.dbp_mmhg) for each in rows])
    if len(rows) <= points:
        return list(rows)
    of_systolic = thin(seconds, systolic, most=points // 2, always=always)
    of_diastolic = thin(seconds, diastolic, most=points // 2)
    return [rows[each] for each in np.union1d(of_systolic, of_diastolic)]


def span_of(last_on: date, days: int) -> DateRange:
    """The `days` local days that end on `last_on`, which is counted."""
    return DateRange(last_on - timedelta(days=days - 1), last_on + timedelta(days=1))


def _pressure(row: PressureRow) -> Pressure:
    notes = (row.notes or "").split()
    averaged = [each.removeprefix(AVERAGED) for each in notes if each.startswith(AVERAGED)]
    return Pressure(
        at=row.taken_at,
        sbp_mmhg=row.sbp_mmhg,
        dbp_mmhg=row.dbp_mmhg,
        setting=Setting(row.setting),
        pulse_bpm=row.pulse_bpm,
        irregular_pulse=IRREGULAR_PULSE in notes,
        averaged=int(averaged[0]) if averaged and averaged[0].isdecimal() else 1,
    )


def _columns(pairs: Sequence[tuple[float, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]
