"""The second factor: time-based codes (RFC 6238, by pyotp) and recovery codes. Nothing here commits."""

from datetime import datetime
from typing import Final

import pyotp
from sqlalchemy import delete
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts import passwords
from cmc.accounts.tables import AppUser, RecoveryCode
from cmc.core import key_check
from cmc.core.crypto import Keyring
from cmc.core.errors import Conflict, invalid

STEP_SECONDS: Final = 30
RECOVERY_CODES: Final = 10
_AROUND: Final = (0, -1, 1)
"""The steps that count: the present one, then its neighbours, for clocks that are a little off."""


def begin(session: Session, keyring: Keyring, user: AppUser) -> tuple[str, str]:
    """Give a user a new secret, which counts once it is confirmed; returns it in base32 and as otpauth: address.

    Raises `Conflict` when a second factor is in force.
    """
    if user.totp_confirmed_at is not None:
        raise Conflict("a second factor is in force: disable it first", code="second-factor-exists")
    secret = pyotp.random_base32()
    under = key_check.current(session, keyring)
    user.totp_cipher = keyring.encrypt(secret, context=_context(user), under=under)
    user.totp_last_step = None
    session.flush()
    return secret, pyotp.TOTP(secret).provisioning_uri(name=user.login, issuer_name="cmc")


def confirm(session: Session, keyring: Keyring, user: AppUser, code: str, now: datetime) -> list[str]:
    """Put the second factor in force with a first code; returns the recovery codes, shown this once."""
    if user.totp_cipher is None or user.totp_confirmed_at is not None:
        raise Conflict("there is no second factor to confirm", code="second-factor-not-begun")
    if not _take_time_code(keyring, user, code, now):
        raise invalid("/code", "wrong", "this code is not right: take the present one, and check the clock")
    user.totp_confirmed_at = now
    codes = [passwords.made_code() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(user_id=user.id, code_hash=_hash(keyring, user, each)) for each in codes)
    session.flush()
    return codes


def disable(session: Session, user: AppUser) -> None:
    """Take a user's second factor away, with its recovery codes."""
    user.totp_cipher = user.totp_confirmed_at = user.totp_last_step = None
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user.id))
    session.flush()


def take(session: Session, keyring: Keyring, user: AppUser, code: str, now: datetime) -> bool:
    """Tell whether a code is right, and use it up: no code counts twice."""
    given = code.replace(" ", "").replace("-", "").lower()
    if len(given) == 6:
        return _take_time_code(keyring, user, given, now)
    used = delete(RecoveryCode).where(
        col(RecoveryCode.user_id) == user.id, col(RecoveryCode.code_hash) == _hash(keyring, user, given)
    )
    return bool(session.execute(used).rowcount)  # type: ignore[attr-defined]


def _take_time_code(keyring: Keyring, user: AppUser, code: str, now: datetime) -> bool:
    if user.totp_cipher is None:
        return False
    codes = pyotp.TOTP(keyring.decrypt(user.totp_cipher, context=_context(user)))
    present = int(now.timestamp()) // STEP_SECONDS
    for step in (present + each for each in _AROUND):
        unused = user.totp_last_step is None or step > user.totp_last_step
        if unused and pyotp.utils.strings_equal(codes.generate_otp(step), code):
            user.totp_last_step = step
            return True
    return False


def _context(user: AppUser) -> str:
    return f"app_user.totp|{user.id}"


def _hash(keyring: Keyring, user: AppUser, code: str) -> bytes:
    return keyring.token("recovery-code", f"{user.id}|{code}")
