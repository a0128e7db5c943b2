"""Reads of accounts: whose credentials these are, and the lists of users and machines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import exists, or_, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts.roles import MACHINE_RIGHTS, MachineKind, Role, rights_of
from cmc.accounts.tables import AppUser, AuthSession, Machine, MachineKey, OldPassword, RoleGrant
from cmc.core.errors import NotFound
from cmc.core.scope import Grant, Scope

_WITH_ID: Final = frozenset({"user", *MachineKind})
# The only root of the tree stands for all of it, as a grant without a node does.
_NODES = """
    (SELECT json_agg(json_build_array(below.id, below.kind)) FROM (
        WITH RECURSIVE tree AS (
            SELECT id, kind FROM organisation WHERE id = {node}
            UNION ALL SELECT child.id, child.kind FROM organisation child JOIN tree ON child.parent_id = tree.id
        ) SELECT id, kind FROM tree) AS below)
"""
_EVERYWHERE = """
    ({node} IS NULL OR {node} IN (SELECT id FROM organisation WHERE parent_id IS NULL)
        AND 1 = (SELECT count(*) FROM organisation WHERE parent_id IS NULL))
"""
_GRANTS = f"""
    SELECT json_agg(json_build_array(held.role, held.with_names, CASE
        WHEN {_EVERYWHERE.format(node="held.organisation_id")} THEN NULL
        ELSE {_NODES.format(node="held.organisation_id")} END))
    FROM role_grant AS held WHERE held.user_id = app_user.id
"""  # noqa: S608 - made of the constants above
_SESSION = text(f"""
    SELECT auth_session.id AS session_id, auth_session.created_at, auth_session.last_seen_at, auth_session.locked_at,
        app_user.id AS user_id, app_user.must_change_password, app_user.password_changed_at, ({_GRANTS}) AS grants
    FROM auth_session JOIN app_user ON app_user.id = auth_session.user_id
    WHERE auth_session.id_hash = :id_hash AND app_user.disabled_at IS NULL
""")  # noqa: S608
_KEY = text(f"""
    SELECT machine_key.secret_cipher, machine_key.last_used_on, machine.id AS machine_id, machine.kind,
        CASE WHEN {_EVERYWHERE.format(node="machine.organisation_id")} THEN NULL
        ELSE {_NODES.format(node="machine.organisation_id")} END AS nodes
    FROM machine_key JOIN machine ON machine.id = machine_key.machine_id
    WHERE machine_key.id = :id AND machine_key.revoked_at IS NULL AND machine.revoked_at IS NULL
""")  # noqa: S608


class SessionFound(NamedTuple):
    """A session of a user who is not disabled; whether it still counts is judged by its times."""

    session_id: UUID
    user_id: UUID
    created_at: datetime
    last_seen_at: datetime
    locked_at: datetime | None
    must_change_password: bool
    password_changed_at: datetime
    grants: tuple[Grant, ...]
    is_admin: bool


class KeyFound(NamedTuple):
    """A live key of a machine."""

    secret_cipher: bytes
    last_used_on: Any
    machine_id: UUID
    kind: MachineKind
    grant: Grant


def session_by_hash(session: Session, id_hash: bytes) -> SessionFound | None:
    """Return a session and its user's grants by the hash of its id, in one statement."""
    row = session.execute(_SESSION, {"id_hash": id_hash}).mappings().one_or_none()
    if row is None:
        return None
    grants = [(Role(role), bool(names), nodes) for role, names, nodes in row["grants"] or ()]
    return SessionFound(
        row["session_id"], row["user_id"], row["created_at"], row["last_seen_at"], row["locked_at"],
        row["must_change_password"], row["password_changed_at"],
        tuple(Grant(rights_of(role, with_names=names), *_reach(nodes)) for role, names, nodes in grants),
        any(role is Role.ADMIN for role, _, _ in grants),
    )  # fmt: skip


def key_by_id(session: Session, key_id: str) -> KeyFound | None:
    """Return a live key and what its machine may do, in one statement."""
    row = session.execute(_KEY, {"id": key_id}).mappings().one_or_none()
    if row is None:
        return None
    kind = MachineKind(row["kind"])
    grant = Grant(MACHINE_RIGHTS[kind], *_reach(row["nodes"]))
    return KeyFound(row["secret_cipher"], row["last_used_on"], row["machine_id"], kind, grant)


LIVE_KEYS: Final = (
    "SELECT machine_key.id FROM machine_key JOIN machine ON machine.id = machine_key.machine_id"
    " WHERE machine_key.id = ANY (CAST(%(ids)s AS text[]))"
    " AND machine_key.revoked_at IS NULL AND machine.revoked_at IS NULL"
)
"""The keys among %(ids)s that still count, for who asks it together with other statements (`db.ask`)."""


def user_by_login(session: Session, login: str, *, for_update: bool = False) -> AppUser | None:
    """Return a user by login name."""
    query = select(AppUser).where(col(AppUser.login) == login)
    return session.scalars(query.with_for_update() if for_update else query).one_or_none()


def user_by_id(session: Session, user_id: UUID, *, for_update: bool = False) -> AppUser:
    """Return a user; raise `NotFound` when there is none."""
    query = select(AppUser).where(col(AppUser.id) == user_id)
    found = session.scalars(query.with_for_update() if for_update else query).one_or_none()
    if found is None:
        raise NotFound("no such user")
    return found


def managed_user(session: Session, scope: Scope, user_id: UUID) -> AppUser:
    """Return a user all of whose grants lie in the scope, locked; raise `NotFound` otherwise."""
    query = select(AppUser).where(col(AppUser.id) == user_id, _is_managed(scope)).with_for_update()
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound("no such user")
    return found


