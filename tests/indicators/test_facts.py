"""The facts of a period, situation by situation."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from sqlalchemy.orm import Session

from cmc.clinical.codes import Disease, EndReason
from cmc.indicators import facts
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.noticing import columns_of
from cmc.indicators.periods import Period, year_to_date
from cmc.organisations.tables import Organisation

JUNE = date(2025, 6, 30)


class TestManaged:
    def test_somebody_enrolled_all_year_is_managed_on_365_days(self, histories: Any) -> None:
        histories.stint(histories.person())
        fact = histories.fact()
        assert (fact.managed_days, fact.required_quarters, fact.counts_in) == (365, 0b1111, "both")
        assert (fact.is_statutory, fact.is_active_at_end, fact.is_lost_at_end, fact.is_dead_at_end) == (
            True,
            True,
            False,
            False,
        )

    def test_enrolment_in_mid_year_counts_both_end_days(self, histories: Any) -> None:
        histories.stint(histories.person(), date(2025, 8, 15))
        assert (histories.fact().managed_days, histories.fact().required_quarters) == (139, 0b1000)

    def test_enrolment_on_the_last_day_is_one_day(self, histories: Any) -> None:
        histories.stint(histories.person(), date(2025, 12, 31))
        assert histories.fact().managed_days == 1

    def test_enrolment_after_the_period_is_no_row(self, histories: Any) -> None:
        histories.stint(histories.person(), date(2025, 7, 1))
        assert histories.facts(year_to_date(2025, 6)) == []

    def test_an_end_before_the_period_is_no_row(self, histories: Any) -> None:
        histories.stint(histories.person(), ended_on=date(2024, 12, 31), reason=EndReason.REFUSED)
        assert histories.facts() == []

    def test_a_suspicion_is_not_managed(self, histories: Any, session: Session) -> None:
        histories.stint(histories.person()).state = "SUSPECTED"
        session.flush()
        assert histories.facts() == []

    def test_two_enrolments_at_one_clinic_are_one_person(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient, ended_on=JUNE, reason=EndReason.TRANSFERRED)
        histories.stint(patient, date(2025, 7, 1))
        for month in (2, 5, 8, 11):
            histories.visit(patient, date(2025, month, 1))
        fact = histories.fact()
        assert (fact.managed_days, fact.face_to_face_days, fact.required_quarters) == (365, 4, 0b1111)
        assert fact.is_active_at_end

    def test_a_gap_between_two_enrolments_is_not_managed(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient, ended_on=date(2025, 3, 31), reason=EndReason.REFUSED)
        histories.stint(patient, date(2025, 5, 1))
        histories.visit(patient, date(2025, 4, 15))
        fact = histories.fact()
        assert (fact.managed_days, fact.face_to_face_days, fact.required_quarters) == (365 - 30, 0, 0b1101)

    def test_overlapping_enrolments_of_a_merged_person_count_days_and_visits_once(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient, ended_on=JUNE, reason=EndReason.REFUSED)
        histories.stint(patient, date(2025, 2, 1))
        histories.visit(patient, date(2025, 3, 1))
        assert (histories.fact().managed_days, histories.fact().face_to_face_days) == (365, 1)

    def test_both_diseases_are_two_rows(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient)
        histories.stint(patient, disease=Disease.T2DM)
        histories.visit(patient, JUNE, disease=Disease.T2DM)
        assert sorted((row.disease, row.face_to_face_days) for row in histories.facts()) == [("HTN", 0), ("T2DM", 1)]


class TestStatutory:
    @pytest.mark.parametrize(
        ("birth", "statutory"),
        [(date(1990, 12, 31), True), (date(1991, 1, 1), False), (date(1990, 1, 1), True), (date(1995, 1, 1), False)],
    )
    def test_35_years_at_the_periods_end(self, histories: Any, birth: date, statutory: bool) -> None:
        histories.stint(histories.person(birth))
        assert histories.fact().is_statutory is statutory

    def test_secondary_hypertension_is_not_statutory(self, histories: Any) -> None:
        histories.stint(histories.person(), primary=False)
        assert not histories.fact().is_statutory


class TestEnds:
    @pytest.mark.parametrize(
        ("reason", "ended_on", "active"),
        [
            (EndReason.DIED, date(2025, 12, 30), False),
            (EndReason.DIED, date(2025, 12, 31), True),
            (EndReason.MOVED_OUT, date(2025, 9, 30), False),
            (EndReason.MOVED_OUT, date(2025, 12, 31), True),
            (EndReason.TRANSFERRED, date(2025, 12, 30), False),
            (EndReason.TRANSFERRED, date(2025, 12, 31), True),
            (EndReason.REFUSED, date(2025, 3, 1), True),
            (EndReason.LOST, date(2025, 3, 1), True),
        ],
    )
    def test_who_is_still_there_at_the_end(
        self, histories: Any, reason: EndReason, ended_on: date, active: bool
    ) -> None:
        histories.stint(histories.person(), ended_on=ended_on, reason=reason)
        fact = histories.fact()
        assert fact.is_active_at_end is active
        assert fact.is_dead_at_end is (reason is EndReason.DIED)
        assert fact.is_lost_at_end is (reason is EndReason.LOST)

    def test_a_later_end_is_not_known_in_june(self, histories: Any) -> None:
        histories.stint(histories.person(), ended_on=date(2025, 9, 30), reason=EndReason.DIED)
        fact = histories.fact(year_to_date(2025, 6))
        assert (fact.is_active_at_end, fact.is_dead_at_end, fact.managed_days) == (True, False, 181)

    def test_death_on_file_ends_an_enrolment_that_was_left_open(self, histories: Any) -> None:
        patient = histories.person(died_on=JUNE)
        histories.stint(patient)
        histories.visit(patient, date(2025, 7, 1))
        fact = histories.fact()
        assert (fact.managed_days, fact.is_active_at_end, fact.is_dead_at_end, fact.any_mode_days) == (
            181,
            False,
            True,
            0,
        )

    def test_lost_is_what_the_last_event_says(self, histories: Any) -> None:
        histories.stint(histories.person(), lost=date(2025, 7, 1))
        assert histories.fact().is_lost_at_end
        assert not histories.fact(year_to_date(2025, 6)).is_lost_at_end

    def test_lost_and_returned_is_managed_and_the_gap_counts(self, histories: Any) -> None:
        histories.stint(histories.person(), lost=date(2025, 3, 1), returned=date(2025, 10, 1))
        assert (histories.fact().is_lost_at_end, histories.fact().managed_days) == (False, 365)
        assert histories.fact(year_to_date(2025, 9)).is_lost_at_end

    def test_lost_and_returned_on_one_day_is_managed(self, histories: Any) -> None:
        histories.stint(histories.person(), lost=JUNE, returned=JUNE)
        assert not histories.fact().is_lost_at_end

    def test_a_withdrawn_diagnosis_leaves_the_whole_year(self, histories: Any) -> None:
        histories.stint(histories.person(), ended_on=JUNE, reason=EndReason.DIAGNOSIS_WITHDRAWN)
        assert histories.facts() == []
        assert histories.facts(year_to_date(2025, 3)) == []
        assert len(histories.facts(year_to_date(2024, 12))) == 1

    def test_a_withdrawal_takes_the_stint_before_a_transfer_along(self, histories: Any, other_clinic: Any) -> None:
        patient = histories.person()
        histories.stint(patient, ended_on=date(2025, 2, 1), reason=EndReason.TRANSFERRED)
        histories.stint(patient, date(2025, 2, 2), ended_on=JUNE, reason=EndReason.DIAGNOSIS_WITHDRAWN, at=other_clinic)
        assert histories.facts() == []

    def test_a_new_diagnosis_after_a_withdrawal_counts_from_its_enrolment(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient, ended_on=JUNE, reason=EndReason.DIAGNOSIS_WITHDRAWN)
        histories.stint(patient, date(2025, 10, 1))
        assert histories.fact().managed_days == 92


class TestTwoClinics:
    def rows(self, histories: Any) -> dict[tuple[str, str], Any]:
        names = {histories.home.id: "home"}
        return {(names.get(row.clinic_id, "other"), row.counts_in): row for row in histories.facts()}

    def test_a_transfer_pools_visits_above_and_keeps_own_visits_below(
        self, histories: Any, other_clinic: Organisation
    ) -> None:
        patient = histories.person()
        histories.stint(patient, ended_on=JUNE, reason=EndReason.TRANSFERRED)
        histories.stint(patient, date(2025, 7, 1), at=other_clinic)
        histories.visit(patient, date(2025, 2, 1), 150, 95)
        histories.visit(patient, date(2025, 5, 1), 148, 92)
        histories.visit(patient, date(2025, 9, 1), 130, 80, at=other_clinic)
        histories.exam(patient, date(2025, 5, 1))
        rows = self.rows(histories)
        assert rows.keys() == {("home", "clinic"), ("other", "clinic"), ("other", "region")}
        home, other, pooled = rows["home", "clinic"], rows["other", "clinic"], rows["other", "region"]
        assert (home.is_active_at_end, home.face_to_face_days, home.exams, home.managed_days) == (False, 2, 1, 181)
        assert (other.is_active_at_end, other.face_to_face_days, other.exams, other.managed_days) == (True, 1, 0, 184)
        assert (pooled.is_active_at_end, pooled.face_to_face_days, pooled.exams) == (True, 3, 1)
        assert (pooled.managed_days, pooled.required_quarters, pooled.face_to_face_quarters) == (365, 0b1111, 0b0111)
        assert (home.face_to_face_sbp_mmhg, pooled.face_to_face_sbp_mmhg) == (148, 130)

    def test_a_transfer_inside_a_quarter_is_a_whole_quarter_above_only(
        self, histories: Any, other_clinic: Organisation
    ) -> None:
        patient = histories.person()
        histories.stint(patient, ended_on=date(2025, 8, 15), reason=EndReason.TRANSFERRED)
        histories.stint(patient, date(2025, 8, 16), at=other_clinic)
        assert {key: row.required_quarters for key, row in self.rows(histories).items()} == {
            ("home", "clinic"): 0b0011,
            ("other", "clinic"): 0b1000,
            ("other", "region"): 0b1111,
        }

    def test_a_transfer_on_31_december_counts_once_at_the_old_clinic(
        self, histories: Any, other_clinic: Organisation
    ) -> None:
        patient = histories.person()
        histories.stint(patient, ended_on=date(2025, 12, 31), reason=EndReason.TRANSFERRED)
        histories.stint(patient, date(2026, 1, 1), at=other_clinic)
        fact = histories.fact()
        assert (fact.clinic_id, fact.counts_in, fact.is_active_at_end) == (histories.home.id, "both", True)
        assert histories.fact(year_to_date(2026, 1)).clinic_id == other_clinic.id

    def test_a_refusal_at_one_clinic_and_a_new_start_at_another_is_one_person_at_the_new_one(
        self, histories: Any, other_clinic: Organisation
    ) -> None:
        patient = histories.person()
        histories.stint(patient, ended_on=date(2025, 3, 1), reason=EndReason.REFUSED)
        histories.stint(patient, date(2025, 6, 1), at=other_clinic)
        rows = self.rows(histories)
        assert {key: row.is_active_at_end for key, row in rows.items()} == {
            ("home", "clinic"): False,
            ("other", "clinic"): True,
            ("other", "region"): True,
        }

    def test_a_visit_elsewhere_counts_above_only(self, histories: Any, other_clinic: Organisation) -> None:
        patient = histories.person()
        histories.stint(patient)
        histories.visit(patient, date(2025, 2, 1))
        histories.visit(patient, date(2025, 5, 1), at=other_clinic)
        rows = self.rows(histories)
        assert {key: row.face_to_face_days for key, row in rows.items()} == {
            ("home", "clinic"): 1,
            ("home", "region"): 2,
        }

    def test_an_exam_elsewhere_counts_above_only(self, histories: Any, other_clinic: Organisation) -> None:
        patient = histories.person()
        histories.stint(patient)
        histories.exam(patient, date(2025, 5, 1), at=other_clinic)
        rows = self.rows(histories)
        assert {key: row.exams for key, row in rows.items()} == {("home", "clinic"): 0, ("home", "region"): 1}

    def test_an_exam_elsewhere_for_one_disease_leaves_the_other_in_one_row(
        self, histories: Any, other_clinic: Organisation
    ) -> None:
        patient = histories.person()
        for disease in Disease:
            histories.stint(patient, disease=disease)
        histories.exam(patient, JUNE, at=other_clinic, valid_for=[Disease.HTN])
        found = {(row.disease, row.counts_in): row.exams for row in histories.facts()}
        assert found == {("HTN", "clinic"): 0, ("HTN", "region"): 1, ("T2DM", "both"): 0}


class TestVisits:
    def test_phone_counts_as_any_mode_only(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient)
        histories.visit(patient, date(2025, 2, 1), 150, 92, mode=2)
        histories.visit(patient, date(2025, 5, 1), 130, 80, mode=3)
        fact = histories.fact()
        assert (fact.face_to_face_days, fact.any_mode_days, fact.face_to_face_quarters) == (1, 2, 0b0001)
        assert (fact.face_to_face_sbp_mmhg, fact.any_mode_sbp_mmhg) == (150, 130)
        assert (fact.face_to_face_on, fact.any_mode_on) == (date(2025, 2, 1), date(2025, 5, 1))

    def test_two_on_one_day_count_once(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient)
        for sbp in (138, 136):
            histories.visit(patient, date(2025, 3, 1), sbp, 86)
        assert histories.fact().face_to_face_days == 1

    def test_visits_on_the_first_and_last_day_of_the_stint_and_period_count(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient, date(2025, 1, 1), ended_on=date(2025, 12, 31), reason=EndReason.MOVED_OUT)
        for on in (date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1)):
            histories.visit(patient, on)
        assert histories.fact().face_to_face_days == 2

    def test_visits_before_enrolment_and_after_the_end_do_not_count(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient, date(2025, 3, 1), ended_on=JUNE, reason=EndReason.REFUSED)
        for on in (date(2025, 2, 28), date(2025, 3, 1), JUNE, date(2025, 7, 1)):
            histories.visit(patient, on)
        assert histories.fact().face_to_face_days == 2

    def test_an_incomplete_visit_neither_counts_nor_gives_the_reading(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient)
        histories.visit(patient, date(2025, 2, 1), 150, 92)
        histories.visit(patient, date(2025, 5, 1), 130, 80, missing=("medications",))
        fact = histories.fact()
        assert (fact.face_to_face_days, fact.any_mode_days, fact.face_to_face_sbp_mmhg) == (1, 1, 150)

    def test_a_visit_that_lacks_only_its_value_is_the_last_one_without_value(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient)
        histories.visit(patient, date(2025, 2, 1), 130, 80)
        histories.visit(patient, date(2025, 5, 1), None, None, missing=("sbp_mmhg", "dbp_mmhg", "classification"))
        fact = histories.fact()
        assert (fact.face_to_face_days, fact.face_to_face_sbp_mmhg) == (1, None)
        assert fact.face_to_face_on == date(2025, 5, 1)

    def test_an_invalid_exam_does_not_count(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient)
        histories.exam(patient, JUNE, valid_for=())
        histories.exam(patient, date(2024, 12, 31))
        assert histories.fact().exams == 0

    def test_an_exam_counts_only_for_the_diseases_it_is_complete_for(self, histories: Any) -> None:
        patient = histories.person()
        for disease in Disease:
            histories.stint(patient, disease=disease)
        histories.exam(patient, JUNE, valid_for=[Disease.HTN])
        assert {row.disease: row.exams for row in histories.facts()} == {"HTN": 1, "T2DM": 0}
        histories.exam(patient, JUNE)
        assert {row.disease: row.exams for row in histories.facts()} == {"HTN": 2, "T2DM": 1}

    def test_an_exam_before_the_enrolment_counts_by_what_it_holds(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient, date(2025, 8, 1), disease=Disease.T2DM)
        histories.exam(patient, JUNE, valid_for=[Disease.HTN])
        assert histories.fact().exams == 0
        histories.exam(patient, JUNE)
        assert histories.fact().exams == 1

    def test_nobody_seen_has_no_reading(self, histories: Any) -> None:
        histories.stint(histories.person())
        fact = histories.fact()
        assert fact.face_to_face_on is fact.face_to_face_sbp_mmhg is fact.face_to_face_age is fact.any_mode_age is None


class TestLastReading:
    """CTRL-06."""

    def test_the_later_time_of_a_day_wins(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient)
        histories.visit(patient, JUNE, 160, 95, clock=time(8, 0))
        histories.visit(patient, JUNE, 128, 78, clock=time(16, 0))
        assert histories.fact().face_to_face_sbp_mmhg == 128

    @pytest.mark.parametrize("clock", [None, time(9, 30)])
    def test_of_equal_times_the_higher_wins(self, histories: Any, clock: time | None) -> None:
        patient = histories.person()
        histories.stint(patient)
        for sbp, dbp in ((138, 86), (144, 84), (139, 99)):
            histories.visit(patient, JUNE, sbp, dbp, clock=clock)
        assert (histories.fact().face_to_face_sbp_mmhg, histories.fact().face_to_face_dbp_mmhg) == (144, 84)

    def test_no_time_is_the_earliest(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient)
        histories.visit(patient, JUNE, 160, 95)
        histories.visit(patient, JUNE, 128, 78, clock=time(8, 0))
        assert histories.fact().face_to_face_sbp_mmhg == 128

    def test_a_later_day_wins_over_a_later_time(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient)
        histories.visit(patient, date(2025, 6, 29), 160, 95, clock=time(23, 59, 59))
        histories.visit(patient, JUNE, 128, 78)
        assert histories.fact().face_to_face_sbp_mmhg == 128

    @pytest.mark.parametrize(
        ("birth", "on", "age"),
        [
            (date(1960, 12, 20), date(2025, 12, 19), 64),
            (date(1960, 12, 20), date(2025, 12, 20), 65),
            (date(1960, 2, 29), date(2025, 2, 28), 64),
            (date(1960, 2, 29), date(2025, 3, 1), 65),
            (date(1960, 1, 1), date(2025, 1, 1), 65),
            (date(1960, 12, 31), date(2025, 12, 30), 64),
        ],
    )
    def test_the_birthday_counts(self, histories: Any, birth: date, on: date, age: int) -> None:
        patient = histories.person(birth)
        histories.stint(patient)
        histories.visit(patient, on)
        assert (histories.fact().face_to_face_age, histories.fact().age_at_end) == (age, 65)


class TestGlucose:
    def test_the_last_follow_up_gives_both_types_and_the_year_the_latest_fasting(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient, disease=Disease.T2DM)
        histories.visit(patient, date(2025, 2, 1), disease=Disease.T2DM, fasting=6800)
        histories.visit(patient, date(2025, 8, 1), disease=Disease.T2DM, fasting=6500)
        histories.visit(
            patient,
            date(2025, 11, 1),
            disease=Disease.T2DM,
            other=9000,
            missing=("fasting_glucose_mmol_l", "classification"),
        )
        fact = histories.fact()
        assert (fact.last_fasting_umol_l, fact.last_other_umol_l, fact.available_fasting_umol_l) == (None, 9000, 6500)

    def test_of_equal_times_the_higher_fasting_value_wins(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient, disease=Disease.T2DM)
        for fasting in (6800, 7100, 6900):
            histories.visit(patient, JUNE, disease=Disease.T2DM, fasting=fasting)
        assert (histories.fact().last_fasting_umol_l, histories.fact().available_fasting_umol_l) == (7100, 7100)

    def test_a_value_by_phone_is_not_taken(self, histories: Any) -> None:
        patient = histories.person()
        histories.stint(patient, disease=Disease.T2DM)
        histories.visit(patient, date(2025, 2, 1), disease=Disease.T2DM, fasting=7800)
        histories.visit(patient, JUNE, disease=Disease.T2DM, fasting=6000, mode=3)
        assert (histories.fact().last_fasting_umol_l, histories.fact().available_fasting_umol_l) == (7800, 7800)


def test_the_same_statement_serves_a_few_people(histories: Any, session: Session, year: Period) -> None:
    people = [histories.person() for _ in range(3)]
    for patient in people:
        histories.stint(patient)
        histories.visit(patient, JUNE)
    everybody = {row.patient_id: tuple(row) for row in histories.facts()}
    few = session.execute(facts.statement(year, [people[0].id, people[2].id])).all()
    assert sorted(few) == sorted(everybody[patient.id] for patient in (people[0], people[2]))
    assert session.execute(facts.statement(year, [])).all() == []


def test_columns_that_a_measure_touches_are_those_of_the_whole_row(
    histories: Any, session: Session, year: Period, other_clinic: Organisation
) -> None:
    for disease in Disease:
        patient = histories.person()
        histories.stint(patient, ended_on=date(2025, 2, 28), reason=EndReason.TRANSFERRED, disease=disease)
        histories.stint(patient, date(2025, 3, 1), at=other_clinic, disease=disease)
        histories.visit(patient, JUNE, disease=disease, fasting=6900)
        histories.visit(patient, JUNE, at=other_clinic, disease=disease)
        histories.exam(patient, JUNE)
    whole = session.execute(facts.statement(year)).mappings().all()
    assert len(whole) == 6
    for each in DEFINITIONS:
        names = sorted(columns_of([each]))
        few = session.execute(facts.statement(year, columns=names)).mappings().all()
        assert {*few[0]} == {*names}
        assert sorted(str([row[name] for name in names]) for row in few) == sorted(
            str([row[name] for name in names]) for row in whole
        )
