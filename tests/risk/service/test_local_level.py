"""The local level from the database, and the monthly look: both call people, none trains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import Disease
from cmc.core import db
from cmc.core.operating import OperatorError
from cmc.core.scope import Scope
from cmc.outbox.tables import OutboxEvent
from cmc.patients.tables import Patient
from cmc.records.fact_schemas import DiagnosisIn, HospitalStayIn, LifestyleIn
from cmc.risk import assessing, database_commands, jobs, local_queries, locally, queries, watching
from cmc.risk.equations.equation import Outcome
from cmc.risk.local_outcomes import outcomes
from cmc.risk.models.model import Task
from cmc.risk.models.terms import Tier
from cmc.risk.recalibration import Basis, LocalLevel, log_odds
from cmc.risk.tables import RiskBaseline, RiskScore, RiskWatch

from .conftest import NOW, TODAY, Put, lab, visited

NAN = float("nan")
KIDNEY, DEATH, CV_DEATH = Task(Outcome.KIDNEY_DAMAGE, None), Task(Outcome.DEATH, 5.0), Task(Outcome.CV_DEATH, 5.0)


def test_who_left_is_not_known_and_who_stayed_stands_for_the_like() -> None:
    event = np.array([10, NAN, NAN, 50, NAN, 200])
    left = np.array([NAN, 20, NAN, NAN, NAN, NAN])
    told = outcomes(event, left, 100)
    assert told.label.tolist() == [1, 0, 0, 1, 0, 0]
    # One of the five who were still there on day 20 left: from then on each one counts for 5/4.
    np.testing.assert_allclose(told.weight, [1, 0, 1.25, 1.25, 1.25, 1.25])
    assert told.weight.sum() == pytest.approx(6)


def test_an_event_on_the_last_day_counts_and_nobody_gets_an_endless_weight() -> None:
    assert outcomes(np.array([100.0]), np.array([NAN]), 100).label.tolist() == [1]
    assert outcomes(np.array([101.0]), np.array([NAN]), 100).label.tolist() == [0]
    assert outcomes(np.array([50.0]), np.array([50.0]), 100).label.tolist() == [1]
    left = np.array([*np.arange(1.0, 100.0), NAN])
    assert outcomes(np.full(100, NAN), left, 365).weight.max() <= 20
    assert outcomes(np.empty(0), np.empty(0), 100).label.size == 0


@pytest.fixture
def earlier(
    session: Session, make_patient: Callable[..., Patient], make_enrolment: Callable[..., Any], put: Put
) -> Any:
    """earlier(when) → a person managed since 2015, with a visit and a way of living shortly before that day."""

    def make(when: date, **more: Any) -> Patient:
        patient = make_patient(**more)
        make_enrolment(patient, Disease.HTN, enrolled_on=date(2015, 1, 10))
        visited(session, patient, str(when - timedelta(days=40)), 150, 88)
        put(patient, LifestyleIn(smoking=1, on=str(when - timedelta(days=40))))
        return patient

    return make


def gathered(session: Session, scope: Scope, task: Task) -> locally.Gathered:
    found = locally.Gathered.of(task, on=TODAY)
    after: UUID | None = UUID(int=0)
    while after is not None:
        after = locally.gather(session, scope, found, after=after)
    return found


def end(session: Session, patient: Patient, on: date, *, died: bool = False, cause: str | None = None) -> None:
    session.execute(
        text("UPDATE enrolment SET state = 'TERMINATED', end_reason = :why, ended_on = :on WHERE patient_id = :id"),
        {"why": "DIED" if died else "MOVED_OUT", "on": on, "id": patient.id},
    )
    if died:
        session.execute(
            text("UPDATE patient SET died_on = :on, death_cause = :cause WHERE id = :id"),
            {"on": on, "cause": cause, "id": patient.id},
        )
    session.expire_all()


def of_each(people: Sequence[Patient], values: np.ndarray) -> list[Any]:
    """The values of a cohort, which stands in the order of ids, in the order of these people."""
    found = dict(zip(sorted(each.id for each in people), values.tolist(), strict=True))
    return [found[each.id] for each in people]


def test_a_cohort_is_scored_as_of_its_start_and_followed_to_its_end(
    session: Session, scope: Scope, earlier: Any
) -> None:
    start = TODAY - timedelta(days=locally.horizon_days(DEATH))
    people = [earlier(start) for _ in range(5)]
    end(session, people[0], start + timedelta(days=400), died=True, cause="I21.9")
    end(session, people[1], start + timedelta(days=500), died=True, cause="C34.9")
    end(session, people[2], start + timedelta(days=600), died=True, cause="心梗")
    end(session, people[3], start + timedelta(days=700))
    visited(session, people[4], str(start + timedelta(days=1)), 220, 120)  # after the start: no input
    found = gathered(session, scope, DEATH)
    assert set(found.found) == {Tier.T0}
    cohort = found.cohort(Tier.T0)
    assert of_each(people, cohort.label) == [1, 1, 1, 0, 0]
    assert of_each(people, cohort.weight) == [1, 1, 1, 0, 2]
    assert np.ptp(cohort.raw) == 0  # five times the same chart on that day
    of_heart = gathered(session, scope, CV_DEATH).cohort(Tier.T0)
    assert of_each(people, of_heart.label) == [1, 0, 0, 0, 0]
    assert of_each(people, of_heart.weight > 0) == [True, True, False, False, True]  # a cause in words is not known


def test_kidney_damage_is_known_of_who_was_tested(session: Session, scope: Scope, earlier: Any, put: Put) -> None:
    start = TODAY - timedelta(days=365)
    damaged, sound, half, _ = people = [earlier(start) for _ in range(4)]
    put(damaged, lab("UACR", "120", on="2026-03-01"))
    for analyte in ("UACR", "CREATININE"):
        put(sound, lab(analyte, on="2026-03-01"))
    put(half, lab("UACR", "10", on="2026-03-01"))
    cohort = gathered(session, scope, KIDNEY).cohort(Tier.T0)
    assert of_each(people, cohort.label) == [1, 0, 0, 0]
    assert of_each(people, cohort.weight) == [1, 1, 0, 0]


def test_a_level_moves_the_local_number_and_leaves_the_raw_one(
    session: Session, scope: Scope, known_person: Callable[..., Patient]
) -> None:
    patient = known_person()
    assessing.score(session, scope, [patient.id], now=NOW, on=TODAY)
    level = LocalLevel(
        model_id="risk-death-10y-t2", model_version="1.0.0", version=1, on=TODAY, basis=Basis.LOCAL_INTERCEPT,
        intercept=-0.5, people=4000, events=120, spread=0.1,
    )  # fmt: skip
    locally.store_level(session, scope, level, now=NOW)
    assert assessing.score(session, scope, [patient.id], now=NOW, on=TODAY) == 1
    query = select(RiskScore).where(col(RiskScore.patient_id) == patient.id).order_by(col(RiskScore.id))
    before, after = ({each["task"]: each for each in row.models} for row in session.scalars(query))
    assert after["death-10y"]["raw"] == before["death-10y"]["raw"] == before["death-10y"]["value"]
    moved = log_odds(np.array([after["death-10y"]["value"], after["death-10y"]["raw"]]))
    assert moved[0] - moved[1] == pytest.approx(-0.5, abs=1e-4)
    assert (before["death-10y"]["level"], after["death-10y"]["level"]) == (0, 1)
    assert after["death-5y"] == before["death-5y"]


def test_an_external_standard_needs_nobody_who_was_on_file_ten_years_ago(
    session: Session,
    scope: Scope,
    transaction: db.Transaction,
    known_person: Callable[..., Patient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It moves the mean of those who are managed now: it is what there is before anybody was followed for long."""
    ids = [known_person(birth_date=date(1950 + 5 * each, 3, 1)).id for each in range(3)]
    monkeypatch.setattr(database_commands, "service_engine", lambda *_: nullcontext())
    monkeypatch.setattr(database_commands, "config", SimpleNamespace(load=lambda: None))
    monkeypatch.setattr(database_commands, "db", SimpleNamespace(transaction=lambda *_: transaction()))
    assessing.score(session, scope, ids, now=NOW, on=TODAY)
    query = select(RiskScore).where(col(RiskScore.patient_id).in_(ids))
    raw = np.array([m["raw"] for row in session.scalars(query) for m in row.models if m["task"] == "death-10y"])
    standard = float(0.8 * raw.mean())
    told = database_commands.recalibrate("risk-death-10y-t2", standard, "中国生命表 2020", TODAY)
    assert "level 1: external standard, not validated" in told
    level = queries.levels(session, "1.0.0")["risk-death-10y-t2"]
    assert (level.people, level.basis) == (3, Basis.EXTERNAL)
    assert level.apply(raw).mean() == pytest.approx(standard, rel=1e-4)
    with pytest.raises(OperatorError, match="Nobody was on file on 2016"):
        database_commands.recalibrate("risk-death-10y-t2", None, None, TODAY)


