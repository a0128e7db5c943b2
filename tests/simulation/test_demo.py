"""The demo is the small simulated region: stored once, with an example that the service takes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from cmc import demonstration
from cmc.core import clock, config, db, migrations
from cmc.core.config import Settings
from cmc.core.scope import system_scope
from cmc.ingest import service as ingest
from cmc.ingest.formats import native
from cmc.ingest.keeping import Arrival
from cmc.ingest.results import Status


def test_the_demo_is_stored_once_with_its_truth_beside_it(
    new_database: Callable[[], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = new_database()
    migrations.upgrade(url)
    settings = Settings(data_dir=tmp_path)
    for last in ("Stored 400 demo people", "The demo is complete."):
        demonstration.store(settings, url)
        assert last in capsys.readouterr().err
    assert {path.name for path in (tmp_path / "simulation").iterdir()} == {
        "people.parquet",
        "clinics.parquet",
        "plan.json",
    }
    engine = db.make_engine(url)
    body = demonstration.example_reading(url).encode()
    with db.transaction(engine) as session:
        arrival = Arrival("demo", native.FORMAT.code, body, config.keyring(settings))
        results = ingest.store(session, system_scope("command:test"), arrival, native.read(body).items, now=clock.now())
        latest = session.scalar(text("SELECT max(visited_on) FROM followup"))
    engine.dispose()
    assert [each.status for each in results] == [Status.CREATED]
    assert latest is not None
    assert latest < clock.today()
