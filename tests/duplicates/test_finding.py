"""Likely duplicates: told before registering, listed at night, decided by people."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from cmc.accounts.roles import Role
from cmc.clinical.codes import Sex
from cmc.core import db
from cmc.core.scope import Scope, system_scope
from cmc.duplicates import jobs
from cmc.organisations.tables import Organisation
from cmc.patients.tables import Patient

ID_CARD = "11010519491231002X"


@pytest.fixture
def night(connection: Connection, now: Any) -> Callable[[], int]:
    return lambda: jobs.nightly(lambda: db.transaction(connection, system_scope("job:duplicates.nightly")), now)


@pytest.fixture
def twins(make_patient: Callable[..., Patient]) -> list[str]:
    more = {"phone": "13812346131", "address": "河西区友谊路1号楼"}
    return [str(make_patient(name, **more).id) for name in ("王建国", "王健国")]


def test_the_check_reads_the_document_and_advises(client: TestClient, clinic: Organisation, twins: list[str]) -> None:
    asked = {"clinic_id": str(clinic.id), "name": "王建国", "birth_date": "1960-05-04", "citizen_id": ID_CARD}
    body = client.post("/v1/patients:check", json=asked | {"phone": "138 1234 6131"}).json()
    assert body["document"]["birth_date"] == "1949-12-31"
    assert (body["on_file"], body["on_file_elsewhere"]) == (None, False)
    assert [each["patient"]["id"] for each in body["likely"]] == twins
    first = body["likely"][0]
    assert (first["likeness"], first["patient"]["name"]) == ("PROBABLE", "王**")
    assert {each["en"] for each in first["points"]} >= {"Same name", "Same birth date", "Same phone"}
    asked = {"clinic_id": str(clinic.id), "name": "王建国", "sex": "M", "birth_date": "1960-05-04"}
    assert client.post("/v1/patients", json=asked).status_code == 201  # it advises, it never blocks


def test_the_check_points_to_who_has_the_document(
    client: TestClient, clinic: Organisation, make_patient: Callable[..., Patient], make_clinic: Any, sign_in: Any
) -> None:
    known = make_patient(citizen_id=ID_CARD)
    asked = {"clinic_id": str(clinic.id), "citizen_id": ID_CARD}
    assert client.post("/v1/patients:check", json=asked).json()["on_file"] == str(known.id)
    wrong = client.post("/v1/patients:check", json=asked | {"citizen_id": "110105194912310021"})
    assert [each["code"] for each in wrong.json()["errors"]] == ["check_digit"]
    elsewhere = make_clinic("C2")
    nurse = sign_in(Role.NURSE, at=elsewhere)
    body = client.post("/v1/patients:check", json=asked | {"clinic_id": str(elsewhere.id)}, headers=nurse).json()
    assert body["on_file"] is None
    assert body["likely"] == []


def test_the_night_lists_a_pair_once_and_what_was_dismissed_stays_so(
    client: TestClient, twins: list[str], night: Callable[[], int], make_patient: Callable[..., Patient]
) -> None:
    make_patient("欧阳修", sex=Sex.F, birth_date=date(1991, 1, 1))
    assert night() == 3
    (pair,) = client.get("/v1/duplicates").json()["items"]
    assert [pair["one"]["id"], pair["other"]["id"]] == sorted(twins)
    assert pair["score"] >= 70
    assert night() == 0
    preview = client.get(f"/v1/duplicates/{pair['id']}").json()
    assert preview["one"]["record"]["name"] == "王建国"
    assert preview["one"]["rows"] == {"enrolment": 0, "followup": 0, "annual_exam": 0, "reading": 0}
    assert client.post(f"/v1/duplicates/{pair['id']}:dismiss").json()["state"] == "dismissed"
    assert client.post(f"/v1/duplicates/{pair['id']}:dismiss").status_code == 200
    client.patch(f"/v1/patients/{twins[1]}", json={"name": "王建国"}, headers={"If-Match": '"1"'})
    assert night() == 1
    assert client.get("/v1/duplicates").json()["items"] == []
    assert len(client.get("/v1/duplicates", params={"state": "dismissed"}).json()["items"]) == 1


def test_who_is_no_longer_alike_leaves_the_list(client: TestClient, twins: list[str], night: Callable[[], int]) -> None:
    night()
    change = {"name": "欧阳修", "birth_date": "1991-01-01", "phone": None}
    client.patch(f"/v1/patients/{twins[1]}", json=change, headers={"If-Match": '"1"'})
    night()
    assert client.get("/v1/duplicates").json()["items"] == []


def test_people_from_before_get_their_keys_at_night(
    client: TestClient, twins: list[str], night: Callable[[], int], session: Session
) -> None:
    session.execute(text("DELETE FROM duplicate_key"))
    assert night() == 2
    assert len(client.get("/v1/duplicates").json()["items"]) == 1


def test_a_merged_pair_leaves_the_list_and_comes_back_undone(
    client: TestClient, twins: list[str], night: Callable[[], int]
) -> None:
    night()
    made = client.post("/v1/merges", json={"survivor_id": twins[0], "merged_id": twins[1]}).json()
    assert client.get("/v1/duplicates").json()["items"] == []
    client.post(f"/v1/merges/{made['id']}:revert")
    assert len(client.get("/v1/duplicates").json()["items"]) == 1


def test_a_pair_is_seen_by_who_sees_both(
    client: TestClient, make_patient: Callable[..., Patient], make_clinic: Callable[..., Organisation], sign_in: Any,
    clinic: Organisation, night: Callable[[], int], session: Session,
) -> None:  # fmt: skip
    other = make_clinic("C2")
    for each in (clinic, other):
        make_patient(clinic_id=each.id, phone="13812346131")
    night()
    (pair,) = client.get("/v1/duplicates").json()["items"]
    for each in (clinic, other):
        doctor = sign_in(Role.DOCTOR, at=each)
        assert client.get("/v1/duplicates", headers=doctor).json()["items"] == []
        assert client.get(f"/v1/duplicates/{pair['id']}", headers=doctor).status_code == 404
        with db.acting_in(session, Scope("user:x", frozenset({each.id}))):
            assert session.scalar(text("SELECT count(*) FROM duplicate_pair")) == 0


def test_a_nurse_does_not_merge(client: TestClient, twins: list[str], sign_in: Any, clinic: Organisation) -> None:
    wanted = {"survivor_id": twins[0], "merged_id": twins[1]}
    assert client.post("/v1/merges", json=wanted, headers=sign_in(Role.NURSE, at=clinic)).status_code == 403
    assert client.post("/v1/merges", json=wanted, headers=sign_in(Role.DOCTOR, at=clinic)).status_code == 201


def test_pages_of_pairs(client: TestClient, make_patient: Callable[..., Patient], night: Callable[[], int]) -> None:
    for _ in range(4):
        make_patient(phone="13812346131")
    night()
    seen: list[UUID] = []
    cursor = None
    while True:
        asked = {"limit": 4} | ({"cursor": cursor} if cursor else {})
        answer = client.get("/v1/duplicates", params=asked).json()
        seen += [each["id"] for each in answer["items"]]
        if (cursor := answer["next_cursor"]) is None:
            break
    assert len(seen) == len(set(seen)) == 6
