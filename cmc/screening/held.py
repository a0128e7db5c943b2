"""What is on record of one person who is screened."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from cmc.patients.tables import BasicInformation, Enrolment, Patient
from cmc.records.fact_tables import AnnualExam, Diagnosis, Examination, FamilyHistory, LaboratoryResult


@dataclass(slots=True)
class Held:
    """What is on record of one person, oldest first."""

    patient: Patient
    enrolments: list[Enrolment] = field(default_factory=list)
    visits: list[Row[Any]] = field(default_factory=list)
    exams: list[AnnualExam] = field(default_factory=list)
    readings: list[Row[Any]] = field(default_factory=list)
    ambulatory: list[Examination] = field(default_factory=list)
    laboratory: list[LaboratoryResult] = field(default_factory=list)
    diagnoses: list[Diagnosis] = field(default_factory=list)
    family: list[FamilyHistory] = field(default_factory=list)
    information: BasicInformation | None = None
