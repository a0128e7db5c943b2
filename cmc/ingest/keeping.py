"""What is kept of an arrival beside its readings: the receipt of its body, and the items held for a person. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from cmc.clinical import identity_numbers
from cmc.core.crypto import Keyring
from cmc.core.ids import derived_id
from cmc.ingest import identity, receipts
from cmc.ingest.received import NOTHING_KNOWN, Circumstances, Faults, Received
from cmc.ingest.tables import HoldKind


@dataclass(frozen=True, slots=True)
class Arrival:
    """The request body or file part that the items came in, and its seal. `source`: the caller, or file:<sha256>.

    `given` is what the sender said beside the body: without it the body cannot be read again as it was.
    """

    source: str
    format: str
    body: bytes
    keys: Keyring
    given: Circumstances = NOTHING_KNOWN

    @property
    def said(self) -> str | None:
        """What was said beside the body as JSON, None when nothing was."""
        if self.given is NOTHING_KNOWN:
            return None
        known = msgspec.structs.replace(self.given, received_at=None)
        return None if known == NOTHING_KNOWN else msgspec.json.encode(known, order="sorted").decode()

    @property
    def receipt_id(self) -> UUID:
        """The same body of the same sender has the same receipt: a gateway that resends for ever adds nothing."""
        said = self.said
        parts = (self.source, self.format, hashlib.sha256(self.body).hexdigest())
        return derived_id("receipt", *parts) if said is None else derived_id("receipt", *parts, said)

    def sealed(self, receipt_id: UUID, *, under: bytes | None = None) -> tuple[bytes, bytes]:
        """Return the receipt's wrapped data key and ciphertext; `under` is the id of the master key that wraps it."""
        return receipts.sealed(self.keys, receipt_id, self.body, under=under)


class Held(msgspec.Struct, frozen=True):
    """One item to be held: `reasons` and `item` are JSON texts."""

    id: UUID
    kind: HoldKind
    reasons: str
    item: str
    patient_id: UUID | None
    clinic_id: UUID | None
    reading_id: UUID | None
    device: str | None
    alert_tier: str | None
    taken_at: datetime | None


def held(
    kind: HoldKind,
    item: Received,
    reasons: Faults,
    whose: tuple[UUID | None, UUID | None],
    *,
    sent_from: UUID | None,
    reading_id: UUID | None = None,
    alert_tier: str | None,
) -> Held:
    """Return what is held of an item, `whose` being its person and clinic; the pointers count from the item.

    `sent_from` is the clinic that sent it, when only one can have.
    """
    as_sent = msgspec.json.encode(item.as_sent).decode()
    shown = msgspec.json.encode(_masked(msgspec.json.decode(as_sent))).decode()
    cut = len(item.pointer)
    told = [{"pointer": each.pointer[cut:], "code": each.code, "detail": each.detail} for each in reasons]
    return Held(
        identity.held(kind.value, as_sent, sent_from),
        kind,
        msgspec.json.encode(told).decode(),
        shown,
        *whose,
        reading_id,
        item.device,
        alert_tier,
        item.taken_at,
    )


def _masked(part: Any) -> Any:
    """What was sent, with citizen IDs masked: whoever identifies people by them, they never lie here in clear."""
    if isinstance(part, dict):
        return {_masked(name): _masked(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_masked(each) for each in part]
    return identity_numbers.mask(part) if isinstance(part, str) and identity_numbers.is_citizen_id(part) else part
