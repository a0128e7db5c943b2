"""Bluetooth glucose meters: Glucose Measurement 0x2A18 with its context 0x2A34, as hexadecimal texts.

kg/L × 10^5 is mg/dL, mol/L × 1000 is mmol/L; both keep their digits. The sequence number joins a context to its
measurement and, with device and time, is the identity. Type and location of the sample are two nibbles that many
gateways swap: 10 or 4 in either is control solution.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from msgspec import Struct

from cmc.clinical.codes import GlucoseFlag, GlucosePeriod, ReadingKind, Setting, Specimen
from cmc.clinical.meal_times import Meal, MealMark, period_of_meal
from cmc.clinical.units import GlucoseUnit
from cmc.core.errors import FieldError
from cmc.core.text import Text
from cmc.ingest.amounts import Amount
from cmc.ingest.decoding import gatt
from cmc.ingest.decoding.ieee11073 import Special
from cmc.ingest.decoding.json_item import as_sent
from cmc.ingest.decoding.octets import BadOctets, Octets
from cmc.ingest.received import NOTHING_KNOWN, Circumstances, Envelope, Faults, Format, Identity, Received

TIME_OFFSET, CONCENTRATION, MOL_PER_LITRE, STATUS = 0x01, 0x02, 0x04, 0x08  # flags of 0x2A18
CARBOHYDRATE, MEAL, EXTENDED = 0x01, 0x02, 0x80  # flags of 0x2A34
OFFSET_UNKNOWN: Final = frozenset({0x7FFF, -0x8000})  # overrun and underrun
CONTROL_NIBBLES: Final = frozenset({10, 4})
INTERSTITIAL_TYPE: Final = 9
CAPILLARY_TYPES: Final = frozenset({1, 2})
STATUS_FAILED: Final = 0b0110_0001_1110  # malfunction, sample insufficient, strip (2 bits), interrupted, general fault
STATUS_TOO_HIGH, STATUS_TOO_LOW = 0x0020, 0x0040
STATUS_NOTES: Final = ((0x0001, "battery_low"), (0x0180, "temperature_out_of_range"), (0x0800, "device_time_fault"))

_MEALS: Final = {1: Meal.BREAKFAST, 2: Meal.LUNCH, 3: Meal.DINNER}
_MARKS: Final = {1: MealMark.BEFORE, 2: MealMark.AFTER}
_PERIODS: Final = {3: GlucosePeriod.FASTING, 4: GlucosePeriod.RANDOM, 5: GlucosePeriod.BEDTIME}


class _Context(Struct, frozen=True):
    sequence: int
    hex: str
    period: GlucosePeriod | None
    mark: MealMark | None


def read(body: bytes, given: Circumstances = NOTHING_KNOWN, /) -> Envelope:
    """Take an envelope of 0x2A18 and 0x2A34 texts apart; raises `Unreadable` or `Invalid`."""
    sent = gatt.envelope(body, given)
    contexts, skipped = _contexts(sent)
    items: list[Received | Faults] = []
    joined = set()
    for index, text in enumerate(sent.measurements):
        pointer = f"/measurements/{index}"
        try:
            item = _measurement(text, pointer, sent, contexts, given)
            joined.add(item.sequence)
            items.append(item)
        except BadOctets as error:
            items.append(gatt.fault(pointer, error))
    alone = [number for number in contexts if number not in joined]
    words = "no measurement with this sequence number came with it"
    skipped += [FieldError("/contexts", "context_alone", words)] * len(alone)
    return Envelope(tuple(items), tuple(skipped))


def _contexts(sent: gatt.Sent) -> tuple[dict[int, _Context], list[FieldError]]:
    found: dict[int, _Context] = {}
    skipped: list[FieldError] = []
    for index, text in enumerate(sent.contexts):
        try:
            context = _context(text)
            found[context.sequence] = context
        except BadOctets as error:
            skipped.extend(gatt.fault(f"/contexts/{index}", error))
    return found, skipped


def _context(text: object) -> _Context:
    octets = Octets.of_hex(text)
    flags, sequence = octets.unsigned(1), octets.unsigned(2)
    if flags & EXTENDED:
        octets.unsigned(1)
    meal = None
    if flags & CARBOHYDRATE:
        meal = _MEALS.get(octets.unsigned(1))
        octets.unsigned(2)
    code = octets.unsigned(1) if flags & MEAL else 0
    mark, period = _MARKS.get(code), _PERIODS.get(code)
    if mark is not None and meal is not None:
        return _Context(sequence, str(text), period_of_meal(mark, meal), None)
    return _Context(sequence, str(text), period, mark)


def _measurement(
    text: object, pointer: str, sent: gatt.Sent, contexts: dict[int, _Context], given: Circumstances
) -> Received:
    octets = Octets.of_hex(text)
    flags, sequence, clock = octets.unsigned(1), octets.unsigned(2), octets.date_time()
    offset = octets.signed(2) if flags & TIME_OFFSET else 0
    raw = octets.sfloat() if flags & CONCENTRATION else Special.NOT_A_NUMBER
    nibbles = divmod(octets.unsigned(1), 16) if flags & CONCENTRATION else (0, 0)
    status = octets.unsigned(2) if flags & STATUS else 0
    octets.finish()
    unknown_offset = offset in OFFSET_UNKNOWN
    moment = sent.local(clock, 0 if unknown_offset else offset)
    flag = _flag(raw, status)
    unit = GlucoseUnit.MMOL_L if flags & MOL_PER_LITRE else GlucoseUnit.MG_DL
    context = contexts.get(sequence)
    notes = [note for bits, note in STATUS_NOTES if status & bits] + ["time_offset_unknown"] * unknown_offset
    return Received(
        pointer=pointer,
        as_sent=as_sent({"device": sent.device, "2A18": text, "2A34": None if context is None else context.hex}),
        kind=ReadingKind.GLUCOSE.value,
        patient_id=given.patient_id,
        setting=Setting.HOME.value,
        period=None if context is None or context.period is None else context.period.value,
        meal=None if context is None or context.mark is None else context.mark.value,
        specimen=_specimen(nibbles),
        value=None if flag or isinstance(raw, Special) else _value(raw, unit),
        flag=flag,
        unit="" if flag else unit.value,
        value_text=flag if flag or isinstance(raw, Special) else format(raw, "f"),
        unit_text=None if flag else ("mol/L" if flags & MOL_PER_LITRE else "kg/L"),
        device=sent.device,
        sequence=sequence,
        taken_at=moment.at,
        device_time_text=f"{clock.isoformat()}{f' {offset:+d} min' if offset else ''} {sent.zone_name}",
        time_field="",
        utc_offset_minutes=moment.utc_offset_minutes,
        control_solution=not CONTROL_NIBBLES.isdisjoint(nibbles),
        notes=(*moment.notes, *notes),
    )


def _flag(raw: Decimal | Special, status: int) -> str | None:
    """HI and LO (GLU-03) from the status or an infinity; raises `BadOctets` when there is no value to take."""
    if status & STATUS_TOO_HIGH or raw is Special.POSITIVE_INFINITY:
        return GlucoseFlag.HI.value
    if status & STATUS_TOO_LOW or raw is Special.NEGATIVE_INFINITY:
        return GlucoseFlag.LO.value
    if status & STATUS_FAILED:
        raise BadOctets("device_fault")
    if isinstance(raw, Special):
        raise BadOctets(raw.value)
    return None


def _value(raw: Decimal, unit: GlucoseUnit) -> Amount:
    return gatt.amount(raw.scaleb(3 if unit is GlucoseUnit.MMOL_L else 5))


def _specimen(nibbles: tuple[int, int]) -> str | None:
    if INTERSTITIAL_TYPE in nibbles:
        return Specimen.INTERSTITIAL.value
    return Specimen.CAPILLARY.value if nibbles[1] in CAPILLARY_TYPES else None


FORMAT: Final = Format(
    "gatt_glucose", 1, Text("蓝牙血糖仪（0x2A18）", "Bluetooth glucose 0x2A18"), read, Identity.SEQUENCE
)
