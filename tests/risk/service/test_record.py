"""Inputs from every place of the record that holds them, each with its day and source; too old is not known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.charts import queries as charts
from cmc.charts.chart import AsOf
from cmc.clinical.codes import Disease
from cmc.core.scope import Scope
from cmc.patients.tables import BasicInformation, Patient
from cmc.records import annual_exams
from cmc.records.annual_exam_schemas import AnnualExamIn
from cmc.records.fact_schemas import DiagnosisIn, HospitalStayIn, LifestyleIn, MedicationIn
from cmc.risk import assessing, filed_queries, known
from cmc.risk.equations.variables import Variable
from cmc.risk.filed import NOTHING, urban
from cmc.risk.tables import RiskScore, RiskStanding

from .conftest import NOW, TODAY, Put, lab

Visit = Callable[..., None]


@pytest.fixture
def person(make_patient: Callable[..., Patient], make_enrolment: Callable[..., Any]) -> Patient:
    patient = make_patient("李秀英", birth_date=date(1962, 3, 2))
    make_enrolment(patient, Disease.HTN, enrolled_on=date(2023, 1, 10))
    return patient


@pytest.fixture
def visit(session: Session, person: Patient) -> Visit:
    """visit("2026-10-05", form='{"height_cm": 165}') → a follow-up with that form."""

    def make(on: str, form: str = "{}", *, disease: str = "HTN", sbp: int = 146, ended: bool = False) -> None:
        session.execute(
            text(
                "INSERT INTO followup (id, record_id, version, entered_at, encounter_id, patient_id, clinic_id, disease,"
                " visited_on, mode, sbp_mmhg, dbp_mmhg, weight_kg, form, action, next_visit_on, emergency_codes,"
                " rule_ids, reasons, warnings, inputs, ruleset, is_valid, missing_fields, is_late_entry, actor,"
                " recorded_at, ended_at, ended_as, ended_by, end_reason) SELECT id, id, 1, now(), gen_random_uuid(),"
                " :person, :clinic, :disease, :day, 1, :sbp, 84, 70, CAST(:form AS jsonb), 'ROUTINE',"
                " CAST(:day AS date) + 90, '{}', '{}', '[]', '[]', '{}', 'test', true, '{}', false, 'test',"
                " CAST(:day AS date) + interval '9 hours', :ended, :how, :by, :why"
                " FROM (SELECT gen_random_uuid() AS id) AS new"
            ),
            {
                "person": person.id, "clinic": person.clinic_id, "disease": disease, "day": on, "sbp": sbp,
                "form": form, "ended": NOW if ended else None, "how": "withdrawn" if ended else None,
                "by": "test" if ended else None, "why": "test" if ended else None,
            },
        )  # fmt: skip

    return make


def inputs(session: Session, scope: Scope, patient: Patient, on: date = TODAY) -> known.Knowns:
    chart = charts.one(session, scope, patient.id, AsOf(on))
    filed = filed_queries.load(session, scope, [patient.id], on=on).get(patient.id, NOTHING)
    return known.known(chart, filed, northern=1.0)


def one(found: known.Knowns, variable: Variable) -> tuple[float, date | None, str] | None:
    got = found.get(variable)
    return None if got is None else (got.value, got.on, got.source.value)


SMOKES = '{"height_cm": "165.0", "lifestyle": {"cigarettes_per_day": 12}, "waist_cm": 91.5}'


def test_a_visits_form_tells_smoking_build_and_waist(
    session: Session, scope: Scope, person: Patient, visit: Visit
) -> None:
    visit("2026-09-05", SMOKES)
    visit("2026-10-05")  # says nothing of them: the one before holds
    found = inputs(session, scope, person)
    on = date(2026, 9, 5)
    assert one(found, Variable.SMOKER) == (1.0, on, "form")
    assert one(found, Variable.EX_SMOKER) == (0.0, on, "form")
    assert one(found, Variable.WAIST) == (91.5, on, "form")
    assert one(found, Variable.BMI) == (25.7, date(2026, 10, 5), "body")


def test_without_a_laboratory_the_who_chart_gives_a_band(
    session: Session, scope: Scope, person: Patient, visit: Visit
) -> None:
    visit("2026-09-05", SMOKES)
    assessing.score(session, scope, [person.id], now=NOW, on=TODAY)
    stands = session.get(RiskStanding, person.id)
    assert stands is not None
    assert (stands.band > 0, stands.tier) == (True, "t0")
    row = session.get(RiskScore, stands.score_id)
    assert row is not None
    assert row.answers[0]["equation"] == "who_2019_nonlab"
    assert row.inputs["smoker"] == [1.0, "2026-09-05", "form"]


@pytest.mark.parametrize(
    ("region_code", "side"),
    [("110101", 1), ("370202", 1), ("330106", 0), ("440304", 0), ("520102", 0), (None, None), ("", None)]
    + [(code, None) for code in ("320102", "340104", "420106", "500103", "510104")],
)
def test_a_province_that_the_yangtze_divides_tells_no_side(region_code: str | None, side: float | None) -> None:
    """Jiangsu, Anhui, Hubei, Chongqing, Sichuan: a guess would move the number by two fifths, and say nothing of it."""
    assert known.north(region_code) == side


@pytest.mark.parametrize("on", ["2024-11-20", "2024-11-19"])
def test_a_form_of_more_than_two_years_is_not_known(
    session: Session, scope: Scope, person: Patient, visit: Visit, on: str
) -> None:
    visit(on, SMOKES)
    found = inputs(session, scope, person)
    assert (Variable.SMOKER in found, Variable.WAIST in found, Variable.BMI in found) == (False, False, False)
    assert Variable.SMOKER in inputs(session, scope, person, on=date(2026, 11, 18))


def test_a_withdrawn_visit_and_one_of_tomorrow_tell_nothing(
    session: Session, scope: Scope, person: Patient, visit: Visit
) -> None:
    visit("2026-09-05", SMOKES, ended=True)
    visit("2026-11-21", SMOKES)
    assert Variable.SMOKER not in inputs(session, scope, person)


def test_no_cigarettes_now_and_smoking_before_is_a_former_smoker(
    session: Session, scope: Scope, person: Patient, visit: Visit, put: Put
) -> None:
    none = '{"lifestyle": {"cigarettes_per_day": 0}}'
    visit("2026-09-05", none)
    found = inputs(session, scope, person)
    assert (one(found, Variable.SMOKER), Variable.EX_SMOKER in found) == ((0.0, date(2026, 9, 5), "form"), False)
    put(person, LifestyleIn(smoking=3, on="2026-05-01"))
    found = inputs(session, scope, person)
    assert (found[Variable.SMOKER].value, found[Variable.EX_SMOKER].value) == (0.0, 1.0)
    put(person, LifestyleIn(smoking=1, on="2026-10-01"))
    found = inputs(session, scope, person)
    assert one(found, Variable.SMOKER) == (0.0, date(2026, 10, 1), "lifestyle")
    assert found[Variable.EX_SMOKER].value == 0.0


def test_the_newest_hba1c_of_form_and_laboratory_counts_with_its_own_day(
    session: Session, scope: Scope, person: Patient, visit: Visit, put: Put
) -> None:
    visit("2026-10-05", '{"hba1c_percent": 7.3, "hba1c_on": "2026-09-12"}', disease="T2DM")
    assert one(inputs(session, scope, person), Variable.HBA1C) == (7.3, date(2026, 9, 12), "form")
    put(person, lab("HBA1C", "7.9", on="2026-09-12"))  # of one day the laboratory's own
    assert one(inputs(session, scope, person), Variable.HBA1C) == (7.9, date(2026, 9, 12), "laboratory")
    visit("2026-11-05", '{"hba1c_percent": 6.8}', disease="T2DM")
    assert one(inputs(session, scope, person), Variable.HBA1C) == (6.8, date(2026, 11, 5), "form")


def test_medicines_of_the_last_visit_count_until_they_are_stopped(
    session: Session, scope: Scope, person: Patient, visit: Visit, put: Put
) -> None:
    visit("2026-06-05", '{"medications": [{"name": "缬沙坦", "dose": "80 mg"}, {"name": "阿托伐他汀"}]}')
    visit(
        "2026-07-05",
        '{"medications": [{"name": "二甲双胍", "dose": "500 mg"}], "insulin": {"kind": "甘精胰岛素"}}',
        disease="T2DM",
    )
    found = inputs(session, scope, person)
    assert one(found, Variable.BP_TREATED) == (1.0, date(2026, 6, 5), "form")
    assert [found[each].value for each in (Variable.STATIN, Variable.INSULIN, Variable.ORAL_GLUCOSE_LOWERING)] == [
        1,
        1,
        1,
    ]
    visit("2026-08-05", '{"no_medication": true}')  # of the blood pressure; the other list stands
    found = inputs(session, scope, person)
    assert [found[each].value for each in (Variable.BP_TREATED, Variable.STATIN, Variable.INSULIN)] == [0, 0, 1]
    visit("2026-08-06", '{"medications": [{"name": "缬沙坦"}]}')
    assert inputs(session, scope, person)[Variable.BP_TREATED].value == 1
    put(person, MedicationIn(name="缬沙坦胶囊", on="2025-01-01", stopped_on="2026-09-01"))
    assert inputs(session, scope, person)[Variable.BP_TREATED].value == 0
    assert inputs(session, scope, person, on=date(2026, 8, 20))[Variable.BP_TREATED].value == 1


def test_medicines_of_more_than_a_year_ago_are_not_taken(
    session: Session, scope: Scope, person: Patient, visit: Visit
) -> None:
    visit("2025-11-20", '{"medications": [{"name": "缬沙坦"}]}')
    assert inputs(session, scope, person)[Variable.BP_TREATED].value == 0


EARLIER: dict[str, tuple[Any, Variable, str]] = {
    "a stay in hospital": (HospitalStayIn(on="2025-02-01", institution="医院", icd10="I63.9"), Variable.PRIOR_STROKE, "hospital"),
    "an annual examination": (
        AnnualExamIn(on="2025-05-01", form={"problems": {"cardiac": [3], "vascular": [1]}}), Variable.PRIOR_IHD, "examination",
    ),
    "a condition of a doctor": (DiagnosisIn(condition="HEART_FAILURE_3_4", on="2025-05-01"), Variable.PRIOR_HF, "diagnoses"),
}  # fmt: skip


@pytest.mark.parametrize("where", EARLIER)
def test_earlier_disease_is_found_wherever_it_is_named(
    session: Session, scope: Scope, person: Patient, put: Put, where: str
) -> None:
    fact, variable, source = EARLIER[where]
    if isinstance(fact, AnnualExamIn):
        annual_exams.record(session, scope, person.id, fact, now=NOW, on=TODAY)
        annual_exams.record(session, scope, person.id, AnnualExamIn(on="2026-05-01"), now=NOW, on=TODAY)
    else:
        put(person, fact)
    assert inputs(session, scope, person)[variable].value == 1
    assert inputs(session, scope, person)[variable].source == source
    assert inputs(session, scope, person, on=date(2025, 1, 1))[variable].value == 0


def test_the_basic_information_form_tells_of_history_family_and_home(
    session: Session, scope: Scope, person: Patient
) -> None:
    session.add(
        BasicInformation(
            patient_id=person.id,
            diseases=[{"code": 7, "since": "2019-04"}, {"code": 3}],
            family={"father": [2], "mother": [7]},
            region_code="310104001001",
        )
    )
    session.flush()
    found = inputs(session, scope, person)
    assert one(found, Variable.PRIOR_CVD) == (1.0, date(2019, 4, 1), "registration")
    assert found[Variable.DIABETES].value == 1
    assert one(found, Variable.FAMILY_HISTORY) == (1.0, None, "registration")
    assert one(found, Variable.NORTH) == (
        0.0,
        None,
        "registration",
    )  # Shanghai, whatever side the clinic's region lies on
    assert one(found, Variable.URBAN) == (1.0, None, "registration")
    assert inputs(session, scope, person, on=date(2019, 3, 31))[Variable.PRIOR_CVD].value == 0


@pytest.mark.parametrize(
    ("code", "city"),
    [
        ("120104001001", 1), ("120104100101", 0), ("120104100003", 1), ("120104003", 1), ("120119201", 0),
        ("120119100", None), ("120119", None), (None, None), ("120119100000", None), ("120104001901", 1),
    ],
)  # fmt: skip
def test_a_region_code_tells_the_city_where_it_can(code: str | None, city: float | None) -> None:
    assert urban(code) == city


BARS: dict[str, Any] = {
    "pregnant": DiagnosisIn(icd10="O24.4", on="2026-06-01"),
    "kidney_replaced": DiagnosisIn(icd10="Z94.0", on="2015-06-01", ended_on="2016-01-01"),
    "type_1_diabetes": DiagnosisIn(icd10="E10.9", on="2001-06-01"),
}


@pytest.mark.parametrize("reason", BARS)
def test_nobody_for_whom_no_equation_was_made_gets_a_percentage(
    session: Session, scope: Scope, known_person: Callable[..., Patient], put: Put, reason: str
) -> None:
    patient = known_person()
    put(patient, BARS[reason])
    assessing.score(session, scope, [patient.id], now=NOW, on=TODAY)
    stands = session.get(RiskStanding, patient.id)
    assert stands is not None
    row = session.get(RiskScore, stands.score_id)
    assert row is not None
    assert {each["reason"] for each in row.answers} == {reason}
    assert not any("value" in each or "others" in each for each in row.answers)
    assert (row.models, row.band, stands.tier, stands.rank) == ([], 0, None, -1)
    assert row.inputs[reason][0] == 1
    assert "RISK-NO-NUMBER" in {each["rule"] for each in row.reasons}


def test_dialysis_that_ended_and_a_pregnancy_of_last_year_bar_nothing(
    session: Session, scope: Scope, person: Patient, put: Put
) -> None:
    put(person, DiagnosisIn(icd10="Z49.1", on="2024-06-01", ended_on="2024-07-01"))
    put(person, DiagnosisIn(icd10="Z34.9", on="2025-11-01"))
    found = inputs(session, scope, person)
    assert (found[Variable.KIDNEY_REPLACED].value, found[Variable.PREGNANT].value) == (0, 0)


def test_the_last_visit_tells_of_a_pregnancy(session: Session, scope: Scope, person: Patient, visit: Visit) -> None:
    visit("2026-07-05", '{"pregnant_or_lactating": true}')
    assert one(inputs(session, scope, person), Variable.PREGNANT) == (1.0, date(2026, 7, 5), "form")
    visit("2026-10-05")
    assert inputs(session, scope, person)[Variable.PREGNANT].value == 0
