"""The same visit sent twice, also at once, is stored once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import Disease
from cmc.core import crypto, db
from cmc.core.clock import LOCAL
from cmc.core.scope import system_scope
from cmc.followups.tables import Followup, Task
from cmc.main import build
from cmc.patients.tables import Enrolment, Patient

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=LOCAL)
KEY = {"Idempotency-Key": "a-visit/1"}

Form = Callable[..., dict[str, Any]]


@pytest.fixture
def person(make_patient: Callable[..., Patient], make_enrolment: Callable[..., Enrolment]) -> Patient:
    patient = make_patient()
    for disease in Disease:
        make_enrolment(patient, disease)
    return patient


def _stored(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Followup)) or 0


def test_a_repeated_request_is_answered_alike_and_stored_once(
    client: TestClient, session: Session, person: Patient, form: Form
) -> None:
    body = form("both", person.id, weight_kg=71, lifestyle={"cigarettes_per_day": 3, "salt": 2})
    first = client.post("/v1/followups", json=body, headers=KEY)
    again = client.post("/v1/followups", json=dict(reversed(body.items())), headers=KEY)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert _stored(session) == 2


def test_a_used_key_with_another_visit_is_refused(
    client: TestClient, session: Session, person: Patient, form: Form
) -> None:
    client.post("/v1/followups", json=form("htn", person.id), headers=KEY)
    other = client.post("/v1/followups", json=form("htn", person.id, sbp_mmhg=150), headers=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert _stored(session) == 1


def test_without_a_key_two_requests_are_two_visits(
    client: TestClient, session: Session, person: Patient, form: Form
) -> None:
    for _ in range(2):
        assert client.post("/v1/followups", json=form("htn", person.id)).status_code == 201
    assert _stored(session) == 2


def test_a_key_with_control_characters_is_refused(client: TestClient, person: Patient, form: Form) -> None:
    answer = client.post("/v1/followups", json=form("htn", person.id), headers={"Idempotency-Key": "a b"})
    assert answer.status_code == 422


def test_two_requests_at_once_store_one_visit(
    real: Engine,
    keys: crypto.Keyring,
    form: Form,
    made_person: Callable[[Session, crypto.Keyring], Patient],
    sign_in_at: Callable[[Engine], dict[str, str]],
) -> None:
    with db.transaction(real, system_scope("command:test")) as session:
        patient = made_person(session, keys)
    body = form("htn", patient.id)
    app, signed_in = build(real, keys), sign_in_at(real)

    def send(key: str | None) -> tuple[int, Any]:
        headers = signed_in | ({"Idempotency-Key": key} if key else {})
        answer = TestClient(app, raise_server_exceptions=False).post("/v1/followups", json=body, headers=headers)
        return answer.status_code, answer.json()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, ["same"] * 8))
        without = list(pool.map(send, [None] * 4))
    assert sorted(status for status, _ in answers) == [200] * 7 + [201]
    assert all(answer == answers[0][1] for _, answer in answers)
    assert [status for status, _ in without] == [201] * 4
    with db.transaction(real, system_scope("command:test")) as session:
        assert _stored(session) == 5
        statuses = session.scalars(select(col(Task.status))).all()
        assert sorted(statuses) == ["done"] * 4 + ["open"]
