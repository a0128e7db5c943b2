"""What the API takes and gives of frozen reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cmc.clinical.codes import Disease
from cmc.core.fields import Line
from cmc.indicators.measure import Count, percent
from cmc.indicators.periods import Period, year_to_date
from cmc.indicators.schemas import IndicatorOut, Month, PeriodOut
from cmc.reports.codes import ReportBucket, ReportState
from cmc.reports.freezing import Numbers
from cmc.reports.listed import Moved
from cmc.reports.tables import IndicatorReport, IndicatorReportValue


class ReportIn(BaseModel):
    """What shall be frozen: an organisation, and the year up to the end of a month that is over."""

    model_config = ConfigDict(extra="forbid")

    organisation_id: UUID
    month: Month
    reason: Line | None = Field(default=None, min_length=1, description="why it is revised; of no person")

    @property
    def period(self) -> Period:
        """From 1 January to the end of the month."""
        return year_to_date(int(self.month[:4]), int(self.month[5:]))


class ReportOut(BaseModel):
    """A report without its numbers."""

    id: UUID
    organisation_id: UUID
    period: PeriodOut
    version: int
    state: ReportState
    replaces: UUID | None = Field(description="the version that this one revises")
    reason: str | None
    as_of: date
    digest: str = Field(description="SHA-256 of definitions and numbers")
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None = Field(description="the second person, where it takes two")
    approved_at: datetime | None
    refused_by: str | None

    @classmethod
    def of(cls, report: IndicatorReport, state: ReportState) -> Self:
        return cls(
            id=report.id,
            organisation_id=report.organisation_id,
            period=PeriodOut(start=report.period_start, end=report.period_end),
            version=report.version,
            state=state,
            replaces=report.replaces_id,
            reason=report.reason,
            as_of=report.as_of,
            digest=report.digest,
            proposed_by=report.proposed_by,
            proposed_at=report.proposed_at,
            approved_by=report.approved_by,
            approved_at=report.approved_at,
            refused_by=report.refused_by,
        )


class ReportList(BaseModel):
    """Reports of an organisation, the latest period and version first."""

    items: list[ReportOut]
    names: dict[str, str] = Field(description="who the actors are, where they are people or machines on file")


class ReportValueOut(BaseModel):
    """One frozen number, and what it is now with all that came late; null where it is no longer counted."""

    organisation_id: UUID
    code: str
    disease: Disease
    numerator: int
    denominator: int
    percent: str | None = Field(description="two decimals, half-up; null without people (GEN-06)", examples=["58.33"])
    numerator_now: int | None
    denominator_now: int | None
    percent_now: str | None
    differs: bool

    @classmethod
    def of(cls, value: IndicatorReportValue, now: Count | None) -> Self:
        share = percent(value.numerator, value.denominator)
        share_now = None if now is None else now.percent
        return cls(
            organisation_id=value.organisation_id,
            code=value.code,
            disease=Disease(value.disease),
            numerator=value.numerator,
            denominator=value.denominator,
            percent=None if share is None else str(share),
            numerator_now=None if now is None else now.numerator,
            denominator_now=None if now is None else now.denominator,
            percent_now=None if share_now is None else str(share_now),
            differs=now is None or (now.numerator, now.denominator) != (value.numerator, value.denominator),
        )


class ReportDetail(ReportOut):
    """A report with its definitions as they were, and its numbers: the organisation's own first."""

    definitions: list[IndicatorOut]
    values: list[ReportValueOut]
    names: dict[str, str] = Field(description="who the actors are, where they are people or machines on file")

    @classmethod
    def with_numbers(
        cls,
        report: IndicatorReport,
        state: ReportState,
        values: Sequence[IndicatorReportValue],
        now: Numbers,
        names: dict[str, str],
    ) -> Self:
        shown = [
            ReportValueOut.of(each, now.get(each.organisation_id, {}).get((each.code, each.disease))) for each in values
        ]
        definitions = [IndicatorOut.model_validate(each) for each in report.definitions]
        return cls(**ReportOut.of(report, state).model_dump(), definitions=definitions, values=shown, names=names)


class ReportPersonOut(BaseModel):
    """A person of a published list."""

    patient_id: UUID
    clinic_id: UUID


class ReportPeople(BaseModel):
    """A page of one list, by id."""

    items: list[ReportPersonOut]
    next_cursor: str | None


class ReportChangeOut(BaseModel):
    """A person whom late data, a merge or a move made stand elsewhere in one number."""

    patient_id: UUID
    clinic_id: UUID
    disease: Disease
    code: str
    then: ReportBucket
    now: ReportBucket

    @classmethod
    def all_of(cls, moved: Moved, codes: Sequence[str]) -> list[Self]:
        """One line for each code of the disease in which the person stands elsewhere."""
        found = []
        for code in codes:
            then, now = _bucket(code, moved.met, moved.not_met), _bucket(code, moved.met_now, moved.not_met_now)
            if then is not now:
                found.append(
                    cls(
                        patient_id=moved.patient_id, clinic_id=moved.clinic_id, disease=Disease(moved.disease),
                        code=code, then=then, now=now,
                    )
                )  # fmt: skip
        return found


class ReportChanges(BaseModel):
    """A page of differences, by person."""

    items: list[ReportChangeOut]
    next_cursor: str | None


def _bucket(code: str, met: Sequence[str] | None, not_met: Sequence[str] | None) -> ReportBucket:
    if code in (met or ()):
        return ReportBucket.MET
    return ReportBucket.NOT_MET if code in (not_met or ()) else ReportBucket.EXCLUDED