def users(session: Session, scope: Scope, *, after: str | None = None, limit: int = 50) -> list[AppUser]:
    """Return up to `limit` users of the scope by login name, after the name `after`."""
    query = select(AppUser).where(_is_managed(scope)).order_by(col(AppUser.login)).limit(limit)
    return list(session.scalars(query if after is None else query.where(col(AppUser.login) > after)))


def givers_of(session: Session, actor: str) -> set[str]:
    """Return the actors who gave a user the roles of today."""
    query = select(col(RoleGrant.granted_by)).where(col(RoleGrant.user_id) == _id_of(actor))
    return set(session.scalars(query))


def _id_of(actor: str) -> UUID | None:
    """The id in an actor's name; None for jobs and commands, and for what is no actor of ours."""
    kind, _, part = actor.partition(":")
    try:
        return UUID(part) if kind in _WITH_ID else None
    except ValueError:
        return None


def names_of(session: Session, actors: Iterable[str]) -> dict[str, str]:
    """Return the names of the users and machines among the actors ("user:<id>", "gateway:<id>", …)."""
    ids = {actor: each for actor in actors if (each := _id_of(actor)) is not None}
    wanted = list(ids.values())
    people = session.execute(select(col(AppUser.id), col(AppUser.display_name)).where(col(AppUser.id).in_(wanted)))
    boxes = session.execute(select(col(Machine.id), col(Machine.name)).where(col(Machine.id).in_(wanted)))
    names: dict[UUID, str] = {row[0]: row[1] for row in (*people, *boxes)}
    return {actor: names[each] for actor, each in ids.items() if each in names}


def called(session: Session, actors: Iterable[str]) -> dict[str, str]:
    """Return what to call the users and machines among the actors: a user by both names, a machine by its own."""
    ids = {actor: each for actor in actors if (each := _id_of(actor)) is not None}
    wanted = list(set(ids.values()))
    users_found = session.execute(
        select(col(AppUser.id), col(AppUser.display_name), col(AppUser.login)).where(col(AppUser.id).in_(wanted))
    )
    boxes = session.execute(select(col(Machine.id), col(Machine.name)).where(col(Machine.id).in_(wanted)))
    names = {each: f"{shown} ({login})" for each, shown, login in users_found} | {row[0]: row[1] for row in boxes}
    return {actor: names[each] for actor, each in ids.items() if each in names}


def has_administrator(session: Session) -> bool:
    """Whether somebody who can sign in administers everything."""
    everywhere = select(col(RoleGrant.user_id)).where(
        col(RoleGrant.role) == Role.ADMIN.value, col(RoleGrant.organisation_id).is_(None)
    )
    query = select(col(AppUser.id)).where(col(AppUser.id).in_(everywhere), col(AppUser.disabled_at).is_(None)).limit(1)
    return session.scalars(query).one_or_none() is not None


def grants(session: Session, user_ids: Sequence[UUID]) -> list[RoleGrant]:
    """Return the grants of users, oldest first."""
    query = select(RoleGrant).where(col(RoleGrant.user_id).in_(user_ids)).order_by(col(RoleGrant.id))
    return list(session.scalars(query))


def sessions(session: Session, user_id: UUID) -> list[AuthSession]:
    """Return the sessions of one user, newest first."""
    query = select(AuthSession).where(col(AuthSession.user_id) == user_id)
    return list(session.scalars(query.order_by(col(AuthSession.created_at).desc())))


def former_passwords(session: Session, user_id: UUID) -> list[str]:
    """Return the hashes of a user's replaced passwords, newest first."""
    query = select(col(OldPassword.password_hash)).where(col(OldPassword.user_id) == user_id)
    return list(session.scalars(query.order_by(col(OldPassword.replaced_at).desc())))


def machines(session: Session, scope: Scope) -> list[Machine]:
    """Return the machines of the scope, newest first."""
    query = select(Machine).where(_serves(scope)).order_by(col(Machine.id).desc())
    return list(session.scalars(query))


def machine(session: Session, scope: Scope, machine_id: UUID) -> Machine:
    """Return one machine of the scope, locked; raise `NotFound` otherwise."""
    query = select(Machine).where(col(Machine.id) == machine_id, _serves(scope)).with_for_update()
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound("no such machine")
    return found


def machine_keys(session: Session, machine_ids: Sequence[UUID]) -> list[MachineKey]:
    """Return the keys of machines, oldest first."""
    query = select(MachineKey).where(col(MachineKey.machine_id).in_(machine_ids)).order_by(col(MachineKey.created_at))
    return list(session.scalars(query))


def _is_managed(scope: Scope) -> Any:
    """Whose every grant lies in the scope; who has none yet belongs to who may act everywhere."""
    if scope.clinic_ids is None:
        return col(AppUser.id).is_not(None)
    nodes = scope.clinic_ids | scope.organisation_ids
    own = exists().where(col(RoleGrant.user_id) == col(AppUser.id))
    outside = or_(col(RoleGrant.organisation_id).is_(None), col(RoleGrant.organisation_id).not_in(nodes))
    return own & ~own.where(outside)


def _serves(scope: Scope) -> Any:
    if scope.clinic_ids is None:
        return col(Machine.id).is_not(None)
    return col(Machine.organisation_id).in_(scope.clinic_ids | scope.organisation_ids)


def _reach(nodes: list[list[str]] | None) -> tuple[frozenset[UUID] | None, frozenset[UUID]]:
    """Return the clinics among nodes and all the nodes; None and nothing for everywhere."""
    if nodes is None:
        return None, frozenset()
    ids = frozenset(UUID(node) for node, _ in nodes)
    return frozenset(UUID(node) for node, kind in nodes if kind == "clinic"), ids
