"""What the API takes and gives of acts on tasks, of days and of settings."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from cmc.clinical.codes import Disease
from cmc.core.fields import Line, Whole
from cmc.core.fields import LocalDate as Day
from cmc.core.text import Text
from cmc.followups.codes import DoneReason, FollowupGroup, MoveReason, SnoozeReason, TaskAct, TaskKind, TaskStatus
from cmc.followups.planning.acting import Acted, Assign, Done, Move, Snooze, Wish
from cmc.followups.rhythm import LONGEST_DAYS, SHORTEST_DAYS
from cmc.followups.tables import OpeningDays, RhythmSetting, Task, TaskEvent
from cmc.patients.schemas import PatientListed

_STRICT = ConfigDict(extra="forbid")
TaskIds = Annotated[list[UUID], Field(min_length=1, max_length=100)]
PAST_LIMIT = Text("计划日期超过规范规定的最晚日期", "The planned day lies past the last day that the standard permits")
CLOSED_DAY = Text("该日机构不开诊", "The clinic is closed on that day")


class TaskAssignIn(BaseModel):
    """To whom; null takes the task back from whoever has it."""

    model_config = _STRICT

    assignee_id: UUID | None


class SnoozeIn(BaseModel):
    """Until when the task is off the list, and why."""

    model_config = _STRICT

    until: Day
    reason: SnoozeReason


class DoneIn(BaseModel):
    """Why the task is marked as done."""

    model_config = _STRICT

    reason: DoneReason


class MoveIn(BaseModel):
    """To which day, and why."""

    model_config = _STRICT

    planned_on: Day
    reason: MoveReason


class TaskBatchIn(BaseModel):
    """One act on several tasks; with it what that act needs."""

    model_config = _STRICT

    task_ids: TaskIds
    act: TaskAct
    assignee_id: UUID | None = None
    until: Day | None = None
    snooze_reason: SnoozeReason | None = None
    done_reason: DoneReason | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = {TaskAct.SNOOZE: ("until", "snooze_reason"), TaskAct.DONE: ("done_reason",)}.get(self.act, ())
        if self.act is TaskAct.MOVE:
            raise PydanticCustomError("not_in_list", "days are changed by /v1/plans:batch")
        if self.act is TaskAct.ADD:
            raise PydanticCustomError("not_in_list", "people are added from the list of an indicator")
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise PydanticCustomError("missing", "this act needs: {names}", {"names": ", ".join(missing)})
        return self

    def wish(self, by: str) -> Wish:
        """The act that is wanted."""
        if self.act is TaskAct.SNOOZE and self.until is not None and self.snooze_reason is not None:
            return Snooze(self.until, self.snooze_reason)
        if self.act is TaskAct.DONE and self.done_reason is not None:
            return Done(self.done_reason, by)
        return Assign(self.assignee_id)


class PlansBatchIn(BaseModel):
    """Several tasks to another day: `planned_on`, or `days` later (or earlier) than each is planned."""

    model_config = _STRICT

    task_ids: TaskIds
    planned_on: Day | None = None
    days: Annotated[Whole, Field(ge=-90, le=90)] | None = None
    reason: MoveReason

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.planned_on is None) == (self.days is None):
            raise PydanticCustomError("contradiction", "either planned_on or days")
        return self

    def wish(self) -> Move:
        """The act that is wanted."""
        return Move(self.reason, to=self.planned_on, days=self.days)


class TaskOut(BaseModel):
    """A task as it stands after an act."""

    id: UUID
    patient_id: UUID
    clinic_id: UUID
    disease: Disease | None
    kind: TaskKind
    status: TaskStatus
    due_on: date
    from_on: date | None
    latest_on: date | None = Field(description="the last day that the standard permits")
    planned_on: date | None
    assignee_id: UUID | None
    snoozed_until: date | None
    snooze_reason: SnoozeReason | None
    done_reason: DoneReason | None
    past_limit: bool = Field(description="planned past `latest_on`")
    warnings: list[Text]
    reason: Text
    rule_ids: list[str]

    @classmethod
    def of(cls, task: Task, *, closed_day: bool = False) -> Self:
        """From the row."""
        past = task.planned_on is not None and task.latest_on is not None and task.planned_on > task.latest_on
        warnings = [words for holds, words in ((past, PAST_LIMIT), (closed_day, CLOSED_DAY)) if holds]
        same = {name: getattr(task, name) for name in cls.model_fields if hasattr(task, name)}
        return cls(**same, past_limit=past, warnings=warnings, reason=Text(task.reason_zh, task.reason_en))


class ActedOut(BaseModel):
    """What became of one task of a batch: the task, or why not."""

    task_id: UUID
    task: TaskOut | None = None
    code: str | None = None
    detail: str | None = None


class TaskBatchOut(BaseModel):
    """What became of each task, in the order asked; `past_limit` counts those past the standard's limit."""

    results: list[ActedOut]
    done: int
    refused: int
    past_limit: int

    @classmethod
    def of(cls, found: list[Acted]) -> Self:
        """From what was done."""
        results = [
            ActedOut(
                task_id=each.task_id,
                task=TaskOut.of(each.task) if each.task else None,
                code=each.code,
                detail=each.detail,
            )
            for each in found
        ]
        done = [each.task for each in results if each.task is not None]
        past = sum(task.past_limit for task in done)
        return cls(results=results, done=len(done), refused=len(results) - len(done), past_limit=past)


