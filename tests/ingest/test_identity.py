"""Who can take the place of whose reading: nobody of another person's, and nothing that is sent again is doubled."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.core import crypto, db
from cmc.core.scope import Right, Scope
from cmc.ingest import identity, keeping, service
from cmc.ingest.formats import native
from cmc.ingest.results import ItemResult
from cmc.organisations.tables import Organisation
from cmc.patients.tables import Patient

KEYS = crypto.keyring(bytes(32))
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
ITEM = {
    "kind": "glucose",
    "value": 6.1,
    "unit": "mmol/L",
    "device": "M-7",
    "sequence": 3,
    "taken_at": "2026-11-20T07:00:00+08:00",
}
MakePatient = Callable[..., Patient]


def gateway(clinic: Organisation) -> Scope:
    rights = frozenset({Right.ADD_READINGS})
    return Scope(f"gateway:{clinic.id}", frozenset({clinic.id}), rights)


def send(session: Session, scope: Scope, *items: dict[str, Any]) -> list[ItemResult]:
    body = json.dumps({"items": [{**ITEM, **each} for each in items]}).encode()
    db.enter_scope(session, scope)
    arrival = keeping.Arrival(scope.actor, "native", body, KEYS)
    found = service.store(session, scope, arrival, native.read(body).items, now=NOW)
    db.enter_scope(session, Scope("test"))
    return found


def statuses(found: list[ItemResult]) -> list[str]:
    return [each.status.value for each in found]


def count(session: Session, table: str = "reading") -> int:
    return int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608 - a table of ours


@pytest.fixture
def clinics(make_clinic: Callable[..., Organisation]) -> tuple[Organisation, Organisation]:
    return make_clinic("A"), make_clinic("B")


@pytest.mark.parametrize("more", [{}, {"sequence": None}], ids=["numbered", "by content"])
def test_no_gateway_takes_the_place_of_another_clinics_reading(
    session: Session, clinics: tuple[Organisation, Organisation], make_patient: MakePatient, more: dict[str, Any]
) -> None:
    ours, theirs = clinics
    mine, foreign = make_patient(clinic_id=ours.id), make_patient("李梅", clinic_id=theirs.id)
    said = {name: value for name, value in ({**ITEM, **more}).items() if value is not None}
    before = {**said, "patient_id": str(foreign.id)}
    real = {**said, "patient_id": str(mine.id)}

    def post(scope: Scope, item: dict[str, Any]) -> list[str]:
        body = json.dumps({"items": [item]}).encode()
        db.enter_scope(session, scope)
        arrival = keeping.Arrival(scope.actor, "native", body, KEYS)
        return statuses(service.store(session, scope, arrival, native.read(body).items, now=NOW))

    assert post(gateway(theirs), before) == ["created"]
    assert post(gateway(ours), real) == ["created"]
    assert post(gateway(ours), real) == ["duplicate"]
    assert post(gateway(theirs), before) == ["duplicate"]


def test_nobody_takes_the_place_of_what_is_held_for_another_clinic(
    session: Session, clinics: tuple[Organisation, Organisation]
) -> None:
    found = [send(session, gateway(each), {})[0] for each in clinics]
    assert statuses(found) == ["quarantined", "quarantined"]
    assert found[0].id != found[1].id
    assert count(session, "held_reading") == 2
    assert send(session, gateway(clinics[0]), {})[0].id == found[0].id


def test_what_is_sent_again_after_a_move_is_no_second_reading(
    session: Session, clinics: tuple[Organisation, Organisation], make_patient: MakePatient
) -> None:
    old, new = clinics
    person = make_patient(clinic_id=old.id)
    item = {"patient_id": str(person.id)}
    assert statuses(send(session, gateway(old), item)) == ["created"]
    person.clinic_id = new.id
    session.flush()
    assert statuses(send(session, gateway(new), item)) == ["duplicate"]
    assert statuses(send(session, gateway(old), item)) == ["quarantined"]
    assert count(session) == 1


def test_a_file_of_the_region_meets_what_the_gateway_sent(
    session: Session, clinics: tuple[Organisation, Organisation], make_patient: MakePatient
) -> None:
    item = {"patient_id": str(make_patient(clinic_id=clinics[0].id).id)}
    assert statuses(send(session, gateway(clinics[0]), item)) == ["created"]
    assert statuses(send(session, Scope("command:import"), item)) == ["duplicate"]


def merge(client: TestClient, gone: Patient, kept: Patient) -> str:
    wanted = {"survivor_id": str(kept.id), "merged_id": str(gone.id)}
    answer = client.post("/v1/merges", json=wanted)
    assert answer.status_code in {200, 201}, answer.text
    return str(answer.json()["id"])


def test_a_merge_and_its_undoing_double_nothing(
    client: TestClient, session: Session, clinic: Organisation, make_patient: MakePatient
) -> None:
    gone, kept = make_patient(), make_patient()
    one, two, both = {"patient_id": str(gone.id)}, {"patient_id": str(kept.id)}, {"sequence": 9}
    sent = [one, {**two, "sequence": 4}, {**one, **both}, {**two, **both}]
    assert statuses(send(session, gateway(clinic), *sent)) == ["created"] * 4
    number = merge(client, gone, kept)
    again = [*sent, two, {**one, "sequence": 4}]
    assert set(statuses(send(session, gateway(clinic), *again))) == {"duplicate"}
    assert count(session) == 3
    later = [{**one, "sequence": 11}, {**two, "sequence": 11}]
    assert statuses(send(session, gateway(clinic), *later)) == ["created", "duplicate"]
    answer = client.post(f"/v1/merges/{number}:revert")
    assert answer.status_code == 200, answer.text
    assert set(statuses(send(session, gateway(clinic), *sent))) == {"duplicate"}
    assert count(session) == 5


def waiting(client: TestClient) -> list[tuple[str, str]]:
    """The rule and the person of each alert that nobody has closed."""
    found = client.get("/v1/alerts").json()["items"]
    return [(each["rule"], each["patient_id"]) for each in found if each["status"] != "closed"]


def test_a_dangerous_value_that_contradicts_one_on_file_reaches_the_nurse(
    client: TestClient, make_patient: MakePatient, make_enrolment: Callable[..., Any]
) -> None:
    person = make_patient()
    make_enrolment(person)
    at = {**ITEM, "patient_id": str(person.id)}
    assert client.post("/v1/readings", json=at).json()["summary"] == {"created": 1}
    assert waiting(client) == []
    result = client.post("/v1/readings", json={**at, "value": 2.1}).json()["results"][0]
    assert result["status"] == "conflict"
    assert waiting(client) == [("unconfirmed_value", str(person.id))]
    (held,) = client.get("/v1/held-readings", params={"dangerous": True}).json()["items"]
    assert (held["alert_tier"], held["kind"]) == ("RED", "conflict")
    decided = client.post(f"/v1/held-readings/{held['id']}:dismiss", json={"reason": "wrong_value"})
    assert decided.status_code == 200, decided.text
    assert waiting(client) == []
    client.post(f"/v1/held-readings/{held['id']}:undo")
    assert waiting(client) == [("unconfirmed_value", str(person.id))]
    again = client.post(f"/v1/held-readings/{held['id']}:dismiss", json={"reason": "wrong_value"})
    assert again.status_code == 200, again.text
    assert waiting(client) == []


def test_a_harmless_contradiction_raises_no_alert(client: TestClient, make_patient: MakePatient) -> None:
    at = {**ITEM, "patient_id": str(make_patient().id)}
    for value in (6.1, 6.3):
        client.post("/v1/readings", json={**at, "value": value})
    assert waiting(client) == []
    assert client.get("/v1/held-readings", params={"dangerous": True}).json()["items"] == []


def test_the_declared_identity_is_what_it_was() -> None:
    """Stored rows hang on these: who changes them gives stored rows their new ids by a migration."""
    person, at = UUID("0190a7c4-6f1e-7d3a-9c55-2f6b8f0a1c22"), datetime(2026, 11, 20, 4, tzinfo=UTC)
    found = [
        identity.by_sequence(person, "M-7", "glucose", 3, at),
        identity.by_content(person, "device:M-7", "glucose", "capillary", at, (6100, None)),
        identity.by_content(person, "", "blood_pressure", None, at, (138, 86, 72)),
    ]
    assert [str(each) for each in found] == [
        "347344a7-0654-8c7d-bca4-db246c4c8a5e",
        "0a6cc1fe-ab5f-8752-a864-57f5336b3c25",
        "2da3cbff-2832-8d31-85bb-c86944684ea0",
    ]
