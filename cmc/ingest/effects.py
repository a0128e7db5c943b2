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
from cmc.alerts.found import Found, Measurement, cause_of, local, of_reading
from cmc.clinical.alert_facts import ANSWERED_AFTER, LATE_AFTER, AlertRule, Finding
from cmc.clinical.codes import AlertTier
from cmc.core import db
from cmc.core.ids import derived_id
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.ingest import identity, judging
from cmc.ingest.keeping import Held
from cmc.ingest.received import Faults, Received
from cmc.ingest.results import ItemResult, Status
from cmc.ingest.tables import HeldReading, HoldKind
from cmc.readings.new_reading import NewReading
from cmc.readings.tables import Reading

_FORGET: Final = text("DELETE FROM alert_cause WHERE id = :id")
_FORGET_SETTLED: Final = text("DELETE FROM alert_cause WHERE id = :id AND settled_at IS NOT NULL")
_ANOTHER: Final = text(
    "SELECT EXISTS (SELECT FROM reading WHERE patient_id = :patient_id AND kind = :kind AND taken_at = :taken_at"
    " AND taken_on = :taken_on AND id <> :id AND alert_tier = 'RED')"
)
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
    held = list(_of_held(items, results, aside, sent_from, now)) if aside else []
    found += [each for each in held if each.patient_id or each.clinic_id or scope.clinic_ids is None]
    if found:
        raising.take_in(session, scope, found, now=now)
    nobodys = [each for each in held if not (each.patient_id or each.clinic_id or scope.clinic_ids is None)]
    if nobodys:
        _tell_the_region(session, scope, nobodys, now)


def _tell_the_region(session: Session, scope: Scope, found: list[Found], now: datetime) -> None:
    """Raise alerts of what belongs to no clinic that is known: a sender of several cannot see the region's alerts, and
    the value would else be dangerous to nobody's knowledge. Nothing is told to the sender but that it is held."""
    with db.acting_in_region(session, scope) as whole:
        raising.take_in(session, whole, found, now=now)


def set_off_one(session: Session, scope: Scope, row: NewReading, *, received_at: datetime, now: datetime) -> None:
    """Raise the alert of a reading that somebody released."""
    if row.alert_tier == AlertTier.RED:
        found = _of_row(row, now, received_at)
        for each in found:  # one that was withdrawn may be raised again
            session.execute(_FORGET_SETTLED, {"id": each.cause_id})
        raising.take_in(session, scope, found, now=now)


def withdrawn(session: Session, scope: Scope, reading: Reading, *, now: datetime) -> None:
    """Note that a stored reading was taken back: its own alert is closed, unless another reading is behind it."""
    if reading.alert_tier != AlertTier.RED or session.scalar(_ANOTHER, _place_of(reading)):
        return
    rules = (AlertRule.CRITICAL_PRESSURE, AlertRule.CRITICAL_GLUCOSE)
    causes = [cause_of(reading.patient_id, each, reading.taken_at) for each in rules]
    service.withdrawn(session, scope, reading.patient_id, causes, now=now)


def _place_of(reading: Reading) -> dict[str, object]:
    names = ("id", "patient_id", "kind", "taken_at", "taken_on")
    return {name: getattr(reading, name) for name in names}


def settled(session: Session, scope: Scope, held: HeldReading, *, now: datetime) -> None:
    """Note that a held reading was settled: the alert that it raised is closed when nothing else is behind it."""
    subject = held.patient_id or _thing(held.device, held.clinic_id)
    for each in {subject, _thing(held.device, held.clinic_id)}:
        service.reviewed(session, scope, _cause(each, held.id), now=now)


def opened_again(session: Session, scope: Scope, held: HeldReading, *, now: datetime) -> None:
    """Raise the alert of a dangerous held reading once more: the decision that had closed it was taken back."""
    codes = {each["code"] for each in held.reasons}
    doubtful = judging.UNIT_DOUBTFUL in codes and judging.CONTROL_SOLUTION not in codes
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
        if held is not None:
            yield _found(held, item.taken_at, now)


def _dangerous(item: Received) -> bool:
    """Whether a held value would be critical, or would be if its doubtful unit were right; control solution is not."""
    if item.control_solution:
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
