"""Tables of follow-up visits and of the tasks that say what is next."""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Numeric, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.clinical.codes import Action, Disease, GlucosePeriod, ReferralReason
from cmc.core.db import one_of
from cmc.core.ids import new_id
from cmc.followups.codes import DiseaseSet, DoneReason, SnoozeReason, TaskKind, TaskStatus, VisitEnd
from cmc.followups.plan_tables import OpeningDays, PlanState, RhythmSetting, TaskEvent

__all__ = ["Followup", "OpeningDays", "PlanState", "RhythmSetting", "Task", "TaskEvent", "VisitDraft"]


def _of(column: str) -> Callable[[Any], Any]:
    """The default of a first version: what another column of the row says."""
    return lambda context: context.get_current_parameters()[column]


@audited("encounter_id", "clinic_id", "disease", "visited_on", "mode", "ruleset", "version", "ended_as")
class Followup(SQLModel, table=True):
    """One national follow-up record of one disease (随访服务记录), with its judgement stored beside it.

    A row says what was written and is never changed: a correction is a new row that names the one it replaces, and the
    old one gets its end. Whoever counts visits reads rows without an end (`ended_at IS NULL`); as known at an instant
    a row stands when it was recorded by then and had not ended.
    """

    __table_args__ = (
        one_of("disease", Disease),
        one_of("action", Action),
        one_of("other_glucose_period", GlucosePeriod),
        one_of("referral_reason", ReferralReason),
        CheckConstraint("mode IN (1, 2, 3)", name="mode"),
        CheckConstraint("classification IN (1, 2, 3, 4)", name="classification"),
        CheckConstraint("sbp_mmhg > dbp_mmhg", name="blood_pressure"),
        CheckConstraint("next_visit_on > visited_on", name="next_visit_on"),
        one_of("ended_as", VisitEnd),
        CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL)"
            " AND (ended_at IS NULL) = (end_reason IS NULL)",
            name="ended",
        ),
        CheckConstraint("version > 0 AND (version > 1 OR replaces_id IS NULL)", name="version"),
        CheckConstraint("(replaces_id IS NULL) = (record_id = id)", name="first"),
        Index("uq_followup_encounter_id_disease_version", "encounter_id", "disease", "version", unique=True),
        Index("uq_followup_replaces_id", "replaces_id", unique=True, postgresql_where=text("replaces_id IS NOT NULL")),
        # Covers what the facts of indicators need of a follow-up: its form makes a row a hundred times as wide.
        Index(
            "ix_followup_patient_id_disease_visited_on",
            "patient_id",
            "disease",
            "visited_on",
            postgresql_include=[
                "clinic_id",
                "visited_time",
                "mode",
                "sbp_mmhg",
                "dbp_mmhg",
                "fasting_glucose_umol_l",
                "other_glucose_umol_l",
                "is_valid",
                "missing_fields",
                "ended_at",
            ],
        ),
        Index("ix_followup_clinic_id_visited_on", "clinic_id", "visited_on"),
        Index("ix_followup_disease_visited_on", "disease", "visited_on"),
        Index(
            "uq_followup_idempotency_key",
            "actor",
            "idempotency_key",
            "disease",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    record_id: UUID = Field(
        default=None,
        nullable=False,
        sa_column_kwargs={"default": _of("id")},
        description="the same for all versions of one record: the id of the first",
    )
    encounter_id: UUID = Field(description="the same for the records of one encounter (FU-BOTH-01)")
    version: int = Field(
        default=1, sa_column=Column(SmallInteger, nullable=False), description="of the encounter, counted from 1"
    )
    replaces_id: UUID | None = Field(default=None, description="the row that this one corrects")
    patient_id: UUID = Field(foreign_key="patient.id")
    clinic_id: UUID = Field(foreign_key="organisation.id", description="that manages the person for this disease")
    disease: str
    visited_on: date
    visited_time: time | None = None
    mode: int = Field(sa_column=Column(SmallInteger, nullable=False))
    doctor: str | None = None
    sbp_mmhg: int | None = Field(default=None, sa_column=Column(SmallInteger))
    dbp_mmhg: int | None = Field(default=None, sa_column=Column(SmallInteger))
    heart_rate_bpm: int | None = Field(default=None, sa_column=Column(SmallInteger))
    weight_kg: Decimal | None = Field(default=None, sa_column=Column(Numeric(4, 1)))
    fasting_glucose_umol_l: int | None = None
    fasting_glucose_bound: str | None = None
    other_glucose_umol_l: int | None = None
    other_glucose_bound: str | None = None
    other_glucose_period: str | None = None
    symptoms: list[int] | None = Field(default=None, sa_column=Column(ARRAY(SmallInteger)))
    foot_pulse: int | None = Field(default=None, sa_column=Column(SmallInteger))
    hypoglycaemia: int | None = Field(default=None, sa_column=Column(SmallInteger))
    adherence: int | None = Field(default=None, sa_column=Column(SmallInteger))
    form: dict[str, Any] = Field(
        default_factory=dict,
        sa_column=Column(JSONB, nullable=False),
        description="the form's other fields: lifestyle, medication, adverse reaction, complication, emergency signs",
    )
    classification: int | None = Field(default=None, sa_column=Column(SmallInteger))
    is_controlled: bool | None = Field(default=None, description="by the statutory rule at the age of that day")
    action: str
    referral_reason: str | None = None
    next_visit_on: date = Field(description="as agreed at the visit; the earlier one of a combined encounter governs")
    next_visit_latest_on: date | None = Field(default=None, description="the last date that FU-NEXT-01 permits")
    emergency_codes: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(TEXT), nullable=False))
    rule_ids: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(TEXT), nullable=False))
    reasons: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    warnings: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    inputs: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False), description="the facts judged (GEN-02)"
    )
    ruleset: str
    is_valid: bool = Field(description="counts as a follow-up (FU-VALID-01)")
    missing_fields: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(TEXT), nullable=False))
    is_late_entry: bool = Field(description="entered more than 7 days after the visit (FU-VALID-02)")
    advice: list[dict[str, Any]] | None = Field(
        default=None,
        sa_column=Column(JSONB(none_as_null=True)),
        description="what the clinical guideline says beside the judgement; NULL: it was not asked",
    )
    actor: str
    entered_at: datetime = Field(
        default=None,
        nullable=False,
        sa_column_kwargs={"default": _of("recorded_at")},
        description="when its first version was recorded: late entry counts to here",
    )
    recorded_at: datetime = Field(description="when this version was recorded")
    ended_at: datetime | None = Field(default=None, description="when it was corrected or withdrawn; NULL: it stands")
    ended_as: str | None = None
    ended_by: str | None = None
    end_reason: str | None = None
    idempotency_key: str | None = None
    request_digest: bytes | None = None


