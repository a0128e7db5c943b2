"""Charts: all of a person in one frozen view, in as many statements for one as for many."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session

from cmc.charts import adapters, queries
from cmc.charts.chart import AsOf, Chart
from cmc.clinical import drug_checks
from cmc.clinical.blood_pressure import HomeMean
from cmc.clinical.care_gaps import CareItem, care_items, due
from cmc.clinical.codes import Disease
from cmc.clinical.conditions import Condition
from cmc.clinical.kidney import CkdState
from cmc.clinical.renal import GStage
from cmc.clinical.stratification import RiskLevel
from cmc.clinical.targets import Quantity
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.patients.tables import Patient
from cmc.records import facts, laboratory
from cmc.records.codes import FactKind
from cmc.records.fact_schemas import (
    AllergyIn,
    DiagnosisIn,
    ExaminationIn,
    FamilyHistoryIn,
    LaboratoryResultIn,
    LifestyleIn,
    MedicationIn,
)

TODAY = date(2026, 11, 20)
NOW = datetime.fromisoformat("2026-11-20T09:00:00+08:00")
KINDS: dict[type, FactKind] = {
    DiagnosisIn: FactKind.DIAGNOSIS,
    MedicationIn: FactKind.MEDICATION,
    AllergyIn: FactKind.ALLERGY,
    ExaminationIn: FactKind.EXAMINATION,
    LifestyleIn: FactKind.LIFESTYLE,
    FamilyHistoryIn: FactKind.FAMILY_HISTORY,
}
Put = Callable[..., Any]


@pytest.fixture
def put(session: Session, scope: Scope) -> Put:
    """put(patient, DiagnosisIn(…)) → the stored row."""

    def record(patient: Patient, wanted: Any, *, now: datetime = NOW) -> Any:
        if isinstance(wanted, LaboratoryResultIn):
            return laboratory.record(session, scope, patient.id, wanted, now=now, on=TODAY)
        return facts.record(session, scope, patient.id, KINDS[type(wanted)], wanted, now=now, on=TODAY)

    return record


def _lab(analyte: str, value: str, unit: str, on: str = "2026-10-01") -> LaboratoryResultIn:
    return LaboratoryResultIn(analyte=analyte, value=value, unit=unit, on=on)


def _reading(session: Session, patient: Patient, kind: str, at: str, *, setting: str = "home", **values: int) -> None:
    session.execute(text("SELECT make_reading_partition(CAST(:month AS date))"), {"month": at[:7] + "-01"})
    given = {"glucose_umol_l": None, "sbp_mmhg": None, "dbp_mmhg": None} | values
    session.execute(
        text(
            "INSERT INTO reading (id, taken_on, patient_id, clinic_id, kind, taken_at, received_at, setting,"
            " glucose_umol_l, sbp_mmhg, dbp_mmhg, value_text, unit_text, receipt_id) VALUES (gen_random_uuid(),"
            " CAST(:at AS timestamptz) AT TIME ZONE 'Asia/Shanghai', :person, :clinic, :kind, CAST(:at AS timestamptz),"
            " CAST(:at AS timestamptz), :setting, :glucose_umol_l, :sbp_mmhg, :dbp_mmhg, '', '', gen_random_uuid())"
        ),
        {"at": at, "person": patient.id, "clinic": patient.clinic_id, "kind": kind, "setting": setting} | given,
    )


def _fill(session: Session, client: TestClient, put: Put, patient: Patient) -> None:
    for wanted in (
        DiagnosisIn(icd10="I10", on="2020-01-01"),
        DiagnosisIn(icd10="E11.9", on="2022-01-01"),
        DiagnosisIn(icd10="J45.9", on="2015-01-01", ended_on="2018-01-01"),
        MedicationIn(name="缬沙坦胶囊 80mg", dose=80, dose_unit="mg", frequency="QD", on="2024-01-01"),
        MedicationIn(name="依那普利片", on="2023-01-01", stopped_on="2024-01-01"),
        AllergyIn(substance="青霉素类", on="2010-01-01"),
        AllergyIn(substance="花生", category="food", on="2010-01-01"),
        _lab("HBA1C", "6.9", "%", "2026-04-01"),
        _lab("HBA1C", "8.1", "%"),
        _lab("CREATININE", "150", "umol/L", "2026-05-01"),
        _lab("CREATININE", "155", "umol/L"),
        _lab("POTASSIUM", "4.1", "mmol/L"),
        _lab("LDL", "3.6", "mmol/L"),
        ExaminationIn(on="2026-03-01", findings={"kind": "eye", "retinopathy": 2}),
        ExaminationIn(on="2026-03-02", findings={"kind": "foot", "risk": 1, "abi": Decimal("0.85")}),
        LifestyleIn(on="2026-03-01", smoking=3),
        FamilyHistoryIn(on="2026-03-01", relation="father", disease=4, onset_age_years=45),
    ):
        put(patient, wanted)
    visit = {"patient_id": str(patient.id), "mode": 1, "diseases": ["HTN"], "visited_on": "2026-06-01"}
    answer = client.post("/v1/followups", json=visit | {"sbp_mmhg": 164, "dbp_mmhg": 92, "heart_rate_bpm": 72})
    assert answer.status_code == 201, answer.text
    exam = {"on": "2026-05-12", "height_cm": 170, "weight_kg": 85, "waist_cm": 96}
    assert client.post(f"/v1/patients/{patient.id}/annual-exams", json=exam).status_code == 201
    _reading(session, patient, "blood_pressure", "2026-11-01T08:00:00+08:00", sbp_mmhg=140, dbp_mmhg=80)
    _reading(session, patient, "blood_pressure", "2026-11-02T08:00:00+08:00", sbp_mmhg=150, dbp_mmhg=84)
    _reading(session, patient, "glucose", "2026-11-03T08:00:00+08:00", glucose_umol_l=3700)
    _reading(session, patient, "glucose", "2026-11-02T08:00:00+08:00", glucose_umol_l=8300)


@pytest.fixture
def full(session: Session, client: TestClient, put: Put, make_patient: Any, make_enrolment: Any) -> Patient:
    patient = make_patient()
    make_enrolment(patient, Disease.HTN, enrolled_on=date(2024, 1, 10))
    _fill(session, client, put, patient)
    return patient


def test_a_chart_holds_what_is_known(session: Session, scope: Scope, full: Patient) -> None:
    chart = queries.one(session, scope, full.id, AsOf(TODAY))
    assert [each.icd10 for each in chart.current_diagnoses] == ["I10", "E11.9"]
    assert [each.medicine_code for each in chart.current_medicines] == ["valsartan"]
    assert [each.substance for each in chart.allergies] == ["青霉素类", "花生"]
    assert (chart.lab("HBA1C"), chart.labs["HBA1C"].on) == (Decimal("8.1"), date(2026, 10, 1))
    assert len(chart.egfrs) == len(chart.creatinines) == 2
    assert chart.highest_mmhg == (164, 92)
    assert chart.visit is not None
    assert chart.visit.visited_on == date(2026, 6, 1)
    assert chart.pressure is not None
    assert (chart.pressure.count, chart.pressure.last_mmhg) == (2, (150, 84))
    assert chart.pressure.home == HomeMean(days=2, count=2, sbp_mmhg=Decimal(145), dbp_mmhg=Decimal(82))
    assert not chart.pressure.home.usable
    assert chart.pressure.office_mean_mmhg is None
    assert chart.glucose is not None
    assert (chart.glucose.count, chart.glucose.low, chart.glucose.last_umol_l) == (2, 1, 3700)
    assert chart.glucose.mean_umol_l == 6000


def test_an_empty_record_is_a_chart_too(session: Session, scope: Scope, make_patient: Any) -> None:
    chart = queries.one(session, scope, make_patient().id, AsOf(TODAY))
    assert (chart.labs, chart.visits, chart.pressure) == ({}, (), None)
    assert adapters.kidney(chart).state is CkdState.UNKNOWN
    assert adapters.cardiovascular_risk(chart) is None
    assert care_items(adapters.care_facts(chart), TODAY) == ()
    assert adapters.targets_of(chart).of == ()
    assert drug_checks.review(["二甲双胍"], adapters.drug_facts(chart)).findings == ()


def test_the_rules_read_the_chart(session: Session, scope: Scope, full: Patient) -> None:
    chart = queries.one(session, scope, full.id, AsOf(TODAY))
    assert adapters.diagnosed(chart) == {Disease.HTN: date(2020, 1, 1), Disease.T2DM: date(2022, 1, 1)}
    kidney = adapters.kidney(chart)
    assert (kidney.state, kidney.g) == (CkdState.CONFIRMED, GStage.G3B)
    risk = adapters.cardiovascular_risk(chart)
    assert risk is not None
    assert risk.cell is not None
    assert risk.cell.resolved is RiskLevel.VERY_HIGH
    goal = adapters.targets_of(chart).for_quantity(Quantity.HBA1C_PERCENT)
    assert goal is not None
    gaps = {each.item: each for each in care_items(adapters.care_facts(chart), TODAY)}
    assert gaps[CareItem.EYE].by_on == date(2026, 9, 1)  # moderate: 3–6 months
    assert gaps[CareItem.HBA1C].by_on == date(2027, 1, 1)  # not at goal: 3 months
    assert gaps[CareItem.ABI].by_on == date(2027, 3, 2)
    assert CareItem.EYE in {each.item for each in due(adapters.care_facts(chart), TODAY)}
    seen = adapters.drug_facts(chart)
    assert seen.conditions == frozenset()  # the asthma has ended
    assert (seen.allergies, seen.potassium_days_ago, seen.heart_rate_per_min) == (("青霉素类",), 50, 72)
    found = drug_checks.review(["缬沙坦", "阿莫西林", "依那普利"], seen)
    assert {"DRUG-01", "DRUG-13"} <= {each.reason.rule for each in found.findings}


def test_a_chart_of_a_past_date_knows_nothing_later(session: Session, scope: Scope, full: Patient) -> None:
    past = queries.one(session, scope, full.id, AsOf(date(2026, 4, 15)))
    assert (past.lab("HBA1C"), past.visits, past.exam, past.pressure) == (Decimal("6.9"), (), None, None)
    assert past.labs.keys() == {"HBA1C"}
    older = queries.one(session, scope, full.id, AsOf(date(2021, 1, 1)))
    assert adapters.diagnosed(older) == {Disease.HTN: date(2020, 1, 1)}


def test_a_chart_is_as_it_was_known(session: Session, scope: Scope, put: Put, make_patient: Any) -> None:
    patient, later = make_patient(), NOW + timedelta(days=1)
    first = put(patient, DiagnosisIn(icd10="J45.9", on="2020-01-01"))
    wanted = DiagnosisIn(icd10="J44.9", on="2020-01-01")
    seen = facts.Seen("复核", f'"{first.id}"', later, TODAY)
    facts.correct(session, scope, patient.id, FactKind.DIAGNOSIS, first.fact_id, wanted, seen)

    def held(known_at: datetime | None) -> frozenset[Condition]:
        return adapters.conditions(queries.one(session, scope, patient.id, AsOf(TODAY, known_at)))

    assert held(NOW) == {Condition.ASTHMA}
    assert held(later) == held(None) == frozenset()


@contextmanager
def counted(connection: Connection) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            said.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(connection, "before_cursor_execute", note)


def test_one_person_and_many_cost_the_same_number_of_statements(
    session: Session, connection: Connection, scope: Scope, full: Patient, put: Put, make_patient: Any
) -> None:
    others = [make_patient(f"王{n}") for n in "一二三四五六七八九十"]
    for each in others:
        put(each, _lab("HBA1C", "7.5", "%"))
    with counted(connection) as for_one:
        queries.load(session, scope, [full.id], AsOf(TODAY))
    with counted(connection) as for_many:
        charts = queries.load(session, scope, [full.id, *(each.id for each in others)], AsOf(TODAY))
    assert len(for_one) == len(for_many) <= 17
    assert len(charts) == 11
    assert all(chart.lab("HBA1C") for chart in charts.values())


def test_charts_come_in_the_order_they_were_asked_for(session: Session, scope: Scope, make_patient: Any) -> None:
    ids = [make_patient(f"李{n}").id for n in "一二三四五"]
    for asked in (ids, ids[::-1], [ids[2], ids[0], ids[4]]):
        assert list(queries.load(session, scope, asked, AsOf(TODAY))) == asked


def test_whoever_is_out_of_scope_is_left_out(
    session: Session, full: Patient, make_clinic: Any, make_patient: Any
) -> None:
    elsewhere = make_clinic("C2")
    near = make_patient(clinic_id=elsewhere.id)
    narrow = Scope("test", frozenset({elsewhere.id}))
    assert queries.load(session, narrow, [full.id, near.id], AsOf(TODAY)).keys() == {near.id}
    with pytest.raises(NotFound):
        queries.one(session, narrow, full.id, AsOf(TODAY))


def test_the_summary_and_what_is_due_over_http(client: TestClient, full: Patient) -> None:
    summary = client.get(f"/v1/patients/{full.id}/summary")
    assert summary.status_code == 200, summary.text
    told = summary.json()
    assert (told["person"]["name"], told["kidney"]["g"], told["risk"]["level"]) == ("王**", "G3b", 4)
    assert [each["name"] for each in told["medicines"]] == ["缬沙坦胶囊 80mg"]
    assert told["medicines"][0]["dose"] == "80"
    assert {each["quantity"] for each in told["targets"]} >= {"SBP_MMHG", "HBA1C_PERCENT"}
    gaps = client.get(f"/v1/patients/{full.id}/care-gaps").json()["items"]
    assert gaps == told["due"]
    assert [each["by_on"] for each in gaps] == sorted(each["by_on"] for each in gaps)


def test_the_timeline_pages_over_all_kinds_without_a_gap(client: TestClient, full: Patient) -> None:
    found: list[dict[str, Any]] = []
    cursor = None
    for _ in range(40):
        params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = client.get(f"/v1/patients/{full.id}/timeline", params=params).json()
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    whole = client.get(f"/v1/patients/{full.id}/timeline", params={"limit": 100}).json()["items"]
    assert found == whole
    assert len({each["id"] for each in found}) == len(found) == 21
    assert [each["on"] for each in found] == sorted((each["on"] for each in found), reverse=True)
    assert {each["kind"] for each in found} >= {"visit", "annual_exam", "diagnosis", "laboratory_result"}
    broken = client.get(f"/v1/patients/{full.id}/timeline", params={"cursor": "abc"})
    assert broken.status_code == 422


def test_charts_are_frozen(session: Session, scope: Scope, full: Patient) -> None:
    chart: Chart = queries.one(session, scope, full.id, AsOf(TODAY))
    with pytest.raises(AttributeError):
        chart.sex = None  # type: ignore[misc,assignment]
