"""The record of a person with five years of data among many people, and charts by the thousand.

`python -m benchmarks.records [--people 600000] [--full 3000]`. `--full` people are simulated with five years of visits,
examinations and readings and get facts of every kind; all others are on file only. The summary is set against a look-up
by primary key in the same session; the assembly of 1,000 charts against one raw query that brings the same rows.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from statistics import median
from uuid import UUID

from sqlalchemy import ARRAY, Engine, TextClause, Uuid, bindparam, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from benchmarks.installation import MASTER_KEY, data_folder
from benchmarks.load import table_line
from benchmarks.search import people
from cmc.charts import adapters, queries, timeline
from cmc.charts.chart import AsOf
from cmc.charts.summary_schemas import Summary
from cmc.clinical.care_gaps import due
from cmc.core import clock, crypto, db, migrations, service_role, signed_scope
from cmc.core.config import Settings
from cmc.core.embedded_postgres import running
from cmc.core.scope import Scope, system_scope
from cmc.organisations.tables import Organisation, OrganisationKind
from cmc.patients import queries as patients
from cmc.patients.tables import Patient
from cmc.simulation.plan import SEED, Plan
from cmc.simulation.store import store

KEYS = crypto.keyring(crypto.decode_master_key(MASTER_KEY))
YEARS = 5
PLAN_END = date(2025, 12, 31)
ON = PLAN_END
ROUNDS = 5
OPENED = 200
CHARTS = 1000
REGION = system_scope("job:benchmark")

_OF_ALL = "id, fact_id, patient_id, clinic_id, happened_on, source, actor, recorded_at, is_retracted"
_SAME = "n.id, n.id, p.id, p.clinic_id, n.happened_on, 'typed', 'benchmark', n.happened_on + interval '9 hours', false"
_FULL = "(SELECT id, clinic_id FROM patient) AS p"
_FACTS: tuple[tuple[str, str, str, str], ...] = (
    # table, its own columns, their values, the rows of each person: k counts them
    ("diagnosis", "icd10, name", "(ARRAY['I10','E11.9','N18.3','I25.1'])[k], 'as written'", "generate_series(1, 4)"),
    ("medication", "name, dose, dose_unit, frequency",
     "(ARRAY['氨氯地平片','二甲双胍片','缬沙坦胶囊'])[k], 5, 'mg', 'QD'", "generate_series(1, 3)"),
    ("allergy", "substance, category", "'青霉素类', 'medicine'", "generate_series(1, 1)"),
    ("family_history", "relation, disease", "(ARRAY['father','mother'])[k], 2", "generate_series(1, 2)"),
    ("lifestyle", "smoking, drinking", "k % 3 + 1, 1", f"generate_series(1, {YEARS})"),
    ("examination", "kind, findings",
     "(ARRAY['eye','foot'])[k % 2 + 1], jsonb_build_object('kind', (ARRAY['eye','foot'])[k % 2 + 1])",
     f"generate_series(1, {2 * YEARS})"),
    ("laboratory_result", "analyte, written, written_unit, value, range_of_laboratory, flag, is_critical",
     ("(ARRAY['HBA1C','CREATININE','EGFR','UACR','TC','TG','LDL','HDL','POTASSIUM','ALT'])[k % 10 + 1], '6.5', 'unit',"
     " 6.5 + k % 3, false, 'NORMAL', false"),
     f"generate_series(1, {20 * YEARS})"),
)  # fmt: skip
_RAW = """
SELECT 'patient', to_jsonb(t) FROM patient AS t WHERE t.id = ANY (:ids)
UNION ALL SELECT 'enrolment', to_jsonb(t) FROM enrolment AS t WHERE t.patient_id = ANY (:ids)
UNION ALL SELECT 'visit', to_jsonb(t) FROM (SELECT DISTINCT ON (patient_id, disease) patient_id, disease, visited_on,
  sbp_mmhg, dbp_mmhg, heart_rate_bpm, weight_kg, fasting_glucose_umol_l, classification, is_controlled, next_visit_on
  FROM followup WHERE patient_id = ANY (:ids) ORDER BY patient_id, disease, visited_on DESC) AS t
