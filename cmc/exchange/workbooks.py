"""Tables out: XLSX in constant memory, CSV with a BOM; every cell is text that no spreadsheet takes for a formula.

Rows go to disk as they come: into a file without a name that is gone when it is closed, those of a workbook before
that through a private folder that is removed with all that is in it, also when something goes wrong.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Final

from xlsxwriter import Workbook

from cmc.exchange.codes import SheetFormat

MEDIA_TYPES: Final = {
    SheetFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    SheetFormat.CSV: "text/csv; charset=utf-8",
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_CHUNK: Final = 1 << 16


def guarded(text: str) -> str:
    """Return a text that a spreadsheet shows and never runs: one that could begin a formula gets an apostrophe."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def written(form: SheetFormat, head: Sequence[str], rows: Iterable[Sequence[str]]) -> IO[bytes]:
    """Return a file at its beginning that holds a head and rows; who asks for it closes it."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives until it was sent
    try:
        _WRITERS[form](file, head, rows)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def kept(parts: Iterable[bytes]) -> IO[bytes]:
    """Return a file at its beginning that was kept in parts; who asks for it closes it."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives until it was sent
    try:
        file.writelines(parts)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def sent(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file in parts and close it."""
    with file:
        while part := file.read(_CHUNK):
            yield part


def _xlsx(file: IO[bytes], head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    # Strings are written inline and row by row to disk; what looks like a formula, number or address stays text.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_numbers": False,
               "strings_to_urls": False}  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, Workbook(file, options | {"tmpdir": folder}) as book:
        sheet = book.add_worksheet()
        bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(0, len(head) - 1), 18, text)
        for place, name in enumerate(head):
            sheet.write_string(0, place, guarded(name), bold)
        for number, row in enumerate(rows, start=1):
            for place, cell in enumerate(row):
                if cell:
                    sheet.write_string(number, place, guarded(cell), text)


def _csv(file: IO[bytes], head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    lines = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="", write_through=False)
    writer = csv.writer(lines)
    writer.writerow([guarded(each) for each in head])
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    lines.flush()
    lines.detach()


_WRITERS: Final[dict[SheetFormat, Callable[[IO[bytes], Sequence[str], Iterable[Sequence[str]]], None]]] = {
    SheetFormat.XLSX: _xlsx,
    SheetFormat.CSV: _csv,
}
