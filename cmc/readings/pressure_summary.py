"""Summary of blood pressures of one person over some days: means, spread, shares, by setting and part of the day. Pure.

What is counted is the sitting (BP-03), not the single reading: three readings in a row are one finding. Values in mmHg.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import sqrt
from typing import Final

from cmc.clinical.blood_pressure import HOME_ELEVATED_MMHG, OFFICE_ELEVATED_MMHG
from cmc.clinical.codes import Setting
from cmc.clinical.emergencies import critical_pressure
from cmc.clinical.home_week import DayPart, day_part
from cmc.clinical.sittings import Pressure, Sitting, sittings
from cmc.clinical.units import round_half_up

ELEVATED_FROM: Final = {Setting.OFFICE: OFFICE_ELEVATED_MMHG, Setting.HOME: HOME_ELEVATED_MMHG}


@dataclass(frozen=True, slots=True)
class Limb:
    """One of the two numbers: unrounded mean, sample standard deviation to 0.1 (None for one sitting), ends."""

    mean_mmhg: Decimal
    sd_mmhg: Decimal | None
    least_mmhg: int
    greatest_mmhg: int


@dataclass(frozen=True, slots=True)
class PressureSpread:
    """`elevated` and `critical` count sittings; `elevated_percent` has two decimals."""

    sittings: int
    readings: int
    days: int
    sbp: Limb
    dbp: Limb
    pulse_bpm: Decimal | None
    elevated: int
    critical: int
    irregular: int

    @property
    def elevated_percent(self) -> Decimal:
        """Share of sittings at or above the limit of their setting."""
        return round_half_up(Decimal(self.elevated * 100) / self.sittings, Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class PressureSummary:
    """Spreads by setting, and at home by part of the day; what has no sitting is left out."""

    by_setting: dict[Setting, PressureSpread]
    at_home: dict[DayPart, PressureSpread]
    white_coat: bool | None
    masked: bool | None


def pressure_summary(readings: Iterable[tuple[datetime, Pressure]]) -> PressureSummary:
    """The summary of (local time, reading) pairs of one person.

    `white_coat` (office high, home normal) and `masked` (office normal, home high) compare the two means; None unless
    both settings have sittings. They are a hint for the doctor, not a diagnosis.
    """
    listed = list(readings)
    local_of = {(each.at, each.setting): local for local, each in listed}
    everything = sittings(each for _, each in listed)
    by_setting: dict[Setting, PressureSpread] = {}
    for setting in Setting:
        found = [each for each in everything if each.setting is setting]
        if found:
            by_setting[setting] = _spread(found, local_of)
    at_home: dict[DayPart, PressureSpread] = {}
    for part in DayPart:
        found = [
            each
            for each in everything
            if each.setting is Setting.HOME and day_part(local_of[each.at, each.setting].time()) is part
        ]
        if found:
            at_home[part] = _spread(found, local_of)
    office, home = _high(by_setting, Setting.OFFICE), _high(by_setting, Setting.HOME)
    known = office is not None and home is not None
    return PressureSummary(
        by_setting, at_home, (office and not home) if known else None, (home and not office) if known else None
    )


def _high(by_setting: dict[Setting, PressureSpread], setting: Setting) -> bool | None:
    spread = by_setting.get(setting)
    if spread is None:
        return None
    sbp_from, dbp_from = ELEVATED_FROM[setting]
    return spread.sbp.mean_mmhg >= sbp_from or spread.dbp.mean_mmhg >= dbp_from


def _spread(found: Sequence[Sitting], local_of: dict[tuple[datetime, Setting], datetime]) -> PressureSpread:
    means = [each.mean for each in found]
    sbp_from, dbp_from = ELEVATED_FROM[found[0].setting]
    pulses = [each.pulse_bpm for one in found for each in one.readings if each.pulse_bpm is not None]
    return PressureSpread(
        sittings=len(found),
        readings=sum(len(each.readings) for each in found),
        days=len({local_of[each.at, each.setting].date() for each in found}),
        sbp=_limb([each.sbp_mmhg for each in means]),
        dbp=_limb([each.dbp_mmhg for each in means]),
        pulse_bpm=_mean(pulses) if pulses else None,
        elevated=sum(each.sbp_mmhg >= sbp_from or each.dbp_mmhg >= dbp_from for each in means),
        critical=sum(any(critical_pressure(each.sbp_mmhg, each.dbp_mmhg) for each in one.readings) for one in found),
        irregular=sum(each.irregular_pulse for each in found),
    )


def _limb(values: Sequence[int]) -> Limb:
    mean = sum(values) / len(values)
    deviation = None
    if len(values) > 1:
        variance = sum((each - mean) ** 2 for each in values) / (len(values) - 1)
        deviation = round_half_up(Decimal(sqrt(variance)), Decimal("0.1"))
    return Limb(_mean(values), deviation, min(values), max(values))


def _mean(values: Sequence[int]) -> Decimal:
    return Decimal(sum(values)) / len(values)
