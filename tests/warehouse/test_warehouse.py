"""The warehouse: what leaves, and that Spark counts cell by cell what PostgreSQL counts."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import product
from pathlib import Path
from uuid import UUID

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from cmc.clinical.codes import Disease, EndReason
from cmc.clinical.medicines import DrugClass, catalogue
from cmc.core import crypto, db, migrations
from cmc.core.clock import LOCAL
from cmc.core.ids import new_id
from cmc.core.operating import OperatorError
from cmc.core.scope import system_scope
from cmc.core.text import Text
from cmc.followups.tables import Task
from cmc.indicators import facts
from cmc.indicators.counting import by_clinic, per_clinic
from cmc.indicators.definitions import COUNTED
from cmc.indicators.definitions.national import glucose_control, pressure_control, standard_management
from cmc.indicators.measure import Measure
from cmc.indicators.periods import Period, year_to_date
from cmc.indicators.store import first_days
from cmc.indicators.variants import Control, DenomPolicy, GlucoseReading, Reading, StandardRule
from cmc.organisations import service as organisations
from cmc.organisations.tables import Organisation, OrganisationKind
from cmc.records.fact_tables import Diagnosis, Examination, HospitalStay, LaboratoryResult, Medication
from cmc.simulation import store
from cmc.simulation.plan import Plan
from cmc.warehouse import exporting, spark
from cmc.warehouse.inputs import INPUTS

from ..indicators.conftest import Histories  # noqa: TID252 - the tests are no package that could be named
from . import jre

SCOPE = system_scope("command:test")
NOW = datetime(2025, 12, 5, 9, tzinfo=LOCAL)
PLAN = Plan(people=250, clinics=3, years=2, seed=11, end=date(2025, 12, 4))
RARE = {"IND-23", "IND-26", "SIMPLE-NOBP", "HEARTS-1"}
"""Numerators that these few people may leave at nothing."""
PERIODS = (year_to_date(2025, 12), year_to_date(2024, 8))


@dataclass(frozen=True)
class Region:
    """A region in a database of its own, and where it was exported to."""

    engine: Engine
    owner: Engine
    folder: Path
    rows: dict[str, int]


def variants() -> list[Measure]:
    """Every option of every parameter once, and all that is published, by year, quarter and month."""
    made = [*COUNTED]
    made += [standard_management(Disease.HTN, denom=policy) for policy in DenomPolicy]
    made += [standard_management(Disease.T2DM, rule=rule) for rule in StandardRule]
    for reading, control in product((Reading.LAST_F2F_FOLLOWUP, Reading.LAST_ANYMODE_FOLLOWUP), Control):
        made.append(pressure_control(reading=reading, control=control))
    wanted = (
        GlucoseReading.LATEST_FOLLOWUP_FBG_REQUIRED,
        GlucoseReading.LATEST_AVAILABLE_FBG,
        GlucoseReading.LATEST_FOLLOWUP_ANY_TYPE,
    )
    made += [glucose_control(reading=each, exclude_hypo=hypo) for each, hypo in product(wanted, (False, True))]
    return made


def odd_lives(session: Session, here: Organisation, there: Organisation) -> None:
    """People whose facts are hard: two clinics, overlapping stints, one day twice, lost and back, withdrawn, dead."""
    chance, stories = random.Random(20), Histories(session, here)
    for number in range(90):
        disease = chance.choice((Disease.HTN, Disease.T2DM))
        person = stories.person(
            date(1940 + chance.randrange(70), 2, 28), died_on=chance.choice((None,) * 8 + (_day(chance),))
        )
        started = _day(chance, years=(2023, 2024, 2025))
        ended = chance.choice((None, started + timedelta(chance.randrange(5, 500))))
        reason = chance.choice(
            (EndReason.MOVED_OUT, EndReason.LOST, EndReason.TRANSFERRED, EndReason.DIAGNOSIS_WITHDRAWN)
        )
        lost = chance.choice((None, started + timedelta(40)))
        back = None if lost is None else chance.choice((None, lost + timedelta(30)))
        closed = {"ended_on": ended, "reason": reason} if ended else {}
        stories.stint(person, started, disease=disease, lost=lost, returned=back, primary=number % 9 > 0, **closed)
        if ended and number % 3:
            stories.stint(
                person, ended - timedelta(chance.choice((-1, 0, 20))), at=chance.choice((here, there)), disease=disease
            )
        for _ in range(chance.randrange(9)):
            on, glucose = _day(chance, years=(2024, 2025)), chance.choice((None, 3900, 6900, 7000, 140_000))
            stories.visit(
                person, on, chance.choice((None, 129, 139, 140, 149, 150)), chance.choice((79, 89, 90)),
                mode=chance.choice((1, 2, 3)), at=chance.choice((here, there)), disease=disease,
                clock=chance.choice((None, time(8), time(15, 30))), fasting=glucose, other=chance.choice((None, 9000, 11_000)),
                missing=chance.choice(((), (), ("sbp_mmhg",), ("adherence",))),
            )  # fmt: skip


def facts_of_the_record(session: Session) -> None:
    """Of everybody some laboratory results, examinations, medicines, diagnoses, stays and tasks, some taken back."""
    chance = random.Random(21)
    statin = next(each.code for each in catalogue().medicines.values() if each.has(DrugClass.STATIN))
    for patient_id, clinic_id in session.execute(text("SELECT id, clinic_id FROM patient ORDER BY id")).all():
        due = _day(chance)
        closed = datetime.combine(due + timedelta(chance.randrange(-10, 11)), time(9), LOCAL)
        disease, status = chance.choice(list(Disease)), chance.choice(("done", "done", "open", "cancelled"))
        session.add(
            Task(
                patient_id=patient_id, clinic_id=clinic_id, disease=disease.value, kind="routine", cause="case:20",
                urgency=1, due_on=due, reason_zh="例", reason_en="case", status=status, opened_at=NOW,
                closed_at=None if status == "open" else closed, closed_by=None if status == "open" else "case",
            )
        )  # fmt: skip
        for _ in range(chance.randrange(6)):
            on, row_id = _day(chance, years=(2024, 2025)), new_id()
            ended = chance.choice((None, on + timedelta(chance.randrange(300))))
            kept = {
                "id": row_id, "fact_id": row_id, "patient_id": patient_id, "clinic_id": clinic_id, "happened_on": on,
                "source": "typed", "actor": "t", "recorded_at": NOW,
            }  # fmt: skip
            number = chance.choice(("6.9", "7.0", "1.79", "2.6", "60", "9.1", "99999"))
            result = {
                "analyte": chance.choice(("HBA1C", "HBA1C", "LDL", "HDL", "EGFR", "UACR", "CREATININE", "K")),
                "written": number, "written_unit": "", "value": number, "range_of_laboratory": False, "flag": "NORMAL",
                "is_critical": False,
            }  # fmt: skip
            code = chance.choice(("I25.1", "N18.5", "Z99.2", "O24", "Z51.5", "J00", None))
            kind, columns = chance.choice(
                (
                    (LaboratoryResult, result),
                    (LaboratoryResult, result),
                    (Examination, {"kind": chance.choice(("eye", "foot", "nerve", "ecg")), "findings": {}}),
                    (Medication, {"name": "药", "medicine_code": chance.choice((statin, None)), "stopped_on": ended}),
                    (Diagnosis, {"icd10": code, "condition": None if code else "PREGNANT", "ended_on": ended}),
                    (HospitalStay, {"institution": "市医院"}),
                )
            )
            session.add(kind(**kept, **columns))
            session.flush()
            if chance.randrange(6) == 0:
                taken_back = {"id": new_id(), "replaces_id": row_id, "reason": "误录", "is_retracted": True}
                session.add(kind(**(kept | taken_back), **columns))


def _day(chance: random.Random, *, years: Sequence[int] = (2025,)) -> date:
    return date(chance.choice(years), 1, 1) + timedelta(chance.randrange(330))


@pytest.fixture(scope="module")
def region(
    new_database: Callable[[], str], as_service: Callable[[str], Engine], keys: crypto.Keyring,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Region]:  # fmt: skip
    url = new_database()
    migrations.upgrade(url)
    owner, engine = db.make_engine(url), as_service(url)
    store.store(owner, keys, PLAN, progress=lambda *_: None)
    with db.transaction(owner) as session:
        top = session.execute(text("SELECT id FROM organisation WHERE kind = 'district' LIMIT 1")).scalar_one()
        parent = session.get_one(Organisation, top)
        clinics = [
            organisations.add(session, OrganisationKind.CLINIC, code=code, name=Text(code, code), parent=parent)
            for code in ("W1", "W2")
        ]
        odd_lives(session, *clinics)
        facts_of_the_record(session)
    folder = tmp_path_factory.mktemp("warehouse") / "export"
    rows = exporting.export(engine, SCOPE, keys, folder, now=NOW)
    yield Region(engine, owner, folder, rows)
    owner.dispose()
    engine.dispose()


def by_postgresql(engine: Engine, period: Period, measures: Sequence[Measure]) -> dict[UUID, tuple[int, ...]]:
    with db.transaction(engine, SCOPE) as session:
        query = per_clinic(facts.statement(period).cte("fresh"), measures).params(first_days(period))
        found = by_clinic(session.execute(query).mappings(), measures)
        return {clinic: spark.cells(*counts) for clinic, counts in found.items()}


def test_spark_counts_cell_by_cell_what_postgresql_counts(region: Region) -> None:
    jre.found()
    variants_ = variants()
    measures = spark.countable(variants_)
    assert measures == variants_, "a definition asks for what is not exported"
    with spark.session(master="local[2]", partitions=1, memory="1g", settings=spark.SMALL) as running:
        for period in PERIODS:
            theirs = spark.count(running, region.folder, period, measures)
            ours = by_postgresql(region.owner, period, measures)
            assert theirs == ours
            assert sum(sum(each) for each in ours.values()) > 1000
            if period == PERIODS[0]:
                reached = dict.fromkeys((each.code for each in measures), 0)
                for at, each in enumerate(measures):
                    reached[each.code] += sum(counts[4 * at] for counts in ours.values())
                assert {code for code, count in reached.items() if count == 0} <= RARE


def test_every_row_leaves_and_nothing_that_names_a_person(region: Region) -> None:
    told = json.loads((region.folder / exporting.MANIFEST).read_text())
    assert (told["schema_version"], told["as_of"]) == (2, "2025-12-05")
    with region.owner.connect() as connection:
        for name, table in (("person", "patient"), ("followup", "followup"), ("enrolment", "enrolment")):
            count = connection.scalar(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
            assert region.rows[name] == told["tables"][name]["rows"] == count
        ids = set(connection.execute(text("SELECT id FROM patient")).scalars())
    names = {column for each in INPUTS for column, _ in each.columns}
    assert not names & {"patient_id", "name", "citizen_id", "phone", "address", "id"}
    content = b"".join(each.read_bytes() for each in region.folder.rglob("*.parquet"))
    assert not any(each.bytes in content or str(each).encode() in content for each in ids)
    people = pq.read_table(region.folder / "person")["person"].to_pylist()
    assert len(set(people)) == len(people)
    assert {len(each) for each in people} == {16}


def test_a_person_has_one_pseudonym_in_all_tables_and_another_under_another_key(
    region: Region, keys: crypto.Keyring, tmp_path: Path
) -> None:
    people = set(pq.read_table(region.folder / "person")["person"].to_pylist())
    for name in ("enrolment", "followup", "annual_exam"):
        assert set(pq.read_table(region.folder / name)["person"].to_pylist()) <= people
    exporting.export(region.engine, SCOPE, keys, tmp_path / "again", now=NOW)
    assert set(pq.read_table(tmp_path / "again" / "person")["person"].to_pylist()) == people
    exporting.export(region.engine, SCOPE, crypto.keyring(bytes(range(1, 33))), tmp_path / "other", now=NOW)
    assert not people & set(pq.read_table(tmp_path / "other" / "person")["person"].to_pylist())


def test_rows_stream_in_groups_and_files(
    region: Region, keys: crypto.Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "ROWS_A_GROUP", 100)
    monkeypatch.setattr(exporting, "ROWS_A_FILE", 300)
    rows = exporting.export(region.engine, SCOPE, keys, tmp_path / "small", now=NOW)
    files = sorted((tmp_path / "small" / "followup").glob("*.parquet"))
    assert len(files) == -(-rows["followup"] // 300)
    groups = [
        pq.ParquetFile(each).metadata.row_group(at).num_rows
        for each in files
        for at in range(pq.ParquetFile(each).metadata.num_row_groups)
    ]
    assert sum(groups) == rows["followup"]
    assert max(groups) == 100


def test_an_export_is_noted_and_goes_into_a_new_folder_only(region: Region, keys: crypto.Keyring) -> None:
    with region.owner.connect() as connection:
        noted = connection.execute(text("SELECT act, actor FROM audit_event WHERE subject = 'warehouse'")).all()
    assert ("export", SCOPE.actor) in {tuple(each) for each in noted}
    with pytest.raises(OperatorError, match="not empty"):
        exporting.export(region.engine, SCOPE, keys, region.folder, now=NOW)


def test_what_is_no_whole_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no whole export"):
        spark.manifest(tmp_path)
    (tmp_path / exporting.MANIFEST).write_text('{"schema_version": 99}')
    with pytest.raises(OperatorError, match="schema 99"):
        spark.manifest(tmp_path)


def test_without_a_fit_java_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(OperatorError, match="default-jre-headless"):
        spark.java()
    old = tmp_path / "bin" / "java"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    old.chmod(0o755)
    with pytest.raises(OperatorError, match="Java 17"):
        spark.java()
