"""Registering people over HTTP, as a nurse's screen or a colleague's script does."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from cmc.core import db
from cmc.core.crypto import Keyring
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.organisations.tables import Organisation
from cmc.patients import listing, queries
from cmc.patients.listing import PeopleAsked
from cmc.patients.protected import Opened
from cmc.patients.tables import Patient

ID_CARD = "11010519491231002X"


def _person(clinic: Organisation, **more: object) -> dict[str, object]:
    return {"clinic_id": str(clinic.id), "name": "张桂兰", **more}


def test_a_citizen_id_gives_sex_and_birth_date(client: TestClient, clinic: Organisation) -> None:
    answer = client.post("/v1/patients", json=_person(clinic, citizen_id=" 11010519491231002ｘ "))
    assert answer.status_code == 201
    body = answer.json()
    assert (body["sex"], body["birth_date"], body["citizen_id"]) == ("F", "1949-12-31", "**************002X")
    assert body["warnings"] == []


def test_what_the_record_says_otherwise_is_a_warning(client: TestClient, clinic: Organisation) -> None:
    person = _person(clinic, citizen_id=ID_CARD, sex="M", birth_date="1949-12-30")
    body = client.post("/v1/patients", json=person).json()
    assert body["warnings"] == ["sex_differs_from_citizen_id", "birth_date_differs_from_citizen_id"]
    assert (body["sex"], body["birth_date"]) == ("M", "1949-12-30")


def test_the_same_citizen_id_points_to_the_record(client: TestClient, clinic: Organisation) -> None:
    first = client.post("/v1/patients", json=_person(clinic, citizen_id=ID_CARD)).json()
    second = client.post("/v1/patients", json=_person(clinic, citizen_id="110105491231002", name="张桂蘭"))
    assert (second.status_code, second.json()["code"]) == (409, "person-exists")
    assert first["id"] in second.json()["detail"]
    assert ID_CARD not in second.text


@pytest.mark.parametrize(
    ("more", "pointer", "code"),
    [
        ({"citizen_id": "110105194912310021"}, "/citizen_id", "check_digit"),
        ({"citizen_id": "120101199002290014"}, "/citizen_id", "birth_date"),
        ({"citizen_id": "1101051949123100"}, "/citizen_id", "length"),
        ({}, "/sex", "missing"),
        ({"sex": "F"}, "/birth_date", "missing"),
        ({"sex": "F", "birth_date": "2027-01-01"}, "/birth_date", "out_of_range"),
        ({"sex": "F", "birth_date": "1879-12-31"}, "/birth_date", "out_of_range"),
        ({"sex": "X", "birth_date": "1960-01-01"}, "/sex", "enum"),
        ({"sex": "F", "birth_date": "1960-01-01", "phone": "call me"}, "/phone", "string_pattern_mismatch"),
        ({"sex": "F", "birth_date": "1960-01-01", "hamlet": 1}, "/hamlet", "extra_forbidden"),
        (
            {"sex": "F", "birth_date": "1960-01-01", "identifiers": [{"system": "card", "value": ID_CARD}]},
            "/identifiers/0/value",
            "citizen_id",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_wrong_field_is_named(
    client: TestClient, clinic: Organisation, more: dict[str, Any], pointer: str, code: str
) -> None:
    answer = client.post("/v1/patients", json=_person(clinic, **more))
    assert answer.status_code == 422
    assert (pointer, code) in {(error["pointer"], error["code"]) for error in answer.json()["errors"]}
    assert "1101" not in answer.text


def test_an_unknown_clinic_is_not_found(client: TestClient, clinic: Organisation, region: Organisation) -> None:
    for wrong in (uuid4(), region.id):
        person = _person(clinic, sex="F", birth_date="1960-01-01") | {"clinic_id": str(wrong)}
        assert client.post("/v1/patients", json=person).status_code == 404


def test_nothing_that_identifies_a_person_lies_in_clear(
    client: TestClient, clinic: Organisation, connection: Connection, session: Session, keys: Keyring
) -> None:
    person = _person(clinic, citizen_id=ID_CARD, phone="138 1234 6131", address="天津市河西区平江道8号")
    person_id = client.post("/v1/patients", json=person).json()["id"]
    whole = connection.scalar(text("SELECT p::text FROM patient p"))
    for known in (ID_CARD, "110105", "002X", "张", "1381234", "6131", "平江道"):
        assert known not in whole.replace(person_id, "")
        assert known.encode().hex() not in whole
    opened = Opened(keys, session.get(Patient, UUID(person_id)))
    assert (opened.name, opened.citizen_id) == ("张桂兰", ID_CARD)
    assert (opened.phone, opened.address) == ("138 1234 6131", "天津市河西区平江道8号")


def test_a_number_of_the_old_form_is_kept_as_it_was_given(
    client: TestClient, clinic: Organisation, session: Session, keys: Keyring
) -> None:
    person_id = client.post("/v1/patients", json=_person(clinic, citizen_id="110105491231002")).json()["id"]
    opened = Opened(keys, session.get(Patient, UUID(person_id)))
    assert (opened.citizen_id, opened.citizen_id_original) == (ID_CARD, "110105491231002")


def test_people_of_an_unknown_clinic_are_not_found(client: TestClient) -> None:
    assert client.get("/v1/patients", params={"clinic": str(uuid4())}).status_code == 404


def test_pages_of_people_are_complete_and_without_doubles(
    client: TestClient, clinic: Organisation, make_patient: Callable[..., Patient]
) -> None:
    made = [str(make_patient(f"人{index % 7}").id) for index in range(23)]
    seen, cursor = [], None
    while True:
        page = client.get("/v1/patients", params={"limit": 5, **({"cursor": cursor} if cursor else {})}).json()
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [each["id"] for each in seen] == made[::-1], "the latest on file first"


def test_lists_mask_what_identifies_a_person(client: TestClient, make_patient: Callable[..., Patient]) -> None:
    make_patient("王建国", citizen_id=ID_CARD, phone="13812346131")
    (listed,) = client.get("/v1/patients").json()["items"]
    assert (listed["name"], listed["citizen_id"], listed["phone"]) == ("王**", "**************002X", "138****6131")
    assert "birth_date" not in listed, "first 6, birth date and last 4 are the whole number"


def test_a_person_of_another_clinic_is_not_there(
    transaction: db.Transaction, make_patient: Callable[..., Patient], make_clinic: Callable[..., Organisation]
) -> None:
    patient = make_patient()
    other = Scope(actor="nurse", clinic_ids=frozenset({make_clinic("C2").id}))
    own = Scope(actor="nurse", clinic_ids=frozenset({patient.clinic_id}))
    with transaction() as session:
        assert queries.get(session, own, patient.id).id == patient.id
        assert listing.page(session, other, PeopleAsked(), on=date(2026, 11, 20)) == ([], None)
        with pytest.raises(NotFound):
            queries.get(session, other, patient.id)
