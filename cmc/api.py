"""The one list of the API's routers, in the order in which the documentation shows them."""

from fastapi import APIRouter

from cmc.followups import routes as followups
from cmc.indicators import routes as indicators
from cmc.ingest import routes as ingest
from cmc.organisations import routes as organisations
from cmc.patients import routes as patients
from cmc.readings import routes as readings
from cmc.records import routes as records

ROUTERS: tuple[APIRouter, ...] = (
    organisations.router,
    patients.router,
    records.router,
    ingest.router,
    readings.router,
    followups.router,
    indicators.router,
)
