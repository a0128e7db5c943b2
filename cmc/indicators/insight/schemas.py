"""What the insights give."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cmc.clinical.codes import Disease
from cmc.core.text import Text
from cmc.followups.codes import AddOutcome
from cmc.followups.planning.adding import Added
from cmc.followups.planning.schemas import TaskIds
from cmc.indicators.explain import Bucket, Explained
from cmc.indicators.insight.asking import Asked
from cmc.indicators.insight.changing import Change, Cohort, together
from cmc.indicators.insight.comparing import Part, middle
from cmc.indicators.insight.entry_schemas import EntryOut
from cmc.indicators.insight.quality import BIN_MMHG, ENOUGH, Quality, QualityFlag, flags
from cmc.indicators.measure import SMALL_BELOW, Count, Measure, percent
from cmc.indicators.periods import Period, Span
from cmc.indicators.schemas import CountedSpan, IntervalOut, Month, PeriodOut
from cmc.indicators.teams import TeamAsked
from cmc.patients.schemas import PatientListed


def shown(share: Decimal | None) -> str | None:
    """Return a percentage as it travels: two decimals, or null."""
    return None if share is None else str(share)


def period_out(period: Period) -> PeriodOut:
    """Return a period as it travels."""
    return PeriodOut(start=period.start, end=period.end)


class ReasonOut(BaseModel):
    """Why somebody is not counted, and what helps soonest."""

    code: str = Field(examples=["visits"])
    text: Text


class AmountsOut(BaseModel):
    """What a person adds to an indicator that counts visits or tasks."""

    met: int
    due: int


class IndicatorPerson(BaseModel):
    """A person behind a number; `patient` is null for who is cared for elsewhere by now."""

    clinic_id: UUID
    patient: PatientListed | None
    reasons: list[ReasonOut]
    amounts: AmountsOut | None

    @classmethod
    def of(cls, each: Explained, patient: PatientListed | None) -> Self:
        return cls(
            clinic_id=each.clinic_id,
            patient=patient,
            reasons=[ReasonOut(code=reason.code, text=reason.text) for reason in each.reasons],
            amounts=None if each.amounts is None else AmountsOut(met=each.amounts[0], due=each.amounts[1]),
        )


class IndicatorPeople(BaseModel):
    """A page of the people of one bucket; `total` is the length of the whole list and equals the number."""

    code: str
    disease: Disease
    period: PeriodOut
    bucket: Bucket
    total: int
    items: list[IndicatorPerson]
    next_cursor: str | None


class ToWorkListIn(BaseModel):
    """People of one list, as the list was asked for, who shall stand in today's work."""

    model_config = ConfigDict(extra="forbid")

    scope: UUID = Field(description="organisation: clinic, district or region")
    month: Month
    bucket: Bucket
    disease: Disease | None = Field(default=None, description="needed where an indicator has more than one")
    span: CountedSpan = Span.YEAR
    team: TeamAsked | None = Field(default=None, description="where the list was one team's; `none`: of no team")
    patient_ids: TaskIds


class ToWorkListResult(BaseModel):
    """What became of one person; `task_id`: the task that stands, or was done today."""

    patient_id: UUID
    outcome: AddOutcome
    task_id: UUID | None


class ToWorkListOut(BaseModel):
    """How many were added, how many need no other task, and what became of each, in the order asked."""

    added: int
    already: int = Field(description="on the work-list already, or done today")
    refused: int = Field(description="not on the list, or not cared for here")
    results: list[ToWorkListResult]

    @classmethod
    def of(cls, found: Sequence[Added]) -> Self:
        """From what became of each."""
        added = sum(each.outcome is AddOutcome.ADDED for each in found)
        standing = sum(each.task is not None for each in found)
        results = [
            ToWorkListResult(patient_id=each.patient_id, outcome=each.outcome, task_id=each.task and each.task.id)
            for each in found
        ]
        return cls(added=added, already=standing - added, refused=len(found) - standing, results=results)


class StandingOut(BaseModel):
    """Where a person stands in one indicator."""

    code: str
    disease: Disease
    title: Text
    clinic_id: UUID
    bucket: Bucket
    reasons: list[ReasonOut]
    amounts: AmountsOut | None

    @classmethod
    def of(cls, each: Explained) -> Self:
        person = IndicatorPerson.of(each, None)
        return cls(
            code=each.measure.code,
            disease=each.measure.disease,
            title=each.measure.title,
            clinic_id=each.clinic_id,
            bucket=each.bucket,
            reasons=person.reasons,
            amounts=person.amounts,
        )


class PersonIndicators(BaseModel):
    """Every indicator of a person's diseases in a period."""

    patient_id: UUID
    period: PeriodOut
    items: list[StandingOut]


class PeriodValue(BaseModel):
    """A number of any period, counted from the records as they are now; nothing of it is stored."""

    code: str
    disease: Disease
    organisation_id: UUID
    period: PeriodOut
    numerator: int
    denominator: int
    percent: str | None
    interval: IntervalOut | None
    is_small: bool
    definition_version: str

    @classmethod
    def of(cls, measure: Measure, organisation_id: UUID, period: Period, count: Count) -> Self:
        return cls(
            code=measure.code,
            disease=measure.disease,
            organisation_id=organisation_id,
            period=period_out(period),
            numerator=count.numerator,
            denominator=count.denominator,
            percent=shown(count.percent),
            interval=IntervalOut.of(count.numerator, count.denominator),
            is_small=count.denominator < SMALL_BELOW,
            definition_version=measure.version,
        )


