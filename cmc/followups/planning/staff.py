"""Who works where: whom a task of a clinic may be given to. No person under care is in it."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts.roles import Role, rights_of
from cmc.accounts.tables import AppUser, RoleGrant
from cmc.core.errors import Conflict
from cmc.core.scope import Right, Scope
from cmc.organisations import queries as organisations
from cmc.organisations.tables import Organisation

_WORKERS: Final = tuple(role.value for role in Role if Right.WRITE_VISITS in rights_of(role))


class Colleague(BaseModel):
    """Somebody who works at a clinic."""

    id: UUID
    name: str


class Staff(BaseModel):
    """Who works at a clinic itself and records visits, by name."""

    items: list[Colleague]


def of_clinic(session: Session, scope: Scope, clinic_id: UUID) -> Staff:
    """Return who records visits at a clinic and is not disabled; `NotFound` for a foreign clinic."""
    organisations.clinic(session, scope, clinic_id)
    at_clinic = (col(RoleGrant.organisation_id) == clinic_id) & col(RoleGrant.role).in_(_WORKERS)
    rows = session.execute(_users(at_clinic).order_by(col(AppUser.display_name), col(AppUser.id)))
    return Staff(items=[Colleague(id=row[0], name=row[1]) for row in rows])


def require(session: Session, user_id: UUID, clinic_id: UUID) -> None:
    """Raise `Conflict` for a user who does not work at the clinic or above it."""
    at_nodes = col(RoleGrant.organisation_id).is_(None) | col(RoleGrant.organisation_id).in_(_path(session, clinic_id))
    if session.execute(_users(at_nodes).where(col(AppUser.id) == user_id)).first() is None:
        raise Conflict("this user does not work at the clinic of the task", code="not-a-colleague")


def _path(session: Session, clinic_id: UUID) -> Sequence[UUID]:
    """The clinic and what it lies in."""
    nodes: list[UUID] = []
    node = session.get(Organisation, clinic_id)
    while node is not None:
        nodes.append(node.id)
        node = session.get(Organisation, node.parent_id) if node.parent_id else None
    return nodes


def _users(grant: ColumnElement[bool]) -> Select[UUID, str]:
    """Users who are not disabled and hold a grant of this kind, each once."""
    held = exists().where(col(RoleGrant.user_id) == col(AppUser.id), grant)
    return select(col(AppUser.id), col(AppUser.display_name)).where(col(AppUser.disabled_at).is_(None), held)
