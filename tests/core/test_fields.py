"""No text, number or time reaches a service in a shape that the database cannot hold."""

import math
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from cmc.core import fields

REFUSED = [
    pytest.param(fields.Line, "a\x00b", id="NUL"),
    pytest.param(fields.Line, "a\ud800b", id="lone surrogate"),
    pytest.param(fields.Line, "a\nb", id="line break in one line"),
    pytest.param(fields.Line, "abc\u202e", id="right-to-left override"),
    pytest.param(fields.Line, "   ", id="only spaces"),
    pytest.param(fields.Line, "字" * 201, id="too long"),
    pytest.param(fields.Line, 7, id="number as text"),
    pytest.param(fields.Note, "\x1b[0m", id="escape sequence"),
    pytest.param(fields.Number, math.nan, id="NaN"),
    pytest.param(fields.Number, math.inf, id="infinity"),
    pytest.param(fields.Number, True, id="true is no number"),
    pytest.param(fields.Number, "6.1", id="text is no number"),
    pytest.param(fields.Number, 1e300, id="too many digits"),
    pytest.param(fields.Whole, 2**31, id="beyond the column"),
    pytest.param(fields.Whole, 3.0, id="decimal as whole number"),
    pytest.param(fields.Whole, True, id="true is no whole number"),
    pytest.param(fields.Flag, 1, id="1 is not true"),
    pytest.param(fields.LocalDate, "2026-02-30", id="no such day"),
    pytest.param(fields.LocalDate, "2026-11-20T08:00:00Z", id="instant as date"),
    pytest.param(fields.LocalDate, 1763596800, id="epoch as date"),
    pytest.param(fields.Code, "a b", id="space in a code"),
    pytest.param(fields.Code, "a\n", id="line break after a code"),
]


@pytest.mark.parametrize(("kind", "value"), REFUSED)
def test_what_is_refused(kind: Any, value: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


ACCEPTED = [
    pytest.param(fields.Line, " 买买提·艾山 ", "买买提·艾山", id="name with middle dot, trimmed"),
    pytest.param(fields.Line, "𠮷田", "𠮷田", id="rare character of four bytes"),
    pytest.param(fields.Note, "一\n二", "一\n二", id="lines in a note"),
    pytest.param(fields.Number, 6.1, Decimal("6.1"), id="decimal as written"),
    pytest.param(fields.Number, 7, Decimal(7), id="whole number as number"),
]


@pytest.mark.parametrize(("kind", "value", "kept"), ACCEPTED)
def test_what_is_kept(kind: Any, value: Any, kept: Any) -> None:
    assert TypeAdapter(kind).validate_python(value) == kept
