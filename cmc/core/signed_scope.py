"""The signed scope: how a transaction proves to the database whom it may see.

The database holds the same key behind functions that run as its owner (schema `guard`), so the service can show a scope
but cannot make the database believe one that this module did not sign: an injected `set_config` gives no rows.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Final

from cmc.core.crypto import Keyring
from cmc.core.scope import Scope

SETTING: Final = "cmc.scope"
"""The setting of a transaction that carries the signed scope."""

LIFE_SECONDS: Final = 300
"""A scope is good for transactions that begin within this time; it bears that the clocks of two machines differ."""

_BLOCK: Final = 64  # bytes of a block of SHA-256


@dataclass(frozen=True, slots=True)
class DatabaseKeys:
    """What the service proves itself with to the database; all of it hangs on the master key."""

    scope: bytes = field(repr=False)
    audit: bytes = field(repr=False)
    password: str = field(repr=False)
    fields: Keyring | None = field(default=None, repr=False, compare=False)
    """The keyring itself, for jobs that read protected fields."""

    @property
    def blocks(self) -> tuple[bytes, bytes]:
        """The scope key as the two padded blocks of an HMAC (RFC 2104): inner and outer."""
        padded = self.scope.ljust(_BLOCK, b"\0")
        return bytes(each ^ 0x36 for each in padded), bytes(each ^ 0x5C for each in padded)


def database_keys(keys: Keyring) -> DatabaseKeys:
    """Return the keys that belong to an installation's keyring."""

    def derived(purpose: str) -> bytes:
        return b"".join(keys.token(f"guard-{purpose}", part) for part in ("1", "2"))

    return DatabaseKeys(
        derived("scope"), derived("audit"), urlsafe_b64encode(derived("password")).decode().rstrip("="), keys
    )


def signed(keys: DatabaseKeys, scope: Scope, *, at: float) -> str:
    """Return the text of a scope as the database reads it: MAC, expiry, all or some, clinics, actor.

    `at` is the present in seconds since 1970, from which its life counts.

    Raises `ValueError` for an actor with a vertical bar, which separates the parts.
    """
    if "|" in scope.actor:
        raise ValueError("an actor's name contains the separator")
    reach = "all" if scope.clinic_ids is None else "some"
    clinics = ",".join(map(str, scope.clinic_ids or ()))
    body = f"{int(at) + LIFE_SECONDS}|{reach}|{clinics}|{scope.actor}"
    mac = hmac.digest(keys.scope, body.encode(), hashlib.sha256).hex()
    return f"{mac}|{body}"
