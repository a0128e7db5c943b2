"""Tasks: nobody is missed, nothing is asked twice."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, event, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.alerts import queries as alert_queries
from cmc.alerts import service as alerts
from cmc.alerts.codes import AlertOutcome
from cmc.clinical.codes import Disease, EndReason, EnrolmentState
from cmc.clinical.enrolment import Change, ContactEvidence
from cmc.core import crypto, db
from cmc.core.clock import LOCAL
from cmc.core.scope import EVERY_RIGHT, Scope, system_scope
from cmc.followups import jobs, tasks
from cmc.followups.codes import EXAM_KINDS
from cmc.followups.tables import Followup, Task
from cmc.organisations.tables import Organisation
from cmc.patients import enrolling, touched
from cmc.patients import queries as patients
from cmc.patients.tables import Enrolment, Patient

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=LOCAL)

MakePatient = Callable[..., Patient]
MakeEnrolment = Callable[..., Enrolment]
MakeVisit = Callable[..., list[Followup]]
MakeReading = Callable[..., UUID]


def _days(count: int) -> date:
    return TODAY - timedelta(days=count)


def _at(days: int, hour: int = 7) -> datetime:
    return datetime.combine(_days(days), datetime.min.time(), LOCAL) + timedelta(hours=hour)


def _tasks(session: Session, patient: Patient, status: str | None = None) -> list[tuple[str, str, date]]:
    session.expire_all()
    query = select(Task).where(col(Task.patient_id) == patient.id).order_by(col(Task.opened_at), col(Task.due_on))
    found = [task for task in session.scalars(query) if status in {None, task.status}]
    return [(task.kind, task.status, task.due_on) for task in found]


def _open(session: Session, patient: Patient) -> list[tuple[str, date]]:
    """What is to be done but examinations, which have tests of their own."""
    found = _tasks(session, patient, "open")
    return sorted((kind, due_on) for kind, _, due_on in found if kind not in EXAM_KINDS)


def _change(
    session: Session, scope: Scope, patient: Patient, to: EnrolmentState, on: date, reason: EndReason | None = None
) -> None:
    enrolment = next(each for each in patients.enrolments(session, scope, patient.id) if each.state != "TERMINATED")
    evidence = ContactEvidence(3, 2, on - timedelta(days=20), on) if to is EnrolmentState.LOST else None
    wanted = Change(to, on, reason, evidence)
    enrolling.change(session, scope, patient.id, enrolment.id, wanted, now=NOW, on=TODAY)


@pytest.fixture
def person(make_patient: MakePatient, make_enrolment: MakeEnrolment) -> Patient:
    patient = make_patient()
    make_enrolment(patient, Disease.HTN, enrolled_on=_days(30))
    return patient


def test_a_new_enrolment_gets_its_first_visit_within_seconds(
    session: Session, transaction: db.Transaction, person: Patient
) -> None:
    assert jobs.refresh(transaction, NOW) == 1
    assert _open(session, person) == [("first_visit", _days(30) + timedelta(days=90))]
    assert jobs.refresh(transaction, NOW) == 0


def test_a_visit_closes_its_task_and_opens_the_next_in_the_same_transaction(
    session: Session, transaction: db.Transaction, person: Patient, visit: MakeVisit
) -> None:
    jobs.refresh(transaction, NOW)
    visit(person, _days(20), sbp_mmhg=160)
    assert _open(session, person) == [("two_week", _days(6))]
    visit(person, _days(5))
    assert _open(session, person) == [("routine", _days(5) + timedelta(days=90))]
    assert [status for _, status, _ in _tasks(session, person)].count("done") == 2


def test_four_contacts_by_phone_keep_the_rhythm_and_stay_told_apart_from_visits(
    session: Session, person: Patient, visit: MakeVisit
) -> None:
    for days in (28, 21, 14, 7):
        (row,) = visit(person, _days(days), mode=3)
        assert (row.mode, row.is_valid) == (3, True)
    assert _open(session, person) == [("routine", _days(7) + timedelta(days=90))]


def test_a_visit_for_both_diseases_serves_both_tasks(
    session: Session, transaction: db.Transaction, person: Patient, make_enrolment: MakeEnrolment, visit: MakeVisit
) -> None:
    make_enrolment(person, Disease.T2DM, enrolled_on=_days(30))
    jobs.refresh(transaction, NOW)
    visit(person, TODAY, form="both")
    assert [kind for kind, _ in _open(session, person)] == ["routine", "routine"]
    assert len(_tasks(session, person, "done")) == 2


def test_a_back_dated_visit_changes_no_later_step(
    session: Session, transaction: db.Transaction, person: Patient, visit: MakeVisit
) -> None:
    visit(person, _days(5))
    before = _tasks(session, person)
    visit(person, _days(15), sbp_mmhg=170, now=NOW)
    assert _tasks(session, person) == before


def test_death_cancels_every_open_task(
    session: Session,
    scope: Scope,
    transaction: db.Transaction,
    person: Patient,
    make_enrolment: MakeEnrolment,
    reading: MakeReading,
) -> None:
    make_enrolment(person, Disease.T2DM, enrolled_on=_days(30))
    reading(person, _at(2), sbp=190, dbp=100)
    jobs.refresh(transaction, NOW)
    assert len(_open(session, person)) == 3
    _change(session, scope, person, EnrolmentState.TERMINATED, _days(1), EndReason.DIED)
    jobs.refresh(transaction, NOW)
    assert _open(session, person) == []
    assert {status for _, status, _ in _tasks(session, person)} == {"cancelled"}


def test_the_lost_have_no_routine_until_they_are_back(
    session: Session,
    scope: Scope,
    transaction: db.Transaction,
    make_patient: MakePatient,
    make_enrolment: MakeEnrolment,
    visit: MakeVisit,
) -> None:
    person = make_patient()
    make_enrolment(person, Disease.HTN, enrolled_on=_days(300))
    visit(person, _days(200))
    _change(session, scope, person, EnrolmentState.LOST, _days(5))
    jobs.refresh(transaction, NOW)
    assert _open(session, person) == []
    _change(session, scope, person, EnrolmentState.ACTIVE, _days(2))
    jobs.refresh(transaction, NOW)
    assert _open(session, person) == [("routine", _days(200) + timedelta(days=90))]
    visits = [kind for kind, _, _ in _tasks(session, person) if kind not in EXAM_KINDS]
    assert visits == ["routine"], "the same cause is one task, opened again"


def test_a_transferred_person_keeps_the_agreed_date_at_the_new_clinic(
    session: Session,
    scope: Scope,
    transaction: db.Transaction,
    person: Patient,
    visit: MakeVisit,
    make_clinic: Callable[..., Organisation],
) -> None:
    visit(person, _days(10), sbp_mmhg=165)
    new = make_clinic("C2")
    enrolment = patients.enrolments(session, scope, person.id)[0]
    enrolling.transfer(session, scope, person.id, enrolment.id, new.id, on=_days(3), now=NOW, today=TODAY)
    jobs.refresh(transaction, NOW)
    visits = select(Task).where(col(Task.status) == "open", col(Task.kind).not_in(EXAM_KINDS))
    (task,) = session.scalars(visits).all()
    session.refresh(task)
    assert (task.clinic_id, task.due_on, task.kind) == (new.id, _days(10) + timedelta(days=14), "two_week")


def test_a_critical_reading_becomes_one_task_with_its_value_in_words(
    session: Session, transaction: db.Transaction, person: Patient, reading: MakeReading
) -> None:
    reading(person, _at(3), sbp=182, dbp=96)
    reading(person, _at(2), sbp=150, dbp=90, tier=None)
    reading(person, _at(1), umol_l=17200)
    assert jobs.refresh(transaction, NOW) == 1
    query = select(Task).where(col(Task.kind) == "critical_reading")
    (task,) = session.scalars(query).all()
    assert (task.status, task.due_on, task.disease, task.urgency) == ("open", _days(3), None, 0)
    assert task.reason_zh == f"{_days(1)} 空腹血糖 17.2 ≥ 16.7，尚未随访（{_days(3)} 起共 2 次）"
    assert task.rule_ids == ["DM-EM-01"]


def test_a_visit_answers_the_critical_readings_before_it_and_none_after_it(
    session: Session, transaction: db.Transaction, person: Patient, reading: MakeReading, visit: MakeVisit
) -> None:
    reading(person, _at(3), sbp=182, dbp=96)
    jobs.refresh(transaction, NOW)
    reading(person, _at(2, hour=8), sbp=182, dbp=96)
    visit(person, _days(2), mode=3)
    assert ("critical_reading", "done", _days(3)) in _tasks(session, person)
    jobs.refresh(transaction, NOW)
    assert [kind for kind, _ in _open(session, person)] == ["routine"]
    reading(person, _at(2, hour=20), sbp=192, dbp=96)
    jobs.refresh(transaction, NOW)
    assert ("critical_reading", _days(2)) in _open(session, person)


def _late_one(reading: MakeReading, person: Patient, hour: int) -> None:
    reading(person, _at(0, hour=8) + timedelta(minutes=30), sbp=210, dbp=125, received_at=_at(0, hour=hour))


@pytest.mark.parametrize(("received_hour", "open_again"), [(9, False), (10, False), (12, True)])
def test_a_visit_answers_only_the_critical_readings_that_had_arrived_by_then(
    session: Session,
    transaction: db.Transaction,
    person: Patient,
    reading: MakeReading,
    visit: MakeVisit,
    received_hour: int,
    open_again: bool,
) -> None:
    steps = [
        (received_hour, lambda: _late_one(reading, person, received_hour)),
        (10.5, lambda: visit(person, TODAY, now=_at(0, hour=10))),
    ]
    for _, step in sorted(steps, key=lambda each: each[0]):
        step()
    jobs.refresh(transaction, _at(0, hour=13))
    assert (("critical_reading", TODAY) in _open(session, person)) is open_again
    visit(person, TODAY, now=_at(0, hour=14), mode=3)
    assert [kind for kind, _ in _open(session, person)] == ["routine"]


def test_a_critical_reading_that_arrives_late_is_a_second_task_beside_the_answered_one(
    session: Session, transaction: db.Transaction, person: Patient, reading: MakeReading, visit: MakeVisit
) -> None:
    reading(person, _at(3), sbp=182, dbp=96)
    jobs.refresh(transaction, _at(3, hour=8))
    visit(person, _days(2))
    reading(person, _at(4), sbp=210, dbp=125, received_at=_at(1))
    reading(person, _at(5), sbp=215, dbp=125, received_at=_at(1))
    jobs.refresh(transaction, NOW)
    assert [each for each in _open(session, person) if each[0] == "critical_reading"] == [
        ("critical_reading", _days(5))
    ]
    assert ("critical_reading", "done", _days(3)) in _tasks(session, person)


def test_a_critical_reading_older_than_fourteen_days_raises_nothing_when_it_arrives(
    session: Session, transaction: db.Transaction, person: Patient, reading: MakeReading, visit: MakeVisit
) -> None:
    visit(person, _days(20))
    reading(person, _at(15), sbp=210, dbp=125, received_at=NOW)
    jobs.refresh(transaction, NOW)
    assert [kind for kind, _ in _open(session, person)] == ["routine"]


def test_the_task_of_a_critical_reading_stands_until_its_alert_is_closed(
    session: Session, scope: Scope, transaction: db.Transaction, person: Patient, reading: MakeReading
) -> None:
    reading(person, _at(14), sbp=182, dbp=96)
    jobs.refresh(transaction, NOW)
    later = NOW + timedelta(days=20)
    jobs.nightly(transaction, later)
    assert ("critical_reading", _days(14)) in _open(session, person)
    (alert,) = alert_queries.unclosed(session, scope, [person.id])
    by = Scope(actor="user:doctor", rights=EVERY_RIGHT)
    alerts.close(session, by, alert.id, AlertOutcome.CALLED, "已电话随访", now=later)
    jobs.refresh(transaction, later)
    assert ("critical_reading", "done", _days(14)) in _tasks(session, person)
    assert ("two_week", TODAY + timedelta(days=34)) in _open(session, person)  # HTN-EM-05
    reading(person, later, sbp=184, dbp=96)
    jobs.refresh(transaction, later)
    assert ("critical_reading", TODAY + timedelta(days=20)) in _open(session, person)


def test_a_task_that_was_done_is_never_opened_again(
    session: Session, scope: Scope, person: Patient, visit: MakeVisit
) -> None:
    visit(person, _days(5))
    (task,) = session.scalars(select(Task).where(col(Task.status) == "open")).all()
    task.status, task.closed_at = "done", NOW
    session.flush()
    tasks.reconcile(session, scope, [person.id], now=NOW)
    assert _tasks(session, person, "open") == []


def test_the_night_finds_what_no_mark_told(
    session: Session,
    transaction: db.Transaction,
    make_patient: MakePatient,
    make_enrolment: MakeEnrolment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "_MARKS", 2)
    people = [make_patient(f"患者{number}") for number in range(5)]
    for each in people:
        make_enrolment(each)
    while touched.take(session, touched.FOLLOWUPS):
        pass
    assert jobs.nightly(transaction, NOW) == 5
    assert all(_open(session, each) for each in people)


def test_a_flood_of_marks_does_not_keep_the_worker(
    session: Session,
    transaction: db.Transaction,
    make_patient: MakePatient,
    make_enrolment: MakeEnrolment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run that has no time left still takes one batch."""
    monkeypatch.setattr(jobs, "_MARKS", 1)
    monkeypatch.setattr(touched, "RUN_SECONDS", 0.0)
    while touched.take(session, touched.FOLLOWUPS):
        pass
    touched.mark(session, [make_patient(f"患者{number}").id for number in range(3)], at=NOW)
    handled = []
    while not handled or handled[-1]:
        handled.append(jobs.refresh(transaction, NOW))
    assert max(handled) == 1
    assert len(handled) >= 4


