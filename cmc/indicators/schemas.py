"""What the API takes and gives of indicators."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, NamedTuple, Self
from uuid import UUID

from pydantic import BaseModel, Field

from cmc.clinical.codes import Disease
from cmc.core.errors import Invalid, invalid
from cmc.core.text import Text
from cmc.indicators.definitions import CODES, DEFINITIONS, DIGEST
from cmc.indicators.dependencies import Dependency, FactSource, depends_on
from cmc.indicators.goals import goals
from cmc.indicators.measure import SMALL_BELOW, Direction, IndicatorSet, Measure, percent, wilson
from cmc.indicators.periods import Period, Span, month_end
from cmc.indicators.validity import VALIDITY, Validity
from cmc.indicators.variants import WAITING

MOST_MONTHS = 60

Month = Annotated[str, Field(pattern=r"^(19|20)\d{2}-(0[1-9]|1[0-2])$", examples=["2026-11"])]
"""A calendar month, e.g. 2026-11."""


CountedSpan = Annotated[Span, Field(description="from the first day of the year, quarter or month of the month's end")]
"""By which periods values count; those of an indicator are in its definition."""


class GoalOut(BaseModel):
    """What share shall be reached by the end of a year, and which document says so."""

    percent: str = Field(examples=["70"])
    year: int = Field(examples=[2030])
    source: Text

    @classmethod
    def of(cls, code: str, disease: Disease) -> Self | None:
        goal = goals().get((code, disease))
        return None if goal is None else cls(percent=str(goal.percent), year=goal.year, source=goal.source)


class ValidityOut(BaseModel):
    """From when until when the document behind a version is in force; both days belong to it."""

    first_day: date | None = Field(description="null where the document names none")
    last_day: date | None = Field(description="null where the document names none")
    words: Text = Field(description="what these days are, and what holds after the last")

    @classmethod
    def of(cls, validity: Validity) -> Self:
        return cls(first_day=validity.first_day, last_day=validity.last_day, words=validity.words)


class DependencyOut(BaseModel):
    """A part of the record that a definition depends on."""

    source: FactSource
    columns: list[str] = Field(description="columns of the facts that are taken from it", examples=[["exams"]])

    @classmethod
    def of(cls, dependency: Dependency) -> Self:
        return cls(source=dependency.source, columns=list(dependency.columns))


class IndicatorOut(BaseModel):
    """One indicator: what is counted, of whom, by which document, with which options."""

    code: str = Field(examples=["IND-02"])
    disease: Disease
    title: Text
    numerator: Text
    denominator: Text
    source: str
    version: str
    direction: Direction = Field(description="which way is better")
    belongs_to: IndicatorSet = Field(description="whose definition it is")
    exclusions: Text = Field(description="who is not counted")
    spans: list[Span] = Field(description="by which periods it is counted")
    why_spans: Text = Field(description="why by these and no others")
    counts_amounts: bool = Field(description="not people are counted but visits or tasks of theirs")
    parameters: dict[str, str | int | bool] = Field(examples=[{"denom_policy": "ACTIVE_AT_END_PLUS_LTFU"}])
    goal: GoalOut | None = Field(default=None, description="null where none is published")
    effective: ValidityOut = Field(description="of the document behind this version")
    depends_on: list[DependencyOut] = Field(description="what of the record is read, out of the definition itself")

    @classmethod
    def of(cls, measure: Measure) -> Self:
        return cls(
            code=measure.code,
            disease=measure.disease,
            title=measure.title,
            numerator=measure.numerator,
            denominator=measure.denominator,
            source=measure.source,
            version=measure.version,
            direction=measure.direction,
            belongs_to=measure.belongs_to,
            exclusions=measure.exclusions,
            spans=list(measure.spans),
            why_spans=measure.why_spans,
            counts_amounts=measure.amounts is not None,
            parameters=dict(measure.parameters),
            goal=GoalOut.of(measure.code, measure.disease),
            effective=ValidityOut.of(VALIDITY[measure.version]),
            depends_on=[DependencyOut.of(each) for each in depends_on(measure)],
        )


class WaitingOut(BaseModel):
    """An option that cannot be computed yet, and why."""

    parameter: str
    option: str
    reason: Text


class IndicatorList(BaseModel):
    """Every published indicator, and what waits for its data."""

    items: list[IndicatorOut]
    waiting: list[WaitingOut]

    @classmethod
    def all(cls) -> Self:
        waiting = [WaitingOut(parameter=each.parameter, option=each.option, reason=each.reason) for each in WAITING]
        return cls(items=[IndicatorOut.of(each) for each in DEFINITIONS], waiting=waiting)


class PeriodOut(BaseModel):
    """Both days belong to it."""

    start: date
    end: date


class IntervalOut(BaseModel):
    """95 % interval (Wilson), in percent with two decimals."""

    low: str = Field(examples=["32.04"])
    high: str = Field(examples=["80.67"])

    @classmethod
    def of(cls, numerator: int, denominator: int) -> Self | None:
        bounds = wilson(numerator, denominator)
        return None if bounds is None else cls(low=str(bounds[0]), high=str(bounds[1]))


class StoredValue(NamedTuple):
    """A stored value as it is read: the columns of `IndicatorValue` that are told."""

    organisation_id: UUID
    code: str
    disease: str
    period_start: date
    period_end: date
    numerator: int
    denominator: int
    exclusions: int
    definition_version: str
    as_of: date
    computed_at: datetime


class IndicatorValueOut(BaseModel):
    """One number of one organisation: of the year, quarter or month to a month's end."""

    code: str
    disease: Disease
    organisation_id: UUID
    period: PeriodOut
    numerator: int
    denominator: int
    exclusions: int = Field(description="people on file there for the disease and not in the denominator")
    percent: str | None = Field(description="two decimals, half-up; null without people (GEN-06)", examples=["58.33"])
    interval: IntervalOut | None
    is_small: bool = Field(description="fewer than 10 in the denominator: read it with its interval")
    definition_version: str
    as_of: date = Field(description="last day whose facts are in the number")
    computed_at: datetime

    @classmethod
    def of(cls, value: StoredValue) -> Self:
        share = percent(value.numerator, value.denominator)
        return cls(
            code=value.code,
            disease=Disease(value.disease),
            organisation_id=value.organisation_id,
            period=PeriodOut(start=value.period_start, end=value.period_end),
            numerator=value.numerator,
            denominator=value.denominator,
            exclusions=value.exclusions,
            percent=None if share is None else str(share),
            interval=IntervalOut.of(value.numerator, value.denominator),
            is_small=value.denominator < SMALL_BELOW,
            definition_version=value.definition_version,
            as_of=value.as_of,
            computed_at=value.computed_at,
        )


