"""The worked examples of indicators: cohorts of people, built in the database, and the numbers of every variant.

Reads the section `indicator_cohorts` of every *.yaml of this folder, or of the folder named by CMC_CASES, so that further
cases can be run without a change. An unknown key, indicator or option fails.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from sqlalchemy.orm import Session

from cmc.clinical.codes import Disease, EndReason, EnrolmentState
from cmc.core import crypto
from cmc.core.clock import LOCAL
from cmc.core.ids import new_id
from cmc.followups.tables import Followup
from cmc.indicators import evaluation
from cmc.indicators.definitions import metabolic, national
from cmc.indicators.measure import Measure
from cmc.indicators.periods import Period
from cmc.indicators.variants import Control, DenomPolicy, GlucoseReading, HbA1cDenominator, Reading, StandardRule
from cmc.organisations.tables import Organisation
from cmc.patients.protected import protect
from cmc.patients.tables import Enrolment, EnrolmentEvent, Patient
from cmc.records.fact_tables import AnnualExam, LaboratoryResult

COHORT_KEYS = {"id", "disease", "period", "home_org", "patients", "expect"}
PERSON_KEYS = {"pid", "birth", "enrolled", "exam", "hba1c", "visits", "ends", "comment"}
END_KEYS = {"date", "reason", "to_org", "to_date"}
EXPECT_KEYS = {"id", "indicator", "variant", "num", "den", "pct", "basis", "note"}
DAYS_KEYS = {"n", "days", "n_days", "min_days", "enrolled_days"}
REASONS = {
    "died": EndReason.DIED,
    "moved": EndReason.MOVED_OUT,
    "refused": EndReason.REFUSED,
    "withdrawn": EndReason.DIAGNOSIS_WITHDRAWN,
    "diagnosis_withdrawn": EndReason.DIAGNOSIS_WITHDRAWN,
}
KEYS = crypto.keyring(bytes(range(32)))
RECORDED = datetime(2026, 1, 1, tzinfo=LOCAL)
ENROLLED_TWICE = "two enrolment rows"


def folder() -> Path:
    return Path(os.environ.get("CMC_CASES") or Path(__file__).parent)


def cohorts() -> Iterator[dict[str, Any]]:
    for path in sorted(folder().glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        yield from (document.get("indicator_cohorts") or ()) if isinstance(document, dict) else ()


CASES = [
    pytest.param(cohort, expected, id=f"{cohort['id']}-{expected['id']}")
    for cohort in cohorts()
    for expected in cohort["expect"]
]


@pytest.mark.parametrize(("cohort", "expected"), CASES)
def test_the_cohort_gives_the_number(
    session: Session,
    region: Organisation,
    make_clinic: Callable[..., Organisation],
    cohort: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    known(cohort, COHORT_KEYS)
    known(expected, EXPECT_KEYS)
    organisations = {"REGION": region} | {code: make_clinic(code) for code in sorted(codes_of(cohort))}
    for person in cohort["patients"]:
        Story(session, cohort, person, organisations).write()
    session.flush()
    variant = dict(expected["variant"])
    organisation = organisations[variant.pop("org", cohort["home_org"])]
    period = Period(*(day(each) for each in cohort["period"]))

    count = evaluation.evaluate(session, measure(cohort, expected["indicator"], variant), organisation, period)

    assert (count.numerator, count.denominator) == (expected["num"], expected["den"])
    assert count.percent == (None if expected["pct"] is None else Decimal(expected["pct"]))


def test_every_indicator_is_run() -> None:
    named = {expected["indicator"] for cohort in cohorts() for expected in cohort["expect"]}
    assert named <= {"规范管理率", "血压控制率", "血糖控制率", "糖化达标率", "糖化检测率"}


def measure(cohort: dict[str, Any], indicator: str, variant: dict[str, Any]) -> Measure:
    """The measure of one variant; every option left out has its default."""
    options: dict[str, Any] = {}
    if "denom" in variant:
        options["denom"] = DenomPolicy(variant.pop("denom"))
    for key in DAYS_KEYS & variant.keys():
        options["enrolled_days"] = int(variant.pop(key))
    wanted: dict[str, tuple[Callable[..., Measure], dict[str, type[StrEnum] | type[bool]]]] = {
        "规范管理率": (national.standard_management, {"rule": StandardRule}),
        "血压控制率": (national.pressure_control, {"reading": Reading, "control": Control}),
        "血糖控制率": (national.glucose_control, {"reading": GlucoseReading, "exclude_hypo": bool}),
        "糖化达标率": (metabolic.hba1c_controlled, {"of": HbA1cDenominator}),
        "糖化检测率": (metabolic.hba1c_tested, {}),
    }
    make, kinds = wanted[indicator]
    if "glucose_reading" in variant and indicator == "血糖控制率":
        variant["reading"] = variant.pop("glucose_reading")
    if indicator in {"糖化达标率", "糖化检测率"} and "den" in variant:
        of = HbA1cDenominator(variant.pop("den"))
        variant |= {"of": of} if indicator == "糖化达标率" else {}
        assert indicator == "糖化达标率" or of is HbA1cDenominator.MANAGED
    known(variant, set(kinds))
    options |= {key: kinds[key](value) for key, value in variant.items()}
    return make(Disease(cohort["disease"]), **options) if indicator == "规范管理率" else make(**options)


class Story:
    """One person of a cohort, written into the tables."""

    def __init__(
        self, session: Session, cohort: dict[str, Any], person: dict[str, Any], places: dict[str, Organisation]
    ) -> None:
        known(person, PERSON_KEYS)
        self.session, self.person, self.places = session, person, places
        self.home, self.disease = cohort["home_org"], Disease(cohort["disease"])
        person_id = new_id()
        self.patient = Patient(
            id=person_id,
            clinic_id=places[self.home].id,
            **protect(KEYS, person_id, name=person["pid"]).columns(),
            sex="U",
            birth_date=day(person["birth"]),
            created_at=RECORDED,
            updated_at=RECORDED,
        )

    def write(self) -> None:
        self.session.add(self.patient)
        self.session.flush()
        self.enrol()
        for visit in self.person["visits"]:
            self.visit(*visit)
        for on, percent in self.person.get("hba1c") or ():
            self.hba1c(day(on), Decimal(str(percent)))
        for each in self.person["exam"]:
            row_id = new_id()
            self.session.add(
                AnnualExam(
                    id=row_id,
                    fact_id=row_id,
                    source="typed",
                    patient_id=self.patient.id,
                    clinic_id=self.places[self.home].id,
                    happened_on=day(each),
                    valid_for=[self.disease.value],
                    actor="case",
                    recorded_at=RECORDED,
                )
            )

    def hba1c(self, on: date, percent: Decimal) -> None:
        row_id = new_id()
        self.session.add(
            LaboratoryResult(
                id=row_id,
                fact_id=row_id,
                source="laboratory",
                patient_id=self.patient.id,
                clinic_id=self.places[self.home].id,
                happened_on=on,
                analyte="HBA1C",
                written=str(percent),
                written_unit="%",
                value=percent,
                range_of_laboratory=False,
                flag="NORMAL",
                is_critical=False,
                actor="case",
                recorded_at=RECORDED,
            )
        )

    def enrol(self) -> None:
        start, ends = day(self.person["enrolled"]), self.person.get("ends")
        if ends is None and ENROLLED_TWICE in self.person.get("comment", ""):
            dates = sorted(day(visit[0]) for visit in self.person["visits"])
            middle = dates[len(dates) // 2 - 1]
            self.stint(self.home, start, middle, EndReason.TRANSFERRED)
            self.stint(self.home, middle + timedelta(1), None, None)
        elif ends is None:
            self.stint(self.home, start, None, None)
        else:
            known(ends, END_KEYS)
            self.end(start, ends)

    def end(self, start: date, ends: dict[str, Any]) -> None:
        on = day(ends["date"])
        if ends["reason"] == "lost":
            enrolment = self.stint(self.home, start, None, None, state=EnrolmentState.LOST)
            self.event(enrolment, EnrolmentState.LOST, on)
            return
        reason = REASONS[ends["reason"]]
        self.stint(self.home, start, on, reason)
        if reason is EndReason.DIED:
            self.patient.died_on = on
        if "to_org" in ends:
            self.stint(ends["to_org"], day(ends["to_date"]), None, None)

    def stint(
        self,
        place: str,
        start: date,
        end: date | None,
        reason: EndReason | None,
        state: EnrolmentState = EnrolmentState.ACTIVE,
    ) -> UUID:
        enrolment = Enrolment(
            patient_id=self.patient.id,
            clinic_id=self.places[place].id,
            disease=self.disease.value,
            state=EnrolmentState.TERMINATED.value if end else state.value,
            enrolled_on=start,
            ended_on=end,
            end_reason=reason.value if reason else None,
            created_at=RECORDED,
        )
        self.session.add(enrolment)
        self.session.flush()
        self.event(enrolment.id, EnrolmentState.ACTIVE, start)
        if end:
            self.event(enrolment.id, EnrolmentState.TERMINATED, end)
        return enrolment.id

    def event(self, enrolment_id: UUID, to_state: EnrolmentState, on: date) -> None:
        self.session.add(
            EnrolmentEvent(
                enrolment_id=enrolment_id,
                to_state=to_state.value,
                happened_on=on,
                actor="case",
                recorded_at=RECORDED,
            )
        )
        self.session.flush()

    def visit(self, on: Any, mode: int, first: Any, second: Any, place: str | None = None) -> None:
        """A follow-up whose form is complete but for a value that the case leaves out."""
        pressure = self.disease is Disease.HTN
        self.session.add(
            Followup(
                encounter_id=new_id(),
                patient_id=self.patient.id,
                clinic_id=self.places[place or self.home].id,
                disease=self.disease.value,
                visited_on=day(on),
                mode=mode,
                sbp_mmhg=first if pressure else None,
                dbp_mmhg=second if pressure else None,
                fasting_glucose_umol_l=None if pressure else umol_l(first),
                other_glucose_umol_l=None if pressure else umol_l(second),
                action="ROUTINE",
                next_visit_on=day(on) + timedelta(90),
                ruleset="case",
                is_valid=True,
                is_late_entry=False,
                actor="case",
                recorded_at=RECORDED,
            )
        )


def codes_of(cohort: dict[str, Any]) -> set[str]:
    """Every clinic that a cohort names."""
    found = {cohort["home_org"]}
    for person in cohort["patients"]:
        found |= {visit[4] for visit in person["visits"] if len(visit) > 4}
        found |= {person["ends"]["to_org"]} if "to_org" in (person.get("ends") or {}) else set()
    found |= {each["variant"]["org"] for each in cohort["expect"] if "org" in each["variant"]}
    return found - {"REGION"}


def known(given: dict[str, Any], keys: set[str]) -> None:
    unknown = given.keys() - keys
    assert not unknown, f"unknown keys {sorted(unknown)}: the case says more than the test understands"


def day(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def umol_l(value: float | None) -> int | None:
    return None if value is None else int(Decimal(str(value)) * 1000)
