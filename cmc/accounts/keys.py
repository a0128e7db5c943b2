"""The keys of machines: how one is written, and how a request is signed with it.

A key is `<id>_<secret>_<checksum>`: `cmcgw_` and 16 hexadecimal digits, 64 more, and 8 of a CRC-32, so that scanners
find a leaked one and a mistyped one is known without a look-up. The signature is HMAC-SHA256 by the 32 bytes of the
secret over five lines: METHOD, path with query, timestamp (Unix seconds), nonce, hexadecimal SHA-256 of the body.
"""

import hashlib
import hmac
import re
import secrets
import zlib
from datetime import datetime, timedelta
from typing import Final

from cmc.accounts.roles import MachineKind
from cmc.core.credentials import Signature
from cmc.core.errors import Unauthenticated

PREFIX: Final = {MachineKind.GATEWAY: "cmcgw", MachineKind.DASHBOARD: "cmcdb", MachineKind.MONITOR: "cmcmo"}
WINDOW: Final = timedelta(seconds=300)
"""How far the clock of a machine may be off."""
KEY_ID: Final = re.compile(r"cmc(?:gw|db|mo)_[0-9a-f]{16}\Z")
_TOKEN: Final = re.compile(r"(cmc(?:gw|db|mo)_[0-9a-f]{16})_([0-9a-f]{64})_([0-9a-f]{8})\Z")
_NONCE: Final = re.compile(r"[0-9A-Za-z_-]{16,64}\Z")
_REFUSED: Final = "this key is not valid"


def make(kind: MachineKind) -> tuple[str, str]:
    """Return a new key's public id and its secret of 256 random bits, in hexadecimal."""
    return f"{PREFIX[kind]}_{secrets.token_hex(8)}", secrets.token_hex(32)


def token(key_id: str, secret: str) -> str:
    """Return a key as it is handed over."""
    return f"{key_id}_{secret}_{_checksum(key_id, secret)}"


def parse(text: str) -> tuple[str, str]:
    """Return id and secret of a key; raise `Unauthenticated` for what cannot be one."""
    found = _TOKEN.match(text)
    if found is None or not hmac.compare_digest(_checksum(found[1], found[2]), found[3]):
        raise Unauthenticated(_REFUSED)
    return found[1], found[2]


def require_current(given: Signature, now: datetime) -> None:
    """Raise `Unauthenticated` when key, nonce or time of a signature cannot be right, before anything is looked up.

    A wrong clock is told apart (`clock-skew`) with our time, so that the machine can set itself right.
    """
    if not KEY_ID.match(given.key) or not _NONCE.match(given.nonce) or not re.match(r"\d{1,12}\Z", given.timestamp):
        raise Unauthenticated("a signed request has X-CMC-Key, -Timestamp, -Nonce (16 to 64 letters) and -Signature")
    if abs(int(given.timestamp) - now.timestamp()) > WINDOW.total_seconds():
        words = f"the clock of the sender is off: here it is {now:%Y-%m-%dT%H:%M:%SZ}, {int(now.timestamp())}"
        raise Unauthenticated(words, code="clock-skew")


def require_signed(given: Signature, secret: str) -> None:
    """Raise `Unauthenticated` unless the request was signed with this secret exactly as it arrived."""
    if not hmac.compare_digest(signature(given, secret).encode(), given.signature.lower().encode()):
        raise Unauthenticated(_REFUSED)


def signature(of: Signature, secret: str) -> str:
    """Return the hexadecimal signature of a request; what `of.signature` holds does not matter."""
    body = hashlib.sha256(of.body).hexdigest()
    lines = "\n".join((of.method, of.target, of.timestamp, of.nonce, body))
    return hmac.new(bytes.fromhex(secret), lines.encode(), hashlib.sha256).hexdigest()


def _checksum(key_id: str, secret: str) -> str:
    return f"{zlib.crc32(f'{key_id}_{secret}'.encode()):08x}"


def require_equal(secret: str, known: str) -> None:
    """Raise `Unauthenticated` unless a presented secret is the known one; takes the same time either way."""
    if not hmac.compare_digest(secret.encode(), known.encode()):
        raise refused()


def refused() -> Unauthenticated:
    """Return the refusal of a key: the same for one that is wrong, unknown or revoked."""
    return Unauthenticated(_REFUSED)
