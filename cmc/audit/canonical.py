"""The one form in which a row is hashed and a segment is signed: pure, so that a verifier needs nothing else."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

HASH_BYTES: Final = 8
"""How much of a row's hash a seal keeps: enough to say which of its rows was changed."""


class Content(NamedTuple):
    """What of a row is hashed, as plain values that the database can write too: UUIDs and their list as text."""

    at_us: int
    actor: str
    act: str
    subject: str
    subject_id: str | None
    person_ids: str
    request_id: str | None
    detail: Any


def content(
    at: datetime,
    actor: str,
    act: str,
    subject: str,
    subject_id: UUID | None,
    person_ids: Sequence[UUID],
    request_id: UUID | None,
    detail: Mapping[str, Any],
) -> Content:
    """Return the content of a row of these values."""
    people = ",".join(map(str, person_ids))
    subject_text = None if subject_id is None else str(subject_id)
    request_text = None if request_id is None else str(request_id)
    at_us = (at - _EPOCH) // timedelta(microseconds=1)
    return Content(at_us, actor, act, subject, subject_text, f"{{{people}}}", request_text, detail)


def row_hash(found: Content) -> bytes:
    """Return the SHA-256 of a row's content. Its place (`seq`) is not in it: that is what the seal adds."""
    return hashlib.sha256(msgspec.json.encode(tuple(found), order="sorted")).digest()


def segment_mac(
    key: bytes, number: int, after: int, upto: int, gaps: Sequence[int], hashes: bytes, previous: bytes, at: datetime
) -> bytes:
    """Return the HMAC-SHA256 of a segment, which binds it to the one before."""
    head = msgspec.json.encode((number, after, upto, gaps, at.astimezone(UTC).isoformat()))
    parts = (head, hashes, previous)
    message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hmac.digest(key, message, hashlib.sha256)


def key_id(key: bytes) -> str:
    """Return the name of a key: tells which one is needed, and nothing of it."""
    return hashlib.sha256(b"cmc audit key id" + key).hexdigest()[:8]


def gaps_of(present: Sequence[int], after: int, upto: int) -> list[int]:
    """Return the runs of places in (after, upto] that are not present, as first, last, first, last …"""
    runs = ((low + 1, high - 1) for low, high in pairwise((after, *present, upto + 1)) if high - low > 1)
    return [end for run in runs for end in run]


def places(after: int, upto: int, gaps: Sequence[int]) -> Iterator[int]:
    """Yield the places of a segment that rows took, in order."""
    start = after + 1
    for first, last in zip(gaps[::2], gaps[1::2], strict=True):
        yield from range(start, first)
        start = last + 1
    yield from range(start, upto + 1)
