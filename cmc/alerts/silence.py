"""Gateways that fell silent: what used to send and has not for a day. Receipts lie in a layer above: they are named."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.alerts import queries, raising, service
from cmc.alerts.codes import AlertOutcome
from cmc.alerts.found import Found, local
from cmc.clinical.alert_facts import AlertRule, Finding
from cmc.core.scope import Scope
from cmc.core.text import Text

SILENT_AFTER: Final = timedelta(hours=24)
"""A gateway that sent within the week before and is quiet for so long [D]."""
USED_TO_SEND: Final = timedelta(days=7)
_GATEWAYS: Final = text(
    "SELECT m.id, m.name, m.organisation_id, m.revoked_at IS NOT NULL AS revoked,"
    " (SELECT max(r.received_at) FROM receipt AS r WHERE r.source = 'gateway:' || m.id) AS last_at"
    " FROM machine AS m WHERE m.kind = 'gateway'"
    " AND (m.revoked_at IS NULL OR EXISTS (SELECT FROM alert AS a WHERE a.thing_id = m.id AND a.status <> 'closed'))"
)


def listen(session: Session, scope: Scope, *, now: datetime) -> int:
    """Raise an alert for each gateway that fell silent, close it when it sends again; return how many were raised."""
    rows = session.execute(_GATEWAYS).all()
    quiet, fine = [], []
    for row in rows:
        silent = row.last_at is not None and now - row.last_at >= SILENT_AFTER and not row.revoked
        if not silent:
            fine.append(row.id)
        elif now - row.last_at <= SILENT_AFTER + USED_TO_SEND:
            words = Text(f"网关“{row.name}”超过24小时无数据", f"gateway {row.name}: nothing for 24 hours")
            finding = Finding(AlertRule.SILENT_GATEWAY, local(row.last_at), words)
            key = f"{finding.rule.value}:{row.last_at.isoformat()}"
            quiet.append(Found(finding, row.last_at, now, key, thing_id=row.id, clinic_id=row.organisation_id))
    over = queries.unclosed(session, scope, fine, rule=AlertRule.SILENT_GATEWAY)
    service.end(session, scope, over, AlertOutcome.DATA_CAME, now=now)
    return raising.take_in(session, scope, quiet, now=now)
