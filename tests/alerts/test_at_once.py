"""Gateways, nurses and the worker at once, on real commits: one alert per person and rule, every cause counted once."""

import json
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlmodel import col

from cmc.alerts import jobs, queries, service
from cmc.alerts.codes import AlertOutcome
from cmc.alerts.tables import Alert
from cmc.clinical.codes import Sex
from cmc.core import clock, crypto, db, migrations
from cmc.core.errors import CmcError
from cmc.core.scope import EVERY_RIGHT, Scope, system_scope
from cmc.core.text import Text
from cmc.ingest import keeping
from cmc.ingest import service as ingest
from cmc.ingest.formats import native
from cmc.organisations import service as organisations
from cmc.organisations.tables import OrganisationKind
from cmc.patients import service as patients
from cmc.patients.schemas import PatientIn

from .conftest import NOW

SYSTEM = system_scope("job:test")
DOCTOR = Scope("user:doctor", rights=EVERY_RIGHT)
READINGS = 12


@pytest.fixture
def real(new_database: Callable[[], str], as_service: Callable[[str], Engine]) -> Iterator[Engine]:
    url = new_database()
    migrations.upgrade(url)
    engine = as_service(url)
    yield engine
    engine.dispose()


def _people(engine: Engine, keys: crypto.Keyring) -> tuple[Any, list[Any]]:
    with db.transaction(engine, SYSTEM) as session:
        node = None
        for kind in OrganisationKind:
            node = organisations.add(session, kind, code=kind.value, name=Text("x", "x"), parent=node)
        assert node is not None
        made = [
            patients.register(
                session, SYSTEM, keys,
                PatientIn(clinic_id=node.id, name=f"王{number}", birth_date=NOW.date() - timedelta(days=20000), sex=Sex.M),
                now=NOW, on=NOW.date(),
            ).patient.id
            for number in range(4)
        ]  # fmt: skip
        return node.id, made


def test_gateways_and_workers_at_once_raise_each_alert_once(real: Engine, keys: crypto.Keyring) -> None:
    clinic, people = _people(real, keys)
    bodies = [
        json.dumps(
            {
                "items": [
                    {
                        "patient_id": str(person), "kind": "blood_pressure", "systolic": 200, "diastolic": 100,
                        "unit": "mmHg", "taken_at": (NOW - timedelta(minutes=number + 1)).isoformat(),
                    }
                    for person in random.sample(people, len(people))
                ]
            }
        ).encode()
        for number in range(READINGS)
    ]  # fmt: skip

    def gateway(body: bytes) -> None:
        scope = Scope("gateway:1", frozenset({clinic}))
        with db.transaction(real, scope) as session:
            arrival = keeping.Arrival("gateway:1", "native", body, keys)
            ingest.store(session, scope, arrival, native.read(body).items, now=NOW)

    def worker(_: int) -> None:
        jobs.refresh(lambda: db.transaction(real, SYSTEM), NOW)
        jobs.wait(lambda: db.transaction(real, SYSTEM), NOW + timedelta(minutes=31))

    with ThreadPoolExecutor(6) as pool:
        running = [pool.submit(gateway, body) for body in bodies * 2]  # every batch twice
        running += [pool.submit(worker, number) for number in range(6)]
        for each in running:
            each.result(timeout=60)
    worker(0)
    with db.transaction(real, SYSTEM) as session:
        found = session.execute(select(col(Alert.patient_id), col(Alert.count), col(Alert.status))).all()
        causes = session.scalar(text("SELECT count(*) FROM alert_cause"))
    assert sorted(found) == sorted((person, READINGS, "open") for person in people)
    assert causes == READINGS * len(people)


def test_who_closes_and_what_arrives_at_once_lose_nothing(real: Engine, keys: crypto.Keyring) -> None:
    clinic, people = _people(real, keys)

    def gateway(number: int) -> None:
        item = {"patient_id": str(people[0]), "kind": "glucose", "value": 25, "unit": "mmol/L"}
        body = json.dumps(item | {"taken_at": (NOW - timedelta(minutes=number)).isoformat()}).encode()
        scope = Scope("gateway:1", frozenset({clinic}))
        with db.transaction(real, scope) as session:
            arrival = keeping.Arrival("gateway:1", "native", body, keys)
            ingest.store(session, scope, arrival, native.read(body).items, now=clock.now())

    def doctor(_: int) -> None:
        with db.transaction(real, SYSTEM) as session:
            open_ones = [each.id for each in queries.unclosed(session, SYSTEM, [people[0]])]
        for each in open_ones:
            try:
                with db.transaction(real, DOCTOR) as session:
                    service.close(session, DOCTOR, each, AlertOutcome.CALLED, "x", now=clock.now())
            except CmcError as error:
                assert error.status == 409  # somebody was quicker  # noqa: PT017

    with ThreadPoolExecutor(6) as pool:
        running = [pool.submit(gateway if number % 2 else doctor, number) for number in range(1, 41)]
        for each in running:
            each.result(timeout=60)
    with db.transaction(real, SYSTEM) as session:
        counted = session.scalars(select(col(Alert.count))).all()
        assert sum(counted) == 20
        assert len(queries.unclosed(session, SYSTEM, [people[0]])) <= 1
