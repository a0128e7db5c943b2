"""What the API gives of the work-list (今日工作)."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, Field

from cmc.clinical.codes import Disease, GlucoseFlag, GlucosePeriod, Sex
from cmc.core.text import Text
from cmc.followups.codes import TaskKind, WorkGroup


class WorkItemPatient(BaseModel):
    """Whom the task is about."""

    id: UUID
    name: str
    sex: Sex
    age: int = Field(description="completed years today (GEN-04)")
    phone: str | None = Field(description="masked")


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
    last_blood_pressure: BloodPressure | None
    last_glucose: Glucose | None


class WorkList(BaseModel):
    """A page of the work-list: critical first, then by date, the longest overdue first."""

    items: list[WorkItem]
    next_cursor: str | None


class WorkListCounts(BaseModel):
    """How many items each group holds; `all` is their sum."""

    critical: int
    overdue: int
    today: int
    soon: int
    all: int
