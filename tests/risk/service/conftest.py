"""People with charts of every kind, for scores in the service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.clinical.codes import Disease
from cmc.core.scope import Scope
from cmc.patients.tables import Patient
from cmc.records import facts, laboratory
from cmc.records.codes import FactKind
from cmc.records.fact_schemas import (
    DiagnosisIn,
    FamilyHistoryIn,
    HospitalStayIn,
    LaboratoryResultIn,
    LifestyleIn,
    MedicationIn,
)

TODAY = date(2026, 11, 20)
NOW = datetime.fromisoformat("2026-11-20T09:00:00+08:00")
KINDS: dict[type, FactKind] = {
    DiagnosisIn: FactKind.DIAGNOSIS,
    MedicationIn: FactKind.MEDICATION,
    LifestyleIn: FactKind.LIFESTYLE,
    FamilyHistoryIn: FactKind.FAMILY_HISTORY,
    HospitalStayIn: FactKind.HOSPITAL_STAY,
}
Put = Callable[..., Any]
LABS = {
    "HBA1C": ("7.4", "%"), "TC": ("5.2", "mmol/L"), "HDL": ("1.2", "mmol/L"), "LDL": ("3.1", "mmol/L"),
    "TG": ("1.7", "mmol/L"), "CREATININE": ("78", "µmol/L"), "UACR": ("18", "mg/g"),
}  # fmt: skip


@pytest.fixture
def put(session: Session, scope: Scope) -> Put:
    """put(patient, DiagnosisIn(…)) → the stored row."""

    def record(patient: Patient, wanted: Any, *, now: datetime = NOW, on: date = TODAY) -> Any:
        if isinstance(wanted, LaboratoryResultIn):
            return laboratory.record(session, scope, patient.id, wanted, now=now, on=on)
        return facts.record(session, scope, patient.id, KINDS[type(wanted)], wanted, now=now, on=on)

    return record


def lab(analyte: str, value: str | None = None, *, on: str = "2026-10-01") -> LaboratoryResultIn:
    usual, unit = LABS[analyte]
    return LaboratoryResultIn(analyte=analyte, value=value or usual, unit=unit, on=on)


def visited(session: Session, patient: Patient, on: str, sbp: int, dbp: int, *, disease: str = "HTN") -> None:
    """A follow-up with a pressure, straight into its table."""
    session.execute(
        text(
            "INSERT INTO followup (id, record_id, version, entered_at, encounter_id, patient_id, clinic_id, disease, visited_on, mode, sbp_mmhg,"
            " dbp_mmhg, weight_kg, form, action, next_visit_on, emergency_codes, rule_ids, reasons, warnings, inputs,"
            " ruleset, is_valid, missing_fields, is_late_entry, actor, recorded_at) SELECT id, id, 1, now(),"
            " gen_random_uuid(), :person, :clinic, :disease, :day, 1, :sbp, :dbp, 70, '{}', 'ROUTINE',"
            " CAST(:day AS date) + 90, '{}', '{}', '[]', '[]', '{}', 'test', true, '{}', false, 'test',"
            " CAST(:day AS date) + interval '9 hours' FROM (SELECT gen_random_uuid() AS id) AS new"
        ),
        {"person": patient.id, "clinic": patient.clinic_id, "day": on, "sbp": sbp, "dbp": dbp, "disease": disease},
    )


@pytest.fixture
def known_person(
    session: Session, make_patient: Callable[..., Patient], make_enrolment: Callable[..., Any], put: Put
) -> Callable[..., Patient]:
    """known_person() → managed for both diseases since 2024, with visits, results, medicines and a way of living."""

    def make(name: str = "王建国", **more: Any) -> Patient:
        patient = make_patient(name, **more)
        for disease in (Disease.HTN, Disease.T2DM):
            make_enrolment(patient, disease, enrolled_on=date(2024, 1, 10))
        for on, sbp in (("2026-10-05", 150), ("2026-07-05", 144), ("2026-04-05", 138), ("2026-01-05", 190)):
            visited(session, patient, on, sbp, 84)
        for analyte in LABS:
            put(patient, lab(analyte))
        for wanted in (
            LifestyleIn(smoking=3, on="2026-05-01"),
            FamilyHistoryIn(relation="father", disease=4, on="2024-05-01"),
            MedicationIn(name="氨氯地平片", on="2024-02-01"),
        ):
            put(patient, wanted)
        return patient

    return make
