"""Reads of the organisation tree."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.organisations.tables import Organisation, OrganisationKind


def visible(session: Session, scope: Scope) -> list[Organisation]:
    """Return the nodes that the caller may see: its clinics and all nodes above them, top first."""
    everything = list(
        session.scalars(select(Organisation).order_by(col(Organisation.kind).desc(), col(Organisation.code)))
    )
    if scope.clinic_ids is None:
        return everything
    by_id = {node.id: node for node in everything}
    wanted: set[UUID] = set()
    for clinic_id in scope.clinic_ids & by_id.keys():
        node: Organisation | None = by_id[clinic_id]
        while node is not None:
            wanted.add(node.id)
            node = by_id.get(node.parent_id) if node.parent_id else None
    return [node for node in everything if node.id in wanted]


def clinic(session: Session, scope: Scope, clinic_id: UUID) -> Organisation:
    """Return one clinic of the scope; raise `NotFound` when it does not exist, is foreign or is not a clinic."""
    node = session.get(Organisation, clinic_id)
    if node is None or node.kind != OrganisationKind.CLINIC or not scope.includes(clinic_id):
        raise NotFound("no such clinic")
    return node


def any_clinic(session: Session, clinic_id: UUID) -> Organisation:
    """Return one clinic, of the scope or not: which clinics there are is no secret. Raises `NotFound` otherwise."""
    node = session.get(Organisation, clinic_id)
    if node is None or node.kind != OrganisationKind.CLINIC:
        raise NotFound("no such clinic")
    return node


def by_code(session: Session, code: str) -> Organisation | None:
    """Return the node with an institution or region code."""
    return session.scalars(select(Organisation).where(col(Organisation.code) == code)).one_or_none()


def clinics_below(session: Session, organisation_id: UUID) -> list[UUID]:
    """Return the ids of the clinics at or below a node."""
    tree = (
        select(col(Organisation.id), col(Organisation.kind))
        .where(col(Organisation.id) == organisation_id)
        .cte("t", recursive=True)
    )
    child = aliased(Organisation)
    tree = tree.union_all(select(col(child.id), col(child.kind)).join(tree, col(child.parent_id) == tree.c.id))
    return list(session.scalars(select(tree.c.id).where(tree.c.kind == OrganisationKind.CLINIC.value)))
