"""Reads of the ingest path: what devices sent before, and what was kept aside."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, cast, or_, select, text, tuple_, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import AlertTier, ReadingKind
from cmc.core.clock import local_date
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.devices.codes import kinds_that_measure
from cmc.devices.tables import DeviceIssue
from cmc.ingest.clock_check import Seen
from cmc.ingest.ranking import LATELY, Holding, Unclaimed
from cmc.ingest.tables import HeldReading, HoldKind
from cmc.patients.queries import visible
from cmc.patients.tables import Patient
from cmc.readings.tables import Reading

_UNKNOWN_PERSON = {"code": "unknown_person"}
_HISTORY = text(
    "SELECT wanted.device, r.taken_at, r.received_at, r.sequence"
    " FROM unnest(CAST(:devices AS text[]), CAST(:people AS uuid[])) AS wanted (device, patient_id)"
    " CROSS JOIN LATERAL (SELECT taken_at, received_at, sequence FROM reading"
    " WHERE patient_id = wanted.patient_id AND device = wanted.device AND taken_on >= :since_on"
    " AND (CAST(:clinics AS uuid[]) IS NULL OR clinic_id = ANY (CAST(:clinics AS uuid[])))"
    " ORDER BY received_at DESC, sequence DESC NULLS LAST LIMIT 50) AS r"
)


def device_history(
    session: Session, scope: Scope, people: Sequence[tuple[str, UUID]], *, since: datetime
) -> list[tuple[str, Seen]]:
    """Return (device, when its reading was taken and arrived) of the latest 50 readings of each device and person."""
    if not people:
        return []
    values = {
        "devices": [device for device, _ in people],
        "people": [person for _, person in people],
        "since_on": local_date(since),
        "clinics": scope.listed(),
    }
    return [(device, Seen(*rest)) for device, *rest in session.execute(_HISTORY, values)]


def held_page(
    session: Session,
    scope: Scope,
    *,
    kind: HoldKind | None = None,
    unmatched: bool | None = None,
    resolved: bool = False,
    dangerous: bool = False,
    clinic_id: UUID | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[HeldReading]:
    """Return up to `limit` held readings, newest first: those that wait, or those `resolved`.
    `unmatched` true: only those of no known person when they came, false: only those of one. `dangerous`: only
    dangerous values.
    What belongs to no known person is seen by the clinic that sent it, or by the whole region when that is unclear.
    """
    decided = col(HeldReading.resolved_at)
    query = (
        select(HeldReading)
        .where(
            decided.is_not(None) if resolved else decided.is_(None),
            scope.covers(type_coerce(col(HeldReading.clinic_id), Uuid())),
        )
        .order_by(col(HeldReading.received_at).desc(), col(HeldReading.id).desc())
        .limit(limit)
    )
    if kind is not None:
        query = query.where(col(HeldReading.kind) == kind.value)
    if dangerous:
        query = query.where(col(HeldReading.alert_tier) == AlertTier.RED.value)
    if unmatched is not None:
        nobodys: ColumnElement[bool] = col(HeldReading.patient_id).is_(None)
        if resolved:  # who was decided to be the person stands in it by then: it goes by what it was held for
            nobodys = or_(nobodys, type_coerce(col(HeldReading.reasons), JSONB).contains([_UNKNOWN_PERSON]))
        query = query.where(nobodys == unmatched)
    if clinic_id is not None:
        query = query.where(col(HeldReading.clinic_id) == clinic_id)
    if before is not None:
        query = query.where(tuple_(col(HeldReading.received_at), col(HeldReading.id)) < before)
    return list(session.scalars(query))


def held(session: Session, scope: Scope, held_id: UUID) -> HeldReading:
    """Return one held reading, open or resolved, and lock it; raise `NotFound` when it is absent or foreign."""
    covered = scope.covers(type_coerce(col(HeldReading.clinic_id), Uuid()))
    found = session.scalars(select(HeldReading).where(col(HeldReading.id) == held_id, covered).with_for_update())
    kept = found.one_or_none()
    if kept is None:
        raise NotFound("no such held reading")
    return kept


def item_text(session: Session, scope: Scope, held_id: UUID) -> str:
    """Return what was kept of an item as JSON text, its numbers spelled as they were sent."""
    covered = scope.covers(type_coerce(col(HeldReading.clinic_id), Uuid()))
    query = select(cast(col(HeldReading.item), Text())).where(col(HeldReading.id) == held_id, covered)
    return session.scalars(query).one()


def stored_reading(session: Session, scope: Scope, reading_id: UUID, taken_on: date) -> Reading | None:
    """Return one stored reading of a person of the scope."""
    query = (
        select(Reading)
        .join(Patient, col(Patient.id) == col(Reading.patient_id))
        .where(col(Reading.id) == reading_id, col(Reading.taken_on) == taken_on, visible(scope))
    )
    return session.scalars(query).one_or_none()


def came_from(
    session: Session, scope: Scope, issue: DeviceIssue, device: str | None, *, since: datetime, but: UUID | None
) -> bool:
    """Tell whether a reading, other than `but`, of an issue's person came from the device after `since`."""
    query = (
        select(col(Reading.id))
        .join(Patient, col(Patient.id) == col(Reading.patient_id))
        .where(
            col(Reading.patient_id) == issue.patient_id,
            col(Reading.taken_on) >= local_date(issue.from_at),
            col(Reading.taken_at) >= issue.from_at,
            col(Reading.device) == device,
            col(Reading.received_at) > since,
            col(Reading.id).is_distinct_from(but),
            visible(scope),
        )
        .limit(1)
    )
    return session.scalars(query).first() is not None


