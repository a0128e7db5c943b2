"""Tables of people, their enrolments and the dirty marks."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.clinical.codes import Disease, EndReason, EnrolmentState, Sex
from cmc.core.db import one_of
from cmc.core.ids import new_id
from cmc.patients.codes import ConsentChannel, LegalGround, Purpose


@audited("clinic_id", "birth_date_precision", "died_on", "version", person="id")
class Patient(SQLModel, table=True):
    """A person on file (居民健康档案). What identifies them is ciphertext (see `protected`), never in clear.

    A person whose data key was destroyed is a stump: nobody can name it, what was counted stays countable.
    """

    __table_args__ = (
        one_of("sex", Sex),
        CheckConstraint("birth_date_precision IN ('day', 'year')", name="birth_date_precision"),
        CheckConstraint("birth_date >= '1880-01-01'", name="birth_date"),
        CheckConstraint("(citizen_id_cipher IS NULL) = (citizen_id_token IS NULL)", name="citizen_id"),
        CheckConstraint("(erased_at IS NULL) = (data_key IS NOT NULL AND name_cipher IS NOT NULL)", name="erased"),
        Index("ix_patient_clinic_id_id", "clinic_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    clinic_id: UUID = Field(foreign_key="organisation.id")
    data_key: bytes | None = Field(default=None, description="the key of the fields below, wrapped by a master key")
    name_cipher: bytes | None = None
    sex: str
    birth_date: date
    birth_date_precision: str = Field(default="day", description="'year' when only the age is known")
    phone_cipher: bytes | None = None
    address_cipher: bytes | None = None
    citizen_id_cipher: bytes | None = None
    citizen_id_token: bytes | None = Field(default=None, unique=True)
    citizen_id_original_cipher: bytes | None = Field(default=None, description="the 15-digit number as given (IDC-05)")
    erased_at: datetime | None = Field(default=None, description="when the data key was destroyed")
    died_on: date | None = None
    death_cause: str | None = None
    created_at: datetime
    updated_at: datetime
    version: int = Field(default=1)


class PatientToken(SQLModel, table=True):
    """What a person can be found by, as keyed numbers; one row for each clinic that may look for the person."""

    __tablename__ = "patient_token"

    token: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    clinic_id: UUID = Field(primary_key=True)
    patient_id: UUID = Field(primary_key=True, index=True)


@audited("system")
class PatientIdentifier(SQLModel, table=True):
    """A number that another system knows the person by."""

    __tablename__ = "patient_identifier"

    system: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id", index=True)


@audited("clinic_id", "disease", "state", "enrolled_on", "ended_on", "end_reason", "last_follow_up_on")
class Enrolment(SQLModel, table=True):
    """One stint of management of one disease at one clinic (专案); its states are those of `life_cycle`."""

    __table_args__ = (
        one_of("disease", Disease),
        one_of("state", EnrolmentState),
        CheckConstraint("end_reason IS NULL OR state = 'TERMINATED'", name="end_reason_only_when_terminated"),
        CheckConstraint("(state = 'TERMINATED') = (ended_on IS NOT NULL)", name="ended_on"),
        CheckConstraint("ended_on IS NULL OR ended_on >= enrolled_on", name="ended_on_order"),
        Index(
            "uq_enrolment_open",
            "patient_id",
            "disease",
            unique=True,
            postgresql_where=text("state <> 'TERMINATED'"),
        ),
        Index("ix_enrolment_clinic_id_disease", "clinic_id", "disease"),
        Index("ix_enrolment_patient_id", "patient_id"),
        one_of("end_reason", EndReason),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id")
    clinic_id: UUID = Field(foreign_key="organisation.id")
    disease: str
    state: str
    primary_disease: bool = Field(default=True, description="false for secondary hypertension (HTN-EN-02)")
    confirmed_on: date | None = Field(default=None, description="date of the confirmed diagnosis")
    confirmed_at: str | None = Field(default=None, description="institution that confirmed it")
    enrolled_on: date = Field(description="first managed day at this clinic")
    ended_on: date | None = Field(default=None, description="last managed day at this clinic")
    end_reason: str | None = None
    doctor: str | None = None
    last_follow_up_on: date | None = Field(default=None, description="last valid follow-up in this stint (LIFE-02)")
    created_at: datetime


class EnrolmentEvent(SQLModel, table=True):
    """A change of state, kept for ever: the state on any past date is the last event up to it."""

    __tablename__ = "enrolment_event"
    __table_args__ = (
        one_of("to_state", EnrolmentState),
        Index("ix_enrolment_event_enrolment_id_on", "enrolment_id", "happened_on", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    enrolment_id: UUID = Field(foreign_key="enrolment.id")
    from_state: str | None = None
    to_state: str
    happened_on: date
    reason: str | None = None
    evidence: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB))
    note: str | None = None
    actor: str
    recorded_at: datetime


class Touched(SQLModel, table=True):
    """A dirty mark: something of this person changed that `topic` must look at. Rows are only added and taken."""

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    topic: str
    patient_id: UUID
    marked_at: datetime

    __table_args__ = (Index("ix_touched_topic_id", "topic", "id"),)


@audited("purpose", "ground", "version", "channel", "given_at", "withdrawn_at")
class Consent(SQLModel, table=True):
    """On what ground data of a person are used for a purpose (PIPL art. 13, 14, 29), and until when."""

    __table_args__ = (
        one_of("purpose", Purpose),
        one_of("ground", LegalGround),
        one_of("channel", ConsentChannel),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn"),
        CheckConstraint("withdrawn_at IS NULL OR ground = 'consent'", name="withdrawable"),
        Index(
            "uq_consent_standing",
            "patient_id",
            "purpose",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id")
    purpose: str
    ground: str
    version: str = Field(description="of the form that was signed or the notice that was given")
    channel: str
    given_at: datetime
    recorded_by: str
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
