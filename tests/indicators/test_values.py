"""Stored values: rebuilt, refreshed, taken from the marks, by several at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from cmc.clinical.codes import EndReason
from cmc.core import db, migrations
from cmc.core.clock import LOCAL
from cmc.core.text import Text
from cmc.indicators import coverage, jobs, service
from cmc.indicators.periods import live_periods, year_to_date
from cmc.indicators.tables import IndicatorFact, IndicatorStamp, IndicatorValue
from cmc.organisations import service as organisations
from cmc.organisations.tables import Organisation, OrganisationKind
from cmc.patients import touched
from cmc.patients.tables import Touched

ON = date(2025, 11, 20)
NOW = datetime(2025, 11, 20, 9, tzinfo=LOCAL)
LATER = NOW + timedelta(minutes=5)
NOVEMBER = year_to_date(2025, 11)


def control(session: Session, organisation: Organisation, period: Any = NOVEMBER) -> tuple[int, int]:
    """Numerator and denominator of blood pressure control."""
    value = session.get(IndicatorValue, (organisation.id, period.end, period.start, "IND-03", "HTN"))
    assert value is not None
    session.refresh(value)
    return value.numerator, value.denominator


def versions(session: Session) -> dict[UUID, int]:
    return {row[0]: row[1] for row in session.execute(select(IndicatorStamp.organisation_id, IndicatorStamp.version))}


@pytest.fixture
def patient(histories: Any) -> Any:
    patient = histories.person()
    histories.stint(patient)
    histories.visit(patient, date(2025, 10, 8), 150, 95)
    return patient


@pytest.fixture
def built(session: Session, patient: Any, other_clinic: Organisation) -> None:
    service.rebuild(session, periods=live_periods(ON), now=NOW)


@pytest.mark.usefixtures("built")
class TestRefresh:
    def test_a_visit_changes_its_clinic_and_all_above(
        self, session: Session, histories: Any, patient: Any, region: Organisation, district: Organisation
    ) -> None:
        assert control(session, histories.home) == (0, 1)
        histories.visit(patient, date(2025, 11, 19), 132, 80)
        service.refresh(session, [patient.id], now=LATER, on=ON)
        for organisation in (histories.home, district, region):
            assert control(session, organisation) == (1, 1)

    def test_a_late_entry_changes_the_closed_months_after_it_only(
        self, session: Session, histories: Any, patient: Any
    ) -> None:
        histories.visit(patient, date(2025, 9, 8), 132, 80)
        service.refresh(session, [patient.id], now=LATER, on=ON)
        months = {month: control(session, histories.home, year_to_date(2025, month)) for month in (8, 9, 10)}
        assert months == {8: (0, 1), 9: (1, 1), 10: (0, 1)}

    def test_only_what_changed_is_written(
        self, session: Session, histories: Any, patient: Any, region: Organisation, other_clinic: Organisation
    ) -> None:
        before = versions(session)
        assert service.refresh(session, [patient.id], now=LATER, on=ON) == service.Changed(0, 0, 0)
        assert versions(session) == before
        histories.visit(patient, date(2025, 11, 19), 132, 80)
        service.refresh(session, [patient.id], now=LATER, on=ON)
        after = versions(session)
        assert after[histories.home.id] == before[histories.home.id] + 1
        assert after[region.id] == before[region.id] + 1
        assert after[other_clinic.id] == before[other_clinic.id]
        changed = select(func.count()).where(IndicatorValue.computed_at == LATER)
        numbers = func.distinct(IndicatorValue.code, IndicatorValue.period_start)
        kinds = select(func.count(numbers)).where(IndicatorValue.computed_at == LATER)
        assert session.scalar(changed) == 3 * (session.scalar(kinds) or 0) > 0

    def test_a_transfer_moves_the_person_between_clinics(
        self, session: Session, histories: Any, patient: Any, region: Organisation, other_clinic: Organisation
    ) -> None:
        histories.forget(patient)
        histories.stint(patient, ended_on=date(2025, 11, 10), reason=EndReason.TRANSFERRED)
        histories.stint(patient, date(2025, 11, 11), at=other_clinic)
        service.refresh(session, [patient.id], now=LATER, on=ON)
        counts = [control(session, each)[1] for each in (histories.home, other_clinic, region)]
        assert counts == [0, 1, 1]

    def test_a_clinic_founded_since_gets_its_values(
        self, session: Session, patient: Any, make_clinic: Callable[..., Organisation]
    ) -> None:
        new = make_clinic("C9")
        service.refresh(session, [patient.id], now=LATER, on=ON)
        assert control(session, new) == (0, 0)

    def test_values_are_as_of_today_in_the_running_month_and_as_of_its_end_in_a_closed_one(
        self, session: Session, histories: Any
    ) -> None:
        as_of = dict(
            session.execute(
                select(IndicatorValue.period_end, IndicatorValue.as_of).where(
                    IndicatorValue.organisation_id == histories.home.id, IndicatorValue.code == "IND-03"
                )
            ).all()
        )
        assert as_of[date(2025, 11, 30)] == ON
        assert as_of[date(2025, 10, 31)] == date(2025, 10, 31)
        assert max(as_of) == date(2025, 11, 30)


class TestJobs:
    def test_the_refresh_builds_what_is_missing_and_takes_the_marks(
        self, session: Session, transaction: db.Transaction, histories: Any, patient: Any
    ) -> None:
        touched.mark(session, [patient.id], at=NOW)
        session.flush()
        jobs.refresh(transaction, NOW)
        assert control(session, histories.home) == (0, 1)
        topics = list(session.scalars(select(Touched.topic)))
        assert sorted(topics) == [touched.ALERTS, touched.FOLLOWUPS, touched.RISK]

    def test_a_mark_stays_when_its_effects_cannot_be_stored(
        self, session: Session, transaction: db.Transaction, patient: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        jobs.refresh(transaction, NOW)
        touched.mark(session, [patient.id], at=NOW, topics=(touched.INDICATORS,))
        session.flush()

        def fail(*_: Any, **__: Any) -> None:
            raise RuntimeError("the worker dies here")

        monkeypatch.setattr(service, "refresh", fail)
        with pytest.raises(RuntimeError):
            jobs.refresh(transaction, NOW)
        assert session.scalar(select(func.count()).select_from(Touched)) == 1

    def test_a_new_month_is_built_from_everybody_at_once(
        self, session: Session, transaction: db.Transaction, histories: Any, patient: Any
    ) -> None:
        jobs.refresh(transaction, NOW)
        touched.mark(session, [histories.person().id], at=NOW, topics=(touched.INDICATORS,))
        session.flush()
        jobs.refresh(transaction, datetime(2025, 12, 1, 0, 0, 5, tzinfo=LOCAL))
        assert control(session, histories.home, year_to_date(2025, 12)) == (0, 1)

    def test_a_new_version_of_a_definition_is_rebuilt(
        self, session: Session, transaction: db.Transaction, histories: Any, patient: Any
    ) -> None:
        jobs.refresh(transaction, NOW)
        session.execute(update(IndicatorValue).values(definition_version="former", numerator=0, denominator=9))
        session.flush()
        assert coverage.built(session, live_periods(ON)) == set()
        jobs.refresh(transaction, LATER)
        assert control(session, histories.home) == (0, 1)

    def test_the_nightly_run_repairs_and_counts_what_differs(
        self, session: Session, transaction: db.Transaction, histories: Any, patient: Any
    ) -> None:
        jobs.refresh(transaction, NOW)
        assert jobs.nightly(transaction, NOW) == 0
        session.execute(update(IndicatorFact).values(face_to_face_sbp_mmhg=130, face_to_face_dbp_mmhg=80))
        session.flush()
        assert jobs.nightly(transaction, LATER) == 14
        assert control(session, histories.home) == (0, 1)

    def test_facts_of_months_that_are_live_no_more_are_dropped_and_their_values_stay(
        self, session: Session, transaction: db.Transaction, patient: Any
    ) -> None:
        jobs.nightly(transaction, NOW)
        jobs.nightly(transaction, datetime(2026, 1, 2, 3, 30, tzinfo=LOCAL))
        ends = set(session.scalars(select(IndicatorFact.period_end)))
        assert (min(ends), max(ends)) == (date(2024, 12, 31), date(2026, 1, 31))
        assert session.scalar(select(func.min(IndicatorValue.period_end))) == date(2024, 10, 31)

    def test_nothing_is_built_before_there_is_a_clinic(self, transaction: db.Transaction) -> None:
        assert jobs.refresh(transaction, NOW) == 0


def test_refreshers_and_a_rebuild_at_once_lose_nothing(new_database: Callable[[], str]) -> None:
    """Visits come in, two workers refresh and one rebuilds at the same time; the end equals a rebuild from nothing."""
    url = new_database()
    migrations.upgrade(url)
    engine = db.make_engine(url)

    def transaction() -> Any:
        return db.transaction(engine)

    with transaction() as session:
        people, clinic_id = _people(session)
    jobs.refresh(transaction, NOW)

    def visit(number: int) -> None:
        with transaction() as session:
            session.execute(text(_VISIT), {"patient": people[number % len(people)], "clinic": clinic_id, "n": number})
            touched.mark(session, [people[number % len(people)]], at=NOW, topics=(touched.INDICATORS,))

    def rebuild(_: int) -> None:
        with transaction() as session:
            service.rebuild(session, periods=live_periods(ON)[-2:], now=NOW)

    with ThreadPoolExecutor(6) as pool:
        work = [pool.submit(visit, number) for number in range(40)]
        work += [pool.submit(jobs.refresh, transaction, NOW) for _ in range(6)]
        work += [pool.submit(rebuild, number) for number in range(3)]
        for each in work:
            each.result()
    jobs.refresh(transaction, NOW)
    with transaction() as session:
        assert service.rebuild(session, periods=live_periods(ON), now=NOW) == service.Changed(0, 0, 0)
        days = session.scalars(select(IndicatorFact.face_to_face_days).where(IndicatorFact.period_end == NOVEMBER.end))
        assert sum(days) == 40
    engine.dispose()


_VISIT = """
INSERT INTO followup (id, record_id, version, entered_at, encounter_id, patient_id, clinic_id, disease, visited_on, mode, sbp_mmhg, dbp_mmhg, form, action,
    next_visit_on, emergency_codes, rule_ids, reasons, warnings, inputs, ruleset, is_valid, missing_fields, is_late_entry,
    actor, recorded_at)
