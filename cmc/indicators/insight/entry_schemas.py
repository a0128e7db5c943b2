"""What the insights give of how visits were entered."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, Field

from cmc.indicators.insight import entering
from cmc.indicators.insight.entering import CarriedField, Entry


class CarriedOut(BaseModel):
    """How much of one kind of value is the very same as at the person's visit before."""

    field: CarriedField
    same: int
    comparable: int = Field(description="visits that have a value, as the visit before has")
    is_offered: bool = Field(
        description="the form offers to take it over from the visit before; it is nothing measured"
    )


class EntryOut(BaseModel):
    """How visits were entered; neither number says that anything is wrong."""

    consecutive: int = Field(description="entered within `pause_minutes` after another visit by the same person")
    fast: int = Field(description="of these in less than `fast_seconds`")
    per_minute: str | None = Field(description="visits a minute, from one such entry to the next", examples=["0.42"])
    median_seconds: str | None = Field(description="from one such entry to the next", examples=["95.0"])
    fast_seconds: int = int(entering.FAST.total_seconds())
    pause_minutes: int = int(entering.PAUSE.total_seconds()) // 60
    carried: list[CarriedOut]

    @classmethod
    def of(cls, found: Entry) -> Self:
        return cls(
            consecutive=found.consecutive,
            fast=found.fast,
            per_minute=None if found.per_minute is None else str(found.per_minute),
            median_seconds=None if found.median_seconds is None else str(found.median_seconds),
            carried=[
                CarriedOut(
                    field=kind,
                    same=found.of(kind).same,
                    comparable=found.of(kind).comparable,
                    is_offered=kind in entering.OFFERED,
                )
                for kind in CarriedField
            ],
        )
