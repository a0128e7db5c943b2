"""Whatever happened to people: afterwards every active enrolment has exactly one open next step, and a second look
changes nothing. Also when several workers look at once, on real commits."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import Disease, EndReason, EnrolmentState
from cmc.clinical.enrolment import Change, ContactEvidence
from cmc.core import crypto, db
from cmc.core.clock import LOCAL
from cmc.core.errors import Conflict, Invalid
from cmc.core.scope import Scope, system_scope
from cmc.followups import jobs, service, tasks
from cmc.followups.codes import EXAM_KINDS
from cmc.followups.schemas import FollowupIn
from cmc.followups.tables import Task
from cmc.patients import enrolling
from cmc.patients import queries as patients
from cmc.patients.schemas import EnrolmentIn
from cmc.patients.tables import Enrolment, Patient

TODAY = date(2026, 11, 20)
START = date(2026, 1, 5)
SCOPE = Scope(actor="test")
Form = Callable[..., dict[str, Any]]

STEPS = st.sampled_from(
    ["enrol_htn", "enrol_dm", "visit_htn", "visit_dm", "visit_both", "lose", "back", "end", "die", "look"]
)
HISTORY = st.lists(st.tuples(STEPS, st.integers(0, 30), st.integers(0, 60), st.booleans()), min_size=1, max_size=14)


def _enrol(session: Session, patient: Patient, disease: Disease, on: date, at: datetime) -> None:
    wanted = EnrolmentIn(
        disease=disease, enrolled_on=on, confirmed_on=on, confirmed_at="市第一医院", doctor="赵医生", consent=True
    )
    enrolling.enrol(session, SCOPE, patient.id, wanted, now=at, on=on)


def _change(
    session: Session, patient: Patient, to: EnrolmentState, reason: EndReason | None, on: date, at: datetime
) -> None:
    found = [each for each in patients.enrolments(session, SCOPE, patient.id) if each.state != "TERMINATED"]
    for enrolment in found[:1]:
        lost = to is EnrolmentState.LOST
        evidence = ContactEvidence(3, 2, on - timedelta(days=20), on) if lost else None
        wanted = Change(to, on, reason, evidence)
        enrolling.change(session, SCOPE, patient.id, enrolment.id, wanted, now=at, on=on)


def _do(session: Session, patient: Patient, form: Form, step: str, on: date, late: int, high: bool) -> None:
    """One event of a life; what the rules refuse did not happen."""
    at = datetime.combine(on, time(10), LOCAL)
    try:
        with session.begin_nested():
            if step.startswith("enrol"):
                _enrol(session, patient, Disease.HTN if step == "enrol_htn" else Disease.T2DM, on, at)
            elif step.startswith("visit"):
                values = {"sbp_mmhg": 170 if high else 128, "mode": 3 if high else 1}
                name = step.removeprefix("visit_")
                wanted = FollowupIn.model_validate(form(name, patient.id, on - timedelta(days=late), **values))
                service.record(session, SCOPE, wanted, now=at, on=on, reconcile=high)
            elif step == "lose":
                _change(session, patient, EnrolmentState.LOST, None, on, at)
            elif step == "back":
                _change(session, patient, EnrolmentState.ACTIVE, None, on, at)
            elif step == "end":
                _change(session, patient, EnrolmentState.TERMINATED, EndReason.MOVED_OUT, on, at)
            elif step == "die":
                _change(session, patient, EnrolmentState.TERMINATED, EndReason.DIED, on, at)
            else:
                tasks.reconcile(session, SCOPE, [patient.id], now=at)
            session.flush()
    except (Invalid, Conflict):
        session.expire_all()


def _open(session: Session, patient_id: UUID) -> list[str | None]:
    query = select(col(Task.disease)).where(
        col(Task.patient_id) == patient_id, col(Task.status) == "open", col(Task.kind).not_in(EXAM_KINDS)
    )
    return sorted(session.scalars(query), key=str)


def _active(session: Session, patient_id: UUID) -> list[str]:
    query = select(col(Enrolment.disease)).where(
        col(Enrolment.patient_id) == patient_id, col(Enrolment.state) == EnrolmentState.ACTIVE.value
    )
    return sorted(session.scalars(query))


@pytest.fixture
def born(make_patient: Callable[..., Patient]) -> Callable[[], Patient]:
    return make_patient


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORY)
def test_every_active_enrolment_has_exactly_one_open_next_step(
    session: Session, form: Form, born: Callable[[], Patient], history: list[tuple[str, int, int, bool]]
) -> None:
    patient, on = born(), START
    _do(session, patient, form, "enrol_htn", on, 0, False)
    for step, days, late, high in history:
        on += timedelta(days=days)
        _do(session, patient, form, step, on, late, high)
    now = datetime.combine(on, time(12), LOCAL)
    tasks.reconcile(session, SCOPE, [patient.id], now=now)
    assert _open(session, patient.id) == _active(session, patient.id)
    assert tasks.reconcile(session, SCOPE, [patient.id], now=now) == 0
    causes = session.execute(select(col(Task.kind), col(Task.cause)).where(col(Task.patient_id) == patient.id))
    assert max(Counter(causes).values(), default=0) <= 1


def test_workers_and_nurses_at_once_miss_nobody_and_ask_nothing_twice(
    real: Engine, keys: crypto.Keyring, form: Form, made_person: Callable[..., Patient]
) -> None:
    now = datetime.combine(TODAY, time(9), LOCAL)
    with db.transaction(real, system_scope("command:test")) as session:
        people = [made_person(session, keys, diseases=tuple(Disease)) for _ in range(24)]

    def nurse(patient: Patient) -> None:
        for days, sbp in ((60, 170), (30, 165), (3, 130)):
            with db.transaction(real, system_scope("command:test")) as session:
                wanted = FollowupIn.model_validate(form("both", patient.id, TODAY - timedelta(days=days), sbp_mmhg=sbp))
                service.record(session, SCOPE, wanted, now=now, on=TODAY)

    def worker(number: int) -> None:
        for _ in range(6):
            run = jobs.nightly if number == 0 else jobs.refresh
            run(lambda: db.transaction(real, system_scope("command:test")), now)

    with ThreadPoolExecutor(6) as pool:
        running = [pool.submit(worker, number) for number in range(3)]
        running += [pool.submit(nurse, patient) for patient in people]
        for each in running:
            each.result(timeout=60)
    with db.transaction(real, system_scope("command:test")) as session:
        assert jobs.nightly(lambda: db.transaction(real, system_scope("command:test")), now) == 0, "nothing was missed"
        for patient in people:
            assert _open(session, patient.id) == ["HTN", "T2DM"]
        visits = select(col(Task.status)).where(col(Task.kind).not_in(EXAM_KINDS))
        states = Counter(session.scalars(visits))
        assert states["open"] == 2 * len(people)
        assert states["cancelled"] == 0