_HOLDINGS = text(
    "SELECT i.patient_id, d.code, i.from_at, i.to_at, near.taken_at, near.value"
    " FROM device_issue AS i JOIN device AS d ON d.id = i.device_id"
    " LEFT JOIN LATERAL (SELECT r.taken_at, coalesce(r.glucose_umol_l, r.sbp_mmhg::int) AS value FROM reading AS r"
    " WHERE r.patient_id = i.patient_id AND r.kind = :kind AND r.taken_on BETWEEN :from_on AND :to_on"
    " ORDER BY abs(extract(epoch FROM r.taken_at - :at)), r.id LIMIT 1) AS near ON true"
    " WHERE (d.code = :device OR d.kind = ANY (CAST(:kinds AS text[])))"
    " AND (CAST(:clinics AS uuid[]) IS NULL OR i.clinic_id = ANY (CAST(:clinics AS uuid[])))"
    " AND i.from_at <= CAST(:at AS timestamptz) + interval '30 days'"
    " AND (i.to_at IS NULL OR i.to_at > CAST(:at AS timestamptz) - interval '30 days')"
    " ORDER BY d.code = :device DESC, near.taken_at IS NULL, abs(extract(epoch FROM near.taken_at - :at)), i.id"
    " LIMIT 200"
)


def holdings_near(
    session: Session, scope: Scope, reading: Unclaimed, *, kind: ReadingKind, clinic_id: UUID | None
) -> list[Holding]:
    """Return who held the reading's device, or one that measures its kind, within 30 days of it, at most 200.

    `clinic_id`: only this clinic's devices, when it is known which one sent the reading.
    """
    on = local_date(reading.taken_at)
    values = {
        "device": reading.device or "",
        "kind": kind.value,
        "kinds": kinds_that_measure(kind),
        "at": reading.taken_at,
        "from_on": on - LATELY,
        "to_on": on + LATELY,
        "clinics": scope.listed() if clinic_id is None else [clinic_id],
    }
    return [Holding(*row) for row in session.execute(_HOLDINGS, values)]


def patients_by_id(session: Session, scope: Scope, ids: Sequence[UUID]) -> dict[UUID, Patient]:
    """Return the records of the people of the scope among `ids`."""
    found = session.scalars(select(Patient).where(col(Patient.id).in_(ids), visible(scope)))
    return {each.id: each for each in found}
