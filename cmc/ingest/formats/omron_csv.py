"""OMRON connect exports: date, time and pressures with their unit in the header.

TruRead marks a value that the cuff averaged from three measurements. The file names no device.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from cmc.clinical.codes import ReadingKind, Setting
from cmc.clinical.units import PressureUnit
from cmc.core.errors import FieldError, invalid
from cmc.core.text import Text
from cmc.ingest.amounts import Amount
from cmc.ingest.decoding import csv_table, written_dates
from cmc.ingest.decoding.csv_table import Row
from cmc.ingest.decoding.unit_words import pressure_spelling
from cmc.ingest.decoding.written_dates import Order
from cmc.ingest.received import NOTHING_KNOWN, Circumstances, Envelope, Faults, Format, Identity, Received
from cmc.ingest.times import Moment

TRU_READ_MEASUREMENTS: Final = 3
_PRESSURE = re.compile(r"(Systolic|Diastolic)(?:\s*\((.*)\))?\Z")
_PULSE = re.compile(r"Pulse(?:\s*\(.*\))?\Z")
_NO: Final = frozenset({"", "0", "no", "off", "false"})


class _Columns(Struct, frozen=True):
    systolic: str
    diastolic: str
    pulse: str
    unit: PressureUnit
    unit_text: str


def read(body: bytes, given: Circumstances = NOTHING_KNOWN, /) -> Envelope:
    """Take an export apart; raises `Unreadable` or `Invalid`: no header, no unit, dates that read two ways."""
    lines = csv_table.lines_of(body, ",")
    words = "a header with Date, Time, Systolic (mmHg), Diastolic (mmHg)"
    header = csv_table.find_header(lines, _is_header, words)
    columns = _columns([cell.strip() for cell in lines[header]])
    rows = list(csv_table.rows_under(lines, header))
    order = written_dates.order_of(row.get("Date") for row in rows)
    return Envelope(tuple(_row(row, columns, order, given) for row in rows))


def _is_header(cells: list[str]) -> bool:
    return {"Date", "Time"} <= set(cells) and any(_PRESSURE.match(cell) for cell in cells)


def _columns(header: list[str]) -> _Columns:
    names: dict[str, str] = {}
    units: dict[str, str] = {}
    for name in header:
        match = _PRESSURE.match(name)
        if match:
            names[match[1]], units[match[1]] = name, match[2] or ""
        elif _PULSE.match(name):
            names["Pulse"] = name
    if not {"Systolic", "Diastolic"} <= names.keys():
        raise invalid("", "header_missing", "columns for systolic and diastolic")
    unit = pressure_spelling(units["Systolic"])
    if unit is None or units["Systolic"] != units["Diastolic"]:
        raise invalid("", "unit_missing", "the pressure columns must name one unit: mmHg or kPa")
    return _Columns(names["Systolic"], names["Diastolic"], names.get("Pulse", "Pulse"), unit, units["Systolic"])


def _row(row: Row, columns: _Columns, order: Order | None, given: Circumstances) -> Received | Faults:
    faults: list[FieldError] = []
    moment = csv_table.moment(row, "Date", written_dates.clock(row.get("Date"), row.get("Time"), order), given)
    systolic, diastolic = (_number(row, name, faults) for name in (columns.systolic, columns.diastolic))
    pulse = _number(row, columns.pulse, faults) if row.get(columns.pulse) else None
    if not isinstance(moment, Moment):
        return (*moment, *faults)
    if faults:
        return tuple(faults)
    return Received(
        pointer=row.pointer,
        as_sent=row.as_sent(given.device),
        kind=ReadingKind.BLOOD_PRESSURE.value,
        patient_id=given.patient_id,
        setting=Setting.HOME.value,
        systolic=systolic,
        diastolic=diastolic,
        pulse=pulse,
        unit=columns.unit.value,
        unit_text=None if columns.unit_text == columns.unit else columns.unit_text,
        averaged=None if row.get("TruRead").lower() in _NO else TRU_READ_MEASUREMENTS,
        device=given.device,
        taken_at=moment.at,
        device_time_text=f"{row.get('Date')} {row.get('Time')} {given.zone}",
        time_field="Date",
        utc_offset_minutes=moment.utc_offset_minutes,
        notes=moment.notes,
    )


def _number(row: Row, column: str, faults: list[FieldError]) -> Amount | None:
    value, flag = csv_table.amount(row, column, faults)
    if flag is not None:
        faults.append(FieldError(f"{row.pointer}/{column}", "number_expected", "a number"))
    return value


FORMAT: Final = Format("omron_csv", 1, Text("欧姆龙导出", "OMRON connect export"), read, Identity.CONTENT)
