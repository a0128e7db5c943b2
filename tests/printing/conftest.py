"""Reading a printed PDF: every character with its place, in millimetres from the top left."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from pdfminer.high_level import extract_pages
from pdfminer.layout import LTChar

import debian
from cmc.core.errors import Unavailable
from cmc.printing import pdf

MM = 72 / 25.4


@dataclass(frozen=True)
class Glyph:
    """One character on a page: x of its middle from the left, y of its baseline from the top, in mm."""

    page: int
    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Printed:
    """A PDF as somebody would read it."""

    pages: int
    glyphs: list[Glyph]

    def inside(self, page: int, left: float, right: float, top: float, bottom: float) -> str:
        """The text in a box, line by line, without spaces."""
        found = [
            each
            for each in self.glyphs
            if each.page == page and left <= each.x < right and top <= each.y < bottom and each.text.strip()
        ]
        found.sort(key=lambda each: (round(each.y), each.x))
        return "".join(each.text for each in found)

    def text(self, page: int) -> str:
        """All of a page."""
        return self.inside(page, 0, 210, 0, 297)


def read_pdf(pdf: bytes) -> Printed:
    """Read a PDF."""
    pages = list(extract_pages(BytesIO(pdf)))
    glyphs = [
        Glyph(
            number,
            (char.x0 + char.x1) / 2 / MM,
            (page.height - char.matrix[5]) / MM,
            char.get_text(),
        )
        for number, page in enumerate(pages)
        for char in _chars(page)
    ]
    return Printed(len(pages), glyphs)


def _chars(item: Any) -> Iterator[LTChar]:
    if isinstance(item, LTChar):
        yield item
    elif hasattr(item, "__iter__"):
        for each in item:
            yield from _chars(each)


@pytest.fixture(scope="session", autouse=True)
def _press() -> None:
    """The libraries and the Chinese font that PDFs need; as root, what is missing is installed."""
    try:
        pdf.made("<html><body>随访</body></html>")
    except Unavailable:
        if not debian.install(*pdf.PACKAGES.split()):
            raise


@pytest.fixture(scope="session")
def read() -> Callable[[bytes], Printed]:
    """read(pdf) → every character with its place."""
    return read_pdf
