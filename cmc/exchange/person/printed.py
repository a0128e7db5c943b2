"""The record of a person as A4 pages to print: plain HTML, Chinese before English, no script, nothing loaded. Pure."""

from collections.abc import Iterator
from html import escape
from typing import Final

from cmc.core.text import Text
from cmc.exchange.person.schemas import DocumentSection, ElementValue, PersonDocument
from cmc.printing import paper

_STYLE: Final = (
    "@page{size:A4;margin:15mm 12mm}"
    f"body{{font:10pt/1.45 {paper.FONT}}}"
    "body{margin:1.5em auto;max-width:190mm;color:#111}"
    "h1{font-size:16pt;margin:0 0 .2em}h2{font-size:12pt;margin:1.2em 0 .3em;break-after:avoid}"
    "table{border-collapse:collapse;width:100%;margin:.3em 0}thead{display:table-header-group}"
    "tr{break-inside:avoid}th,td{border:1px solid #888;padding:.12em .4em;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}th{font-weight:600;background:#f2f2f2}small{color:#555;font-weight:400}"
    "p{margin:.2em 0}@media print{body{margin:0;max-width:none}}"
)
POLICY: Final = paper.policy(_STYLE)
"""The Content-Security-Policy of the page: its own style and nothing else."""

_TITLE: Final = Text("居民健康档案", "Health record")
_DATE: Final = Text("日期", "Date")
_SINGLE: Final = frozenset({"person", "information"})
_YES_NO: Final = {True: Text("是", "Yes"), False: Text("否", "No")}


def page(document: PersonDocument) -> str:
    """Return the document as one HTML page; empty sections are left out."""
    parts = [
        f"<h1>{paper.small(_TITLE)}</h1>",
        f"<p><small>{paper.instant(document.made_at)} · {escape(document.made_by)} · {document.version}</small></p>",
    ]
    for section in document.sections:
        if section.entries:
            parts += _pairs(section) if section.code in _SINGLE else _table(section)
    return paper.document(_TITLE, parts, _STYLE)


def _head(section: DocumentSection) -> str:
    data_set = f" <small>{escape(section.data_set)}</small>" if section.data_set else ""
    return f"<h2>{paper.small(section.title)}{data_set}</h2>"


def _pairs(section: DocumentSection) -> Iterator[str]:
    yield _head(section) + "<table>"
    for entry in section.entries:
        for value in (*entry.elements.values(), *entry.others.values()):
            yield f"<tr><th>{paper.small(value.name)}</th><td>{_shown(value)}</td></tr>"
    yield "</table>"


def _table(section: DocumentSection) -> Iterator[str]:
    """A table of the columns that any entry fills."""
    columns: dict[str, ElementValue] = {}
    rows = []
    for entry in section.entries:
        values = {each.field: each for each in (*entry.elements.values(), *entry.others.values())}
        columns = {**columns, **{name: each for name, each in values.items() if name not in columns}}
        rows.append((entry.on, values))
    dated = any(on is not None for on, _ in rows)
    yield _head(section) + "<table><thead><tr>"
    yield f"<th>{paper.small(_DATE)}</th>" if dated else ""
    for each in columns.values():
        unit = f" <small>{escape(each.unit)}</small>" if each.unit else ""
        yield f"<th>{paper.small(each.name)}{unit}</th>"
    yield "</tr></thead><tbody>"
    for on, values in rows:
        cells = "".join(f"<td>{_shown(values[name]) if name in values else ''}</td>" for name in columns)
        day = f"<td>{on.isoformat() if on else ''}</td>" if dated else ""
        yield f"<tr>{day}{cells}</tr>"
    yield "</tbody></table>"


def _shown(value: ElementValue) -> str:
    if value.words:
        return "<br>".join(paper.small(each) for each in value.words)
    if isinstance(value.value, bool):
        return paper.small(_YES_NO[value.value])
    several = value.value if isinstance(value.value, list) else [value.value]
    return escape("、".join(str(each) for each in several))
