"""Tables of the organisation tree and of the teams of its clinics."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.core.db import one_of
from cmc.core.ids import new_id


class OrganisationKind(StrEnum):
    """Level of the tree."""

    REGION = "region"
    DISTRICT = "district"
    CLINIC = "clinic"


class Organisation(SQLModel, table=True):
    """A node of the tree; a clinic is one CMC site at one institution (机构/慢病管理中心)."""

    __table_args__ = (one_of("kind", OrganisationKind),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str
    parent_id: UUID | None = Field(default=None, foreign_key="organisation.id", index=True)
    code: str = Field(unique=True, description="institution code; the region code for districts and the region")
    name: str
    name_en: str


@audited("clinic_id", person=None)
class Team(SQLModel, table=True):
    """A family-doctor team (家庭医生团队): doctors of one clinic, counted together."""

    __table_args__ = (UniqueConstraint("clinic_id", "name"), UniqueConstraint("id", "clinic_id"))

    id: UUID = Field(default_factory=new_id, primary_key=True)
    clinic_id: UUID = Field(foreign_key="organisation.id")
    name: str
    made_by: str
    made_at: datetime


@audited("clinic_id", "team_id", person=None, subject="team_id")
class TeamDoctor(SQLModel, table=True):
    """A doctor of a team, by the name that enrolments give; of one team of the clinic at most, which the key holds."""

    __tablename__ = "team_doctor"
    __table_args__ = (ForeignKeyConstraint(["team_id", "clinic_id"], ["team.id", "team.clinic_id"]),)

    clinic_id: UUID = Field(primary_key=True)
    doctor: str = Field(primary_key=True)
    team_id: UUID = Field(index=True)
