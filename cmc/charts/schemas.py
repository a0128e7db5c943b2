"""What the API gives of charts and takes for the review of medicines."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cmc.charts.codes import ReviewState
from cmc.charts.tables import MedicineReview
from cmc.charts.timeline import Entry
from cmc.clinical.care_gaps import CareGap, CareItem
from cmc.clinical.drug_checks import DrugLevel, DrugReview, Override
from cmc.clinical.reasons import Reason
from cmc.core.fields import Line
from cmc.core.text import Text
from cmc.records.fact_schemas import MedicationOut
from cmc.records.fact_tables import Medication


class ReasonOut(BaseModel):
    """Why: the rule and the words."""

    rule: str
    text: Text

    @classmethod
    def of(cls, reason: Reason) -> Self:
        return cls(rule=reason.rule, text=reason.text)


class FindingOut(BaseModel):
    """What a medicine check found, and who may go on in spite of it."""

    level: DrugLevel
    reason: ReasonOut
    medicines: list[str] = Field(description="codes of the catalogue")
    inputs: dict[str, str]
    override: Override


class CheckedOut(BaseModel):
    """Findings about all that the person takes and the medicine that was asked about; the gravest first."""

    level: DrugLevel
    findings: list[FindingOut]
    not_checked: list[ReasonOut] = Field(description="what could not be looked at for want of a fact")
    unknown_medicines: list[str] = Field(description="not in the catalogue: not checked")

    @classmethod
    def of(cls, found: DrugReview) -> Self:
        return cls(
            level=found.level,
            findings=[
                FindingOut(
                    level=each.level,
                    reason=ReasonOut.of(each.reason),
                    medicines=list(each.medicines),
                    inputs=dict(each.inputs),
                    override=each.override,
                )
                for each in found.findings
            ],
            not_checked=[ReasonOut.of(each) for each in found.not_checked],
            unknown_medicines=list(found.unknown_medicines),
        )


class MedicineReviewOut(BaseModel):
    """A stored review. `version` is its ETag, by which `:override` and `:confirm` name what they saw."""

    id: UUID
    version: int
    state: ReviewState
    level: DrugLevel = Field(description="the gravest finding about the new medicine itself")
    findings: list[FindingOut]
    not_checked: list[ReasonOut]
    unknown_medicines: list[str]
    name: str = Field(description="of the medicine that was proposed")
    overridden_by: str | None
    override_reason: str | None
    confirmed_by: str | None
    actor: str
    recorded_at: datetime
    medication: MedicationOut | None = Field(description="as it now stands in the record; null while it is blocked")

    @classmethod
    def of(cls, row: MedicineReview, stored: Medication | None) -> Self:
        return cls(
            id=row.id,
            version=row.version,
            state=ReviewState(row.state),
            level=DrugLevel(row.level),
            findings=[_finding(each) for each in row.findings],
            not_checked=[_reason(each) for each in row.not_checked],
            unknown_medicines=row.unknown_medicines,
            name=row.proposed["name"],
            overridden_by=row.overridden_by,
            override_reason=row.override_reason,
            confirmed_by=row.confirmed_by,
            actor=row.actor,
            recorded_at=row.recorded_at,
            medication=MedicationOut.of(stored) if stored else None,
        )


class MedicineReviewList(BaseModel):
    """The reviews of a person's medicines, newest first."""

    items: list[MedicineReviewOut]


class OverrideIn(BaseModel):
    """Why a blocked medicine is given all the same."""

    model_config = ConfigDict(extra="forbid")

    reason: Line


class CareGapOut(BaseModel):
    """One item of screening: from which day it may be done, by which it is due, and why."""

    item: CareItem
    text: Text
    from_on: date
    by_on: date
    overdue: bool
    reason: ReasonOut
    refer: ReasonOut | None

    @classmethod
    def of(cls, gap: CareGap, on: date) -> Self:
        return cls(
            item=gap.item,
            text=gap.item.text,
            from_on=gap.from_on,
            by_on=gap.by_on,
            overdue=gap.overdue(on),
            reason=ReasonOut.of(gap.reason),
            refer=ReasonOut.of(gap.refer) if gap.refer else None,
        )


class CareGapList(BaseModel):
    """What a person is due for, the earliest first."""

    on: date
    items: list[CareGapOut]


class TimelineEntry(BaseModel):
    """One entry: its kind, the day, what it is and its value in short. `id` is that of the row."""

    kind: str
    on: date
    id: UUID
    recorded_at: datetime
    what: str | None
    value: str | None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(**entry._asdict())


class TimelinePage(BaseModel):
    """Entries of all kinds, the latest first."""

    items: list[TimelineEntry]
    next_cursor: str | None


def _reason(stored: dict[str, Any]) -> ReasonOut:
    return ReasonOut(rule=stored["rule"], text=Text(stored["zh"], stored["en"]))


def _finding(stored: dict[str, Any]) -> FindingOut:
    return FindingOut(
        level=DrugLevel(stored["level"]),
        reason=_reason(stored),
        medicines=stored["medicines"],
        inputs=stored["inputs"],
        override=Override(stored["override"]),
    )
