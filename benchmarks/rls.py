"""What row-level security costs: the same calls of the service as its own role and as the owner, in one run.

The owner is not limited by the policies, so its column is the service without row-level security; both carry the filter
that every query on people takes from its scope. People, visits and tasks are made by SQL, as many as asked for.
"""

import argparse
import itertools
import json
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from benchmarks.installation import MASTER_KEY, data_folder
from benchmarks.load import table_line
from cmc.core import clock, crypto, db, migrations, service_role, signed_scope
from cmc.core.config import Settings
from cmc.core.embedded_postgres import running
from cmc.core.scope import Scope, system_scope
from cmc.core.text import Text
from cmc.followups import work_list
from cmc.indicators import facts, store
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.facts import FACT
from cmc.indicators.measure import per_clinic
from cmc.indicators.periods import Period
from cmc.ingest import service as ingest
from cmc.ingest.formats import native
from cmc.organisations import service as tree
from cmc.organisations.tables import Organisation, OrganisationKind
from cmc.patients import queries as patients

CLINICS, DISTRICTS = 266, 16
ON = date(2026, 11, 20)
YEAR = Period(date(2026, 1, 1), date(2026, 11, 30))
ROUNDS = 7
PEOPLE = """
CREATE TEMPORARY TABLE place ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY code) - 1 AS at, id FROM organisation WHERE kind = 'clinic';
INSERT INTO patient (id, clinic_id, name, sex, birth_date, birth_date_precision, created_at, updated_at, version)
SELECT gen_random_uuid(), place.id, '张' || n, CASE n % 2 WHEN 0 THEN 'M' ELSE 'F' END,
    DATE '1940-01-01' + n % 12000, 'day', now(), now(), 1
FROM generate_series(1, {people}) AS n JOIN place ON place.at = n % {clinics};
INSERT INTO enrolment (id, patient_id, clinic_id, disease, state, primary_disease, enrolled_on, created_at)
SELECT gen_random_uuid(), id, clinic_id, 'HTN', 'ACTIVE', true, '2024-01-01', now() FROM patient;
INSERT INTO followup (id, encounter_id, patient_id, clinic_id, disease, visited_on, mode, sbp_mmhg, dbp_mmhg, form,
    classification, is_controlled, action, next_visit_on, emergency_codes, rule_ids, reasons, warnings, inputs, ruleset,
    is_valid, missing_fields, is_late_entry, actor, recorded_at)
SELECT gen_random_uuid(), gen_random_uuid(), p.id, p.clinic_id, 'HTN', DATE '2026-01-10' + 75 * n, 1,
    120 + (hashtext(p.id::text) & 31), 80, '{{}}', 1, true, 'ROUTINE', DATE '2026-04-01' + 75 * n, '{{}}', '{{}}', '[]',
    '[]', '{{}}', 'r', true, '{{}}', false, 'x', now()
FROM patient AS p CROSS JOIN generate_series(0, 3) AS n;
INSERT INTO task (id, patient_id, clinic_id, disease, kind, cause, urgency, due_on, reason_zh, reason_en, rule_ids,
    status, opened_at)
SELECT gen_random_uuid(), id, clinic_id, 'HTN', 'first_visit', 'followup:x', 1,
    DATE '2026-11-01' + (hashtext(id::text) & 63), 'x', 'x', '{{}}', 'open', now() FROM patient;
"""


def measured(people: int) -> list[str]:
    """Return the table's lines for a region of 266 clinics with `people` people."""
    with ExitStack() as stack:
        url = stack.enter_context(running(data_folder(stack)))
        migrations.upgrade(url)
        keys = signed_scope.database_keys(crypto.keyring(crypto.decode_master_key(MASTER_KEY)))
        ours = db.make_engine(service_role.keep(url, keys, Settings()), keys=keys)
        owner = db.make_engine(url)
        stack.callback(ours.dispose)
        stack.callback(owner.dispose)
        clinics = _fill(owner, people)
        return _lines(ours, owner, clinics)


def _fill(owner: Engine, people: int) -> list[UUID]:
    with db.transaction(owner) as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        region = tree.add(session, OrganisationKind.REGION, code="R", name=Text("市", "City"))
        districts = [
            tree.add(session, OrganisationKind.DISTRICT, code=f"D{n:02}", name=Text("区", "District"), parent=region)
            for n in range(DISTRICTS)
        ]
        for n in range(CLINICS):
            name = Text("中心", "Clinic")
            tree.add(session, OrganisationKind.CLINIC, code=f"C{n:03}", name=name, parent=districts[n % DISTRICTS])
        for statement in PEOPLE.format(people=people, clinics=CLINICS).split(";\n"):
            session.execute(text(statement))
        store.facts_of(session, YEAR, None)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
        found = connection.scalars(
            select(col(Organisation.id)).where(col(Organisation.kind) == "clinic").order_by(col(Organisation.code))
        )
        return list(found)


