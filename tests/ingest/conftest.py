"""Items as gateways send them, and a database of one's own for what needs real commits."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import Engine

from cmc.clinical.codes import Sex
from cmc.core import crypto, db, migrations
from cmc.core.clock import now
from cmc.core.scope import Scope, system_scope
from cmc.core.text import Text
from cmc.organisations import service as organisations
from cmc.organisations.tables import OrganisationKind
from cmc.patients import service as patients
from cmc.patients.schemas import Identifier, PatientIn
from cmc.patients.tables import Patient

Item = dict[str, Any]
MakeItem = Callable[..., Item]


class Served(NamedTuple):
    """A database with one person on file."""

    engine: Engine
    owner: Engine
    patient_id: UUID


@pytest.fixture
def glucose(make_patient: Callable[..., Patient]) -> MakeItem:
    """glucose(value=7.2) → an item of one person."""
    patient_id = str(make_patient(identifiers=[Identifier(system="his", value="880123")]).id)

    def make(**more: Any) -> Item:
        item = {
            "patient_id": patient_id,
            "kind": "glucose",
            "value": 6.1,
            "unit": "mmol/L",
            "taken_at": "2025-11-20T07:00:00+08:00",
            **more,
        }
        return {name: value for name, value in item.items() if value is not None}

    return make


@pytest.fixture
def pressure(glucose: MakeItem) -> MakeItem:
    """pressure(systolic=150) → an item of the same person."""

    def make(**more: Any) -> Item:
        base = {"kind": "blood_pressure", "value": None, "systolic": 138, "diastolic": 86, "unit": "mmHg"}
        return glucose(**(base | more))

    return make


@pytest.fixture
def served(new_database: Callable[[], str], as_service: Callable[[str], Engine]) -> Iterator[Served]:
    url = new_database()
    migrations.upgrade(url)
    engine = as_service(url)
    with db.transaction(engine, system_scope("command:test")) as session:
        region = organisations.add(session, OrganisationKind.REGION, code="12", name=Text("天津", "Tianjin"))
        district = organisations.add(
            session, OrganisationKind.DISTRICT, code="1201", name=Text("河西", "Hexi"), parent=region
        )
        clinic = organisations.add(
            session, OrganisationKind.CLINIC, code="C1", name=Text("中心", "Centre"), parent=district
        )
        wanted = PatientIn(clinic_id=clinic.id, name="王建国", sex=Sex.M, birth_date=date(1960, 5, 4))
        keys = crypto.keyring(bytes(32))
        stored = patients.register(session, Scope("test"), keys, wanted, now=now(), on=date(2026, 11, 20))
        patient_id = stored.patient.id
    owner = db.make_engine(url)
    yield Served(engine, owner, patient_id)
    owner.dispose()
    engine.dispose()
