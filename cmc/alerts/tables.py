"""Tables of alerts: the alert, what raised it, and what happened to it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from cmc.alerts.codes import AlertOutcome, AlertStatus, Happening, Promise
from cmc.audit.changes import audited
from cmc.clinical.alert_facts import AlertRule
from cmc.clinical.alert_timing import Level
from cmc.clinical.codes import AlertTier
from cmc.core.db import one_of
from cmc.core.ids import new_id


@audited(
    "clinic_id", "thing_id", "rule", "tier", "status", "level", "raised_at", "acknowledged_at", "acknowledged_by",
    "promise", "closed_at", "closed_by", "outcome", "check_by", "count", "version",
)  # fmt: skip
class Alert(SQLModel, table=True):
    """One alert, of a person or (`thing_id`) of a device or gateway. While it is open, further causes join it."""

    __table_args__ = (
        one_of("rule", AlertRule),
        one_of("tier", AlertTier),
        one_of("status", AlertStatus),
        one_of("level", Level),
        one_of("promise", Promise),
        one_of("outcome", AlertOutcome),
        CheckConstraint("(patient_id IS NULL) <> (thing_id IS NULL)", name="subject"),
        CheckConstraint("patient_id IS NULL OR clinic_id IS NOT NULL", name="clinic"),
        CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_by IS NULL)"
            " AND (closed_at IS NULL) = (outcome IS NULL)",
            name="closed",
        ),
        CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL) AND (acknowledged_at IS NULL) = (promise IS NULL)"
            " AND (status <> 'acknowledged' OR acknowledged_at IS NOT NULL)"
            " AND (status <> 'open' OR acknowledged_at IS NULL)",
            name="acknowledged",
        ),
        CheckConstraint("count > 0 AND version > 0", name="counts"),
        CheckConstraint("first_at <= last_at", name="in_order"),
        Index(
            "uq_alert_open_person", "patient_id", "rule", unique=True, postgresql_where=text("status <> 'closed'")
        ),
        Index("uq_alert_open_thing", "thing_id", "rule", unique=True, postgresql_where=text("status <> 'closed'")),
        Index("ix_alert_patient_id_rule_closed_at", "patient_id", "rule", "closed_at"),
        Index("ix_alert_clinic_id_id", "clinic_id", "id"),
        Index("ix_alert_next_look_at", "next_look_at", postgresql_where=text("status <> 'closed'")),
        Index("ix_alert_source_raised_at", "source", "raised_at"),
    )  # fmt: skip

    id: UUID = Field(default_factory=new_id, primary_key=True)
    patient_id: UUID | None = Field(default=None, foreign_key="patient.id")
    thing_id: UUID | None = Field(default=None, description="a gateway, or derived from a device's code and clinic")
    clinic_id: UUID | None = Field(default=None, foreign_key="organisation.id")
    rule: str
    tier: str
    status: str = Field(default=AlertStatus.OPEN.value)
    level: str = Field(default=Level.CLINIC.value, description="how far up it was told")
    words_zh: str = Field(description="the newest cause in words")
    words_en: str
    is_late: bool = Field(default=False, description="its newest value was days old when it arrived")
    count: int = Field(default=1, description="how many causes it took in")
    first_at: datetime = Field(description="the earliest moment behind it, by the readings' own time")
    last_at: datetime
    last_arrived_at: datetime
    source: str = Field(description="the actor whose sending raised it: a gateway, a user, a job")
    raised_at: datetime = Field(description="when it was raised last; what is waited for counts from here")
    next_look_at: datetime | None = Field(default=None, description="when time alone will change something")
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    promise: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = Field(default=None, description="the actor, or followup:<id> of the contact")
    outcome: str | None = None
    note: str | None = Field(default=None, description="what somebody wrote when closing it")
    check_by: date | None = Field(default=None, description="HTN-EM-05: a closed RED alert is checked by this day")
    version: int = Field(default=1)


class AlertCause(SQLModel, table=True):
    """What raised an alert or joined it. The id is derived from subject, rule and moment: nothing is raised twice."""

    __tablename__ = "alert_cause"

    id: UUID = Field(primary_key=True)
    alert_id: UUID = Field(foreign_key="alert.id", index=True)
    at: datetime = Field(description="by the reading's own time")
    found_at: datetime
    settled_at: datetime | None = Field(default=None, description="when a held reading behind it was settled")


class AlertEvent(SQLModel, table=True):
    """What happened to an alert; rows are only added."""

    __tablename__ = "alert_event"
    __table_args__ = (
        one_of("happening", Happening),
        one_of("level", Level),
        one_of("promise", Promise),
        one_of("outcome", AlertOutcome),
        Index("ix_alert_event_alert_id_id", "alert_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    alert_id: UUID = Field(foreign_key="alert.id")
    happening: str
    at: datetime
    actor: str
    tier: str
    level: str | None = None
    promise: str | None = None
    outcome: str | None = None
    note: str | None = None
