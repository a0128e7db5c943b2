"""JSON read item by item when the fast decoder refuses a payload: every fault stays with the field that has it. Pure.

Numbers keep their spelling (nothing is rounded, a 5,000-digit integer costs nothing), NaN and the infinities are seen
as what they are, lone surrogates stay visible, and keys that come twice are remembered instead of the last one winning.
"""

from __future__ import annotations

import json
from typing import Any, Final

from cmc.core.errors import invalid
from cmc.ingest.errors import Unreadable

_MOST_PARTS: Final = 20_000


class NumberText(str):
    """A JSON number (or NaN, Infinity, -Infinity) as it was spelled."""

    __slots__ = ()


class Fields(dict[str, Any]):
    """A JSON object and the keys that came more than once."""

    repeated: tuple[str, ...] = ()


def parse(body: bytes) -> Any:
    """Return the payload as `Fields`, lists, str, `NumberText`, bool and None.

    Raises `Unreadable` when it is not UTF-8, not JSON or nested too deeply, `Invalid` when it holds far more parts than
    a batch may have.
    """
    budget = _Budget()
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=budget.object,
            parse_int=budget.number,
            parse_float=budget.number,
            parse_constant=NumberText,
        )
    except UnicodeDecodeError as error:
        raise Unreadable("the body is not UTF-8") from error
    except RecursionError as error:
        raise Unreadable("the body is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise Unreadable("the body is not valid JSON") from error


class _Budget:
    """Counts objects and numbers, so that a small body of very many parts stops early."""

    def __init__(self) -> None:
        self.left = _MOST_PARTS

    def object(self, pairs: list[tuple[str, Any]]) -> Fields:
        self._spend()
        fields = Fields(pairs)
        if len(fields) != len(pairs):
            seen: set[str] = set()
            fields.repeated = tuple(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return fields

    def number(self, text: str) -> NumberText:
        self._spend()
        return NumberText(text)

    def _spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise invalid("/items", "too_many_items", "a request holds at most 500 items")
