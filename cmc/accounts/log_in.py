"""Logging in, step by step, so that no database connection waits for a password to be hashed.

At most two passwords are hashed at a time, whoever asks, and few may wait for it: memory stays bounded. Each step that
must last although the answer is a refusal, such as counting a wrong try, is a transaction of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from anyio.to_thread import run_sync
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from cmc.accounts import passwords, queries, second_factor, sessions, users
from cmc.accounts.passwords import Profile
from cmc.accounts.sessions import Browser, Known, Opened
from cmc.accounts.tables import AppUser
from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.core import db
from cmc.core.crypto import Keyring
from cmc.core.errors import TooMany, Unauthenticated, invalid
from cmc.core.scope import Caller, Scope

AT_ONCE: Final = 2
MOST_WAITING: Final = 100
Slot = Callable[[], AbstractAsyncContextManager[None]]
"""Makes the context in which a database connection may be used."""
_T = TypeVar("_T")


class LogIns:
    """The log-ins of one web process."""

    def __init__(self, engine: Engine | Connection, keyring: Keyring, profile: Profile) -> None:
        self.profile = profile
        self._engine, self._keyring = engine, keyring
        self._hashing = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def open(
        self, slot: Slot, login: str, password: str, code: str | None, *, browser: Browser, former: str, now: datetime
    ) -> Opened:
        """Log a user in and open a session; the browser's former session ends.

        Raises `Unauthenticated` with the same words whatever was wrong with name or password (`log-in-refused`),
        `TooMany` when too many log in at this moment.
        """
        known = await self._in_transaction(slot, partial(_known_by_login, login=login, now=now))

        def finish(session: Session, user: AppUser) -> Opened:
            sessions.end_by_cookie(session, former)
            opened = sessions.open_session(session, user, browser, profile=self.profile, now=now)
            _note(session, user.id, Act.LOG_IN, detail={"address": browser.address})
            return opened

        return await self._verified(slot, known, password, code, finish, now, detail={"address": browser.address})

    async def unlock(self, slot: Slot, cookie: str, password: str, *, now: datetime) -> str:
        """Unlock a locked session by its user's password; returns the cookie's new value."""
        known = await self._in_transaction(slot, partial(_known_by_cookie, cookie=cookie, now=now))

        def finish(session: Session, user: AppUser) -> str:
            _note(session, user.id, Act.LOG_IN, detail={"unlocked": True})
            return sessions.unlock(session, cookie, now)

        return await self._verified(slot, known, password, None, finish, now, with_code=False)

    async def confirm(self, slot: Slot, user_id: UUID, password: str, *, now: datetime) -> None:
        """Verify once more the password of who is signed in; wrong tries count as at log-in.

        Raises `Invalid` at /password: the session itself goes on.
        """
        known = await self._in_transaction(slot, partial(_known_by_id, user_id=user_id, now=now))
        try:
            await self._verified(slot, known, password, None, lambda _, __: None, now, with_code=False)
        except Unauthenticated as refusal:
            raise invalid(
                "/password", "wrong", "the present password is not right, or was tried too often"
            ) from refusal

    async def change_password(self, slot: Slot, caller: Caller, new: str, *, now: datetime) -> None:
        """Change the password of who was confirmed; raise `Invalid` at /new_password when it is not taken."""

        def change(session: Session) -> None:
            user = queries.user_by_id(session, cast("UUID", caller.user_id), for_update=True)
            users.change_password(session, caller, user, new, profile=self.profile, now=now)

        async with self._turn():
            await self._in_transaction(slot, change)

    async def begin_second_factor(self, slot: Slot, user_id: UUID) -> tuple[str, str]:
        """Begin a second factor of who was confirmed; returns secret and address for an authenticator."""

        def begin(session: Session) -> tuple[str, str]:
            user = queries.user_by_id(session, user_id, for_update=True)
            return second_factor.begin(session, self._keyring, user)

        return await self._in_transaction(slot, begin)

    async def disable_second_factor(self, slot: Slot, user_id: UUID) -> None:
        """Take away the second factor of who was confirmed."""

        def disable(session: Session) -> None:
            second_factor.disable(session, queries.user_by_id(session, user_id, for_update=True))

        await self._in_transaction(slot, disable)

    async def _verified(
        self,
        slot: Slot,
        known: Known,
        password: str,
        code: str | None,
        finish: Callable[[Session, AppUser], _T],
        now: datetime,
        *,
        with_code: bool = True,
        detail: Mapping[str, Any] | None = None,
    ) -> _T:
        async with self._turn():
            good, better = await run_sync(passwords.verify, password, known.password_hash)
        user_id = known.user_id
        failed = partial(_failed, user_id=user_id, detail=detail or {}, now=now)
        if user_id is None or not good:
            await self._in_transaction(slot, failed)
            raise Unauthenticated(sessions.REFUSED, code="log-in-refused")

        def conclude(session: Session) -> _T:
            user = sessions.succeed(
                session, self._keyring, user_id, code, with_code=with_code, better_hash=better, now=now
            )
            return finish(session, user)

        try:
            return await self._in_transaction(slot, conclude)
        except Unauthenticated as refusal:
            if refusal.code == "second-factor-refused":
                await self._in_transaction(slot, failed)
            raise

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._waiting >= MOST_WAITING:
            raise TooMany("too many log-ins at this moment", code="too-many-log-ins", retry_after=5)
        self._waiting += 1
        try:
            async with self._hashing:
                yield
        finally:
            self._waiting -= 1

    async def _in_transaction(self, slot: Slot, work: Callable[[Session], _T]) -> _T:
        def run() -> _T:
            with db.transaction(self._engine) as session:
                return work(session)

        async with slot():
            return await run_sync(run)


def _note(session: Session, user_id: UUID, act: Act, *, detail: Mapping[str, Any]) -> None:
    """Note an act of who has just proved to be this user; it is in the user's name from here on."""
    scope = Scope(f"user:{user_id}", frozenset())
    db.enter_scope(session, scope)
    audit.record(session, scope, act, "auth_session", subject_id=user_id, detail=detail)


def _failed(session: Session, *, user_id: UUID | None, detail: Mapping[str, Any], now: datetime) -> None:
    """Count and note a wrong try; of an unknown name nothing is counted, and the name is noted nowhere."""
    if user_id is not None:
        sessions.fail(session, user_id, now)
    audit.record(session, audit.NOBODY, Act.LOG_IN_FAILED, "app_user", subject_id=user_id, detail=detail)


def _known_by_login(session: Session, *, login: str, now: datetime) -> Known:
    return sessions.known(queries.user_by_login(session, login), now)


def _known_by_cookie(session: Session, *, cookie: str, now: datetime) -> Known:
    return sessions.known(sessions.owner_of_locked(session, cookie, now), now)


def _known_by_id(session: Session, *, user_id: UUID, now: datetime) -> Known:
    return sessions.known(queries.user_by_id(session, user_id), now)
