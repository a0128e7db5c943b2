"""Table of the organisation tree."""

from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

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
