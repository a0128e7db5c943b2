"""What the tests of alerts share: readings sent as a gateway sends them, the worker's look, an open alert."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.alerts import jobs
from cmc.alerts.tables import Alert
from cmc.core import clock, crypto, db
from cmc.core.clock import LOCAL
from cmc.core.scope import Scope
from cmc.ingest import keeping
from cmc.ingest import service as ingest
from cmc.ingest.formats import native
from cmc.ingest.results import ItemResult
from cmc.organisations.tables import Organisation
from cmc.patients.tables import Patient

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=LOCAL)

Send = Callable[..., list[ItemResult]]
Look = Callable[..., int]


def pressure(
    patient: Patient | None, sbp: int, dbp: int, at: datetime = NOW - timedelta(minutes=1), **more: Any
) -> Any:
    whose = {} if patient is None else {"patient_id": str(patient.id)}
    value = {"kind": "blood_pressure", "systolic": sbp, "diastolic": dbp, "unit": "mmHg"}
    return whose | value | {"taken_at": at.isoformat()} | more


def glucose(patient: Patient | None, value: float, at: datetime = NOW - timedelta(minutes=1), **more: Any) -> Any:
    whose = {} if patient is None else {"patient_id": str(patient.id)}
    return whose | {"kind": "glucose", "value": value, "unit": "mmol/L", "taken_at": at.isoformat()} | more


@pytest.fixture
def send(session: Session, keys: crypto.Keyring, clinic: Organisation) -> Send:
    """send(pressure(person, 190, 100), now=…) → the results; as the gateway of the clinic sends a batch."""

    def send_items(*items: Any, now: datetime = NOW, by: str = "gateway:1") -> list[ItemResult]:
        body = json.dumps({"items": list(items)}).encode()
        scope = Scope(by, frozenset({clinic.id}))
        with db.acting_in(session, scope):
            arrival = keeping.Arrival(by, "native", body, keys)
            return ingest.store(session, scope, arrival, native.read(body).items, now=now)

    return send_items


@pytest.fixture
def look(transaction: db.Transaction) -> Look:
    """look(now=…) → the worker takes the marks, and does what time brings."""

    def look_now(now: datetime = NOW) -> int:
        done = jobs.refresh(transaction, now)
        jobs.wait(transaction, now)
        return done

    return look_now


@pytest.fixture
def alerts(session: Session) -> Callable[..., list[Alert]]:
    """alerts(person) → the person's alerts, the first first; without a person those of things."""

    def found(patient: Patient | None = None) -> list[Alert]:
        session.flush()
        session.expire_all()
        about = col(Alert.patient_id).is_(None) if patient is None else col(Alert.patient_id) == patient.id
        return list(session.scalars(select(Alert).where(about).order_by(col(Alert.id))))

    return found


@pytest.fixture(autouse=True)
def _fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW.astimezone(UTC))