UNION ALL SELECT 'highest', to_jsonb(t) FROM (SELECT patient_id, max(sbp_mmhg), max(dbp_mmhg) FROM followup
  WHERE patient_id = ANY (:ids) GROUP BY patient_id) AS t
UNION ALL SELECT 'diagnosis', to_jsonb(t) FROM diagnosis AS t WHERE t.patient_id = ANY (:ids)
UNION ALL SELECT 'medication', to_jsonb(t) FROM medication AS t WHERE t.patient_id = ANY (:ids)
UNION ALL SELECT 'allergy', to_jsonb(t) FROM allergy AS t WHERE t.patient_id = ANY (:ids)
UNION ALL SELECT 'family', to_jsonb(t) FROM family_history AS t WHERE t.patient_id = ANY (:ids)
UNION ALL SELECT 'lab', to_jsonb(t) FROM (SELECT DISTINCT ON (patient_id, analyte) patient_id, analyte, happened_on,
  value, beyond, flag, is_critical, formula FROM laboratory_result WHERE patient_id = ANY (:ids)
  ORDER BY patient_id, analyte, happened_on DESC) AS t
UNION ALL SELECT 'series', to_jsonb(t) FROM (SELECT patient_id, analyte, happened_on, value, formula
  FROM laboratory_result WHERE patient_id = ANY (:ids) AND analyte IN ('EGFR', 'UACR', 'CREATININE')
  AND happened_on >= :two_years_ago) AS t
UNION ALL SELECT 'examination', to_jsonb(t) FROM (SELECT DISTINCT ON (patient_id, kind) patient_id, kind, happened_on,
  findings FROM examination WHERE patient_id = ANY (:ids) ORDER BY patient_id, kind, happened_on DESC) AS t
UNION ALL SELECT 'living', to_jsonb(t) FROM (SELECT DISTINCT ON (patient_id) patient_id, happened_on, smoking
  FROM lifestyle WHERE patient_id = ANY (:ids) ORDER BY patient_id, happened_on DESC) AS t
UNION ALL SELECT 'exam', to_jsonb(t) FROM (SELECT DISTINCT ON (a.patient_id) a.* FROM annual_exam AS a
  WHERE a.patient_id = ANY (:ids) ORDER BY a.patient_id, a.happened_on DESC) AS t
UNION ALL SELECT 'readings', to_jsonb(t) FROM (SELECT patient_id, kind, count(*), max(taken_at), avg(glucose_umol_l),
  avg(sbp_mmhg), avg(dbp_mmhg) FROM reading WHERE patient_id = ANY (:ids) AND taken_on > :ninety_days_ago
  AND taken_on <= :on GROUP BY patient_id, kind) AS t
"""


def measured(count: int, full: int = 3000) -> Iterator[str]:
    """Yield the table's lines: `full` people with five years of data among `count`."""
    with ExitStack() as stack:
        url = stack.enter_context(running(data_folder(stack)))
        migrations.upgrade(url)
        keys = signed_scope.database_keys(KEYS)
        owner = db.make_engine(url)
        stack.callback(owner.dispose)
        known = _fill(owner, count, full)
        service = db.make_engine(service_role.keep(url, keys, Settings()), keys=keys)
        stack.callback(service.dispose)
        with db.read_only(service, REGION) as session:
            homes = dict(
                session.execute(select(col(Patient.id), col(Patient.clinic_id)).where(col(Patient.id).in_(known))).all()
            )
            yield from _summaries(session, homes)
            yield from _charts(session, list(homes)[:CHARTS])


def _fill(owner: Engine, count: int, full: int) -> list[UUID]:
    """Store everybody; returns the ids of who has five years of data."""
    plan = Plan(people=full, clinics=266, years=YEARS, seed=SEED, end=PLAN_END)
    store(owner, KEYS, plan, progress=lambda *_: None)
    with owner.begin() as connection:
        known = list(connection.scalars(text("SELECT id FROM patient ORDER BY id")))
        for table, names, values, rows in _FACTS:
            days = f"date '{PLAN_END}' - (k * {YEARS * 365} / (count(*) OVER (PARTITION BY p.id) + 1))::int"
            one = f"SELECT gen_random_uuid() AS id, p.id AS person, k, {days} AS happened_on FROM {_FULL}, {rows} AS k"
            connection.execute(
                text(
                    f"INSERT INTO {table} ({_OF_ALL}, {names}) SELECT {_SAME}, {values}"
                    f" FROM ({one}) AS n JOIN patient AS p ON p.id = n.person"
                )
            )
    _bare(owner, count - len(known))
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return known


