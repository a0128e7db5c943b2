"""Accu-Chek reports: semicolons, two lines above the header (the second begins with the serial number), dd.mm.yyyy.

The unit stands in every row. A row with something under "Control test" is a control solution.
"""

from __future__ import annotations

from typing import Final

from cmc.clinical.codes import ReadingKind, Setting, Specimen
from cmc.clinical.meal_times import MealMark
from cmc.core.errors import FieldError
from cmc.core.text import Text
from cmc.ingest.decoding import csv_table, written_dates
from cmc.ingest.decoding.csv_table import Row
from cmc.ingest.decoding.unit_words import glucose_spelling
from cmc.ingest.decoding.written_dates import Order
from cmc.ingest.received import NOTHING_KNOWN, Circumstances, Envelope, Faults, Format, Identity, Received
from cmc.ingest.times import Moment

COLUMNS: Final = frozenset({"Date", "Time", "Result", "Unit"})


def read(body: bytes, given: Circumstances = NOTHING_KNOWN, /) -> Envelope:
    """Take a report apart; raises `Unreadable` or `Invalid` when it is none."""
    lines = csv_table.lines_of(body, ";")
    words = "a header with Date;Time;Result;Unit"
    header = csv_table.find_header(lines, lambda cells: set(cells) >= COLUMNS, words)
    serial = lines[header - 1][0] if header >= 1 and lines[header - 1] else ""
    device = csv_table.device_of(serial, given)
    return Envelope(tuple(_row(row, device, given) for row in csv_table.rows_under(lines, header)))


def _row(row: Row, device: str | None, given: Circumstances) -> Received | Faults:
    faults: list[FieldError] = []
    clock = written_dates.clock(row.get("Date"), row.get("Time"), Order.DAY_FIRST)
    moment = csv_table.moment(row, "Date", clock, given)
    value, flag = csv_table.amount(row, "Result", faults)
    unit_text = row.get("Unit")
    unit = glucose_spelling(unit_text)
    if unit is None and flag is None:
        faults.append(FieldError(f"{row.pointer}/Unit", "not_in_list" if unit_text else "missing", "mmol/L or mg/dL"))
    if not isinstance(moment, Moment):
        return (*moment, *faults)
    if faults:
        return tuple(faults)
    before, after = row.get("Before meal"), row.get("After meal")
    mark = None if bool(before) == bool(after) else MealMark.BEFORE if before else MealMark.AFTER
    return Received(
        pointer=row.pointer,
        as_sent=row.as_sent(device),
        kind=ReadingKind.GLUCOSE.value,
        patient_id=given.patient_id,
        setting=Setting.HOME.value,
        specimen=Specimen.CAPILLARY.value,
        value=value,
        flag=flag,
        unit="" if flag or unit is None else unit.value,
        unit_text=unit_text if unit_text and (flag or unit != unit_text) else None,
        meal=None if mark is None else mark.value,
        control_solution=bool(row.get("Control test")),
        device=device,
        taken_at=moment.at,
        device_time_text=f"{row.get('Date')} {row.get('Time')} {given.zone}",
        time_field="Date",
        utc_offset_minutes=moment.utc_offset_minutes,
        notes=(*moment.notes, *(["temperature_out_of_range"] if row.get("Temperature warning") else [])),
    )


FORMAT: Final = Format("accu_chek_csv", 1, Text("Accu-Chek报告", "Accu-Chek report"), read, Identity.CONTENT)
