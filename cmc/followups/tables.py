"""Tables of follow-up visits and of the tasks that say what is next."""

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
from cmc.followups.codes import TaskKind, TaskStatus


@audited("encounter_id", "clinic_id", "disease", "visited_on", "mode", "ruleset")
class Followup(SQLModel, table=True):
    """One national follow-up record of one disease (随访服务记录), with its judgement stored beside it."""

    __table_args__ = (
        one_of("disease", Disease),
        one_of("action", Action),
        one_of("other_glucose_period", GlucosePeriod),
        one_of("referral_reason", ReferralReason),
        CheckConstraint("mode IN (1, 2, 3)", name="mode"),
        CheckConstraint("classification IN (1, 2, 3, 4)", name="classification"),
        CheckConstraint("sbp_mmhg > dbp_mmhg", name="blood_pressure"),
        CheckConstraint("next_visit_on > visited_on", name="next_visit_on"),
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
    encounter_id: UUID = Field(description="the same for the records of one encounter (FU-BOTH-01)", index=True)
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
    actor: str
    recorded_at: datetime
    idempotency_key: str | None = None
    request_digest: bytes | None = None


class Task(SQLModel, table=True):
    """The next thing to do for a person; raised once per cause."""

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
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id")
    clinic_id: UUID = Field(foreign_key="organisation.id")
    disease: str | None = None
    kind: str
    cause: str = Field(description="what raised it: enrolment:<id>, followup:<id>, readings-after:<encounter or start>")
    urgency: int = Field(sa_column=Column(SmallInteger, nullable=False), description="0 at once, 1 by its date")
    due_on: date
    reason_zh: str
    reason_en: str
    rule_ids: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(TEXT), nullable=False))
    status: str = Field(default=TaskStatus.OPEN.value)
    opened_at: datetime
    closed_at: datetime | None = None
    closed_by: str | None = None
