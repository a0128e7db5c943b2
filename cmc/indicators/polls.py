"""What the polled answers of indicators hang on: the stamp of the organisation whose values they show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from cmc.core.polling import Part, Thing
from cmc.indicators.schemas import Stamp

KIND: Final = "indicator_stamp"
STAMPS: Final = Part(
    KIND,
    "SELECT CAST(o.id AS text),"
    " coalesce(s.version || '@' || CAST(extract(epoch FROM s.changed_at) * 1000000 AS bigint), '0@0')"
    " FROM organisation AS o LEFT JOIN indicator_stamp AS s ON s.organisation_id = o.id"
    " WHERE o.id = ANY (CAST(%(indicator_stamp)s AS uuid[]))",
)
"""The stamps of organisations, by primary key."""

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


def thing(organisation_id: UUID) -> Thing:
    """Return what the values of an organisation hang on."""
    return Thing(KIND, str(organisation_id))


def said(stamp: Stamp) -> str:
    """Return a stamp as `STAMPS` says it: version, and microseconds since 1970."""
    if stamp.changed_at is None:
        return "0@0"
    return f"{stamp.version}@{(stamp.changed_at - _BEGINNING) // timedelta(microseconds=1)}"
