"""What time alone does to alerts: told further up when nobody acknowledges, raised again when nothing is done."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from cmc.alerts import lives, queries, raising
from cmc.alerts.codes import Happening
from cmc.alerts.tables import Alert
from cmc.clinical.alert_timing import Level, raised_again, to_tell
from cmc.core.scope import Scope

BATCH: Final = 200


def tick(session: Session, scope: Scope, *, now: datetime) -> int:
    """Do what is due for at most `BATCH` alerts; return how many were looked at. Safe beside itself."""
    found = queries.due(session, scope, now=now, limit=BATCH)
    for alert in found:
        _one(session, scope, alert, now=now)
    return len(found)


def _one(session: Session, scope: Scope, alert: Alert, *, now: datetime) -> None:
    state = lives.state_of(alert)
    if raised_again(state, now=now):
        raising.again(alert, now=now)
        session.flush()
        lives.tell(session, alert, Happening.AGAIN, actor=scope.actor, now=now)
    else:
        for level in to_tell(state, now=now):
            if level is not Level.CLINIC:
                alert.level = level.value
                alert.version += 1
                session.flush()
                lives.tell(session, alert, Happening.ESCALATED, actor=scope.actor, now=now)
    lives.plan_look(alert)
    session.flush()
