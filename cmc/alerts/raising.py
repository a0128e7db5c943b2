"""The one way in which an alert is raised, whoever found its cause: the arrival of a reading, or the worker.

Nothing is raised twice: a cause has an id that follows from subject, rule and moment, and a subject has one open alert
per rule, both unique in the database. Whoever raises locks the people first, in the order of their ids.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.orm import Session

from cmc.alerts import lives, queries
from cmc.alerts.codes import AlertStatus, Happening
from cmc.alerts.found import Found
from cmc.alerts.tables import Alert, AlertCause
from cmc.clinical.alert_timing import Level, Step, step_of
from cmc.clinical.codes import AlertTier
from cmc.core.scope import Scope
from cmc.patients import touched

_IDS: Final = bindparam("ids", type_=ARRAY(Uuid()))
# Whoever is dead, merged away, or whose every enrolment has ended, raises nothing (LIFE-01).
_PEOPLE: Final = text(
    "SELECT p.id, p.clinic_id FROM patient AS p WHERE p.id = ANY (:ids) AND p.died_on IS NULL"
    " AND p.merged_into IS NULL AND (NOT EXISTS (SELECT FROM enrolment AS e WHERE e.patient_id = p.id)"
    " OR EXISTS (SELECT FROM enrolment AS e WHERE e.patient_id = p.id AND e.state <> 'TERMINATED'))"
    " ORDER BY p.id FOR NO KEY UPDATE OF p"
).bindparams(_IDS)
_THING: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('alert:' || :id, 0))")
_KNOWN: Final = text("SELECT id FROM alert_cause WHERE id = ANY (:ids)").bindparams(_IDS)


def take_in(session: Session, scope: Scope, found: Iterable[Found], *, now: datetime) -> int:
    """Raise alerts for what was found, or let it join those that are open; return how many causes were new.

    One statement, and no lock, when everything was known. Safe beside itself: what was known is asked again behind the
    lock. People who are not cared for are left out; whose rows the scope cannot see are left out too.
    """
    wanted = _unknown(session, {each.cause_id: each for each in found})
    clinics = _lock(session, wanted.values())
    causes = {each: one for each, one in wanted.items() if one.patient_id is None or one.patient_id in clinics}
    new = sorted(_unknown(session, causes).values(), key=lambda one: (one.at, one.key))
    if not new:
        return 0
    open_alerts = {(_subject(each), each.rule): each for each in queries.unclosed(session, scope, _subjects(new))}
    told: dict[UUID, tuple[Alert, Happening]] = {}
    rows = [_take_one(session, scope, open_alerts, clinics, each, told, now=now) for each in new]
    session.flush()
    session.add_all(rows)
    lives.tell_raised(session, scope, list(told.values()), now=now)
    session.flush()
    people = {each.patient_id for each in new if each.patient_id}
    touched.mark(session, people, at=now, topics=(touched.FOLLOWUPS, touched.RISK))
    return len(new)


def _unknown(session: Session, causes: Mapping[UUID, Found]) -> dict[UUID, Found]:
    known = set(session.scalars(_KNOWN, {"ids": sorted(causes)})) if causes else set()
    return {each: one for each, one in causes.items() if each not in known}


def _lock(session: Session, found: Iterable[Found]) -> dict[UUID, UUID]:
    """Lock the people and things that were found about; return the people who may have alerts, with their clinic."""
    listed = list(found)
    people = sorted({each.patient_id for each in listed if each.patient_id is not None})
    for thing in sorted({each.thing_id for each in listed if each.thing_id is not None}):
        session.execute(_THING, {"id": str(thing)})
    return {row.id: row.clinic_id for row in session.execute(_PEOPLE, {"ids": people})} if people else {}


def _take_one(
    session: Session,
    scope: Scope,
    open_alerts: dict[tuple[UUID, str], Alert],
    clinics: Mapping[UUID, UUID],
    found: Found,
    told: dict[UUID, tuple[Alert, Happening]],
    *,
    now: datetime,
) -> AlertCause:
    key = (found.subject, found.finding.rule.value)
    alert = open_alerts.get(key)
    step = step_of(found.finding, [] if alert is None else [lives.state_of(alert)])
    if alert is None:
        alert = open_alerts[key] = _raised(scope, clinics, found, now)
        session.add(alert)
        told[alert.id] = alert, Happening.RAISED
    else:
        _join(alert, found)
        if step is Step.AGAIN:
            again(alert, now=now, tier=_worse(AlertTier(alert.tier), found.finding.tier))
            told.setdefault(alert.id, (alert, Happening.AGAIN))
    return AlertCause(id=found.cause_id, alert_id=alert.id, at=found.at, found_at=now)


def _raised(scope: Scope, clinics: Mapping[UUID, UUID], found: Found, now: datetime) -> Alert:
    alert = Alert(
        patient_id=found.patient_id,
        thing_id=found.thing_id,
        clinic_id=clinics[found.patient_id] if found.patient_id else found.clinic_id,
        rule=found.finding.rule.value,
        tier=found.finding.tier.value,
        words_zh=found.finding.words.zh,
        words_en=found.finding.words.en,
        is_late=found.finding.late,
        first_at=found.at,
        last_at=found.at,
        last_arrived_at=found.arrived_at,
        source=scope.actor,
        raised_at=now,
    )
    lives.plan_look(alert)
    return alert


def _join(alert: Alert, found: Found) -> None:
    alert.count += 1
    alert.first_at = min(alert.first_at, found.at)
    alert.last_arrived_at = max(alert.last_arrived_at, found.arrived_at)
    if found.at >= alert.last_at:
        alert.last_at, alert.is_late = found.at, found.finding.late
        alert.words_zh, alert.words_en = found.finding.words.zh, found.finding.words.en
    alert.version += 1


def again(alert: Alert, *, now: datetime, tier: AlertTier | None = None) -> None:
    """Raise an open or acknowledged alert anew: everybody is waited for from now on."""
    alert.status, alert.level = AlertStatus.OPEN.value, Level.CLINIC.value
    alert.acknowledged_at = alert.acknowledged_by = alert.promise = None
    alert.raised_at = now
    alert.tier = alert.tier if tier is None else tier.value
    alert.version += 1
    lives.plan_look(alert)


def _worse(one: AlertTier, other: AlertTier) -> AlertTier:
    order = list(AlertTier)
    return min(one, other, key=order.index)


def _subject(alert: Alert) -> UUID:
    found = alert.patient_id or alert.thing_id
    if found is None:
        raise ValueError("an alert is about a person or a thing")
    return found


def _subjects(found: Sequence[Found]) -> list[UUID]:
    return sorted({each.subject for each in found})
