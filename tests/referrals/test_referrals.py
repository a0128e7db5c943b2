"""Referrals: raised once, no step skipped, asked about within 14 days, and that only once."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.alerts import queries as alert_queries
from cmc.alerts import raising
from cmc.alerts.found import Found, local
from cmc.clinical.alert_facts import AlertRule, Finding
from cmc.core import clock, db
from cmc.core.clock import LOCAL
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.followups import jobs
from cmc.followups.tables import Task
from cmc.patients.tables import Enrolment, Patient
from cmc.referrals.tables import Referral

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=LOCAL)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def person(make_patient: Callable[..., Patient], make_enrolment: Callable[..., Enrolment]) -> Patient:
    patient = make_patient()
    make_enrolment(patient, enrolled_on=date(2026, 1, 5))
    return patient


def _propose(client: TestClient, person: Patient, **more: Any) -> Any:
    body = {"patient_id": str(person.id), "reason": "SUSPECTED_SECONDARY", **more}
    return client.post("/v1/referrals", json=body)


def _visit(client: TestClient, person: Patient, on: date, sbp: int = 170) -> None:
    body = {
        "patient_id": str(person.id), "diseases": ["HTN"], "mode": 1, "doctor": "李医生", "sbp_mmhg": sbp,
        "dbp_mmhg": 82, "hypertension_symptoms": [1], "adherence": 1, "no_medication": True, "visited_on": on.isoformat(),
    }  # fmt: skip
    answer = client.post("/v1/followups", json=body)
    assert answer.status_code == 201, answer.text


def _open(session: Session, person: Patient) -> list[tuple[str, date]]:
    session.expire_all()
    query = select(Task).where(col(Task.patient_id) == person.id, col(Task.status) == "open")
    kinds = {"two_week", "referral_check", "routine", "alert_followup", "first_visit"}
    return sorted((task.kind, task.due_on) for task in session.scalars(query) if task.kind in kinds)


def test_step_by_step_to_the_end(client: TestClient, person: Patient) -> None:
    one = _propose(client, person).json()
    assert (one["state"], one["check_by"], one["version"]) == ("proposed", "2026-12-04", 1)
    address = f"/v1/referrals/{one['id']}"
    assert client.post(f"{address}:send", json={}).json()["errors"][0]["pointer"] == "/institution"
    for step, body, state in (
        ("send", {"institution": "市第一医院"}, "sent"),
        ("accept", None, "accepted"),
        ("return", {"advice": "加用利尿剂"}, "returned"),
        ("close", {"ending": "treated"}, "closed"),
    ):
        answer = client.post(f"{address}:{step}", json=body)
        assert (answer.status_code, answer.json()["state"]) == (200, state), answer.text
        again = client.post(f"{address}:{step}", json=body)
        assert again.status_code == 409
    assert client.get(address).json()["advice"] == "加用利尿剂"


@pytest.mark.parametrize(
    ("before", "step", "body"),
    [
        ([], "accept", None),
        ([], "return", {}),
        ([], "close", {"ending": "treated"}),
        (["send"], "return", {}),
        (["send"], "close", {"ending": "treated"}),
        (["send", "accept"], "send", {"institution": "x"}),
        (["send", "accept"], "close", {"ending": "treated"}),
    ],
)
def test_no_step_is_skipped(client: TestClient, person: Patient, before: list[str], step: str, body: Any) -> None:
    address = f"/v1/referrals/{_propose(client, person, institution='市第一医院').json()['id']}"
    for each in before:
        assert client.post(f"{address}:{each}", json={} if each == "send" else None).status_code == 200
    assert client.post(f"{address}:{step}", json=body).status_code == 409


def test_what_did_not_happen_is_closed_from_any_step(client: TestClient, person: Patient) -> None:
    address = f"/v1/referrals/{_propose(client, person).json()['id']}"
    assert client.post(f"{address}:close", json={"ending": "refused"}).json()["state"] == "closed"


def test_the_result_is_asked_for_within_fourteen_days_until_somebody_knows(
    client: TestClient, session: Session, transaction: db.Transaction, person: Patient
) -> None:
    one = _propose(client, person, institution="市第一医院").json()
    jobs.refresh(transaction, NOW)
    assert ("referral_check", TODAY + timedelta(days=14)) in _open(session, person)
    for step in ("send", "accept", "return"):
        client.post(f"/v1/referrals/{one['id']}:{step}", json=None if step == "accept" else {})
    jobs.refresh(transaction, NOW)
    assert "referral_check" not in {kind for kind, _ in _open(session, person)}
    query = select(col(Task.status)).where(col(Task.kind) == "referral_check")
    assert session.scalars(query).all() == ["done"]


def test_a_visit_that_asks_for_a_referral_proposes_one_once_and_asks_for_it_once(
    client: TestClient, session: Session, transaction: db.Transaction, person: Patient
) -> None:
    _visit(client, person, TODAY - timedelta(days=14))
    jobs.refresh(transaction, NOW)
    assert session.scalars(select(Referral)).all() == []
    _visit(client, person, TODAY)
    for _ in range(3):
        jobs.refresh(transaction, NOW)
        jobs.nightly(transaction, NOW)
    (one,) = session.scalars(select(Referral)).all()
    assert (one.reason, one.state, one.check_by) == (
        "CONSECUTIVE_UNSATISFACTORY",
        "proposed",
        TODAY + timedelta(days=14),
    )
    assert _open(session, person) == [("two_week", TODAY + timedelta(days=14))], "one contact serves for both"
    jobs.refresh(transaction, NOW)
    found = client.get("/v1/referrals", params={"patient": str(person.id)}).json()["items"]
    assert [each["referral"]["id"] for each in found] == [str(one.id)]
    assert client.get("/v1/referrals/counts").json()["proposed"] == 1


def test_an_emergency_is_urgent(
    client: TestClient, session: Session, transaction: db.Transaction, person: Patient
) -> None:
    _visit(client, person, TODAY, sbp=186)
    jobs.refresh(transaction, NOW)
    (one,) = session.scalars(select(Referral)).all()
    assert (one.reason, one.is_urgent) == ("EMERGENCY", True)


def _alert(session: Session, person: Patient) -> UUID:
    finding = Finding(AlertRule.HOME_MEAN_160_100, local(NOW), Text("家庭血压均值 165/102", "home mean 165/102"))
    raising.take_in(session, Scope("test"), [Found(finding, NOW, NOW, finding.cause, patient_id=person.id)], now=NOW)
    (raised,) = alert_queries.unclosed(session, Scope("test"), [person.id])
    return raised.id


def test_an_alert_is_a_task_in_the_time_of_its_tier_and_one_referral(
    client: TestClient, session: Session, transaction: db.Transaction, person: Patient
) -> None:
    alert_id = _alert(session, person)
    jobs.refresh(transaction, NOW)
    assert ("alert_followup", TODAY + timedelta(days=1)) in _open(session, person)
    more = {"alert_id": str(alert_id), "reason": "OTHER"}
    ids = {_propose(client, person, **more).json()["id"] for _ in range(2)}
    assert len(ids) == 1
    closed = client.post(f"/v1/alerts/{alert_id}:close", json={"outcome": "referred", "note": "已转诊"})
    assert closed.status_code in {200, 409}, closed.text
    if closed.status_code == 409:
        client.post(f"/v1/alerts/{alert_id}:acknowledge", json={"promise": "refer"})
        assert (
            client.post(f"/v1/alerts/{alert_id}:close", json={"outcome": "referred", "note": "已转诊"}).status_code
            == 200
        )
    jobs.refresh(transaction, NOW)
    assert "alert_followup" not in {kind for kind, _ in _open(session, person)}
    query = select(col(Task.status)).where(col(Task.kind) == "alert_followup")
    assert session.scalars(query).all() == ["done"]


def test_a_stable_person_goes_down_and_nobody_else(client: TestClient, person: Patient) -> None:
    assert _propose(client, person, direction="down", reason="STABLE").status_code == 201
    assert _propose(client, person, direction="up", reason="STABLE").status_code == 422
    assert _propose(client, person, direction="down", reason="EMERGENCY").status_code == 422
