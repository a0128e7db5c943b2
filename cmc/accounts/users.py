"""Users and their roles, as an administrator changes them. Nothing here commits.

An administrator acts on users all of whose roles lie in his part of the tree, gives roles there only, and never
changes his own.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.accounts import passwords, queries, second_factor, sessions
from cmc.accounts.passwords import Profile
from cmc.accounts.roles import ALONE, ClosingReason, Role, Wanted
from cmc.accounts.tables import AppUser, OldPassword, RoleGrant
from cmc.core.errors import Conflict, NotFound, invalid
from cmc.core.scope import Caller, Scope
from cmc.organisations.tables import Organisation, OrganisationKind

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('administrators', 0))")
_OF_CLINICS: Final = frozenset({Role.NURSE, Role.DOCTOR, Role.MANAGER})


def add(
    session: Session, scope: Scope, login: str, *, display_name: str, roles: Sequence[Wanted], now: datetime
) -> tuple[AppUser, str]:
    """Add a user; returns it with a first password to be handed over, which lasts 72 hours.

    Raises `Conflict` when the login name is taken or the roles exclude each other, `NotFound` for a foreign node.
    """
    password = passwords.made()
    user = add_with_password(session, login, password, display_name=display_name, is_temporary=True, now=now)
    set_roles(session, scope, user, roles, now=now)
    return user, password


def add_with_password(
    session: Session, login: str, password: str, *, display_name: str, is_temporary: bool, now: datetime
) -> AppUser:
    """Add a user without roles; raise `Conflict` when the login name is taken."""
    if queries.user_by_login(session, login) is not None:
        raise Conflict("this login name is taken", code="login-exists")
    user = AppUser(
        login=login,
        display_name=display_name,
        password_hash=passwords.hashed(password),
        password_changed_at=now,
        must_change_password=is_temporary,
        created_at=now,
    )
    session.add(user)
    session.flush()
    return user


def set_roles(session: Session, scope: Scope, user: AppUser, roles: Sequence[Wanted], *, now: datetime) -> None:
    """Give a user exactly these roles; they hold from the next request on.

    Raises `Conflict` for roles that exclude each other, and when no administrator of everything would remain.
    """
    wanted = list(dict.fromkeys(roles))
    if len({each.role for each in wanted}) > 1 and any(each.role in ALONE for each in wanted):
        raise Conflict("who administers or audits has no other role", code="duties-not-separate")
    if len({(each.role, each.organisation_id) for each in wanted}) < len(wanted):
        raise invalid("/roles", "twice", "each role once for a node")
    for index, each in enumerate(wanted):
        _require_grantable(session, scope, each, index)
    formerly = queries.grants(session, [user.id])
    is_watched = _administers_all(session, formerly)
    for former in formerly:
        session.delete(former)
    session.flush()
    session.add_all(
        RoleGrant(
            user_id=user.id,
            role=each.role.value,
            organisation_id=each.organisation_id,
            with_names=each.with_names,
            granted_by=scope.actor,
            granted_at=now,
        )
        for each in wanted
    )
    session.flush()
    if is_watched:
        _require_an_administrator(session)


def _administers_all(session: Session, grants: Iterable[RoleGrant]) -> bool:
    """Whether these are the rights of an administrator of everything; if so, others that change one wait for us."""
    found = any(each.role == Role.ADMIN and each.organisation_id is None for each in grants)
    if found:
        session.execute(_LOCK)
    return found


def _require_an_administrator(session: Session) -> None:
    if not queries.has_administrator(session):
        raise Conflict("one administrator of everything must remain who can sign in", code="last-admin")


def other(session: Session, scope: Scope, caller: Caller, user_id: UUID) -> AppUser:
    """Return a user of the scope to be changed; raise `NotFound` otherwise, `Conflict` for the caller's own."""
    user = queries.managed_user(session, scope, user_id)
    if user.id == caller.user_id:
        raise Conflict("nobody changes his own rights", code="own-account")
    return user


def reset_password(session: Session, user: AppUser, *, now: datetime) -> str:
    """Give a user a first password, to be changed within 72 hours, and end all sessions."""
    password = passwords.made()
    _replace(session, user, password, now)
    user.must_change_password, user.failed_attempts, user.locked_until = True, 0, None
    sessions.end_all(session, user.id)
    session.flush()
    return password


def reset_second_factor(session: Session, user: AppUser) -> None:
    """Take away the second factor of who has lost it, and end all sessions."""
    second_factor.disable(session, user)
    sessions.end_all(session, user.id)


def disable(session: Session, user: AppUser, reason: ClosingReason, *, now: datetime) -> None:
    """Close an account: every session ends, no log-in is taken. Nothing is deleted; the trail keeps the reason.

    Raises `Conflict` for the last administrator of everything.
    """
    is_watched = _administers_all(session, queries.grants(session, [user.id]))
    user.disabled_at, user.disabled_because = user.disabled_at or now, reason.value
    sessions.end_all(session, user.id)
    session.flush()
    if is_watched:
        _require_an_administrator(session)


def enable(session: Session, user: AppUser) -> None:
    """Open a closed or locked account again."""
    user.disabled_at = user.locked_until = user.disabled_because = None
    user.failed_attempts = 0
    session.flush()


def change_password(
    session: Session, caller: Caller, user: AppUser, new: str, *, profile: Profile, now: datetime
) -> None:
    """Change a user's own password, whose present one was verified; all other sessions end.

    Raises `Invalid` at /new_password when the profile does not take it.
    """
    passwords.require_good(new, profile, context=(user.login, user.display_name))
    passwords.require_new(new, [user.password_hash, *queries.former_passwords(session, user.id)], profile)
    _replace(session, user, new, now)
    user.must_change_password = False
    sessions.end_all(session, user.id, but=caller.session_id)
    session.flush()


def _replace(session: Session, user: AppUser, password: str, now: datetime) -> None:
    session.add(OldPassword(user_id=user.id, password_hash=user.password_hash, replaced_at=now))
    user.password_hash, user.password_changed_at = passwords.hashed(password), now


def _require_grantable(session: Session, scope: Scope, wanted: Wanted, index: int) -> None:
    pointer = f"/roles/{index}"
    if wanted.with_names and wanted.role is not Role.SUPERVISOR:
        raise invalid(f"{pointer}/with_names", "not_here", "only a supervisor's role is without names at first")
    if wanted.organisation_id is None:
        if scope.clinic_ids is not None:
            raise NotFound("no such organisation")
        kind = None
    else:
        node = session.get(Organisation, wanted.organisation_id)
        if node is None or not scope.oversees(node.id):
            raise NotFound("no such organisation")
        kind = OrganisationKind(node.kind)
    if wanted.role in _OF_CLINICS and kind is not OrganisationKind.CLINIC:
        raise invalid(f"{pointer}/organisation_id", "clinic_expected", "this role belongs to a clinic")
    if wanted.role is Role.SUPERVISOR and kind is OrganisationKind.CLINIC:
        raise invalid(f"{pointer}/organisation_id", "district_expected", "this role belongs above clinics")
