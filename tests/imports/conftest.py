"""The command as a user runs it, against a database of one's own."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, select, text
from typer.testing import CliRunner

from cmc.core import config, db, migrations
from cmc.core.text import Text
from cmc.imports.cli import app
from cmc.ingest import receipts
from cmc.ingest.tables import Receipt
from cmc.organisations import service as organisations
from cmc.organisations.tables import OrganisationKind
from cmc.patients.protected import Opened
from cmc.patients.tables import Patient

EXAMPLES = Path(__file__).parents[2] / "cmc" / "imports" / "examples"


class Centre(NamedTuple):
    """A migrated database with one clinic, C1, and the command line on it."""

    engine: Engine
    folder: Path

    def run(self, *arguments: object) -> Any:
        return CliRunner().invoke(app, [str(each) for each in arguments])

    def count(self, table: str) -> int:
        with db.transaction(self.engine) as session:
            return session.scalars(text(f"SELECT count(*) FROM {table}")).one()  # noqa: S608 - our own names

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with db.transaction(self.engine) as session:
            return [tuple(row) for row in session.execute(text(query))]

    def people(self) -> list[Opened]:
        """Everybody on file, in clear."""
        keys = config.keyring(config.load())
        with db.transaction(self.engine) as session:
            return [Opened(keys, each) for each in session.scalars(select(Patient).order_by(Patient.id))]

    def bodies(self) -> list[bytes]:
        """Every receipt as it arrived."""
        keys = config.keyring(config.load())
        with db.transaction(self.engine) as session:
            found = session.scalars(select(Receipt).order_by(Receipt.id)).all()
            return [receipts.opened(keys, each.id, each.data_key, each.body) for each in found]

    def file(self, name: str, content: str, *, encoding: str = "utf-8") -> Path:
        path = self.folder / name
        data = content.encode(encoding)
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path


@pytest.fixture
def centre(new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Centre]:
    url = new_database()
    migrations.upgrade(url)
    monkeypatch.setenv("CMC_DATABASE_URL", url)
    monkeypatch.setenv("CMC_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    engine = db.make_engine(url)
    with db.transaction(engine) as session:
        region = organisations.add(session, OrganisationKind.REGION, code="31", name=Text("上海", "Shanghai"))
        district = organisations.add(
            session, OrganisationKind.DISTRICT, code="3101", name=Text("徐汇", "Xuhui"), parent=region
        )
        organisations.add(session, OrganisationKind.CLINIC, code="C1", name=Text("中心", "Centre"), parent=district)
    yield Centre(engine, tmp_path)
    engine.dispose()
