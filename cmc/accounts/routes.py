"""HTTP of accounts: signing in, one's own account, users, machines."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from cmc.accounts import machines, queries, second_factor, sessions, users
from cmc.accounts.access import idle_limit
from cmc.accounts.log_in import LogIns
from cmc.accounts.roles import Role
from cmc.accounts.schemas import (
    ClosingIn,
    CodeIn,
    LogInIn,
    MachineIn,
    MachineList,
    MachineOut,
    MeOut,
    NewKeyOut,
    OwnSession,
    OwnSessions,
    PasswordIn,
    PasswordOut,
    RecoveryCodesOut,
    RightsTable,
    RolesIn,
    SecondFactorOut,
    UnlockIn,
    UserIn,
    UserOut,
    UserPage,
)
from cmc.accounts.sessions import Browser
from cmc.accounts.tables import AppUser, Machine
from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.core import clock, guard
from cmc.core.errors import Forbidden, NotFound
from cmc.core.guard import CurrentCaller, CurrentScope, requires, requires_sign_in
from cmc.core.http import Keys, ReadSession, WriteSession
from cmc.core.paging import Cursor, PageSize, decode_cursor, encode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Caller, Right
from cmc.core.slots import database_slot

router = APIRouter(prefix="/v1", tags=["accounts"])

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_OWN = requires_sign_in()
_OWN_ALWAYS = requires_sign_in(also_before_change=True)
_USERS = requires(Right.MANAGE_USERS)
_MACHINES = requires(Right.MANAGE_MACHINES)
KeyId = Annotated[str, Path(pattern=r"^cmc(gw|db|mo)_[0-9a-f]{16}$")]


@router.post("/session", status_code=204, responses=describe(400))
async def log_in(body: LogInIn, request: Request, response: Response) -> None:
    """Sign in with name and password; the session's cookie is HttpOnly. Wrong name and wrong password look alike.

    401 `second-factor-needed` asks for the same again with `code`.
    """
    address = _require_safe_page(request)
    request.app.state.limits.require_few_log_ins(body.login, address)
    opened = await _log_ins(request).open(
        partial(database_slot, request), body.login, body.password, body.code,
        browser=Browser(address, _printable(request.headers.get("user-agent", ""))),
        former=request.cookies.get(guard.cookie_name(request), ""), now=clock.now(),
    )  # fmt: skip
    _set_cookie(request, response, opened.cookie)


@router.post("/session:unlock", status_code=204, responses=describe(400))
async def unlock_session(body: UnlockIn, request: Request, response: Response) -> None:
    """Unlock the browser's own session with the password of its user; the cookie changes."""
    address = _require_safe_page(request)
    cookie = request.cookies.get(guard.cookie_name(request), "")
    request.app.state.limits.require_few_log_ins(cookie[:12], address)
    slot = partial(database_slot, request)
    _set_cookie(request, response, await _log_ins(request).unlock(slot, cookie, body.password, now=clock.now()))


@router.post("/session:lock", status_code=204, dependencies=[_OWN_ALWAYS], responses=describe(404))
def lock_session(session: WriteSession, caller: CurrentCaller) -> None:
    """Lock this session: it answers nothing until it is unlocked with the password."""
    sessions.lock(session, _of_user(caller)[1], clock.now())


@router.delete("/session", status_code=204, dependencies=[_OWN_ALWAYS], responses=describe(404))
def log_out(
    session: WriteSession, scope: CurrentScope, caller: CurrentCaller, request: Request, response: Response
) -> None:
    """End this session here and in the browser."""
    user_id, session_id = _of_user(caller)
    sessions.end(session, user_id, session_id)
    audit.record(session, scope, Act.LOG_OUT, "auth_session", subject_id=user_id)
    response.delete_cookie(guard.cookie_name(request), secure=request.url.scheme == "https", httponly=True)
    response.headers["Clear-Site-Data"] = '"cache"'


@router.get("/sessions", dependencies=[_OWN], responses=describe(404))
def list_own_sessions(session: ReadSession, caller: CurrentCaller) -> OwnSessions:
    """One's own open sessions: where, since when."""
    found = queries.sessions(session, _of_user(caller)[0])
    return OwnSessions(items=[OwnSession.of(each, caller) for each in found])


@router.delete("/sessions/{session_id}", status_code=204, responses=describe(404), dependencies=[_OWN])
def end_own_session(session_id: UUID, session: WriteSession, caller: CurrentCaller) -> None:
    """End one of one's own sessions; its next request is refused."""
    sessions.end(session, _of_user(caller)[0], session_id)


@router.get("/me", dependencies=[_OWN_ALWAYS], responses=describe(404))
def read_own_account(session: ReadSession, caller: CurrentCaller) -> MeOut:
    """Who is signed in, with roles and rights; 404 for a machine."""
    user = queries.user_by_id(session, _of_user(caller)[0])
    grants = queries.grants(session, [user.id])
    limit = idle_limit(is_admin=any(each.role == Role.ADMIN for each in grants))
    return MeOut.of(user, grants, caller, idle_seconds=int(limit.total_seconds()))


