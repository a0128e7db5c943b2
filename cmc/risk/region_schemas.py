"""What the API gives of many people's risk, and of the models and equations in force."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cmc.clinical.stratification import RiskLevel
from cmc.core.fields import LocalDate
from cmc.core.text import Text
from cmc.patients.schemas import PatientListed
from cmc.risk.answers import Priority
from cmc.risk.codes import BandShown
from cmc.risk.equations.choice import Question
from cmc.risk.equations.variables import Variable
from cmc.risk.models.terms import Tier
from cmc.risk.recalibration import Basis, LocalLevel
from cmc.risk.schemas import Why
from cmc.risk.score_schemas import RiskMissingOut
from cmc.risk.switch import Mode
from cmc.risk.tables import RiskStanding, RiskSwitch


class RiskCountOut(BaseModel):
    """People of a clinic in one band and tier; `band` null: no equation applies; `tier` null: no number of models."""

    clinic_id: UUID
    band: RiskLevel | None
    tier: Tier | None
    people: int
    by_doctor: int = Field(description="of these, in a band that a doctor set")
    out_of_range: int = Field(description="of these, with a value refused, clamped or beyond what the models are for")


class RiskGapCount(BaseModel):
    """How many people's cardiovascular number lacks an input, or would be of a better equation with it."""

    clinic_id: UUID
    variable: Variable
    text: Text
    people: int


class RiskSummary(BaseModel):
    """How the people of an organisation stand, clinic by clinic."""

    organisation_id: UUID
    people: int
    out_of_range: int
    counts: list[RiskCountOut]
    missing: list[RiskGapCount]

    @classmethod
    def of(cls, organisation_id: UUID, counts: list[RiskCountOut], missing: list[RiskGapCount]) -> Self:
        return cls(
            organisation_id=organisation_id,
            people=sum(each.people for each in counts),
            out_of_range=sum(each.out_of_range for each in counts),
            counts=counts,
            missing=missing,
        )


class RiskListed(BaseModel):
    """A person in the list by band, masked as lists are."""

    person: PatientListed
    patient_id: UUID
    band: RiskLevel | None
    band_by: BandShown
    computed_band: RiskLevel | None
    priority: Priority
    tier: Tier | None
    as_of: date
    missing: list[RiskMissingOut]

    @classmethod
    def of(cls, row: RiskStanding, person: PatientListed) -> Self:
        return cls(
            person=person,
            patient_id=row.patient_id,
            band=RiskLevel(row.band) if row.band else None,
            band_by=BandShown.DOCTOR if row.override_id else BandShown.COMPUTED,
            computed_band=RiskLevel(row.computed_band) if row.computed_band else None,
            priority=Priority(row.priority),
            tier=Tier(row.tier) if row.tier else None,
            as_of=row.as_of,
            missing=[RiskMissingOut(variable=Variable(each), text=Variable(each).text) for each in row.missing],
        )


class RiskPage(BaseModel):
    """A page of people: the highest band first, and in each the highest number."""

    items: list[RiskListed]
    next_cursor: str | None


class RiskSwitchIn(BaseModel):
    """Ask that a region shows the trained models' numbers, or goes back to shadow."""

    model_config = ConfigDict(extra="forbid")

    region_id: UUID
    mode: Mode
    reason: Why
    starts_on: LocalDate | None = Field(default=None, description="first day of showing; today when left out")


class RiskSwitchOut(BaseModel):
    """A decision of a region about a release; showing holds when a second person has confirmed it."""

    id: UUID
    region_id: UUID
    release: str
    mode: Mode
    mode_text: Text
    reason: str
    starts_on: date
    asked_by: str
    asked_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None

    @classmethod
    def of(cls, row: RiskSwitch) -> Self:
        told = {name: getattr(row, name) for name in cls.model_fields if name not in {"mode", "mode_text"}}
        return cls(mode=Mode(row.mode), mode_text=Mode(row.mode).text, **told)


class RiskRegionMode(BaseModel):
    """How a region uses the models today."""

    region_id: UUID
    mode: Mode
    mode_text: Text
    decisions: list[RiskSwitchOut] = Field(description="the latest first, at most 20")


class RiskLevelOut(BaseModel):
    """The local level of a model; the raw number stays beside what it makes."""

    version: int
    on: date
    basis: Basis
    basis_text: Text
    intercept: float
    slope: float
    people: int
    events: int
    standard: str | None
    locally_validated: bool

    @classmethod
    def of(cls, level: LocalLevel) -> Self:
        named = ("version", "on", "basis", "intercept", "slope", "people", "events", "standard", "locally_validated")
        return cls(basis_text=level.basis.text, **{name: getattr(level, name) for name in named})


class RiskModelInForce(BaseModel):
    """One trained model: what it foretells, from how much, made in whom, and what must be said beside it."""

    id: str
    text: Text
    horizon_years: float | None
    tier: Tier
    tier_text: Text
    population: Text
    caveat: Text
    level: RiskLevelOut | None = Field(description="null: as it was made, not locally validated")


class RiskEquationInForce(BaseModel):
    """One published equation as a candidate for a question."""

    question: Question
    question_text: Text
    equation: str
    version: str
    title: Text
    source: str
    population: Text
    horizon_years: float | None
    why: Text
    second_opinion: bool
    caveat: Text | None


class RiskModels(BaseModel):
    """Models and equations in force, and how each region of the caller uses the models."""

    release: str
    regions: list[RiskRegionMode]
    models: list[RiskModelInForce]
    equations_version: str
    equations: list[RiskEquationInForce]
    card: str = Field(description="the model card of the release, in Markdown")
