"""Annual examinations: what counts for which disease, what is missing, what is refused."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from cmc.clinical.codes import Disease, ExamFootPulse, FootPulse
from cmc.patients.tables import Enrolment, Patient
from cmc.records.annual_exam_schemas import AnnualExamIn, AnnualExamOut
from cmc.records.fact_tables import AnnualExam

GENERAL: dict[str, Any] = {
    "on": "2026-05-12",
    "temperature_c": 36.5,
    "pulse_bpm": 72,
    "respiration_per_min": 18,
    "sbp_mmhg": 136,
    "dbp_mmhg": 82,
    "height_cm": 168.5,
    "weight_kg": 70.5,
    "waist_cm": 88,
}
GLUCOSE: dict[str, Any] = {"fasting_glucose_mmol_l": 6.9}
PULSE: dict[str, Any] = {"exam_foot_pulse": 2}
COMPLETE = GENERAL | GLUCOSE | PULSE


@pytest.fixture
def record(client: TestClient, make_patient: Callable[..., Patient]) -> Callable[..., Any]:
    """record(body, patient=…) → the answer to an examination."""

    def send(body: dict[str, Any], patient: Patient | None = None) -> Any:
        return client.post(f"/v1/patients/{(patient or make_patient()).id}/annual-exams", json=body)

    return send


@pytest.mark.parametrize(
    ("body", "valid_for", "missing"),
    [
        (COMPLETE, ["HTN", "T2DM"], {"HTN": [], "T2DM": []}),
        (GENERAL, ["HTN"], {"HTN": [], "T2DM": ["fasting_glucose_mmol_l", "exam_foot_pulse"]}),
        (GENERAL | GLUCOSE, ["HTN"], {"HTN": [], "T2DM": ["exam_foot_pulse"]}),
        (GENERAL | PULSE, ["HTN"], {"HTN": [], "T2DM": ["fasting_glucose_mmol_l"]}),
        (
            {field: value for field, value in COMPLETE.items() if field != "respiration_per_min"},
            [],
            {"HTN": ["respiration_per_min"], "T2DM": ["respiration_per_min"]},
        ),
        (
            COMPLETE | {"temperature_c": None},
            [],
            {"HTN": ["temperature_c"], "T2DM": ["temperature_c"]},
        ),
    ],
    ids=["complete", "neither glucose nor foot pulse", "no foot pulse", "no glucose", "no respiration", "null"],
)
@pytest.mark.parametrize("enrolled", [[], [Disease.HTN], [Disease.T2DM], [Disease.HTN, Disease.T2DM]])
def test_an_examination_counts_for_each_disease_on_its_own_whoever_is_enrolled(
    client: TestClient,
    record: Callable[..., Any],
    make_patient: Callable[..., Patient],
    make_enrolment: Callable[..., Enrolment],
    enrolled: list[Disease],
    body: dict[str, Any],
    valid_for: list[str],
    missing: dict[str, list[str]],
) -> None:
    patient = make_patient()
    for disease in enrolled:
        make_enrolment(patient, disease)
    answer = record(body, patient)
    assert answer.status_code == 201
    assert (answer.json()["valid_for"], answer.json()["missing_fields"]) == (valid_for, missing)
    assert client.get(f"/v1/patients/{patient.id}/annual-exams").json()["items"] == [answer.json()]


def test_an_examination_before_the_enrolment_does_not_count_for_diabetes_without_glucose(
    record: Callable[..., Any], make_patient: Callable[..., Patient], make_enrolment: Callable[..., Enrolment]
) -> None:
    patient = make_patient()
    make_enrolment(patient, Disease.T2DM, enrolled_on=date(2026, 8, 1))
    assert record(GENERAL, patient).json()["valid_for"] == ["HTN"]


def test_what_was_measured_is_stored(record: Callable[..., Any], session: Session) -> None:
    assert record(COMPLETE | {"note": "一般情况好"}).status_code == 201
    exam = session.scalars(select(AnnualExam)).one()
    stored = COMPLETE | {"happened_on": date(2026, 5, 12)}
    del stored["fasting_glucose_mmol_l"], stored["on"]
    assert {field: getattr(exam, field) for field in stored} == stored
    assert (exam.fasting_glucose_umol_l, exam.note, exam.form, exam.labs) == (6900, "一般情况好", {}, [])
    assert exam.valid_for == ["HTN", "T2DM"]


@pytest.mark.parametrize(
    ("more", "pointer", "code"),
    [
        ({"on": "2099-01-01"}, "/on", "out_of_range"),
        ({"on": "1950-01-01"}, "/on", "out_of_range"),
        ({"dbp_mmhg": 136}, "/dbp_mmhg", "not_below_systolic"),
        ({"dbp_mmhg": 127}, "/dbp_mmhg", "narrow_pulse_pressure"),
        ({"sbp_mmhg": 301}, "/sbp_mmhg", "less_than_equal"),
        ({"height_cm": "168"}, "/height_cm", "number_expected"),
        ({"fasting_glucose_mmol_l": 126}, "/fasting_glucose_mmol_l", "unit_mismatch"),
        ({"fasting_glucose_mmol_l": 40}, "/fasting_glucose_mmol_l", "unit_mismatch"),
        ({"fasting_glucose_mmol_l": 50.1}, "/fasting_glucose_mmol_l", "unit_mismatch"),
        ({"fasting_glucose_mmol_l": 0}, "/fasting_glucose_mmol_l", "out_of_range"),
        ({"fasting_glucose_mmol_l": 0.4}, "/fasting_glucose_mmol_l", "out_of_range"),
        ({"temperature_c": 33.9}, "/temperature_c", "greater_than_equal"),
        ({"temperature_c": 43.1}, "/temperature_c", "less_than_equal"),
        ({"respiration_per_min": 4}, "/respiration_per_min", "greater_than_equal"),
        ({"respiration_per_min": 61}, "/respiration_per_min", "less_than_equal"),
        ({"respiration_per_min": 18.5}, "/respiration_per_min", "int_type"),
        ({"exam_foot_pulse": 5}, "/exam_foot_pulse", "enum"),
        ({"exam_foot_pulse": "2"}, "/exam_foot_pulse", "code_expected"),
        ({"exam_foot_pulse": True}, "/exam_foot_pulse", "code_expected"),
        ({"foot_pulse": 1}, "/foot_pulse", "extra_forbidden"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_wrong_values_are_refused_by_field(
    record: Callable[..., Any], session: Session, more: dict[str, Any], pointer: str, code: str
) -> None:
    answer = record(COMPLETE | more)
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]
    assert session.scalars(select(AnnualExam)).all() == []


@pytest.mark.parametrize(
    "more",
    [
        {"dbp_mmhg": 126},
        {"fasting_glucose_mmol_l": 39.999},
        {"fasting_glucose_mmol_l": 0.5},
        {"temperature_c": 34},
        {"temperature_c": 43},
        {"respiration_per_min": 5},
        {"respiration_per_min": 60},
        *({"exam_foot_pulse": code} for code in (1, 2, 3, 4)),
    ],
    ids=str,
)
def test_values_at_the_edge_are_taken(record: Callable[..., Any], more: dict[str, Any]) -> None:
    assert record(COMPLETE | more).status_code == 201


def test_all_doubtful_values_are_named_at_once(record: Callable[..., Any]) -> None:
    answer = record(COMPLETE | {"on": "2099-01-01", "dbp_mmhg": 130, "fasting_glucose_mmol_l": 126})
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        "/dbp_mmhg",
        "/fasting_glucose_mmol_l",
        "/on",
    ]


def test_foot_pulse_codes_are_those_of_the_examination_form_and_not_of_the_follow_up() -> None:
    assert [(int(pulse), pulse.text.zh) for pulse in ExamFootPulse] == [
        (1, "未触及"),
        (2, "触及双侧对称"),
        (3, "触及左侧弱或消失"),
        (4, "触及右侧弱或消失"),
    ]
    assert ExamFootPulse.ABSENT == FootPulse.NORMAL == 1, "the same number means the opposite: never one column"


def test_the_examples_of_the_api_document_are_right(app: FastAPI, record: Callable[..., Any]) -> None:
    schemas = app.openapi()["components"]["schemas"]
    (sent,) = schemas["AnnualExamIn"]["examples"]
    AnnualExamIn.model_validate(sent)
    answer = AnnualExamOut.model_validate_json(record(sent).content)
    assert (answer.valid_for, answer.missing_fields["T2DM"]) == (["HTN"], ["exam_foot_pulse"])
    assert (answer.sbp_mmhg, answer.dbp_mmhg, len(answer.labs)) == (136, 82, 1)


def test_what_is_told_can_be_sent_back_as_a_correction(
    client: TestClient, app: FastAPI, make_patient: Callable[..., Patient]
) -> None:
    (sent,) = app.openapi()["components"]["schemas"]["AnnualExamIn"]["examples"]
    path = f"/v1/patients/{make_patient().id}/annual-exams"
    first = client.post(path, json=sent)
    told = first.json()
    again = {name: told[name] for name in AnnualExamIn.model_fields}
    again["labs"] = [{name: each[name] for name in ("analyte", "value", "unit")} for each in told["labs"]]
    second = client.post(
        f"{path}/{told['id']}:correct",
        json={"reason": "复核", "fact": again},
        headers={"If-Match": first.headers["etag"]},
    )
    assert second.status_code == 200, second.text
    same = set(told) - {"version", "replaces", "reason", "recorded_at"}
    assert {name: second.json()[name] for name in same} == {name: told[name] for name in same}
