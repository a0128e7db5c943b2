"""What a request brings to be known by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signature:
    """The headers X-CMC-Key, -Timestamp, -Nonce and -Signature as they came, and what they sign."""

    key: str
    timestamp: str
    nonce: str
    signature: str
    method: str
    target: str
    body: bytes


@dataclass(frozen=True, slots=True)
class PushSignature:
    """The parameters api_appKey, api_timestamp, api_version and api_sign of a vendor's push, as they came."""

    key: str
    timestamp: str
    version: str
    sign: str


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request brings to be known by; at most one counts: signature, bearer, signature of a push, cookie."""

    cookie: str | None = None
    bearer: str | None = None
    signature: Signature | None = None
    push: PushSignature | None = None
