"""Changes of the organisation tree."""

from uuid import UUID

from sqlalchemy.orm import Session

from cmc.core.errors import Conflict
from cmc.core.ids import new_id
from cmc.core.text import Text
from cmc.organisations import queries
from cmc.organisations.tables import Organisation, OrganisationKind

_PARENT = {
    OrganisationKind.REGION: None,
    OrganisationKind.DISTRICT: OrganisationKind.REGION,
    OrganisationKind.CLINIC: OrganisationKind.DISTRICT,
}


def add(
    session: Session,
    kind: OrganisationKind,
    *,
    code: str,
    name: Text,
    parent: Organisation | None = None,
    node_id: UUID | None = None,
) -> Organisation:
    """Add a node, under an id of the caller's or a fresh one.

    Raises `Conflict` when its code is taken or the parent is of the wrong level.
    """
    if queries.by_code(session, code) is not None:
        raise Conflict("this code is taken", code="organisation-exists")
    expected = _PARENT[kind]
    if (parent.kind if parent else None) != (expected.value if expected else None):
        raise Conflict(f"a {kind.value} belongs under a {expected.value if expected else 'nothing'}")
    node = Organisation(
        id=node_id or new_id(),
        kind=kind.value,
        code=code,
        name=name.zh,
        name_en=name.en,
        parent_id=parent.id if parent else None,
    )
    session.add(node)
    session.flush()
    return node
