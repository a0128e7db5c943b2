"""What the API takes and gives of devices."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from cmc.clinical.units import GlucoseUnit
from cmc.core.fields import Code, Line, LocalDate, Whole
from cmc.devices.codes import DeviceKind
from cmc.devices.tables import Device, DeviceIssue

_YEARS = (2000, 2999)


def _storable(at: datetime) -> datetime:
    if not _YEARS[0] <= at.year < _YEARS[1]:
        raise PydanticCustomError("out_of_range", "a time from 2000 on")
    return at


Instant = Annotated[AwareDatetime, AfterValidator(_storable)]
"""A time with its zone, from 2000 on."""

UserSlot = Annotated[Whole, Field(ge=0, le=99)]
_CODE = "M-4711"


class DeviceIn(BaseModel):
    """A device to put on file."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"code": _CODE, "kind": "meter", "clinic_id": "019a9f3e-1a2c-7f64-b3d5-6e8c9a0b1d32"}]
        },
    )

    code: Code = Field(description="what its readings call it: serial number, Bluetooth address, IMEI")
    kind: DeviceKind
    clinic_id: UUID
    model: Line | None = None
    zone: Annotated[str, Field(max_length=64)] = Field(default="Asia/Shanghai", description="IANA name")
    glucose_unit: GlucoseUnit | None = Field(
        default=None, description="what it is set to, for formats that name none; never guessed"
    )
    calibration_due_on: LocalDate | None = None
    calibrated_on: LocalDate | None = Field(
        default=None, description="when it was calibrated last, at most today; the day it came into use, when left out"
    )
    in_use_since: Instant | None = Field(default=None, description="now, when left out")


class DeviceChangeIn(BaseModel):
    """What changes; what is left out stays, null takes away."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"calibration_due_on": "2027-11-01"}]})

    model: Line | None = None
    zone: Annotated[str, Field(max_length=64)] | None = None
    glucose_unit: GlucoseUnit | None = None
    calibration_due_on: LocalDate | None = Field(
        default=None, description="until when its calibration holds: readings from that day on are marked"
    )
    calibrated_on: LocalDate | None = Field(
        default=None, description="when that calibration was made, at most today; today, when left out"
    )
    retired: Annotated[bool, Field(strict=True)] | None = None

    def given(self) -> dict[str, Any]:
        """Return the fields that were sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class IssueIn(BaseModel):
    """To whom a device is given, and from when on."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"patient_id": "019a9f3e-5b70-7d43-8c1f-0a9e7b6d5c21"}]}
    )

    patient_id: UUID
    from_at: Instant | None = Field(default=None, description="now, when left out; at most now")
    user_slot: UserSlot | None = Field(default=None, description="which user of a device for several people")


class ReturnIn(BaseModel):
    """That a device came back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    to_at: Instant | None = Field(default=None, description="now, when left out; at most now")
    user_slot: UserSlot | None = Field(default=None, description="only this user's; all when left out")


class IssueOut(BaseModel):
    """That a person held a device; open while `to_at` is null."""

    id: UUID
    device_id: UUID
    patient_id: UUID
    clinic_id: UUID
    user_slot: int | None
    from_at: datetime
    to_at: datetime | None

    @classmethod
    def of(cls, issue: DeviceIssue) -> Self:
        return cls.model_validate(issue.model_dump(exclude={"issued_by", "returned_by"}))


class DeviceOut(BaseModel):
    """A device with who has it now."""

    id: UUID
    code: str
    kind: DeviceKind
    clinic_id: UUID
    model: str | None
    zone: str
    glucose_unit: GlucoseUnit | None
    calibration_due_on: date | None
    calibration_due: bool = Field(description="whether that day has come")
    in_use_since: datetime
    retired_at: datetime | None
    holders: list[IssueOut]

    @classmethod
    def of(cls, device: Device, issues: list[DeviceIssue], *, on: date) -> Self:
        """Return the device as the API shows it; `issues` are its own open ones."""
        due = device.calibration_due_on is not None and device.calibration_due_on <= on
        return cls.model_validate(
            device.model_dump() | {"calibration_due": due, "holders": [IssueOut.of(each) for each in issues]}
        )


class CalibrationOut(BaseModel):
    """One calibration; from `due_on` on, until the next one, readings are marked."""

    calibrated_on: date
    due_on: date | None


class DeviceDetail(DeviceOut):
    """A device with everybody who had it and its calibrations, the latest first."""

    issues: list[IssueOut]
    calibrations: list[CalibrationOut]


class DevicePage(BaseModel):
    """A page of devices, by code."""

    items: list[DeviceOut]
    next_cursor: str | None


class IssueList(BaseModel):
    """Issues that were ended."""

    items: list[IssueOut]
