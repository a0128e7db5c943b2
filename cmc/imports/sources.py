"""Where a field's text comes from: a column, a constant, a template, or an age on a date. Pure.

A source is written in the mapping file as the name of a column, or as a table:

    column = "mg_dl"            the cell of this column
    constant = "mg/dL"          the same text for every row
    template = "患者 {}"         {} is the column's text, {Other column} that column's
    match = "^([0-9]+)_"        keep the part that the first group matches
    codes = { "1" = "F" }       replace codes; any other text is an error
    format = "%Y%m%d"           read a date or time in this form (strptime) and write it as ISO 8601
    empty = ["none", "-"]       texts that mean: nothing here
    age = …, on = …             a birth date (1 January of year of `on` minus age; its precision is the year)
"""

from __future__ import annotations

import re
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

Row = AnyMapping[str, str]
_PLACE = re.compile(r"\{([^{}]*)\}")
_KEYS = frozenset({"column", "constant", "template", "match", "codes", "format", "empty", "age", "on"})


class CellError(Exception):
    """A cell does not have the form that the mapping expects; `words` never repeat what stands there."""

    def __init__(self, column: str, code: str, words: str) -> None:
        super().__init__(code)
        self.column, self.code, self.words = column, code, words


class SourceError(Exception):
    """The mapping's author wrote a source that cannot be used; the text says what."""


@dataclass(frozen=True, slots=True)
class Source:
    """How to get a field's text from a row."""

    column: str | None = None
    constant: str | None = None
    template: str | None = None
    match: re.Pattern[str] | None = None
    codes: tuple[tuple[str, str], ...] = ()
    format: str | None = None
    empty: frozenset[str] = frozenset()
    age: Source | None = None
    on: Source | None = None

    def text(self, row: Row) -> str | None:
        """Return the text of the field in `row`, or None when there is none; raises `CellError`."""
        if self.constant is not None:
            return self.constant
        if self.age is not None and self.on is not None:
            return _birth_date(self.age, self.on, row)
        found = None if self.column is None else row.get(self.column, "").strip()
        if self.column is not None and (not found or found in self.empty):
            return None
        found = self._part(found or "")
        if self.codes:
            found = self._translated(found)
        if self.format is not None:
            found = self._iso(found, self.format)
        if self.template is not None:
            return _filled(self.template, found, row)
        return found

    def columns(self) -> set[str]:
        """Return the columns that the source reads."""
        named = set() if self.template is None else {place for place in _PLACE.findall(self.template) if place}
        inner = (each.columns() for each in (self.age, self.on) if each is not None)
        return named.union({self.column} if self.column else set(), *inner)

    def shown_column(self) -> str:
        """Return the column that an error names."""
        return self.column or next(iter(sorted(self.columns())), "")

    def _part(self, text: str) -> str:
        if self.match is None:
            return text
        found = self.match.search(text)
        if found is None:
            raise CellError(self.shown_column(), "no_match", "does not have the form that the mapping expects")
        return found[1] if self.match.groups else found[0]

    def _translated(self, text: str) -> str:
        for code, meaning in self.codes:
            if code == text:
                return meaning
        words = "none of the codes in the mapping: " + ", ".join(code for code, _ in self.codes)
        raise CellError(self.shown_column(), "unknown_code", words)

    def _iso(self, text: str, form: str) -> str:
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007 - a local time; its zone is another field
        except ValueError as error:
            raise CellError(self.shown_column(), "bad_date", "is not a date or time of the form " + form) from error
        return found.isoformat() if "%H" in form or "%I" in form else found.date().isoformat()


def _filled(template: str, own: str, row: Row) -> str:
    return _PLACE.sub(lambda place: row.get(place[1], "").strip() if place[1] else own, template)


def _birth_date(age: Source, on: Source, row: Row) -> str | None:
    years, day = age.text(row), on.text(row)
    if years is None or day is None:
        return None
    try:
        whole = int(float(years))
        born = date(date.fromisoformat(day[:10]).year - whole, 1, 1)
    except (ValueError, OverflowError) as error:
        raise CellError(age.shown_column(), "bad_age", "an age in years on a date is expected") from error
    if not 0 <= whole <= 130:
        raise CellError(age.shown_column(), "bad_age", "an age from 0 to 130 years is expected")
    return born.isoformat()


def parse(given: Any) -> Source:
    """Return the source that a mapping file describes; raises `SourceError` with words for its author."""
    if isinstance(given, str):
        return Source(column=given)
    if not isinstance(given, dict):
        raise SourceError("a column's name or a table is expected")
    if unknown := sorted(given.keys() - _KEYS):
        raise SourceError(f"unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    if ("age" in given) != ("on" in given):
        raise SourceError("age and on belong together")
    if not given.keys() & {"column", "constant", "template", "age"}:
        raise SourceError("column, constant, template or age is missing")
    return Source(
        column=_text(given, "column"),
        constant=_constant(given.get("constant")),
        template=_text(given, "template"),
        match=_pattern(_text(given, "match")),
        codes=_codes(given.get("codes", {})),
        format=_format(_text(given, "format")),
        empty=frozenset(str(each) for each in given.get("empty", ())),
        age=parse(given["age"]) if "age" in given else None,
        on=parse(given["on"]) if "on" in given else None,
    )


def _text(given: dict[str, Any], key: str) -> str | None:
    value = given.get(key)
    if value is not None and not isinstance(value, str):
        raise SourceError(f"{key} must be text")
    return value


def _constant(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else value.isoformat() if isinstance(value, date | datetime) else str(value)


def _codes(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise SourceError('codes must be a table such as { "1" = "F" }')
    return tuple((str(code), str(meaning)) for code, meaning in value.items())


def _pattern(text: str | None) -> re.Pattern[str] | None:
    try:
        return None if text is None else re.compile(text)
    except re.error as error:
        raise SourceError(f"match is no regular expression: {error}") from error


def _format(form: str | None) -> str | None:
    if form is not None:
        datetime(2026, 11, 20, tzinfo=UTC).strftime(form)
    return form
