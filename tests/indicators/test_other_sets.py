"""The sets of other countries on random populations: SQL over stored facts equals a plain reading of the rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from cmc.clinical.codes import Disease
from cmc.clinical.periods import completed_years
from cmc.core.clock import LOCAL
from cmc.core.ids import new_id
from cmc.indicators import evaluation
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.periods import Period, year_to_date
from cmc.organisations.tables import Organisation
from cmc.records.fact_tables import LaboratoryResult

RECORDED = datetime(2026, 1, 1, tzinfo=LOCAL)


@dataclass(frozen=True)
class Visit:
    on: date
    mode: int
    sbp: int | None
    dbp: int | None


@dataclass(frozen=True)
class Result:
    on: date
    percent: Decimal
    corrected_to: Decimal | None


@dataclass(frozen=True)
class Person:
    birth: date
    primary: bool
    since: date
    died_on: date | None
    visits: list[Visit]
    results: list[Result]


def days(first: date, last: date) -> st.SearchStrategy[date]:
    edges = st.sampled_from([date(2025, 6, 30), date(2025, 7, 1), date(2025, 9, 30), date(2025, 10, 1), last])
    return st.one_of(st.integers(0, (last - first).days).map(lambda n: first + timedelta(n)), edges)


PRESSURES = st.sampled_from(
    [(139, 89), (140, 89), (139, 90), (140, 90), (141, 90), (140, 91), (150, 90), (151, 90), (128, 92), (146, 80), None]
)
PERCENTS = st.sampled_from([Decimal(each) for each in ("6.9", "7.0", "7.5", "7.6", "9.0", "9.1", "9.0001", "6.99")])


@st.composite
def people(draw: st.DrawFn) -> Person:
    since = draw(days(date(2024, 1, 1), date(2025, 12, 20)))
    visits = []
    for on in draw(st.lists(days(since, date(2025, 12, 31)), max_size=4)):
        sbp, dbp = draw(PRESSURES) or (None, None)
        visits.append(Visit(max(on, since), draw(st.sampled_from([1, 2, 3])), sbp, dbp))
    if visits and draw(st.booleans()):
        sbp, dbp = draw(PRESSURES) or (None, None)
        visits.append(Visit(visits[-1].on, 1, sbp, dbp))  # a second one on that day
    results = [
        Result(on, draw(PERCENTS), draw(st.one_of(st.none(), PERCENTS)))
        for on in draw(st.lists(days(date(2024, 6, 1), date(2025, 12, 31)), max_size=3))
    ]
    births = [
        date(1945, 12, 31),
        date(1946, 1, 1),
        date(1939, 12, 31),
        date(2007, 12, 31),
        date(2008, 1, 1),
        date(1970, 5, 5),
    ]
    died = draw(st.sampled_from([None, None, None, date(2025, 12, 31), date(2025, 12, 30)]))
    died = died if died is None or all(each.on <= died for each in visits) else None
    return Person(draw(st.sampled_from(births)), draw(st.integers(0, 9)) > 0, since, died, visits, results)


class Reading:
    """What the rules say of a person at a period's end, in plain Python (rules §9)."""

    def __init__(self, person: Person, period: Period) -> None:
        self.person, self.period, self.end = person, period, period.end
        self.first = date(self.end.year - (self.end.month < 12), self.end.month % 12 + 1, 1)
        self.visits = [each for each in person.visits if self.first <= each.on <= self.end]
        self.measured = [each for each in self.visits if each.sbp is not None]
        self.here = person.since <= self.end and not (person.died_on and person.died_on < self.end)
        self.age = completed_years(person.birth, self.end)
        self.results = [
            (each.on, each.corrected_to or each.percent) for each in person.results if self.first <= each.on <= self.end
        ]

    def months(self, on: date) -> int:
        return (self.end.year - on.year) * 12 + self.end.month - on.month

    def last(self) -> tuple[int, int] | None:
        found = max(self.measured, key=lambda v: (v.on, v.sbp or 0, v.dbp or 0), default=None)
        return None if found is None else (found.sbp or 0, found.dbp or 0)

    def lowest(self) -> tuple[int, int] | None:
        if not self.measured:
            return None
        day = max(each.on for each in self.measured)
        of_day = [each for each in self.measured if each.on == day]
        return min(each.sbp or 0 for each in of_day), min(each.dbp or 0 for each in of_day)

    def under_care(self) -> bool:
        return self.months(self.person.since) < 12 or bool(self.visits)

    def outcome(self) -> str:
        if not any(self.months(each.on) < 3 for each in self.visits):
            return "SIMPLE-MISSED"
        if not any(self.months(each.on) < 3 for each in self.measured):
            return "SIMPLE-NOBP"
        sbp, dbp = self.last() or (999, 999)
        return "SIMPLE-CONTROLLED" if sbp < 140 and dbp < 90 else "SIMPLE-UNCONTROLLED"

    def simple(self, code: str) -> tuple[bool, bool]:
        inside = self.here and self.under_care() and self.months(self.person.since) >= 3
        return inside, self.outcome() == code

    def lost(self) -> tuple[bool, bool]:
        return self.here, not self.under_care()

    def cohort(self, quarters: int) -> tuple[bool, bool]:
        def quarter(on: date) -> int:
            return on.year * 4 + (on.month - 1) // 3

        inside = self.here and quarter(self.end) - quarter(self.person.since) == quarters
        seen = any(quarter(each.on) == quarter(self.end) for each in self.measured)
        sbp, dbp = self.last() or (999, 999)
        return inside, seen and sbp < 140 and dbp < 90

    def cms165(self) -> tuple[bool, bool]:
        half = date(self.first.year + (self.first.month > 6), (self.first.month + 5) % 12 + 1, 1)
        inside = self.here and 18 <= self.age <= 85 and self.person.primary and self.person.since < half
        sbp, dbp = self.lowest() or (999, 999)
        return inside and bool(self.visits), sbp < 140 and dbp < 90

    def cms122(self) -> tuple[bool, bool]:
        inside = self.here and 18 <= self.age <= 75 and bool(self.visits)
        day = max((on for on, _ in self.results), default=None)
        return inside, day is None or min(value for on, value in self.results if on == day) > 9

    def qof(self, ages: range, sbp_most: int, dbp_most: int) -> tuple[bool, bool]:
        sbp, dbp = self.last() or (999, 999)
        return self.settled(self.age in ages, met=sbp <= sbp_most and dbp <= dbp_most)

    def dm020(self) -> tuple[bool, bool]:
        day = max((on for on, _ in self.results), default=None)
        value = max((each for on, each in self.results if on == day), default=Decimal(99))
        return self.settled(True, met=round((value - Decimal("2.15")) * Decimal("10.929")) <= 58)

    def settled(self, inside: bool, *, met: bool) -> tuple[bool, bool]:
        month = (self.end.month - 9 - 1) % 12 + 1
        year = self.end.year - (self.end.month <= 9)
        last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(1)).day
        nine = date(year, month, min(self.end.day, last))
        return self.here and inside and (met or self.person.since <= nine), met


