"""Tables of the plan: how far each person's was looked at, settings with their history, what was done by hand."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Index, SmallInteger
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.clinical.codes import Disease
from cmc.core.db import one_of
from cmc.core.ids import new_id
from cmc.followups.codes import FollowupGroup, TaskAct
from cmc.followups.rhythm import LONGEST_DAYS, SHORTEST_DAYS


class PlanState(SQLModel, table=True):
    """What the plan of a person was last made from: a hash of the facts, and the day on which time alone changes it.

    The night compares the hash with that of the facts as they stand, for everybody in one statement.
    """

    __tablename__ = "plan_state"
    __table_args__ = (one_of("followup_group", FollowupGroup), Index("ix_plan_state_next_look_on", "next_look_on"))

    patient_id: UUID = Field(primary_key=True, foreign_key="patient.id")
    followup_group: str
    grouped_on: date
    next_look_on: date | None = Field(default=None, description="None: time alone changes nothing")
    facts: int = Field(sa_column=Column(BigInteger, nullable=False))
    looked_at: datetime


@audited("organisation_id", "disease", "followup_group", "days", "valid_from", "set_by", person=None)
class RhythmSetting(SQLModel, table=True):
    """Days between routine visits, by node of the tree, disease and group; rows are only added (the history)."""

    __tablename__ = "rhythm_setting"
    __table_args__ = (
        one_of("disease", Disease),
        one_of("followup_group", FollowupGroup),
        CheckConstraint(f"days BETWEEN {SHORTEST_DAYS} AND {LONGEST_DAYS}", name="within_the_standard"),
        Index("ix_rhythm_setting_organisation_id", "organisation_id", "disease", "followup_group", "valid_from"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organisation_id: UUID = Field(foreign_key="organisation.id")
    disease: str
    followup_group: str
    days: int = Field(sa_column=Column(SmallInteger, nullable=False))
    valid_from: date
    reason: str
    set_by: str
    set_at: datetime


@audited("clinic_id", "weekdays", "closed", "per_nurse", "set_by", person=None)
class OpeningDays(SQLModel, table=True):
    """On which days of the week a clinic sees people, its own closed days, and how many a nurse can see on one.

    Rows are only added; the latest of a clinic holds.
    """

    __tablename__ = "opening_days"
    __table_args__ = (
        CheckConstraint("cardinality(weekdays) BETWEEN 1 AND 7", name="weekdays"),
        CheckConstraint("per_nurse BETWEEN 1 AND 200", name="per_nurse"),
        Index("ix_opening_days_clinic_id", "clinic_id", "set_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    clinic_id: UUID = Field(foreign_key="organisation.id")
    weekdays: list[int] = Field(sa_column=Column(ARRAY(SmallInteger), nullable=False))
    closed: list[date] = Field(default_factory=list, sa_column=Column(ARRAY(Date), nullable=False))
    per_nurse: int = Field(sa_column=Column(SmallInteger, nullable=False))
    set_by: str
    set_at: datetime


@audited("task_id", "clinic_id", "act", "reason", "past_limit", "actor", "undone_by")
class TaskEvent(SQLModel, table=True):
    """What a person did with a task by hand: before and after, so that it can be undone. Rows are kept."""

    __tablename__ = "task_event"
    __table_args__ = (
        one_of("act", TaskAct),
        CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="undone"),
        Index("ix_task_event_task_id", "task_id", "at"),
        Index("ix_task_event_patient_id", "patient_id"),
        Index("ix_task_event_clinic_id", "clinic_id", "at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    task_id: UUID = Field(foreign_key="task.id")
    patient_id: UUID = Field(foreign_key="patient.id")
    clinic_id: UUID = Field(foreign_key="organisation.id")
    act: str
    before: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    after: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    reason: str | None = None
    past_limit: bool = Field(default=False, description="moved past the last day that the standard permits")
    actor: str
    at: datetime
    undone_at: datetime | None = None
    undone_by: str | None = None
