"""What an indicator is, and the grouped query that counts all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from math import sqrt
from typing import Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    and_,
    bindparam,
    false,
    func,
    true,
)

from cmc.clinical.codes import Disease
from cmc.clinical.units import round_half_up
from cmc.core.named import NamedStr
from cmc.core.text import Text
from cmc.indicators.periods import Span
from cmc.indicators.requirements import Requirement
from cmc.indicators.tables import CountsIn

AT_CLINIC: Final = (CountsIn.BOTH.value, CountsIn.CLINIC.value)
SMALL_BELOW: Final = 10
"""People in a denominator below which a share says little: shown with that word and its interval."""
_Z: Final = 1.959963984540054
POOLED: Final = (CountsIn.BOTH.value, CountsIn.REGION.value)

EXCLUSIONS: Final = Text(
    "有该病种管理记录但不在分母中的人：按名单逐人说明原因",
    "People with facts of the disease there who are not in the denominator, each with the reason",
)


YEARLY: Final = Text("一年的要求，只按年初至月末计", "Asked of a year: counted from 1 January alone")
OWN_WINDOW: Final = Text("按期末往回看，与起始日无关", "Looks back from the period's end by itself")
ANY_SPAN: Final = Text("年初、季初至月末及当月均可计", "Counted from the first day of the year, quarter or month")
EVERY_SPAN: Final = tuple(Span)


class Direction(StrEnum):
    """Which way an indicator is better."""

    HIGHER = "higher"
    LOWER = "lower"


class IndicatorSet(NamedStr):
    """Whose definition it is."""

    NATIONAL = "national", "国家基本公共卫生服务", "National programme"
    HEARTS = "hearts", "世卫组织HEARTS与Simple", "WHO HEARTS and Simple"
    CMS = "cms", "美国医保质量指标", "US quality measures (CMS)"
    QOF = "qof", "英国全科质量框架", "England's quality framework (QOF)"
    QUALITY = "quality", "测量数据质量", "Quality of measurements"


Amount = Callable[[FromClause], ColumnElement[int]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measure:
    """One indicator of one disease: people for whom `counting` holds, of those for whom `among` holds.

    `version` names the definition and changes with any change of what is counted (GEN-02); `parameters` are the options
    that it was made with, as published. Whoever has facts of the disease at a place and is not in the denominator is
    excluded, by the first requirement of `among` that does not hold.

    With `amounts` not people are counted but what each of them adds (visits, tasks): (to the numerator, to the
    denominator); a person meets it when both are equal.

    `spans` are those in which it makes sense; `span` is the one that it counts, the year to date unless `spans.within`
    made it.
    """

    code: str
    disease: Disease
    title: Text
    numerator: Text
    denominator: Text
    source: str
    version: str
    parameters: Mapping[str, str | int | bool]
    among: tuple[Requirement, ...]
    counting: tuple[Requirement, ...]
    direction: Direction = Direction.HIGHER
    belongs_to: IndicatorSet = IndicatorSet.NATIONAL
    exclusions: Text = EXCLUSIONS
    amounts: tuple[Amount, Amount] | None = None
    span: Span = Span.YEAR
    spans: tuple[Span, ...] = (Span.YEAR,)

    @property
    def why_spans(self) -> Text:
        """Why it is counted by `spans` and by no other."""
        if len(self.spans) > 1:
            return ANY_SPAN
        return YEARLY if self.belongs_to is IndicatorSet.NATIONAL else OWN_WINDOW

    def in_denominator(self, facts: FromClause) -> ColumnElement[bool]:
        """Whether a row of facts is in the denominator: true or false, never unknown."""
        return func.coalesce(
            and_(facts.c.disease == self.disease.value, *(each.holds(facts) for each in self.among)), false()
        )

    def in_numerator(self, facts: FromClause) -> ColumnElement[bool]:
        """Whether a row of facts is in the numerator: true or false, and only within the denominator."""
        held = func.coalesce(and_(true(), *(each.holds(facts) for each in self.counting)), false())
        return and_(self.in_denominator(facts), held)


class Counted(NamedTuple):
    """What is stored of a measure at a place."""

    numerator: int
    denominator: int
    exclusions: int


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


def wilson(numerator: int, denominator: int) -> tuple[Decimal, Decimal] | None:
    """Return the 95 % interval of a share by Wilson's score, in percent with two decimals; None without people."""
    if denominator == 0:
        return None
    share, square = numerator / denominator, _Z * _Z / denominator
    middle = (share + square / 2) / (1 + square)
    half = _Z * sqrt(share * (1 - share) / denominator + square / (4 * denominator)) / (1 + square)
    bounds = (max(0.0, middle - half), min(1.0, middle + half))
    low, high = (round_half_up(Decimal(str(100 * each)), Decimal("0.01")) for each in bounds)
    return low, high


def first_day(span: Span) -> ColumnElement[date]:
    """Return the parameter `month_start` or `quarter_start`, as the statement of the facts names it."""
    return bindparam(f"{span.value}_start", type_=Date())
