"""What an indicator is, and the grouped query that counts all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Integer, Select, and_, cast, false, func, select

from cmc.clinical.codes import Disease
from cmc.clinical.units import round_half_up
from cmc.core.text import Text
from cmc.indicators.predicates import Predicate
from cmc.indicators.tables import CountsIn

AT_CLINIC: Final = (CountsIn.BOTH.value, CountsIn.CLINIC.value)
POOLED: Final = (CountsIn.BOTH.value, CountsIn.REGION.value)


class Direction(StrEnum):
    """Which way an indicator is better."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One indicator of one disease: people `counting` of the people `among`, both over the facts of a period.

    `version` names the definition and changes with any change of what is counted (GEN-02); `parameters` are the options
    that it was made with, as published.
    """

    code: str
    disease: Disease
    title: Text
    numerator: Text
    denominator: Text
    source: str
    version: str
    parameters: Mapping[str, str | int | bool]
    among: Predicate
    counting: Predicate
    direction: Direction = Direction.HIGHER

    def in_denominator(self, facts: FromClause) -> ColumnElement[bool]:
        """Whether a row of facts is in the denominator: true or false, never unknown."""
        return func.coalesce(and_(facts.c.disease == self.disease.value, self.among(facts)), false())

    def in_numerator(self, facts: FromClause) -> ColumnElement[bool]:
        """Whether a row of facts is in the numerator: true or false, and only within the denominator."""
        return and_(self.in_denominator(facts), func.coalesce(self.counting(facts), false()))


@dataclass(frozen=True, slots=True)
class Count:
    """Numerator and denominator of a measure."""

    numerator: int
    denominator: int

    @property
    def percent(self) -> Decimal | None:
        """The percentage with two decimals, half-up; None without a denominator (GEN-06)."""
        return percent(self.numerator, self.denominator)


def percent(numerator: int, denominator: int) -> Decimal | None:
    """`numerator` of `denominator` in percent with two decimals, half-up; None for a denominator of 0 (GEN-06)."""
    if denominator == 0:
        return None
    return round_half_up(Decimal(100 * numerator) / denominator, Decimal("0.01"))


def per_clinic(facts: FromClause, measures: Sequence[Measure]) -> Select[Any]:
    """Return the one query of all measures: a row per clinic, and per measure four counts in this order.

    Numerator and denominator at the clinic, then its share in the nodes above (pooled follow-ups).
    """
    counts = [
        _count(and_(facts.c.counts_in.in_(rows), holds(facts)))
        for each in measures
        for rows in (AT_CLINIC, POOLED)
        for holds in (each.in_numerator, each.in_denominator)
    ]
    return select(facts.c.clinic_id, *counts).group_by(facts.c.clinic_id)


def total(facts: FromClause, measure: Measure, rows: Sequence[str]) -> Select[int, int]:
    """Return the query of one measure's numerator and denominator over rows counted in `rows`."""
    wanted = facts.c.counts_in.in_(rows)
    return select(_count(measure.in_numerator(facts)), _count(measure.in_denominator(facts))).where(wanted)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(func.count().filter(condition), Integer)