@router.post("/me:change-password", status_code=204, responses=describe(400, 404), dependencies=[_OWN_ALWAYS])
async def change_own_password(body: PasswordIn, caller: CurrentCaller, request: Request) -> None:
    """Change one's own password; all other sessions end."""
    _require_safe_page(request)
    user_id, now = _of_user(caller)[0], clock.now()
    slot = partial(database_slot, request)
    await _log_ins(request).confirm(slot, user_id, body.password, now=now)
    await _log_ins(request).change_password(slot, caller, body.new_password, now=now)


@router.post("/me/second-factor", responses=describe(400, 404, 409), dependencies=[_OWN])
async def begin_second_factor(body: UnlockIn, caller: CurrentCaller, request: Request) -> SecondFactorOut:
    """Begin a second factor, with the password: a secret for an authenticator, in force once it is confirmed."""
    _require_safe_page(request)
    slot, user_id = partial(database_slot, request), _of_user(caller)[0]
    await _log_ins(request).confirm(slot, user_id, body.password, now=clock.now())
    secret, uri = await _log_ins(request).begin_second_factor(slot, user_id)
    return SecondFactorOut(secret=secret, uri=uri)


@router.post("/me/second-factor:confirm", responses=describe(400, 404, 409), dependencies=[_OWN])
def confirm_second_factor(body: CodeIn, session: WriteSession, caller: CurrentCaller, keys: Keys) -> RecoveryCodesOut:
    """Put the second factor in force with a first code; answers with the recovery codes."""
    codes = second_factor.confirm(session, keys, _own_account(session, caller), body.code, clock.now())
    return RecoveryCodesOut(recovery_codes=codes)


@router.post("/me/second-factor:disable", status_code=204, responses=describe(400, 404), dependencies=[_OWN])
async def disable_second_factor(body: UnlockIn, caller: CurrentCaller, request: Request) -> None:
    """Take one's own second factor away, with the password."""
    _require_safe_page(request)
    slot, user_id = partial(database_slot, request), _of_user(caller)[0]
    await _log_ins(request).confirm(slot, user_id, body.password, now=clock.now())
    await _log_ins(request).disable_second_factor(slot, user_id)


@router.get("/roles", dependencies=[requires(Right.READ_ORGANISATIONS)])
def list_roles() -> RightsTable:
    """What each role may do."""
    return RightsTable.whole()


@router.get("/users", dependencies=[_USERS])
def list_users(session: ReadSession, scope: CurrentScope, limit: PageSize = 50, cursor: Cursor = None) -> UserPage:
    """The users whose roles all lie in the caller's part of the tree, by login name."""
    after = decode_cursor(cursor, tuple[str])[0] if cursor else None
    found = queries.users(session, scope, after=after, limit=limit + 1)
    grants = queries.grants(session, [each.id for each in found])
    more = encode_cursor((found[limit - 1].login,)) if len(found) > limit else None
    return UserPage(items=[UserOut.of(each, grants) for each in found[:limit]], next_cursor=more)


@router.post("/users", status_code=201, responses=describe(400, 404, 409), dependencies=[_USERS])
def add_user(body: UserIn, session: WriteSession, scope: CurrentScope) -> PasswordOut:
    """Add a user with roles; answers with a first password, to be changed at the first log-in within 72 hours."""
    roles = [each.wanted() for each in body.roles]
    user, password = users.add(session, scope, body.login, display_name=body.display_name, roles=roles, now=clock.now())
    return PasswordOut(user=_shown(session, user), one_time_password=password)


@router.get("/users/{user_id}", responses=describe(404), dependencies=[_USERS])
def read_user(user_id: UUID, session: WriteSession, scope: CurrentScope) -> UserOut:
    """One user of the caller's part of the tree."""
    return _shown(session, queries.managed_user(session, scope, user_id))


@router.put("/users/{user_id}/roles", responses=describe(400, 404, 409), dependencies=[_USERS])
def set_user_roles(
    user_id: UUID, body: RolesIn, session: WriteSession, scope: CurrentScope, caller: CurrentCaller
) -> UserOut:
    """Give a user exactly these roles; they hold from the next request on."""
    user = users.other(session, scope, caller, user_id)
    users.set_roles(session, scope, user, [each.wanted() for each in body.roles], now=clock.now())
    return _shown(session, user)


@router.post("/users/{user_id}:reset-password", responses=describe(404, 409), dependencies=[_USERS])
def reset_user_password(
    user_id: UUID, session: WriteSession, scope: CurrentScope, caller: CurrentCaller
) -> PasswordOut:
    """Give a user a first password, to be changed at the next log-in within 72 hours; all sessions end."""
    user = users.other(session, scope, caller, user_id)
    password = users.reset_password(session, user, now=clock.now())
    return PasswordOut(user=_shown(session, user), one_time_password=password)


