"""Storing a simulated region: all rows in one transaction, then the nightly jobs, as if the region had lived here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import numpy as np
import polars as pl
from sqlalchemy import Engine, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from cmc.alerts import jobs as alert_jobs
from cmc.core import db, key_check
from cmc.core.crypto import Keyring
from cmc.core.operating import OperatorError
from cmc.core.progress import Progress
from cmc.core.scope import system_scope
from cmc.core.tables import Installation
from cmc.core.text import Text
from cmc.followups import jobs as followup_jobs
from cmc.indicators import service as indicators
from cmc.indicators.periods import year_to_date
from cmc.organisations import queries as organisations
from cmc.organisations import service as tree
from cmc.organisations.tables import OrganisationKind
from cmc.patients import touched
from cmc.readings import partitions
from cmc.simulation import bulk
from cmc.simulation.cells import Drawn, draw_all
from cmc.simulation.laboratory import of_exams
from cmc.simulation.plan import ACTOR, Plan, stream
from cmc.simulation.region import REGION, Region, region
from cmc.simulation.rows import exams, laboratory, people, readings, sealing, texts, visits
from cmc.simulation.rows.sealing import Seal
from cmc.simulation.rows.wording import Wording
from cmc.simulation.visits import judges

TABLES: Final = (
    "patient", "patient_token", "patient_identifier", "enrolment", "enrolment_event", "consent", "followup",
    "annual_exam", "laboratory_result", "receipt", "held_reading", "reading",
)  # fmt: skip
_SCOPE: Final = system_scope(ACTOR)
_FACT: Final = "simulation"
_installation = SQLModel.metadata.tables[str(Installation.__tablename__)]


@dataclass(frozen=True, slots=True)
class Report:
    """Rows stored, by table; empty when the region was there already."""

    rows: dict[str, int]


def store(
    engine: Engine, keys: Keyring, plan: Plan, *, progress: Progress, witness: Callable[[Drawn], None] | None = None
) -> Report:
    """Store a region in an empty database; nothing when a simulated region is there already.

    `witness` is shown every cell with its truth. Raises `OperatorError` when the database holds other clinics:
    simulated people never come among real ones.
    """
    with db.transaction(engine) as session:
        key_check.require_ours(session, keys)
        if stored_plan(session) is not None:
            return Report({})
        _refuse_others(session)
        seal = Seal(keys, key_check.current(session, keys))
        rows = _load(session, seal, plan, progress, witness)
        session.execute(insert(_installation).values(name=_FACT, value=msgspec.json.encode(plan)))
    live_a_night(engine, plan, progress=progress)
    return Report(rows)


def stored_plan(session: Session) -> Plan | None:
    """Return the plan of the simulated region in this database, or None when there is none."""
    found = session.scalar(select(_installation.c.value).where(_installation.c.name == _FACT))
    return None if found is None else msgspec.json.decode(found, type=Plan)


def rows_of(
    seal: Seal, plan: Plan, drawn: Drawn, wording: Wording, clinics: list[str]
) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield table and rows of everything that is known of a cell; `clinics` are the ids of all clinics by number."""
    cell, who, life = drawn.cell, drawn.who, drawn.life
    rng, home = stream(plan, cell.number, "ids"), cell.clinic.number
    ids = people.patient_ids(rng, life)
    found = visits.records(drawn.visit)
    seen = visits.seen(len(who), life, drawn.visit, found)
    hidden = sealing.people(seal, who, ids, plan.end)
    yield "patient", people.patient_rows(who, life, ids, hidden, clinics, home)
    yield "patient_token", people.token_rows(life, ids, hidden, clinics, home)
    yield "patient_identifier", people.identifier_rows(who, ids)
    enrolments, events = people.enrolment_rows(rng, who, life, seen, ids, clinics, home)
    yield "enrolment", enrolments
    yield "enrolment_event", events
    yield "consent", people.consent_rows(rng, who, life, ids)
    yield "followup", visits.followup_rows(rng, who, life, drawn.visit, found, wording, ids, clinics, home)
    tests = stream(plan, cell.number, "laboratory_ids")
    results = laboratory.told(tests, drawn.exam, of_exams(plan, cell, who, drawn.true, drawn.exam))
    labs = laboratory.named(drawn.exam, results)
    yield "annual_exam", exams.exam_rows(rng, life, drawn.exam, labs, ids, clinics, home)
    yield "laboratory_result", laboratory.laboratory_rows(tests, who, life, drawn.exam, results, ids, clinics, home)
    sent = readings.uploads(who, drawn.reading)
    stored, receipts, held = readings.reading_rows(seal, cell, who, life, drawn.reading, sent, ids, clinics)
    yield "receipt", receipts
    yield "held_reading", held
    yield "reading", stored


