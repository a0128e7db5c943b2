"""Formulas of the family-doctor contract indicators (IND-30, IND-33): pure, until contracts are on file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cmc.indicators.measure import Count


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a contract's package: how often it was due so far, and how often it was done."""

    due: int
    done: int


def signed(valid: int, residents: int) -> Count:
    """IND-30 签约率: residents with a contract that is valid on the day; expired and unsigned ones never enter."""
    return Count(valid, residents)


def fulfilled(contracts: Iterable[Sequence[Item]]) -> Count:
    """IND-33 履约率 by person: contracts of which every item due so far was done; without any due item left out."""
    counted = [items for items in contracts if any(each.due > 0 for each in items)]
    return Count(sum(all(each.done >= each.due for each in items) for items in counted), len(counted))