class PartOut(BaseModel):
    """A part of a place; of a small one (fewer than 10 people) the share says little, and it has no rank."""

    organisation_id: UUID | None
    name: Text | None
    doctor: str | None = Field(description="responsible doctor; null with an organisation, or where none is named")
    team_id: UUID | None = Field(description="family-doctor team; null of whoever has no doctor of a team")
    numerator: int
    denominator: int
    exclusions: int
    percent: str | None
    interval: IntervalOut | None
    is_small: bool
    rank: int | None = Field(description="1 is the best; equal shares share a rank")
    change_points: str | None = Field(description="percentage points since three months before", examples=["-1.20"])

    @classmethod
    def of(cls, part: Part) -> Self:
        return cls(
            organisation_id=part.organisation_id,
            name=part.name,
            doctor=part.doctor,
            team_id=part.team_id,
            numerator=part.numerator,
            denominator=part.denominator,
            exclusions=part.exclusions,
            percent=shown(percent(part.numerator, part.denominator)),
            interval=IntervalOut.of(part.numerator, part.denominator),
            is_small=part.denominator < SMALL_BELOW,
            rank=part.rank,
            change_points=shown(part.change),
        )


class Breakdown(BaseModel):
    """The parts of a place, best first."""

    code: str
    disease: Disease
    definition_version: str
    period: PeriodOut
    median_percent: str | None = Field(description="of the parts that are not small")
    items: list[PartOut]

    @classmethod
    def of(cls, asked: Asked, parts: Sequence[Part]) -> Self:
        return cls(
            code=asked.measure.code,
            disease=asked.measure.disease,
            definition_version=asked.measure.version,
            period=period_out(asked.period),
            median_percent=shown(middle(parts)),
            items=[PartOut.of(each) for each in parts],
        )


class ChangeOut(BaseModel):
    """The same people before and after; shares in percent with two decimals."""

    people: int
    controlled_before: int
    controlled_after: int
    percent_before: str | None
    percent_after: str | None
    points: str | None = Field(description="percentage points gained", examples=["19.68"])

    @classmethod
    def of(cls, change: Change) -> Self:
        return cls(
            people=change.people,
            controlled_before=change.before,
            controlled_after=change.after,
            percent_before=shown(percent(change.before, change.people)),
            percent_after=shown(percent(change.after, change.people)),
            points=shown(change.points),
        )


class CohortOut(BaseModel):
    """The people whose management began in a quarter."""

    began: PeriodOut
    change: ChangeOut


class ManagementChange(BaseModel):
    """What management changed, together and by the quarter in which it began."""

    disease: Disease
    period: PeriodOut
    together: ChangeOut
    cohorts: list[CohortOut]

    @classmethod
    def of(cls, disease: Disease, period: Period, found: Sequence[Cohort]) -> Self:
        began = (PeriodOut(start=each.first_on, end=each.last_on) for each in found)
        return cls(
            disease=disease,
            period=period_out(period),
            together=ChangeOut.of(together(found)),
            cohorts=[
                CohortOut(began=when, change=ChangeOut.of(each.change)) for when, each in zip(began, found, strict=True)
            ],
        )


class BinOut(BaseModel):
    """Pressures of 5 mmHg from `from_mmhg` on."""

    from_mmhg: int
    count: int


class FlagOut(BaseModel):
    """Something that is worth checking again."""

    code: QualityFlag
    text: Text


class DataQuality(BaseModel):
    """What the follow-ups of a place say about how they were measured; encounters count once."""

    period: PeriodOut
    followups: int
    pressures: int
    from_device: int = Field(description="of these a device of the person's sent the same one on that day")
    typed: int = Field(description="of these no device sent")
    by_phone: int
    late: int = Field(description="entered more than 7 days after the visit")
    repeated: int = Field(description="the same pressure as at the person's visit before")
    repeatable: int = Field(description="pressures that have one at the visit before, at most 366 days earlier")
    sbp_130_139: int
    sbp_140_149: int
    sbp_histogram: list[BinOut] = Field(description=f"bins of {BIN_MMHG} mmHg")
    last_digits: list[int] = Field(description="ten counts, of both limbs, by last digit")
    entry: EntryOut
    enough: int = Field(default=ENOUGH, description="pressures below which no flag is raised")
    flags: list[FlagOut]

    @classmethod
    def of(cls, period: Period, found: Quality) -> Self:
        return cls(
            period=period_out(period),
            followups=found.followups,
            pressures=found.values,
            from_device=found.from_device,
            typed=found.typed,
            by_phone=found.phone,
            late=found.late,
            repeated=found.repeated,
            repeatable=found.repeatable,
            sbp_130_139=found.between(130, 139),
            sbp_140_149=found.between(140, 149),
            sbp_histogram=[BinOut(from_mmhg=start, count=number) for start, number in found.histogram()],
            last_digits=[found.last_digits[digit] for digit in range(10)],
            entry=EntryOut.of(found.entry),
            flags=[FlagOut(code=each, text=each.text) for each in flags(found)],
        )