def night_after(plan: Plan) -> datetime:
    """Return the midnight after the last day, at which the jobs look at the region."""
    return texts.at(plan.end + timedelta(days=1), 0)


def organisations_of(session: Session, plan: Plan, where: Region) -> list[str]:
    """Store region, districts and clinics; return the ids of the clinics by number."""
    rng = stream(plan, 0, "organisations")
    begin = np.array(
        [np.datetime64(plan.start, "D").astype(np.int64)] * (1 + len(where.districts) + len(where.clinics))
    )
    ids = iter([UUID(each) for each in texts.ids(rng, texts.instants(begin, 0))])
    code, name = REGION
    top = tree.add(session, OrganisationKind.REGION, code=code, name=name, node_id=next(ids))
    districts = [
        tree.add(session, OrganisationKind.DISTRICT, code=each.code, name=each.name, parent=top, node_id=next(ids))
        for each in where.districts
    ]
    return [
        tree.add(
            session,
            OrganisationKind.CLINIC,
            code=each.code,
            name=Text(each.name.zh, each.name.en),
            parent=districts[each.district],
            node_id=next(ids),
        ).id.hex
        for each in where.clinics
    ]


def _load(
    session: Session, seal: Seal, plan: Plan, progress: Progress, witness: Callable[[Drawn], None] | None
) -> dict[str, int]:
    where, judging = region(plan), judges()
    wording = Wording(judging)
    clinics = organisations_of(session, plan, where)
    partitions.ensure(session, months(plan))
    steps = bulk.drop_indexes(session, TABLES)
    with bulk.copying(session) as copier:
        for drawn in draw_all(plan, where, judging):
            progress("people", drawn.cell.first_person, plan.people)
            if witness is not None:
                witness(drawn)
            for table, rows in rows_of(seal, plan, drawn, wording, clinics):
                copier.put(table, rows)
    progress("people", plan.people, plan.people)
    for done, step in enumerate(steps):
        progress("indexes", done, len(steps))
        bulk.run(session, step)
    for table in (*TABLES, "guard.reach"):  # the last is what triggers keep of who may see whom
        session.execute(text(f"ANALYZE {table}"))
    progress("indexes", len(steps), len(steps))
    return copier.rows


def live_a_night(engine: Engine, plan: Plan, *, progress: Progress) -> None:
    """Do what the night after the last day does: alerts, tasks, and the indicators of the year up to that day.

    The closed months of the indicators are left to the worker, which builds whatever period is missing when it starts.
    """
    now = night_after(plan)
    progress("nightly jobs", 0, 3)
    alert_jobs.nightly(lambda: db.transaction(engine), now)
    progress("nightly jobs", 1, 3)
    followup_jobs.nightly(lambda: db.transaction(engine), now)
    progress("nightly jobs", 2, 3)
    with db.transaction(engine) as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        touched.forget(session, touched.INDICATORS)  # of the tasks just made: the year is counted now, months later
        indicators.rebuild(session, periods=[year_to_date(plan.end.year, plan.end.month)], now=now)
    progress("nightly jobs", 3, 3)


def months(plan: Plan) -> set[date]:
    """Return the months that readings may fall into: the clock of a device may be some hours ahead."""
    days = (plan.end - plan.start).days + 2
    return {(plan.start + timedelta(days=each)).replace(day=1) for each in range(days)}


def _refuse_others(session: Session) -> None:
    if organisations.visible(session, _SCOPE):
        raise OperatorError("This database holds other clinics: a simulated region is stored only in an empty one.")
