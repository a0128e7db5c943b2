"""Family-doctor teams: doctors of one clinic under a name, each in one team at most."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts.roles import Role
from cmc.audit.tables import AuditEvent
from cmc.core.ids import new_id
from cmc.organisations.tables import Organisation, TeamDoctor

FIRST = {"name": "第一团队", "doctors": ["王医生", "李医生"]}


@pytest.fixture
def address(clinic: Organisation) -> str:
    return f"/v1/organisations/{clinic.id}/teams"


@pytest.fixture
def first(client: TestClient, address: str) -> dict[str, Any]:
    answer = client.post(address, json=FIRST)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_team_is_made_changed_and_removed(client: TestClient, address: str, first: dict[str, Any]) -> None:
    assert first["doctors"] == ["李医生", "王医生"]
    assert client.get(address).json() == {"items": [first]}
    wanted = {"name": "河西团队", "doctors": ["李医生", "赵医生"]}
    changed = client.put(f"/v1/teams/{first['id']}", json=wanted)
    assert (changed.status_code, changed.json()) == (200, first | wanted)
    assert client.get(address).json() == {"items": [first | wanted]}
    assert client.delete(f"/v1/teams/{first['id']}").status_code == 204
    assert client.get(address).json() == {"items": []}
    assert client.delete(f"/v1/teams/{first['id']}").status_code == 404
    assert client.post(address, json=FIRST).status_code == 201


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"name": "第一团队", "doctors": ["赵医生"]}, 409, None),
        ({"name": "第二团队", "doctors": ["赵医生", "王医生"]}, 422, "/doctors/1"),
        ({"name": "第二团队", "doctors": ["赵医生", " 赵医生 "]}, 422, "/doctors/1"),
        ({"name": "第二团队", "doctors": []}, 422, "/doctors"),
        ({"name": " ", "doctors": ["赵医生"]}, 422, "/name"),
        ({"name": "第二团队", "doctors": ["赵\u0000"]}, 422, "/doctors/0"),
        ({"name": "第二团队", "doctors": ["赵医生"], "clinic_id": "x"}, 422, "/clinic_id"),
    ],
)
def test_what_cannot_be_is_refused_and_says_why(
    client: TestClient, address: str, first: dict[str, Any], body: dict[str, Any], status: int, pointer: str | None
) -> None:
    answer = client.post(address, json=body)
    assert answer.status_code == status, answer.text
    assert "王医生" not in answer.text
    if pointer is not None:
        assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert client.get(address).json() == {"items": [first]}


def test_a_doctor_changes_the_team_by_leaving_the_other_first(
    client: TestClient, address: str, first: dict[str, Any]
) -> None:
    second = client.post(address, json={"name": "第二团队", "doctors": ["赵医生"]}).json()
    both = {"name": "第二团队", "doctors": ["赵医生", "王医生"]}
    assert client.put(f"/v1/teams/{second['id']}", json=both).status_code == 422
    assert client.put(f"/v1/teams/{second['id']}", json=both | {"name": "第一团队"}).status_code == 409
    assert client.put(f"/v1/teams/{first['id']}", json=FIRST | {"doctors": ["李医生"]}).status_code == 200
    assert client.put(f"/v1/teams/{second['id']}", json=both).json()["doctors"] == ["王医生", "赵医生"]


def test_names_and_doctors_are_free_at_another_clinic(
    client: TestClient, make_clinic: Any, first: dict[str, Any]
) -> None:
    other = make_clinic("C2")
    answer = client.post(f"/v1/organisations/{other.id}/teams", json=FIRST)
    assert (answer.status_code, answer.json()["clinic_id"]) == (201, str(other.id))


def test_only_a_clinic_has_teams(client: TestClient, region: Organisation) -> None:
    assert client.post(f"/v1/organisations/{region.id}/teams", json=FIRST).status_code == 404
    assert client.get(f"/v1/organisations/{region.id}/teams").status_code == 404


def test_managers_change_what_nurses_and_doctors_see(
    app: Any, sign_in: Any, clinic: Organisation, address: str, first: dict[str, Any]
) -> None:
    for role, may in ((Role.MANAGER, True), (Role.DOCTOR, False), (Role.NURSE, False)):
        client = TestClient(app, headers=sign_in(role, at=clinic))
        assert client.get(address).json()["items"][0]["name"] == "第一团队"
        assert client.put(f"/v1/teams/{first['id']}", json=FIRST).status_code == (200 if may else 403)


def test_the_trail_notes_every_change_and_no_name(
    client: TestClient, session: Session, address: str, first: dict[str, Any]
) -> None:
    client.put(f"/v1/teams/{first['id']}", json={"name": "河西团队", "doctors": ["李医生"]})
    client.delete(f"/v1/teams/{first['id']}")
    query = select(AuditEvent).where(col(AuditEvent.subject).in_(["team", "team_doctor"]))
    noted = list(session.scalars(query.order_by(col(AuditEvent.seq))))
    assert sorted((each.subject, each.act) for each in noted) == [
        ("team", "change"), ("team", "create"), ("team", "delete"),
        ("team_doctor", "create"), ("team_doctor", "create"), ("team_doctor", "delete"), ("team_doctor", "delete"),
    ]  # fmt: skip
    assert {str(each.subject_id) for each in noted} == {first["id"]}
    assert all("医生" not in str(each.detail) and "团队" not in str(each.detail) for each in noted)


def test_the_database_refuses_a_doctor_in_two_teams_or_a_team_of_another_clinic(
    client: TestClient, session: Session, clinic: Organisation, make_clinic: Any, address: str, first: dict[str, Any]
) -> None:
    second = client.post(address, json={"name": "第二团队", "doctors": ["赵医生"]}).json()
    for at, doctor in ((clinic.id, "王医生"), (make_clinic("C2").id, "孙医生")):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(
                TeamDoctor.__table__.insert(),  # type: ignore[attr-defined]
                {"clinic_id": at, "doctor": doctor, "team_id": second["id"]},
            )


def test_what_is_not_there_is_absent(client: TestClient) -> None:
    for method in ("PUT", "DELETE"):
        answer = client.request(method, f"/v1/teams/{new_id()}", json=FIRST if method == "PUT" else None)
        assert answer.status_code == 404
