"""Tables of referrals."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.core.db import one_of
from cmc.core.ids import new_id
from cmc.referrals.codes import ReferralCause, ReferralDirection, ReferralEnd, ReferralState

REACHED = (
    "(sent_at IS NULL OR state <> 'proposed') AND (state IN ('proposed', 'closed') OR sent_at IS NOT NULL)"
    " AND (state NOT IN ('accepted', 'returned') OR accepted_at IS NOT NULL)"
    " AND (state <> 'returned' OR returned_at IS NOT NULL)"
    " AND (accepted_at IS NULL OR sent_at IS NOT NULL) AND (returned_at IS NULL OR accepted_at IS NOT NULL)"
)
"""What a state says has happened; a referral may be closed from every state."""


@audited(
    "clinic_id", "source", "direction", "reason", "is_urgent", "state", "proposed_on", "sent_at", "accepted_at",
    "returned_at", "closed_at", "closed_by", "ending", "check_by", "version",
)  # fmt: skip
class Referral(SQLModel, table=True):
    """One referral of a person: from where it came (`source`, once per person), and how far it is.

    `source` is encounter:<id>, alert:<id> or hand:<id>. `check_by`: the day by which somebody asks what became of it.
    """

    __table_args__ = (
        one_of("direction", ReferralDirection),
        one_of("reason", ReferralCause),
        one_of("state", ReferralState),
        one_of("ending", ReferralEnd),
        CheckConstraint(REACHED, name="no_step_skipped"),
        CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_by IS NULL)"
            " AND (closed_at IS NULL) = (ending IS NULL)",
            name="closed",
        ),
        CheckConstraint("version > 0", name="version"),
        Index("uq_referral_source", "patient_id", "source", unique=True),
        Index("ix_referral_clinic_id_id", "clinic_id", "id"),
        Index("ix_referral_waiting", "patient_id", postgresql_where=text("state <> 'closed'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id")
    clinic_id: UUID = Field(foreign_key="organisation.id", description="that refers, or takes the person back")
    source: str
    direction: str = Field(default=ReferralDirection.UP.value)
    reason: str
    is_urgent: bool = False
    institution: str | None = Field(default=None, description="to which, or from which, the person is referred")
    department: str | None = None
    note: str | None = None
    state: str = Field(default=ReferralState.PROPOSED.value)
    proposed_on: date
    proposed_by: str
    proposed_at: datetime
    sent_at: datetime | None = None
    accepted_at: datetime | None = None
    returned_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    ending: str | None = None
    check_by: date | None = None
    advice: str | None = Field(default=None, description="what the other institution said")
    version: int = 1
