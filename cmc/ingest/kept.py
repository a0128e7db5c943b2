"""Storing what is kept of arrivals beside their readings: receipts of their bodies, items held for a person. Set-wise.

One statement for the receipts of a group of arrivals, one for what is held of them; nothing here commits.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.core.db import Asked
from cmc.ingest.keeping import Arrival, Held
from cmc.readings.service import array_literal

_HOLD: Final = text(
    "INSERT INTO held_reading"
    " (id, kind, reasons, item, patient_id, clinic_id, reading_id, device, alert_tier, taken_at,"
    " receipt_id, received_at)"
    " SELECT id, kind, CAST(reasons AS jsonb), CAST(item AS jsonb), patient_id, clinic_id, reading_id, device,"
    " alert_tier, taken_at, receipt_id, :received_at"
    " FROM unnest(CAST(:id AS uuid[]), CAST(:kind AS text[]), CAST(:reasons AS text[]), CAST(:item AS text[]),"
    " CAST(:patient_id AS uuid[]), CAST(:clinic_id AS uuid[]), CAST(:reading_id AS uuid[]), CAST(:device AS text[]),"
    " CAST(:alert_tier AS text[]), CAST(:taken_at AS timestamptz[]),"
    " CAST(:receipt_id AS uuid[]))"
    " AS new (id, kind, reasons, item, patient_id, clinic_id, reading_id, device, alert_tier, taken_at,"
    " receipt_id) ON CONFLICT DO NOTHING"
)
_KEEP: Final = (
    "INSERT INTO receipt (id, received_at, source, format, data_key, body,"
    " given, clinic_id, items, created, held, refused, least_lag_seconds, most_lag_seconds)"
    " SELECT id, %(received_at)s, source, format, data_key, body,"
    " CAST(given AS jsonb), clinic_id, items, created, held, refused, least_lag_seconds, most_lag_seconds"
    " FROM unnest(CAST(%(id)s AS uuid[]), CAST(%(source)s AS text[]), CAST(%(format)s AS text[]),"
    " CAST(%(data_key)b AS bytea[]), CAST(%(body)b AS bytea[]), CAST(%(given)s AS text[]),"
    " CAST(%(clinic_id)s AS uuid[]), CAST(%(items)s AS int4[]), CAST(%(created)s AS int4[]),"
    " CAST(%(held)s AS int4[]), CAST(%(refused)s AS int4[]), CAST(%(least_lag_seconds)s AS int4[]),"
    " CAST(%(most_lag_seconds)s AS int4[])) AS new (id, source, format, data_key, body, given, clinic_id,"
    " items, created, held, refused, least_lag_seconds, most_lag_seconds) ON CONFLICT DO NOTHING"
)


_SEALED: Final = frozenset({"data_key", "body"})


class Account(NamedTuple):
    """What a receipt says of its items: how many became what, and how late the new ones came (below zero: early)."""

    clinic_id: UUID | None
    items: int
    created: int
    held: int
    refused: int
    least_lag_seconds: int | None
    most_lag_seconds: int | None


def hold(session: Session, aside: Iterable[tuple[Held, UUID]], *, now: datetime) -> None:
    """Store items with the receipts they came in."""
    rows = sorted(aside, key=lambda each: each[0].id)
    if not rows:
        return
    values: dict[str, Any] = {
        name: [getattr(row, name) for row, _ in rows] for name in Held.__struct_fields__ if name != "kind"
    }
    values |= {"kind": [row.kind.value for row, _ in rows], "receipt_id": [each for _, each in rows]}
    session.execute(_HOLD, values | {"received_at": now})


def receipts(arrivals: Sequence[tuple[Arrival, UUID, Account]], *, under: bytes, now: datetime) -> Asked:
    """Return the statement that stores the receipts of arrivals, their bodies sealed, in the order of their ids.

    `under` is the id of the master key that wraps now (`key_check.current`, in the same transaction).
    """
    rows: list[tuple[object, ...]] = []
    for arrival, receipt_id, account in sorted(arrivals, key=lambda each: each[1].int):
        rows.append((
            receipt_id, arrival.source, arrival.format, *arrival.sealed(receipt_id, under=under), arrival.said, *account
        ))  # fmt: skip
    names = ("id", "source", "format", "data_key", "body", "given", *Account._fields)
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    return _KEEP, {name: list(each) if name in _SEALED else array_literal(each) for name, each in columns.items()} | {
        "received_at": now
    }
