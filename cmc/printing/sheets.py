"""The national follow-up sheets as pages: up to four visits side by side, as on the paper. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import groupby
from typing import Final
from uuid import UUID

from cmc.clinical.codes import Disease, Sex
from cmc.core.text import Text
from cmc.printing import paper
from cmc.printing.sheet_rows import ROWS, SheetRow, Visit

VISITS_A_PAGE: Final = 4
SIGNATURE_MM: Final = 9
STYLE: Final = (
    "@page{size:A4;margin:9mm 10mm 9mm}"
    f"body{{font:7.6pt/1.22 {paper.FONT};margin:0 auto;max-width:190mm;color:#000}}"
    "section{break-after:page}section:last-child{break-after:auto}"
    "h1{font-size:13pt;margin:0 0 1mm;text-align:center}"
    ".head{display:flex;justify-content:space-between;margin:0 0 1mm;font-size:9pt}"
    "table{border-collapse:collapse;width:190mm;table-layout:fixed}thead{display:table-header-group}"
    "tr{break-inside:avoid}th,td{border:.25mm solid #000;padding:.35mm .8mm;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere;height:4.9mm;font-weight:400}"
    ".g{width:7mm}.l{width:31mm}.v{width:38mm}th.g{text-align:center;vertical-align:middle}small{font-size:5.6pt}"
    f".sign td,.sign th{{height:{SIGNATURE_MM}mm}}"
    "footer{display:flex;justify-content:space-between;margin-top:1.5mm;font-size:6.5pt}"
)
"""Black lines on white: nothing is told by colour, so that a greyscale print loses nothing."""


@dataclass(frozen=True, slots=True)
class Head:
    """Who a document is about, and which document it is."""

    document_id: UUID
    made_at: datetime
    made_by: str
    name: str
    sex: Sex
    birth_date: str
    record_number: str | None
    clinic: Text

    @property
    def short_number(self) -> str:
        """HRN-02: forms carry the last eight digits, □□□-□□□□□; empty boxes without a number."""
        digits = (self.record_number or "")[-8:]
        return f"{digits[:3]}-{digits[3:]}" if len(digits) == 8 else "□□□-□□□□□"


def sheet(disease: Disease, title: Text, head: Head, visits: Sequence[Visit]) -> str:
    """Return the sheet of one disease, the earliest visit first; without visits a blank form."""
    pages = [visits[start : start + VISITS_A_PAGE] for start in range(0, len(visits), VISITS_A_PAGE)] or [()]
    parts = [_page(disease, title, head, page, number, len(pages)) for number, page in enumerate(pages, start=1)]
    return paper.document(title, parts, STYLE)


def foot(head: Head, number: int = 1, count: int = 1) -> str:
    """Return the foot of a page: which document it is, when and by whom it was made."""
    return (
        f"<footer><span>文档编号 {head.document_id}</span><span>打印 {paper.instant(head.made_at)}"
        f" {escape(head.made_by)}</span><span>第 {number} / {count} 页</span></footer>"
    )


def _page(disease: Disease, title: Text, head: Head, visits: Sequence[Visit], number: int, count: int) -> str:
    named = (
        f"<h1>{escape(title.zh)}</h1><div class='head'><span>姓名：{escape(head.name)}</span>"
        f"<span>{escape(head.clinic.zh)}</span><span>编号 {head.short_number}</span></div>"
    )
    columns = "<colgroup><col class='g'><col class='l'>" + "<col class='v'>" * VISITS_A_PAGE + "</colgroup>"
    table = f"<table>{columns}{''.join(_rows(disease, visits))}</table>"
    return f"<section>{named}{table}{foot(head, number, count)}</section>"


def _rows(disease: Disease, visits: Sequence[Visit]) -> Iterator[str]:
    first = True
    for group, found in groupby(ROWS[disease], key=lambda row: row.group):
        rows = list(found)
        for place, row in enumerate(rows):
            side = ""
            if group is not None and place == 0:
                side = f"<th class='g' rowspan='{len(rows)}'>{escape(group.zh)}</th>"
            yield f"{'<thead>' if first else ''}<tr{_tall(row)}>{side}{_label(row)}{_cells(row, visits)}</tr>"
            if first:
                yield "</thead>"
                first = False


def _tall(row: SheetRow) -> str:
    return " class='sign'" if row.tall else ""


def _label(row: SheetRow) -> str:
    codes = f"<br><small>{escape(row.codes)}</small>" if row.codes else ""
    wide = " colspan='2'" if row.group is None else ""
    return f"<th{wide}>{escape(row.label.zh)}{codes}</th>"


def _cells(row: SheetRow, visits: Sequence[Visit]) -> str:
    filled = ["<br>".join(escape(line) for line in row.lines(visit)) for visit in visits]
    return "".join(f"<td>{each}</td>" for each in [*filled, *[""] * (VISITS_A_PAGE - len(visits))])
