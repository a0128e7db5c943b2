"""Rows of a file in bounded memory: CSV (also .gz; UTF-8 or GB18030; comma, semicolon or tab) and XLSX.

A workbook is read as values: a cell with a formula gives the value that was stored beside it, nothing is evaluated.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from openpyxl import load_workbook

from cmc.exchange.errors import UnusableFileError

_CHUNK: Final = 1 << 20
_LARGEST: Final = 512 << 20
"""Bytes that a packed file may unpack to, on the command line."""
LARGEST_SENT: Final = 128 << 20
"""The same of a file that was sent."""
_ENCODINGS: Final = ("utf-8-sig", "gb18030")
_DELIMITERS: Final = (",", ";", "\t")
_ZIP: Final = b"PK\x03\x04"
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file. `size` and `position` measure progress (bytes of a CSV, rows of a sheet; 0 if unknown)."""

    name: str
    sha256: str
    columns: tuple[str, ...]
    rows: Iterator[tuple[int, list[str]]]
    """(row number as an editor shows it, texts of the cells)"""
    size: int
    position: Callable[[], int]


@contextmanager
def table(path: Path) -> Iterator[Table]:
    """Open a file by its ending; raises `UnusableFileError` when it is no table."""
    suffix = path.suffix.lower()
    with _told(path.name), path.open("rb") as handle:
        yield from _read(path.name, handle, sheet=suffix == ".xlsx", packed=suffix == ".gz", most=_LARGEST)


@contextmanager
def table_of(body: bytes) -> Iterator[Table]:
    """Open a file that was sent, by its first bytes; raises `UnusableFileError` when it is no table."""
    sheet, packed = body.startswith(_ZIP), body.startswith(_GZIP)
    with _told("the file"):
        yield from _read("the file", io.BytesIO(body), sheet=sheet, packed=packed, most=LARGEST_SENT)


@contextmanager
def _told(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zipfile.BadZipFile, csv.Error, UnicodeDecodeError, zlib.error) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise UnusableFileError(f"{name} cannot be read: {words}.") from error


def _read(name: str, handle: BinaryIO, *, sheet: bool, packed: bool, most: int) -> Iterator[Table]:
    digest = _sha256(handle)
    size = handle.seek(0, io.SEEK_END)
    handle.seek(0)
    if sheet:
        yield _sheet(name, handle, digest, most)
        return
    encoding = _encoding(name, handle, packed=packed, most=most)
    handle.seek(0)
    with io.TextIOWrapper(_unpacked(handle, packed=packed), encoding=encoding, newline="") as text:
        yield _csv(name, handle, text, digest, size)


def _sha256(handle: BinaryIO) -> str:
    digest = hashlib.sha256()
    while part := handle.read(_CHUNK):
        digest.update(part)
    return digest.hexdigest()


def _csv(name: str, handle: BinaryIO, text: io.TextIOWrapper, digest: str, size: int) -> Table:
    first, above = text.readline(), 1
    if first.strip().lower() in {"sep=,", "sep=;"}:  # Excel's own hint, which is no row
        first, above = text.readline(), 2
    delimiter = max(_DELIMITERS, key=first.count)
    columns = _columns(name, next(csv.reader([first], delimiter=delimiter), []))
    reader = csv.reader(text, delimiter=delimiter, strict=True)

    def rows() -> Iterator[tuple[int, list[str]]]:
        for cells in reader:
            if any(each.strip() for each in cells):
                yield reader.line_num + above, cells

    return Table(name, digest, columns, rows(), size, handle.tell)


def _unpacked(handle: BinaryIO, *, packed: bool) -> BinaryIO:
    return cast("BinaryIO", gzip.GzipFile(fileobj=handle)) if packed else handle


def _encoding(name: str, handle: BinaryIO, *, packed: bool, most: int) -> str:
    """The first encoding that the whole file is valid in: exports of Chinese software are often GB18030."""
    for encoding in _ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            handle.seek(0)
            plain, size = _unpacked(handle, packed=packed), 0
            while part := plain.read(_CHUNK):
                size += len(part)
                if packed and size > most:
                    raise UnusableFileError(_too_large(name, most))
                decoder.decode(part)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise UnusableFileError(f"{name} is neither UTF-8 nor GB18030 text: save it as CSV UTF-8 or XLSX.")


def _sheet(name: str, handle: BinaryIO, digest: str, most: int) -> Table:
    with zipfile.ZipFile(handle) as packed:
        if sum(each.file_size for each in packed.infolist()) > most:
            raise UnusableFileError(_too_large(name, most))
    at = 0
    try:
        sheet: Any = load_workbook(handle, read_only=True, data_only=True).worksheets[0]
        lines = sheet.iter_rows(values_only=True)
        head: list[str] = []
        for line in lines:
            at += 1
            head = [_cell(each) for each in line]
            if any(head):
                break
        columns = _columns(name, head)
    except (KeyError, ValueError, IndexError, TypeError, SyntaxError) as error:
        raise UnusableFileError(f"{name} is not a workbook that can be read.") from error

    def rows() -> Iterator[tuple[int, list[str]]]:
        nonlocal at
        try:
            for line in lines:
                at += 1
                cells = [_cell(each) for each in line]
                if any(cells):
                    yield at, cells
        except (KeyError, ValueError, IndexError, TypeError, SyntaxError) as error:
            raise UnusableFileError(f"{name} is damaged behind row {at}: save it anew.") from error

    return Table(name, digest, columns, rows(), max(0, sheet.max_row or 0), lambda: at)


def _too_large(name: str, most: int) -> str:
    return f"{name} unpacks to more than {most >> 20} MB: cut it into parts."


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def _columns(name: str, names: list[str]) -> tuple[str, ...]:
    columns = tuple(each.strip() for each in names)
    while columns and not columns[-1]:
        columns = columns[:-1]
    if not columns:
        raise UnusableFileError(f"{name} has no header row.")
    if len(set(columns)) != len(columns):
        raise UnusableFileError(f"{name} has two columns of the same name.")
    return columns
