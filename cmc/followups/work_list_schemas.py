"""What the API gives of the work-list (今日工作)."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cmc.clinical.codes import Disease, GlucoseFlag, GlucosePeriod, Sex
from cmc.clinical.stratification import RiskLevel
from cmc.core.fields import Line
from cmc.core.paging import Cursor, PageSize
from cmc.core.text import Text
from cmc.followups.codes import SnoozeReason, TaskKind, WorkGroup, WorkState


@dataclass(frozen=True, slots=True)
class WorkFilters:
    """What part of the list is wanted. With a disease, what concerns the person as a whole stays in."""

    clinic_id: UUID | None = None
    group: WorkGroup | None = None
    disease: Disease | None = None
    kinds: tuple[TaskKind, ...] = ()
    state: WorkState = WorkState.OPEN
    assignee_id: UUID | None = None
    unassigned: bool = False
    village: str | None = None
    no_phone: bool = False
    people: tuple[UUID, ...] | None = None
    """Only these people: who was searched for."""


class WorkItemPatient(BaseModel):
    """Whom the task is about."""

    id: UUID
    name: str
    sex: Sex
    age: int = Field(description="completed years today (GEN-04)")
    phone: str | None = Field(description="masked")
    citizen_id: str | None = Field(description="masked; a printed list shows it")


class BloodPressure(BaseModel):
    """The last blood pressure, from a visit or a reading."""

    sbp_mmhg: int
    dbp_mmhg: int
    on: date


class Glucose(BaseModel):
    """The last glucose value, from a visit or a reading."""

    mmol_l: str = Field(examples=["7.2"])
    flag: GlucoseFlag | None = Field(description="HI or LO: the value is the meter's limit (GLU-03)")
    period: GlucosePeriod | None
    on: date


class WorkItem(BaseModel):
    """One open task, with what a nurse needs before calling."""

    id: UUID
    patient: WorkItemPatient
    disease: Disease | None = Field(description="null when it concerns the person as a whole")
    kind: TaskKind
    group: WorkGroup
    due_on: date
    days_overdue: int
    reason: Text
    rule_ids: list[str]
    risk: RiskLevel | None = Field(description="band of complication risk; of one day the highest stands first")
    from_on: date | None = Field(description="it may be done from this day on")
    latest_on: date | None = Field(description="the last day that the standard permits")
    planned_on: date | None
    assignee_id: UUID | None
    snoozed_until: date | None
    snooze_reason: SnoozeReason | None
    last_blood_pressure: BloodPressure | None
    last_glucose: Glucose | None


class WorkList(BaseModel):
    """A page of the work-list: critical first, then by date, the longest overdue first; of one day the highest risk."""

    items: list[WorkItem]
    next_cursor: str | None


class WorkNarrowed(BaseModel):
    """By what the list and its counts can be narrowed."""

    clinic: UUID | None = Field(default=None, description="only this clinic")
    disease: Disease | None = Field(default=None, description="what concerns the person as a whole stays in")
    kind: list[TaskKind] = Field(default_factory=list, max_length=len(TaskKind))
    state: WorkState = WorkState.OPEN
    assignee: UUID | Literal["none"] | None = Field(default=None, description="a user, or none: nobody has it yet")
    village: Annotated[str, Field(pattern=r"^[0-9]{6}([0-9]{3}([0-9]{3})?)?$")] | None = Field(
        default=None, description="only who lives in this county, town or village: 6, 9 or 12 digits"
    )
    no_phone: bool = Field(default=False, description="only who cannot be called")

    def filters(self, group: WorkGroup | None = None, people: tuple[UUID, ...] | None = None) -> WorkFilters:
        """The same for the query."""
        nobody = self.assignee == "none"
        return WorkFilters(
            clinic_id=self.clinic,
            group=group,
            disease=self.disease,
            kinds=tuple(self.kind),
            state=self.state,
            assignee_id=self.assignee if isinstance(self.assignee, UUID) else None,
            unassigned=nobody,
            village=self.village,
            no_phone=self.no_phone,
            people=people,
        )


class WorkAsked(WorkNarrowed):
    """What a page of the list is asked with."""

    group: Literal[WorkGroup.CRITICAL, WorkGroup.OVERDUE, WorkGroup.TODAY, WorkGroup.SOON, "all"] = "all"
    limit: PageSize = 50
    cursor: Cursor = None


class WorkSearchIn(WorkNarrowed):
    """Who is looked for on the list. In a body, because what is typed may be a name or a number."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "王建国"}]})

    text: Line


class WorkListCounts(BaseModel):
    """How many items each group holds; `all` is their sum."""

    critical: int
    overdue: int
    today: int
    soon: int
    all: int
