"""What becomes of an item that was understood: is its value possible, is its time believable. Pure.

An impossible value (GLU-04, BP-01), or a mmol/L that is probably mg/dL, is rejected with the field that is wrong: it
says nothing about the person. A mg/dL that is a severe hypoglycaemia or in truth mmol/L, an unbelievable clock or an
unknown person leaves a possible value, which is kept aside. An impossible pulse beside a pressure is left out with the
note pulse_out_of_range: the pressure counts without it. Times: up to 10 minutes ahead is ordinary skew; up to 24 hours
ahead is stored with the note clock_ahead (a device set to another zone is the usual cause, and a dangerous value must
still be seen); beyond that, before 2015 (a device whose clock fell back to 1970, 2000 or 2010) or before the person's
birth the item is quarantined.
Late readings are ordinary and keep their alert tier: who acts on it looks at the date.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from msgspec import Struct

from cmc.clinical import blood_pressure, glucose
from cmc.clinical.codes import Concern, GlucoseFlag, ReadingKind
from cmc.clinical.emergencies import CRITICAL_HIGH_GLUCOSE_UMOL_L, CRITICAL_LOW_GLUCOSE_UMOL_L, reading_tier
from cmc.clinical.units import GlucoseUnit, PressureUnit, UnitError, glucose_to_umol_l, pressure_to_mmhg, round_half_up
from cmc.core.clock import local_date
from cmc.core.errors import FieldError
from cmc.ingest.received import Faults, Received

ORDINARY_SKEW: Final = timedelta(minutes=10)
LARGEST_SKEW: Final = timedelta(hours=24)
EARLIEST_YEAR: Final = 2015
HARD_PULSE_BPM: Final = (20, 300)
SUSPECT_KPA_FROM: Final = Decimal(40)  # a systolic of 40 or more is no kPa
CLOCK_AHEAD: Final = "clock_ahead"
UNUSUAL: Final = "unusual_value"
PULSE_OUT_OF_RANGE: Final = "pulse_out_of_range"
UNIT_DOUBTFUL: Final = "unit_doubtful"
CONTROL_SOLUTION: Final = "control_solution"
TIME_UNKNOWN: Final = "time_unknown"
IRREGULAR_PULSE: Final = "irregular_pulse"

_WORDS: Final = {
    Concern.OUT_OF_RANGE: "outside of what is possible",
    Concern.UNIT_MISMATCH: "the number does not fit its unit: probably it is in the other one",
    Concern.NOT_ABOVE_DIASTOLIC: "systolic must lie above diastolic",
    Concern.NARROW_PULSE_PRESSURE: "systolic must lie at least 10 mmHg above diastolic",
}
_CONTROL: Final = "a test with the meter's control solution: it says nothing about the person"
_UNIT_DOUBTFUL: Final = "a severe hypoglycaemia, or a value in mmol/L: confirm the unit with the person or the device"
_TIME_UNKNOWN: Final = "the device sends no time and nobody says when it was received: send received_at"
Fault = tuple[str, Concern]


class Measured(Struct, frozen=True, kw_only=True):
    """A value in the units of the product: µmol/L, mmHg, beats/min."""

    glucose_umol_l: int | None = None
    bound: str | None = None
    sbp_mmhg: int | None = None
    dbp_mmhg: int | None = None
    pulse_bpm: int | None = None
    alert_tier: str | None = None
    value_text: str
    unusual: bool = False
    unit_doubtful: bool = False
    pulse_left_out: bool = False
    faults: tuple[Fault, ...] = ()

    @property
    def values(self) -> tuple[object, ...]:
        """What the identity by content is made of."""
        if self.glucose_umol_l is not None:
            return (self.glucose_umol_l, self.bound)
        return (self.sbp_mmhg, self.dbp_mmhg, self.pulse_bpm)


def measure(item: Received) -> Measured:
    """Return the value of an item, converted and judged; `faults` is empty when it is possible."""
    if item.kind == ReadingKind.BLOOD_PRESSURE:
        texts = [None if each is None else each.text for each in (item.systolic, item.diastolic, item.pulse)]
        return _pressure(texts[0] or "", texts[1] or "", texts[2], item.unit)
    if item.flag is not None:
        return _bound(item.flag, None if item.limit is None else item.limit.text, item.unit)
    return _glucose("" if item.value is None else item.value.text, item.unit)


def rejection(item: Received, faults: Iterable[Fault]) -> Faults:
    """Return the faults of a value as the sender sees them."""
    return tuple(FieldError(f"{item.pointer}/{name}", concern.value, _WORDS[concern]) for name, concern in faults)


def doubts(
    item: Received, measured: Measured, *, born_on: date | None, now: datetime, taken_on: date | None = None
) -> Faults:
    """Return why an item with a possible value is to be kept aside; empty when not. `born_on` None: person unknown.

    `taken_on` is the local date of its time, when the caller has it.
    """
    if taken_on is None:
        taken_on = local_date(item.taken_at)
    found: list[FieldError] = []
    if born_on is None:
        unsaid = item.patient_id is None and item.device is not None
        who = "patient" if item.identifier is not None else "device" if unsaid else "patient_id"
        found.append(FieldError(f"{item.pointer}/{who}", "unknown_person", "no such person on file here"))
    if item.control_solution:
        found.append(FieldError(item.pointer, CONTROL_SOLUTION, _CONTROL))
    if item.time_unknown:
        found.append(FieldError(item.pointer, TIME_UNKNOWN, _TIME_UNKNOWN))
    if measured.unit_doubtful:
        found.append(FieldError(f"{item.pointer}/value", UNIT_DOUBTFUL, _UNIT_DOUBTFUL))
    if item.taken_at > now + LARGEST_SKEW:
        words = "more than 24 hours ahead of the time of arrival"
        found.append(FieldError(_of_time(item), "clock_in_future", words))
    if taken_on.year < EARLIEST_YEAR and not item.of_record:
        words = f"before {EARLIEST_YEAR}: the clock was probably reset"
        found.append(FieldError(_of_time(item), "clock_reset", words))
    elif born_on is not None and taken_on < born_on:
        found.append(FieldError(_of_time(item), "before_birth", "before the person was born"))
    return tuple(found)


def _of_time(item: Received) -> str:
    return f"{item.pointer}/{item.time_field}" if item.time_field else item.pointer


def notes(item: Received, measured: Measured, *, now: datetime) -> str | None:
    """Return the codes of what is worth knowing about a stored reading, separated by spaces."""
    found = list(item.notes)
    if item.kind == ReadingKind.BLOOD_PRESSURE:
        found.extend(_of_cuff(item))
    elif item.meal is not None:
        found.append(f"meal:{item.meal}")
    if item.taken_at > now + ORDINARY_SKEW:
        found.append(CLOCK_AHEAD)
    if measured.unusual:
        found.append(UNUSUAL)
    if measured.pulse_left_out:
        found.append(PULSE_OUT_OF_RANGE)
    return " ".join(found) or None


def _of_cuff(item: Received) -> list[str]:
    """What a cuff says beside its numbers (BP-06), e.g. irregular_pulse, averaged:3, user:2."""
    found = [IRREGULAR_PULSE] if item.irregular_pulse else []
    if item.averaged is not None:
        found.append(f"averaged:{item.averaged}")
    if item.user_slot is not None:
        found.append(f"user:{item.user_slot}")
    return found


@lru_cache(maxsize=8192)
def _glucose(text: str, unit: str) -> Measured:
    value = Decimal(text)
    try:
        umol_l, concerns = glucose_to_umol_l(value, unit), glucose.concerns(value, unit)
    except UnitError:
        return Measured(value_text=text, faults=(("value", Concern.OUT_OF_RANGE),))
    if glucose.unit_doubtful(value, unit):
        return Measured(glucose_umol_l=umol_l, value_text=text, unit_doubtful=True)
    return Measured(
        glucose_umol_l=umol_l,
        alert_tier=reading_tier(glucose_umol_l=umol_l),
        value_text=text,
        unusual=Concern.UNUSUAL in concerns,
        faults=tuple(("value", concern) for concern in _blocking(concerns)),
    )


@lru_cache(maxsize=256)
def _bound(flag: str, limit: str | None, unit: str) -> Measured:
    """GLU-03: HI and LO are bounds at the meter's limit, always an emergency."""
    known = GlucoseFlag.HI if flag == GlucoseFlag.HI else GlucoseFlag.LO
    try:
        of_device = None if limit is None else glucose_to_umol_l(Decimal(limit), unit or GlucoseUnit.MMOL_L)
    except UnitError:
        of_device = -1
    umol_l = glucose.bound_umol_l(known, of_device)
    high = known is GlucoseFlag.HI
    possible = umol_l >= CRITICAL_HIGH_GLUCOSE_UMOL_L if high else umol_l <= CRITICAL_LOW_GLUCOSE_UMOL_L
    if not possible or not glucose.HARD_LOW_UMOL_L <= umol_l <= glucose.HARD_HIGH_UMOL_L:
        return Measured(value_text=flag, faults=(("limit", Concern.OUT_OF_RANGE),))
    return Measured(
        glucose_umol_l=umol_l,
        bound=known.value,
        alert_tier=reading_tier(glucose_flag=known),
        value_text=flag if limit is None else f"{flag} {limit}",
    )