def test_a_failing_batch_gives_its_marks_back(
    session: Session, transaction: db.Transaction, person: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> int:
        raise RuntimeError("the worker died")

    with monkeypatch.context() as patched:
        patched.setattr(tasks, "reconcile", broken)
        with pytest.raises(RuntimeError):
            jobs.refresh(transaction, NOW)
    assert jobs.refresh(transaction, NOW) == 1
    assert _open(session, person) != []


def test_what_changed_before_the_lock_was_there_is_seen_after_it(
    real: Engine, keys: crypto.Keyring, made_person: Callable[[Session, crypto.Keyring], Patient]
) -> None:
    with db.transaction(real, system_scope("command:test")) as session:
        patient = made_person(session, keys)
    with db.transaction(real, system_scope("command:test")) as working:
        known = working.scalars(select(Enrolment)).all()
        with db.transaction(real, system_scope("command:test")) as nurse:
            _change(nurse, Scope(actor="nurse"), patient, EnrolmentState.TERMINATED, _days(1), EndReason.MOVED_OUT)
        assert [each.state for each in known] == ["ACTIVE"]
        tasks.reconcile(working, Scope(actor="job"), [patient.id], now=NOW)
    with db.transaction(real, system_scope("command:test")) as session:
        assert _tasks(session, patient) == []


def test_people_of_another_clinic_are_left_alone(session: Session, person: Patient) -> None:
    stranger = Scope(actor="nurse", clinic_ids=frozenset({person.id}))
    assert tasks.reconcile(session, stranger, [person.id], now=NOW) == 0
    assert _tasks(session, person) == []


def test_any_number_of_people_costs_the_same_statements(
    session: Session,
    scope: Scope,
    connection: Connection,
    make_patient: MakePatient,
    make_enrolment: MakeEnrolment,
) -> None:
    people = [make_patient(f"患者{number}") for number in range(12)]
    for each in people:
        make_enrolment(each)
    statements: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda _c, _u, sql, *_: statements.append(sql))

    def cost(count: int) -> tuple[int, int]:
        ids = [each.id for each in people[:count]]
        found = []
        for _ in range(2):
            statements.clear()
            tasks.reconcile(session, scope, ids, now=NOW)
            found.append(len(statements))
        return found[0], found[1]

    assert cost(2) == cost(12) == (16, 6)


def test_the_night_finds_a_task_that_vanished_and_a_fact_that_nobody_marked(
    session: Session, transaction: db.Transaction, person: Patient, visit: MakeVisit
) -> None:
    visit(person, _days(5))
    assert jobs.nightly(transaction, NOW) == 1
    assert jobs.nightly(transaction, NOW) == 0, "nothing has changed"
    session.execute(text("DELETE FROM task WHERE patient_id = :id AND kind = 'routine'"), {"id": person.id})
    assert jobs.nightly(transaction, NOW) == 1
    assert _open(session, person) == [("routine", _days(5) + timedelta(days=90))]
    visit(person, _days(1))
    assert jobs.nightly(transaction, NOW) == 1
    assert _open(session, person) == [("routine", _days(1) + timedelta(days=90))]


def test_a_reading_that_raises_nothing_asks_for_no_look_at_the_whole_record(
    session: Session, transaction: db.Transaction, person: Patient, reading: MakeReading
) -> None:
    jobs.nightly(transaction, NOW)
    reading(person, _at(0), sbp=132, dbp=82, tier=None)
    jobs.drain_visits(transaction, NOW, seconds=None)
    assert touched.take(session, touched.EXAMINATIONS) == []
