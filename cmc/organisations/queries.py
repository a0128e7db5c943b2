"""Reads of the organisation tree and of teams."""

from collections import defaultdict
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.organisations.tables import Organisation, OrganisationKind, Team, TeamDoctor


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


def teams(session: Session, scope: Scope, clinic_id: UUID) -> list[Team]:
    """Return the teams of a clinic by name; raise `NotFound` for a clinic outside the scope."""
    clinic(session, scope, clinic_id)
    query = select(Team).where(col(Team.clinic_id) == clinic_id)
    return list(session.scalars(query.order_by(col(Team.name), col(Team.id))))


def team(session: Session, scope: Scope, team_id: UUID) -> Team:
    """Return a team of a clinic of the scope; raise `NotFound` otherwise."""
    found = session.get(Team, team_id)
    if found is None or not scope.includes(found.clinic_id):
        raise NotFound("no such team")
    return found


def team_doctors(session: Session, scope: Scope, clinic_id: UUID) -> dict[UUID, list[TeamDoctor]]:
    """Return the doctors of every team of a clinic of the scope."""
    query = select(TeamDoctor).where(col(TeamDoctor.clinic_id) == clinic_id, scope.covers(col(TeamDoctor.clinic_id)))
    found: dict[UUID, list[TeamDoctor]] = defaultdict(list)
    for each in session.scalars(query):
        found[each.team_id].append(each)
    return found
