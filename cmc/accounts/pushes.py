"""The signature that Lifesense puts into the address of a push. Pure.

MD5 in capitals over the sorted values of appKey, timestamp, version and appSecret. It says who sends and when, not
what: the body is not signed, so the push has to come over https. appKey is the id of a machine's key (its first two
parts), appSecret the key's secret (its third part).
"""

import hashlib
import hmac
import re
from datetime import datetime
from typing import Final

from cmc.accounts import keys
from cmc.core.credentials import PushSignature
from cmc.core.errors import Unauthenticated

_EPOCH: Final = re.compile(r"[0-9]{1,15}\Z")
_MILLISECONDS_FROM: Final = 10**11


def require_current(given: PushSignature, now: datetime) -> None:
    """Raise `Unauthenticated` when key or time cannot be right, before anything is looked up."""
    if not keys.KEY_ID.match(given.key) or not _EPOCH.match(given.timestamp):
        raise Unauthenticated("a signed push has api_appKey (the id of a key), api_timestamp, api_version and api_sign")
    at = int(given.timestamp)
    seconds = at / 1000 if at >= _MILLISECONDS_FROM else at
    if abs(seconds - now.timestamp()) > keys.WINDOW.total_seconds():
        words = f"the clock of the sender is off: here it is {now:%Y-%m-%dT%H:%M:%SZ}, {int(now.timestamp())}"
        raise Unauthenticated(words, code="clock-skew")


def require_signed(given: PushSignature, secret: str) -> None:
    """Raise `Unauthenticated` unless the parameters were signed with this secret."""
    if not hmac.compare_digest(signature(given, secret).encode(), given.sign.encode("utf-8", "replace")):
        raise keys.refused()


def signature(of: PushSignature, secret: str) -> str:
    """Return the signature of a push; what `of.sign` holds does not matter."""
    values = sorted(each for each in (of.key, of.timestamp, of.version, secret) if each.strip())
    return hashlib.md5("".join(values).encode("utf-8", "replace"), usedforsecurity=False).hexdigest().upper()
