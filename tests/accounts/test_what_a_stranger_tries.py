"""What an attacker with or without a log-in tries, and what the trail says of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts.roles import Role
from cmc.accounts.tables import AppUser
from cmc.audit.tables import AuditEvent
from cmc.core import clock, limits

ID_CARD = "11010519491231002X"


@pytest.fixture
def denied(session: Session) -> Callable[[], list[AuditEvent]]:
    """denied() → the refusals that the test has left in the trail."""
    since = session.scalar(select(func.max(col(AuditEvent.seq)))) or 0

    def found() -> list[AuditEvent]:
        wanted = col(AuditEvent.seq) > since, col(AuditEvent.act) == "denied"
        return list(session.scalars(select(AuditEvent).where(*wanted).order_by(col(AuditEvent.seq))))

    return found


@pytest.mark.parametrize("origin", ["http://[", "null", "http://localhost:99999999", "//", "\x7f"])
def test_an_address_that_is_none_is_another_site(visitor: TestClient, origin: str) -> None:
    answer = visitor.post("/v1/session", json={"login": "x", "password": "y"}, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")


def test_asking_for_foreign_and_absent_people_is_on_record(
    ask: Any, sign_in: Any, tree: Any, make_patient: Any, denied: Any
) -> None:
    foreign, absent = make_patient(clinic_id=tree.other_clinic.id).id, uuid4()
    nurse = sign_in(Role.NURSE, at=tree.clinic)
    for each in (foreign, absent):
        assert ask(nurse, "GET", f"/v1/patients/{each}").status_code == 404
    rows = denied()
    assert [(row.subject, row.person_ids) for row in rows] == [("not-found", [foreign]), ("not-found", [absent])]
    assert {row.detail["asked"] for row in rows} == {"GET /v1/patients/{patient_id}"}


def test_registering_somebody_on_file_is_on_record(
    ask: Any, sign_in: Any, tree: Any, make_patient: Any, denied: Any
) -> None:
    make_patient(citizen_id=ID_CARD, sex=None, birth_date=None)
    body = {"clinic_id": str(tree.clinic.id), "name": "x", "citizen_id": ID_CARD}
    assert ask(sign_in(Role.NURSE, at=tree.clinic), "POST", "/v1/patients", json=body).status_code == 409
    [row] = denied()
    assert (row.subject, row.person_ids, row.detail) == ("person-exists", [], {"asked": "POST /v1/patients"})


def test_numbers_cannot_be_tried_through(client: TestClient) -> None:
    tried = [
        client.post("/v1/patients:search", json={"text": f"1381234{n:04}"}).status_code
        for n in range(limits.SEARCHES_PER_MINUTE + 3)
    ]
    assert tried == [200] * limits.SEARCHES_PER_MINUTE + [429] * 3


def test_no_answer_gives_a_citizen_id_away_beside_the_birth_date(client: TestClient, make_patient: Any) -> None:
    person = make_patient(citizen_id=ID_CARD, sex=None, birth_date=None)
    shown = client.get(f"/v1/patients/{person.id}").json()
    assert (shown["birth_date"], shown["citizen_id"]) == ("1949-12-31", "**************002X")


def test_a_handed_over_password_lasts_three_days(visitor: TestClient, session: Session, sign_in: Any) -> None:
    sign_in(Role.NURSE, login="newcomer")
    user = session.scalars(select(AppUser).where(col(AppUser.login) == "newcomer")).one()
    body = {"login": "newcomer", "password": "correct horse battery staple"}
    for age, must_change, status in ((73, False, 204), (71, True, 204), (73, True, 401)):
        user.must_change_password = must_change
        user.password_changed_at = clock.now() - timedelta(hours=age)
        session.flush()
        assert visitor.post("/v1/session", json=body).status_code == status
