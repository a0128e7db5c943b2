"""What the API takes and gives of readings that were kept aside."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from cmc.clinical.units import GlucoseUnit
from cmc.core.crypto import Keyring
from cmc.devices.schemas import Instant
from cmc.ingest.ranking import Candidate, CandidateReason
from cmc.ingest.schemas import HeldReadingOut
from cmc.ingest.tables import DismissReason, HeldReading
from cmc.patients.schemas import PatientListed
from cmc.patients.tables import Patient
from cmc.readings.schemas import ReadingOut
from cmc.readings.tables import Reading

_PERSON = "019a9f3e-5b70-7d43-8c1f-0a9e7b6d5c21"


class AssignIn(BaseModel):
    """Whose it is, and whether its device is theirs from the time of the reading on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"patient_id": _PERSON}]})

    patient_id: UUID
    keep_device: bool = Field(
        default=False,
        strict=True,
        description="true: the device is this person's from the time of the reading on; it must be on file",
    )
    end_holder: bool = Field(
        default=False,
        strict=True,
        description="true, with `keep_device`: who has the device is taken to have given it back at that time",
    )

    @model_validator(mode="after")
    def _ends_for_something(self) -> Self:
        if self.end_holder and not self.keep_device:
            raise PydanticCustomError("needs_keep_device", "an issue is ended for another: say keep_device as well")
        return self


class HeldDeviceOut(BaseModel):
    """The device of a reading, when it is on file in the caller's clinics."""

    id: UUID
    retired: bool
    is_held: bool = Field(description="whether somebody has it now")


class ReplayIn(BaseModel):
    """What was found out: whose it is, when it was taken, in which unit, that it is of a person. At least one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"glucose_unit": "mmol/L"}]})

    patient_id: UUID | None = None
    taken_at: Instant | None = Field(default=None, description="the right time, where the device's clock was wrong")
    glucose_unit: GlucoseUnit | None = Field(default=None, description="the unit as confirmed or corrected")
    control_solution: Literal[False] | None = Field(
        default=None, description="false: it was no control solution, whatever the meter or its gateway says"
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if all(getattr(self, name) is None for name in type(self).model_fields):
            raise PydanticCustomError("nothing_fixed", "say at least one of " + ", ".join(type(self).model_fields))
        return self


class DismissIn(BaseModel):
    """Why it shall count for nobody."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "not_a_person"}]})

    reason: DismissReason


class CandidateOut(BaseModel):
    """Somebody whose it may be, masked, with what speaks for them; the likeliest first."""

    person: PatientListed
    reasons: list[CandidateReason]
    reasons_zh: list[str]
    points: int = Field(description="orders the list and means nothing else")
    nearest_at: datetime | None = Field(description="their reading of this kind that lies nearest in time")

    @classmethod
    def of(cls, keys: Keyring, found: Candidate, person: Patient, *, on: date) -> Self:
        return cls(
            person=PatientListed.of(keys, person, on=on),
            reasons=list(found.reasons),
            reasons_zh=[each.text.zh for each in found.reasons],
            points=found.points,
            nearest_at=found.nearest_at,
        )


class HeldReadingDetail(HeldReadingOut):
    """A reading kept aside with what helps to decide: candidates without a person, the stored one in a conflict."""

    candidates: list[CandidateOut]
    stored: ReadingOut | None = Field(description="the reading on file that a conflict is with")
    registered: HeldDeviceOut | None = Field(description="its device, where it is on file; null also without a device")

    @classmethod
    def with_help(
        cls,
        held: HeldReading,
        candidates: list[CandidateOut],
        stored: Reading | None,
        marked: Collection[UUID],
        registered: HeldDeviceOut | None,
    ) -> Self:
        """Return the held reading with its candidates, the stored reading and its device."""
        shown = HeldReadingOut.of(held, marked).model_dump()
        on_file = None if stored is None else ReadingOut.of(stored, marked)
        return cls(**shown, candidates=candidates, stored=on_file, registered=registered)
