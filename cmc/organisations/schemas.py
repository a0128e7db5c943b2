"""What the API gives of the organisation tree."""

from typing import Self
from uuid import UUID

from pydantic import BaseModel

from cmc.core.text import Text
from cmc.organisations.tables import Organisation, OrganisationKind


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
