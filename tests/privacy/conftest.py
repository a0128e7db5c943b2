"""An installation of one's own: a migrated database whose commits stay, its key file, and people on file."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from cmc.cli import app
from cmc.clinical.codes import Sex
from cmc.core import config, db, key_check, migrations
from cmc.core.clock import LOCAL
from cmc.core.crypto import Keyring
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.organisations import service as organisations
from cmc.organisations.tables import OrganisationKind
from cmc.patients import service as patients
from cmc.patients.protected import Opened
from cmc.patients.schemas import PatientIn
from cmc.patients.tables import Patient


class Installation(NamedTuple):
    """Its database, its data folder and its one clinic."""

    engine: Engine
    url: str
    folder: Path
    clinic_id: UUID

    def keys(self) -> Keyring:
        return config.keyring(config.load())

    def register(self, name: str, keys: Keyring, **more: object) -> UUID:
        wanted = PatientIn(clinic_id=self.clinic_id, name=name, sex=Sex.F, birth_date=date(1950, 1, 1), **more)
        now = datetime(2026, 11, 20, 9, tzinfo=LOCAL)
        with db.transaction(self.engine) as session:
            return patients.register(session, Scope("test"), keys, wanted, now=now, on=now.date()).patient.id

    def names(self, keys: Keyring) -> list[str]:
        with db.read_only(self.engine) as session:
            return [Opened(keys, each).name for each in session.query(Patient).order_by(Patient.id)]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with db.transaction(self.engine) as session:
            return [tuple(row) for row in session.execute(text(query))]

    def run(self, *arguments: str) -> Any:
        return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def installation(
    new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    url = new_database()
    migrations.upgrade(url)
    monkeypatch.setenv("CMC_DATABASE_URL", url)
    monkeypatch.setenv("CMC_DATA_DIR", str(tmp_path))
    engine = db.make_engine(url)
    with db.transaction(engine) as session:
        key_check.require_ours(session, config.keyring(config.load()))
        parent = None
        for kind in (OrganisationKind.REGION, OrganisationKind.DISTRICT, OrganisationKind.CLINIC):
            parent = organisations.add(session, kind, code=kind.value, name=Text(kind.value, kind.value), parent=parent)
    assert parent is not None
    yield Installation(engine, url, tmp_path, parent.id)
    engine.dispose()