@lru_cache(maxsize=8192)
def _pressure(systolic: str, diastolic: str, pulse: str | None, unit: str) -> Measured:
    value_text = f"{systolic}/{diastolic}" if pulse is None else f"{systolic}/{diastolic}/{pulse}"
    try:
        sbp, dbp = pressure_to_mmhg(Decimal(systolic), unit), pressure_to_mmhg(Decimal(diastolic), unit)
    except UnitError:
        return Measured(value_text=value_text, faults=(("systolic", Concern.OUT_OF_RANGE),))
    concerns = blood_pressure.concerns(sbp, dbp)
    faults = []
    if unit == PressureUnit.KPA and Decimal(systolic) >= SUSPECT_KPA_FROM:
        faults.append(("unit", Concern.UNIT_MISMATCH))
    for concern in _blocking(concerns):
        low, high = blood_pressure.HARD_SBP_MMHG
        of_systolic = concern is Concern.OUT_OF_RANGE and not low <= sbp <= high
        faults.append(("systolic" if of_systolic else "diastolic", concern))
    if faults:
        return Measured(value_text=value_text, faults=tuple(faults))
    bpm = None if pulse is None else _pulse_bpm(Decimal(pulse))
    return Measured(
        sbp_mmhg=sbp,
        dbp_mmhg=dbp,
        pulse_bpm=bpm,
        alert_tier=reading_tier(sbp_mmhg=sbp, dbp_mmhg=dbp),
        value_text=value_text,
        unusual=Concern.UNUSUAL in concerns,
        pulse_left_out=pulse is not None and bpm is None,
    )


def _pulse_bpm(pulse: Decimal) -> int | None:
    low, high = HARD_PULSE_BPM
    return int(round_half_up(pulse, Decimal(1))) if low <= pulse <= high else None


def _blocking(concerns: Iterable[Concern]) -> list[Concern]:
    return [concern for concern in concerns if concern.blocking]
