"""The one list of the worker's recurring jobs."""

from cmc.accounts import jobs as accounts
from cmc.alerts import jobs as alerts
from cmc.audit import jobs as audit
from cmc.core.jobs import Job
from cmc.duplicates import jobs as duplicates
from cmc.exchange import jobs as exchange
from cmc.followups import jobs as followups
from cmc.indicators import jobs as indicators
from cmc.outbox import jobs as outbox
from cmc.privacy import jobs as privacy
from cmc.reminders import jobs as reminders
from cmc.risk import jobs as risk

JOBS: tuple[Job, ...] = (
    *accounts.JOBS,
    *duplicates.JOBS,
    *alerts.JOBS,
    *outbox.JOBS,
    *risk.JOBS,
    *followups.JOBS,
    *reminders.JOBS,
    *indicators.JOBS,
    *audit.JOBS,
    *privacy.JOBS,
    *exchange.JOBS,
)
