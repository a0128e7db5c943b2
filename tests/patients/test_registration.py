"""Registering people over HTTP, as a nurse's screen or a colleague's script does."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, text

from cmc.core import db
from cmc.core.crypto import Keyring
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.organisations.tables import Organisation
from cmc.patients import queries
from cmc.patients.tables import Patient

ID_CARD = "11010519491231002X"


def _person(clinic: Organisation, **more: object) -> dict[str, object]:
    return {"clinic_id": str(clinic.id), "name": "张桂兰", **more}


def test_a_citizen_id_gives_sex_and_birth_date(client: TestClient, clinic: Organisation) -> None:
    answer = client.post("/v1/patients", json=_person(clinic, citizen_id=" 11010519491231002ｘ "))
    assert answer.status_code == 201
    body = answer.json()
    assert (body["sex"], body["birth_date"], body["citizen_id"]) == ("F", "1949-12-31", "110105********002X")
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
        ({"sex": "F", "birth_date": "1960-01-01", "village": 1}, "/village", "extra_forbidden"),
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


def test_the_citizen_id_lies_encrypted_in_the_database(
    client: TestClient, clinic: Organisation, connection: Connection, keys: Keyring
) -> None:
    person_id = client.post("/v1/patients", json=_person(clinic, citizen_id=ID_CARD)).json()["id"]
    row = connection.execute(text("SELECT p::text AS whole, citizen_id_cipher FROM patient p")).one()
    assert ID_CARD not in row.whole
    assert keys.decrypt(row.citizen_id_cipher, context=f"patient.citizen_id|{person_id}") == ID_CARD


def test_a_number_of_the_old_form_is_kept_as_it_was_given(
    client: TestClient, clinic: Organisation, connection: Connection, keys: Keyring
) -> None:
    person_id = client.post("/v1/patients", json=_person(clinic, citizen_id="110105491231002")).json()["id"]
    row = connection.execute(text("SELECT citizen_id_cipher, citizen_id_original_cipher FROM patient")).one()
    assert keys.decrypt(row.citizen_id_cipher, context=f"patient.citizen_id|{person_id}") == ID_CARD
    original = keys.decrypt(row.citizen_id_original_cipher, context=f"patient.citizen_id_original|{person_id}")
    assert original == "110105491231002"


def test_people_of_an_unknown_clinic_are_not_found(client: TestClient) -> None:
    assert client.get("/v1/patients", params={"clinic": str(uuid4())}).status_code == 404


def test_pages_of_people_are_complete_and_without_doubles(
    client: TestClient, clinic: Organisation, make_patient: Callable[..., Patient]
) -> None:
    names = sorted(f"人{index % 7}" for index in range(23))
    for name in names:
        make_patient(name)
    seen, cursor = [], None
    while True:
        page = client.get("/v1/patients", params={"limit": 5, **({"cursor": cursor} if cursor else {})}).json()
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [each["name"] for each in seen] == names
    assert len({each["id"] for each in seen}) == 23


def test_a_person_of_another_clinic_is_not_there(
    transaction: db.Transaction, make_patient: Callable[..., Patient], make_clinic: Callable[..., Organisation]
) -> None:
    patient = make_patient()
    other = Scope(actor="nurse", clinic_ids=frozenset({make_clinic("C2").id}))
    own = Scope(actor="nurse", clinic_ids=frozenset({patient.clinic_id}))
    with transaction() as session:
        assert queries.get(session, own, patient.id).id == patient.id
        assert queries.page(session, other) == []
        with pytest.raises(NotFound):
            queries.get(session, other, patient.id)
