"""Tables of devices: the registry, and who held which device when."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, SmallInteger, text
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.clinical.units import GlucoseUnit
from cmc.core.db import one_of
from cmc.core.ids import new_id
from cmc.devices.codes import DeviceKind


@audited("code", "kind", "clinic_id", "zone", "glucose_unit", "calibration_due_on", "retired_at", person=None)
class Device(SQLModel, table=True):
    """A device of a clinic, by the name that its readings carry. Who has it stands in the issues."""

    __table_args__ = (one_of("kind", DeviceKind), one_of("glucose_unit", GlucoseUnit))

    id: UUID = Field(default_factory=new_id, primary_key=True)
    code: str = Field(unique=True, description="what its readings call it: serial number, address, IMEI")
    kind: str
    clinic_id: UUID = Field(foreign_key="organisation.id", index=True)
    model: str | None = None
    zone: str = Field(description="IANA name of the zone in which its clock is set")
    glucose_unit: str | None = Field(default=None, description="what it is set to, where its format names no unit")
    calibration_due_on: date | None = Field(default=None, description="of its latest calibration")
    in_use_since: datetime = Field(description="readings from more than a day before are not believed")
    retired_at: datetime | None = None
    recorded_by: str
    recorded_at: datetime


@audited("device_id", "clinic_id", "user_slot", "from_at", "to_at")
class DeviceIssue(SQLModel, table=True):
    """That a person held a device from one moment up to another; open while `to_at` is NULL."""

    __tablename__ = "device_issue"
    __table_args__ = (
        CheckConstraint("to_at > from_at", name="in_order"),
        CheckConstraint("user_slot BETWEEN 0 AND 99", name="user_slot"),
        CheckConstraint("(to_at IS NULL) = (returned_by IS NULL)", name="returned"),
        Index("ix_device_issue_device_id_from_at", "device_id", "from_at"),
        Index(
            "uq_device_issue_open",
            "device_id",
            text("coalesce(user_slot, -1)"),
            unique=True,
            postgresql_where=text("to_at IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    device_id: UUID = Field(foreign_key="device.id")
    patient_id: UUID = Field(foreign_key="patient.id", index=True)
    clinic_id: UUID = Field(foreign_key="organisation.id", index=True)
    user_slot: int | None = Field(
        default=None, sa_column=Column(SmallInteger), description="which user of a device for several; None for all"
    )
    from_at: datetime
    to_at: datetime | None = None
    issued_by: str
    returned_by: str | None = None


@audited("calibrated_on", "due_on", person=None, subject="device_id")
class DeviceCalibration(SQLModel, table=True):
    """That a device was calibrated on a day and until when that holds; one row a day, the last word counts."""

    __tablename__ = "device_calibration"

    device_id: UUID = Field(primary_key=True, foreign_key="device.id")
    calibrated_on: date = Field(primary_key=True)
    due_on: date | None = Field(default=None, description="None: without end")
    recorded_by: str
    recorded_at: datetime
