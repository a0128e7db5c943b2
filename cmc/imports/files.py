"""Rows of a file in bounded memory: CSV (also .gz; UTF-8 or GB18030; comma, semicolon or tab) and XLSX."""

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

from cmc.imports.errors import UnusableFileError

_CHUNK: Final = 1 << 20
_LARGEST_XLSX: Final = 512 << 20
_ENCODINGS: Final = ("utf-8-sig", "gb18030")
_DELIMITERS: Final = (",", ";", "\t")


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
    try:
        digest = _sha256(path)
        if path.suffix.lower() == ".xlsx":
            with path.open("rb") as handle:
                yield _sheet(path, handle, digest)
        else:
            encoding = _encoding(path)
            with (
                path.open("rb") as handle,
                io.TextIOWrapper(_unpacked(path, handle), encoding=encoding, newline="") as text,
            ):
                yield _csv(path, handle, text, digest)
    except (OSError, EOFError, zipfile.BadZipFile, csv.Error, UnicodeDecodeError, zlib.error) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise UnusableFileError(f"{path.name} cannot be read: {words}.") from error


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while part := handle.read(_CHUNK):
            digest.update(part)
    return digest.hexdigest()


def _csv(path: Path, handle: BinaryIO, text: io.TextIOWrapper, digest: str) -> Table:
    first = text.readline()
    delimiter = max(_DELIMITERS, key=first.count)
    columns = _columns(path, next(csv.reader([first], delimiter=delimiter), []))
    reader = csv.reader(text, delimiter=delimiter, strict=True)

    def rows() -> Iterator[tuple[int, list[str]]]:
        for cells in reader:
            if any(cells):
                yield reader.line_num + 1, cells

    return Table(path.name, digest, columns, rows(), path.stat().st_size, handle.tell)


def _unpacked(path: Path, handle: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", gzip.GzipFile(fileobj=handle)) if path.suffix.lower() == ".gz" else handle


def _encoding(path: Path) -> str:
    """The first encoding that the whole file is valid in: exports of Chinese software are often GB18030."""
    for name in _ENCODINGS:
        decoder = codecs.getincrementaldecoder(name)()
        try:
            with path.open("rb") as handle:
                plain = _unpacked(path, handle)
                while part := plain.read(_CHUNK):
                    decoder.decode(part)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return name
    raise UnusableFileError(f"{path.name} is neither UTF-8 nor GB18030 text: save it as CSV UTF-8 or XLSX.")


def _sheet(path: Path, handle: BinaryIO, digest: str) -> Table:
    with zipfile.ZipFile(handle) as packed:
        if sum(each.file_size for each in packed.infolist()) > _LARGEST_XLSX:
            raise UnusableFileError(f"{path.name} unpacks to more than {_LARGEST_XLSX >> 20} MB: save it as CSV.")
    try:
        sheet: Any = load_workbook(handle, read_only=True, data_only=True).worksheets[0]
        lines = sheet.iter_rows(values_only=True)
        columns = _columns(path, [_cell(each) for each in next(lines, ())])
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise UnusableFileError(f"{path.name} is not a workbook that can be read.") from error
    at = 1

    def rows() -> Iterator[tuple[int, list[str]]]:
        nonlocal at
        for line in lines:
            at += 1
            cells = [_cell(each) for each in line]
            if any(cells):
                yield at, cells

    return Table(path.name, digest, columns, rows(), max(0, sheet.max_row or 0), lambda: at)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def _columns(path: Path, names: list[str]) -> tuple[str, ...]:
    columns = tuple(name.strip() for name in names)
    while columns and not columns[-1]:
        columns = columns[:-1]
    if not columns:
        raise UnusableFileError(f"{path.name} has no header row.")
    if len(set(columns)) != len(columns):
        raise UnusableFileError(f"{path.name} has two columns of the same name.")
    return columns
