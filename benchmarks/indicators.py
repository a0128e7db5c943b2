"""Indicators against NumPy on arrays in memory and against reads by primary key; people are simulated.

NumPy computes the two rates (control, standard management) of both diseases per clinic from follow-ups, examinations
and enrolments that lie in memory as arrays, twice: once with the follow-ups as they were recorded, and once with
follow-ups that were sorted by person and time before the clock ran. What it leaves out is stated: no lost or withdrawn
people, no second stint. The database makes the same numbers and those of all other sets out of its tables, for every
clinic, and stores them.
"""

import argparse
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from statistics import median
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from benchmarks.installation import KEYS, data_folder
from cmc.clinical.codes import Disease
from cmc.core import clock, db, migrations
from cmc.core.embedded_postgres import running
from cmc.core.scope import system_scope
from cmc.indicators import facts, queries, service, store
from cmc.indicators.counting import by_clinic, per_clinic
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.noticing import columns_of
from cmc.indicators.periods import month_end, year_to_date
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
    next(each for each in DEFINITIONS if (each.code, each.disease) == wanted)
    for wanted in (
        ("IND-02", Disease.HTN), ("IND-03", Disease.HTN), ("IND-02", Disease.T2DM), ("IND-04", Disease.T2DM),
    )
]  # fmt: skip
ROOM = (
    "SET LOCAL work_mem = '256MB'", "SET LOCAL statement_timeout = '15min'", "SET LOCAL enable_mergejoin = off",
    "SET LOCAL enable_nestloop = off",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arrays:
    """The follow-ups, enrolments and examinations of one disease in memory; people are numbered.

    `value` is the pressure (systolic · 512 + diastolic) or the fasting glucose in µmol/L, 0 without one; `at` is the
    time of day in seconds, 0 without one.
    """

    disease: Disease
    person: Any
    day: Any
    at: Any
    face: Any
    valid: Any
    value: Any
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
        fill_the_months(engine)
        return lines(engine, people)


def fill_the_months(engine: Engine) -> None:
    """Give each month of the year the values of its last one, by every span, as a year's nights would have left them.

    Reading them depends on how many there are, not on what they say; the facts of these months are not made.
    """
    with engine.begin() as connection:
        connection.execute(_EARLIER_VALUES, {"first": YEAR.start, "last": YEAR.end})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE indicator_value")


_EARLIER_VALUES = text("""
    INSERT INTO indicator_value (organisation_id, code, disease, period_start, period_end, numerator, denominator,
        pooled_numerator, pooled_denominator, exclusions, pooled_exclusions, definition_version, as_of, computed_at)
    SELECT v.organisation_id, v.code, v.disease, greatest(:first, CAST(date_trunc(span.name, month) AS date)), ends.day,
        v.numerator, v.denominator, v.pooled_numerator, v.pooled_denominator, v.exclusions, v.pooled_exclusions,
        v.definition_version, ends.day, v.computed_at
    FROM generate_series(1, 11) AS number
    CROSS JOIN LATERAL (SELECT CAST(:first AS date) + make_interval(months => number - 1) AS month OFFSET 0) AS months
    CROSS JOIN LATERAL (SELECT CAST(month + interval '1 month' AS date) - 1 AS day OFFSET 0) AS ends
    CROSS JOIN (VALUES (1, 'year'), (2, 'quarter'), (3, 'month')) AS span(place, name)
    JOIN indicator_value AS v ON v.period_end = :last AND v.period_start = date_trunc(span.name, v.period_end)
    ORDER BY span.place
    ON CONFLICT DO NOTHING
""")


def lines(engine: Engine, people: int) -> list[str]:
    """Measure an engine's database, which holds a simulated region whose night has passed."""
    recorded = [loaded(engine, each) for each in Disease]
    in_order = [in_time(each) for each in recorded]
    rounds: dict[str, list[float]] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        begun = time.perf_counter()
        result = work()
        rounds.setdefault(name, []).append(time.perf_counter() - begun)
        return result

    for _ in range(ROUNDS):
        numpy = timed("numpy", lambda: [number for each in recorded for number in in_memory(each)])
        assert numpy == timed("sorted", lambda: [number for each in in_order for number in when_sorted(each)])
        raw = timed("raw", lambda: two_rates(engine))
        timed("rebuild", lambda: rebuilt(engine))
        kept = timed("kept", lambda: from_kept_rows(engine))
        rounds.setdefault("touched", []).append(refreshed(engine))
        read = timed("values", lambda: read_values(engine))
        assert read == timed("keys", lambda: read_by_key(engine)) == CLINICS * MONTHS * 8, read
        assert raw == kept
        assert all(abs(a - b) <= max(3, 0.01 * a) for a, b in zip(raw, numpy, strict=True)), (raw, numpy)
    seconds = {name: median(found) for name, found in rounds.items()}
    spread = {name: (max(found) - min(found)) / median(found) for name, found in rounds.items()}
    print(f"{people:,} people, medians of {ROUNDS}, load {os.getloadavg()[0]:.1f}: " + ", ".join(
        f"{name} {value * 1000:,.1f} ms ±{50 * spread[name]:.0f} %" for name, value in seconds.items()
    ))  # fmt: skip
    rates = {"rebuild": "rebuild of all sets", "raw": "two rates from records", "kept": "two rates from kept rows"}
    return [
        f"indicators: {what}, {people:,} people: ratio {seconds[name] / seconds['numpy']:.1f} of NumPy"
        f" ({seconds[name] / seconds['sorted']:.1f} of NumPy on sorted follow-ups)"
        for name, what in rates.items()
    ] + [
        f"indicators: {TOUCHED:,} people touched: ratio {seconds['touched'] / seconds['rebuild']:.3f} of a rebuild",
        f"indicators: {CLINICS} x {MONTHS} x 8 values: ratio {seconds['values'] / seconds['keys']:.2f} of reads by key",
    ]


def in_memory(arrays: Arrays) -> list[int]:
    """[standard, controlled, managed] out of follow-ups in the order of their recording."""
    return when_sorted(in_time(arrays))


def in_time(arrays: Arrays) -> Arrays:
    """The same with follow-ups sorted by person, day, time and value: all four in one integer, which is what sorts."""
    person, day, at, value = (each.astype(np.uint64) for each in (arrays.person, arrays.day, arrays.at, arrays.value))
    key = ((person << 9 | day) << 17 | at) << 18 | value
    order = np.argsort(key)
    columns = ("person", "day", "at", "face", "valid", "value")
    return replace(arrays, **{name: getattr(arrays, name)[order] for name in columns})


def when_sorted(arrays: Arrays) -> list[int]:
    """The last face-to-face value below its limit, four days with such a follow-up and the exam, and the managed."""
    count = len(arrays.clinic_of)
    face = np.flatnonzero(arrays.face)
    person = arrays.person[face]
    last = face[np.append(person[1:] != person[:-1], True)]
    who, value = arrays.person[last], arrays.value[last]
    if arrays.disease is Disease.HTN:
        limit = np.where(arrays.born[who] + arrays.day[last] >= 65 * 365.2425, 150, 140)
        below = (value > 0) & (value >> 9 < limit) & (value & 511 < 90)
    else:
        below = (value > 0) & (value < 7000)
    controlled = np.zeros(count, dtype=bool)
    controlled[who] = arrays.active[who] & below
    valid = face[arrays.valid[face]]
    person, day = arrays.person[valid], arrays.day[valid]
    visits = np.bincount(person[np.append((person[1:] != person[:-1]) | (day[1:] != day[:-1]), True)], minlength=count)
    standard = arrays.active & (visits >= 4) & arrays.examined
    per_clinic = [np.bincount(arrays.clinic_of[flag]) for flag in (standard, controlled, arrays.active)]
    return [int(each.sum()) for each in per_clinic]


def loaded(engine: Engine, disease: Disease) -> Arrays:
    """Read what NumPy needs; this is not measured."""
    with engine.connect() as connection:
        enrolled = connection.execute(text(
            "SELECT DISTINCT ON (e.patient_id) e.patient_id, e.clinic_id, p.birth_date,"
            " e.primary_disease AND age(DATE '2025-12-31', p.birth_date) >= interval '35 years'"
            " AND NOT EXISTS (SELECT FROM indicator_fact f WHERE f.patient_id = e.patient_id AND f.disease = e.disease"
            " AND f.counts_in <> 'clinic' AND f.period_end = '2025-12-31'"
            " AND (f.is_lost_at_end OR NOT f.is_active_at_end)) AS active,"
            " EXISTS (SELECT FROM annual_exam a WHERE a.patient_id = e.patient_id AND e.disease = ANY(a.valid_for)"
            " AND a.happened_on BETWEEN '2025-01-01' AND '2025-12-31') AS examined"
            " FROM enrolment e JOIN patient p ON p.id = e.patient_id WHERE e.disease = :disease"
            " AND coalesce(e.ended_on, '2026-01-01') >= '2025-01-01'"
            " ORDER BY e.patient_id, e.enrolled_on DESC"
        ), {"disease": disease.value}).all()  # fmt: skip
        number = {row.patient_id: at for at, row in enumerate(enrolled)}
        place: dict[UUID, int] = {}
        value = "sbp_mmhg * 512 + dbp_mmhg" if disease is Disease.HTN else "fasting_glucose_umol_l"
        visits = [
            (number[row[0]], (row[1] - YEAR.start).days, row[2], row[3], row[4], row[5])
            for row in connection.execute(text(
                "SELECT patient_id, visited_on, coalesce(CAST(date_part('epoch', visited_time) AS integer), 0),"
                f" mode <> 3, is_valid, coalesce({value}, 0) FROM followup WHERE disease = :disease"
                " AND (is_valid OR missing_fields <@ :measured) AND ended_at IS NULL"
                " AND visited_on BETWEEN '2025-01-01' AND '2025-12-31' ORDER BY recorded_at, id"
            ), {"disease": disease.value, "measured": list(facts.MEASURED)})
            if row[0] in number
        ]  # fmt: skip
    columns = [np.array(column) for column in zip(*visits, strict=True)]
    return Arrays(
        disease,
        *columns,
        np.array([place.setdefault(row.clinic_id, len(place)) for row in enrolled]),
        np.array([row.active for row in enrolled]),
        np.array([(YEAR.start - row.birth_date).days for row in enrolled]),
        np.array([row.examined for row in enrolled]),
    )


def two_rates(engine: Engine) -> list[int]:
    """The two rates from the records, nothing stored; only what they need is read."""
    with engine.begin() as connection:
        for setting in ROOM:
            connection.exec_driver_sql(setting)
        return _rates(connection, facts.statement(YEAR, columns=columns_of(TWO_RATES)).cte("fresh"))


def from_kept_rows(engine: Engine) -> list[int]:
    """The two rates from the kept rows of facts."""
    kept = facts.FACT.select().where(facts.FACT.c.period_end == YEAR.end, facts.FACT.c.period_start == YEAR.start)
    with engine.begin() as connection:
        return _rates(connection, kept.subquery())


def _rates(connection: Any, relation: Any) -> list[int]:
    """Of each disease [standard, controlled, managed], counted per clinic in one query and added up."""
    rows = connection.execute(per_clinic(relation, TWO_RATES)).mappings().all()
    found = by_clinic(rows, TWO_RATES).values()
    sums = [[sum(pooled[at].numerator for _, pooled in found) for at in range(4)]]
    sums += [[sum(pooled[at].denominator for _, pooled in found) for at in range(4)]]
    return [sums[0][0], sums[0][1], sums[1][0], sums[0][2], sums[0][3], sums[1][2]]


def rebuilt(engine: Engine) -> None:
    """A full rebuild of one period as every night: facts made and compared, counts, values and stamps."""
    with db.transaction(engine, system_scope("job:benchmark")) as session:
        service.rebuild(session, periods=[YEAR], now=NOW)


def refreshed(engine: Engine) -> float:
    """Seconds of what the worker does for the period of a thousand people who have a new visit each; undone again."""
    with Session(engine) as session:
        people = list(session.scalars(text("SELECT id FROM patient ORDER BY md5(id::text) LIMIT :n"), {"n": TOUCHED}))
        session.execute(_new_visits(), {"ids": people})
        begun = time.perf_counter()
        rows, _, changed = service.refresh_period(session, YEAR, sorted(people), now=NOW, on=END)
        store.stamps_of(session, changed, now=NOW)
        seconds = time.perf_counter() - begun
        assert rows > TOUCHED // 2
        session.rollback()
    return seconds


def _new_visits() -> Any:
    """A later visit with a high pressure on the day of the last one, for people; ids of its own."""
    new = dict.fromkeys(("id", "record_id", "encounter_id"), "n.id") | {
        "version": "1", "replaces_id": "NULL", "idempotency_key": "NULL", "request_digest": "NULL",
        "sbp_mmhg": "166", "dbp_mmhg": "96", "visited_time": "TIME '23:59:59'",
    }  # fmt: skip
    names = SQLModel.metadata.tables["followup"].columns.keys()
    columns, values = ", ".join(names), ", ".join(new.get(name, f"f.{name}") for name in names)
    return text(
        f"INSERT INTO followup ({columns}) SELECT {values} FROM (SELECT DISTINCT ON (patient_id) * FROM followup"
        " WHERE patient_id = ANY(:ids) AND ended_at IS NULL ORDER BY patient_id, visited_on DESC) AS f"
        " CROSS JOIN LATERAL (SELECT gen_random_uuid() AS id WHERE f.id IS NOT NULL OFFSET 0) AS n"
    )


def read_values(engine: Engine) -> int:
    """All values that a dashboard of the region asks for, clinic by clinic."""
    with db.read_only(engine, system_scope("job:benchmark")) as session:
        return sum(len(queries.values(session, system_scope("x"), asked)) for asked in _questions(session))


def read_by_key(engine: Engine) -> int:
    """As many rows, the same ones, each clinic's by the whole primary key."""
    sql = text(
        "SELECT v.* FROM unnest(CAST(:ends AS date[]), CAST(:starts AS date[]), CAST(:codes AS text[]),"
        " CAST(:diseases AS text[])) AS k(period_end, period_start, code, disease)"
        " JOIN indicator_value AS v ON v.organisation_id = :id AND v.period_end = k.period_end"
        " AND v.period_start = k.period_start AND v.code = k.code AND v.disease = k.disease"
    )
    ends = [month_end(END.year, month) for month in range(1, MONTHS + 1)]
    with db.read_only(engine, system_scope("job:benchmark")) as session:
        found = 0
        for asked in _questions(session):
            keys = [(end, YEAR.start, each.code, each.disease.value) for end in ends for each in asked.measures]
            given = dict(zip(("ends", "starts", "codes", "diseases"), map(list, zip(*keys, strict=True)), strict=True))
            found += len(session.execute(sql, given | {"id": asked.organisation_id}).all())
        return found


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
