"""What the API takes and gives of people and enrolments."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cmc.clinical.codes import Disease, EndReason, EnrolmentState, Sex
from cmc.clinical.enrolment import statutory
from cmc.clinical.periods import completed_years
from cmc.core.crypto import Keyring
from cmc.core.fields import Code, Flag, Line, LocalDate, Name, Note, Whole
from cmc.patients.codes import ConsentChannel
from cmc.patients.identity_schemas import (
    DocumentIn,
    InformationFields,
    Phone,
    PhoneIn,
    Village,
)
from cmc.patients.masks import mask_citizen_id, mask_name, mask_phone
from cmc.patients.protected import Opened
from cmc.patients.tables import Enrolment, EnrolmentEvent, Patient

_STRICT = ConfigDict(extra="forbid")


class Identifier(BaseModel):
    """A number under which another system knows the person."""

    model_config = _STRICT

    system: Code = Field(examples=["hospital-record"])
    value: Code


class PatientIn(BaseModel):
    """A person to be registered. Sex and birth date may be left out when the citizen ID gives them."""

    model_config = _STRICT

    clinic_id: UUID
    name: Name
    citizen_id: Line | None = Field(default=None, description="18 characters, or 15 of the old form (IDC-01…06)")
    sex: Sex | None = None
    birth_date: LocalDate | None = None
    birth_date_precision: Annotated[str, Field(pattern="^(day|year)$")] = "day"
    phone: Phone | None = None
    address: Line | None = None
    identifiers: list[Identifier] = Field(default_factory=list, max_length=10)
    documents: list[DocumentIn] = Field(default_factory=list, max_length=5)
    phones: list[PhoneIn] = Field(default_factory=list, max_length=10, description="beside the main one")
    information: InformationFields | None = None
    village: Village | None = Field(default=None, description="gives out the next health-record number there (HRN-01)")
    health_record_number: Line | None = Field(default=None, description="one that was given before: 17 digits")


class PatientOut(BaseModel):
    """A person on file; number and phone are masked (see `:reveal`)."""

    id: UUID
    clinic_id: UUID
    name: str
    sex: Sex
    birth_date: date
    birth_date_precision: str
    age: int = Field(description="completed years today (GEN-04)")
    citizen_id: str | None = Field(description="masked: first 6 and last 4")
    phone: str | None = Field(description="masked")
    health_record_number: str | None = Field(description="17 digits (HRN-01)")
    died_on: date | None
    version: int

    @classmethod
    def of(cls, keys: Keyring, patient: Patient, *, on: date) -> Self:
        opened = Opened(keys, patient)
        return cls(
            id=patient.id,
            clinic_id=patient.clinic_id,
            name=opened.name,
            sex=Sex(patient.sex),
            birth_date=patient.birth_date,
            birth_date_precision=patient.birth_date_precision,
            age=completed_years(patient.birth_date, on),
            citizen_id=mask_citizen_id(opened.citizen_id),
            phone=mask_phone(opened.phone),
            health_record_number=patient.health_record_number,
            died_on=patient.died_on,
            version=patient.version,
        )


class PatientCreated(PatientOut):
    """The registered person, and what a nurse should check."""

    warnings: list[str] = Field(description="codes such as sex_differs_from_citizen_id (IDC-04)")


class PatientListed(BaseModel):
    """A person in a list: masked, with the age and never the birth date, which would complete the masked number."""

    id: UUID
    clinic_id: UUID
    name: str = Field(description="masked: the first character", examples=["王**"])
    sex: Sex
    age: int = Field(description="completed years today (GEN-04)")
    citizen_id: str | None = Field(description="masked: first 6 and last 4")
    phone: str | None = Field(description="masked")
    died_on: date | None

    @classmethod
    def of(cls, keys: Keyring, patient: Patient, *, on: date) -> Self:
        opened = Opened(keys, patient)
        return cls(
            id=patient.id,
            clinic_id=patient.clinic_id,
            name=mask_name(opened.name),
            sex=Sex(patient.sex),
            age=completed_years(patient.birth_date, on),
            citizen_id=mask_citizen_id(opened.citizen_id),
            phone=mask_phone(opened.phone),
            died_on=patient.died_on,
        )


class PatientPage(BaseModel):
    """A page of people, latest on file first."""

    items: list[PatientListed]
    next_cursor: str | None


class EnrolmentIn(BaseModel):
    """Begin an enrolment for one disease: as ACTIVE it needs confirmation and consent (HTN-EN-01).

    A suspicion needs neither, a confirmed diagnosis only the confirmation.
    """

    model_config = _STRICT

    disease: Disease
    state: EnrolmentState = Field(default=EnrolmentState.ACTIVE, description="SUSPECTED, CONFIRMED or ACTIVE")
    enrolled_on: LocalDate = Field(description="first day in this state")
    confirmed_on: LocalDate | None = None
    confirmed_at: Line | None = Field(default=None, description="institution that confirmed the diagnosis")
    referred_on: LocalDate | None = Field(default=None, description="when a suspicion was referred up (HTN-SC-02)")
    clinic_id: UUID | None = Field(default=None, description="managing clinic; the person's own when left out")
    doctor: Name | None = None
    primary_disease: Flag = Field(default=True, description="false for secondary hypertension (HTN-EN-02)")
    consent: Flag = Field(default=False, description="the person was informed and agreed")
    consent_version: Code | None = Field(default=None, description="of the form that was signed")
    consent_channel: ConsentChannel | None = None


class ContactEvidenceIn(BaseModel):
    """Contact attempts (LIFE-02)."""

    model_config = _STRICT

    attempts: Whole
    channels: Whole
    first_on: LocalDate
    last_on: LocalDate


class EnrolmentChangeIn(BaseModel):
    """A change of an enrolment's state."""

    model_config = _STRICT

    to_state: EnrolmentState
    on: LocalDate
    reason: EndReason | None = None
    evidence: ContactEvidenceIn | None = None
    confirmed_on: LocalDate | None = None
    confirmed_at: Line | None = None
    doctor: Name | None = Field(default=None, description="responsible doctor, needed to become ACTIVE")
    consent: Flag = Field(default=False, description="the person was informed and agreed")
    note: Note | None = None