class TaskEventOut(BaseModel):
    """What somebody did with a task by hand."""

    id: UUID
    act: TaskAct
    reason: str | None
    past_limit: bool
    actor: str
    at: datetime
    undone_at: datetime | None

    @classmethod
    def of(cls, row: TaskEvent) -> Self:
        """From the row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class NurseDay(BaseModel):
    """What one nurse has on a day; without an assignee: what nobody has yet."""

    assignee_id: UUID | None
    name: str | None
    planned: int
    capacity: int
    is_over: bool


class PlanDay(BaseModel):
    """One day of a clinic's calendar; `planned` is the sum of its nurses and the length of its list."""

    on: date
    is_open: bool
    holidays_known: bool = Field(description="false: no public holidays are known for the year, the week alone decides")
    planned: int
    past_limit: int = Field(description="planned past the last day that the standard permits")
    nurses: list[NurseDay]


class PlanDays(BaseModel):
    """A clinic's calendar. `before`: what is planned before `from` and not done."""

    clinic_id: UUID
    days: list[PlanDay]
    before: int


class PlanItem(BaseModel):
    """One task of a day."""

    task: TaskOut
    patient: PatientListed


class PlanItems(BaseModel):
    """A page of a day."""

    items: list[PlanItem]
    next_cursor: str | None


class RhythmIn(BaseModel):
    """Days between routine visits of one disease and group, from a day on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"disease": "HTN", "group": "intensive", "days": 30, "valid_from": "2027-01-01", "reason": "区级规范"}
            ]
        },
    )

    disease: Disease
    group: FollowupGroup
    days: Whole
    valid_from: Day
    reason: Line


class RhythmOut(BaseModel):
    """One line of the settings' history."""

    id: UUID
    organisation_id: UUID
    disease: Disease
    group: FollowupGroup
    days: int
    valid_from: date
    reason: str
    set_by: str
    set_at: datetime

    @classmethod
    def of(cls, row: RhythmSetting) -> Self:
        """From the row."""
        same = {name: getattr(row, name) for name in cls.model_fields if name != "group"}
        return cls(**same, group=FollowupGroup(row.followup_group))


class RhythmHistory(BaseModel):
    """Every setting of a node, the newest first, and the two limits."""

    items: list[RhythmOut]
    shortest_days: int = SHORTEST_DAYS
    longest_days: int = Field(default=LONGEST_DAYS, description="the standard's limit (FU-NEXT-01)")


class OpeningIn(BaseModel):
    """When a clinic sees people."""

    model_config = _STRICT

    weekdays: Annotated[list[Annotated[Whole, Field(ge=1, le=7)]], Field(min_length=1, max_length=7)] = Field(
        description="ISO days of an ordinary week, 1 is Monday"
    )
    closed: Annotated[list[Day], Field(max_length=200)] = Field(default_factory=list)
    per_nurse: Annotated[Whole, Field(ge=1, le=200)] = Field(description="people a nurse can see on one day")


class OpeningOut(BaseModel):
    """When a clinic sees people, as set last; `set_at` null: as long as nothing was said."""

    weekdays: list[int]
    closed: list[date]
    per_nurse: int
    set_by: str | None = None
    set_at: datetime | None = None

    @classmethod
    def of(cls, row: OpeningDays) -> Self:
        """From the row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})
