"""From when until when the document behind a definition is in force, by the definition's version.

A version counts every period until the next version of the definition replaces it, also past the last day that its
document names: values always carry the version that they were counted by (GEN-02).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from cmc.core.text import Text


@dataclass(frozen=True, slots=True)
class Validity:
    """Both days belong to it; None: the document names no such day. `words` say what the days are."""

    first_day: date | None
    last_day: date | None
    words: Text


_OWN: Final = Text("文件未写明起止日期，在新版本替代前一直有效", "No dates in the document; until a new version")

VALIDITY: Final[dict[str, Validity]] = {
    "CN-NBPHS-2017/1": Validity(
        date(2017, 2, 28),
        None,
        Text("自规范印发之日起，在新版规范替代前有效", "From the day of issue, until a new edition replaces it"),
    ),
    "CMC/1": Validity(None, None, _OWN),
    "SIMPLE/1": Validity(None, None, _OWN),
    "CMS/2025/1": Validity(
        date(2025, 1, 1),
        date(2025, 12, 31),
        Text("文件的测量年度；其后仍按此版本计数，直至有新版本", "The document's year; counted so until a new version"),
    ),
    "QOF/2025-26/1": Validity(
        date(2025, 4, 1),
        date(2026, 3, 31),
        Text("文件的财政年度；其后仍按此版本计数，直至有新版本", "The document's year; counted so until a new version"),
    ),
}
"""By the version of a definition; a new version is a new line."""
