"""Changes of alerts: acknowledged, closed by a person, answered by a contact or settled. Nothing here commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.alerts import lives, queries, raising
from cmc.alerts.codes import BY_SERVICE, AlertOutcome, AlertStatus, Happening, Promise
from cmc.alerts.tables import Alert
from cmc.clinical.alert_facts import CRITICAL_VALUES
from cmc.clinical.alert_timing import CloseProblem, check_by, close_problems
from cmc.clinical.codes import AlertTier
from cmc.core.clock import local_date
from cmc.core.errors import Conflict, Forbidden, invalid
from cmc.core.scope import Right, Scope
from cmc.patients import touched

_NEEDS_WORDS: Final = frozenset({AlertOutcome.OTHER, AlertOutcome.NOT_REAL, AlertOutcome.UNREACHABLE})
_CHECKED: Final = frozenset(AlertOutcome) - BY_SERVICE - {AlertOutcome.NOT_REAL}
"""After these a RED alert is checked within 14 days (HTN-EM-05); a follow-up says itself when the next one is due."""
_URGENT: Final = frozenset({AlertTier.RED, AlertTier.ORANGE})
_PERSON: Final = text("SELECT FROM patient WHERE id = :id FOR NO KEY UPDATE")
_SETTLE: Final = text(
    "UPDATE alert_cause SET settled_at = :now WHERE id = :id AND settled_at IS NULL RETURNING alert_id"
)
_LEFT: Final = text("SELECT EXISTS (SELECT FROM alert_cause WHERE alert_id = :id AND settled_at IS NULL)")


def acknowledge(session: Session, scope: Scope, alert_id: UUID, promise: Promise, *, now: datetime) -> Alert:
    """Note who takes an alert on and what they are going to do; without a closing it is raised again later.

    A RED or ORANGE alert is taken on by a doctor or the clinic's manager (4.6). Raises `Conflict` when it is closed or
    somebody has acknowledged it.
    """
    alert = _locked(session, scope, alert_id)
    _require_right(scope, alert)
    if alert.status != AlertStatus.OPEN:
        closed = alert.status == AlertStatus.CLOSED
        raise Conflict("it is closed" if closed else "somebody has taken it on", code=f"alert-{alert.status}")
    alert.status, alert.promise = AlertStatus.ACKNOWLEDGED.value, promise.value
    alert.acknowledged_at, alert.acknowledged_by = now, scope.actor
    alert.version += 1
    lives.plan_look(alert)
    session.flush()
    lives.tell(session, alert, Happening.ACKNOWLEDGED, actor=scope.actor, now=now)
    session.flush()
    return alert


def close(
    session: Session, scope: Scope, alert_id: UUID, outcome: AlertOutcome, note: str | None, *, now: datetime
) -> Alert:
    """Close an alert with what was done. A RED one, and an unusual outcome, need words too; RED is checked in 14 days.

    Raises `Conflict` when it is closed already.
    """
    alert = _locked(session, scope, alert_id)
    _require_right(scope, alert)
    said = (note or "").strip()
    if not said and (alert.tier == AlertTier.RED or outcome in _NEEDS_WORDS):
        raise invalid("/note", "missing", "what was done, in words: a red alert and this outcome need them")
    problems = close_problems(lives.state_of(alert), reader=scope.actor, action=outcome.value, at=now)
    if CloseProblem.CLOSED in problems:
        raise Conflict("it is closed", code="alert-closed")
    if problems:
        raise Conflict("it was raised after this moment: look at it again", code="alert-changed")
    _end(session, alert, by=scope.actor, outcome=outcome, now=now, note=said or None)
    return alert


def by_contact(
    session: Session, scope: Scope, patient_id: UUID, *, until: datetime, known: datetime, by: str, now: datetime
) -> int:
    """Close the alerts of a person's critical readings that a follow-up answers; return how many.

    Answered is what was taken before `until` and had arrived by `known`, the moment of recording. `by` names the
    follow-up ("followup:<id>"): who made it and what was done stands there.
    """
    waiting = [
        each
        for each in _of_person(session, scope, patient_id)
        if each.rule in CRITICAL_VALUES and each.last_at < until and each.last_arrived_at <= known
    ]
    for alert in waiting:
        _end(session, alert, by=by, outcome=AlertOutcome.CONTACT, now=now)
    return len(waiting)


def contact_undone(
    session: Session, scope: Scope, patient_id: UUID, *, by: Sequence[str], since: datetime, now: datetime
) -> int:
    """Raise again the alerts that a follow-up had answered which never was, or was on another day; return how many.

    `by` names the follow-up as `by_contact` was told. What is older than `since` stays closed, and where another alert
    of the rule is open, that one stands.
    """
    open_rules = {each.rule for each in _of_person(session, scope, patient_id)}
    raised = 0
    for alert in queries.closed_by(session, scope, patient_id, by, since=since):
        if alert.rule in open_rules:
            continue
        open_rules.add(alert.rule)
        alert.closed_at = alert.closed_by = alert.outcome = alert.note = alert.check_by = None
        raising.again(alert, now=now)
        session.flush()
        lives.tell(session, alert, Happening.AGAIN, actor=scope.actor, now=now)
        raised += 1
    session.flush()
    if raised:
        touched.mark(session, [patient_id], at=now, topics=(touched.FOLLOWUPS,))
    return raised


def care_ended(session: Session, scope: Scope, patient_id: UUID, outcome: AlertOutcome, *, now: datetime) -> int:
    """Close what is left of a person who has died or is no longer cared for; return how many."""
    waiting = _of_person(session, scope, patient_id)
    for alert in waiting:
        _end(session, alert, by=scope.actor, outcome=outcome, now=now)
    return len(waiting)


def reviewed(session: Session, scope: Scope, cause_id: UUID, *, now: datetime) -> None:
    """Note that a held reading was settled by a person; the alert is closed when none behind it is left."""
    _settle(session, scope, cause_id, AlertOutcome.REVIEWED, now=now)


def withdrawn(session: Session, scope: Scope, patient_id: UUID, cause_ids: Sequence[UUID], *, now: datetime) -> None:
    """Note that a reading of a person was taken back; its alert is closed when nothing else is behind it."""
    session.execute(_PERSON, {"id": patient_id})
    for each in cause_ids:
        _settle(session, scope, each, AlertOutcome.WITHDRAWN, now=now)


def _settle(session: Session, scope: Scope, cause_id: UUID, outcome: AlertOutcome, *, now: datetime) -> None:
    alert_id = session.scalar(_SETTLE, {"id": cause_id, "now": now})
    if alert_id is None or session.scalar(_LEFT, {"id": alert_id}):
        return
    query = select(Alert).where(col(Alert.id) == alert_id).with_for_update().execution_options(populate_existing=True)
    alert = session.scalars(query).one_or_none()
    if alert is not None and alert.status != AlertStatus.CLOSED:
        _end(session, alert, by=scope.actor, outcome=outcome, now=now)


def end(session: Session, scope: Scope, alerts: Sequence[Alert], outcome: AlertOutcome, *, now: datetime) -> None:
    """Close alerts of the service's own finding that no longer hold."""
    for alert in alerts:
        _end(session, alert, by=scope.actor, outcome=outcome, now=now)


