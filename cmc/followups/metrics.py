"""What is counted of follow-up: the critical readings that nobody has answered yet."""

from prometheus_client import Gauge
from sqlalchemy.orm import Session

from cmc.core.scope import system_scope
from cmc.followups import work_list

_open = Gauge("cmc_alert_open", "People with a critical reading that waits for an answer")
_SCOPE = system_scope("metrics")


def sample_open_alerts(session: Session) -> None:
    """Set the gauge from the open tasks of the whole region."""
    _open.set(work_list.people_at_once(session, _SCOPE))
