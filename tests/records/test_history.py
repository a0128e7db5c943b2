"""As known at any instant: what the queries answer replays a model of appended facts and corrections."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from cmc.core.scope import Scope
from cmc.patients.tables import Patient
from cmc.records import fact_queries, facts
from cmc.records.codes import FactKind
from cmc.records.fact_schemas import DiagnosisIn
from cmc.records.fact_tables import Diagnosis

TODAY = date(2026, 11, 20)
START = datetime.fromisoformat("2026-11-01T08:00:00+08:00")
CODES = ("I10", "E11.9", "J45.9")
STEP = st.tuples(
    st.sampled_from(("record", "correct", "retract")),
    st.integers(0, 5),
    st.sampled_from(CODES),
    st.integers(-2, 4),  # hours since the step before: a clock may go back
)


@dataclass(frozen=True)
class Said:
    """One thing that was said of one fact: from which instant it is known, and its code; None: it was never so."""

    at: datetime
    code: str | None


def replay(history: dict[UUID, list[Said]], at: datetime) -> list[str]:
    """The codes known at an instant: of every fact the last word by then."""
    last = ([each.code for each in said if each.at <= at][-1:] for said in history.values())
    return sorted(code for word in last for code in word if code is not None)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=12))
def test_every_instant_is_replayed(
    steps: list[tuple[str, int, str, int]],
    session: Session,
    scope: Scope,
    make_patient: Callable[..., Patient],
) -> None:
    person = make_patient().id
    history: dict[UUID, list[Said]] = {}
    versions: dict[UUID, UUID] = {}
    clock = START
    for verb, which, code, hours in steps:
        clock += timedelta(hours=hours)
        open_facts = [each for each, said in history.items() if said[-1].code is not None]
        if verb == "record" or not open_facts:
            wanted = DiagnosisIn(icd10=code, on="2020-01-01")
            row = facts.record(session, scope, person, FactKind.DIAGNOSIS, wanted, now=clock, on=TODAY)
            said = code
        else:
            fact = open_facts[which % len(open_facts)]
            seen = facts.Seen("更正", f'"{versions[fact]}"', clock, TODAY)
            said = code if verb == "correct" else None
            better = DiagnosisIn(icd10=code, on="2020-01-01") if said else None
            row = facts.correct(session, scope, person, FactKind.DIAGNOSIS, fact, better, seen)
        before = history.setdefault(row.fact_id, [])
        before.append(Said(max(clock, before[-1].at) if before else clock, said))
        versions[row.fact_id] = row.id
    instants = {
        each.at + timedelta(seconds=shift) for said in history.values() for each in said for shift in (-1, 0, 1)
    }
    for at in instants | {START - timedelta(days=1)}:
        rows = fact_queries.of_person(session, scope, Diagnosis, person, known_at=at)
        assert sorted(str(each.icd10) for each in rows) == replay(history, at)
    now = fact_queries.of_person(session, scope, Diagnosis, person)
    assert sorted(str(each.icd10) for each in now) == replay(history, START + timedelta(days=30))
    everything = fact_queries.of_person(session, scope, Diagnosis, person, history=True)
    assert len(everything) == sum(map(len, history.values()))