def _bare(owner: Engine, count: int) -> None:
    with db.read_only(owner) as session:
        kind = col(Organisation.kind) == OrganisationKind.CLINIC.value
        clinics = list(session.scalars(select(col(Organisation.id)).where(kind)))
        taken = set(session.scalars(text("SELECT citizen_id_token FROM patient")))
    now = clock.now()
    names = (
        "id, clinic_id, sex, birth_date, birth_date_precision, created_at, updated_at, version, data_key, name_cipher,"
        " citizen_id_cipher, citizen_id_original_cipher, citizen_id_token, phone_cipher, address_cipher"
    )
    connection = owner.raw_connection()
    try:
        with connection.cursor().copy(f"COPY patient ({names}) FROM STDIN") as copy:
            for each in people(count, clinics):
                if (token := each.sealed.citizen_id_token) not in taken:
                    taken.add(token)
                    row = (each.id, each.clinic_id, "F", "1950-01-01", "day", now, now, 1, *list(each.sealed)[:-1])
                    copy.write_row(row)
        connection.commit()
    finally:
        connection.close()


def _summaries(session: Session, homes: dict[UUID, UUID]) -> Iterator[str]:
    def key(scope: Scope, person: UUID) -> object:
        return patients.get(session, scope, person)

    def summary(scope: Scope, person: UUID) -> object:
        chart = queries.one(session, scope, person, AsOf(ON))
        return Summary.of(KEYS, patients.get(session, scope, person), chart).model_dump_json()

    def gaps(scope: Scope, person: UUID) -> object:
        return due(adapters.care_facts(queries.one(session, scope, person, AsOf(ON))), ON)

    def page(scope: Scope, person: UUID) -> object:
        return timeline.page(session, scope, person, before=None, limit=51, known_at=None)

    ways: dict[str, Callable[[Scope, UUID], object]] = {
        "primary key": key, "summary": summary, "care gaps": gaps, "first page of the timeline": page,
    }  # fmt: skip
    times: dict[str, list[float]] = {name: [] for name in ways}
    step = max(1, len(homes) // OPENED)
    for turn in range(2):  # the first warms plans and pages
        for person, clinic in list(homes.items())[::step]:
            scope = Scope("user:nurse", frozenset({clinic}))
            db.enter_scope(session, scope)
            for name, way in ways.items():
                session.expunge_all()
                started = time.perf_counter()
                way(scope, person)
                if turn:
                    times[name].append((time.perf_counter() - started) * 1000)
    db.enter_scope(session, REGION)
    bare = median(times["primary key"])
    for name in list(ways)[1:]:
        worst = sorted(times[name])[int(len(times[name]) * 0.99)]
        yield table_line(f"{name}, 5 years", median(times[name]), "ms", "primary key", bare, note=f" (p99 {worst:.1f})")


def _charts(session: Session, ids: list[UUID]) -> Iterator[str]:
    raw = text(_RAW).bindparams(bindparam("ids", type_=ARRAY(Uuid())))
    times: dict[str, list[float]] = {"charts": [], "raw": []}
    for _ in range(ROUNDS):
        session.expunge_all()
        started = time.perf_counter()
        found = queries.load(session, REGION, ids, AsOf(ON))
        times["charts"].append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        rows = _rows(session, raw, ids)
        times["raw"].append((time.perf_counter() - started) * 1000)
    what = f"{len(found):,} charts"
    yield table_line(what, median(times["charts"]), "ms", f"one query of their {rows:,} rows", median(times["raw"]))


def _rows(session: Session, statement: TextClause, ids: list[UUID]) -> int:
    days = {"on": ON, "ninety_days_ago": ON - timedelta(days=90), "two_years_ago": ON - timedelta(days=730)}
    return len(session.execute(statement, {"ids": ids, **days}).all())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=600_000)
    parser.add_argument("--full", type=int, default=3000)
    given = parser.parse_args()
    for each in measured(given.people, given.full):
        print(each, flush=True)
