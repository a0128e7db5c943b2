"""Signatures of webhooks as Standard Webhooks 1.0 says: HMAC-SHA256 over id, time and body. Pure."""

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from datetime import datetime
from typing import Final

PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32


def new_secret() -> str:
    """Return a fresh secret, `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(os.urandom(_SECRET_BYTES)).decode()


def headers(message_id: str, body: bytes, secrets: Sequence[str], *, at: datetime) -> dict[str, str]:
    """Return the three headers of a message. Several secrets give several signatures: any of them is good."""
    stamp = str(int(at.timestamp()))
    signed = f"{message_id}.{stamp}.".encode() + body
    signatures = " ".join(f"v1,{_signature(signed, each)}" for each in secrets)
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": signatures}


def _signature(signed: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
