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
class Presented:
    """What a request brings to be known by; at most one of the three counts: signature, bearer, cookie."""

    cookie: str | None = None
    bearer: str | None = None
    signature: Signature | None = None
