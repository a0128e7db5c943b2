"""How well pressures were measured, by who recorded them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from cmc.accounts import queries as accounts
from cmc.indicators.insight import quality
from cmc.indicators.insight.entry_schemas import EntryOut
from cmc.indicators.insight.quality import Quality
from cmc.indicators.insight.schemas import FlagOut, period_out
from cmc.indicators.periods import Period
from cmc.indicators.schemas import PeriodOut
from cmc.organisations.tables import Organisation


class RecorderQuality(BaseModel):
    """The follow-ups that one person, or a system, recorded at a clinic; encounters count once."""

    recorder: str = Field(examples=["user:019a3c1e-7b1e-7000-8000-000000000001"])
    name: str | None = Field(description="of a person or machine on file")
    followups: int
    pressures: int
    from_device: int = Field(description="of these a device of the person's sent the same one on that day")
    typed: int = Field(description="of these no device sent")
    by_phone: int
    late: int = Field(description="entered more than 7 days after the visit")
    repeated: int = Field(description="the same pressure as at the person's visit before")
    repeatable: int = Field(description="pressures that have one at the visit before, at most 366 days earlier")
    sbp_130_139: int
    sbp_140_149: int
    last_digits: list[int] = Field(description="ten counts, of both limbs, by last digit")
    entry: EntryOut
    enough: int = Field(default=quality.ENOUGH, description="pressures below which nothing is said")
    flags: list[FlagOut] = Field(description="none below `enough` pressures: too few to judge a person by")

    @classmethod
    def of(cls, recorder: str, found: Quality, names: Mapping[str, str]) -> Self:
        return cls(
            recorder=recorder,
            name=names.get(recorder),
            followups=found.followups,
            pressures=found.values,
            from_device=found.from_device,
            typed=found.typed,
            by_phone=found.phone,
            late=found.late,
            repeated=found.repeated,
            repeatable=found.repeatable,
            sbp_130_139=found.between(130, 139),
            sbp_140_149=found.between(140, 149),
            last_digits=[found.last_digits[digit] for digit in range(10)],
            entry=EntryOut.of(found.entry),
            flags=[FlagOut(code=each, text=each.text) for each in quality.flags(found)],
        )


class RecorderQualityList(BaseModel):
    """Whoever recorded most comes first."""

    period: PeriodOut
    items: list[RecorderQuality]


def of_clinic(session: Session, clinic: Organisation, period: Period) -> RecorderQualityList:
    """Return the quality of a clinic's follow-ups by who recorded them; the caller has checked the scope."""
    return _listed(session, quality.recorded(session, [clinic.id], period.start, period.end), period)


def own(session: Session, clinic: Organisation, period: Period, actor: str) -> RecorderQualityList:
    """Return the quality of what one recorder recorded at a clinic, and of nobody else; empty when that is nothing."""
    found = quality.recorded(session, [clinic.id], period.start, period.end)
    return _listed(session, {name: each for name, each in found.items() if name == actor}, period)


def _listed(session: Session, found: Mapping[str, Quality], period: Period) -> RecorderQualityList:
    names = accounts.names_of(session, found)
    items = [RecorderQuality.of(recorder, each, names) for recorder, each in found.items()]
    return RecorderQualityList(period=period_out(period), items=items)
