"""One real PostgreSQL for the whole run, migrated once; each test in a transaction that is rolled back."""

import functools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, make_url, text
from sqlalchemy.orm import Session
from xdist.scheduler import LoadScopeScheduling

from cmc.accounts import passwords, sessions
from cmc.accounts.passwords import Profile
from cmc.accounts.roles import Role
from cmc.accounts.sessions import Browser
from cmc.accounts.tables import AppUser, RoleGrant
from cmc.clinical.codes import Disease, Sex
from cmc.core import clock, crypto, db, log, migrations, service_role, signed_scope
from cmc.core.clock import LOCAL
from cmc.core.config import Settings
from cmc.core.embedded_postgres import running
from cmc.core.scope import Scope, system_scope
from cmc.core.signed_scope import DatabaseKeys
from cmc.core.text import Text
from cmc.main import build
from cmc.organisations import service as organisations
from cmc.organisations.tables import Organisation, OrganisationKind
from cmc.patients import enrolling
from cmc.patients import service as patients
from cmc.patients.schemas import EnrolmentIn, PatientIn
from cmc.patients.tables import Enrolment, Patient

ORIGIN = "http://testserver"
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=LOCAL)
PASSWORD = "correct horse battery staple"
PASSWORD_HASH = passwords.hashed(PASSWORD)
SignIn = Callable[..., dict[str, str]]


def signed_in(
    session: Session, *roles: Role, at: Organisation | None = None, names: bool = False, login: str | None = None
) -> dict[str, str]:
    """Store a user with these roles and an open session; returns the headers that a browser would send."""
    now = clock.now()
    user = AppUser(
        login=login or f"u{uuid4().hex[:12]}",
        display_name="测试",
        password_hash=PASSWORD_HASH,
        password_changed_at=now,
        created_at=now,
    )
    session.add(user)
    session.flush()
    node = at.id if at else None
    session.add_all(
        RoleGrant(
            user_id=user.id, role=role.value, organisation_id=node, with_names=names, granted_by="test", granted_at=now
        )
        for role in roles
    )
    opened = sessions.open_session(session, user, Browser("::1", "test"), profile=Profile.ASVS, now=now)
    return {"Cookie": f"cmc={opened.cookie}", "Origin": ORIGIN}


_LONGEST_FIRST = ("crash", "browser", "fuzz", "runtime", "simulation")
_TOGETHER = ("browser",)
"""Folders whose files share something dear: one process runs them all."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that the processes of `make test` end together."""
    rank = {name: place for place, name in enumerate(_LONGEST_FIRST)}
    items.sort(key=lambda item: rank.get(item.nodeid.split("/")[1], len(rank)))


class _WholeFiles(LoadScopeScheduling):
    """Gives each file, as a whole, to one of the processes of `make test`."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        folder = file.split("/")[1]
        return folder if folder in _TOGETHER else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return _WholeFiles(config, log)


@pytest.fixture(scope="session", autouse=True)
def _logs_as_in_production() -> None:
    log.configure("tests")


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The server of CMC_TEST_DATABASE_URL, else an embedded one in a folder of its own."""
    with ExitStack() as stack:
        if url := os.environ.get("CMC_TEST_DATABASE_URL"):
            yield url
        else:
            folder = Path(tempfile.mkdtemp(prefix="cmc-test-"))
            folder.chmod(0o711)
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            yield stack.enter_context(running(folder))


@pytest.fixture(scope="session")
def new_database(server_url: str) -> Iterator[Callable[[], str]]:
    """Make an empty database and return its URL; all are dropped at the end."""
    admin = db.make_engine(server_url).execution_options(isolation_level="AUTOCOMMIT")
    made: list[str] = []

    def make() -> str:
        name = f"cmc_test_{uuid4().hex[:12]}"
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
        made.append(name)
        return make_url(server_url).set(database=name).render_as_string(hide_password=False)

    yield make
    with admin.connect() as connection:
        for name in made:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
            connection.execute(text(f"DROP ROLE IF EXISTS {service_role.role_of(name)}"))
    admin.dispose()


@pytest.fixture(scope="session")
def database_url(new_database: Callable[[], str], database_keys: DatabaseKeys) -> str:
    """A migrated database, with its owner's log-in."""
    url = new_database()
    migrations.upgrade(url)
    service_role.keep(url, database_keys, Settings())
    return url


@pytest.fixture(scope="session")
def engine(database_url: str, database_keys: DatabaseKeys) -> Iterator[Engine]:
    """The engine of the running service: its role, under row-level security."""
    engine = db.make_engine(service_role.service_url(database_url, database_keys), keys=database_keys)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def as_service(database_keys: DatabaseKeys) -> Callable[[str], Engine]:
    """as_service(url) → an engine of the service on a migrated database of one's own: its role, its policies."""

    def engine_of(url: str) -> Engine:
        return db.make_engine(service_role.keep(url, database_keys, Settings()), keys=database_keys)

    return engine_of


