"""The same visit sent twice, also at once, is stored once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cmc.clinical.codes import Disease, Sex
from cmc.core import crypto, db, migrations
from cmc.core.clock import LOCAL
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.followups.tables import Followup, Task
from cmc.main import build
from cmc.organisations import service as organisations
from cmc.organisations.tables import OrganisationKind
from cmc.patients import service as patients
from cmc.patients.schemas import EnrolmentIn, PatientIn
from cmc.patients.tables import Enrolment, Patient

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=LOCAL)
KEY = {"Idempotency-Key": "a-visit/1"}
TOKEN = "token-of-the-tests"

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
    new_database: Callable[[], str], keys: crypto.Keyring, form: Form
) -> None:
    url = new_database()
    migrations.upgrade(url)
    engine = db.make_engine(url)
    scope = Scope(actor="test")
    with db.transaction(engine) as session:
        parent = None
        for kind, code in zip(OrganisationKind, ("R", "D", "C"), strict=True):
            parent = organisations.add(session, kind, code=code, name=Text(code, code), parent=parent)
        assert parent is not None
        wanted = PatientIn(clinic_id=parent.id, name="王建国", birth_date=date(1960, 5, 4), sex=Sex.M)
        patient = patients.register(session, scope, keys, wanted, now=NOW, on=TODAY).patient
        enrolment = EnrolmentIn(
            disease=Disease.HTN,
            enrolled_on=date(2024, 1, 10),
            confirmed_on=date(2024, 1, 10),
            confirmed_at="市第一医院",
            consent=True,
        )
        patients.enrol(session, scope, patient.id, enrolment, now=NOW, on=TODAY)
    body = form("htn", patient.id)
    app = build(engine, keys, TOKEN)

    def send(key: str | None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {TOKEN}"} | ({"Idempotency-Key": key} if key else {})
        answer = TestClient(app, raise_server_exceptions=False).post("/v1/followups", json=body, headers=headers)
        return answer.status_code, answer.json()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, ["same"] * 8))
        without = list(pool.map(send, [None] * 4))
    assert sorted(status for status, _ in answers) == [200] * 7 + [201]
    assert all(answer == answers[0][1] for _, answer in answers)
    assert [status for status, _ in without] == [201] * 4
    with db.transaction(engine) as session:
        assert _stored(session) == 5
        statuses = session.scalars(select(Task.status)).all()  # type: ignore[call-overload]
        assert sorted(statuses) == ["done"] * 4 + ["open"]
    engine.dispose()
