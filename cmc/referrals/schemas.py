"""What the API takes and gives of referrals."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cmc.core.crypto import Keyring
from cmc.core.fields import Line, Note
from cmc.patients.schemas import PatientListed
from cmc.patients.tables import Patient
from cmc.referrals.codes import ReferralCause, ReferralDirection, ReferralEnd, ReferralState
from cmc.referrals.tables import Referral

_STRICT = ConfigDict(extra="forbid")


class ReferralIn(BaseModel):
    """Whom to refer, which way and why. A visit that asks for a referral proposes its own."""

    model_config = _STRICT

    patient_id: UUID
    clinic_id: UUID | None = Field(default=None, description="that refers; left out: the person's home clinic")
    direction: ReferralDirection = ReferralDirection.UP
    reason: ReferralCause
    is_urgent: bool = False
    institution: Line | None = None
    department: Line | None = None
    note: Note | None = None
    alert_id: UUID | None = Field(default=None, description="the alert that it answers; of one alert one referral")


class ReferralSendIn(BaseModel):
    """To which institution."""

    model_config = _STRICT

    institution: Line | None = None
    department: Line | None = None


class ReferralReturnIn(BaseModel):
    """What the other institution said."""

    model_config = _STRICT

    advice: Note | None = None


class ReferralEndIn(BaseModel):
    """How it ended."""

    model_config = _STRICT

    ending: ReferralEnd
    note: Note | None = None


class ReferralOut(BaseModel):
    """One referral and how far it is."""

    id: UUID
    patient_id: UUID
    clinic_id: UUID
    source: str
    direction: ReferralDirection
    reason: ReferralCause
    is_urgent: bool
    institution: str | None
    department: str | None
    note: str | None
    advice: str | None
    state: ReferralState
    proposed_on: date
    proposed_by: str
    sent_at: datetime | None
    accepted_at: datetime | None
    returned_at: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    ending: ReferralEnd | None
    check_by: date | None = Field(description="the day by which somebody asks what became of it")
    version: int

    @classmethod
    def of(cls, row: Referral) -> Self:
        """From the row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class ReferralListed(BaseModel):
    """One referral in a list, with its person."""

    referral: ReferralOut
    patient: PatientListed
    is_check_overdue: bool

    @classmethod
    def listed(cls, row: Referral, patient: Patient, keys: Keyring, *, on: date, overdue: bool) -> Self:
        """From the rows."""
        return cls(
            referral=ReferralOut.of(row), patient=PatientListed.of(keys, patient, on=on), is_check_overdue=overdue
        )


class ReferralPage(BaseModel):
    """A page of referrals, the one proposed last first."""

    items: list[ReferralListed]
    next_cursor: str | None


class ReferralCounts(BaseModel):
    """How many referrals stand in each state, and how many checks are due today or before."""

    proposed: int
    sent: int
    accepted: int
    returned: int
    closed: int
    check_due: int
