"""What the API takes and gives of personal targets and limits of alarm."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, StringConstraints

from cmc.charts.codes import ValuePurpose
from cmc.charts.schemas import ReasonOut
from cmc.charts.tables import PersonalTargetRow
from cmc.clinical.alert_facts import AlertLimits
from cmc.clinical.targets import Quantity, Target
from cmc.core.fields import LocalDate, Number, storable
from cmc.records.fact_schemas import trimmed

Why = Annotated[
    str, Strict(), StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(storable)
]


class PersonalIn(BaseModel):
    """What a doctor sets for one person, with the reason.

    A target holds from `low` to below `high`; an alarm sounds at or below `low` and at or above `high`.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"purpose": "target", "quantity": "SBP_MMHG", "high": 140, "reason": "体位性低血压"}]
        },
    )

    purpose: ValuePurpose = ValuePurpose.TARGET
    quantity: Quantity
    low: Number | None = None
    high: Number | None = None
    until: LocalDate | None = Field(default=None, description="first day on which it no longer holds")
    reason: Why


class WithdrawIn(BaseModel):
    """Which personal value shall no longer hold, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"purpose": "target", "quantity": "SBP_MMHG", "reason": "耐受良好"}]},
    )

    purpose: ValuePurpose = ValuePurpose.TARGET
    quantity: Quantity
    reason: Why


class PersonalOut(BaseModel):
    """One row of the history; without both ends it gave back what holds for everybody."""

    id: UUID
    purpose: ValuePurpose
    quantity: Quantity
    low: Decimal | None
    high: Decimal | None
    set_on: date
    until: date | None
    reason: str
    replaces_id: UUID | None
    set_by: str
    recorded_at: datetime

    @classmethod
    def of(cls, row: PersonalTargetRow) -> Self:
        ends = {"low": trimmed(row.low), "high": trimmed(row.high)}
        return cls.model_validate(row.model_dump() | ends | {"set_by": row.actor})


class TargetOut(BaseModel):
    """A target that holds today, the guideline's or the doctor's own."""

    quantity: Quantity
    label: str
    low: Decimal | None
    high: Decimal | None
    personal: bool
    reason: ReasonOut

    @classmethod
    def of(cls, found: Target) -> Self:
        return cls(
            quantity=found.quantity,
            label=found.label,
            low=found.low.value if found.low else None,
            high=found.high.value if found.high else None,
            personal=found.personal,
            reason=ReasonOut.of(found.reason),
        )


class AlarmOut(BaseModel):
    """From where on a single value is an alarm at once."""

    sbp_mmhg: int
    dbp_mmhg: int
    high_glucose_mmol_l: Decimal
    low_glucose_mmol_l: Decimal

    @classmethod
    def of(cls, limits: AlertLimits) -> Self:
        return cls(
            sbp_mmhg=limits.sbp_mmhg,
            dbp_mmhg=limits.dbp_mmhg,
            high_glucose_mmol_l=Decimal(limits.high_glucose_umol_l) / 1000,
            low_glucose_mmol_l=Decimal(limits.low_glucose_umol_l) / 1000,
        )


class TargetList(BaseModel):
    """What holds for a person today, and everything that was set for them, the latest first."""

    patient_id: UUID
    on: date
    targets: list[TargetOut]
    refer: ReasonOut | None = Field(description="why there are no targets: pregnancy is referred")
    alarms: AlarmOut
    history: list[PersonalOut]
