"""The prepared data folder: migrated, with two clinics, the people of eight gateways and a key for each gateway."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Engine

from cmc.accounts import machines
from cmc.accounts.roles import MachineKind
from cmc.clinical.codes import Sex
from cmc.core import clock, crypto, db, migrations, service_role, signed_scope
from cmc.core.config import Settings
from cmc.core.embedded_postgres import running
from cmc.core.scope import system_scope
from cmc.core.text import Text
from cmc.organisations import service as organisations
from cmc.organisations.tables import Organisation, OrganisationKind
from cmc.patients import service as patients
from cmc.patients.schemas import Identifier, PatientIn
from crash.installation import MASTER_KEY
from crash.measuring import IDENTIFIER_SYSTEM, Person

PEOPLE_EACH = 5
_SCOPE = system_scope("command:crash")
_NAME = Text("中心", "Centre")


@dataclass(frozen=True, slots=True)
class Sender:
    """A gateway on file and the people whose readings it sends."""

    key: str
    people: list[Person]


def prepare(data_dir: Path, gateways: int) -> list[Sender]:
    """Make the data folder and stop its server again; return the gateways. Call it in the main thread."""
    keys = crypto.keyring(crypto.decode_master_key(MASTER_KEY))
    with running(data_dir, "crash harness") as url:
        migrations.upgrade(url)
        service_role.keep(url, signed_scope.database_keys(keys), Settings())
        engine = db.make_engine(url)
        try:
            return _fill(engine, keys, gateways)
        finally:
            engine.dispose()


def _fill(engine: Engine, keys: crypto.Keyring, gateways: int) -> list[Sender]:
    now = clock.now()
    with db.transaction(engine) as session:
        region = organisations.add(session, OrganisationKind.REGION, code="12", name=_NAME)
        district = organisations.add(session, OrganisationKind.DISTRICT, code="1201", name=_NAME, parent=region)
        clinics = [
            organisations.add(session, OrganisationKind.CLINIC, code=code, name=_NAME, parent=district)
            for code in ("C1", "C2")
        ]
        senders = []
        for number in range(gateways):
            clinic: Organisation = clinics[number % 2]
            people = []
            for place in range(PEOPLE_EACH):
                known_as = str(100 * number + place)
                wanted = PatientIn(
                    clinic_id=clinic.id,
                    name="王建国",
                    sex=Sex.M,
                    birth_date=date(1950 + number, 1 + place, 3),
                    identifiers=[Identifier(system=IDENTIFIER_SYSTEM, value=known_as)],
                )
                made = patients.register(session, _SCOPE, keys, wanted, now=now, on=clock.local_date(now)).patient
                people.append(Person(str(made.id), str(clinic.id), known_as, calm=place % 2 == 0))
            _, key = machines.add(
                session, _SCOPE, keys, MachineKind.GATEWAY, name=f"hub {number}", organisation_id=clinic.id, now=now
            )
            senders.append(Sender(key, people))
    return senders