class IndicatorValueList(BaseModel):
    """Values by code, disease and period."""

    items: list[IndicatorValueOut]

    @classmethod
    def of(cls, values: Iterable[StoredValue]) -> Self:
        return cls(items=[IndicatorValueOut.of(each) for each in values])


def not_counted_by(span: Span) -> Invalid:
    """Return the error of who asks for an indicator by a span in which it makes no sense."""
    known = sorted({each.code for each in DEFINITIONS if span in each.spans})
    return invalid("/span", "not_counted", f"by {span.value} are counted: " + ", ".join(known))


@dataclass(frozen=True, slots=True)
class Stamp:
    """The version of an organisation's values and when it was set; version 0 before the first values."""

    version: int
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ValueQuery:
    """What is asked for: measures, one organisation, and the months whose ends close a period."""

    measures: tuple[Measure, ...]
    organisation_id: UUID
    first: date
    last: date
    span: Span = Span.YEAR

    @classmethod
    def of(
        cls, codes: str | None, organisation_id: UUID, first: str, last: str, disease: Disease | None, span: Span
    ) -> Self:
        """Read the parameters.

        Raises `Invalid` for an unknown code, one that is not counted by the span, or a reversed or too long range.
        """
        wanted = set(CODES) if codes is None else {each.strip() for each in codes.split(",")}
        if not wanted <= set(CODES):
            raise invalid("/codes", "unknown_code", "known codes: " + ", ".join(CODES))
        ends = [month_end(int(month[:4]), int(month[5:])) for month in (first, last)]
        months = (ends[1].year - ends[0].year) * 12 + ends[1].month - ends[0].month + 1
        if months < 1:
            raise invalid("/to", "before_from", "must not lie before the first month")
        if months > MOST_MONTHS:
            raise invalid("/to", "range_too_long", f"at most {MOST_MONTHS} months")
        named = [each for each in DEFINITIONS if each.code in wanted and disease in (None, each.disease)]
        measures = tuple(each for each in named if span in each.spans)
        if codes is not None and len(measures) < len(named):
            raise not_counted_by(span)
        return cls(measures, organisation_id, ends[0], ends[1], span)

    def periods(self) -> list[Period]:
        """Return the periods that are asked for, oldest first."""
        months = range(self.first.year * 12 + self.first.month - 1, self.last.year * 12 + self.last.month)
        found = (self.span.period(each // 12, each % 12 + 1) for each in months)
        return [each for each in found if self.first <= each.end <= self.last]

    def etag(self, stamp: Stamp) -> str:
        """The strong entity tag of the answer: definitions, version of the organisation's values, and the question."""
        changed = stamp.changed_at.timestamp() if stamp.changed_at else 0
        asked = ",".join(f"{each.code}/{each.disease}" for each in self.measures)
        parts = (DIGEST, self.organisation_id, stamp.version, changed, asked, self.first, self.last, self.span)
        return '"' + hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:32] + '"'
