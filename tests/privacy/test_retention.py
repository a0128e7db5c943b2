"""What is kept too long is proposed, and goes only when two people said so."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from cmc.accounts.roles import Role
from cmc.accounts.tables import AppUser, RoleGrant
from cmc.clinical.codes import Disease, EndReason, EnrolmentState
from cmc.clinical.enrolment import Change
from cmc.core import db
from cmc.core.clock import LOCAL, local_date
from cmc.core.errors import Conflict, NotFound
from cmc.core.scope import Scope
from cmc.organisations.tables import Organisation
from cmc.patients import enrolling
from cmc.patients.tables import Enrolment, Patient
from cmc.privacy import jobs, queries, retention, service
from cmc.privacy.codes import CaseState, RetentionClass
from cmc.tables import METADATA

ANNA, BERT = Scope(actor="user:anna"), Scope(actor="user:bert")
LATER = datetime(2043, 6, 1, 4, 10, tzinfo=LOCAL)
"""More than 15 years after everything that these tests record."""


@pytest.fixture
def left(
    session: Session, scope: Scope, make_patient: Callable[..., Patient], make_enrolment: Callable[..., Enrolment]
) -> Callable[..., Patient]:
    """left() → a person whose management ended on 2026-11-20."""

    def make(name: str = "张桂兰") -> Patient:
        patient = make_patient(name, phone="13812346131")
        stint = make_enrolment(patient, Disease.HTN)
        at = datetime(2026, 11, 20, 9, tzinfo=LOCAL)
        ending = Change(EnrolmentState.TERMINATED, date(2026, 11, 20), EndReason.MOVED_OUT)
        enrolling.change(session, scope, patient.id, stint.id, ending, now=at, on=date(2026, 11, 20))
        return patient

    return make


def _cases(session: Session) -> list[Any]:
    return queries.cases(session, ANNA)


def test_every_table_has_a_class_and_every_table_of_people_leads_to_them() -> None:
    classes = {kept.table: kept for kept in retention.RETENTION}
    tables = {name for name in METADATA.tables if not name.startswith("reading_p")}
    assert set(classes) == tables
    for name, kept in classes.items():
        table = SQLModel.metadata.tables[name]
        assert kept.person is None or kept.person in table.c
        assert ("patient_id" in table.c) <= (kept.person is not None), "rows of people would be forgotten"
        assert (kept.keeps is RetentionClass.INTAKE) == (kept.arrived is not None)


def test_what_is_due_is_proposed_once_and_nothing_is_deleted(
    session: Session,
    transaction: db.Transaction,
    left: Callable[..., Patient],
    make_patient: Callable[..., Patient],
    make_enrolment: Callable[..., Enrolment],
) -> None:
    gone, managed = left(), make_patient("王建国")
    make_enrolment(managed)
    for _ in range(2):
        assert jobs.nightly(transaction, LATER) == 0
    assert [case.patient_id for case in _cases(session)] == [gone.id]
    assert session.get_one(Patient, gone.id).erased_at is None


@pytest.mark.parametrize(("years", "days", "due"), [(15, 1, True), (14, 360, False)])
def test_a_record_is_due_fifteen_years_after_the_last_care(
    session: Session, transaction: db.Transaction, left: Callable[..., Patient], years: int, days: int, due: bool
) -> None:
    left()
    at = datetime(2026 + years, 11, 20, 4, tzinfo=LOCAL) + timedelta(days=days)
    jobs.nightly(transaction, at)
    assert bool(_cases(session)) == due


def test_two_people_and_then_the_job_delete_the_record_to_a_stump(
    session: Session, transaction: db.Transaction, connection: Connection, left: Callable[..., Patient]
) -> None:
    patient, other = left(), left("王建国")
    jobs.nightly(transaction, LATER)
    case = next(each for each in _cases(session) if each.patient_id == patient.id)
    service.approve(session, ANNA, case.id, now=LATER)
    with pytest.raises(Conflict, match="second person"):
        service.approve(session, ANNA, case.id, now=LATER)
    assert jobs.nightly(transaction, LATER) == 0, "one approval deletes nothing"
    service.approve(session, BERT, case.id, now=LATER)
    assert jobs.nightly(transaction, LATER) > 0
    session.expire_all()
    assert service.state(queries.case(session, ANNA, case.id)) is CaseState.DONE
    assert session.get_one(Patient, patient.id).erased_at == LATER
    for table in ("enrolment", "consent", "patient_token"):
        left_over = connection.scalars(text(f"SELECT DISTINCT patient_id FROM {table}")).all()  # noqa: S608 - ours
        assert left_over == [other.id], table


def test_the_database_refuses_the_same_person_twice_and_a_deletion_without_approval(
    session: Session, transaction: db.Transaction, connection: Connection, left: Callable[..., Patient]
) -> None:
    left()
    jobs.nightly(transaction, LATER)
    assert len(_cases(session)) == 1
    for wrong, rule in {
        "done_at = now()": "done",
        "first_approver = 'a', first_approved_at = now(), second_approver = 'a', second_approved_at = now()": "two_people",
        "second_approver = 'a', second_approved_at = now()": "in_turn",
    }.items():
        point = connection.begin_nested()
        with pytest.raises(Exception, match=f"ck_retention_case_{rule}"):
            connection.execute(text(f"UPDATE retention_case SET {wrong}"))  # noqa: S608 - our own words
        point.rollback()


def test_who_came_back_into_care_is_kept(
    session: Session,
    transaction: db.Transaction,
    left: Callable[..., Patient],
    make_enrolment: Callable[..., Enrolment],
) -> None:
    patient = left()
    jobs.nightly(transaction, LATER)
    (case,) = _cases(session)
    for person in (ANNA, BERT):
        service.approve(session, person, case.id, now=LATER)
    make_enrolment(patient, Disease.T2DM)
    assert jobs.nightly(transaction, LATER) == 0
    session.expire_all()
    (case,) = _cases(session)
    assert (service.state(case), case.refused_by) == (CaseState.REFUSED, "job:retention")
    assert session.get_one(Patient, patient.id).erased_at is None


def test_a_refused_case_is_asked_again_after_a_year(
    session: Session, transaction: db.Transaction, left: Callable[..., Patient]
) -> None:
    left()
    jobs.nightly(transaction, LATER)
    (case,) = _cases(session)
    service.refuse(session, ANNA, case.id, now=LATER)
    with pytest.raises(Conflict):
        service.approve(session, BERT, case.id, now=LATER)
    jobs.nightly(transaction, LATER + timedelta(days=300))
    assert len(_cases(session)) == 1
    jobs.nightly(transaction, LATER + timedelta(days=400))
    assert len(_cases(session)) == 2


@pytest.mark.parametrize("actor", ["job:retention", "command:x", "gateway:1", "dashboard:1"])
def test_no_machine_decides(
    session: Session, transaction: db.Transaction, left: Callable[..., Patient], actor: str
) -> None:
    left()
    jobs.nightly(transaction, LATER)
    (case,) = _cases(session)
    for decide in (service.approve, service.refuse):
        with pytest.raises(Conflict):
            decide(session, Scope(actor=actor), case.id, now=LATER)


def test_a_wish_to_be_erased_waits_for_the_period_of_the_law(
    session: Session,
    left: Callable[..., Patient],
    make_patient: Callable[..., Patient],
    make_enrolment: Callable[..., Enrolment],
    now: datetime,
) -> None:
    patient, managed = left(), make_patient("王建国")
    make_enrolment(managed)
    with pytest.raises(Conflict, match="under management"):
        service.request_erasure(session, ANNA, managed.id, now=now)
    case = service.request_erasure(session, ANNA, patient.id, now=now)
    assert case.due_on == date(2041, 11, 20)
    with pytest.raises(Conflict, match="until 2041-11-20"):
        service.approve(session, ANNA, case.id, now=now)
    with pytest.raises(Conflict, match="there is a case"):
        service.request_erasure(session, ANNA, patient.id, now=now)


def test_cases_of_another_clinic_are_not_there(
    session: Session,
    transaction: db.Transaction,
    left: Callable[..., Patient],
    make_clinic: Callable[..., Organisation],
) -> None:
    patient = left()
    jobs.nightly(transaction, LATER)
    (case,) = _cases(session)
    foreign = Scope(actor="user:carl", clinic_ids=frozenset({make_clinic("C2").id}))
    own = Scope(actor="user:carl", clinic_ids=frozenset({patient.clinic_id}))
    assert queries.cases(session, foreign) == []
    with pytest.raises(NotFound):
        service.approve(session, foreign, case.id, now=LATER)
    assert [each.id for each in queries.cases(session, own)] == [case.id]


def test_who_was_given_the_roles_by_the_first_is_no_second_person(
    session: Session, left: Callable[..., Patient], transaction: db.Transaction, sign_in: Callable[..., dict[str, str]]
) -> None:
    left()
    jobs.nightly(transaction, LATER)
    (case,) = _cases(session)
    approvers = []
    for login in ("first", "second"):
        sign_in(Role.AUDITOR, login=login)
        approvers.append(session.scalars(select(AppUser.id).where(col(AppUser.login) == login)).one())
    first, second = (Scope(actor=f"user:{each}") for each in approvers)
    grant = session.scalars(select(RoleGrant).where(col(RoleGrant.user_id) == approvers[1])).one()
    grant.granted_by = first.actor
    session.flush()
    service.approve(session, first, case.id, now=LATER)
    with pytest.raises(Conflict, match="given the roles"):
        service.approve(session, second, case.id, now=LATER)
    service.approve(session, BERT, case.id, now=LATER)


def test_old_raw_intake_goes_table_by_table_in_steps(
    session: Session, transaction: db.Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "ROWS_A_STEP", 2)
    for number in range(7):
        session.execute(
            text(
                "INSERT INTO receipt (id, received_at, source, format, data_key, body) VALUES (:id, :at, 's', 'f', '', '')"
            ),
            {"id": UUID(int=number), "at": LATER - timedelta(days=1 if number < 2 else 365 * 4)},
        )
    jobs.nightly(transaction, LATER)
    (case,) = _cases(session)
    assert (case.table_name, case.due_on) == ("receipt", retention.years_before(local_date(LATER), 3))
    for person in (ANNA, BERT):
        service.approve(session, person, case.id, now=LATER)
    assert jobs.nightly(transaction, LATER) == 5
    assert session.scalar(text("SELECT count(*) FROM receipt")) == 2
    session.expire_all()
    (case,) = _cases(session)
    assert (service.state(case), case.rows_deleted) == (CaseState.DONE, 5)


def test_the_leap_day_has_an_anniversary() -> None:
    assert retention.years_before(date(2028, 2, 29), 15) == date(2013, 2, 28)
    assert retention.record_due_on(date(2028, 2, 29)) == date(2043, 2, 28)
