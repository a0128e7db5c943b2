"""What became of the items of a batch."""

from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from cmc.ingest.received import Faults


class Status(StrEnum):
    """What became of an item. What is `rejected` is kept in the receipt only."""

    CREATED = "created"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"


class ItemResult(Struct, frozen=True, omit_defaults=True):
    """What became of one item; `id` is the reading's, or the held item's when it was quarantined."""

    index: int
    status: Status
    id: UUID | None = None
    errors: Faults = ()
