"""What the API takes and gives of the recall."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from cmc.clinical.codes import EndReason
from cmc.clinical.enrolment import (
    MIN_CONTACT_ATTEMPTS,
    MIN_CONTACT_CHANNELS,
    MIN_CONTACT_SPAN,
    ContactEvidence,
)
from cmc.core.fields import LocalDate, Note
from cmc.followups.work_list_schemas import BloodPressure, Glucose
from cmc.patients.schemas import PatientListed
from cmc.recalls.codes import CallChannel, CallResult, RecallSection
from cmc.recalls.tables import RecallCall


def _of_a_call(result: CallResult) -> CallResult:
    if result is CallResult.RETURN_TO_LIST:
        raise PydanticCustomError("not_in_list", "a person is put back on the list by :return")
    return result


class CallIn(BaseModel):
    """What came of a call. `agreed` and `later` need a day."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"channel": "phone", "result": "agreed", "remind_on": "2026-11-25"}]},
    )

    channel: CallChannel
    result: Annotated[CallResult, AfterValidator(_of_a_call)]
    remind_on: LocalDate | None = Field(default=None, description="when the person comes, or is to be called again")
    note: Note | None = None


class LoseIn(BaseModel):
    """Which enrolment goes to lost (LIFE-02)."""

    model_config = ConfigDict(extra="forbid")

    enrolment_id: UUID


class CallOut(BaseModel):
    """One call."""

    id: UUID
    patient_id: UUID
    channel: CallChannel | None
    result: CallResult
    remind_on: date | None
    note: str | None
    called_at: datetime
    called_by: str
    undone_at: datetime | None
    then: EndReason | None = Field(
        default=None, description="the end of the enrolment that is to be recorded by a person (LIFE-01)"
    )

    @classmethod
    def of(cls, row: RecallCall, then: EndReason | None = None) -> Self:
        """From the row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields if name != "then"}, then=then)


class RecallItem(BaseModel):
    """A person on the list, with what is needed before calling."""

    patient: PatientListed
    task_id: UUID
    section: RecallSection
    due_on: date
    days_overdue: int
    last_seen_on: date | None
    called_today: bool
    last_result: CallResult | None
    last_called_at: datetime | None
    remind_on: date | None
    unanswered: int = Field(description="attempts in a row without an answer")
    last_blood_pressure: BloodPressure | None
    last_glucose: Glucose | None


class RecallPage(BaseModel):
    """A page of the recall, the longest overdue first."""

    items: list[RecallItem]
    next_cursor: str | None


class RecallSummary(BaseModel):
    """People to recall by section, and of those called in the period how many came within 15 days."""

    sections: dict[RecallSection, int]
    to_recall: int
    called: int
    returned_within_15_days: int
    returned_percent: str | None = Field(description="two decimals, half up; null when nobody was called (GEN-06)")


class EvidenceOut(BaseModel):
    """What the calls say of a person who cannot be reached (LIFE-02)."""

    attempts: int = 0
    channels: int = 0
    first_on: date | None = None
    last_on: date | None = None
    is_enough: bool = Field(description="attempts, channels and days; the 180 days without a visit are checked as well")

    @classmethod
    def of(cls, found: ContactEvidence | None) -> Self:
        """From the evidence."""
        if found is None:
            return cls(is_enough=False)
        enough = (
            found.attempts >= MIN_CONTACT_ATTEMPTS
            and found.channels >= MIN_CONTACT_CHANNELS
            and found.last_on - found.first_on >= MIN_CONTACT_SPAN
        )
        return cls(**found.plain(), is_enough=enough)


class PersonRecall(BaseModel):
    """All calls to a person, and what they prove."""

    patient_id: UUID
    calls: list[CallOut]
    evidence: EvidenceOut
