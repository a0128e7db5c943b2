"""What the API takes and gives of accounts."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cmc.accounts.passwords import LONGEST
from cmc.accounts.roles import NAMES, ROLE_RIGHTS, ClosingReason, MachineKind, Role, Wanted
from cmc.accounts.tables import AppUser, AuthSession, Machine, MachineKey, RoleGrant
from cmc.core.fields import Flag, Name
from cmc.core.scope import Caller, Right

Login = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{1,31}$")]
"""A login name: small ASCII letters, digits, dot, underscore and hyphen, so that no two look alike."""

Secret = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
"""A password as it was typed: nothing is trimmed."""


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class LogInIn(_In):
    """A log-in; `code` is the second factor, or a recovery code."""

    login: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    password: Secret
    code: Annotated[str, StringConstraints(max_length=40)] | None = None


class UnlockIn(_In):
    """The password of the user whose session is locked."""

    password: Secret


class PasswordIn(_In):
    """A change of one's own password."""

    password: Secret = Field(description="the present one")
    new_password: Secret


class ClosingIn(_In):
    """Why an account is closed."""

    reason: ClosingReason


class CodeIn(_In):
    """A code of the second factor."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class RoleIn(_In):
    """A role on a node of the tree and all below it; without a node: everywhere."""

    role: Role
    organisation_id: UUID | None = None
    with_names: Flag = Field(default=False, description="a supervisor who may also see identified records")

    def wanted(self) -> Wanted:
        return Wanted(self.role, self.organisation_id, self.with_names)


class RolesIn(_In):
    """All the roles that a user shall have."""

    roles: list[RoleIn] = Field(max_length=20)


class UserIn(RolesIn):
    """A new user."""

    login: Login
    display_name: Name


class MachineIn(_In):
    """A new machine: a gateway of a clinic, a dashboard of a node of the tree, or a monitor of the installation."""

    kind: MachineKind
    name: Name
    organisation_id: UUID | None = None


class RoleOut(BaseModel):
    """A role that a user has."""

    role: Role
    organisation_id: UUID | None
    with_names: bool

    @classmethod
    def of(cls, grant: RoleGrant) -> Self:
        return cls(role=Role(grant.role), organisation_id=grant.organisation_id, with_names=grant.with_names)


class RoleRights(BaseModel):
    """What a role may do on the node on which it is given, and below it."""

    role: Role
    rights: list[Right]
    with_names: list[Right] = Field(description="besides these, when the grant says `with_names`; only a supervisor's")


class RightsTable(BaseModel):
    """The one table of roles and rights."""

    items: list[RoleRights]

    @classmethod
    def whole(cls) -> Self:
        more = {Role.SUPERVISOR: sorted(NAMES)}
        return cls(
            items=[
                RoleRights(role=role, rights=[each for each in Right if each in held], with_names=more.get(role, []))
                for role, held in ROLE_RIGHTS.items()
            ]
        )


class UserOut(BaseModel):
    """A user, as administrators see it."""

    id: UUID
    login: str
    display_name: str
    roles: list[RoleOut]
    has_second_factor: bool
    must_change_password: bool
    locked_until: datetime | None
    disabled_at: datetime | None
    disabled_because: ClosingReason | None
    created_at: datetime

    @classmethod
    def of(cls, user: AppUser, grants: Sequence[RoleGrant]) -> Self:
        return cls(
            id=user.id,
            login=user.login,
            display_name=user.display_name,
            roles=[RoleOut.of(each) for each in grants if each.user_id == user.id],
            has_second_factor=user.totp_confirmed_at is not None,
            must_change_password=user.must_change_password,
            locked_until=user.locked_until,
            disabled_at=user.disabled_at,
            disabled_because=None if user.disabled_because is None else ClosingReason(user.disabled_because),
            created_at=user.created_at,
        )


class UserPage(BaseModel):
    """A page of users by login name."""

    items: list[UserOut]
    next_cursor: str | None


class PasswordOut(BaseModel):
    """A first password, to be changed at the first log-in within 72 hours; shown this once."""

    user: UserOut
    one_time_password: str


class MeOut(BaseModel):
    """Who is signed in, and what this user may do."""

    id: UUID
    login: str
    display_name: str
    roles: list[RoleOut]
    rights: list[Right] = Field(description="held at least somewhere")
    must_change_password: bool = Field(description="nothing else is answered before")
    has_second_factor: bool
    idle_seconds: int = Field(description="after so long without a request the session locks")

    @classmethod
    def of(cls, user: AppUser, grants: Sequence[RoleGrant], caller: Caller, *, idle_seconds: int) -> Self:
        return cls(
            id=user.id,
            login=user.login,
            display_name=user.display_name,
            roles=[RoleOut.of(each) for each in grants],
            rights=[right for right in Right if caller.has(right)],
            must_change_password=caller.must_change_password,
            has_second_factor=user.totp_confirmed_at is not None,
            idle_seconds=idle_seconds,
        )


class OwnSession(BaseModel):
    """One of the caller's sessions."""

    id: UUID
    is_this: bool = Field(description="the one that asks")
    created_at: datetime
    last_seen_at: datetime
    is_locked: bool
    address: str
    browser: str

    @classmethod
    def of(cls, found: AuthSession, caller: Caller) -> Self:
        return cls(
            id=found.id,
            is_this=found.id == caller.session_id,
            created_at=found.created_at,
            last_seen_at=found.last_seen_at,
            is_locked=found.locked_at is not None,
            address=found.address,
            browser=found.browser,
        )


class OwnSessions(BaseModel):
    """The caller's sessions, newest first."""

    items: list[OwnSession]


class SecondFactorOut(BaseModel):
    """A secret for an authenticator; it counts once a first code has confirmed it."""

    secret: str
    uri: str = Field(description="the same as an otpauth: address, to be shown as a square code")


class RecoveryCodesOut(BaseModel):
    """Codes that stand in for the second factor, each once; shown this once."""

    recovery_codes: list[str]


class MachineKeyOut(BaseModel):
    """A key of a machine, without its secret."""

    id: str
    created_at: datetime
    last_used_on: date | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: MachineKey) -> Self:
        return cls(id=key.id, created_at=key.created_at, last_used_on=key.last_used_on, revoked_at=key.revoked_at)


class MachineOut(BaseModel):
    """A machine with its keys, oldest first."""

    id: UUID
    kind: MachineKind
    name: str
    organisation_id: UUID | None
    created_at: datetime
    revoked_at: datetime | None
    keys: list[MachineKeyOut]

    @classmethod
    def of(cls, machine: Machine, keys: Sequence[MachineKey]) -> Self:
        return cls(
            id=machine.id,
            kind=MachineKind(machine.kind),
            name=machine.name,
            organisation_id=machine.organisation_id,
            created_at=machine.created_at,
            revoked_at=machine.revoked_at,
            keys=[MachineKeyOut.of(each) for each in keys if each.machine_id == machine.id],
        )


class MachineList(BaseModel):
    """The machines of the scope, newest first."""

    items: list[MachineOut]


class NewKeyOut(BaseModel):
    """A machine and its new key, which is shown this once."""

    machine: MachineOut
    key: str = Field(description="the bearer token; for signatures, its first two parts name the key")
