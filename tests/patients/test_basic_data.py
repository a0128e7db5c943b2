"""The form's fields, documents, phones, health-record numbers, and a change that names the version it was made from."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts.roles import Role
from cmc.audit.tables import AuditEvent
from cmc.clinical.identity_numbers import check_digit
from cmc.core import db
from cmc.core.scope import Scope, system_scope
from cmc.organisations.tables import Organisation
from cmc.patients import erasing, record_numbers

ID_CARD = "11010519491231002X"
PERMIT = "810000199408230021"
VILLAGE = "120103001001"
FORM = {
    "residence": 1, "nationality": "01", "blood_group": 3, "rhesus": 2, "education": 8, "marital_status": 2,
    "payments": [2, 5], "drug_allergies": [2], "exposures": [1], "disabilities": [1],
    "diseases": [{"code": 2, "since": "2015-06", "text": None}], "family": {"FATHER": [2, 3]},
    "region_code": "120103001001", "family_doctor": "赵医生",
    "operations": [{"text": "胆囊切除", "since": "2003-11"}], "injuries": [], "transfusions": [{"text": "手术失血", "since": None}],
    "genetic_disease": "红绿色盲", "employer": "纺织三厂",
}  # fmt: skip


def _person(clinic: Organisation, **more: Any) -> dict[str, Any]:
    return {"clinic_id": str(clinic.id), "name": "张桂兰", "sex": "F", "birth_date": "1949-12-31", **more}


def test_a_whole_form_is_kept_and_shown_masked(
    client: TestClient, clinic: Organisation, connection: Connection
) -> None:
    phones = [{"relation": "CHILD", "phone": "13900001111", "contact": "王小明"}]
    documents = [{"kind": "PASSPORT", "number": "E1234567"}]
    made = client.post("/v1/patients", json=_person(clinic, information=FORM, phones=phones, documents=documents))
    assert made.status_code == 201, made.text
    body = client.get(f"/v1/patients/{made.json()['id']}").json()
    assert body["information"] == FORM
    assert body["documents"] == [{"kind": "PASSPORT", "number": "****4567"}]
    assert body["phones"] == [{"relation": "CHILD", "phone": "139****1111", "contact": "王**"}]
    for table in ("patient_document", "patient_phone", "patient_token", "duplicate_key", "audit_event"):
        stored = " ".join(connection.scalars(text(f"SELECT to_jsonb(r)::text FROM {table} AS r")))  # noqa: S608
        assert not [
            secret for secret in ("E1234567", "13900001111", "王小明", "纺织三厂", "胆囊切除") if secret in stored
        ], table
    found = client.post("/v1/patients:search", json={"text": "13900001111"}).json()["items"]
    assert [each["id"] for each in found] == [made.json()["id"]]


@pytest.mark.parametrize(
    ("more", "pointer", "code"),
    [
        ({"documents": [{"kind": "PASSPORT", "number": "??"}]}, "/documents/0/number", "length"),
        ({"documents": [{"kind": "HK_MO_TW_PERMIT", "number": ID_CARD}]}, "/documents/0/number", "kind"),
        ({"documents": [{"kind": "CITIZEN_ID", "number": ID_CARD}]}, "/documents/0/kind", "not_here"),
        ({"documents": [{"kind": "PASSPORT", "number": "E1234567"}] * 2}, "/documents/1", "repeated"),
        ({"information": {"drug_allergies": [1, 2]}}, "/information/drug_allergies", "none_and_more"),
        ({"information": {"payments": [2, 2]}}, "/information/payments", "repeated"),
        ({"information": {"family": {"MOTHER": [1, 3]}}}, "/information/family", "none_and_more"),
        ({"information": {"education": True}}, "/information/education", "code_expected"),
        ({"village": "120103001555"}, "/village", "village"),
        ({"health_record_number": "1201030010010000"}, "/health_record_number", "length"),
        ({"health_record_number": "12010300100100000"}, "/health_record_number", "digits"),
        ({"village": VILLAGE, "health_record_number": VILLAGE + "00001"}, "/village", "not_expected"),
    ],
)  # fmt: skip
def test_each_wrong_field_is_named_and_never_repeated(
    client: TestClient, clinic: Organisation, more: dict[str, Any], pointer: str, code: str
) -> None:
    answer = client.post("/v1/patients", json=_person(clinic, **more))
    assert answer.status_code == 422, answer.text
    assert (pointer, code) in {(each["pointer"], each["code"]) for each in answer.json()["errors"]}
    assert ID_CARD not in answer.text
    assert "E1234567" not in answer.text


def test_the_same_document_points_to_the_record_whatever_field_it_stands_in(
    client: TestClient, clinic: Organisation
) -> None:
    permit = {"documents": [{"kind": "HK_MO_TW_PERMIT", "number": _permit()}]}
    first = client.post("/v1/patients", json=_person(clinic, **permit))
    assert first.status_code == 201, first.text
    for again in (permit, {"citizen_id": _permit()}):
        answer = client.post("/v1/patients", json=_person(clinic, **again))
        assert (answer.status_code, answer.json()["code"]) == (409, "person-exists")
        assert first.json()["id"] in answer.json()["detail"]


def _permit() -> str:
    return PERMIT[:17] + check_digit(PERMIT[:17])


def test_who_is_on_file_out_of_sight_is_a_transfer(
    client: TestClient, clinic: Organisation, make_clinic: Callable[..., Organisation], sign_in: Any
) -> None:
    documents = [{"kind": "PASSPORT", "number": "E1234567"}]
    client.post("/v1/patients", json=_person(make_clinic("C2"), documents=documents))
    nurse = sign_in(Role.NURSE, at=clinic)
    answer = client.post("/v1/patients", json=_person(clinic, documents=documents), headers=nurse)
    assert (answer.status_code, answer.json()["detail"]) == (409, "this person is on file; ask for a transfer")


def test_numbers_of_a_village_follow_each_other_and_skip_what_was_given_elsewhere(
    client: TestClient, clinic: Organisation
) -> None:
    def number(**more: Any) -> str:
        return str(client.post("/v1/patients", json=_person(clinic, **more)).json()["health_record_number"])

    assert number(village=VILLAGE) == VILLAGE + "00001"
    assert number(health_record_number=VILLAGE + "00007") == VILLAGE + "00007"
    assert number(village=VILLAGE) == VILLAGE + "00008"
    assert number(village="120103001002") == "12010300100200001"
    again = client.post("/v1/patients", json=_person(clinic, health_record_number=VILLAGE + "00007"))
    assert (again.status_code, again.json()["code"]) == (409, "person-exists")


def test_a_used_up_village_says_so(client: TestClient, clinic: Organisation, session: Session) -> None:
    session.execute(text("INSERT INTO record_serial VALUES (:village, 99999)"), {"village": VILLAGE})
    answer = client.post("/v1/patients", json=_person(clinic, village=VILLAGE))
    assert (answer.status_code, answer.json()["code"]) == (409, "serials-used-up")


def test_eight_connections_never_get_one_number_twice(engine: Engine, owner: Engine) -> None:
    village = "120103001199"

    def issue(number: int) -> list[str]:
        found = []
        for turn in range(10):
            with db.transaction(engine, system_scope("test")) as session:
                issued = record_numbers.issue(session, village)
                if (number + turn) % 5 == 0:
                    session.rollback()  # who gives up after all leaves no number behind that another one could get
                else:
                    found.append(issued)
        return found

    try:
        with ThreadPoolExecutor(8) as pool:
            issued = [number for part in pool.map(issue, range(8)) for number in part]
        assert len(set(issued)) == len(issued) == 64
    finally:
        with db.transaction(owner) as session:
            session.execute(text("DELETE FROM record_serial WHERE village = :village"), {"village": village})


class TestChange:
    @pytest.fixture
    def made(self, client: TestClient, clinic: Organisation) -> dict[str, Any]:
        found: dict[str, Any] = client.post("/v1/patients", json=_person(clinic, phone="13812346131")).json()
        return found

    def test_it_names_the_version_that_was_read(self, client: TestClient, made: dict[str, Any]) -> None:
        address = f"/v1/patients/{made['id']}"
        tag = client.get(address).headers["etag"]
        assert client.patch(address, json={"phone": None}).status_code == 428
        assert client.patch(address, json={"phone": None}, headers={"If-Match": '"99"'}).status_code == 412
        assert client.patch(address, json={"phone": None}, headers={"If-Match": f"W/{tag}"}).status_code == 412
        changed = client.patch(address, json={"phone": None}, headers={"If-Match": tag})
        assert (changed.status_code, changed.json()["phone"]) == (200, None)
        assert changed.headers["etag"] != tag
        late = client.patch(address, json={"phone": "13900001111"}, headers={"If-Match": tag})
        assert (late.status_code, late.json()["code"]) == (412, "stale")

    def test_what_is_left_out_stays(self, client: TestClient, made: dict[str, Any]) -> None:
        address = f"/v1/patients/{made['id']}"
        for version, change in (("1", {"education": 8, "payments": [2]}), ("2", {"education": 7})):
            named = {"If-Match": f'"{version}"'}
            assert client.patch(address, json={"information": change}, headers=named).status_code == 200
        body = client.get(address).json()
        assert (body["information"]["education"], body["information"]["payments"]) == (7, [2])
        assert (body["name"], body["phone"]) == ("张桂兰", "138****6131")

    def test_the_person_is_found_by_the_new_name_and_no_more_by_the_old(
        self, client: TestClient, made: dict[str, Any]
    ) -> None:
        change = {"name": "李秀英", "citizen_id": ID_CARD}
        answer = client.patch(f"/v1/patients/{made['id']}", json=change, headers={"If-Match": '"1"'})
        assert answer.json()["citizen_id"] == "**************002X"
        for words, people in (("李秀英", 1), ("张桂兰", 0), (ID_CARD, 1), ("6131", 1)):
            found = client.post("/v1/patients:search", json={"text": words}).json()["items"]
            assert len(found) == people, words

    def test_a_number_on_anothers_file_is_refused(
        self, client: TestClient, made: dict[str, Any], clinic: Organisation
    ) -> None:
        other = client.post("/v1/patients", json=_person(clinic, citizen_id=ID_CARD)).json()
        answer = client.patch(f"/v1/patients/{made['id']}", json={"citizen_id": ID_CARD}, headers={"If-Match": '"1"'})
        assert answer.status_code == 409
        assert other["id"] in answer.json()["detail"]

    @pytest.mark.parametrize("field", ["name", "sex", "birth_date"])
    def test_what_every_record_has_cannot_be_taken_away(
        self, client: TestClient, made: dict[str, Any], field: str
    ) -> None:
        answer = client.patch(f"/v1/patients/{made['id']}", json={field: None}, headers={"If-Match": '"1"'})
        assert [each["pointer"] for each in answer.json()["errors"]] == [f"/{field}"]

    def test_the_trail_shows_that_it_changed_and_not_what_it_was(
        self, client: TestClient, made: dict[str, Any], session: Session
    ) -> None:
        answer = client.patch(f"/v1/patients/{made['id']}", json={"name": "李秀英"}, headers={"If-Match": '"1"'})
        rows = session.scalars(
            select(AuditEvent).where(
                col(AuditEvent.request_id) == answer.headers["x-request-id"], col(AuditEvent.subject) == "patient"
            )
        ).all()
        detail = next(row.detail for row in rows if row.act == "change" and "name_cipher" in row.detail["after"])
        assert detail["before"]["name_cipher"] != detail["after"]["name_cipher"]
        assert "李秀英" not in str(detail)

    def test_a_stump_is_not_filled_again(
        self, client: TestClient, session: Session, made: dict[str, Any], now: datetime
    ) -> None:
        erasing.erase(session, Scope("test"), UUID(made["id"]), now=now)
        answer = client.patch(f"/v1/patients/{made['id']}", json={"name": "李秀英"}, headers={"If-Match": '"2"'})
        assert (answer.status_code, answer.json()["code"]) == (409, "erased")
