"""Two clinics with a person each, and raw SQL as an intruder in the service would send it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from cmc.clinical.codes import Disease, Sex
from cmc.core import clock, crypto, db, migrations, service_role, signed_scope
from cmc.core.config import Settings
from cmc.core.scope import Scope, system_scope
from cmc.core.signed_scope import DatabaseKeys
from cmc.core.text import Text
from cmc.followups import service as followups
from cmc.followups.schemas import FollowupIn
from cmc.ingest import keeping
from cmc.ingest import service as ingest
from cmc.ingest.formats import native
from cmc.organisations import service as organisations
from cmc.organisations.tables import Organisation, OrganisationKind
from cmc.patients import enrolling
from cmc.patients import service as patients
from cmc.patients.schemas import EnrolmentIn, Identifier, PatientIn
from cmc.records import annual_exams
from cmc.records.annual_exam_schemas import AnnualExamIn

SYSTEM = system_scope("command:test")
DAY = date(2026, 9, 1)


class Region(NamedTuple):
    """A committed database: three clinics, a managed person in each of the first two."""

    url: str
    engine: Engine
    owner: Engine
    keys: DatabaseKeys
    clinics: list[UUID]
    people: list[UUID]
    enrolments: list[UUID]

    def nurse(self, *clinics: int) -> Scope:
        return Scope("user:nurse", frozenset(self.clinics[each] for each in clinics))

    def node(self, clinic: int) -> Organisation:
        with db.read_only(self.owner) as session:
            return session.get_one(Organisation, self.clinics[clinic])

    @contextmanager
    def raw(self, token: str | None) -> Iterator[Connection]:
        """A transaction of the service's role that shows the database any text as its scope."""
        with self.engine.connect() as connection, connection.begin() as outer:
            if token is not None:
                connection.execute(text("SELECT set_config('cmc.scope', :token, true)"), {"token": token})
            yield connection
            outer.rollback()

    def token(self, scope: Scope, *, age: float = 0) -> str:
        return signed_scope.signed(self.keys, scope, at=clock.epoch_seconds() - age)


@pytest.fixture(scope="module")
def region(new_database: Callable[[], str], keys: crypto.Keyring, database_keys: DatabaseKeys) -> Iterator[Region]:
    url = new_database()
    migrations.upgrade(url)
    engine = db.make_engine(service_role.keep(url, database_keys, Settings()), keys=database_keys)
    owner = db.make_engine(url)
    with db.transaction(engine, SYSTEM) as session:
        top = organisations.add(session, OrganisationKind.REGION, code="12", name=Text("天津", "Tianjin"))
        middle = organisations.add(session, OrganisationKind.DISTRICT, code="1201", name=Text("河西", "H"), parent=top)
        clinics = [
            organisations.add(session, OrganisationKind.CLINIC, code=f"C{n}", name=Text("中心", "C"), parent=middle).id
            for n in range(3)
        ]
    made = [_person(engine, keys, clinics[n], n) for n in range(2)]
    yield Region(url, engine, owner, database_keys, clinics, [p for p, _ in made], [e for _, e in made])
    engine.dispose()
    owner.dispose()


def _person(engine: Engine, keys: crypto.Keyring, clinic_id: UUID, number: int) -> tuple[UUID, UUID]:
    now = clock.now()
    with db.transaction(engine, SYSTEM) as session:
        wanted = PatientIn(
            clinic_id=clinic_id, name="王建国", sex=Sex.M, birth_date=date(1960, 5, 4),
            identifiers=[Identifier(system="his", value=str(number))],
        )  # fmt: skip
        person = patients.register(session, SYSTEM, keys, wanted, now=now, on=DAY).patient
        enrolment = enrolling.enrol(
            session, SYSTEM, person.id,
            EnrolmentIn(disease=Disease.HTN, enrolled_on=DAY, confirmed_on=DAY, confirmed_at="市第一医院", doctor="赵医生", consent=True),
            now=now, on=DAY,
        )  # fmt: skip
        visit = FollowupIn(
            patient_id=person.id, diseases=[Disease.HTN], visited_on=DAY, mode=1, sbp_mmhg=150, dbp_mmhg=92
        )
        followups.record(session, SYSTEM, visit, now=now, on=DAY)
        annual_exams.record(session, SYSTEM, person.id, AnnualExamIn(on=DAY), now=now, on=DAY)
        reading = f'{{"patient_id": "{person.id}", "kind": "glucose", "value": 6.8, "unit": "mmol/L",'
        body = (reading + ' "taken_at": "2026-08-30T07:00:00+08:00"}').encode()
        ingest.store(session, SYSTEM, keeping.Arrival("t", "native", body, keys), native.read(body).items, now=now)
        return person.id, enrolment.id
