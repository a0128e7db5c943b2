"""Field types that every schema uses, so that no input can reach the database in a shape it cannot hold.

JSON as Python reads it may contain NaN, infinities, NUL and lone surrogates, and pydantic's lax mode takes `true`
for 1 and "6.1" for 6.1. These types refuse all of that with a code and plain words.
"""

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, Strict, StringConstraints
from pydantic_core import PydanticCustomError

_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Cn"})
_LINE_CHARACTERS = frozenset("\n\t")
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def storable(value: str, *, lines: bool = False) -> str:
    """Return `value` in NFC, or raise when it holds a character that text of ours may not hold."""
    for character in value:
        if lines and character in _LINE_CHARACTERS:
            continue
        if character in _BIDI_CONTROLS or unicodedata.category(character) in _FORBIDDEN_CATEGORIES:
            raise PydanticCustomError("bad_character", "contains a control character or an invalid code point")
    return unicodedata.normalize("NFC", value)


def _note(value: str) -> str:
    return storable(value, lines=True)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise PydanticCustomError("number_expected", "must be a JSON number")
    number = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not number.is_finite():
        raise PydanticCustomError("number_not_finite", "must be a finite number")
    return number


def _date_text(value: Any) -> Any:
    if isinstance(value, str) and not _ISO_DATE.match(value):
        raise PydanticCustomError("date_expected", "must be a date such as 2026-11-20")
    if not isinstance(value, str | date) or isinstance(value, datetime):
        raise PydanticCustomError("date_expected", "must be a date such as 2026-11-20")
    return value


def _form_code(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("code_expected", "must be one of the form's numbers")
    return value


def _instant(value: datetime) -> datetime:
    if not 1900 <= value.year <= 2999:
        raise PydanticCustomError("out_of_range", "must lie in the years 1900 to 2999")
    return value.astimezone(UTC)


_T = TypeVar("_T")

FormCode = Annotated[_T, BeforeValidator(_form_code)]
"""A code of a national form travels as the number printed there: `true` and "1" are not 1."""

Line = Annotated[
    str, Strict(), StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(storable)
]
"""One line of text, 1 to 200 characters."""

Name = Annotated[
    str, Strict(), StringConstraints(strip_whitespace=True, min_length=1, max_length=64), AfterValidator(storable)
]
"""A person's or a thing's name, 1 to 64 characters."""

Note = Annotated[str, Strict(), StringConstraints(max_length=2000), AfterValidator(_note)]
"""Free text of several lines, up to 2,000 characters."""

Code = Annotated[str, Strict(), StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
"""A technical identifier: letters, digits, dot, underscore, colon, hyphen."""

Whole = Annotated[int, Strict(), Field(ge=-(2**31), le=2**31 - 1)]
"""A whole number that fits the database's integer."""

Number = Annotated[Decimal, BeforeValidator(_number), Field(max_digits=12, decimal_places=4)]
"""A finite decimal number; kept as written."""

Flag = Annotated[bool, Strict()]
"""true or false, nothing else."""

LocalDate = Annotated[date, BeforeValidator(_date_text)]
"""A calendar date of the centre (Asia/Shanghai), ISO 8601."""

Instant = Annotated[AwareDatetime, AfterValidator(_instant)]
"""A moment with its offset from UTC, of the years 1900 to 2999, in UTC."""
