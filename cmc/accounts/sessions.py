"""Signing in and out: the account's lock, the second factor, and the sessions of a user. Nothing here commits."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts import access, queries, second_factor
from cmc.accounts.passwords import Profile
from cmc.accounts.tables import AppUser, AuthSession
from cmc.core.crypto import Keyring
from cmc.core.errors import NotFound, Unauthenticated

TRIES: Final = 5
FIRST_LOCK: Final = timedelta(minutes=15)
LONGEST_LOCK: Final = timedelta(hours=24)
FIRST_PASSWORD: Final = timedelta(hours=72)
"""How long a password lasts that somebody else has handed over."""

MOST_SESSIONS: Final = {Profile.ASVS: 5, Profile.DENGBAO3: 2}
REFUSED: Final = (
    "login name or password are not right; after five wrong tries an account takes no log-in for 15 minutes or longer"
)
SECOND_FACTOR: Final = "the second factor is missing or not right"


@dataclass(frozen=True, slots=True)
class Known:
    """What the verification of a password needs of an account; the hash is None for an unknown name."""

    user_id: UUID | None
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session: the user, the secret id for the cookie."""

    user: AppUser
    cookie: str


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a log-in comes from: the address, and the browser's name of itself."""

    address: str
    name: str


def known(user: AppUser | None, now: datetime) -> Known:
    """Return what is to be verified of an account; nothing of one that is unknown, disabled or locked."""
    if user is None or user.disabled_at is not None or is_locked(user, now):
        return Known(None, None)
    return Known(user.id, user.password_hash)


def is_locked(user: AppUser, now: datetime) -> bool:
    """Whether an account takes no log-in now. Open sessions go on."""
    return user.locked_until is not None and user.locked_until > now


def fail(session: Session, user_id: UUID, now: datetime) -> None:
    """Count a wrong try; from the fifth on the account is locked, twice as long each time."""
    user = queries.user_by_id(session, user_id, for_update=True)
    if is_locked(user, now):
        return  # tries that ran side by side count once the lock is there: nobody makes it longer meanwhile
    user.failed_attempts += 1
    if user.failed_attempts >= TRIES:
        user.locked_until = now + min(FIRST_LOCK * 2 ** min(user.failed_attempts - TRIES, 10), LONGEST_LOCK)
    session.flush()


def succeed(
    session: Session,
    keyring: Keyring,
    user_id: UUID,
    code: str | None,
    *,
    with_code: bool,
    better_hash: str | None,
    now: datetime,
) -> AppUser:
    """Finish a log-in whose password was right: check the second factor and forget the wrong tries.

    Raises `Unauthenticated` when the account was locked or disabled meanwhile, or for the second factor
    (`second-factor-needed` without a code); the caller then counts a wrong try.
    """
    user = queries.user_by_id(session, user_id, for_update=True)
    if is_locked(user, now) or user.disabled_at is not None or _is_stale(user, now):
        raise Unauthenticated(REFUSED, code="log-in-refused")
    if with_code and user.totp_confirmed_at is not None:
        if not code:
            raise Unauthenticated(SECOND_FACTOR, code="second-factor-needed")
        if not second_factor.take(session, keyring, user, code, now):
            raise Unauthenticated(SECOND_FACTOR, code="second-factor-refused")
    user.failed_attempts, user.locked_until = 0, None
    user.password_hash = better_hash or user.password_hash
    session.flush()
    return user


def _is_stale(user: AppUser, now: datetime) -> bool:
    """Whether the password was handed over and not used in time to choose an own one."""
    return user.must_change_password and now - user.password_changed_at >= FIRST_PASSWORD


def open_session(session: Session, user: AppUser, browser: Browser, *, profile: Profile, now: datetime) -> Opened:
    """Open a session for a user; the oldest ones end when there are too many."""
    cookie = secrets.token_urlsafe(32)
    session.add(
        AuthSession(
            id_hash=access.session_hash(cookie),
            user_id=user.id,
            created_at=now,
            last_seen_at=now,
            address=browser.address[:64],
            browser=browser.name[:120],
        )
    )
    session.flush()
    for surplus in queries.sessions(session, user.id)[MOST_SESSIONS[profile] :]:
        session.delete(surplus)
    session.flush()
    return Opened(user, cookie)


def end_by_cookie(session: Session, cookie: str) -> None:
    """End the session of a cookie, if there is one."""
    session.execute(delete(AuthSession).where(col(AuthSession.id_hash) == access.session_hash(cookie)))


def end(session: Session, user_id: UUID, session_id: UUID) -> None:
    """End one session of a user; raise `NotFound` for another's or none."""
    found = session.get(AuthSession, session_id)
    if found is None or found.user_id != user_id:
        raise NotFound("no such session")
    session.delete(found)
    session.flush()


def end_all(session: Session, user_id: UUID, *, but: UUID | None = None) -> None:
    """End the sessions of a user, all but the one that asks."""
    query = delete(AuthSession).where(col(AuthSession.user_id) == user_id)
    session.execute(query if but is None else query.where(col(AuthSession.id) != but))


def lock(session: Session, session_id: UUID, now: datetime) -> None:
    """Lock a session: it answers nothing until it is unlocked with the password."""
    session.execute(update(AuthSession).where(col(AuthSession.id) == session_id).values(locked_at=now))


def owner_of_locked(session: Session, cookie: str, now: datetime) -> AppUser:
    """Return whose session a cookie names, also when it is locked; raise `Unauthenticated` when it has ended."""
    found = queries.session_by_hash(session, access.session_hash(cookie))
    if found is None or now - found.created_at >= access.ABSOLUTE:
        raise Unauthenticated("the sign-in has ended: sign in again")
    return queries.user_by_id(session, found.user_id)


def unlock(session: Session, cookie: str, now: datetime) -> str:
    """Unlock a session whose password was verified; returns the new id of its cookie."""
    fresh = secrets.token_urlsafe(32)
    values = {"id_hash": access.session_hash(fresh), "locked_at": None, "last_seen_at": now}
    named = col(AuthSession.id_hash) == access.session_hash(cookie)
    session.execute(update(AuthSession).where(named).values(**values))
    return fresh
