"""Readings from a file, through the same understanding, judging and storing as those that come over HTTP."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any, Final

from cmc.clinical.codes import ReadingKind
from cmc.core.crypto import Keyring
from cmc.core.db import Transaction
from cmc.core.errors import FieldError
from cmc.core.scope import Scope
from cmc.exchange.files import Table
from cmc.imports.mapping import Mapping
from cmc.imports.report import Report
from cmc.ingest import keeping, native_item, service
from cmc.ingest.exact_json import NumberText
from cmc.ingest.received import Faults, Received

ROWS_A_TRANSACTION: Final = 2000
FORMAT: Final = "csv"
_NUMBERS: Final = frozenset({"value", "limit", "systolic", "diastolic", "pulse", "sequence"})
Line = tuple[int, list[str]]


def run(
    transaction: Transaction,
    scope: Scope,
    keys: Keyring,
    table: Table,
    mapping: Mapping,
    report: Report,
    *,
    now: datetime,
) -> Iterator[None]:
    """Store the rows of `table` in bounded batches, one transaction each; yields after every batch.

    The receipt of a batch is its rows as CSV, without the columns that the mapping does not use: a name beside a
    reading is none of our business. Its source is the file's SHA-256.
    """
    while lines := list(islice(table.rows, ROWS_A_TRANSACTION)):
        items = [_item(cells, table, mapping) for _, cells in lines]
        arrival = keeping.Arrival(f"file:{table.sha256}", FORMAT, _body(table, mapping, lines), keys)
        with transaction() as session:
            results = service.store(session, scope, arrival, items, now=now)
        for (number, _), result in zip(lines, results, strict=True):
            faults = [(_column(mapping, fault), fault.code, fault.detail) for fault in result.errors]
            report.row(number, result.status.value, faults)
        yield


def _item(cells: list[str], table: Table, mapping: Mapping) -> Received | Faults:
    if len(cells) > len(table.columns) and any(cells[len(table.columns) :]):
        return (FieldError("", "too_many_cells", "the row has more cells than the header"),)
    texts, faults = mapping.texts(dict(zip(table.columns, cells, strict=False)))
    if faults:
        return tuple(FieldError(f"//{fault.column}", fault.code, fault.words) for fault in faults)
    fields: dict[str, Any] = {name: NumberText(text) if name in _NUMBERS else text for name, text in texts.items()}
    system, value = fields.pop("patient_system", None), fields.pop("patient_value", None)
    if value is not None:
        fields["patient"] = {"system": system or "", "value": value}
    if fields.get("kind") == ReadingKind.BLOOD_PRESSURE:
        fields.pop("specimen", None)  # one table of both kinds has one mapping
    return native_item.from_fields(fields)


def _column(mapping: Mapping, fault: FieldError) -> str:
    if fault.pointer.startswith("//"):
        return fault.pointer[2:]
    name = fault.pointer.lstrip("/")
    return mapping.column_of("patient_value" if name.startswith("patient/") or name == "patient" else name)


def _body(table: Table, mapping: Mapping, lines: list[Line]) -> bytes:
    used = [place for place, column in enumerate(table.columns) if column not in mapping.ignored]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("row", *(table.columns[place] for place in used)))
    writer.writerows((number, *(cells[place] for place in used if place < len(cells))) for number, cells in lines)
    return text.getvalue().encode("utf-8", "replace")
