"""Histories of people, written straight into the tables, so that a test reads as a story."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cmc.clinical.codes import Disease, EndReason, EnrolmentState
from cmc.core import crypto
from cmc.core.clock import LOCAL
from cmc.core.ids import new_id
from cmc.followups.tables import Followup
from cmc.indicators import facts
from cmc.indicators.periods import Period
from cmc.organisations.tables import Organisation
from cmc.patients.protected import protect
from cmc.patients.tables import Enrolment, EnrolmentEvent, Patient
from cmc.records.fact_tables import AnnualExam

KEYS = crypto.keyring(bytes(range(32)))
RECORDED = datetime(2025, 12, 31, 12, tzinfo=LOCAL)
YEAR = Period(date(2025, 1, 1), date(2025, 12, 31))


class Histories:
    """Writes people and what happened to them."""

    def __init__(self, session: Session, home: Organisation) -> None:
        self.session, self.home = session, home

    def person(self, birth: date = date(1960, 5, 4), *, died_on: date | None = None) -> Patient:
        person_id = new_id()
        patient = Patient(
            id=person_id,
            clinic_id=self.home.id,
            **protect(KEYS, person_id, name="某人").columns(),
            sex="U",
            birth_date=birth,
            died_on=died_on,
            created_at=RECORDED,
            updated_at=RECORDED,
        )
        self.session.add(patient)
        self.session.flush()
        return patient

    def stint(
        self,
        patient: Patient,
        enrolled_on: date = date(2020, 1, 10),
        *,
        ended_on: date | None = None,
        reason: EndReason | None = None,
        at: Organisation | None = None,
        disease: Disease = Disease.HTN,
        primary: bool = True,
        lost: date | None = None,
        returned: date | None = None,
    ) -> Enrolment:
        changes = [(EnrolmentState.ACTIVE, enrolled_on), (EnrolmentState.LOST, lost), (EnrolmentState.ACTIVE, returned)]
        if ended_on:
            changes.append((EnrolmentState.TERMINATED, ended_on))
        happened = [(state, on) for state, on in changes if on]
        enrolment = Enrolment(
            patient_id=patient.id,
            clinic_id=(at or self.home).id,
            disease=disease.value,
            state=happened[-1][0].value,
            primary_disease=primary,
            enrolled_on=enrolled_on,
            ended_on=ended_on,
            end_reason=reason.value if reason else None,
            created_at=RECORDED,
        )
        self.session.add(enrolment)
        self.session.flush()
        for state, on in happened:
            self.session.add(
                EnrolmentEvent(
                    enrolment_id=enrolment.id, to_state=state.value, happened_on=on, actor="t", recorded_at=RECORDED
                )
            )
            self.session.flush()
        return enrolment

    def visit(
        self,
        patient: Patient,
        on: date,
        sbp: int | None = 130,
        dbp: int | None = 80,
        *,
        mode: int = 1,
        at: Organisation | None = None,
        clock: time | None = None,
        disease: Disease = Disease.HTN,
        fasting: int | None = None,
        other: int | None = None,
        missing: tuple[str, ...] = (),
        actor: str = "t",
    ) -> Followup:
        followup = Followup(
            encounter_id=new_id(),
            patient_id=patient.id,
            clinic_id=(at or self.home).id,
            disease=disease.value,
            visited_on=on,
            visited_time=clock,
            mode=mode,
            sbp_mmhg=sbp,
            dbp_mmhg=dbp,
            fasting_glucose_umol_l=fasting,
            other_glucose_umol_l=other,
            action="ROUTINE",
            next_visit_on=on + timedelta(90),
            ruleset="t",
            is_valid=not missing,
            missing_fields=list(missing),
            is_late_entry=False,
            actor=actor,
            recorded_at=RECORDED,
        )
        self.session.add(followup)
        self.session.flush()
        return followup

    def exam(
        self,
        patient: Patient,
        on: date,
        *,
        at: Organisation | None = None,
        valid_for: Collection[Disease] = tuple(Disease),
    ) -> None:
        row_id = new_id()
        self.session.add(
            AnnualExam(
                id=row_id,
                fact_id=row_id,
                source="typed",
                patient_id=patient.id,
                clinic_id=(at or self.home).id,
                happened_on=on,
                valid_for=[each.value for each in valid_for],
                actor="t",
                recorded_at=RECORDED,
            )
        )
        self.session.flush()

    def forget(self, patient: Patient) -> None:
        """Take away everything that happened to a person."""
        mine = select(Enrolment.id).where(Enrolment.patient_id == patient.id)
        self.session.execute(delete(EnrolmentEvent).where(EnrolmentEvent.enrolment_id.in_(mine)))
        for table in (Enrolment, Followup, AnnualExam):
            self.session.execute(delete(table).where(table.patient_id == patient.id))
        self.session.expunge_all()

    def facts(self, period: Period = YEAR) -> list[Any]:
        """The rows of facts of a period, one row per person where the test has one person."""
        return list(self.session.execute(facts.statement(period)))

    def fact(self, period: Period = YEAR) -> Any:
        """The only row of facts."""
        (row,) = self.facts(period)
        return row


@pytest.fixture
def histories(session: Session, clinic: Organisation) -> Histories:
    return Histories(session, clinic)


@pytest.fixture
def other_clinic(make_clinic: Callable[..., Organisation]) -> Organisation:
    return make_clinic("C2")


@pytest.fixture
def year() -> Period:
    return YEAR