RULES: dict[tuple[str, Disease], Callable[[Reading], tuple[bool, bool]]] = {
    **{
        (code, Disease.HTN): lambda reading, code=code: reading.simple(code)
        for code in ("SIMPLE-CONTROLLED", "SIMPLE-UNCONTROLLED", "SIMPLE-MISSED", "SIMPLE-NOBP")
    },
    **{("SIMPLE-LTFU", each): Reading.lost for each in Disease},
    ("SIMPLE-COHORT", Disease.HTN): lambda reading: reading.cohort(1),
    ("HEARTS-1", Disease.HTN): lambda reading: reading.cohort(2),
    ("CMS165", Disease.HTN): Reading.cms165,
    ("CMS122", Disease.T2DM): Reading.cms122,
    ("HYP008", Disease.HTN): lambda reading: reading.qof(range(80), 140, 90),
    ("HYP009", Disease.HTN): lambda reading: reading.qof(range(80, 200), 150, 90),
    ("DM036", Disease.T2DM): lambda reading: reading.qof(range(80), 140, 90),
    ("DM020", Disease.T2DM): Reading.dm020,
}


def test_every_measure_of_other_sets_has_its_plain_reading() -> None:
    others = {(each.code, each.disease) for each in DEFINITIONS if each.belongs_to in {"hearts", "cms", "qof"}}
    assert others - RULES.keys() == {("SIMPLE-STATIN", Disease.T2DM), ("DM012", Disease.T2DM)}


@settings(
    deadline=None,
    max_examples=25,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    population=st.lists(st.tuples(people(), st.sampled_from(list(Disease))), min_size=1, max_size=8),
    month=st.sampled_from([12, 12, 9, 11]),
)
def test_sql_equals_a_plain_reading(
    session: Session, histories: Any, clinic: Organisation, population: list[tuple[Person, Disease]], month: int
) -> None:
    period = year_to_date(2025, month)
    nested = session.begin_nested()
    try:
        for person, disease in population:
            write(session, histories, person, disease)
        for (code, disease), rule in RULES.items():
            measure = next(each for each in DEFINITIONS if (each.code, each.disease) == (code, disease))
            read = [rule(Reading(person, period)) for person, of in population if of is disease]
            expected = (sum(a and b for a, b in read), sum(a for a, _ in read))
            count = evaluation.evaluate(session, measure, clinic, period)
            assert (count.numerator, count.denominator) == expected, code
    finally:
        nested.rollback()
        session.expunge_all()


def write(session: Session, histories: Any, person: Person, disease: Disease) -> None:
    patient = histories.person(person.birth, died_on=person.died_on)
    histories.stint(patient, person.since, disease=disease, primary=person.primary)
    for each in person.visits:
        histories.visit(patient, each.on, each.sbp, each.dbp, mode=each.mode, disease=disease)
    for result in person.results:
        first = laboratory(session, histories, patient, result.on, result.percent, None)
        if result.corrected_to is not None:
            laboratory(session, histories, patient, result.on, result.corrected_to, first)


def laboratory(session: Session, histories: Any, patient: Any, on: date, percent: Decimal, replaces: Any) -> Any:
    row_id = new_id()
    session.add(
        LaboratoryResult(
            id=row_id, fact_id=replaces or row_id, source="laboratory", patient_id=patient.id,
            clinic_id=histories.home.id, happened_on=on, analyte="HBA1C", written=str(percent), written_unit="%",
            value=percent, range_of_laboratory=False, flag="NORMAL", is_critical=False, actor="t", recorded_at=RECORDED,
            replaces_id=replaces, reason="复核" if replaces else None,
        )
    )  # fmt: skip
    session.flush()
    return row_id


@pytest.mark.parametrize(("percent", "met"), [("7.5", True), ("7.6", False)])
def test_the_limit_of_qof_is_58(
    session: Session, histories: Any, clinic: Organisation, percent: str, met: bool
) -> None:
    patient = histories.person()
    histories.stint(patient, disease=Disease.T2DM)
    laboratory(session, histories, patient, date(2025, 5, 5), Decimal(percent), None)
    measure = next(each for each in DEFINITIONS if each.code == "DM020")
    assert evaluation.evaluate(session, measure, clinic, year_to_date(2025, 12)).numerator == int(met)
