"""What is counted of alerts: how many wait, by tier and state."""

from prometheus_client import Gauge
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.alerts.codes import AlertStatus
from cmc.alerts.tables import Alert
from cmc.clinical.codes import AlertTier

_open = Gauge("cmc_alert_open", "Alerts that are not closed", ["tier", "status"])
_STATES = (AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED)


def sample_open_alerts(session: Session) -> None:
    """Set the gauge from the alerts of the whole region."""
    query = select(col(Alert.tier), col(Alert.status), func.count()).where(text("alert.status <> 'closed'"))
    found = {(row[0], row[1]): row[2] for row in session.execute(query.group_by(col(Alert.tier), col(Alert.status)))}
    for tier in AlertTier:
        for status in _STATES:
            _open.labels(tier.value, status.value).set(found.get((tier.value, status.value), 0))
