"""What the API takes and gives of goals that a region, district or clinic sets for itself."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cmc.clinical.codes import Disease
from cmc.core.fields import Code, Line, LocalDate, Number
from cmc.core.text import Text
from cmc.indicators.tables import IndicatorGoal

GoalPercent = Annotated[Number, Field(gt=0, le=100, decimal_places=2, examples=[75])]


class GoalIn(BaseModel):
    """The share that an indicator shall reach here, from a day on; null takes the own goal away."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"code": "IND-02", "disease": "HTN", "percent": 75, "valid_from": "2027-01-01", "reason": "年度计划"}
            ]
        },
    )

    code: Code
    disease: Disease
    percent: GoalPercent | None = Field(description="null: from then on the goal of the node above, or the published")
    valid_from: LocalDate = Field(description="from the first of January of this year on")
    reason: Line


class SetGoalOut(BaseModel):
    """One line of the history of a place's goals."""

    id: UUID
    organisation_id: UUID
    code: str
    disease: Disease
    percent: str | None
    valid_from: date
    reason: str
    set_by: str
    set_at: datetime

    @classmethod
    def of(cls, row: IndicatorGoal) -> Self:
        return cls.model_validate(row.model_dump() | {"percent": None if row.percent is None else plain(row.percent)})


class GoalHistory(BaseModel):
    """Every goal that a place ever set, the newest first."""

    items: list[SetGoalOut]


class PlaceGoalOut(BaseModel):
    """The goal that holds for a place: its own, that of the nearest node above, or the published one."""

    code: str
    disease: Disease
    percent: str = Field(examples=["75"])
    year: int | None = Field(description="by the end of which year, where the document says so")
    source: Text = Field(description="whose goal it is")
    organisation_id: UUID | None = Field(description="who set it; null for a published goal")
    valid_from: date | None = Field(description="since when; null for a published goal")


class PlaceGoals(BaseModel):
    """The goals that hold for a place at the end of a month, by code and disease; indicators without are missing."""

    items: list[PlaceGoalOut]


def plain(percent: Decimal) -> str:
    """A share as it is written: 75, 72.5."""
    return format(percent.normalize(), "f")