@audited("clinic_id", "diseases")
class VisitDraft(SQLModel, table=True):
    """What a user typed of a visit that is not recorded yet; one for each person, user and set of diseases.

    The form is sealed under the person's own key. It is nobody's record, and is forgotten when it expires.
    """

    __tablename__ = "visit_draft"
    __table_args__ = (
        one_of("diseases", DiseaseSet),
        Index("uq_visit_draft_patient_id_actor_diseases", "patient_id", "actor", "diseases", unique=True),
        Index("ix_visit_draft_expires_at", "expires_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id")
    clinic_id: UUID = Field(foreign_key="organisation.id")
    actor: str
    diseases: str
    form_cipher: bytes
    saved_at: datetime
    expires_at: datetime


class Task(SQLModel, table=True):
    """The next thing to do for a person; raised once per cause.

    It may be done from `from_on` on, is due on `due_on`, and must not be later than `latest_on`. `planned_on` is the
    day on which somebody means to do it: an open day of the clinic, or the day to which a person moved it.
    """

    __table_args__ = (
        one_of("kind", TaskKind),
        one_of("status", TaskStatus),
        one_of("disease", Disease),
        Index("uq_task_cause", "patient_id", "kind", "cause", unique=True),
        # The work-list is read in exactly this order, so a page of 50 costs 50 index entries, however many tasks there
        # are; finished tasks are not in these indexes at all.
        Index("ix_task_open_clinic", "clinic_id", "urgency", "due_on", "id", postgresql_where=text("status = 'open'")),
        Index("ix_task_open", "urgency", "due_on", "id", postgresql_where=text("status = 'open'")),
        Index("ix_task_patient_id", "patient_id", postgresql_where=text("status = 'open'")),
        Index("ix_task_planned", "clinic_id", "planned_on", "id", postgresql_where=text("status = 'open'")),
        Index("ix_task_assignee", "assignee_id", postgresql_where=text("status = 'open' AND assignee_id IS NOT NULL")),
        CheckConstraint("moved_at IS NULL OR planned_on IS NOT NULL", name="moved"),
        CheckConstraint("(snoozed_until IS NULL) = (snooze_reason IS NULL)", name="snoozed"),
        one_of("snooze_reason", SnoozeReason),
        one_of("done_reason", DoneReason),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id")
    clinic_id: UUID = Field(foreign_key="organisation.id")
    disease: str | None = None
    kind: str
    cause: str = Field(
        description="what raised it: enrolment:<id>, followup:<id>, readings-after:<encounter or start>,"
        " list:<indicator>.<disease>:<day>"
    )
    urgency: int = Field(sa_column=Column(SmallInteger, nullable=False), description="0 at once, 1 by its date")
    due_on: date
    reason_zh: str
    reason_en: str
    rule_ids: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(TEXT), nullable=False))
    status: str = Field(default=TaskStatus.OPEN.value)
    opened_at: datetime
    closed_at: datetime | None = None
    closed_by: str | None = None
    from_on: date | None = None
    latest_on: date | None = Field(default=None, description="the standard's limit")
    planned_on: date | None = None
    moved_at: datetime | None = Field(default=None, description="when a person chose the planned day")
    assignee_id: UUID | None = Field(default=None, foreign_key="app_user.id")
    snoozed_until: date | None = Field(default=None, description="first day on which it is on the list again")
    snooze_reason: str | None = None
    done_reason: str | None = Field(default=None, description="why a person marked it as done")
