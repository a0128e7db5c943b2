"""Destroying what names a person leaves a stump that counts and that nobody can name."""

from collections.abc import Callable
from datetime import datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from cmc.clinical.codes import EndReason, EnrolmentState
from cmc.clinical.enrolment import Change
from cmc.core.clock import local_date
from cmc.core.crypto import Keyring
from cmc.core.errors import Conflict
from cmc.core.scope import Scope
from cmc.patients import enrolling, erasing
from cmc.patients.protected import Opened
from cmc.patients.schemas import Identifier
from cmc.patients.tables import Enrolment, Patient

ID_CARD = "11010519491231002X"


@pytest.fixture
def patient(make_patient: Callable[..., Patient]) -> Patient:
    number = Identifier(system="his", value="77")
    return make_patient(
        "张桂兰",
        citizen_id=ID_CARD,
        sex=None,
        birth_date=None,
        phone="13812346131",
        address="平江道8号",
        identifiers=[number],
    )


def test_nobody_can_name_a_stump(
    session: Session,
    scope: Scope,
    keys: Keyring,
    client: TestClient,
    connection: Connection,
    patient: Patient,
    now: datetime,
) -> None:
    before = connection.execute(text("SELECT data_key, name_cipher FROM patient")).one()
    erasing.erase(session, scope, patient.id, now=now)
    assert Opened(keys, patient).name == "***"
    assert client.get(f"/v1/patients/{patient.id}").json()["name"] == "***"
    assert client.get(f"/v1/patients/{patient.id}").json()["birth_date"] == "1949-01-01"
    assert client.get("/v1/patients").json()["items"] == []
    for words in (ID_CARD, "13812346131", "6131", "张桂兰", "zgl"):
        assert client.post("/v1/patients:search", json={"text": words}).json()["items"] == []
    revealed = client.post(f"/v1/patients/{patient.id}:reveal", json={"field": "name", "reason": "call"})
    assert revealed.json()["value"] is None
    rows = {
        table: connection.execute(text(f"SELECT t::text FROM {table} t")).scalars().all()  # noqa: S608 - our own names
        for table in ("patient", "patient_token", "patient_identifier")
    }
    assert (rows["patient_token"], rows["patient_identifier"]) == ([], [])
    assert bytes(before.data_key).hex() not in rows["patient"][0]
    assert bytes(before.name_cipher).hex() not in rows["patient"][0]


def test_a_kept_ciphertext_opens_nowhere_without_the_data_key(
    session: Session, scope: Scope, keys: Keyring, connection: Connection, patient: Patient, now: datetime
) -> None:
    kept = connection.scalar(text("SELECT name_cipher FROM patient"))
    erasing.erase(session, scope, patient.id, now=now)
    patient.data_key, patient.name_cipher = keys.new_data_key(context=f"patient.data_key|{patient.id}")[1], kept
    with pytest.raises(ValueError, match="cannot be opened"):
        _ = Opened(keys, patient).name
    session.expunge(patient)


def test_the_same_person_can_be_put_on_file_again(
    session: Session, scope: Scope, patient: Patient, make_patient: Callable[..., Patient], now: datetime
) -> None:
    erasing.erase(session, scope, patient.id, now=now)
    erasing.erase(session, scope, patient.id, now=now)
    again = make_patient("张桂兰", citizen_id=ID_CARD, sex=None, birth_date=None)
    assert again.id != patient.id


def test_who_is_managed_is_not_erased(
    session: Session, scope: Scope, patient: Patient, make_enrolment: Callable[..., Enrolment], now: datetime
) -> None:
    stint = make_enrolment(patient)
    with pytest.raises(Conflict):
        erasing.erase(session, scope, patient.id, now=now)
    today = local_date(now)
    ending = Change(EnrolmentState.TERMINATED, today, EndReason.MOVED_OUT)
    enrolling.change(session, scope, patient.id, stint.id, ending, now=now, on=today)
    assert erasing.erase(session, scope, patient.id, now=now).erased_at == now


@pytest.mark.usefixtures("patient")
def test_the_database_itself_knows_no_half_erased_person(connection: Connection) -> None:
    for half in ("data_key = NULL", "name_cipher = NULL", "erased_at = now()"):
        point = connection.begin_nested()
        with pytest.raises(Exception, match="ck_patient_erased"):
            connection.execute(text(f"UPDATE patient SET {half}"))  # noqa: S608 - our own words
        point.rollback()
