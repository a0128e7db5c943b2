"""LibreView exports: one or two lines above the header, one row per record, the unit in the names of the columns.

Record type 0 is a stored sensor value, 1 a scan, 2 a strip; other types are no glucose. Whether day or month comes
first depends on the account's country and is settled over the whole file, or the file is refused.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from cmc.clinical.codes import ReadingKind, Setting, Specimen
from cmc.clinical.units import GlucoseUnit
from cmc.core.errors import FieldError, invalid
from cmc.core.text import Text
from cmc.ingest.decoding import csv_table, written_dates
from cmc.ingest.decoding.csv_table import Row
from cmc.ingest.decoding.unit_words import glucose_spelling
from cmc.ingest.decoding.written_dates import Order
from cmc.ingest.received import NOTHING_KNOWN, Circumstances, Envelope, Faults, Format, Identity, Received
from cmc.ingest.times import Moment

COLUMNS: Final = frozenset({"Serial Number", "Device Timestamp", "Record Type"})
_VALUE = re.compile(r"(Historic|Scan|Strip) Glucose\s*\(?\s*(.*?)\s*\)?\Z")
_KINDS: Final = {"0": "Historic", "1": "Scan", "2": "Strip"}


class _Column(Struct, frozen=True):
    name: str
    unit: GlucoseUnit
    unit_text: str


def read(body: bytes, given: Circumstances = NOTHING_KNOWN, /) -> Envelope:
    """Take an export apart; raises `Unreadable` or `Invalid`: no header, no unit, dates that read two ways."""
    lines = csv_table.lines_of(body, ",")
    words = "a header with Serial Number, Device Timestamp and Record Type"
    header = csv_table.find_header(lines, lambda cells: set(cells) >= COLUMNS, words)
    columns = _columns(lines[header])
    rows = list(csv_table.rows_under(lines, header))
    order = written_dates.order_of(_date_and_time(row)[0] for row in rows)
    items: list[Received | Faults] = []
    skipped: list[FieldError] = []
    for row in rows:
        column = columns.get(_KINDS.get(row.get("Record Type"), ""))
        if column is None:
            skipped.append(FieldError(row.pointer, "other_kind", "a record without glucose"))
        else:
            items.append(_row(row, column, order, given))
    return Envelope(tuple(items), tuple(skipped))


def _columns(header: list[str]) -> dict[str, _Column]:
    found = {}
    for name in (cell.strip() for cell in header):
        match = _VALUE.match(name)
        if match:
            unit = glucose_spelling(match[2])
            if unit is None:
                raise invalid("", "unit_missing", "the glucose columns must name mmol/L or mg/dL")
            found[match[1]] = _Column(name, unit, match[2])
    if not found:
        raise invalid("", "header_missing", "a column such as Historic Glucose mmol/L")
    return found


def _date_and_time(row: Row) -> tuple[str, str]:
    on, _, at = row.get("Device Timestamp").partition(" ")
    return on, at


def _row(row: Row, column: _Column, order: Order | None, given: Circumstances) -> Received | Faults:
    faults: list[FieldError] = []
    moment = csv_table.moment(row, "Device Timestamp", written_dates.clock(*_date_and_time(row), order), given)
    value, flag = csv_table.amount(row, column.name, faults)
    if not isinstance(moment, Moment):
        return (*moment, *faults)
    if faults:
        return tuple(faults)
    device = csv_table.device_of(row.get("Serial Number"), given)
    strip = row.get("Record Type") == "2"
    return Received(
        pointer=row.pointer,
        as_sent=row.as_sent(device),
        kind=ReadingKind.GLUCOSE.value,
        patient_id=given.patient_id,
        setting=Setting.HOME.value,
        specimen=(Specimen.CAPILLARY if strip else Specimen.INTERSTITIAL).value,
        value=value,
        flag=flag,
        unit="" if flag else column.unit.value,
        unit_text=column.unit_text if flag or column.unit_text != column.unit else None,
        device=device,
        taken_at=moment.at,
        device_time_text=f"{row.get('Device Timestamp')} {given.zone}",
        time_field="Device Timestamp",
        utc_offset_minutes=moment.utc_offset_minutes,
        notes=moment.notes,
    )


FORMAT: Final = Format("libreview_csv", 1, Text("LibreView导出", "LibreView export"), read, Identity.CONTENT)
