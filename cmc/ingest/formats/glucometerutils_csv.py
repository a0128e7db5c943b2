"""Dumps of glucometerutils: no header, quoted time, value, meal, method and comment; local time without a zone.

The dump does not say in which unit it was made: the unit must be known, else the file is refused.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from cmc.clinical.codes import ReadingKind, Setting, Specimen
from cmc.core.errors import FieldError, invalid
from cmc.core.text import Text
from cmc.ingest.decoding import csv_table, meal_words, written_dates
from cmc.ingest.decoding.csv_table import Row
from cmc.ingest.received import NOTHING_KNOWN, Circumstances, Envelope, Faults, Format, Identity, Received
from cmc.ingest.times import Moment

COLUMNS: Final = ("timestamp", "value", "meal", "method", "comment")
_SPECIMENS: Final = {"blood sample": Specimen.CAPILLARY, "cgm": Specimen.INTERSTITIAL}


def read(body: bytes, given: Circumstances = NOTHING_KNOWN, /) -> Envelope:
    """Take a dump apart; raises `Unreadable` or `Invalid`: not of this shape, or without a known unit."""
    lines = csv_table.lines_of(body, ",")
    if not lines or len(lines[0]) != len(COLUMNS) or _clock(lines[0][0].strip()) is None:
        raise invalid("", "shape_unknown", 'lines such as "2026-11-21 07:12:00","7.20","Before Meal","blood sample",""')
    if given.glucose_unit is None:
        raise invalid("", "unit_missing", "the file does not name its unit: say which it was made in")
    rows = csv_table.rows_under([list(COLUMNS), *lines], 0)
    return Envelope(tuple(_row(Row(row.number - 1, row.cells), given) for row in rows))


def _clock(text: str) -> datetime | None:
    on, _, at = text.partition(" ")
    return written_dates.clock(on, at, None)


def _row(row: Row, given: Circumstances) -> Received | Faults:
    faults: list[FieldError] = []
    moment = csv_table.moment(row, "timestamp", _clock(row.get("timestamp")), given)
    comment, meal = row.get("comment"), meal_words.understand(row.get("meal"))
    value, flag = csv_table.amount(row, "value", faults)
    if comment.upper() in {"HI", "LO"}:
        value, flag = None, comment.upper()
    if not isinstance(moment, Moment):
        return (*moment, *faults)
    if faults:
        return tuple(faults)
    specimen = _SPECIMENS.get(row.get("method").lower())
    return Received(
        pointer=row.pointer,
        as_sent=row.as_sent(given.device),
        kind=ReadingKind.GLUCOSE.value,
        patient_id=given.patient_id,
        setting=Setting.HOME.value,
        specimen=None if specimen is None else specimen.value,
        value=value,
        flag=flag,
        unit="" if flag else given.glucose_unit or "",
        period=None if meal.period is None else meal.period.value,
        meal=None if meal.mark is None else meal.mark.value,
        control_solution=meal.control or "control" in comment.lower(),
        device=given.device,
        taken_at=moment.at,
        device_time_text=f"{row.get('timestamp')} {given.zone}",
        time_field="timestamp",
        utc_offset_minutes=moment.utc_offset_minutes,
        notes=(*moment.notes, *([] if meal.note is None else [meal.note])),
    )


FORMAT: Final = Format(
    "glucometerutils_csv", 1, Text("glucometerutils导出", "glucometerutils dump"), read, Identity.CONTENT
)
