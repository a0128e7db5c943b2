"""An alert's life: taken on, ignored, told upward, closed with a reason; against a model of it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from cmc.accounts.roles import Role, rights_of
from cmc.alerts import jobs, service
from cmc.alerts.codes import AlertOutcome, Promise
from cmc.alerts.tables import Alert, AlertEvent
from cmc.audit.tables import AuditEvent
from cmc.core import db
from cmc.core.errors import Conflict, Forbidden, Invalid
from cmc.core.scope import Scope
from cmc.outbox.tables import OutboxEvent
from cmc.patients.tables import Patient

from .conftest import NOW, Look, Send, pressure

Alerts = Callable[..., list[Alert]]
MINUTE = timedelta(minutes=1)
DOCTOR = Scope("user:doctor", rights=rights_of(Role.DOCTOR))
NURSE = Scope("user:nurse", rights=rights_of(Role.NURSE))


@pytest.fixture
def person(make_patient: Callable[..., Patient]) -> Patient:
    return make_patient()


@pytest.fixture
def red(person: Patient, send: Send, alerts: Alerts) -> Alert:
    send(pressure(person, 200, 100))
    (alert,) = alerts(person)
    return alert


@pytest.fixture
def wait(transaction: db.Transaction, person: Patient, alerts: Alerts) -> Callable[[datetime], Alert]:
    def wait_until(at: datetime) -> Alert:
        jobs.wait(transaction, at)
        return alerts(person)[-1]

    return wait_until


def test_who_takes_it_on_is_named_with_what_comes_next(
    session: Session, red: Alert, alerts: Alerts, person: Patient
) -> None:
    service.acknowledge(session, DOCTOR, red.id, Promise.CALL, now=NOW + MINUTE)
    (alert,) = alerts(person)
    assert (alert.status, alert.acknowledged_by, alert.promise) == ("acknowledged", "user:doctor", "call")
    assert alert.next_look_at == NOW + MINUTE + timedelta(hours=2)
    with pytest.raises(Conflict) as refused:
        service.acknowledge(session, DOCTOR, red.id, Promise.SEE, now=NOW + MINUTE)
    assert refused.value.code == "alert-acknowledged"


def test_a_nurse_takes_on_what_is_yellow_and_a_doctor_what_is_red(session: Session, red: Alert) -> None:
    with pytest.raises(Forbidden) as refused:
        service.acknowledge(session, NURSE, red.id, Promise.CALL, now=NOW)
    assert refused.value.code == "doctor-needed"
    red.tier = "YELLOW"
    session.flush()
    assert service.acknowledge(session, NURSE, red.id, Promise.CALL, now=NOW).acknowledged_by == "user:nurse"


@pytest.mark.parametrize(
    ("minutes", "level", "happenings"),
    [
        (29, "clinic", ["raised"]),
        (30, "manager", ["raised", "escalated"]),
        (59, "manager", ["raised", "escalated"]),
        (60, "district", ["raised", "escalated", "escalated"]),
        (6000, "district", ["raised", "escalated", "escalated"]),
    ],
)
def test_what_nobody_takes_on_goes_to_the_manager_and_then_to_the_district(
    session: Session, red: Alert, wait: Any, minutes: int, level: str, happenings: list[str]
) -> None:
    assert wait(NOW + minutes * MINUTE).level == level
    assert wait(NOW + minutes * MINUTE).level == level  # once each
    events = list(session.scalars(select(AlertEvent).order_by(AlertEvent.id)))
    assert [each.happening for each in events] == happenings
    kinds = [each.kind for each in session.scalars(select(OutboxEvent).order_by(OutboxEvent.id))]
    names = {"raised": "alert.raised", "manager": "alert.escalated.manager", "district": "alert.escalated.district"}
    assert kinds == [names[each.level or "raised"] for each in events]


def test_what_was_taken_on_and_not_acted_on_is_raised_again(session: Session, red: Alert, wait: Any) -> None:
    service.acknowledge(session, DOCTOR, red.id, Promise.CALL, now=NOW + 10 * MINUTE)
    assert wait(NOW + 129 * MINUTE).status == "acknowledged"
    alert = wait(NOW + 130 * MINUTE)
    assert (alert.status, alert.acknowledged_by, alert.raised_at) == ("open", None, NOW + 130 * MINUTE)
    assert wait(NOW + 160 * MINUTE).level == "manager"


def test_a_further_red_value_after_it_was_taken_on_raises_it_again(
    session: Session, red: Alert, person: Patient, send: Send, alerts: Alerts
) -> None:
    service.acknowledge(session, DOCTOR, red.id, Promise.CALL, now=NOW)
    later = NOW + 20 * MINUTE
    send(pressure(person, 205, 100, later), now=later)
    (alert,) = alerts(person)
    assert (alert.status, alert.count, alert.raised_at) == ("open", 2, later)


@pytest.mark.parametrize(
    ("outcome", "note", "pointer"),
    [
        (AlertOutcome.CALLED, None, "/note"),
        (AlertOutcome.CALLED, "   ", "/note"),
        (AlertOutcome.OTHER, None, "/note"),
        (AlertOutcome.CALLED, "已服药", None),
    ],
)
def test_it_is_closed_only_with_what_was_done(
    session: Session, red: Alert, outcome: AlertOutcome, note: str | None, pointer: str | None
) -> None:
    if pointer is not None:
        with pytest.raises(Invalid) as refused:
            service.close(session, DOCTOR, red.id, outcome, note, now=NOW)
        assert [each.pointer for each in refused.value.errors] == [pointer]
        return
    closed = service.close(session, DOCTOR, red.id, outcome, note, now=NOW)
    assert (closed.status, closed.closed_by, closed.note) == ("closed", "user:doctor", "已服药")
    assert closed.check_by == NOW.date() + timedelta(days=14)
    with pytest.raises(Conflict) as again:
        service.close(session, DOCTOR, red.id, outcome, note, now=NOW)
    assert again.value.code == "alert-closed"


def test_the_trail_says_who_closed_it_and_never_what_was_written(session: Session, red: Alert, person: Patient) -> None:
    service.close(session, DOCTOR, red.id, AlertOutcome.CALLED, "张三的手机无人接听", now=NOW)
    rows = list(session.scalars(select(AuditEvent).where(AuditEvent.subject == "alert")))
    assert {str(each) for row in rows for each in row.person_ids} == {str(person.id)}
    assert "outcome" in str(rows[-1].detail)
    assert "张三" not in str([row.detail for row in rows])


def test_after_it_was_closed_only_what_arrives_later_raises_a_new_one(
    session: Session, red: Alert, person: Patient, send: Send, look: Look, alerts: Alerts
) -> None:
    service.close(session, DOCTOR, red.id, AlertOutcome.TREATED, "已处理", now=NOW + MINUTE)
    look(NOW + 2 * MINUTE)
    assert len(alerts(person)) == 1
    send(pressure(person, 199, 100, NOW - 30 * MINUTE), now=NOW + 3 * MINUTE)
    assert [each.status for each in alerts(person)] == ["closed", "open"]


@dataclass
class Model:
    """What the alert of one person should be, in the simplest words."""

    status: str = "none"
    count: int = 0
    raised: int = 0
    taken_on: int = 0
    alerts: int = 0


STEPS = st.lists(
    st.tuples(st.sampled_from(["value", "same", "take_on", "close", "wait"]), st.integers(1, 90)),
    min_size=1,
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_life_of_an_alert_is_that_of_the_model(
    session: Session,
    transaction: db.Transaction,
    make_patient: Callable[..., Patient],
    send: Send,
    alerts: Alerts,
    steps: list[tuple[str, int]],
) -> None:
    person, minute, model = make_patient(), 0, Model()
    last: Any = None
    for step, wait in steps:
        minute += wait
        now = NOW + minute * MINUTE
        jobs.wait(transaction, now)
        _pass(model, minute)
        if step == "value" or (step == "same" and last is not None):
            last = pressure(person, 200, 100, now) if step == "value" else last
            send(last, now=now)
            if step == "value":
                _value(model, minute)
        elif step == "take_on":
            _try(lambda at=now: service.acknowledge(session, DOCTOR, alerts(person)[-1].id, Promise.CALL, now=at))
            if model.status == "open":
                model.status, model.taken_on = "acknowledged", minute
        elif step == "close":
            _try(
                lambda at=now: service.close(session, DOCTOR, alerts(person)[-1].id, AlertOutcome.CALLED, "ok", now=at)
            )
            model.status = "closed" if model.status != "none" else "none"
        _compare(model, alerts(person), minute)


def _try(act: Callable[[], object]) -> None:
    with suppress(Conflict, IndexError):
        act()


def _value(model: Model, minute: int) -> None:
    if model.status in {"none", "closed"}:
        model.status, model.count, model.raised = "open", 1, minute
        model.alerts += 1
        return
    model.count += 1
    if model.status == "acknowledged":
        model.status, model.raised = "open", minute


def _pass(model: Model, minute: int) -> None:
    if model.status == "acknowledged" and minute - model.taken_on >= 120:
        model.status, model.raised = "open", minute


def _compare(model: Model, found: list[Alert], minute: int) -> None:
    assert len(found) == model.alerts
    assert sum(each.status != "closed" for each in found) == (model.status in {"open", "acknowledged"})
    if not found:
        return
    alert = found[-1]
    assert (alert.status, alert.count) == (model.status, model.count)
    if alert.status == "open":
        waited = minute - model.raised
        assert alert.level == ("district" if waited >= 60 else "manager" if waited >= 30 else "clinic")