SELECT id, id, 1, now(), gen_random_uuid(), :patient, :clinic, 'HTN', DATE '2025-10-01' + CAST(:n AS integer), 1, 130, 80,
    '{}', 'ROUTINE', DATE '2026-01-01', '{}', '{}', '[]', '[]', '{}', 't', true, '{}', false, 't', now() FROM (SELECT gen_random_uuid() AS id) AS new
"""


def _people(session: Session) -> tuple[list[UUID], UUID]:
    region = organisations.add(session, OrganisationKind.REGION, code="R", name=Text("区域", "Region"))
    district = organisations.add(
        session, OrganisationKind.DISTRICT, code="D", name=Text("区", "District"), parent=region
    )
    clinic = organisations.add(session, OrganisationKind.CLINIC, code="C", name=Text("中心", "Clinic"), parent=district)
    people = list(
        session.scalars(
            text(
                "INSERT INTO patient (id, clinic_id, data_key, name_cipher, sex, birth_date, birth_date_precision,"
                " created_at, updated_at, version) SELECT gen_random_uuid(), :clinic, '', '', 'U', '1960-01-01', 'day', now(), now(), 1"
                " FROM generate_series(1, 5) RETURNING id"
            ),
            {"clinic": clinic.id},
        )
    )
    session.execute(
        text(
            "INSERT INTO enrolment (id, patient_id, clinic_id, disease, state, primary_disease, enrolled_on, created_at)"
            " SELECT gen_random_uuid(), id, clinic_id, 'HTN', 'ACTIVE', true, '2020-01-01', now() FROM patient"
        )
    )
    return people, clinic.id
