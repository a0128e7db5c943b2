"""What the API gives and takes of one person's risk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, StringConstraints

from cmc.clinical.stratification import RiskLevel
from cmc.core.fields import FormCode, LocalDate, storable
from cmc.core.text import Text
from cmc.risk.answers import Priority
from cmc.risk.codes import BandShown
from cmc.risk.equations import by_id
from cmc.risk.equations.choice import Question
from cmc.risk.score_schemas import RiskScoreOut
from cmc.risk.tables import RiskOverride, RiskScore, RiskStanding

_SENT: Final = {
    "extra": "forbid",
    "json_schema_extra": {"examples": [{"band": 4, "reason": "颈动脉重度狭窄，院外确诊", "until": "2027-05-20"}]},
}
Why = Annotated[
    str, Strict(), StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(storable)
]


class RiskOverrideIn(BaseModel):
    """A doctor's band for a person, with the reason and the first day on which it no longer holds.

    Without a band the computed one holds again.
    """

    model_config = ConfigDict(**_SENT)  # type: ignore[typeddict-item]

    band: FormCode[RiskLevel] | None = Field(default=None, description="1 low to 4 very high")
    reason: Why
    until: LocalDate | None = Field(default=None, description="needed with a band; at most a year ahead")


class RiskOverrideOut(BaseModel):
    """One band that a doctor set; without a band it gave the computed one back."""

    id: UUID
    band: RiskLevel | None
    reason: str
    set_on: date
    until: date | None
    actor: str
    recorded_at: datetime

    @classmethod
    def of(cls, row: RiskOverride) -> Self:
        more = {name: getattr(row, name) for name in ("id", "reason", "set_on", "until", "actor", "recorded_at")}
        return cls(band=RiskLevel(row.band) if row.band else None, **more)


class RiskHistoryOut(BaseModel):
    """A former score in brief; the cardiovascular number with its equation."""

    id: UUID
    as_of: date
    scored_at: datetime
    band: RiskLevel | None
    priority: Priority
    cvd: float | None
    equation: str | None
    title: Text | None = Field(description="the equation in words")

    @classmethod
    def of(cls, row: RiskScore) -> Self:
        cvd: dict[str, Any] = next((each for each in row.answers if each["question"] == Question.CVD), {})
        return cls(
            id=row.id,
            as_of=row.as_of,
            scored_at=row.scored_at,
            band=RiskLevel(row.band) if row.band else None,
            priority=Priority(row.priority),
            cvd=cvd.get("value"),
            equation=cvd.get("equation"),
            title=by_id(cvd["equation"]).title if "equation" in cvd else None,
        )


class RiskOut(BaseModel):
    """Where a person stands, why, and how it came; `score` is null until the first scoring, seconds after enrolment."""

    patient_id: UUID
    band: RiskLevel | None = Field(description="the doctor's where one holds, else the computed one")
    band_text: Text | None
    band_by: BandShown
    computed_band: RiskLevel | None
    priority: Priority
    priority_text: Text
    score: RiskScoreOut | None
    overrides: list[RiskOverrideOut] = Field(description="bands that doctors set, the latest first")
    history: list[RiskHistoryOut] = Field(description="the latest first, at most 50")

    @classmethod
    def of(
        cls,
        patient_id: UUID,
        stands: RiskStanding | None,
        score: RiskScoreOut | None,
        overrides: Sequence[RiskOverride],
        history: Sequence[RiskScore],
    ) -> Self:
        band = RiskLevel(stands.band) if stands and stands.band else None
        priority = Priority(stands.priority) if stands else Priority.NOT_KNOWN
        return cls(
            patient_id=patient_id,
            band=band,
            band_text=band.text if band else None,
            band_by=BandShown.DOCTOR if stands and stands.override_id else BandShown.COMPUTED,
            computed_band=RiskLevel(stands.computed_band) if stands and stands.computed_band else None,
            priority=priority,
            priority_text=priority.text,
            score=score,
            overrides=[RiskOverrideOut.of(each) for each in overrides],
            history=[RiskHistoryOut.of(each) for each in history],
        )