@router.post("/users/{user_id}:reset-second-factor", responses=describe(404, 409), dependencies=[_USERS])
def reset_user_second_factor(
    user_id: UUID, session: WriteSession, scope: CurrentScope, caller: CurrentCaller
) -> UserOut:
    """Take away the second factor of who has lost it; all sessions end."""
    user = users.other(session, scope, caller, user_id)
    users.reset_second_factor(session, user)
    return _shown(session, user)


@router.post("/users/{user_id}:disable", responses=describe(404, 409), dependencies=[_USERS])
def disable_user(
    user_id: UUID, body: ClosingIn, session: WriteSession, scope: CurrentScope, caller: CurrentCaller
) -> UserOut:
    """Close an account, with the reason; its next request is refused."""
    user = users.other(session, scope, caller, user_id)
    users.disable(session, user, body.reason, now=clock.now())
    return _shown(session, user)


@router.post("/users/{user_id}:enable", responses=describe(404, 409), dependencies=[_USERS])
def enable_user(user_id: UUID, session: WriteSession, scope: CurrentScope, caller: CurrentCaller) -> UserOut:
    """Open a closed account, or one that wrong tries have locked."""
    user = users.other(session, scope, caller, user_id)
    users.enable(session, user)
    return _shown(session, user)


@router.get("/machine-keys", dependencies=[_MACHINES])
def list_machines(session: ReadSession, scope: CurrentScope) -> MachineList:
    """The machines of the caller's part of the tree with their keys, never with a secret."""
    found = queries.machines(session, scope)
    keys = queries.machine_keys(session, [each.id for each in found])
    return MachineList(items=[MachineOut.of(each, keys) for each in found])


@router.post("/machine-keys", status_code=201, responses=describe(400, 404), dependencies=[_MACHINES])
def add_machine(body: MachineIn, session: WriteSession, scope: CurrentScope, keys: Keys) -> NewKeyOut:
    """Add a machine; answers with its first key."""
    wanted: dict[str, Any] = body.model_dump(exclude={"kind"})
    machine, key = machines.add(session, scope, keys, body.kind, **wanted, now=clock.now())
    return NewKeyOut(machine=_machine(session, machine), key=key)


@router.post("/machine-keys/{machine_id}:rotate", responses=describe(404, 409), dependencies=[_MACHINES])
def rotate_machine_key(machine_id: UUID, session: WriteSession, scope: CurrentScope, keys: Keys) -> NewKeyOut:
    """Give a machine a second key; the first works on until it is revoked."""
    machine, key = machines.rotate(session, scope, keys, machine_id, now=clock.now())
    return NewKeyOut(machine=_machine(session, machine), key=key)


@router.delete("/machine-keys/{machine_id}/keys/{key_id}", responses=describe(404), dependencies=[_MACHINES])
def revoke_machine_key(machine_id: UUID, key_id: KeyId, session: WriteSession, scope: CurrentScope) -> MachineOut:
    """Revoke one key; the next request with it is refused."""
    return _machine(session, machines.revoke_key(session, scope, machine_id, key_id, now=clock.now()))


@router.post("/machine-keys/{machine_id}:revoke", responses=describe(404), dependencies=[_MACHINES])
def revoke_machine(machine_id: UUID, session: WriteSession, scope: CurrentScope) -> MachineOut:
    """Revoke a machine with all its keys."""
    return _machine(session, machines.revoke(session, scope, machine_id, now=clock.now()))


def _shown(session: WriteSession, user: AppUser) -> UserOut:
    return UserOut.of(user, queries.grants(session, [user.id]))


def _machine(session: WriteSession, machine: Machine) -> MachineOut:
    return MachineOut.of(machine, queries.machine_keys(session, [machine.id]))


def _own_account(session: WriteSession, caller: Caller) -> AppUser:
    return queries.user_by_id(session, _of_user(caller)[0], for_update=True)


def _of_user(caller: Caller) -> tuple[UUID, UUID]:
    """Return user and session; raise `NotFound` for a machine, which has neither."""
    if caller.user_id is None or caller.session_id is None:
        raise NotFound("a machine has no account of its own")
    return caller.user_id, caller.session_id


def _log_ins(request: Request) -> LogIns:
    found: LogIns = request.app.state.log_ins
    return found


def _require_safe_page(request: Request) -> str:
    """Return the caller's address; raise `Forbidden` where a password would travel in clear, or from another site."""
    guard.require_same_site(request)
    if request.url.scheme != "https" and request.url.hostname not in _LOOPBACK:
        raise Forbidden("passwords are taken over https only, or on this machine itself", code="https-needed")
    return request.client.host if request.client else ""


def _set_cookie(request: Request, response: Response, value: str) -> None:
    is_secure = request.url.scheme == "https"
    response.set_cookie(guard.cookie_name(request), value, secure=is_secure, httponly=True, samesite="strict")


def _printable(text: str) -> str:
    return "".join(each for each in text if each.isprintable())
