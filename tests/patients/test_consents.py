"""On what ground data of a person are used, purpose by purpose, and how it ends."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from cmc.core.scope import Scope
from cmc.patients import consents
from cmc.patients.codes import Purpose
from cmc.patients.tables import Enrolment, Patient

RESEARCH = {"purpose": "research", "ground": "consent", "version": "2026-1", "channel": "paper"}


@pytest.fixture
def address(make_patient: Callable[..., Patient]) -> str:
    return f"/v1/patients/{make_patient().id}/consents"


def test_a_consent_stands_until_it_is_withdrawn_and_can_be_given_again(client: TestClient, address: str) -> None:
    given = client.post(address, json=RESEARCH)
    assert (given.status_code, given.json()["withdrawn_at"]) == (201, None)
    assert client.post(address, json=RESEARCH).json()["code"] == "consent-stands"
    ended = client.post(f"{address}/{given.json()['id']}:withdraw")
    assert (ended.status_code, ended.json()["withdrawn_at"] is not None) == (200, True)
    assert client.post(f"{address}/{given.json()['id']}:withdraw").json()["code"] == "consent-withdrawn"
    assert client.post(address, json=RESEARCH | {"version": "2026-2"}).status_code == 201
    assert [each["version"] for each in client.get(address).json()["items"]] == ["2026-2", "2026-1"]


def test_a_statutory_duty_is_not_the_persons_to_withdraw(client: TestClient, address: str) -> None:
    given = client.post(address, json=RESEARCH | {"purpose": "management", "ground": "statutory_duty"}).json()
    assert client.post(f"{address}/{given['id']}:withdraw").json()["code"] == "not-consent"


def test_purposes_stand_each_for_itself(
    client: TestClient, session: Session, scope: Scope, make_patient: Callable[..., Patient]
) -> None:
    patient = make_patient()
    client.post(f"/v1/patients/{patient.id}/consents", json=RESEARCH)
    allowed = {purpose for purpose in Purpose if consents.allows(session, scope, patient.id, purpose)}
    assert allowed == {Purpose.RESEARCH}


def test_an_enrolment_brings_its_consent_once(
    session: Session,
    scope: Scope,
    client: TestClient,
    make_patient: Callable[..., Patient],
    make_enrolment: Callable[..., Enrolment],
) -> None:
    patient = make_patient()
    make_enrolment(patient, consent_version="HTN-3", consent_channel="screen")
    (found,) = client.get(f"/v1/patients/{patient.id}/consents").json()["items"]
    assert (found["purpose"], found["ground"], found["version"], found["channel"]) == (
        "management", "consent", "HTN-3", "screen",
    )  # fmt: skip
    assert consents.allows(session, scope, patient.id, Purpose.MANAGEMENT)


@pytest.mark.parametrize(
    "wrong", [{"purpose": "sale"}, {"ground": "interest"}, {"channel": "rumour"}, {"version": ""}, {"x": 1}]
)
def test_what_is_no_consent_is_refused(client: TestClient, address: str, wrong: dict[str, object]) -> None:
    assert client.post(address, json=RESEARCH | wrong).status_code == 422


def test_nobody_and_nothing_are_not_found(client: TestClient, address: str) -> None:
    nobody = f"/v1/patients/{uuid4()}/consents"
    assert client.get(nobody).status_code == 404
    assert client.post(nobody, json=RESEARCH).status_code == 404
    assert client.post(f"{address}/{uuid4()}:withdraw").status_code == 404
