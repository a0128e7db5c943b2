"""How gateways and devices are: lag, skew of the clock, share of errors, silence. Counted, not judged; no person in it.

A gateway's figures come from the receipts of its batches, a device's from the readings of those who held it: so neither
needs an index on the great table of readings. A device is silent when somebody has it and nothing came for a week [D].
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.core.clock import local_date
from cmc.core.scope import Scope

SILENT_AFTER: Final = timedelta(days=7)


class GatewayHealth(NamedTuple):
    """A gateway over a span. Lags in seconds: of the newest reading of each batch; `skew_seconds` is how far ahead."""

    id: UUID
    name: str
    clinic_id: UUID
    batches: int
    items: int
    created: int
    held: int
    refused: int
    last_received_at: datetime | None
    median_lag_seconds: int | None
    most_lag_seconds: int | None
    skew_seconds: int

    @property
    def error_percent(self) -> float | None:
        """Share of its items that were held or refused; None when it sent nothing."""
        return None if not self.items else round(100 * (self.held + self.refused) / self.items, 2)


class DeviceHealth(NamedTuple):
    """A device over a span. Lag: from measuring to arrival; `skew_seconds`: how far its clock is ahead."""

    id: UUID
    code: str
    kind: str
    clinic_id: UUID
    calibration_due_on: date | None
    issued_at: datetime | None
    readings: int
    held: int
    last_taken_at: datetime | None
    last_received_at: datetime | None
    median_lag_seconds: int | None
    skew_seconds: int
    battery_low: bool

    @property
    def error_percent(self) -> float | None:
        """Share of what it sent that was held; None when it sent nothing."""
        sent = self.readings + self.held
        return round(100 * self.held / sent, 2) if sent else None

    def silent(self, *, now: datetime) -> bool:
        """Whether somebody has had it for a week, and nothing arrived in a week."""
        if self.issued_at is None:
            return False
        return max(self.issued_at, self.last_received_at or self.issued_at) < now - SILENT_AFTER


_GATEWAYS: Final = text(
    "SELECT m.id, m.name, m.organisation_id, count(r.id), coalesce(sum(r.items), 0), coalesce(sum(r.created), 0),"
    " coalesce(sum(r.held), 0), coalesce(sum(r.refused), 0), max(r.received_at),"
    " (percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(r.least_lag_seconds, 0))"
    " FILTER (WHERE r.least_lag_seconds IS NOT NULL))::int, max(r.most_lag_seconds),"
    " greatest(0, -min(r.least_lag_seconds))"
    " FROM machine AS m LEFT JOIN receipt AS r ON r.source = 'gateway:' || m.id AND r.received_at >= :since"
    " WHERE m.kind = 'gateway' AND m.revoked_at IS NULL "
    " AND (CAST(:clinics AS uuid[]) IS NULL OR m.organisation_id = ANY (CAST(:clinics AS uuid[])))"
    " GROUP BY m.id ORDER BY m.name, m.id LIMIT 500"
)
_DEVICES: Final = text(
    "SELECT d.id, d.code, d.kind, d.clinic_id, d.calibration_due_on, o.issued_at, s.readings, h.held, s.last_taken_at,"
    " s.last_received_at, s.median_lag, coalesce(greatest(0, -s.least_lag), 0),"
    " coalesce('battery_low' = ANY (string_to_array(s.last_notes, ' ')), false) FROM device AS d"
    " CROSS JOIN LATERAL (SELECT min(from_at) AS issued_at FROM device_issue WHERE device_id = d.id AND to_at IS NULL)"
    " AS o CROSS JOIN LATERAL (SELECT count(*) AS readings, max(r.taken_at) AS last_taken_at,"
    " max(r.received_at) AS last_received_at, min(extract(epoch FROM r.received_at - r.taken_at))::int AS least_lag,"
    " (percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(0, extract(epoch FROM r.received_at - r.taken_at))))::int"
    " AS median_lag, (array_agg(r.notes ORDER BY r.taken_at DESC, r.id DESC))[1] AS last_notes FROM reading AS r"
    " WHERE r.patient_id IN (SELECT patient_id FROM device_issue WHERE device_id = d.id)"
    " AND r.device = d.code AND r.taken_on >= :since_on AND r.received_at >= :since) AS s"
    " CROSS JOIN LATERAL (SELECT count(*) AS held FROM held_reading AS k WHERE k.device = d.code"
    " AND k.received_at >= :since"
    " AND (CAST(:clinics AS uuid[]) IS NULL OR k.clinic_id = ANY (CAST(:clinics AS uuid[])))) AS h"
    " WHERE d.retired_at IS NULL AND d.code > :after"
    " AND (CAST(:clinics AS uuid[]) IS NULL OR d.clinic_id = ANY (CAST(:clinics AS uuid[])))"
    " AND (NOT :silent OR greatest(o.issued_at, s.last_received_at) < :silent_before AND o.issued_at IS NOT NULL)"
    " ORDER BY d.code LIMIT :limit"
)


def gateways(session: Session, scope: Scope, *, clinic_id: UUID | None, since: datetime) -> list[GatewayHealth]:
    """Return the gateways of the scope, by name, with what their batches said since a moment; at most 500."""
    clinics = scope.listed() if clinic_id is None else [clinic_id]
    return [GatewayHealth(*row) for row in session.execute(_GATEWAYS, {"clinics": clinics, "since": since})]


def devices(
    session: Session,
    scope: Scope,
    *,
    clinic_id: UUID | None,
    since: datetime,
    silent_at: datetime | None = None,
    after: str,
    limit: int,
) -> list[DeviceHealth]:
    """Return up to `limit` devices in use of the scope, by code, with what came from them since a moment.

    Readings taken up to a year before they arrived are counted. `silent_at`: only those silent at that moment, which
    is at least a week after `since`.
    """
    values = {
        "clinics": scope.listed() if clinic_id is None else [clinic_id],
        "since": since,
        "since_on": local_date(since) - timedelta(days=366),
        "after": after,
        "limit": limit,
        "silent": silent_at is not None,
        "silent_before": (silent_at or since) - SILENT_AFTER,
    }
    return [DeviceHealth(*row) for row in session.execute(_DEVICES, values)]
