"""Bluetooth cuffs: Blood Pressure Measurement 0x2A35 as hexadecimal texts.

There is no sequence number: the identity is device, time and values. A cuff without a clock is dated by the gateway's
receive time, with the note time_of_gateway; when the gateway does not say it either, nobody knows when it was, and a
repetition could not be told from a second measurement: it is held for a person. The mean pressure is often not a number
and then left out.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from cmc.clinical.codes import ReadingKind, Setting
from cmc.clinical.units import PressureUnit
from cmc.core.text import Text
from cmc.ingest.amounts import Amount
from cmc.ingest.decoding import gatt
from cmc.ingest.decoding.ieee11073 import Special
from cmc.ingest.decoding.json_item import as_sent
from cmc.ingest.decoding.octets import BadOctets, Octets
from cmc.ingest.received import NOTHING_KNOWN, Circumstances, Envelope, Faults, Format, Identity, Received
from cmc.ingest.times import Moment

KPA, TIME_STAMP, PULSE, USER, STATUS = 0x01, 0x02, 0x04, 0x08, 0x10
UNKNOWN_USER: Final = 255
IRREGULAR_PULSE: Final = 0x0004
STATUS_NOTES: Final = ((0x0001, "body_moved"), (0x0002, "cuff_loose"), (0x0020, "improper_position"))
PULSE_RANGE_SHIFT: Final = 3
PULSE_RANGE_NOTES: Final = {1: "pulse_above_range", 2: "pulse_below_range"}
TIME_OF_GATEWAY: Final = "time_of_gateway"


def read(body: bytes, given: Circumstances = NOTHING_KNOWN, /) -> Envelope:
    """Take an envelope of 0x2A35 texts apart; raises `Unreadable` or `Invalid`."""
    sent = gatt.envelope(body, given)
    items: list[Received | Faults] = []
    for index, text in enumerate(sent.measurements):
        pointer = f"/measurements/{index}"
        try:
            items.append(_measurement(text, pointer, sent, given))
        except BadOctets as error:
            items.append(gatt.fault(pointer, error))
    return Envelope(tuple(items))


def _measurement(text: object, pointer: str, sent: gatt.Sent, given: Circumstances) -> Received:
    octets = Octets.of_hex(text)
    flags = octets.unsigned(1)
    systolic, diastolic, mean = octets.sfloat(), octets.sfloat(), octets.sfloat()
    moment, time_text, dated = _time(octets if flags & TIME_STAMP else None, sent)
    pulse = octets.sfloat() if flags & PULSE else Special.NOT_A_NUMBER
    user = octets.unsigned(1) if flags & USER else UNKNOWN_USER
    status = octets.unsigned(2) if flags & STATUS else None
    octets.finish()
    notes = [note for bits, note in STATUS_NOTES if status is not None and status & bits]
    ranged = PULSE_RANGE_NOTES.get((status or 0) >> PULSE_RANGE_SHIFT & 3)
    return Received(
        pointer=pointer,
        as_sent=as_sent(
            {"device": sent.device, "2A35": text, "received_at": None if dated or sent.on_arrival else time_text}
        ),
        kind=ReadingKind.BLOOD_PRESSURE.value,
        patient_id=given.patient_id,
        setting=Setting.HOME.value,
        systolic=_number(systolic),
        diastolic=_number(diastolic),
        mean_pressure=None if isinstance(mean, Special) else gatt.amount(mean),
        pulse=None if isinstance(pulse, Special) else gatt.amount(pulse),
        unit=(PressureUnit.KPA if flags & KPA else PressureUnit.MMHG).value,
        device=sent.device,
        taken_at=moment.at,
        device_time_text=time_text,
        time_field="",
        utc_offset_minutes=moment.utc_offset_minutes,
        irregular_pulse=None if status is None else bool(status & IRREGULAR_PULSE),
        user_slot=None if user == UNKNOWN_USER else user,
        time_unknown=not dated and sent.on_arrival,
        notes=(*moment.notes, *notes, *([ranged] if ranged else []), *([] if dated else [TIME_OF_GATEWAY])),
    )


def _time(octets: Octets | None, sent: gatt.Sent) -> tuple[Moment, str, bool]:
    """The moment, its text, and whether the cuff itself said it."""
    if octets is not None:
        clock = octets.date_time()
        return sent.local(clock), f"{clock.isoformat()} {sent.zone_name}", True
    if sent.received_at is None:
        raise BadOctets("received_at_missing")
    at = gatt.utc(sent.received_at)
    offset = at.astimezone(sent.zone).utcoffset()
    return Moment(at, 0 if offset is None else round(offset.total_seconds() / 60)), at.isoformat(), False


def _number(raw: Decimal | Special) -> Amount:
    if isinstance(raw, Special):
        raise BadOctets("no_value" if raw.value not in gatt.WORDS else raw.value)
    return gatt.amount(raw)


FORMAT: Final = Format(
    "gatt_blood_pressure", 1, Text("蓝牙血压计（0x2A35）", "Bluetooth blood pressure 0x2A35"), read, Identity.CONTENT
)
