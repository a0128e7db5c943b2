"""The plain lists of the API: routers in the order of the documentation, lean routes, what /metrics reads."""

from fastapi import APIRouter

from cmc.accounts import queries as accounts_queries
from cmc.accounts import routes as accounts
from cmc.alerts import metrics as alert_metrics
from cmc.alerts import routes as alerts
from cmc.audit import routes as audit
from cmc.audit.naming import NamesOf
from cmc.charts import routes as charts
from cmc.core.metrics import Sampler, sample_jobs
from cmc.core.polling import Part
from cmc.core.state import Teller
from cmc.devices import routes as devices
from cmc.duplicates import routes as duplicates
from cmc.exchange import routes as exchange
from cmc.exchange import telling as exchange_telling
from cmc.exchange.exports import routes as exports
from cmc.followups import routes as followups
from cmc.followups.planning import routes as planning
from cmc.followups.rulebook import routes as rulebook
from cmc.followups.visits import routes as visits
from cmc.indicators import polls
from cmc.indicators import routes as indicators
from cmc.indicators.insight import routes as insight
from cmc.ingest import routes as ingest
from cmc.ingest import telling as ingest_telling
from cmc.organisations import routes as organisations
from cmc.outbox import routes as outbox
from cmc.outbox import telling as outbox_telling
from cmc.patients import routes as patients
from cmc.patients import telling as patients_telling
from cmc.printing import routes as printing
from cmc.privacy import routes as privacy
from cmc.readings import routes as readings
from cmc.recalls import routes as recalls
from cmc.records import routes as records
from cmc.records.favourites import routes as favourites
from cmc.records.medical import routes as medical
from cmc.referrals import routes as referrals
from cmc.reminders import routes as reminders
from cmc.reports import routes as reports
from cmc.risk import routes as risk
from cmc.screening import routes as screening

ROUTERS: tuple[APIRouter, ...] = (
    accounts.router,
    organisations.router,
    patients.router,
    duplicates.router,
    records.router,
    medical.router,
    favourites.router,
    charts.router,
    ingest.router,  # before devices: /v1/devices/health is no device
    devices.router,
    readings.router,
    alerts.router,
    outbox.router,
    risk.router,
    followups.router,
    visits.router,
    rulebook.router,
    planning.router,
    recalls.router,
    referrals.router,
    reminders.router,
    screening.router,
    indicators.router,
    reports.router,
    insight.router,
    audit.router,
    printing.router,
    privacy.router,
    exchange.router,
    exports.router,
)

LEAN = ingest.LEAN
"""Routes that are called without FastAPI on the way, by method and path."""

POLLED: dict[str, Part] = {"/v1/indicator-values": polls.STAMPS}
"""Routes whose unchanged answers come from memory (`cmc/core/polling.py`), each with what its answers hang on."""

SAMPLERS: tuple[Sampler, ...] = (
    sample_jobs,
    alert_metrics.sample_open_alerts,
)

TELLERS: tuple[Teller, ...] = (
    ingest_telling.tell_last_message,
    ingest_telling.tell_held,
    patients_telling.tell_marks,
    outbox_telling.tell_deliveries,
    exchange_telling.tell_imports,
)
"""What /v1/state tells, a line each."""

ACTOR_NAMES: NamesOf = accounts_queries.called
"""Who the actors of the audit trail are, by name."""
