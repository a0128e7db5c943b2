"""A fact that is sent twice under one Idempotency-Key is stored once, with its answer."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.accounts.roles import Role
from cmc.patients.tables import Patient

FACTS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "diagnoses": ("diagnosis", {"on": "2024-03-01", "icd10": "I10"}, {"icd10": "I11"}),
    "allergies": ("allergy", {"on": "2020-01-01", "substance": "青霉素类"}, {"severity": "mild"}),
    "labs": (
        "laboratory_result",
        {"on": "2026-05-01", "analyte": "CREATININE", "value": "1.1", "unit": "mg/dL"},
        {"value": "1.2"},
    ),
    "examinations": (
        "examination",
        {"on": "2026-04-01", "findings": {"kind": "foot", "abi": 0.85}},
        {"findings": {"kind": "foot", "abi": 0.86}},
    ),
    "lifestyle": ("lifestyle", {"on": "2026-04-01", "smoking": 3, "diet": [4, 5]}, {"diet": [4]}),
    "family-history": ("family_history", {"on": "2026-04-01", "relation": "father", "disease": 7}, {"disease": 2}),
    "medications": (
        "medicine_review",
        {"on": "2024-03-01", "name": "氨氯地平片", "dose": 2.5, "dose_unit": "mg"},
        {"dose": 5},
    ),
    "annual-exams": (
        "annual_exam",
        {"on": "2026-05-12", "sbp_mmhg": 136, "dbp_mmhg": 82, "height_cm": 168.5, "note": "x"},
        {"sbp_mmhg": 138},
    ),
    "hospital-stays": ("hospital_stay", {"on": "2026-02-01", "institution": "市第一医院"}, {"department": "心内科"}),
}


@pytest.mark.parametrize("path", FACTS)
def test_the_same_request_stores_once_and_another_one_needs_another_key(
    client: TestClient, session: Session, make_patient: Callable[..., Patient], path: str
) -> None:
    table, body, other = FACTS[path]
    address = f"/v1/patients/{make_patient().id}/{path}"

    def stored() -> int:
        derived = " WHERE formula IS NULL" if table == "laboratory_result" else ""
        return session.scalars(text(f"SELECT count(*) FROM {table}{derived}")).one()  # noqa: S608 - our own names

    key = {"Idempotency-Key": "k-1"}
    first = client.post(address, json=body, headers=key)
    session.expire_all()
    again = client.post(address, json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.headers.get("etag") == again.headers.get("etag")
    assert stored() == 1
    changed = client.post(address, json=body | other, headers=key)
    assert (changed.status_code, changed.json()["code"]) == (422, "idempotency-key-reused")
    assert client.post(address, json=body | other, headers={"Idempotency-Key": "k-2"}).status_code == 201
    assert client.post(address, json=body).status_code == 201
    assert stored() == 3


def test_a_key_is_its_senders_own_and_stands_for_one_person(
    client: TestClient, sign_in: Any, clinic: Any, make_patient: Callable[..., Patient]
) -> None:
    one, other = make_patient(), make_patient()
    body, key = {"on": "2024-03-01", "icd10": "I10"}, {"Idempotency-Key": "k-1"}
    assert client.post(f"/v1/patients/{one.id}/diagnoses", json=body, headers=key).status_code == 201
    assert client.post(f"/v1/patients/{other.id}/diagnoses", json=body, headers=key).status_code == 422
    nurse = sign_in(Role.NURSE, at=clinic)
    assert client.post(f"/v1/patients/{one.id}/diagnoses", json=body, headers=nurse | key).status_code == 201
    assert (
        client.post(f"/v1/patients/{one.id}/diagnoses", json=body, headers={"Idempotency-Key": ""}).status_code == 422
    )
