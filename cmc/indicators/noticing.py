"""Which columns of the facts measures touch, so that a statement of theirs reads no more."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import ColumnElement, FromClause

from cmc.indicators.counting import per_clinic
from cmc.indicators.facts import FACT
from cmc.indicators.measure import Measure


class _Noticing:
    """The columns of the facts, and which of them were asked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        self.names.add(name)
        return FACT.c[name]

    __getattr__ = __getitem__


def columns_of(measures: Iterable[Measure]) -> frozenset[str]:
    """Return the columns of the facts that some measures touch when they are counted."""
    noticing = _Noticing()
    per_clinic(cast(FromClause, SimpleNamespace(c=noticing)), list(measures))
    return frozenset(noticing.names)