def watched(session: Session, month: date) -> dict[tuple[str, str], RiskWatch]:
    return {
        (each.watch, each.name): each for each in session.scalars(select(RiskWatch).where(RiskWatch.month == month))
    }


def test_the_month_counts_events_against_what_was_foretold_and_tells_people_once(
    session: Session,
    scope: Scope,
    transaction: db.Transaction,
    known_person: Callable[..., Patient],
    put: Put,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "LEAST_PEOPLE", 3)
    people = [known_person(birth_date=date(1950 + each, 3, 1)) for each in range(5)]
    ids = [each.id for each in people]
    assessing.score(session, scope, ids, now=NOW, on=TODAY)
    later = NOW + timedelta(days=40)  # 30 December: nothing was scored before November, nothing is counted
    assert jobs.monitor(transaction, later) == 0
    assert session.scalars(select(col(RiskBaseline.people))).all() == [5]
    put(people[1], DiagnosisIn(icd10="I63.9", on="2026-12-10"), now=later, on=date(2026, 12, 30))
    for each in people[2:5]:
        end(session, each, date(2026, 12, 20), died=True, cause="I21.9")
    january = NOW + timedelta(days=60)
    count = jobs.monitor(transaction, january)
    seen = watched(session, date(2026, 12, 1))
    deaths, events = seen["level", "death-10y"], seen["level", "cvd"]
    rows = session.scalars(select(RiskScore).where(col(RiskScore.patient_id).in_(ids))).all()
    values = [each["value"] for row in rows for each in row.models if each["task"] == "death-10y"]
    assert (deaths.observed, events.observed) == (3, 4)  # a fatal infarction is what the equations foretell as well
    assert deaths.expected == pytest.approx(sum(1 - (1 - value) ** (1 / 120) for value in values))
    assert deaths.alert  # three deaths of five in a month
    assert deaths.low is not None
    assert deaths.low > 1
    assert ("tier", "tier") in seen
    assert count == len(seen)
    told = session.scalars(select(OutboxEvent).where(col(OutboxEvent.kind) == "risk.to_look_at")).all()
    assert [each.data["month"] for each in told] == ["2026-12-01"]
    assert "level:death-10y" in told[0].data["to_look_at"]
    assert not [each for each in ids if str(each) in str(told[0].data)]
    assert jobs.monitor(transaction, january) == 0  # once a month
    assert session.scalars(text("SELECT count(*) FROM risk_model_level")).one() == 0  # and nothing is moved by it


