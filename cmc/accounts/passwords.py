"""Passwords: what may be one, in two profiles, and how they are kept (argon2id).

`asvs` follows OWASP ASVS 5.0 V6 (length and guessability, no composition rules, no expiry); `dengbao3` what GB/T 22239
8.1.4.1 asks for (three of four classes of characters, 90 days, none of the last five).
"""

import re
import secrets
import threading
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn import zxcvbn

from cmc.core.errors import Invalid, invalid

SHORTEST: Final = 10
LONGEST: Final = 128
OLDEST: Final = timedelta(days=90)
REMEMBERED: Final = 5
_LEAST_SCORE: Final = 3
_JUDGED: Final = 72
"""The library takes no longer texts; whoever writes that much is not guessed by its dictionaries."""
_CLASSES: Final = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")
_WORDS: Final = ("cmc", "慢病", "慢病管理", "mbgl", "tianjin", "password", "xueya", "xuetang")
_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
"""Of made passwords and recovery codes: without l, o, 0 and 1."""

_AT_ONCE: Final = threading.BoundedSemaphore(2)
"""Each hash takes 19 MiB: two at a time, however many ask."""
_hasher = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19456, parallelism=1),))
_NOBODY: Final = _hasher.hash(secrets.token_urlsafe(16))


class Profile(StrEnum):
    """Which rules hold (CMC_PASSWORD_PROFILE)."""

    ASVS = "asvs"
    DENGBAO3 = "dengbao3"


def hashed(password: str) -> str:
    """Return the argon2id hash (19 MiB, 2 passes) of a password; takes some 30 ms and that much memory."""
    with _AT_ONCE:
        return _hasher.hash(password)


def verify(password: str, known: str | None) -> tuple[bool, str | None]:
    """Tell whether a password has the hash `known`, and a new hash when the old one is of weaker making.

    Without a known hash one is computed all the same, so that an unknown name takes as long as a wrong password.
    """
    with _AT_ONCE:
        good, better = _hasher.verify_and_update(password, known or _NOBODY)
    return (good and known is not None), better


def require_good(password: str, profile: Profile, *, context: tuple[str, ...] = ()) -> None:
    """Raise `Invalid` at /new_password for a password that the profile does not take.

    `context` are words that an attacker would try first: the login name, the display name, the clinic.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise _refused("length", f"a password has {SHORTEST} to {LONGEST} characters")
    if profile is Profile.DENGBAO3 and sum(bool(re.search(each, password)) for each in _CLASSES) < 3:
        raise _refused("classes", "use three of: small letters, capitals, digits, other characters")
    words = [word for each in (*_WORDS, *context) for word in (each, *re.split(r"[._\s-]+", each)) if len(word) > 1]
    if zxcvbn(password[:_JUDGED], user_inputs=words)["score"] < _LEAST_SCORE:
        raise _refused("guessable", "this is easily guessed: take several unrelated words, or more characters")


def require_new(password: str, former: list[str], profile: Profile) -> None:
    """Raise `Invalid` when the password is one of the former ones (hashes, the present one first)."""
    looked_at = former[:REMEMBERED] if profile is Profile.DENGBAO3 else former[:1]
    if any(verify(password, each)[0] for each in looked_at):
        raise _refused("used_before", "take one that was not in use before")


def is_outdated(changed_at: datetime, profile: Profile, now: datetime) -> bool:
    """Whether a password must be changed for its age."""
    return profile is Profile.DENGBAO3 and now - changed_at > OLDEST


def made() -> str:
    """Return a random password of 20 letters and digits in groups of five (99 bits)."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(20))
    return "-".join(letters[at : at + 5] for at in range(0, 20, 5))


def made_code() -> str:
    """Return a recovery code of 16 letters and digits (79 bits)."""
    return "".join(secrets.choice(_LETTERS) for _ in range(16))


def _refused(code: str, words: str) -> Invalid:
    return invalid("/new_password", code, words)
