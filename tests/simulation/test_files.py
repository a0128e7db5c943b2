"""A region as files: the same bytes every time, readable by the imports, and agreeing with one another."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from cmc.cli import app
from cmc.core import clock, db, migrations
from cmc.core.crypto import Keyring
from cmc.core.operating import OperatorError
from cmc.core.scope import system_scope
from cmc.exchange import files as import_files
from cmc.imports import mapping as mappings
from cmc.imports import patients, readings
from cmc.imports.report import report
from cmc.ingest.formats import native
from cmc.ingest.received import Received
from cmc.organisations import queries as organisations
from cmc.simulation import files, store
from cmc.simulation.files import FileFormat, TruthFolder
from cmc.simulation.plan import Plan
from cmc.simulation.region import region

PLAN = Plan(people=150, clinics=2, years=1, seed=3, end=date(2025, 10, 31))
CLINIC = region(PLAN).clinics[0].code
TABLES = (
    "people", "enrolments", "enrolment_events", "visits", "exams", "laboratory", "medicines", "referrals", "emergencies",
    "readings", "truth/people",
)  # fmt: skip


def quietly(*_: object) -> None:
    return None


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("region") / "files"
    files.write(PLAN, found, FileFormat.CSV, progress=quietly)
    return found


@pytest.fixture
def engine(new_database: Callable[[], str]) -> Iterator[Engine]:
    url = new_database()
    migrations.upgrade(url)
    made = db.make_engine(url)
    yield made
    made.dispose()


@pytest.mark.parametrize("how", list(FileFormat))
def test_the_same_plan_writes_the_same_bytes(how: FileFormat, tmp_path: Path) -> None:
    for name in ("one", "other"):
        files.write(PLAN, tmp_path / name, how, progress=quietly)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "other")


def test_csv_and_parquet_hold_the_same_rows(folder: Path, tmp_path: Path) -> None:
    files.write(PLAN, tmp_path / "parquet", FileFormat.PARQUET, progress=quietly)
    counted = json.loads((folder / "plan.json").read_text())["rows"]
    assert set(counted) == set(TABLES)
    for table in TABLES:
        both = [
            pl.read_csv(folder / table / "*.csv", infer_schema=False).height,
            pl.read_parquet(tmp_path / "parquet" / table / "*.parquet").height,
        ]
        assert both == [counted[table]] * 2, table


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OperatorError, match="not empty"):
        files.write(PLAN, tmp_path, FileFormat.CSV, progress=quietly)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_every_line_of_a_hub_is_a_reading_of_the_native_format_and_some_come_twice(folder: Path) -> None:
    lines = [
        line for path in sorted((folder / "gateways").glob("*/*.ndjson")) for line in path.read_bytes().splitlines()
    ]
    items = [native.read(line).items[0] for line in lines]
    assert all(isinstance(item, Received) for item in items)
    distinct = set(lines)
    assert len(distinct) == json.loads((folder / "plan.json").read_text())["rows"]["readings"]
    assert len(distinct) < len(lines) < 1.1 * len(distinct)


def test_the_imports_take_people_and_readings_as_they_are(
    folder: Path, engine: Engine, keys: Keyring, tmp_path: Path
) -> None:
    now, scope = datetime(2025, 11, 1, 4, tzinfo=UTC), system_scope("command:import")
    with db.transaction(engine) as session:
        store.organisations_of(session, PLAN, region(PLAN))
        clinic = organisations.by_code(session, CLINIC)
        assert clinic is not None
        clinic_id = clinic.id

    def transaction() -> object:
        return db.transaction(engine)

    for kind, name in ((mappings.PATIENTS, "people"), (mappings.READINGS, "readings")):
        with (
            import_files.table(folder / name / f"{CLINIC}.csv") as table,
            report(tmp_path / f"{name}.errors.csv") as found,
        ):
            columns = mappings.of_columns(kind, table.columns)
            if kind == mappings.PATIENTS:
                work = patients.run(transaction, scope, keys, clinic_id, table, columns, found, now=now)
            else:
                work = readings.run(transaction, scope, keys, table, columns, found, now=now)
            for _ in work:
                pass
        results = {result: count for result, count in found.counts.results.items() if count}
        assert set(results) <= {"created", "quarantined"}, results
        assert results["created"] > 0.98 * found.counts.read


def test_the_files_and_the_database_tell_of_the_same_region(folder: Path, engine: Engine, keys: Keyring) -> None:
    rows = store.store(engine, keys, PLAN, progress=quietly).rows
    counted = json.loads((folder / "plan.json").read_text())["rows"]
    same = {"people": "patient", "enrolments": "enrolment", "visits": "followup", "exams": "annual_exam"}
    assert {table: counted[table] for table in same} == {table: rows[own] for table, own in same.items()}
    assert counted["readings"] == rows["reading"] + rows.get("held_reading", 0)
    with engine.connect() as connection:
        emergencies = connection.scalar(text("SELECT count(*) FROM followup WHERE emergency_codes <> '{}'"))
        referrals = connection.scalar(text("SELECT count(*) FROM followup WHERE referral_reason IS NOT NULL"))
        noted = connection.scalar(
            text("SELECT count(DISTINCT encounter_id) FROM followup WHERE form ? 'hba1c_percent'")
        )
        results = connection.scalar(text("SELECT count(*) FROM laboratory_result WHERE formula IS NULL"))
    laboratory = pl.read_csv(folder / "laboratory" / "*.csv")
    assert (counted["emergencies"], counted["referrals"]) == (emergencies, referrals)
    assert (laboratory["test"] == "hba1c").sum() == noted
    assert (laboratory["test"] != "hba1c").sum() == results


def test_the_truth_names_who_is_controlled_and_which_clinic_types(tmp_path: Path, folder: Path) -> None:
    people = pl.read_csv(folder / "truth" / "people" / "*.csv")
    assert people["person"].sort().to_list() == list(range(PLAN.people))
    assert people["pressure_controlled_at_end"].dtype == pl.Boolean
    assert people["pressure_controlled_at_end"].mean() > people["pressure_controlled_before"].mean()
    clinics = pl.read_csv(folder / "truth" / "clinics.csv")
    assert {"typed_share", "round_share", "phone_share"} <= set(clinics.columns)
    kept = TruthFolder(PLAN, tmp_path / "truth")
    for drawn in files.draw_all(PLAN, region(PLAN)):
        kept.see(drawn)
    kept.write({"patient": PLAN.people})
    assert pl.read_parquet(tmp_path / "truth" / "people.parquet").height == PLAN.people


@pytest.mark.parametrize("end", ["2199-01-01", "2014-12-31", str(clock.today())])
def test_days_that_cannot_be_simulated_are_told_in_a_line(end: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["simulate", "--people", "9", "--end", end, "--to", str(tmp_path / "out")])
    assert isinstance(done.exception, OperatorError)
    assert not (tmp_path / "out").exists()


def test_the_command_writes_files_without_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMC_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    arguments = ["simulate", "--people", "40", "--years", "1", "--end", "2025-12-31", "--to", str(tmp_path / "out")]
    done = CliRunner().invoke(app, [*arguments, "--format", "parquet"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "40 people of 1 clinics" in " ".join(done.output.split())
    assert pl.read_parquet(tmp_path / "out" / "people" / "*.parquet").height == 40
