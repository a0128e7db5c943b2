"""What the API gives of the health of gateways and devices."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from cmc.devices.codes import DeviceKind
from cmc.ingest.health import DeviceHealth, GatewayHealth


class GatewayHealthOut(BaseModel):
    """A gateway over the days asked for."""

    id: UUID
    name: str
    clinic_id: UUID
    batches: int = Field(description="bodies with something that was not a mere repetition")
    items: int
    created: int
    held: int
    refused: int
    error_percent: float | None = Field(description="held or refused, of all items; null when nothing came")
    last_received_at: datetime | None
    median_lag_seconds: int | None = Field(description="from the newest measurement of a batch to its arrival")
    most_lag_seconds: int | None
    skew_seconds: int = Field(description="how far ahead of our clock its readings were at most; 0: not ahead")

    @classmethod
    def of(cls, found: GatewayHealth) -> Self:
        return cls(**found._asdict(), error_percent=found.error_percent)


class DeviceHealthOut(BaseModel):
    """A device over the days asked for."""

    id: UUID
    code: str
    kind: DeviceKind
    clinic_id: UUID
    issued_at: datetime | None = Field(description="since when somebody has it; null when nobody has")
    readings: int
    held: int
    error_percent: float | None = Field(description="held, of all that came; null when nothing came")
    last_taken_at: datetime | None
    last_received_at: datetime | None
    silent: bool = Field(description="somebody has had it for a week, and nothing came in a week")
    median_lag_seconds: int | None
    skew_seconds: int = Field(description="how far ahead its clock was at most; 0: not ahead")
    battery_low: bool = Field(description="its newest reading said so")
    calibration_due_on: date | None
    calibration_due: bool

    @classmethod
    def of(cls, found: DeviceHealth, *, now: datetime, on: date) -> Self:
        """Return a device's figures as the API shows them."""
        due = found.calibration_due_on is not None and found.calibration_due_on <= on
        told = {"error_percent": found.error_percent, "silent": found.silent(now=now), "calibration_due": due}
        return cls.model_validate(found._asdict() | told)


class HealthPage(BaseModel):
    """Gateways, all of them with the first page, and a page of devices by code."""

    since: datetime
    gateways: list[GatewayHealthOut]
    devices: list[DeviceHealthOut]
    next_cursor: str | None
