"""Gateways known from memory, so that a reading costs no look-up of its own.

What is remembered says only who the caller was when its key was last asked for, at most a minute ago. It is used by the
routes that take readings in alone, because these look the key up again in the transaction that stores (`LIVE_KEYS`):
nothing is stored for a key that was revoked before that transaction began. All other routes ask every time.
"""

import time
from collections.abc import Callable
from hashlib import sha256
from typing import Final, NamedTuple

from cmc.accounts.keys import PREFIX
from cmc.accounts.roles import MachineKind
from cmc.core.credentials import Presented
from cmc.core.scope import Caller, Right, Scope

AGE_SECONDS: Final = 60
_MOST: Final = 10_000
_ID: Final = len(PREFIX[MachineKind.GATEWAY]) + 17
"""Length of a key's public id at the front of the key."""


class _Known(NamedTuple):
    caller: Caller
    key: str
    scopes: dict[Right, Scope]
    until: float


class RememberedGateways:
    """The memory of one web process, by the hash of the bearer key."""

    def __init__(self, *, tells: Callable[[], float] = time.monotonic) -> None:
        self._known: dict[bytes, _Known] = {}
        self._tells = tells

    def serves(self, method: str, path: str) -> bool:
        """Tell whether a route takes readings in."""
        return method == "POST" and (path == "/v1/readings" or path.startswith("/v1/readings/"))

    def recall(self, presented: Presented) -> tuple[Caller, str, dict[Right, Scope]] | None:
        """Return the caller of a bearer key, the key's id, and the scopes found for it so far."""
        if presented.bearer is None or presented.signature is not None:
            return None
        known = self._known.get(_hashed(presented.bearer))
        if known is None or known.until <= self._tells():
            return None
        return known.caller, known.key, known.scopes

    def remember(self, presented: Presented, caller: Caller) -> None:
        """Keep a gateway that was just authenticated by its bearer key."""
        if presented.bearer is None or not caller.actor.startswith(f"{MachineKind.GATEWAY.value}:"):
            return
        if len(self._known) >= _MOST:
            self._known.clear()
        until = self._tells() + AGE_SECONDS
        self._known[_hashed(presented.bearer)] = _Known(caller, presented.bearer[:_ID], {}, until)


def _hashed(bearer: str) -> bytes:
    return sha256(bearer.encode()).digest()
