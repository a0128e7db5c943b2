"""What row-level security costs: the same calls of the service as its own role and as the owner, in one run.

The owner is not limited by the policies, so its column is the service without row-level security; both carry the filter
that every query on people takes from its scope. The people are simulated, as many as asked for.
"""

import argparse
import itertools
import json
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from benchmarks.installation import MASTER_KEY, data_folder
from benchmarks.load import table_line
from cmc.core import clock, crypto, db, migrations, service_role, signed_scope
from cmc.core.config import Settings
from cmc.core.embedded_postgres import running
from cmc.core.scope import Scope, system_scope
from cmc.followups import work_list
from cmc.indicators import facts
from cmc.indicators.counting import per_clinic
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.facts import FACT
from cmc.indicators.periods import year_to_date
from cmc.ingest import keeping
from cmc.ingest import service as ingest
from cmc.ingest.formats import native
from cmc.organisations import queries as tree
from cmc.organisations.tables import Organisation, OrganisationKind
from cmc.patients import listing
from cmc.patients import queries as patients
from cmc.patients.listing import PeopleAsked
from cmc.simulation.plan import SEED, Plan
from cmc.simulation.store import store

KEYS = crypto.keyring(crypto.decode_master_key(MASTER_KEY))
CLINICS = 266
PLAN = Plan(people=60_000, clinics=CLINICS, years=1, seed=SEED, end=date(2025, 12, 31))
ON = PLAN.end + timedelta(days=1)
YEAR = year_to_date(PLAN.end.year, PLAN.end.month)
ROUNDS = 7


def measured(people: int) -> list[str]:
    """Return the table's lines for a region of 266 clinics with `people` people."""
    with ExitStack() as stack:
        url = stack.enter_context(running(data_folder(stack)))
        migrations.upgrade(url)
        keys = signed_scope.database_keys(KEYS)
        ours = db.make_engine(service_role.keep(url, keys, Settings()), keys=keys)
        owner = db.make_engine(url)
        stack.callback(ours.dispose)
        stack.callback(owner.dispose)
        clinics = _fill(owner, people)
        return _lines(ours, owner, clinics)


def _fill(owner: Engine, people: int) -> list[Organisation]:
    store(owner, KEYS, replace(PLAN, people=people), progress=lambda *_: None)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    with db.read_only(owner) as session:
        nodes = tree.visible(session, system_scope("job:benchmark"))
    return sorted((node for node in nodes if node.kind == OrganisationKind.CLINIC), key=lambda node: node.code)


def _lines(ours: Engine, owner: Engine, clinics: list[Organisation]) -> list[str]:
    home = clinics[0]
    nurse = Scope("user:nurse", frozenset({home.id}))
    district = Scope("user:district", frozenset(each.id for each in clinics if each.parent_id == home.parent_id))
    region = system_scope("job:benchmark")
    with db.transaction(owner) as session:
        query = "SELECT id FROM patient WHERE clinic_id = :clinic ORDER BY id LIMIT 200"
        people = session.scalars(text(query), {"clinic": home.id}).all()
    found = []
    for name, scope in (("nurse", nurse), ("region", region)):
        found.append(_compare(f"point read, {name}", ours, owner, scope, [_point(each) for each in people]))
    for name, scope in (("nurse", nurse), ("district", district), ("region", region)):
        found.append(_compare(f"work-list of 50, {name}", ours, owner, scope, [_work_list] * 30))
    for name, scope in (("nurse", nurse), ("district", district), ("region", region)):
        found.append(_compare(f"rates of all clinics, {name}", ours, owner, scope, [_rates(scope)] * 7))
    found.append(_compare("facts of a year, region", ours, owner, region, [_facts] * 2))
    for name, scope in (("nurse", nurse), ("region", region)):
        found.append(_compare(f"first 50 people, {name}", ours, owner, scope, [_first_page] * 5))
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
    return work_list.page(session, scope, KEYS, work_list.WorkFilters(), on=ON, limit=50)


def _first_page(session: Session, scope: Scope) -> object:
    return listing.page(session, scope, PeopleAsked(), on=ON)


def _batch(people: list[str]) -> Work:
    def store_once(session: Session, scope: Scope) -> object:
        body = json.dumps({"items": [_reading(people[each % len(people)]) for each in range(500)]}).encode()
        arrival = keeping.Arrival(scope.actor, "native", body, KEYS)
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