def _locked(session: Session, scope: Scope, alert_id: UUID) -> Alert:
    """Find an alert, then lock its person and it: in this order, as whoever raises does."""
    found = queries.get(session, scope, alert_id)
    if found.patient_id is not None:
        session.execute(_PERSON, {"id": found.patient_id})
    return queries.get(session, scope, alert_id, for_update=True)


def _of_person(session: Session, scope: Scope, patient_id: UUID) -> list[Alert]:
    session.execute(_PERSON, {"id": patient_id})
    return queries.unclosed(session, scope, [patient_id])


def _require_right(scope: Scope, alert: Alert) -> None:
    if alert.tier in _URGENT and Right.ANSWER_URGENT_ALERTS not in scope.rights:
        raise Forbidden("a red or orange alert is taken on by a doctor or the clinic's manager", code="doctor-needed")


def _end(
    session: Session, alert: Alert, *, by: str, outcome: AlertOutcome, now: datetime, note: str | None = None
) -> None:
    lives.close_row(alert, by=by, outcome=outcome.value, now=now, note=note)
    alert.check_by = check_by(AlertTier(alert.tier), local_date(now)) if outcome in _CHECKED else None
    session.flush()
    lives.tell(session, alert, Happening.CLOSED, actor=by, now=now, note=note)
    session.flush()
    if alert.patient_id is not None:
        touched.mark(session, [alert.patient_id], at=now, topics=(touched.FOLLOWUPS, touched.RISK))