def test_an_event_is_what_the_equations_foretell_wherever_it_is_on_file(
    session: Session, scope: Scope, known_person: Callable[..., Patient], put: Put
) -> None:
    """Infarction or stroke, of a diagnosis, a stay or a death; angina and an attack that passes are foretold by none."""
    people = [known_person(birth_date=date(1950 + each, 3, 1)) for each in range(8)]
    assessing.score(session, scope, [each.id for each in people], now=NOW, on=TODAY)
    later = {"now": NOW + timedelta(days=40), "on": date(2026, 12, 30)}
    for place, icd10 in enumerate(("I20.0", "I25.1", "G45.9", "I21.4")):
        put(people[place], DiagnosisIn(icd10=icd10, on="2026-12-10"), **later)
    stay = HospitalStayIn(on="2026-12-11", institution="县医院", icd10="I63.9")
    put(people[4], stay, **later)
    put(people[4], DiagnosisIn(icd10="I63.9", on="2026-12-12"), **later)  # the same person once
    end(session, people[5], date(2026, 12, 20), died=True, cause="i25.1")
    end(session, people[6], date(2026, 12, 20), died=True, cause="C34.9")
    end(session, people[7], date(2026, 12, 20), died=True, cause="心梗")
    seen = local_queries.happened(session, scope, first=date(2026, 12, 1), following=date(2027, 1, 1))
    assert seen.observed == 3


def test_a_baseline_comes_back_as_it_was_stored() -> None:
    from cmc.risk import monitoring, served  # noqa: PLC0415
    from cmc.risk.models import profiles  # noqa: PLC0415

    people = profiles.people(300, 3)
    made = monitoring.baseline_of(people, served.models().scorer.score(people))
    again = watching.baseline_of(watching.baseline_json(made))
    assert watching.baseline_json(again) == watching.baseline_json(made)
