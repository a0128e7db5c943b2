"""CSV files of meters' programs: encoding, rows, header, cells. Pure.

Excel on Chinese Windows saves GB18030, everything else UTF-8 with or without its mark. The header is looked for in the
first rows, because programs write lines above it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cmc.core.errors import FieldError, invalid
from cmc.ingest import amounts, times
from cmc.ingest.amounts import Amount
from cmc.ingest.decoding.json_item import as_sent
from cmc.ingest.errors import Unreadable
from cmc.ingest.received import Circumstances, Faults
from cmc.ingest.times import Moment

MAX_ROWS: Final = 100_000
HEADER_WITHIN: Final = 10

_FLAGS: Final = {"hi": "HI", "high": "HI", "lo": "LO", "low": "LO"}
_DEVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}\Z")
_EMPTY: Final = frozenset({"", "-"})


@dataclass(frozen=True, slots=True)
class Row:
    """One line under the header: its number in the file, and its cells by column, without blanks around them."""

    number: int
    cells: dict[str, str]

    @property
    def pointer(self) -> str:
        """Where its faults point to."""
        return f"/rows/{self.number}"

    def get(self, column: str) -> str:
        """The cell, "" when it is empty, "-" or not there."""
        text = self.cells.get(column, "")
        return "" if text in _EMPTY else text

    def as_sent(self, device: str | None) -> dict[str, Any]:
        """The filled cells and the device, as they are kept."""
        kept: dict[str, Any] = as_sent({name: text for name, text in self.cells.items() if text and name})
        return {"device": device, **kept}


def text_of(body: bytes) -> str:
    """Decode UTF-8 (its mark is dropped), else GB18030. Raises `Unreadable`."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Unreadable("the file is neither UTF-8 nor GB18030 text")


def lines_of(body: bytes, delimiter: str) -> list[list[str]]:
    """All lines as cells. Raises `Unreadable` for what is no CSV, `Invalid` for too many lines."""
    try:
        lines = list(csv.reader(io.StringIO(text_of(body), newline=""), delimiter=delimiter, skipinitialspace=True))
    except csv.Error as error:
        raise Unreadable("the file is no CSV") from error
    if len(lines) > MAX_ROWS:
        raise invalid("", "too_many_rows", f"a file holds at most {MAX_ROWS} rows")
    return lines


def find_header(lines: list[list[str]], is_header: Callable[[list[str]], bool], words: str) -> int:
    """The index of the first line that is the header. Raises `Invalid` when none of the first ten is."""
    for index, line in enumerate(lines[:HEADER_WITHIN]):
        if is_header([cell.strip() for cell in line]):
            return index
    raise invalid("", "header_missing", words)


def rows_under(lines: list[list[str]], header: int) -> Iterator[Row]:
    """The lines under the header that are not blank."""
    names = [cell.strip() for cell in lines[header]]
    for number, line in enumerate(lines[header + 1 :], start=header + 2):
        cells = {name: cell.strip() for name, cell in zip(names, line, strict=False)}
        if any(cells.values()):
            yield Row(number, cells)


def device_of(text: str, given: Circumstances) -> str | None:
    """A serial number of the file when it is one, else the device that is known otherwise."""
    serial = text.strip()
    return serial if _DEVICE.match(serial) else given.device


def amount(row: Row, column: str, faults: list[FieldError]) -> tuple[Amount | None, str | None]:
    """(number, flag) of a cell: one of the two, or a fault."""
    text = row.get(column)
    flag = _FLAGS.get(text.lower())
    if flag:
        return None, flag
    found = amounts.read(text.encode("ascii", "replace"))
    if isinstance(found, Amount):
        return found, None
    code = found if text else "missing"
    faults.append(FieldError(f"{row.pointer}/{column}", code, "a number, or HI or LO of a meter"))
    return None, None


def moment(row: Row, column: str, clock: datetime | None, given: Circumstances) -> Moment | Faults:
    """The moment at which the device's clock showed `clock`."""
    zone = times.zone(given.zone)
    found = None if clock is None or zone is None else times.local(clock.isoformat(), zone)
    if found is None:
        return (FieldError(f"{row.pointer}/{column}", "local_time_expected", "a local date and time"),)
    return found
