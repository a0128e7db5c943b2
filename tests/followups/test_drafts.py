"""What was typed is kept for its owner alone, sealed, until the visit is recorded or the draft expires."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.accounts.roles import Role
from cmc.clinical.codes import Disease
from cmc.core import clock, db
from cmc.core.clock import LOCAL
from cmc.core.scope import Scope
from cmc.followups import drafts, jobs
from cmc.followups.codes import DiseaseSet
from cmc.patients.tables import Enrolment, Patient

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=LOCAL)
Form = Callable[..., dict[str, Any]]


@pytest.fixture
def person(make_patient: Callable[..., Patient], make_enrolment: Callable[..., Enrolment]) -> Patient:
    patient = make_patient()
    for disease in Disease:
        make_enrolment(patient, disease)
    return patient


def at(person: Patient, diseases: str = "HTN") -> str:
    return f"/v1/patients/{person.id}/followups/drafts/{diseases}"


def test_a_draft_is_kept_replaced_and_offered(client: TestClient, session: Session, person: Patient) -> None:
    assert client.get(at(person)).json()["draft"] is None
    first = client.put(at(person), json={"form": {"sbp_mmhg": 1}})
    assert first.status_code == 200, first.text
    half = {"sbp_mmhg": "14", "note": "头晕两天", "lifestyle": {"salt": 2}, "medications": [{"name": ""}]}
    assert client.put(at(person), json={"form": half}).json()["form"] == half
    assert client.get(at(person)).json()["draft"]["form"] == half
    assert session.scalar(text("SELECT count(*) FROM visit_draft")) == 1
    offered = client.get(f"/v1/patients/{person.id}/followups/new", params={"disease": "HTN"}).json()["draft"]
    assert offered["form"] == half
    both = client.get(f"/v1/patients/{person.id}/followups/new").json()
    assert (both["diseases"], both["draft"]) == (["HTN", "T2DM"], None)


def test_what_was_typed_lies_sealed(client: TestClient, session: Session, person: Patient) -> None:
    client.put(at(person), json={"form": {"note": "头晕两天"}})
    raw = bytes(session.scalar(text("SELECT form_cipher FROM visit_draft")) or b"")
    assert "头晕".encode() not in raw
    trail = session.scalars(text("SELECT detail::text FROM audit_event WHERE subject = 'visit_draft'")).all()
    assert trail
    assert "头晕" not in "".join(trail)


def test_nobody_sees_the_draft_of_another(
    app: FastAPI, client: TestClient, sign_in: Callable[..., dict[str, str]], person: Patient
) -> None:
    client.put(at(person), json={"form": {"sbp_mmhg": 140}})
    other = TestClient(app, headers=sign_in(Role.NURSE))
    assert other.get(at(person)).json()["draft"] is None
    assert other.get(f"/v1/patients/{person.id}/followups/new").json()["draft"] is None


def test_a_draft_is_gone_when_the_visit_is_recorded(client: TestClient, person: Patient, form: Form) -> None:
    for diseases in ("HTN", "HTN_T2DM"):
        client.put(at(person, diseases), json={"form": {"sbp_mmhg": 140}})
    assert client.post("/v1/followups", json=form("htn", person.id)).status_code == 201
    assert client.get(at(person)).json()["draft"] is None
    assert client.get(at(person, "HTN_T2DM")).json()["draft"]["form"] == {"sbp_mmhg": 140}  # of another form
    assert client.delete(at(person, "HTN_T2DM")).json() == {"discarded": True}
    assert client.delete(at(person, "HTN_T2DM")).json() == {"discarded": False}


def test_a_draft_expires(
    client: TestClient, session: Session, transaction: db.Transaction, person: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.put(at(person), json={"form": {"sbp_mmhg": 140}})
    later = NOW + timedelta(days=drafts.KEPT_DAYS)
    assert jobs.forget_drafts(transaction, later - timedelta(seconds=1)) == 0
    monkeypatch.setattr(clock, "now", lambda: later.astimezone(UTC))
    keys = client.app.state.keyring  # type: ignore[attr-defined]
    assert drafts.current(session, Scope("user:x"), keys, person.id, DiseaseSet.HTN, now=later) is None
    assert jobs.forget_drafts(transaction, later) == 1
    assert session.scalar(text("SELECT count(*) FROM visit_draft")) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonsense": 1},
        {"note": "\ud800"},
        {"note": "a\u0000b"},
        {"note": "x" * 2001},
        {"lifestyle": {"a": {"b": {"c": {"d": 1}}}}},
        {"sbp_mmhg": 10**30},
        {"danger_signs": list(range(3000))},
    ],
)
def test_what_no_form_could_hold_is_refused(client: TestClient, person: Patient, wrong: dict[str, Any]) -> None:
    sent = json.dumps({"form": wrong})
    answer = client.put(at(person), content=sent, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
