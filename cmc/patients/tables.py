"""Tables of people, their enrolments and the dirty marks."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.clinical.codes import Disease, EndReason, EnrolmentState, Sex
from cmc.clinical.identity_documents import DocumentKind
from cmc.core.db import one_of
from cmc.core.ids import new_id
from cmc.patients.codes import ConsentChannel, LegalGround, PhoneRelation, Purpose


@audited("clinic_id", "birth_date_precision", "died_on", "merged_into", "version", person="id")
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
        CheckConstraint("merged_into <> id", name="merged_into"),
        Index("ix_patient_clinic_id_id", "clinic_id", "id"),
        Index("ix_patient_clinic_id_birth_date_id", "clinic_id", "birth_date", "id"),
        Index("ix_patient_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
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
    health_record_number: str | None = Field(default=None, unique=True, description="17 digits (HRN-01), never changed")
    merged_into: UUID | None = Field(
        default=None, foreign_key="patient.id", description="the record that took this one over, until that is undone"
    )
    erased_at: datetime | None = Field(default=None, description="when the data key was destroyed")
    died_on: date | None = None
    death_cause: str | None = None
    created_at: datetime
    updated_at: datetime
    version: int = Field(default=1)


@audited("residence", "payments", "region_code", "family_doctor", subject="patient_id")
class BasicInformation(SQLModel, table=True):
    """The coded fields of the basic information form (个人基本信息表, rules §3.3), as numbered there; all optional.

    `diseases` holds [{"code", "since" (YYYY-MM), "text"}], `family` {relative: [codes]}; `operations`, `injuries` and
    `transfusions` [{"text", "since" (YYYY-MM)}], empty for none and NULL when nobody asked.
    """

    __tablename__ = "basic_information"

    patient_id: UUID = Field(primary_key=True, foreign_key="patient.id")
    residence: int | None = Field(default=None, sa_column=Column(SmallInteger))
    nationality: str | None = Field(default=None, description="民族: 01 Han, 99 another, GB/T 3304 between")
    blood_group: int | None = Field(default=None, sa_column=Column(SmallInteger))
    rhesus: int | None = Field(default=None, sa_column=Column(SmallInteger))
    education: int | None = Field(default=None, sa_column=Column(SmallInteger))
    marital_status: int | None = Field(default=None, sa_column=Column(SmallInteger))
    payments: list[int] | None = Field(default=None, sa_column=Column(ARRAY(SmallInteger)))
    drug_allergies: list[int] | None = Field(default=None, sa_column=Column(ARRAY(SmallInteger)))
    exposures: list[int] | None = Field(default=None, sa_column=Column(ARRAY(SmallInteger)))
    disabilities: list[int] | None = Field(default=None, sa_column=Column(ARRAY(SmallInteger)))
    diseases: list[dict[str, Any]] | None = Field(default=None, sa_column=Column(JSONB))
    family: dict[str, list[int]] | None = Field(default=None, sa_column=Column(JSONB))
    region_code: str | None = Field(default=None, description="of the address: 6, 9 or 12 digits")
    family_doctor: str | None = None
    operations: list[dict[str, Any]] | None = Field(default=None, sa_column=Column(JSONB))
    injuries: list[dict[str, Any]] | None = Field(default=None, sa_column=Column(JSONB))
    transfusions: list[dict[str, Any]] | None = Field(default=None, sa_column=Column(JSONB))
    genetic_disease: str | None = None
    employer: str | None = None


@audited("kind")
class PatientDocument(SQLModel, table=True):
    """An identity document beside the citizen ID (IDC-05): sealed, and found by the token of its kind and number."""

    __tablename__ = "patient_document"
    __table_args__ = (one_of("kind", DocumentKind),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id", index=True)
    kind: str
    number_cipher: bytes
    token: bytes = Field(unique=True)


@audited("relation")
class PatientPhone(SQLModel, table=True):
    """A phone of the person or of somebody near; number and name are sealed under the person's key."""

    __tablename__ = "patient_phone"
    __table_args__ = (one_of("relation", PhoneRelation),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id", index=True)
    relation: str
    phone_cipher: bytes
    contact_cipher: bytes | None = Field(default=None, description="who answers, when it is not the person")


class RecordSerial(SQLModel, table=True):
    """The last serial of health-record numbers given out in a village (12 digits: region, town, village; HRN-01)."""

    __tablename__ = "record_serial"
    __table_args__ = (CheckConstraint("last BETWEEN 0 AND 99999", name="last"),)

    village: str = Field(primary_key=True)
    last: int


class DuplicateKey(SQLModel, table=True):
    """What likely duplicates of a person share, as a keyed number (`clinical/duplicates.keys`)."""

    __tablename__ = "duplicate_key"
    __table_args__ = (
        Index("ix_duplicate_key_waiting", "patient_id", postgresql_where=text("NOT compared")),
        Index("ix_duplicate_key_patient_id", "patient_id"),
    )

    key: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    patient_id: UUID = Field(primary_key=True)
    compared: bool = Field(default=False, description="the nightly job has looked at the people who share it")


@audited("survivor_id", "merged_id", "merged_at", "reverted_at")
class PatientMerge(SQLModel, table=True):
    """One record was found to be another's duplicate and taken over; kept for ever, also when undone (LIFE-06).

    `patient_id` is the record that holds everything now: the survivor, or whoever took the survivor over later.
    """

    __tablename__ = "patient_merge"
    __table_args__ = (
        CheckConstraint("(reverted_at IS NULL) = (reverted_by IS NULL)", name="reverted"),
        Index("uq_patient_merge_standing", "merged_id", unique=True, postgresql_where=text("reverted_at IS NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id", index=True)
    survivor_id: UUID = Field(foreign_key="patient.id")
    merged_id: UUID = Field(foreign_key="patient.id")
    merged_at: datetime
    merged_by: str
    reverted_at: datetime | None = None
    reverted_by: str | None = None


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
    """One stint of management of one disease at one clinic (专案); its states are those of `clinical.enrolment`."""

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
    referred_on: date | None = Field(default=None, description="when a suspicion was referred up (HTN-SC-02)")
    enrolled_on: date = Field(description="first managed day at this clinic; before that, of the suspicion")
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
