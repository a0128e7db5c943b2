"""An alert's life in the database: what the pure rules of time say of a row, and what is noted and told of a step."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.alerts.codes import AlertStatus, Happening
from cmc.alerts.tables import Alert, AlertEvent
from cmc.clinical.alert_facts import AlertRule
from cmc.clinical.alert_timing import STORM_WINDOW, AlertState, Level, next_look, storm
from cmc.clinical.codes import AlertTier
from cmc.core.scope import Scope
from cmc.outbox import service as outbox
from cmc.outbox.codes import EventKind

_LEVELS: Final = tuple(Level)
_OF_LEVEL: Final = {
    Level.MANAGER: EventKind.ALERT_ESCALATED_MANAGER,
    Level.DISTRICT: EventKind.ALERT_ESCALATED_DISTRICT,
}
_OF_HAPPENING: Final = {
    Happening.RAISED: EventKind.ALERT_RAISED,
    Happening.AGAIN: EventKind.ALERT_RAISED_AGAIN,
    Happening.ACKNOWLEDGED: EventKind.ALERT_ACKNOWLEDGED,
    Happening.CLOSED: EventKind.ALERT_CLOSED,
}
_RECENT: Final = text(
    "SELECT clinic_id, raised_at FROM alert WHERE source = :source AND raised_at > :since AND raised_at <= :now"
)


def state_of(alert: Alert) -> AlertState:
    """An alert as the rules of time see it. Its causes are told apart by the database."""
    reached = _LEVELS.index(Level(alert.level))
    return AlertState(
        rule=AlertRule(alert.rule),
        tier=AlertTier(alert.tier),
        cause="",
        raised_at=alert.raised_at,
        acknowledged_at=alert.acknowledged_at,
        closed_at=alert.closed_at,
        told=frozenset(_LEVELS[: reached + 1]),
    )


def plan_look(alert: Alert) -> None:
    """Note when time alone will change something next."""
    alert.next_look_at = next_look(state_of(alert))


def tell(
    session: Session,
    alert: Alert,
    happening: Happening,
    *,
    actor: str,
    now: datetime,
    note: str | None = None,
    quiet: bool = False,
) -> None:
    """Note a step in the alert's history and tell it to who subscribed, in the transaction of the step."""
    session.add(
        AlertEvent(
            alert_id=alert.id,
            happening=happening.value,
            at=now,
            actor=actor,
            tier=alert.tier,
            level=alert.level if happening is Happening.ESCALATED else None,
            promise=alert.promise if happening is Happening.ACKNOWLEDGED else None,
            outcome=alert.outcome if happening is Happening.CLOSED else None,
            note=note,
        )
    )
    kind = _OF_LEVEL[Level(alert.level)] if happening is Happening.ESCALATED else _OF_HAPPENING[happening]
    outbox.emit(session, kind, alert.clinic_id, told(alert), now=now, quiet=quiet)


def told(alert: Alert) -> dict[str, str | None]:
    """What others are told of an alert: ids and codes, nobody's name, value or disease."""
    clinic: UUID | None = alert.clinic_id
    return {
        "alert_id": str(alert.id),
        "clinic_id": None if clinic is None else str(clinic),
        "tier": alert.tier,
        "status": alert.status,
        "level": alert.level,
    }


def tell_raised(session: Session, scope: Scope, alerts: Sequence[tuple[Alert, Happening]], *, now: datetime) -> None:
    """Tell of alerts that were raised or raised again; when their sender raises too many of a clinic, one message to
    that clinic stands for all. Other clinics of the same sender (a region's gateway, the worker) are told as ever.

    Each alert is there and shown, and webhooks are told of each: only text messages and e-mails are bundled.
    """
    if not alerts:
        return
    recent: dict[UUID | None, list[datetime]] = defaultdict(list)
    for row in session.execute(_RECENT, {"source": scope.actor, "since": now - STORM_WINDOW, "now": now}):
        recent[row.clinic_id].append(row.raised_at)
    stormy = {clinic for clinic, raised in recent.items() if storm(raised, now=now)}
    for alert, happening in alerts:
        tell(session, alert, happening, actor=scope.actor, now=now, quiet=alert.clinic_id in stormy)
    window = int(now.timestamp() // STORM_WINDOW.total_seconds())
    for clinic in sorted({alert.clinic_id for alert, _ in alerts if alert.clinic_id in stormy}, key=str):
        whose = None if clinic is None else str(clinic)
        once = f"storm:{scope.actor}:{whose}:{window}"
        outbox.emit(session, EventKind.ALERT_STORM, clinic, {"clinic_id": whose}, now=now, once=once)


def close_row(alert: Alert, *, by: str, outcome: str, now: datetime, note: str | None = None) -> None:
    """Write the end of an alert into its row."""
    alert.status, alert.outcome = AlertStatus.CLOSED.value, outcome
    alert.closed_at, alert.closed_by, alert.note = now, by, note
    alert.next_look_at = None
    alert.version += 1
