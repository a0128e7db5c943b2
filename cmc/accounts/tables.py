"""Tables of users, their roles and sessions, and of machines and their keys."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from cmc.accounts.roles import ClosingReason, MachineKind, Role
from cmc.audit.changes import audited
from cmc.core.db import one_of
from cmc.core.ids import new_id


@audited(
    "login",
    "must_change_password",
    "failed_attempts",
    "locked_until",
    "disabled_at",
    "disabled_because",
    "totp_confirmed_at",
    person=None,
)
class AppUser(SQLModel, table=True):
    """A person who signs in. Never deleted: what was done under the name keeps its author."""

    __tablename__ = "app_user"
    __table_args__ = (
        CheckConstraint("login ~ '^[a-z0-9][a-z0-9._-]{1,31}$'", name="login"),
        CheckConstraint("failed_attempts >= 0", name="failed_attempts"),
        one_of("disabled_because", ClosingReason),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    login: str = Field(unique=True, description="ASCII, so that no two names look alike")
    display_name: str
    password_hash: str = Field(description="argon2id, PHC text")
    password_changed_at: datetime
    must_change_password: bool = Field(default=False, description="a password that somebody else knows")
    totp_cipher: bytes | None = Field(default=None, description="the secret of the second factor")
    totp_confirmed_at: datetime | None = None
    totp_last_step: int | None = Field(default=None, description="the 30-second step of the last code: used once")
    failed_attempts: int = Field(default=0)
    locked_until: datetime | None = None
    disabled_at: datetime | None = None
    disabled_because: str | None = Field(default=None, description="a code: why it was closed last")
    created_at: datetime


class OldPassword(SQLModel, table=True):
    """A former password of a user; only the profile `dengbao3` looks at them."""

    __tablename__ = "old_password"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="app_user.id", index=True)
    password_hash: str
    replaced_at: datetime


class RecoveryCode(SQLModel, table=True):
    """A code that stands in for the second factor once; kept as a keyed hash."""

    __tablename__ = "recovery_code"

    user_id: UUID = Field(foreign_key="app_user.id", primary_key=True)
    code_hash: bytes = Field(primary_key=True)


@audited("user_id", "role", "organisation_id", "with_names", person=None, subject="user_id")
class RoleGrant(SQLModel, table=True):
    """A role of a user on a node of the tree and all below it; without a node: everywhere."""

    __tablename__ = "role_grant"
    __table_args__ = (
        one_of("role", Role),
        CheckConstraint("NOT with_names OR role = 'supervisor'", name="with_names"),
        Index(
            "uq_role_grant_once",
            "user_id",
            "role",
            "organisation_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="app_user.id")
    role: str
    organisation_id: UUID | None = Field(default=None, foreign_key="organisation.id")
    with_names: bool = Field(default=False, description="a supervisor who may also see identified records")
    granted_by: str
    granted_at: datetime


class AuthSession(SQLModel, table=True):
    """A signed-in browser. The id in its cookie is random; only its SHA-256 is kept."""

    __tablename__ = "auth_session"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    id_hash: bytes = Field(unique=True)
    user_id: UUID = Field(foreign_key="app_user.id", index=True)
    created_at: datetime
    last_seen_at: datetime = Field(description="to the minute")
    locked_at: datetime | None = None
    address: str = Field(description="where it was opened from")
    browser: str = Field(description="the first words of the browser's own name")


@audited("kind", "name", "organisation_id", "revoked_at", person=None)
class Machine(SQLModel, table=True):
    """A gateway, a dashboard or a monitor, and the node of the tree that it serves."""

    __table_args__ = (
        one_of("kind", MachineKind),
        CheckConstraint("kind <> 'gateway' OR organisation_id IS NOT NULL", name="gateway_has_a_clinic"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str
    name: str
    organisation_id: UUID | None = Field(default=None, foreign_key="organisation.id", index=True)
    created_by: str
    created_at: datetime
    revoked_at: datetime | None = None


@audited("id", "revoked_at", person=None, subject="machine_id")
class MachineKey(SQLModel, table=True):
    """One key of a machine. The secret is kept as ciphertext, because a signature is made with it."""

    __tablename__ = "machine_key"

    id: str = Field(primary_key=True, description="the public part, with the prefix of its kind")
    machine_id: UUID = Field(foreign_key="machine.id", index=True)
    secret_cipher: bytes
    created_at: datetime
    last_used_on: date | None = None
    revoked_at: datetime | None = None


class UsedNonce(SQLModel, table=True):
    """A nonce that a key has signed with: never again within the time that a signature is taken for."""

    __tablename__ = "used_nonce"

    key_id: str = Field(primary_key=True)
    nonce: str = Field(primary_key=True)
    used_at: datetime = Field(index=True)


class SeenPerson(SQLModel, table=True):
    """That a user opened a person's record on a local day; what the daily budget counts."""

    __tablename__ = "seen_person"

    user_id: UUID = Field(primary_key=True)
    seen_on: date = Field(primary_key=True)
    patient_id: UUID = Field(primary_key=True)
