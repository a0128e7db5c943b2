"""Every table class of the product, so that migrations and tests see the whole metadata."""

from sqlmodel import SQLModel

from cmc.accounts import tables as accounts
from cmc.alerts import tables as alerts
from cmc.audit import tables as audit
from cmc.charts import tables as charts
from cmc.core import tables as core
from cmc.devices import tables as devices
from cmc.duplicates import tables as duplicates
from cmc.exchange import tables as exchange
from cmc.followups import tables as followups
from cmc.indicators import tables as indicators
from cmc.ingest import tables as ingest
from cmc.organisations import tables as organisations
from cmc.outbox import tables as outbox
from cmc.patients import tables as patients
from cmc.privacy import tables as privacy
from cmc.readings import tables as readings
from cmc.recalls import tables as recalls
from cmc.records import tables as records
from cmc.referrals import tables as referrals
from cmc.reminders import tables as reminders
from cmc.reports import tables as reports
from cmc.risk import tables as risk

DOMAINS = (
    core,
    audit,
    organisations,
    accounts,
    patients,
    duplicates,
    records,
    devices,
    readings,
    ingest,
    charts,
    outbox,
    alerts,
    referrals,
    risk,
    followups,
    recalls,
    reminders,
    indicators,
    privacy,
    exchange,
    reports,
)
METADATA = SQLModel.metadata
