"""Raised once per cause: in the transaction of the reading, by the worker, from what is held, from silence."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from cmc.accounts.roles import Role
from cmc.alerts import jobs
from cmc.alerts.tables import Alert, AlertCause, AlertEvent
from cmc.charts import personal
from cmc.charts.personal_schemas import PersonalIn
from cmc.clinical.codes import Disease, EndReason, EnrolmentState
from cmc.clinical.enrolment import Change
from cmc.core import clock, crypto, db
from cmc.core.errors import Invalid
from cmc.core.scope import Scope
from cmc.devices import service as devices
from cmc.devices.schemas import DeviceIn, IssueIn
from cmc.ingest import keeping, resolving
from cmc.ingest import service as ingest
from cmc.ingest.formats import gatt_glucose, native
from cmc.ingest.held_schemas import ReplayIn
from cmc.ingest.received import Circumstances
from cmc.organisations.tables import Organisation
from cmc.outbox.tables import OutboxEvent
from cmc.patients import enrolling, touched
from cmc.patients.tables import Patient
from cmc.records import facts
from cmc.records.codes import FactKind
from cmc.records.fact_schemas import MedicationIn

from .conftest import NOW, Look, Send, glucose, pressure

Alerts = Callable[..., list[Alert]]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def person(make_patient: Callable[..., Patient]) -> Patient:
    return make_patient()


def _rules(alerts: list[Alert]) -> list[tuple[str, str, str, int]]:
    return [(each.rule, each.tier, each.status, each.count) for each in alerts]


@pytest.mark.parametrize(
    ("item", "rule", "words"),
    [
        (lambda p: pressure(p, 180, 80), "critical_pressure", "血压 180/80"),
        (lambda p: pressure(p, 150, 110), "critical_pressure", "血压 150/110"),
        (lambda p: glucose(p, 16.7), "critical_glucose", "随机血糖 16.7 ≥ 16.7"),
        (lambda p: glucose(p, 3.9, period="FASTING"), "critical_glucose", "空腹血糖 3.9 ≤ 3.9"),
    ],
)
def test_a_critical_value_is_an_alert_in_the_transaction_of_the_reading(
    person: Patient, send: Send, alerts: Alerts, item: Any, rule: str, words: str
) -> None:
    send(item(person))
    (alert,) = alerts(person)
    assert (alert.rule, alert.tier, alert.status, alert.level) == (rule, "RED", "open", "clinic")
    assert (alert.words_zh, alert.source, alert.clinic_id) == (words, "gateway:1", person.clinic_id)
    assert alert.next_look_at == NOW + 30 * MINUTE


@pytest.mark.parametrize(
    "item", [lambda p: pressure(p, 179, 109), lambda p: glucose(p, 16.6), lambda p: glucose(p, 4.0)]
)
def test_what_is_not_critical_is_none_and_costs_no_statement(
    person: Patient, send: Send, look: Look, alerts: Alerts, session: Session, item: Any
) -> None:
    said: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda _c, _u, sql, *_: said.append(sql))
    send(item(person))
    assert [each for each in said if "alert_cause" in each or "outbox" in each] == []
    look()
    assert alerts(person) == []


def test_the_same_batch_twice_and_the_workers_look_raise_nothing_anew(
    person: Patient, send: Send, look: Look, alerts: Alerts, session: Session
) -> None:
    for _ in range(2):
        send(pressure(person, 190, 100))
        look()
    assert _rules(alerts(person)) == [("critical_pressure", "RED", "open", 1)]
    assert session.scalar(select(func.count()).select_from(AlertCause)) == 1
    assert session.scalar(select(func.count()).select_from(OutboxEvent)) == 1


def test_a_broken_device_is_one_alert_with_a_count_and_one_message(
    person: Patient, send: Send, alerts: Alerts, session: Session
) -> None:
    for part in range(5):
        send(*(glucose(person, 25.0, NOW - (part * 100 + each + 1) * MINUTE) for each in range(100)))
    (alert,) = alerts(person)
    assert (alert.count, alert.first_at, alert.last_at) == (500, NOW - 500 * MINUTE, NOW - MINUTE)
    assert [each.kind for each in session.scalars(select(OutboxEvent))] == ["alert.raised"]


def test_many_people_alarmed_by_one_sender_share_a_message_and_every_alert_is_there(
    make_patient: Callable[..., Patient], send: Send, session: Session, alerts: Alerts
) -> None:
    people = [make_patient(f"患者{number}") for number in range(25)]
    send(*(pressure(each, 200, 100) for each in people[:20]))
    send(*(pressure(each, 200, 100) for each in people[20:]))
    assert all(len(alerts(each)) == 1 for each in people)
    told = list(session.scalars(select(OutboxEvent).order_by(OutboxEvent.id)))
    assert [each.kind for each in told].count("alert.raised") == 25
    assert sum(each.quiet for each in told) == 5
    assert [each.kind for each in told].count("alert.storm") == 1


def test_a_storm_at_one_clinic_hides_no_alert_of_another(
    make_patient: Callable[..., Patient], make_clinic: Any, session: Session, keys: crypto.Keyring
) -> None:
    elsewhere = make_clinic("C2")
    people = [make_patient(f"患者{number}") for number in range(22)]
    other = make_patient("李秀英", clinic_id=elsewhere.id)
    body = json.dumps({"items": [pressure(each, 200, 100) for each in (*people, other)]}).encode()
    several = Scope("gateway:9")
    ingest.store(session, several, keeping.Arrival("gateway:9", "native", body, keys), native.read(body).items, now=NOW)
    told = list(session.scalars(select(OutboxEvent)))
    assert [each.quiet for each in told if each.clinic_id == elsewhere.id] == [False]
    storms = [each for each in told if each.kind == "alert.storm"]
    assert [(each.clinic_id, each.quiet) for each in storms] == [(people[0].clinic_id, False)]


@pytest.mark.parametrize(
    ("ago", "found"), [(3 * DAY, [("RED", False)]), (4 * DAY, [("YELLOW", True)]), (15 * DAY, [])], ids=str
)
def test_late_data_is_judged_by_its_own_date(
    person: Patient, send: Send, look: Look, alerts: Alerts, ago: timedelta, found: list[tuple[str, bool]]
) -> None:
    send(pressure(person, 200, 100, NOW - ago))
    look()
    assert [(each.tier, each.is_late) for each in alerts(person)] == found


def test_a_fresh_red_value_makes_a_late_yellow_alert_red_and_raises_it_again(
    person: Patient, send: Send, alerts: Alerts, session: Session
) -> None:
    send(pressure(person, 200, 100, NOW - 5 * DAY))
    send(pressure(person, 210, 100))
    (alert,) = alerts(person)
    assert (alert.tier, alert.count, alert.words_zh) == ("RED", 2, "血压 210/100")
    assert [each.happening for each in session.scalars(select(AlertEvent).order_by(AlertEvent.id))] == [
        "raised",
        "again",
    ]


def test_a_clock_that_is_ahead_hides_no_danger(person: Patient, send: Send, look: Look, alerts: Alerts) -> None:
    send(pressure(person, 200, 100, NOW + timedelta(hours=5)))
    assert _rules(alerts(person)) == [("critical_pressure", "RED", "open", 1)]
    look(NOW + timedelta(hours=6))
    assert [each.count for each in alerts(person)] == [1]


def test_a_week_of_high_home_values_is_found_by_the_worker(
    person: Patient, send: Send, look: Look, alerts: Alerts
) -> None:
    week = [
        pressure(person, 165, 90, NOW - DAY * day - timedelta(hours=hour, minutes=minute))
        for day in range(5)
        for hour in (1, 14)
        for minute in (0, 1)
    ]
    send(*week)
    assert alerts(person) == []
    assert look() == 1
    assert _rules(alerts(person)) == [("home_mean_160_100", "ORANGE", "open", 1)]
    look()
    assert [each.count for each in alerts(person)] == [1]


def test_fasting_values_two_high_days_and_low_values_on_insulin(
    person: Patient, send: Send, look: Look, alerts: Alerts, session: Session, scope: Scope
) -> None:
    wanted = MedicationIn.model_validate({"on": "2026-01-01", "name": "甘精胰岛素"})
    facts.record(session, scope, person.id, FactKind.MEDICATION, wanted, now=NOW - DAY, on=date(2026, 11, 19))
    send(*(glucose(person, 14.0, NOW - DAY * day - timedelta(hours=2), period="FASTING") for day in range(3)))
    send(glucose(person, 4.3, NOW - timedelta(hours=1)))
    look()
    assert sorted(each[:2] for each in _rules(alerts(person))) == [
        ("fasting_high_3_times", "YELLOW"),
        ("high_glucose_2_days", "ORANGE"),
        ("low_glucose_on_drugs", "ORANGE"),
    ]


def test_a_doctors_stricter_limit_is_found_by_the_worker_and_a_looser_one_is_refused(
    person: Patient, send: Send, look: Look, alerts: Alerts, session: Session, scope: Scope
) -> None:
    wanted = PersonalIn.model_validate({"purpose": "alarm", "quantity": "SBP_MMHG", "high": 160, "reason": "近期卒中"})
    personal.set_value(session, scope, person.id, wanted, now=NOW, on=NOW.date())
    send(pressure(person, 165, 80))
    assert alerts(person) == []
    look()
    assert _rules(alerts(person)) == [("critical_pressure", "RED", "open", 1)]
    loose = wanted.model_copy(update={"high": 181})
    with pytest.raises(Invalid) as refused:
        personal.set_value(session, scope, person.id, loose, now=NOW, on=NOW.date())
    assert [(each.pointer, each.code) for each in refused.value.errors] == [("/high", "looser_than_critical")]


def test_nobody_who_is_not_cared_for_raises_an_alert_and_what_stands_is_closed(
    person: Patient, make_enrolment: Any, send: Send, look: Look, alerts: Alerts, session: Session, scope: Scope
) -> None:
    enrolment = make_enrolment(person, Disease.HTN)
    send(pressure(person, 190, 100))
    ended = Change(EnrolmentState.TERMINATED, NOW.date(), EndReason.MOVED_OUT)
    enrolling.change(session, scope, person.id, enrolment.id, ended, now=NOW, on=NOW.date())
    look()
    assert [(each.status, each.outcome) for each in alerts(person)] == [("closed", "care_ended")]
    send(pressure(person, 195, 100))
    assert len(alerts(person)) == 1


def test_a_doubtful_unit_raises_an_alert_that_its_review_closes(
    person: Patient, send: Send, alerts: Alerts, session: Session, scope: Scope, keys: crypto.Keyring
) -> None:
    (held,) = send(glucose(person, 20) | {"unit": "mg/dL"})
    assert held.id is not None
    assert _rules(alerts(person)) == [("unconfirmed_value", "RED", "open", 1)]
    fix = ReplayIn.model_validate({"glucose_unit": "mmol/L"})
    resolving.settle(session, scope, keys, held.id, fix, now=NOW)
    assert [(each.rule, each.status, each.outcome) for each in alerts(person)] == [
        ("unconfirmed_value", "closed", "reviewed"),
        ("critical_glucose", "open", None),
    ]


def test_a_critical_value_of_nobody_known_is_an_alert_of_its_clinic(
    clinic: Organisation, send: Send, alerts: Alerts, session: Session, scope: Scope
) -> None:
    results = send(*(pressure(None, 200, 100, NOW - each * MINUTE, device="X-1") for each in (1, 2)))
    (alert,) = alerts()
    assert (alert.rule, alert.clinic_id, alert.count) == ("unconfirmed_value", clinic.id, 2)
    for each in results:
        assert alert.status == "open"
        assert each.id is not None
        resolving.dismiss(session, scope, each.id, "not_a_person", now=NOW)
        (alert,) = alerts()
    assert (alert.status, alert.outcome) == ("closed", "reviewed")


def test_an_alert_of_a_reading_that_is_taken_back_is_closed_and_raised_again_with_it(
    person: Patient, send: Send, alerts: Alerts, session: Session, scope: Scope, keys: crypto.Keyring
) -> None:
    (held,) = send(pressure(None, 200, 100, device="X-1"))
    assert held.id is not None
    fix = ReplayIn.model_validate({"patient_id": str(person.id)})
    for _ in range(2):
        resolving.settle(session, scope, keys, held.id, fix, now=NOW)
        assert _rules(alerts(person))[-1] == ("critical_pressure", "RED", "open", 1)
        resolving.undo(session, scope, held.id, now=NOW)
        assert [(each.status, each.outcome) for each in alerts(person)][-1] == ("closed", "withdrawn")
    send(pressure(person, 190, 100, NOW - 2 * MINUTE))
    resolving.settle(session, scope, keys, held.id, fix, now=NOW)
    resolving.undo(session, scope, held.id, now=NOW)
    assert _rules(alerts(person))[-1] == ("critical_pressure", "RED", "open", 2), "another reading is behind it"


def test_a_critical_value_of_nobody_known_from_who_sends_for_several_clinics_is_an_alert_of_the_region(
    clinic: Organisation, make_clinic: Any, alerts: Alerts, session: Session, scope: Scope, keys: crypto.Keyring
) -> None:
    several = Scope("user:1", frozenset({clinic.id, make_clinic("C2").id}))
    held = []
    for number in (1, 2, 2):
        body = json.dumps(pressure(None, 200, 100, NOW - number * MINUTE, device="X-1")).encode()
        with db.acting_in(session, several):
            arrival = keeping.Arrival(several.actor, "native", body, keys)
            held += ingest.store(session, several, arrival, native.read(body).items, now=NOW)
            assert session.scalar(text("SELECT count(*) FROM alert")) == 0, "it is not the sender's to see"
    assert [each.status for each in held] == ["quarantined"] * 3
    (alert,) = alerts()
    assert (alert.rule, alert.clinic_id, alert.count, alert.source) == ("unconfirmed_value", None, 2, "user:1")
    for each in {each.id for each in held if each.id is not None}:
        resolving.dismiss(session, scope, each, "not_a_person", now=NOW)
    assert [(each.status, each.outcome) for each in alerts()] == [("closed", "reviewed")]


def test_a_critical_value_that_nobody_reviews_stands_on_the_managers_list_after_half_an_hour(
    app: FastAPI, client: TestClient, clinic: Organisation, sign_in: Any, make_patient: Any, transaction: db.Transaction
) -> None:
    """S14: held values are told as stored ones are; what was reviewed in time is told to nobody further."""
    manager = TestClient(app, headers=sign_in(Role.MANAGER, at=clinic))

    def listed() -> list[str]:
        asked = {"level": "manager", "rule": "unconfirmed_value"}
        return [each["person"]["id"] for each in manager.get("/v1/alerts", params=asked).json()["items"]]

    people = [make_patient("王建国"), make_patient("李秀英")]
    held = []
    for each in people:
        sent = pressure(each, 200, 110, clock.now() + 30 * DAY)
        held.append(client.post("/v1/readings", json=sent).json()["results"][0]["id"])
    waiting = {each["id"]: each for each in manager.get("/v1/held-readings?dangerous=true").json()["items"]}
    assert set(waiting) == set(held)
    received = datetime.fromisoformat(waiting[held[0]]["received_at"])
    assert datetime.fromisoformat(waiting[held[0]]["review_by"]) == received + 30 * MINUTE
    jobs.wait(transaction, received + 29 * MINUTE)
    assert listed() == []
    dismissed = client.post(f"/v1/held-readings/{held[1]}:dismiss", json={"reason": "not_a_person"}).json()
    assert dismissed["review_by"] is None
    jobs.wait(transaction, received + 31 * MINUTE)
    assert listed() == [str(people[0].id)]
    client.post(f"/v1/held-readings/{held[0]}:dismiss", json={"reason": "not_a_person"})
    assert listed() == []


@pytest.mark.parametrize("whose", ["known", "unknown"])
def test_a_control_solution_is_no_alarm(
    person: Patient, clinic: Organisation, session: Session, keys: crypto.Keyring, alerts: Alerts, whose: str
) -> None:
    high, low = "062e00ea070b14083400cdc04a", "062f00ea070b140835001ec04a"  # 20.5 and 3.0 mmol/L
    body = json.dumps({"device": "GLU-1", "measurements": [high, low]}).encode()
    given = Circumstances(patient_id=person.id if whose == "known" else None)
    arrival = keeping.Arrival("gateway:1", "gatt_glucose", body, keys)
    scope = Scope("gateway:1", frozenset({clinic.id}))
    with db.acting_in(session, scope):
        told = ingest.store(session, scope, arrival, gatt_glucose.read(body, given).items, now=NOW)
    assert {each.status for each in told} == {"quarantined"}
    assert alerts(person) + alerts() == []
    assert set(session.scalars(text("SELECT alert_tier FROM held_reading"))) == {None}
    for each in told:
        assert each.id is not None
        resolving.dismiss(session, scope, each.id, "not_a_person", now=NOW)
        resolving.undo(session, scope, each.id, now=NOW)
    assert alerts(person) + alerts() == []


def test_a_doubtful_unit_is_an_alarm_whatever_the_clock_says(person: Patient, send: Send, alerts: Alerts) -> None:
    send(glucose(person, 20.0) | {"unit": "mg/dL", "taken_at": "1970-01-02T00:00:00Z"})
    send(glucose(None, 6.0, device="X-1"))
    assert len(alerts(person)) == 1  # a doubtful unit, whatever the clock says
    assert alerts() == []


def test_a_conflict_with_a_critical_value_raises_an_alert(person: Patient, send: Send, alerts: Alerts) -> None:
    send(pressure(person, 130, 80, device="C-1", sequence=7))
    (told,) = send(pressure(person, 190, 100, device="C-1", sequence=7))
    assert told.status == "conflict"
    assert [each.rule for each in alerts(person)] == ["unconfirmed_value"]


def test_who_measures_at_home_and_falls_silent_is_told_and_data_closes_it(
    person: Patient, clinic: Organisation, send: Send, look: Look, alerts: Alerts, session: Session, scope: Scope,
    transaction: db.Transaction,
) -> None:  # fmt: skip
    device = devices.add(session, scope, DeviceIn(code="M-1", kind="meter", clinic_id=clinic.id), now=NOW - 60 * DAY)
    devices.issue(session, scope, device.id, IssueIn(patient_id=person.id), now=NOW - 50 * DAY)
    send(glucose(person, 6.0, NOW - 14 * DAY), now=NOW - 14 * DAY)
    jobs.nightly(transaction, NOW - MINUTE)
    assert _rules(alerts(person)) == []
    jobs.nightly(transaction, NOW)
    assert _rules(alerts(person)) == [("stale_data", "YELLOW", "open", 1)]
    send(glucose(person, 6.0))
    look()
    assert [(each.status, each.outcome) for each in alerts(person)] == [("closed", "data_came")]


def test_a_gateway_that_falls_silent_is_told_and_its_next_batch_closes_it(
    person: Patient, clinic: Organisation, send: Send, alerts: Alerts, session: Session, transaction: db.Transaction
) -> None:
    gateway = "01970000-0000-7000-8000-00000000aaaa"
    session.execute(
        text(
            "INSERT INTO machine (id, kind, name, organisation_id, created_by, created_at)"
            " VALUES (:id, 'gateway', '网关一', :clinic, 'test', :at)"
        ),
        {"id": gateway, "clinic": clinic.id, "at": NOW},
    )
    send(glucose(person, 6.0), by=f"gateway:{gateway}")
    assert jobs.listen(transaction, NOW + timedelta(hours=23)) == 0
    assert jobs.listen(transaction, NOW + timedelta(hours=24)) == 1
    assert jobs.listen(transaction, NOW + timedelta(hours=30)) == 0
    later = NOW + timedelta(hours=31)
    send(glucose(person, 6.1, later), now=later, by=f"gateway:{gateway}")
    jobs.listen(transaction, later)
    assert [(each.rule, each.tier, each.outcome) for each in alerts()] == [("silent_gateway", "ORANGE", "data_came")]


def test_the_night_finds_what_no_mark_told(
    person: Patient, send: Send, alerts: Alerts, session: Session, transaction: db.Transaction
) -> None:
    send(pressure(person, 150, 90))
    session.execute(
        text("UPDATE reading SET sbp_mmhg = 200, alert_tier = 'RED' WHERE patient_id = :id"), {"id": person.id}
    )
    while touched.take(session, touched.ALERTS):
        pass
    assert jobs.refresh(transaction, NOW) == 0
    assert jobs.nightly(transaction, NOW) == 1
    assert _rules(alerts(person)) == [("critical_pressure", "RED", "open", 1)]
    assert jobs.nightly(transaction, NOW + MINUTE) == 1
    assert len(alerts(person)) == 1


def test_a_look_costs_the_same_statements_for_one_and_for_many(
    make_patient: Callable[..., Patient], send: Send, session: Session, transaction: db.Transaction
) -> None:
    def cost(count: int) -> int:
        for number in range(count):
            send(pressure(make_patient(f"患者{count}{number}"), 150, 90))
        said: list[str] = []
        note = lambda _c, _u, sql, *_: said.append(sql)  # noqa: E731
        event.listen(session.connection(), "before_cursor_execute", note)
        jobs.refresh(transaction, NOW)
        event.remove(session.connection(), "before_cursor_execute", note)
        return len(said)

    assert cost(1) == cost(9)


def test_a_batch_that_is_taken_back_leaves_no_alert(
    person: Patient, send: Send, alerts: Alerts, session: Session
) -> None:
    savepoint = session.begin_nested()
    send(pressure(person, 200, 100))
    savepoint.rollback()
    assert alerts(person) == []
