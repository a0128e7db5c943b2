"""Whose credentials are these? One statement a request; a second only when something is to be remembered."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from cmc.accounts import keys, passwords, pushes, queries
from cmc.accounts.passwords import Profile
from cmc.core import clock, db
from cmc.core.credentials import Presented, PushSignature, Signature
from cmc.core.crypto import Keyring
from cmc.core.errors import Unauthenticated
from cmc.core.scope import Caller

ABSOLUTE: Final = timedelta(hours=12)
IDLE: Final = timedelta(minutes=30)
IDLE_ADMIN: Final = timedelta(minutes=15)
TO_THE_MINUTE: Final = timedelta(seconds=60)
_ENDED: Final = "the sign-in has ended: sign in again"
_LOCKED: Final = "the sign-in is locked: unlock it with the password"
_SEEN: Final = text("UPDATE auth_session SET last_seen_at = :now WHERE id = :id AND last_seen_at < :now")
_USED: Final = text(
    "UPDATE machine_key SET last_used_on = :today WHERE id = :id AND last_used_on IS DISTINCT FROM :today"
)
_NONCE: Final = text(
    "INSERT INTO used_nonce (key_id, nonce, used_at) VALUES (:id, :nonce, :now) ON CONFLICT DO NOTHING RETURNING true"
)


def authenticate(
    engine: Engine | Connection, keyring: Keyring, presented: Presented, *, profile: Profile, now: datetime
) -> Caller:
    """Return whose credentials these are; raise `Unauthenticated` when nobody's, or when they no longer count."""
    if presented.signature is not None:
        return _signed(engine, keyring, presented.signature, now)
    if presented.push is not None:
        return _pushed(engine, keyring, presented.push, now)
    if presented.bearer is not None:
        return _bearer(engine, keyring, presented.bearer, now)
    return _cookie(engine, presented.cookie or "", profile, now)


def session_hash(cookie: str) -> bytes:
    """Return what is stored of a session id."""
    return sha256(cookie.encode()).digest()


def idle_limit(*, is_admin: bool) -> timedelta:
    """Return after how long without a request a session locks."""
    return IDLE_ADMIN if is_admin else IDLE


def _cookie(engine: Engine | Connection, cookie: str, profile: Profile, now: datetime) -> Caller:
    with glance(engine) as session:
        found = queries.session_by_hash(session, session_hash(cookie))
        if found is None or now - found.created_at >= ABSOLUTE:
            raise Unauthenticated(_ENDED)
        if found.locked_at is not None or now - found.last_seen_at >= idle_limit(is_admin=found.is_admin):
            raise Unauthenticated(_LOCKED, code="session-locked")
        if now - found.last_seen_at >= TO_THE_MINUTE:
            session.execute(_SEEN, {"now": now, "id": found.session_id})
    must_change = found.must_change_password or passwords.is_outdated(found.password_changed_at, profile, now)
    return Caller(f"user:{found.user_id}", found.grants, found.user_id, found.session_id, must_change)


def _bearer(engine: Engine | Connection, keyring: Keyring, token: str, now: datetime) -> Caller:
    key_id, secret = keys.parse(token)
    with glance(engine) as session:
        found, known = _live_key(session, keyring, key_id)
        keys.require_equal(secret, known)
        _remember_use(session, key_id, found, now)
    return _machine(found)


def _signed(engine: Engine | Connection, keyring: Keyring, given: Signature, now: datetime) -> Caller:
    keys.require_current(given, now)
    with glance(engine) as session:
        found, secret = _live_key(session, keyring, given.key)
        keys.require_signed(given, secret)
        if not session.scalar(_NONCE, {"id": given.key, "nonce": given.nonce, "now": now}):
            raise Unauthenticated("this nonce was used before: sign every request anew", code="nonce-used")
        _remember_use(session, given.key, found, now)
    return _machine(found)


def _pushed(engine: Engine | Connection, keyring: Keyring, given: PushSignature, now: datetime) -> Caller:
    pushes.require_current(given, now)
    with glance(engine) as session:
        found, secret = _live_key(session, keyring, given.key)
        pushes.require_signed(given, secret)
        _remember_use(session, given.key, found, now)
    return _machine(found)


def _live_key(session: Session, keyring: Keyring, key_id: str) -> tuple[queries.KeyFound, str]:
    found = queries.key_by_id(session, key_id)
    if found is None:
        raise keys.refused()
    return found, keyring.decrypt(found.secret_cipher, context=f"machine_key.secret|{key_id}")


def _remember_use(session: Session, key_id: str, found: queries.KeyFound, now: datetime) -> None:
    today = clock.local_date(now)
    if found.last_used_on != today:
        session.execute(_USED, {"id": key_id, "today": today})


def _machine(found: queries.KeyFound) -> Caller:
    return Caller(f"{found.kind.value}:{found.machine_id}", (found.grant,))


@contextmanager
def glance(engine: Engine | Connection) -> Iterator[Session]:
    """Yield a session that commits each statement by itself: a look-up is then one round trip, not three.

    For what stands apart from the request: who it is, and that it was.
    """
    if isinstance(engine, Engine):
        with Session(_each_by_itself(engine)) as session:
            yield session
    else:  # a connection of the tests, inside their transaction
        with db.transaction(engine) as session:
            yield session


@lru_cache(maxsize=8)
def _each_by_itself(engine: Engine) -> Engine:
    return engine.execution_options(isolation_level="AUTOCOMMIT")
