"""Scores in the service: from charts to rows, once for each change, as of a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.charts import queries as charts
from cmc.charts.chart import AsOf
from cmc.clinical.codes import Disease
from cmc.core import db
from cmc.core.scope import Scope
from cmc.patients import touched
from cmc.patients.tables import Patient
from cmc.records.fact_schemas import DiagnosisIn, LifestyleIn, MedicationIn
from cmc.risk import assessing, jobs, known, stored
from cmc.risk.equations.variables import Variable
from cmc.risk.tables import RiskScore, RiskStanding

from .conftest import NOW, TODAY, Put, lab, visited


def scores(session: Session, patient: Patient) -> list[RiskScore]:
    query = select(RiskScore).where(col(RiskScore.patient_id) == patient.id).order_by(col(RiskScore.id))
    return list(session.scalars(query.execution_options(populate_existing=True)))


def standing(session: Session, patient: Patient) -> RiskStanding | None:
    return session.get(RiskStanding, patient.id, populate_existing=True)


def score(session: Session, scope: Scope, *people: Patient, on: date = TODAY) -> int:
    return assessing.score(session, scope, [each.id for each in people], now=NOW, on=on)


def answer(row: RiskScore, question: str) -> dict[str, Any]:
    return next(each for each in row.answers if each["question"] == question)


def test_inputs_come_with_their_day_and_source(
    session: Session, scope: Scope, known_person: Callable[..., Patient]
) -> None:
    patient = known_person()
    found = known.known(charts.one(session, scope, patient.id, AsOf(TODAY)), northern=1.0)
    sbp = found[Variable.SBP]  # the mean of the last three visits, not of the fourth
    assert (sbp.value, sbp.on, sbp.source) == (144.0, date(2026, 10, 5), "visits")
    assert found[Variable.SMOKER].value == 1
    assert found[Variable.EX_SMOKER].value == 0
    assert found[Variable.BP_TREATED].value == 1
    assert found[Variable.STATIN].value == 0  # the list of medicines has none: that means no
    assert found[Variable.PRIOR_CVD].value == 0
    assert found[Variable.DIABETES_YEARS].value == 2
    assert found[Variable.FAMILY_HISTORY].value == 1
    egfr = found[Variable.EGFR]
    assert egfr.source == "creatinine"
    assert 85 < egfr.value < 100
    assert Variable.WAIST not in found  # nobody measured it: a gap, no guess
    assert Variable.URBAN not in found


def test_a_score_keeps_what_it_was_made_of(
    session: Session, scope: Scope, known_person: Callable[..., Patient]
) -> None:
    patient = known_person()
    assert score(session, scope, patient) == 1
    (row,) = scores(session, patient)
    assert (row.as_of, row.release, row.mode, row.tier) == (TODAY, "nhanes 1.0.0", "shadow", "t2")
    cvd = answer(row, "cvd")  # no waist: China-PAR does not apply, WHO with laboratory values does
    assert (cvd["equation"], cvd["reason"], cvd["missing"]) == ("who_2019_lab", "next_choice", ["waist_cm"])
    assert 0.1 < cvd["value"] < 0.5
    assert cvd["at_goals"] < cvd["value"]
    assert cvd["reference"] < cvd["value"]
    assert {"smoker", "sbp_mmhg"} <= {name for name, _ in cvd["parts"]}
    assert "bp_treated" not in {name for name, _ in cvd["parts"]}
    assert row.band == 3
    assert {each["task"] for each in row.models} >= {"death-10y", "cv_death-5y", "kidney_damage-now"}
    for each in row.models:  # nobody measured the height: one gap, filled in, with a wider band and no parts
        assert each["low"] < each["raw"] < each["high"]
        assert (each["filled"], each["level"], "parts" in each) == ("bmi_kg_m2", 0, False)
    assert stored.inputs_of(row.inputs) == dict(
        known.known(charts.one(session, scope, patient.id, AsOf(TODAY)), northern=1.0)
    )
    stands = standing(session, patient)
    assert stands is not None
    assert (stands.band, stands.score_id, stands.clinic_id) == (3, row.id, patient.clinic_id)


def test_who_is_unchanged_gets_no_second_row(
    session: Session, scope: Scope, known_person: Callable[..., Patient], put: Put
) -> None:
    patient = known_person()
    score(session, scope, patient)
    assert score(session, scope, patient) == 0
    assert score(session, scope, patient, on=TODAY + timedelta(days=1)) == 0
    assert len(scores(session, patient)) == 1
    put(patient, lab("TC", "6.9"))
    assert score(session, scope, patient) == 1
    first, second = scores(session, patient)
    assert answer(second, "cvd")["value"] > answer(first, "cvd")["value"]
    assert standing(session, patient).score_id == second.id  # type: ignore[union-attr]


def test_earlier_disease_is_very_high_without_a_percentage(
    session: Session, scope: Scope, known_person: Callable[..., Patient], put: Put
) -> None:
    patient = known_person()
    put(patient, DiagnosisIn(icd10="I63.9", on="2020-01-01", ended_on="2020-03-01"))
    score(session, scope, patient)
    (row,) = scores(session, patient)
    cvd = answer(row, "cvd")
    assert (cvd["reason"], cvd["level"], row.band) == ("prior_cvd", 4, 4)
    assert "value" not in cvd


def test_who_is_no_longer_managed_has_no_standing_and_keeps_the_history(
    session: Session, scope: Scope, known_person: Callable[..., Patient]
) -> None:
    patient = known_person()
    score(session, scope, patient)
    session.execute(
        text(
            "UPDATE enrolment SET state = 'TERMINATED', end_reason = 'MOVED_OUT', ended_on = '2026-11-01'"
            " WHERE patient_id = :id"
        ),
        {"id": patient.id},
    )
    assert score(session, scope, patient) == 1
    assert standing(session, patient) is None
    assert len(scores(session, patient)) == 1


def test_marks_are_taken_and_the_night_finds_what_left_no_mark(
    session: Session, transaction: db.Transaction, known_person: Callable[..., Patient]
) -> None:
    patient = known_person()
    assert jobs.refresh(transaction, NOW) == 1
    assert jobs.refresh(transaction, NOW) == 0
    assert len(scores(session, patient)) == 1
    later = NOW + timedelta(days=200)  # the visits of April and July are over a year old, and a birthday went by
    assert touched.take(session, touched.RISK) == []
    assert jobs.nightly(transaction, later) == 1
    assert len(scores(session, patient)) == 2


AFTER: tuple[Callable[[Session, Patient, Put], Any], ...] = (
    lambda _, person, put: put(person, lab("TC", "8.5", on="2026-09-02"), on=date(2026, 11, 20)),
    lambda _, person, put: put(person, lab("CREATININE", "300", on="2026-11-01")),
    lambda _, person, put: put(person, DiagnosisIn(icd10="I21.9", on="2026-09-02")),
    lambda _, person, put: put(person, LifestyleIn(smoking=1, on="2026-10-01")),
    lambda _, person, put: put(person, MedicationIn(name="阿托伐他汀钙片", on="2026-09-10")),
    lambda session, person, _: visited(session, person, "2026-09-03", 210, 118),
)


@pytest.mark.parametrize("later", range(len(AFTER)))
def test_no_fact_after_the_day_changes_a_score(
    session: Session, scope: Scope, known_person: Callable[..., Patient], put: Put, later: int
) -> None:
    patient = known_person()
    on = date(2026, 9, 1)
    score(session, scope, patient, on=on)
    AFTER[later](session, patient, put)
    assert score(session, scope, patient, on=on) == 0
    assert len(scores(session, patient)) == 1
    assert score(session, scope, patient) == 1  # today it counts


def test_a_disease_confirmed_after_the_day_is_not_known_on_it(
    session: Session, scope: Scope, make_patient: Callable[..., Patient], make_enrolment: Callable[..., Any]
) -> None:
    patient = make_patient()
    row = make_enrolment(patient, Disease.T2DM, enrolled_on=date(2024, 1, 10))
    row.confirmed_on = date(2026, 10, 10)
    session.flush()
    early, late = (
        known.known(charts.one(session, scope, patient.id, AsOf(on)))[Variable.DIABETES].value
        for on in (date(2026, 9, 1), TODAY)
    )
    assert (early, late) == (0, 1)


def test_a_batch_says_what_each_alone_says(
    session: Session, scope: Scope, known_person: Callable[..., Patient], put: Put
) -> None:
    people = [known_person(birth_date=date(1940 + 7 * each, 3, 2)) for each in range(6)]
    put(people[1], DiagnosisIn(icd10="I50.9", on="2024-01-01"))
    put(people[2], lab("CREATININE", "190", on="2026-10-02"))
    score(session, scope, *people)
    together = [parts(scores(session, each)[0]) for each in people]
    session.execute(text("DELETE FROM risk_standing"))
    session.expire_all()
    for each in people:
        score(session, scope, each)
    assert [parts(scores(session, each)[1]) for each in people] == together


def parts(row: RiskScore) -> list[Any]:
    return [row.inputs, row.answers, row.models, row.reasons, row.due, row.band, row.priority, row.tier]
