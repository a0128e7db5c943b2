"""What an import did: the counts, and a file of the rows that were not simply taken."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from cmc.exchange.errors import UnusableFileError

_HEAD = ("row", "result", "column", "code", "words")


@dataclass(slots=True)
class Counts:
    """Rows read, rows by what became of them, and the reasons of those that were refused or held."""

    read: int = 0
    results: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)


class Report:
    """Counts rows and writes those with something to say to a CSV file: row number, column, code and words.

    Nothing of the row itself is repeated there. The file is there only when it has rows.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts = Counts()
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def row(self, number: int, result: str, faults: list[tuple[str, str, str]]) -> None:
        """Count one row; `faults` are (column, code, words)."""
        self.counts.read += 1
        self.counts.results[result] += 1
        for code in {code for _, code, _ in faults}:
            self.counts.reasons[result, code] += 1
        if faults:
            writer = csv.writer(self._opened())
            writer.writerows((number, result, *fault) for fault in faults)

    def _opened(self) -> TextIO:
        if self._file is None:
            self._file = os.fdopen(_private(self.path), "w", encoding="utf-8-sig", newline="")
            csv.writer(self._file).writerow(_HEAD)
        return self._file


@contextmanager
def report(path: Path) -> Iterator[Report]:
    """Yield the report of one import; raises `UnusableFileError` when its file cannot be written."""
    try:
        with Report(path) as made:
            yield made
    except PermissionError as error:
        raise UnusableFileError(f"The error file {path} cannot be written: give another one with --errors.") from error


def _private(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
