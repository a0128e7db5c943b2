"""The service's log-in on servers as operators have them: an owner that is no superuser, one that may not make roles."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError

from cmc import main
from cmc.accounts.roles import Role
from cmc.clinical.codes import Disease, EndReason, EnrolmentState, Sex
from cmc.clinical.enrolment import Change
from cmc.core import config, crypto, db, migrations, service_role
from cmc.core.clock import now
from cmc.core.config import Settings
from cmc.core.operating import OperatorError
from cmc.core.scope import Scope, system_scope
from cmc.core.signed_scope import DatabaseKeys
from cmc.core.text import Text
from cmc.organisations import service as organisations
from cmc.organisations.tables import OrganisationKind
from cmc.patients import enrolling
from cmc.patients import service as patients
from cmc.patients.schemas import EnrolmentIn, PatientIn

from .conftest import DAY, SYSTEM, Region


class Own(NamedTuple):
    """A database whose owner is an ordinary role."""

    url: str
    admin: Engine


@pytest.fixture
def own(new_database: Callable[[], str]) -> Iterator[Own]:
    url = make_url(new_database())
    admin = db.make_engine(url.render_as_string(hide_password=False)).execution_options(isolation_level="AUTOCOMMIT")
    name = f"owner_{uuid4().hex[:8]}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN CREATEROLE NOSUPERUSER"))
        connection.execute(text(f"ALTER DATABASE {url.database} OWNER TO {name}"))
        connection.execute(text(f"ALTER SCHEMA public OWNER TO {name}"))
    yield Own(url.set(username=name).render_as_string(hide_password=False), admin)
    with admin.connect() as connection:
        connection.execute(text(f"REASSIGN OWNED BY {name} TO CURRENT_USER"))
        connection.execute(text(f"DROP OWNED BY {name}"))
        roles = connection.scalars(
            text("SELECT rolname FROM pg_roles WHERE rolname = :r"), {"r": f"{url.database}_app"}
        )
        for role in [*roles, name]:
            connection.execute(text(f"DROP OWNED BY {role}"))
            connection.execute(text(f"DROP ROLE {role}"))
    admin.dispose()


def test_an_owner_that_is_no_superuser_serves_as_well(
    own: Own, keys: crypto.Keyring, database_keys: DatabaseKeys
) -> None:
    """Triggers and functions with the owner's rights work under the policies that hold for the owner's own log-in too."""
    migrations.upgrade(own.url)
    engine = db.make_engine(service_role.keep(own.url, database_keys, Settings()), keys=database_keys)
    service_role.require_limited_login(engine)
    with db.transaction(engine, SYSTEM) as session:
        top = organisations.add(session, OrganisationKind.REGION, code="1", name=Text("市", "City"))
        middle = organisations.add(session, OrganisationKind.DISTRICT, code="2", name=Text("区", "D"), parent=top)
        here, there = (
            organisations.add(session, OrganisationKind.CLINIC, code=code, name=Text("中心", "C"), parent=middle).id
            for code in ("3", "4")
        )
        wanted = PatientIn(clinic_id=here, name="王建国", sex=Sex.M, birth_date=date(1960, 5, 4))
        person = patients.register(session, SYSTEM, keys, wanted, now=now(), on=DAY).patient.id
        enrolment = enrolling.enrol(
            session, SYSTEM, person,
            EnrolmentIn(
                disease=Disease.HTN, clinic_id=there, enrolled_on=date(2026, 1, 1), confirmed_on=date(2026, 1, 1),
                confirmed_at="市第一医院", doctor="赵医生", consent=True,
            ),
            now=now(), on=DAY,
        ).id  # fmt: skip
    seen = {each: Scope("user:n", frozenset({each})) for each in (here, there)}

    def sees() -> list[int]:
        found = []
        for scope in seen.values():
            with db.transaction(engine, scope) as session:
                found.append(session.scalar(text("SELECT count(*) FROM patient")) or 0)
        return found

    assert sees() == [1, 1]
    with db.transaction(engine, seen[there]) as session:
        ended = Change(EnrolmentState.TERMINATED, DAY, EndReason.REFUSED)
        enrolling.change(session, seen[there], person, enrolment, ended, now=now(), on=DAY)
    assert sees() == [1, 0]
    with db.transaction(engine) as session:
        session.execute(text("SELECT make_reading_partition('2026-09-01')"))
        session.execute(text("SELECT make_audit_partition('2031-01-01')"))
        assert session.scalar(text("SELECT count(*) FROM patient")) == 0
    engine.dispose()


def test_a_migration_by_such_an_owner_sees_the_rows_it_must_change(own: Own, database_keys: DatabaseKeys) -> None:
    migrations.upgrade(own.url)
    owner = db.make_engine(own.url)
    with owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO receipt (id, received_at, source, format, data_key, body) VALUES (gen_random_uuid(), now(), 'x', 'x', '', '')"
            )
        )
        assert connection.execute(text("UPDATE receipt SET source = 'y'")).rowcount == 1
    with pytest.raises(OperatorError, match="owner"):
        service_role.require_limited_login(owner)
    owner.dispose()


def test_an_owner_that_may_make_no_roles_is_told_what_to_do(own: Own, database_keys: DatabaseKeys) -> None:
    migrations.upgrade(own.url)
    with own.admin.connect() as connection:
        connection.execute(text(f"ALTER ROLE {make_url(own.url).username} NOCREATEROLE"))
    with pytest.raises(OperatorError, match="CMC_APP_DATABASE_URL") as told:
        service_role.keep(own.url, database_keys, Settings())
    assert "\n" not in str(told.value)


def test_a_log_in_made_by_an_administrator_gets_its_rights(
    own: Own, database_keys: DatabaseKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_url(own.url)
    role = f"{url.database}_app"
    with own.admin.connect() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        connection.execute(text(f"ALTER ROLE {url.username} NOCREATEROLE"))
    monkeypatch.setenv("CMC_APP_DATABASE_URL", url.set(username=role).render_as_string(hide_password=False))
    migrations.upgrade(own.url)
    given = service_role.keep(own.url, database_keys, config.load())
    engine = db.make_engine(given, keys=database_keys)
    service_role.require_limited_login(engine)
    with db.transaction(engine, SYSTEM) as session:
        assert session.scalar(text("SELECT count(*) FROM patient")) == 0
        assert session.scalar(text("SELECT guard.whole()"))
    engine.dispose()


def test_the_web_process_refuses_to_serve_as_the_owner(
    region: Region, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMC_APP_DATABASE_URL", region.url)
    monkeypatch.setenv("CMC_DATA_DIR", str(tmp_path))
    with pytest.raises(OperatorError, match="superuser"):
        main.create_app()


def test_the_web_process_logs_in_beside_the_owner_it_is_given(
    region: Region, really_signed_in: Callable[..., dict[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CMC_DATABASE_URL", region.url)
    monkeypatch.setenv("CMC_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CMC_MASTER_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    app = main.create_app()
    with TestClient(app, headers=really_signed_in(region.engine, Role.DOCTOR, at=region.node(0))) as client:
        assert client.get(f"/v1/patients/{region.people[0]}").status_code == 200
        assert app.state.engine.url.username == service_role.role_of(make_url(region.url).database or "")


def test_a_connection_that_died_is_noticed_at_the_scope_and_replaced(region: Region) -> None:
    engine = db.make_engine(region.engine.url.render_as_string(hide_password=False), pool_size=1, keys=region.keys)
    system = system_scope("command:test")
    with db.read_only(engine, system) as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
    with region.owner.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 2000)"), {"pid": pid})
    with pytest.raises(DBAPIError) as lost, db.read_only(engine, system) as session:
        session.execute(text("SELECT 1"))
    assert isinstance(lost.value, OperationalError) or lost.value.connection_invalidated
    with db.read_only(engine, system) as session:
        assert (session.scalar(text("SELECT count(*) FROM patient")) or 0) >= 2
    engine.dispose()


def test_the_password_never_travels_in_clear(region: Region, database_keys: DatabaseKeys) -> None:
    with region.owner.connect() as connection:
        stored = connection.scalar(
            text("SELECT rolpassword FROM pg_authid WHERE rolname = :r"), {"r": region.engine.url.username}
        )
    assert (stored or "").startswith("SCRAM-SHA-256$")
    assert database_keys.password not in (stored or "")
