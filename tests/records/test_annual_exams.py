"""Annual examinations: what counts, what is missing, what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cmc.clinical.codes import Disease
from cmc.patients.tables import Enrolment, Patient

COMPLETE: dict[str, Any] = {
    "examined_on": "2026-05-12",
    "sbp_mmhg": 136,
    "dbp_mmhg": 82,
    "pulse_bpm": 72,
    "height_cm": 168.5,
    "weight_kg": 70.5,
    "waist_cm": 88,
}


@pytest.mark.parametrize(
    ("disease", "leave_out", "add", "missing"),
    [
        (Disease.HTN, None, {}, []),
        (Disease.HTN, "waist_cm", {}, ["waist_cm"]),
        (Disease.T2DM, None, {}, ["fasting_glucose_mmol_l"]),
        (Disease.T2DM, None, {"fasting_glucose_mmol_l": 6.9}, []),
    ],
    ids=["complete", "no waist", "diabetes without glucose (DM-AE-01)", "diabetes complete"],
)
def test_an_examination_counts_when_it_is_complete(
    client: TestClient,
    make_patient: Callable[..., Patient],
    make_enrolment: Callable[..., Enrolment],
    disease: Disease,
    leave_out: str | None,
    add: dict[str, Any],
    missing: list[str],
) -> None:
    patient = make_patient()
    make_enrolment(patient, disease)
    body = {field: value for field, value in (COMPLETE | add).items() if field != leave_out}
    answer = client.post(f"/v1/patients/{patient.id}/annual-exams", json=body)
    assert answer.status_code == 201
    assert (answer.json()["is_valid"], answer.json()["missing_fields"]) == (missing == [], missing)
    assert client.get(f"/v1/patients/{patient.id}/annual-exams").json()["items"] == [answer.json()]


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"examined_on": "2099-01-01"}, "/examined_on"),
        ({"examined_on": "1950-01-01"}, "/examined_on"),
        ({"dbp_mmhg": 136}, "/dbp_mmhg"),
        ({"sbp_mmhg": 301}, "/sbp_mmhg"),
        ({"height_cm": "168"}, "/height_cm"),
        ({"fasting_glucose_mmol_l": 126}, "/fasting_glucose_mmol_l"),
    ],
    ids=["in the future", "before birth", "diastolic not below", "beyond the range", "text", "mg/dL"],
)
def test_wrong_values_are_refused_by_field(
    client: TestClient, make_patient: Callable[..., Patient], more: dict[str, Any], pointer: str
) -> None:
    answer = client.post(f"/v1/patients/{make_patient().id}/annual-exams", json=COMPLETE | more)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
