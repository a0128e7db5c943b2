"""Tables of complication risk: scores as they were found, where everybody stands, and what people decided."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Double, Index, SmallInteger
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.core.db import one_of
from cmc.core.ids import new_id
from cmc.risk.models.terms import Tier
from cmc.risk.monitoring import Watch
from cmc.risk.recalibration import Basis
from cmc.risk.switch import Mode


def _json() -> Any:
    return Field(sa_column=Column(JSONB, nullable=False))


def _small(words: str) -> Any:
    return Field(sa_column=Column(SmallInteger, nullable=False), description=words)


@audited("clinic_id", "as_of", "band", "priority", "release", "mode")
class RiskScore(SQLModel, table=True):
    """What was found of a person on a day, with everything that it was found from; rows are only added.

    A new row is made only when an input, an outcome or a version has changed. `models` holds the numbers of the trained
    models in shadow too.
    """

    __tablename__ = "risk_score"
    __table_args__ = (
        one_of("tier", Tier),
        one_of("mode", Mode),
        CheckConstraint("band BETWEEN 0 AND 4", name="band"),
        CheckConstraint("priority BETWEEN 0 AND 5", name="priority"),
        Index("ix_risk_score_patient_id_id", "patient_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id")
    clinic_id: UUID = Field(foreign_key="organisation.id")
    as_of: date = Field(description="nothing that happened after this day went in")
    scored_at: datetime
    band: int = _small("worst band of the equations: `RiskLevel`, 0 without one")
    priority: int = _small("`Priority`")
    tier: str | None = Field(default=None, description="of the death models; None without a number of theirs")
    equations: str = Field(description="the set of published equations: id and version of each, hashed")
    release: str = Field(description="the trained models, e.g. nhanes 1.0.0")
    mode: str = Field(description="how the models were used then")
    inputs: dict[str, Any] = _json()
    answers: list[dict[str, Any]] = _json()
    models: list[dict[str, Any]] = _json()
    reasons: list[dict[str, Any]] = _json()
    due: list[dict[str, Any]] = _json()


@audited("clinic_id", "band", "priority", "score_id", "override_id")
class RiskStanding(SQLModel, table=True):
    """Where a person stands now: one narrow row, for ordering and counting. `band` is the doctor's where one is set.

    Written when something about it has changed; it is looked at again every night.
    """

    __tablename__ = "risk_standing"
    __table_args__ = (
        one_of("tier", Tier),
        CheckConstraint("band BETWEEN 0 AND 4 AND computed_band BETWEEN 0 AND 4", name="band"),
        CheckConstraint("priority BETWEEN 0 AND 5", name="priority"),
        Index("ix_risk_standing_clinic_id_band", "clinic_id", "band", "rank", "patient_id"),
    )

    patient_id: UUID = Field(foreign_key="patient.id", primary_key=True)
    clinic_id: UUID = Field(foreign_key="organisation.id")
    band: int = _small("`RiskLevel`, 0 without one: the doctor's, else the computed one")
    computed_band: int = _small("`RiskLevel`, 0 without one")
    priority: int = _small("`Priority`: the band, lifted by red flags, referrals and overdue tests")
    lifted: int = _small("`Priority` by red flags, referrals and overdue tests alone")
    rank: float = Field(sa_column=Column(Double, nullable=False), description="order inside a band; -1 not known")
    tier: str | None = None
    out_of_range: bool = Field(description="a value was refused, clamped or beyond what the models are for")
    missing: list[str] = Field(
        sa_column=Column(ARRAY(TEXT), nullable=False), description="inputs that the cardiovascular number lacks"
    )
    score_id: UUID | None = None
    override_id: UUID | None = None
    override_until: date | None = None
    as_of: date
    scored_at: datetime
    fingerprint: int = Field(sa_column=Column(BigInteger, nullable=False), description="of all that the score holds")


@audited("clinic_id", "band", "set_on", "until", "replaces_id")
class RiskOverride(SQLModel, table=True):
    """A doctor's band for one person, with the reason; rows are only added, the newest holds.

    Without a band it gives the computed one back.
    """

    __tablename__ = "risk_override"
    __table_args__ = (
        CheckConstraint("band BETWEEN 1 AND 4", name="band"),
        CheckConstraint("until > set_on", name="until"),
        CheckConstraint("length(reason) > 0", name="reason"),
        Index("ix_risk_override_patient_id_id", "patient_id", "id"),
        Index("uq_risk_override_replaces_id", "replaces_id", unique=True),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id")
    clinic_id: UUID = Field(foreign_key="organisation.id")
    band: int | None = Field(default=None, sa_column=Column(SmallInteger))
    reason: str
    set_on: date
    until: date | None = Field(default=None, description="first day on which it no longer holds")
    score_id: UUID | None = Field(default=None, description="what the doctor saw")
    replaces_id: UUID | None = None
    actor: str
    recorded_at: datetime


@audited("region_id", "release", "mode", "starts_on", "asked_by", "confirmed_by", person=None)
class RiskSwitch(SQLModel, table=True):
    """A region's decision about a release of models: asked for by one person, confirmed by another.

    Going back to shadow needs no second person. The newest row that holds decides.
    """

    __tablename__ = "risk_switch"
    __table_args__ = (
        one_of("mode", Mode),
        CheckConstraint("length(reason) > 0", name="reason"),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed"),
        CheckConstraint("confirmed_by <> asked_by", name="two_people"),
        Index("ix_risk_switch_region_id_id", "region_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    region_id: UUID = Field(foreign_key="organisation.id")
    release: str
    mode: str
    reason: str
    starts_on: date
    asked_by: str
    asked_at: datetime
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None


@audited("model_id", "model_version", "version", "basis", "made_by", person=None)
class RiskModelLevel(SQLModel, table=True):
    """One version of the local level of one model; the raw score stays beside what it makes. Rows are only added."""

    __tablename__ = "risk_model_level"
    __table_args__ = (
        one_of("basis", Basis),
        CheckConstraint("version > 0", name="version"),
        Index("uq_risk_model_level_version", "model_id", "model_version", "version", unique=True),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    model_id: str
    model_version: str
    version: int
    made_on: date
    basis: str
    intercept: float = Field(sa_column=Column(Double, nullable=False))
    slope: float = Field(sa_column=Column(Double, nullable=False))
    people: int
    events: int
    spread: float | None = Field(default=None, sa_column=Column(Double))
    standard: str | None = None
    made_by: str
    made_at: datetime


class RiskBaseline(SQLModel, table=True):
    """How inputs and scores lay when a release came into use; later months are compared with it."""

    __tablename__ = "risk_baseline"

    release: str = Field(primary_key=True)
    data: dict[str, Any] = _json()
    people: int
    made_on: date
    made_at: datetime


class RiskWatch(SQLModel, table=True):
    """One thing that was looked at in a month: its value, the interval of a ratio, and whether somebody should look."""

    __tablename__ = "risk_watch"
    __table_args__ = (one_of("watch", Watch),)

    month: date = Field(primary_key=True, description="its first day")
    release: str = Field(primary_key=True)
    watch: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: float = Field(sa_column=Column(Double, nullable=False))
    low: float | None = Field(default=None, sa_column=Column(Double))
    high: float | None = Field(default=None, sa_column=Column(Double))
    observed: int | None = None
    expected: float | None = Field(default=None, sa_column=Column(Double))
    alert: bool
    made_at: datetime
