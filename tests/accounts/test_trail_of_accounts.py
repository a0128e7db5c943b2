"""What the trail says of accounts: who came in, who was refused, who was denied, who changed whose rights."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts.roles import MachineKind, Role
from cmc.accounts.tables import AppUser
from cmc.audit.tables import AuditEvent

Rows = Callable[..., list[AuditEvent]]
PASSWORD = "correct horse battery staple"


@pytest.fixture
def nurse(session: Session, sign_in: Any, tree: Any) -> UUID:
    sign_in(Role.NURSE, at=tree.clinic, login="nurse.li")
    return session.scalars(select(AppUser.id).where(col(AppUser.login) == "nurse.li")).one()


@pytest.fixture(autouse=True)
def since(session: Session) -> int:
    """The last place of the trail before the test: other tests leave rows for good."""
    return session.scalar(select(func.max(col(AuditEvent.seq)))) or 0


@pytest.fixture
def rows(session: Session, since: int) -> Rows:
    """rows("log_in", …) → the rows of these acts that the test has left so far, in order."""

    def left(*acts: str) -> list[AuditEvent]:
        named = col(AuditEvent.act).in_(acts), col(AuditEvent.seq) > since
        return list(session.scalars(select(AuditEvent).where(*named).order_by(col(AuditEvent.seq))))

    return left


def _log_in(visitor: TestClient, login: str, password: str) -> int:
    return visitor.post("/v1/session", json={"login": login, "password": password}).status_code


def test_coming_in_and_going_out_are_in_the_users_name(visitor: TestClient, rows: Rows, nurse: UUID) -> None:
    assert _log_in(visitor, "nurse.li", PASSWORD) == 204
    assert visitor.delete("/v1/session").status_code == 204
    came, went = rows("log_in", "log_out")
    assert [(each.act, each.actor, each.subject_id) for each in (came, went)] == [
        ("log_in", f"user:{nurse}", nurse),
        ("log_out", f"user:{nurse}", nurse),
    ]
    assert came.detail == {"address": "testclient"}


def test_a_refused_log_in_is_nobodys_and_an_unknown_name_is_not_kept(
    visitor: TestClient, rows: Rows, nurse: UUID
) -> None:
    assert [_log_in(visitor, name, "wrong") for name in ("nurse.li", "my-password-by-mistake")] == [401, 401]
    known, unknown = rows("log_in_failed")
    assert {known.actor, unknown.actor} == {"nobody"}
    assert (known.subject_id, unknown.subject_id) == (nurse, None)
    assert "my-password-by-mistake" not in str([row.model_dump() for row in rows("log_in_failed", "change")])


def test_a_denial_names_the_caller_the_right_and_the_route(
    ask: Any, session: Session, rows: Rows, sign_in: Any, make_key: Any, tree: Any
) -> None:
    headers = sign_in(Role.NURSE, at=tree.clinic, login="curious")
    user_id = session.scalars(select(AppUser.id).where(col(AppUser.login) == "curious")).one()
    answer = ask(headers, "GET", "/v1/audit")
    key = make_key(MachineKind.GATEWAY, tree.clinic)
    ask({"Authorization": f"Bearer {key}"}, "GET", "/v1/patients/01970000-0000-7000-8000-000000000001")
    first, second = rows("denied")
    assert (first.actor, first.subject, first.detail) == (f"user:{user_id}", "audit.read", {"asked": "GET /v1/audit"})
    assert str(first.request_id) == answer.headers["x-request-id"]
    assert second.actor.startswith("gateway:")
    assert (second.subject, second.detail) == ("people.read", {"asked": "GET /v1/patients/{patient_id}"})


def test_who_gives_and_takes_rights_is_kept_with_before_and_after(
    ask: Any, session: Session, rows: Rows, sign_in: Any, tree: Any, nurse: UUID
) -> None:
    admin = sign_in(Role.ADMIN, login="boss")
    admin_id = session.scalars(select(AppUser.id).where(col(AppUser.login) == "boss")).one()
    wanted = {"roles": [{"role": "doctor", "organisation_id": str(tree.clinic.id)}]}
    before = len(rows("create"))
    assert ask(admin, "PUT", f"/v1/users/{nurse}/roles", json=wanted).status_code == 200
    assert ask(admin, "POST", f"/v1/users/{nurse}:disable", json={"reason": "left"}).status_code == 200
    left = [*rows("create")[before:], *rows("delete", "change")]
    assert {(each.actor, each.subject_id) for each in left} == {(f"user:{admin_id}", nurse)}
    told = {(each.act, each.subject): each.detail for each in left}
    assert told["delete", "role_grant"]["values"]["role"] == "nurse"
    assert told["create", "role_grant"]["values"]["role"] == "doctor"
    assert told["change", "app_user"]["before"] == {}
    assert set(told["change", "app_user"]["after"]) == {"disabled_at", "disabled_because"}
    assert all(each.person_ids == [] for each in left)
