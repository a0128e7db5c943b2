"""Indicators against NumPy on arrays in memory and against reads by primary key; people are simulated.

NumPy computes the two rates (control of pressure, standard management) per clinic from follow-ups, examinations and
enrolments that lie in memory as arrays; what it leaves out is stated: no lost or withdrawn people, no second stint.
The database makes the same two numbers and 44 more out of its tables, for every clinic, and stores them.
"""

import argparse
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Engine, text

from benchmarks.installation import KEYS, data_folder
from cmc.clinical.codes import Disease
from cmc.core import clock, db, migrations
from cmc.core.embedded_postgres import running
from cmc.core.scope import system_scope
from cmc.indicators import facts, queries, service, store
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.measure import POOLED, total
from cmc.indicators.periods import year_to_date
from cmc.indicators.schemas import ValueQuery
from cmc.organisations.tables import OrganisationKind
from cmc.simulation.plan import SEED, Plan
from cmc.simulation.store import store as simulated

CLINICS = 266
END = date(2025, 12, 31)
NOW = datetime(2026, 1, 1, 1, tzinfo=clock.LOCAL)
YEAR = year_to_date(END.year, END.month)
ROUNDS = 5
TOUCHED = 1000
MONTHS = 12
CODES = ("IND-02", "IND-03", "IND-04", "IND-05", "IND-08")
TWO_RATES = [
    next(each for each in DEFINITIONS if each.code == code and each.disease is Disease.HTN)
    for code in ("IND-02", "IND-03")
]
ROOM = (
    "SET LOCAL work_mem = '256MB'", "SET LOCAL statement_timeout = '15min'", "SET LOCAL enable_mergejoin = off",
    "SET LOCAL enable_nestloop = off",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arrays:
    """Follow-ups (sorted by person and time), enrolments and examinations in memory; people are numbered."""

    person: Any
    day: Any
    face: Any
    sbp: Any
    dbp: Any
    clinic_of: Any
    active: Any
    born: Any
    examined: Any


def measured(people: int) -> list[str]:
    """Return the table's lines for a region of 266 clinics with `people` people."""
    with ExitStack() as stack:
        url = stack.enter_context(running(data_folder(stack)))
        migrations.upgrade(url)
        engine = db.make_engine(url)
        stack.callback(engine.dispose)
        plan = Plan(people=people, clinics=CLINICS, years=1, seed=SEED, end=END)
        simulated(engine, KEYS, plan, progress=lambda *_: None)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        return lines(engine, people)


def lines(engine: Engine, people: int) -> list[str]:
    """Measure an engine's database, which holds a simulated region whose night has passed."""
    arrays = loaded(engine)
    rounds: dict[str, list[float]] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        begun = time.perf_counter()
        result = work()
        rounds.setdefault(name, []).append(time.perf_counter() - begun)
        return result

    for _ in range(ROUNDS):
        numpy = timed("numpy", lambda: in_memory(arrays))
        raw = timed("raw", lambda: two_rates(engine))
        timed("rebuild", lambda: rebuilt(engine))
        kept = timed("kept", lambda: from_kept_rows(engine))
        timed("touched", lambda: refreshed(engine))
        timed("values", lambda: read_values(engine))
        timed("keys", lambda: read_by_key(engine))
        assert raw == kept
        assert all(abs(a - b) <= max(3, 0.01 * a) for a, b in zip(raw, numpy, strict=True)), (raw, numpy)
    seconds = {name: median(found) for name, found in rounds.items()}
    base = seconds["numpy"]
    spread = {name: (max(found) - min(found)) / median(found) for name, found in rounds.items()}
    print(f"{people:,} people, medians of {ROUNDS}: " + ", ".join(
        f"{name} {value * 1000:,.1f} ms ±{50 * spread[name]:.0f} %" for name, value in seconds.items()
    ))  # fmt: skip
    return [
        f"indicators: rebuild of all sets of {people:,} people: ratio {seconds['rebuild'] / base:.1f} of NumPy",
        f"indicators: two rates from records: ratio {seconds['raw'] / base:.1f} of NumPy",
        f"indicators: two rates from kept rows: ratio {seconds['kept'] / base:.1f} of NumPy",
        f"indicators: {TOUCHED:,} people touched: ratio {seconds['touched'] / seconds['rebuild']:.3f} of a rebuild",
        f"indicators: {CLINICS} x {MONTHS} x 8 values: ratio {seconds['values'] / seconds['keys']:.2f} of reads by key",
    ]


def in_memory(arrays: Arrays) -> list[int]:
    """[standard, controlled, managed] of hypertension: the last face-to-face pressure, and four days with the exam."""
    count = len(arrays.clinic_of)
    face = np.flatnonzero(arrays.face)
    person, day = arrays.person[face], arrays.day[face]
    other = np.append(person[1:] != person[:-1], True)
    visits = np.bincount(person[other | np.append(day[1:] != day[:-1], True)], minlength=count)
    last = face[other]
    who, sbp, dbp = arrays.person[last], arrays.sbp[last], arrays.dbp[last]
    limit = np.where(arrays.born[who] + arrays.day[last] >= 65 * 365.2425, 150, 140)
    controlled = np.zeros(count, dtype=bool)
    controlled[who] = arrays.active[who] & (sbp > 0) & (sbp < limit) & (dbp < 90)
    standard = arrays.active & (visits >= 4) & arrays.examined
    per_clinic = [np.bincount(arrays.clinic_of[flag]) for flag in (standard, controlled, arrays.active)]
    return [int(each.sum()) for each in per_clinic]


def loaded(engine: Engine) -> Arrays:
    """Read what NumPy needs; this is not measured."""
    with engine.connect() as connection:
        enrolled = connection.execute(text(
            "SELECT DISTINCT ON (e.patient_id) e.patient_id, e.clinic_id, p.birth_date,"
            " e.primary_disease AND age(DATE '2025-12-31', p.birth_date) >= interval '35 years'"
            " AND NOT EXISTS (SELECT FROM indicator_fact f WHERE f.patient_id = e.patient_id AND f.disease = 'HTN'"
            " AND f.counts_in <> 'clinic' AND f.period_end = '2025-12-31'"
            " AND (f.is_lost_at_end OR NOT f.is_active_at_end)) AS active,"
            " EXISTS (SELECT FROM annual_exam a WHERE a.patient_id = e.patient_id AND 'HTN' = ANY(a.valid_for)"
            " AND a.happened_on BETWEEN '2025-01-01' AND '2025-12-31') AS examined"
            " FROM enrolment e JOIN patient p ON p.id = e.patient_id WHERE e.disease = 'HTN'"
            " AND coalesce(e.ended_on, '2026-01-01') >= '2025-01-01'"
            " ORDER BY e.patient_id, e.enrolled_on DESC"
        )).all()  # fmt: skip
        number = {row.patient_id: at for at, row in enumerate(enrolled)}
        place: dict[UUID, int] = {}
        visits = [
            (number[row[0]], (row[1] - YEAR.start).days, row[2] != 3 and row[5], row[3] or 0, row[4] or 0)
            for row in connection.execute(text(
                "SELECT patient_id, visited_on, mode, sbp_mmhg, dbp_mmhg, is_valid FROM followup"
                " WHERE disease = 'HTN' AND ended_at IS NULL"
                " AND visited_on BETWEEN '2025-01-01' AND '2025-12-31'"
                " ORDER BY patient_id, visited_on, visited_time NULLS FIRST, sbp_mmhg"
            ))
            if row[0] in number
        ]  # fmt: skip
    columns = [np.array(column) for column in zip(*visits, strict=True)]
    return Arrays(
        *columns,
        np.array([place.setdefault(row.clinic_id, len(place)) for row in enrolled]),
        np.array([row.active for row in enrolled]),
        np.array([(YEAR.start - row.birth_date).days for row in enrolled]),
        np.array([row.examined for row in enrolled]),
    )


def two_rates(engine: Engine) -> list[int]:
    """The two rates from the records, nothing stored."""
    with engine.begin() as connection:
        for setting in ROOM:
            connection.exec_driver_sql(setting)
        fresh = facts.statement(YEAR).cte("fresh")
        return _rates(connection, fresh)


def from_kept_rows(engine: Engine) -> list[int]:
    """The two rates from the kept rows of facts."""
    kept = facts.FACT.select().where(facts.FACT.c.period_end == YEAR.end, facts.FACT.c.period_start == YEAR.start)
    with engine.begin() as connection:
        return _rates(connection, kept.subquery())


def _rates(connection: Any, relation: Any) -> list[int]:
    found = [total(relation, each, POOLED).subquery() for each in TWO_RATES]
    if relation.name == "fresh":
        one = [connection.execute(_both(relation)).one()][0]
        return [one[0], one[2], one[1]]
    rows = [connection.execute(each.select()).one() for each in found]
    return [rows[0][0], rows[1][0], rows[0][1]]


def _both(relation: Any) -> Any:
    first, second = (total(relation, each, POOLED) for each in TWO_RATES)
    return first.add_columns(*second.selected_columns)


def rebuilt(engine: Engine) -> None:
    """A full rebuild of one period as every night: facts made and compared, counts, values and stamps."""
    with db.transaction(engine, system_scope("job:benchmark")) as session:
        service.rebuild(session, periods=[YEAR], now=NOW)


def refreshed(engine: Engine) -> None:
    """A thousand people whose records are looked at again for the same period, as the worker does for each."""
    with db.transaction(engine, system_scope("job:benchmark")) as session:
        people = list(session.scalars(text("SELECT id FROM patient ORDER BY md5(id::text) LIMIT :n"), {"n": TOUCHED}))
        store.counts_of(session, [YEAR], of=store.PEOPLE, ids=people)
        store.facts_of(session, YEAR, people)
        store.counts_of(session, [YEAR], of=store.PEOPLE, ids=people)


def read_values(engine: Engine) -> int:
    """All values that a dashboard of the region asks for, clinic by clinic."""
    with db.read_only(engine, system_scope("job:benchmark")) as session:
        return sum(len(queries.values(session, system_scope("x"), asked)) for asked in _questions(session))


def read_by_key(engine: Engine) -> int:
    """As many rows, each clinic's by primary key."""
    sql = text(
        "SELECT * FROM indicator_value WHERE organisation_id = :id AND period_end BETWEEN :first AND :last"
        " AND (code, disease) IN (SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:diseases AS text[])))"
    )
    with db.read_only(engine, system_scope("job:benchmark")) as session:
        return sum(
            len(session.execute(sql, {
                "id": asked.organisation_id, "first": asked.first, "last": asked.last,
                "codes": [each.code for each in asked.measures],
                "diseases": [each.disease.value for each in asked.measures],
            }).all())
            for asked in _questions(session)
        )  # fmt: skip


def _questions(session: Any) -> list[ValueQuery]:
    clinics = session.scalars(
        text("SELECT id FROM organisation WHERE kind = :kind"), {"kind": OrganisationKind.CLINIC.value}
    )
    measures = tuple(each for each in DEFINITIONS if each.code in CODES)[:8]
    return [ValueQuery(measures, each, date(END.year, 1, 1), END) for each in clinics]


def main() -> None:
    """Print the table; `--people` sets the size of the region."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=60_000)
    for line in measured(parser.parse_args().people):
        print(line)


if __name__ == "__main__":
    main()