class DeathIn(BaseModel):
    """A person's death (LIFE-01)."""

    model_config = _STRICT

    died_on: LocalDate
    cause: Note | None = None


class ReferralIn(BaseModel):
    """A suspicion was referred up to be confirmed."""

    model_config = _STRICT

    on: LocalDate


class TransferIn(BaseModel):
    """Move an enrolment to another clinic: the old one ends on `on`, the new one starts the next day (LIFE-05)."""

    model_config = _STRICT

    to_clinic_id: UUID
    on: LocalDate
    note: Note | None = None


class EnrolmentEventOut(BaseModel):
    """One change of state."""

    from_state: EnrolmentState | None
    to_state: EnrolmentState
    on: date
    reason: EndReason | None
    evidence: ContactEvidenceIn | None = Field(description="the contact attempts behind a loss (LIFE-02)")
    note: str | None
    recorded_at: datetime


class EnrolmentOut(BaseModel):
    """A stint of management with its history."""

    id: UUID
    patient_id: UUID
    clinic_id: UUID
    disease: Disease
    state: EnrolmentState
    primary_disease: bool
    confirmed_on: date | None
    confirmed_at: str | None
    referred_on: date | None
    enrolled_on: date
    ended_on: date | None
    end_reason: EndReason | None
    doctor: str | None
    statutory: bool = Field(description="belongs to the statutory population on its first day (HTN-EN-02, DM-FU-01)")
    events: list[EnrolmentEventOut]

    @classmethod
    def of(cls, enrolment: Enrolment, events: list[EnrolmentEvent], *, birth: date) -> Self:
        return cls(
            id=enrolment.id,
            patient_id=enrolment.patient_id,
            clinic_id=enrolment.clinic_id,
            disease=Disease(enrolment.disease),
            state=EnrolmentState(enrolment.state),
            primary_disease=enrolment.primary_disease,
            confirmed_on=enrolment.confirmed_on,
            confirmed_at=enrolment.confirmed_at,
            referred_on=enrolment.referred_on,
            statutory=statutory(
                Disease(enrolment.disease),
                completed_years(birth, max(birth, enrolment.enrolled_on)),
                primary=enrolment.primary_disease,
            ),
            enrolled_on=enrolment.enrolled_on,
            ended_on=enrolment.ended_on,
            end_reason=EndReason(enrolment.end_reason) if enrolment.end_reason else None,
            doctor=enrolment.doctor,
            events=[
                EnrolmentEventOut(
                    from_state=EnrolmentState(event.from_state) if event.from_state else None,
                    to_state=EnrolmentState(event.to_state),
                    on=event.happened_on,
                    reason=EndReason(event.reason) if event.reason else None,
                    evidence=ContactEvidenceIn.model_validate(event.evidence) if event.evidence else None,
                    note=event.note,
                    recorded_at=event.recorded_at,
                )
                for event in events
            ],
        )


class EnrolmentList(BaseModel):
    """A person's enrolments, newest first."""

    items: list[EnrolmentOut]
