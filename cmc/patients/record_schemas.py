"""What the API gives of a whole record: basic data, documents, phones, and what was merged into it."""

from uuid import UUID

from pydantic import BaseModel, Field

from cmc.patients.identity_schemas import DocumentOut, InformationFields, PhoneOut
from cmc.patients.schemas import PatientOut


class FormerRecord(BaseModel):
    """A record that was merged into this one; its documents and phones stay under its own key."""

    id: UUID
    merge_id: UUID
    health_record_number: str | None
    documents: list[DocumentOut]
    phones: list[PhoneOut]


class PatientRecord(PatientOut):
    """A person on file with all basic data. `asked_for` differs from `id` when the record asked for was merged."""

    asked_for: UUID = Field(description="the id that was asked for; another one than `id` after a merge")
    documents: list[DocumentOut]
    phones: list[PhoneOut]
    information: InformationFields
    merged: list[FormerRecord] = Field(description="records that were taken over by this one")
