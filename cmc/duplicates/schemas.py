"""What the API takes and gives of likely duplicates and merges."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cmc.clinical.codes import Sex
from cmc.clinical.duplicates import Likeness
from cmc.core.fields import Line, LocalDate, Name
from cmc.duplicates.codes import PairState
from cmc.duplicates.tables import DuplicatePair
from cmc.patients.identity_schemas import CheckedDocument, DocumentIn, Phone
from cmc.patients.record_schemas import PatientRecord
from cmc.patients.schemas import PatientListed
from cmc.patients.tables import PatientMerge

_STRICT = ConfigDict(extra="forbid")


class CheckIn(BaseModel):
    """What is known of a person before registering; without a name only the document is looked for."""

    model_config = _STRICT

    clinic_id: UUID
    name: Name | None = None
    citizen_id: Line | None = None
    document: DocumentIn | None = Field(default=None, description="instead of a citizen ID")
    sex: Sex | None = None
    birth_date: LocalDate | None = None
    phone: Phone | None = None
    address: Line | None = None


class PointOut(BaseModel):
    """One thing that speaks for (positive) or against (negative) one person."""

    points: int
    rule: str
    zh: str
    en: str


class Likely(BaseModel):
    """A record that may be the same person; masked."""

    patient: PatientListed
    score: int = Field(description="0–100")
    likeness: Likeness
    points: list[PointOut]


class CheckOut(BaseModel):
    """What the document tells, and who is on file already. `likely` advises; only `on_file…` would refuse."""

    document: CheckedDocument | None
    on_file: UUID | None = Field(description="the record with this document")
    on_file_elsewhere: bool = Field(description="this document is on file at a clinic out of sight: ask for a transfer")
    likely: list[Likely] = Field(description="the likeliest first, at most ten")


class PairListed(BaseModel):
    """Two records that may be one person; masked."""

    id: UUID
    score: int
    likeness: Likeness
    points: list[PointOut]
    state: PairState
    found_at: datetime
    one: PatientListed
    other: PatientListed

    @classmethod
    def of(cls, pair: DuplicatePair, one: PatientListed, other: PatientListed) -> Self:
        return cls(**_pair(pair), one=one, other=other)


class PairPage(BaseModel):
    """A page of pairs, the likeliest first."""

    items: list[PairListed]
    next_cursor: str | None


class Side(BaseModel):
    """One of the two records in the preview."""

    record: PatientRecord
    rows: dict[str, int] = Field(description="how many rows of each kind would move")


class PairPreview(BaseModel):
    """Both records side by side; numbers masked."""

    id: UUID
    score: int
    likeness: Likeness
    points: list[PointOut]
    state: PairState
    found_at: datetime
    one: Side
    other: Side

    @classmethod
    def of(cls, pair: DuplicatePair, one: Side, other: Side) -> Self:
        return cls(**_pair(pair), one=one, other=other)


class DismissedOut(BaseModel):
    """What was decided of a pair."""

    id: UUID
    state: PairState


class MergeIn(BaseModel):
    """Two records of one person: everything of `merged_id` goes to `survivor_id`."""

    model_config = _STRICT

    survivor_id: UUID
    merged_id: UUID


class MergeOut(BaseModel):
    """A merge. `patient_id` is the record that holds everything now."""

    id: UUID
    patient_id: UUID
    survivor_id: UUID
    merged_id: UUID
    merged_at: datetime
    reverted_at: datetime | None

    @classmethod
    def of(cls, merge: PatientMerge) -> Self:
        return cls(**{name: getattr(merge, name) for name in cls.model_fields})


def _pair(pair: DuplicatePair) -> dict[str, object]:
    return {
        "id": pair.id,
        "score": pair.score,
        "likeness": Likeness(pair.likeness),
        "points": [PointOut.model_validate(each) for each in pair.reasons],
        "state": PairState(pair.state),
        "found_at": pair.found_at,
    }
