"""Bluetooth glucose sensors: CGM Measurement 0x2AA7 as hexadecimal texts, with the session's start 0x2AAA.

A sensor counts minutes from the start of its session, in mg/dL; that minute is its sequence number. The start carries
zone and daylight saving when the sensor knows them; else the zone of the envelope counts. One text may hold several
records. A checksum behind a record is left alone: the radio link has its own.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

from cmc.clinical.codes import GlucoseFlag, ReadingKind, Setting, Specimen
from cmc.clinical.units import GlucoseUnit
from cmc.core.text import Text
from cmc.ingest import times
from cmc.ingest.decoding import gatt
from cmc.ingest.decoding.ieee11073 import Special
from cmc.ingest.decoding.json_item import as_sent
from cmc.ingest.decoding.octets import BadOctets, Octets
from cmc.ingest.received import NOTHING_KNOWN, Circumstances, Envelope, Faults, Format, Identity, Received
from cmc.ingest.times import Moment

TREND, QUALITY, WARNING, CALIBRATION, STATUS = 0x01, 0x02, 0x20, 0x40, 0x80
SHORTEST_RECORD: Final = 6
CHECKSUM_BYTES: Final = 2
STATUS_FAILED: Final = 0x2C  # type incorrect, malfunction, general fault
WARNING_TOO_LOW, WARNING_TOO_HIGH = 0x40, 0x80
ZONE_UNKNOWN, DAYLIGHT_UNKNOWN = -128, 255
QUARTER: Final = 15

Start = tuple[datetime, int | None]
"""When the session began by the sensor's clock, and its offset in minutes if it says one."""


def read(body: bytes, given: Circumstances = NOTHING_KNOWN, /) -> Envelope:
    """Take an envelope of 0x2AA7 texts apart; raises `Unreadable` or `Invalid`."""
    sent = gatt.envelope(body, given)
    try:
        start = _start(sent.session_start)
    except BadOctets as error:
        return Envelope((gatt.fault("/session_start", error),) * len(sent.measurements))
    items: list[Received | Faults] = []
    for index, text in enumerate(sent.measurements):
        items.extend(_records(text, f"/measurements/{index}", sent, start, given))
    return Envelope(tuple(items))


def _start(text: str | None) -> Start:
    if text is None:
        raise BadOctets("session_start_missing")
    octets = Octets.of_hex(text)
    clock = octets.date_time()
    zone, daylight = octets.signed(1), octets.unsigned(1)
    if octets.left not in {0, CHECKSUM_BYTES}:
        octets.finish()
    if zone == ZONE_UNKNOWN or daylight == DAYLIGHT_UNKNOWN or abs(zone) > 14 * 4 or daylight > 8:
        return clock, None
    return clock, (zone + daylight) * QUARTER


def _records(
    text: object, pointer: str, sent: gatt.Sent, start: Start, given: Circumstances
) -> list[Received | Faults]:
    items: list[Received | Faults] = []
    try:
        octets = Octets.of_hex(text)
        while octets.left or not items:
            record = octets.take(max(octets.unsigned(1), SHORTEST_RECORD) - 1)
            items.append(_read_record(record, text, pointer, sent, start, given))
    except BadOctets as error:
        items.append(gatt.fault(pointer, error))
    return items


def _read_record(
    record: Octets, text: object, pointer: str, sent: gatt.Sent, start: Start, given: Circumstances
) -> Received | Faults:
    try:
        return _record(record, text, pointer, sent, start, given)
    except BadOctets as error:
        return gatt.fault(pointer, error)


def _record(
    octets: Octets, text: object, pointer: str, sent: gatt.Sent, start: Start, given: Circumstances
) -> Received:
    flags, raw, minute = octets.unsigned(1), octets.sfloat(), octets.unsigned(2)
    status = octets.unsigned(1) if flags & STATUS else 0
    if flags & CALIBRATION:
        octets.unsigned(1)
    warning = octets.unsigned(1) if flags & WARNING else 0
    for bit in (TREND, QUALITY):
        if flags & bit:
            octets.sfloat()
    if octets.left not in {0, CHECKSUM_BYTES}:
        octets.finish()
    flag = _flag(raw, status, warning)
    moment = _moment(sent, start, minute)
    zone_text = sent.zone_name if start[1] is None else f"{start[1]:+d} min"
    return Received(
        pointer=pointer,
        as_sent=as_sent({"device": sent.device, "2AA7": text, "minute": minute, "2AAA": sent.session_start}),
        kind=ReadingKind.GLUCOSE.value,
        patient_id=given.patient_id,
        setting=Setting.HOME.value,
        specimen=Specimen.INTERSTITIAL.value,
        value=None if flag or isinstance(raw, Special) else gatt.amount(raw),
        flag=flag,
        unit="" if flag else GlucoseUnit.MG_DL.value,
        device=sent.device,
        sequence=minute,
        taken_at=moment.at,
        device_time_text=f"{start[0].isoformat()} {zone_text} +{minute} min",
        time_field="",
        utc_offset_minutes=moment.utc_offset_minutes,
        notes=moment.notes,
    )


def _flag(raw: Decimal | Special, status: int, warning: int) -> str | None:
    """HI and LO (GLU-03); raises `BadOctets` when the sensor has no value."""
    if status & STATUS_FAILED:
        raise BadOctets("device_fault")
    if warning & WARNING_TOO_HIGH or raw is Special.POSITIVE_INFINITY:
        return GlucoseFlag.HI.value
    if warning & WARNING_TOO_LOW or raw is Special.NEGATIVE_INFINITY:
        return GlucoseFlag.LO.value
    if isinstance(raw, Special):
        raise BadOctets(raw.value)
    return None


def _moment(sent: gatt.Sent, start: Start, minute: int) -> Moment:
    clock, offset = start
    try:
        if offset is not None:
            fixed = clock.replace(tzinfo=timezone(timedelta(minutes=offset)))
            began = Moment(gatt.utc(fixed), offset)
        else:
            began = sent.local(clock)  # the session began on the local clock, then real minutes passed
        at = times.within_calendar(began.at + timedelta(minutes=minute))
        return Moment(at, began.utc_offset_minutes, began.notes)
    except (OverflowError, ValueError):
        raise BadOctets("time_unreadable") from None


FORMAT: Final = Format("gatt_cgm", 1, Text("蓝牙动态血糖（0x2AA7）", "Bluetooth CGM 0x2AA7"), read, Identity.SEQUENCE)
