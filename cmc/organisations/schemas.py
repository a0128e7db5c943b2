"""What the API takes and gives of the organisation tree and of teams."""

from collections.abc import Iterable
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cmc.core.fields import Name
from cmc.core.text import Text
from cmc.organisations.tables import Organisation, OrganisationKind, Team


class OrganisationOut(BaseModel):
    """A region, district or clinic."""

    id: UUID
    kind: OrganisationKind
    parent_id: UUID | None
    code: str
    name: Text

    @classmethod
    def of(cls, node: Organisation) -> Self:
        return cls(
            id=node.id,
            kind=OrganisationKind(node.kind),
            parent_id=node.parent_id,
            code=node.code,
            name=Text(node.name, node.name_en),
        )


class OrganisationList(BaseModel):
    """All nodes that the caller may see, region first."""

    items: list[OrganisationOut]


class TeamIn(BaseModel):
    """A family-doctor team as it shall be: its name, and all of its doctors."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(examples=["第一团队"])
    doctors: list[Name] = Field(
        min_length=1, max_length=50, description="names as the enrolments give them", examples=[["李医生", "王医生"]]
    )


class TeamOut(BaseModel):
    """A family-doctor team of a clinic."""

    id: UUID
    clinic_id: UUID
    name: str
    doctors: list[str] = Field(description="by name; a doctor is in one team of a clinic at most")

    @classmethod
    def of(cls, team: Team, doctors: Iterable[str]) -> Self:
        return cls(id=team.id, clinic_id=team.clinic_id, name=team.name, doctors=sorted(doctors))


class TeamList(BaseModel):
    """The teams of a clinic, by name."""

    items: list[TeamOut]