def _lines(ours: Engine, owner: Engine, clinics: list[UUID]) -> list[str]:
    nurse = Scope("user:nurse", frozenset(clinics[:1]))
    district = Scope("user:district", frozenset(clinics[::DISTRICTS]))
    region = system_scope("job:benchmark")
    with db.transaction(owner) as session:
        query = "SELECT id FROM patient WHERE clinic_id = :clinic ORDER BY id LIMIT 200"
        people = session.scalars(text(query), {"clinic": clinics[0]}).all()
    found = []
    for name, scope in (("nurse", nurse), ("region", region)):
        found.append(_compare(f"point read, {name}", ours, owner, scope, [_point(each) for each in people]))
    for name, scope in (("nurse", nurse), ("district", district), ("region", region)):
        found.append(_compare(f"work-list of 50, {name}", ours, owner, scope, [_work_list] * 30))
    for name, scope in (("nurse", nurse), ("district", district), ("region", region)):
        found.append(_compare(f"rates of all clinics, {name}", ours, owner, scope, [_rates(scope)] * 7))
    found.append(_compare("facts of a year, region", ours, owner, region, [_facts] * 2))
    for name, scope in (("nurse", nurse), ("region", region)):
        found.append(_compare(f"first 50 by name, {name}", ours, owner, scope, [_by_name] * 5))
    for name, scope in (("gateway of one clinic", nurse), ("region", region)):
        batch = _batch([str(each) for each in people])
        found.append(_compare(f"500 readings, {name}", ours, owner, scope, [batch] * 8, write=True))
    return found


Work = Callable[[Session, Scope], object]


def _compare(what: str, ours: Engine, owner: Engine, scope: Scope, work: list[Work], *, write: bool = False) -> str:
    opened = db.transaction if write else db.read_only
    taken: dict[str, list[float]] = {"ours": [], "owner": []}
    for _ in range(ROUNDS):
        for each in work:
            for name, engine in (("ours", ours), ("owner", owner)):  # in turn: a busy moment of the machine meets both
                started = time.perf_counter()
                with opened(engine, scope) as session:
                    each(session, scope)
                taken[name].append((time.perf_counter() - started) * 1000)
    with_rls, without = statistics.median(taken["ours"]), statistics.median(taken["owner"])
    return table_line(what, with_rls, "ms (median)", "without row-level security", without)


def _point(patient_id: UUID) -> Work:
    return lambda session, scope: patients.get(session, scope, patient_id)


def _work_list(session: Session, scope: Scope) -> object:
    return work_list.page(session, scope, work_list.WorkFilters(), on=ON, limit=50)


def _by_name(session: Session, scope: Scope) -> object:
    return patients.page(session, scope, limit=50)


def _batch(people: list[str]) -> Work:
    def store_once(session: Session, scope: Scope) -> object:
        body = json.dumps({"items": [_reading(people[each % len(people)]) for each in range(500)]}).encode()
        arrival = ingest.Arrival(scope.actor, "native", body)
        return ingest.store(session, scope, arrival, native.read(body).items, now=clock.now())

    return store_once


_seconds = itertools.count()


def _reading(person: str) -> dict[str, object]:
    at = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(seconds=next(_seconds))
    reading = {"patient_id": person, "kind": "glucose", "value": 6.1, "unit": "mmol/L"}
    return reading | {"taken_at": at.isoformat(timespec="seconds")}


def _rates(scope: Scope) -> Work:
    stored = select(FACT).where(FACT.c.period_start == YEAR.start, FACT.c.period_end == YEAR.end)
    if scope.clinic_ids is not None:
        stored = stored.where(FACT.c.clinic_id.in_(scope.clinic_ids))
    query = per_clinic(stored.subquery(), DEFINITIONS)
    return lambda session, _: session.execute(query).all()


def _facts(session: Session, _: Scope) -> object:
    return session.execute(select(func.count()).select_from(facts.statement(YEAR).subquery())).one()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=60_000)
    people: int = parser.parse_args().people
    print(f"{people:,} people in {CLINICS} clinics")
    for line in measured(people):
        print(line, flush=True)


if __name__ == "__main__":
    main()