@pytest.fixture(scope="session")
def owner(database_url: str) -> Iterator[Engine]:
    """The engine of the same database's owner, whom nothing limits."""
    engine = db.make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection whose transaction is rolled back after the test; sessions on it use savepoints."""
    with engine.connect() as connection, connection.begin() as outer:
        yield connection
        outer.rollback()


@pytest.fixture
def session(connection: Connection, scope: Scope) -> Iterator[Session]:
    with db.transaction(connection, scope) as session:
        yield session


@pytest.fixture
def transaction(connection: Connection) -> db.Transaction:
    """What a job is given."""
    return lambda: db.transaction(connection, system_scope("job:test"))


@pytest.fixture(scope="session")
def keys() -> crypto.Keyring:
    return crypto.keyring(bytes(range(32)))


@pytest.fixture(scope="session")
def database_keys(keys: crypto.Keyring) -> DatabaseKeys:
    return signed_scope.database_keys(keys)


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def scope() -> Scope:
    return Scope(actor="test")


@pytest.fixture
def app(connection: Connection, keys: crypto.Keyring) -> FastAPI:
    return build(connection, keys)


@pytest.fixture
def sign_in(session: Session) -> SignIn:
    """sign_in(Role.NURSE, at=clinic) → the headers of a browser in which such a user is signed in."""
    return functools.partial(signed_in, session)


@pytest.fixture(scope="session")
def really_signed_in() -> Callable[..., dict[str, str]]:
    """really_signed_in(engine, Role.NURSE, at=clinic) → headers; a new user each time, committed and left there."""

    def sign_in_there(there: Engine, *roles: Role, at: Organisation | None = None) -> dict[str, str]:
        with db.transaction(there) as session:
            return signed_in(session, *roles, at=at)

    return sign_in_there


@pytest.fixture
def sign_in_at(engine: Engine, owner: Engine) -> Iterator[Callable[[Engine], dict[str, str]]]:
    """sign_in_at(engine) → the headers of a user with every right, really committed; the shared database forgets it."""
    made: list[str] = []

    def sign_in_really(there: Engine) -> dict[str, str]:
        login = f"u{uuid4().hex[:12]}"
        with db.transaction(there) as session:
            headers = signed_in(session, *Role, login=login)
        if there.url in {engine.url, owner.url}:
            made.append(login)
        return headers

    yield sign_in_really
    for login in made:
        with db.transaction(owner) as session:
            for table in ("auth_session", "role_grant"):
                whose = "user_id = (SELECT id FROM app_user WHERE login = :login)"
                session.execute(text(f"DELETE FROM {table} WHERE {whose}"), {"login": login})  # noqa: S608
            session.execute(text("DELETE FROM app_user WHERE login = :login"), {"login": login})


@pytest.fixture
def client(app: FastAPI, sign_in: SignIn) -> Iterator[TestClient]:
    """An HTTP client with every right everywhere; a fault of ours comes back as the 500 that a user would see."""
    with TestClient(app, raise_server_exceptions=False, headers=sign_in(*Role)) as client:
        yield client


@pytest.fixture
def region(session: Session) -> Organisation:
    return organisations.add(session, OrganisationKind.REGION, code="120000", name=Text("天津市", "Tianjin"))


@pytest.fixture
def district(session: Session, region: Organisation) -> Organisation:
    name = Text("河西区", "Hexi District")
    return organisations.add(session, OrganisationKind.DISTRICT, code="120103", name=name, parent=region)


MakeClinic = Callable[..., Organisation]
MakePatient = Callable[..., Patient]
MakeEnrolment = Callable[..., Enrolment]


@pytest.fixture
def make_clinic(session: Session, district: Organisation) -> MakeClinic:
    """make_clinic(code="C1") → a clinic of the district."""

    def make(code: str = "C1", *, parent: Organisation = district) -> Organisation:
        name = Text(f"{code}慢病管理中心", f"CMC {code}")
        return organisations.add(session, OrganisationKind.CLINIC, code=code, name=name, parent=parent)

    return make


@pytest.fixture
def clinic(make_clinic: MakeClinic) -> Organisation:
    return make_clinic()


@pytest.fixture
def make_patient(session: Session, scope: Scope, keys: crypto.Keyring, clinic: Organisation) -> MakePatient:
    """make_patient(name="王建国", birth_date=…) → a person on file at the clinic."""

    def make(
        name: str = "王建国",
        *,
        birth_date: date = date(1960, 5, 4),
        sex: Sex = Sex.M,
        clinic_id: UUID = clinic.id,
        **more: object,
    ) -> Patient:
        wanted = PatientIn(clinic_id=clinic_id, name=name, birth_date=birth_date, sex=sex, **more)
        return patients.register(session, scope, keys, wanted, now=NOW, on=TODAY).patient

    return make


@pytest.fixture
def make_enrolment(session: Session, scope: Scope) -> MakeEnrolment:
    """make_enrolment(patient, Disease.HTN, enrolled_on=…) → an active enrolment."""

    def make(
        patient: Patient, disease: Disease = Disease.HTN, *, enrolled_on: date = date(2024, 1, 10), **more: object
    ) -> Enrolment:
        wanted = EnrolmentIn(
            disease=disease,
            enrolled_on=enrolled_on,
            confirmed_on=enrolled_on,
            confirmed_at="市第一医院",
            consent=True,
            **({"doctor": "赵医生"} | more),
        )
        return enrolling.enrol(session, scope, patient.id, wanted, now=NOW, on=TODAY)

    return make
