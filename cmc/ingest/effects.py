"""What the storing of readings sets off at once, in the same transaction: alerts of single critical values.

An ordinary batch costs nothing here. What needs more than one reading, or a person's own limits, is found by the worker
within seconds (`cmc/alerts/looking.py`). A value that is kept aside raises an alert too: held is not harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.alerts import raising, service
from cmc.alerts.found import Found, Measurement, local, of_reading
from cmc.clinical.alert_facts import ANSWERED_AFTER, LATE_AFTER, AlertRule, Finding
from cmc.clinical.codes import AlertTier
from cmc.core.ids import derived_id
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.ingest import identity, judging
from cmc.ingest.keeping import Held
from cmc.ingest.received import Faults, Received
from cmc.ingest.results import ItemResult, Status
from cmc.ingest.tables import HeldReading, HoldKind
from cmc.readings.new_reading import NewReading

_FORGET: Final = text("DELETE FROM alert_cause WHERE id = :id")
_HELD: Final = {Status.QUARANTINED: HoldKind.QUARANTINED, Status.CONFLICT: HoldKind.CONFLICT}


def set_off(
    session: Session,
    scope: Scope,
    items: Sequence[Received | Faults],
    results: Sequence[ItemResult],
    rows: Iterable[NewReading],
    aside: Mapping[UUID, Held],
    *,
    sent_from: UUID | None,
    now: datetime,
) -> None:
    """Raise the alerts of a stored batch: of its new readings, and of what was held of it.

    `sent_from` is the clinic that sent it, when only one can have.
    """
    red = {each.id: each for each in rows if each.alert_tier is not None and each.alert_tier == AlertTier.RED}
    created = {each.id for each in results if each.status is Status.CREATED} if red else set()
    found = [one for each, row in red.items() if each in created for one in _of_row(row, now)]
    if aside:
        found += _of_held(scope, items, results, aside, sent_from, now)
    if found:
        raising.take_in(session, scope, found, now=now)


def set_off_one(session: Session, scope: Scope, row: NewReading, *, received_at: datetime, now: datetime) -> None:
    """Raise the alert of a reading that somebody released."""
    if row.alert_tier == AlertTier.RED:
        raising.take_in(session, scope, _of_row(row, now, received_at), now=now)


def settled(session: Session, scope: Scope, held: HeldReading, *, now: datetime) -> None:
    """Note that a held reading was settled: the alert that it raised is closed when nothing else is behind it."""
    subject = held.patient_id or _thing(held.device, held.clinic_id)
    for each in {subject, _thing(held.device, held.clinic_id)}:
        service.reviewed(session, scope, _cause(each, held.id), now=now)


def opened_again(session: Session, scope: Scope, held: HeldReading, *, now: datetime) -> None:
    """Raise the alert of a dangerous held reading once more: the decision that had closed it was taken back."""
    doubtful = any(each["code"] == judging.UNIT_DOUBTFUL for each in held.reasons)
    if held.alert_tier != AlertTier.RED and not doubtful:
        return
    found = _found(held, held.taken_at or held.received_at, now)
    session.execute(_FORGET, {"id": found.cause_id})
    raising.take_in(session, scope, [found], now=now)


def _of_row(row: NewReading, now: datetime, received_at: datetime | None = None) -> list[Found]:
    if now - row.taken_at > ANSWERED_AFTER:
        return []
    values = (row.setting, row.period, row.glucose_umol_l, row.bound, row.sbp_mmhg, row.dbp_mmhg)
    measured = Measurement(row.kind, row.taken_at, received_at or now, *values)
    return of_reading(measured, patient_id=row.patient_id, now=now)


def _of_held(
    scope: Scope,
    items: Sequence[Received | Faults],
    results: Sequence[ItemResult],
    aside: Mapping[UUID, Held],
    sent_from: UUID | None,
    now: datetime,
) -> Iterator[Found]:
    for item, result in zip(items, results, strict=True):
        kind = _HELD.get(result.status)
        if kind is None or not isinstance(item, Received) or not _dangerous(item):
            continue
        held_id = identity.held(kind.value, msgspec.json.encode(item.as_sent).decode(), sent_from)
        held = aside.get(held_id)
        if held is not None and (held.patient_id or held.clinic_id or scope.clinic_ids is None):
            yield _found(held, item.taken_at, now)


def _dangerous(item: Received) -> bool:
    """Whether a held value would be critical, or would be if its doubtful unit were right; control solution is not."""
    if judging.CONTROL_SOLUTION in item.notes:
        return False
    measured = judging.measure(item)
    return measured.alert_tier == AlertTier.RED or measured.unit_doubtful


def _found(held: Held | HeldReading, taken_at: datetime, now: datetime) -> Found:
    thing = None if held.patient_id else _thing(held.device, held.clinic_id)
    at = min(taken_at, now)
    at = at if now - at <= ANSWERED_AFTER else now  # its time may be what is doubted
    words = Text("待核实的危急值，请在待审核读数中处理", "a critical value that is held: see the held readings")
    finding = Finding(AlertRule.UNCONFIRMED_VALUE, local(at), words, late=now - at > LATE_AFTER)
    key = f"{AlertRule.UNCONFIRMED_VALUE.value}:{held.id}"
    return Found(finding, at, now, key, held.patient_id, thing, held.clinic_id)


def _thing(device: str | None, clinic_id: UUID | None) -> UUID:
    """What stands for a sender whose person is not known: the device at that clinic, else the clinic."""
    return derived_id("alert-thing", "1", str(clinic_id), "" if device is None else f"device:{device}")


def _cause(subject: UUID, held_id: UUID) -> UUID:
    return derived_id("alert-cause", "1", str(subject), f"{AlertRule.UNCONFIRMED_VALUE.value}:{held_id}")
