"""Labels of devices, 50 × 30 mm: a QR code of what a scanner types, and the same in clear. Pure."""

from datetime import date
from html import escape
from typing import Final

import segno

from cmc.core.text import Text
from cmc.printing import paper

STYLE: Final = (
    "@page{size:50mm 30mm;margin:1.5mm}"
    f"body{{font:7pt/1.25 {paper.FONT};margin:0;color:#000}}"
    ".label{display:flex;gap:2mm;width:47mm;height:27mm;box-sizing:border-box;overflow:hidden;align-items:center}"
    ".label svg{width:22mm;height:22mm;flex:none}p{margin:0 0 .8mm;overflow-wrap:anywhere}.code{font-weight:700}"
    "small{font-size:5.5pt}"
)
_TITLE: Final = Text("设备标签", "Device label")
_CALIBRATION: Final = Text("校准到期", "calibration due")


def label(code: str, kind: Text, clinic: Text, calibration_due_on: date | None) -> str:
    """Return the page of one label; no person stands on it, since a device changes hands.

    The code is at most 64 letters and digits (`devices.schemas`); the QR code withstands the loss of a quarter of it.
    """
    drawn = segno.make(code, error="q", micro=False).svg_inline(border=2, omitsize=True)
    due = "" if calibration_due_on is None else f"<p>{paper.small(_CALIBRATION)} {calibration_due_on}</p>"
    parts = [
        f"<div class='label'>{drawn}<div><p class='code'>{escape(code)}</p><p>{paper.small(kind)}</p>",
        f"<p>{paper.small(clinic)}</p>{due}</div></div>",
    ]
    return paper.document(_TITLE, parts, STYLE)
