"""The declared identity of a reading, version 2: what makes two arrivals the same reading. Pure.

Every identity begins with the person, because a device's code and counter are written by whoever sends: only a sender
that reaches a person can take the place of one of that person's readings. The person does not change with a transfer,
and is the same for a gateway, a clinic and an imported file. Within a person:

1. With a device and its sequence number: (device, kind, sequence, second of `taken_at`). The instant belongs to it
   because counters wrap and devices are reset, and because it fixes the partition; how the time was written does not.
2. Else: (device with its user slot if it has one, if any; kind; specimen; second of `taken_at`; values with their
   bound).

A record that was merged into another stays a name of the same person: what is on file under any of these names is the
same reading (`Person.names`), so that merging, and undoing it, doubles nothing that is sent again.

Receive times, message ids, clinics and Idempotency-Keys are no part of it. The same identity with the same content is a
duplicate; with other content a conflict: the first is kept, the other is held and shown. Changing anything here makes
old readings look new: give stored rows their new ids by a migration, as 0015 did.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cmc.core.ids import derived_id

VERSION = "2"


def by_sequence(person: UUID, device: str, kind: str, sequence: int, taken_at: datetime) -> UUID:
    """Return the id of a person's reading that the device numbered."""
    return derived_id("reading", VERSION, "seq", person.hex, device, kind, str(sequence), _second(taken_at))


def by_content(
    person: UUID,
    source: str,
    kind: str,
    specimen: str | None,
    taken_at: datetime,
    values: tuple[object, ...],
) -> UUID:
    """Return the id of a person's reading known by what it says; `source` is `device_source`, or "" without one."""
    spelled = "/".join("" if value is None else str(value) for value in values)
    return derived_id("reading", VERSION, "val", person.hex, source, kind, specimen or "", _second(taken_at), spelled)


def device_source(device: str | None, user_slot: int | None) -> str:
    """Return what stands for a device; the two users of a cuff are two sources."""
    if device is None:
        return ""
    return f"device:{device}" if user_slot is None else f"device:{device}/user:{user_slot}"


def held(kind: str, item: str, sent_from: UUID | None) -> UUID:
    """Return the id of a held item, from its canonical text and the clinic that sent it: a resend is the same row.

    `sent_from` None: more than one clinic can have sent it.
    """
    return derived_id("held-reading", VERSION, kind, str(sent_from or ""), item)


def held_before(kind: str, item: str) -> UUID:
    """Return the id that version 1 gave to a held item; rows of that time keep it."""
    return derived_id("held-reading", "1", kind, item)


def _second(at: datetime) -> str:
    return str(int(at.timestamp()))
