"""What a chart, its rules and the summary see of the last annual examination."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from cmc.charts import adapters, picking, queries
from cmc.charts.chart import AsOf, Chart
from cmc.clinical.care_gaps import CareItem, due
from cmc.clinical.codes import Disease
from cmc.core.scope import Scope
from cmc.patients.tables import Patient

TODAY = date(2026, 11, 20)


@pytest.fixture
def person(make_patient: Callable[..., Patient], make_enrolment: Callable[..., Any]) -> Patient:
    patient = make_patient(birth_date=date(1956, 5, 4))
    make_enrolment(patient, Disease.HTN, enrolled_on=date(2024, 1, 10))
    return patient


@pytest.fixture
def examined(client: TestClient, person: Patient, session: Session, scope: Scope) -> Callable[..., Chart]:
    """examined(form, on=…, …) → the person's chart after an examination with this form."""

    def record(form: dict[str, Any], *, on: str = "2026-09-01", **more: Any) -> Chart:
        answer = client.post(f"/v1/patients/{person.id}/annual-exams", json={"on": on, "form": form} | more)
        assert answer.status_code == 201, answer.text
        return queries.one(session, scope, person.id, AsOf(TODAY))

    return record


def _lab(client: TestClient, person: Patient, on: str, analyte: str, value: str, unit: str) -> None:
    body = {"on": on, "analyte": analyte, "value": value, "unit": unit}
    assert client.post(f"/v1/patients/{person.id}/labs", json=body).status_code == 201


@pytest.mark.parametrize(("self_care", "frail"), [(1, False), (2, False), (3, True), (4, True), (None, False)])
def test_who_cannot_care_for_himself_is_frail(
    examined: Callable[..., Chart], self_care: int | None, frail: bool
) -> None:
    chart = examined({"elderly": {"self_care": self_care}})
    assert adapters.target_facts(chart).frail is frail


def test_protein_on_the_strip_asks_for_the_kidney_until_it_was_looked_at(
    examined: Callable[..., Chart], client: TestClient, person: Patient, session: Session, scope: Scope
) -> None:
    chart = examined({"tests": {"urine": {"protein": "+"}}})
    (gap,) = (each for each in due(adapters.care_facts(chart), TODAY) if each.item is CareItem.KIDNEY)
    assert (gap.from_on, gap.by_on, gap.reason.rule) == (date(2026, 9, 1), date(2026, 12, 1), "HTN-GL-05")
    _lab(client, person, "2026-09-20", "UACR", "12", "mg/g")
    _lab(client, person, "2026-09-20", "CREATININE", "80", "umol/L")
    chart = queries.one(session, scope, person.id, AsOf(TODAY))
    assert CareItem.KIDNEY not in {each.item for each in due(adapters.care_facts(chart), TODAY)}


@pytest.mark.parametrize("protein", ["-", "±"])
def test_a_strip_without_protein_asks_for_nothing(examined: Callable[..., Chart], protein: str) -> None:
    chart = examined({"tests": {"urine": {"protein": protein}}})
    assert CareItem.KIDNEY not in {each.item for each in due(adapters.care_facts(chart), TODAY)}


def test_strip_and_electrocardiogram_are_done_of_the_yearly_set(examined: Callable[..., Chart]) -> None:
    bare = adapters.care_facts(examined({}, on="2026-08-01")).last_done
    assert not {CareItem.URINE, CareItem.ECG} & set(bare)
    done = adapters.care_facts(examined({"tests": {"urine": {"glucose": "-"}, "ecg": {"code": 1}}})).last_done
    assert (done[CareItem.URINE], done[CareItem.ECG]) == (date(2026, 9, 1), date(2026, 9, 1))


@pytest.mark.parametrize(("pulse", "weak"), [(1, True), (2, False), (3, True), (4, True), (None, False)])
def test_a_foot_pulse_that_is_not_felt_on_both_sides_is_weak(
    examined: Callable[..., Chart], pulse: int | None, weak: bool
) -> None:
    assert picking.weak_foot_pulse(examined({}, exam_foot_pulse=pulse)) is weak


def test_who_smokes_is_what_was_asked_last(
    examined: Callable[..., Chart], client: TestClient, person: Patient, session: Session, scope: Scope
) -> None:
    assert picking.smoker(examined({})) is None
    assert picking.smoker(examined({"lifestyle": {"smoking": 3}})) is True
    body = {"on": "2026-10-01", "smoking": 2}
    assert client.post(f"/v1/patients/{person.id}/lifestyle", json=body).status_code == 201
    assert picking.smoker(queries.one(session, scope, person.id, AsOf(TODAY))) is False


def test_a_chart_knows_what_was_known(
    examined: Callable[..., Chart], client: TestClient, person: Patient, session: Session, scope: Scope
) -> None:
    examined({}, height_cm=170, weight_kg=80)
    path = f"/v1/patients/{person.id}/annual-exams"
    told = client.get(path).json()["items"][0]
    between = datetime.fromisoformat(told["recorded_at"])
    fact = {"on": "2026-09-01", "height_cm": 170, "weight_kg": 60}
    answer = client.post(
        f"{path}/{told['id']}:correct",
        json={"reason": "录入错误", "fact": fact},
        headers={"If-Match": f'"{told["version"]}"'},
    )
    assert answer.status_code == 200, answer.text
    later = datetime.fromisoformat(answer.json()["recorded_at"])
    assert later >= between
    weights = {
        known_at: chart.exam.weight_kg if chart.exam else None
        for known_at in (None, between - timedelta(seconds=1), between)
        for chart in [queries.one(session, scope, person.id, AsOf(TODAY, known_at))]
    }
    assert weights == {None: 60, between - timedelta(seconds=1): None, between: 80 if later > between else 60}
    past = client.get(path, params={"known_at": between.isoformat()}).json()["items"]
    assert [each["version"] for each in past] == [told["version"] if later > between else answer.json()["version"]]
    gone = client.post(
        f"{path}/{told['id']}:correct", json={"reason": "张冠李戴"}, headers={"If-Match": answer.headers["etag"]}
    )
    assert gone.status_code == 200
    assert queries.one(session, scope, person.id, AsOf(TODAY)).exam is None
    kinds = {each["kind"] for each in client.get(f"/v1/patients/{person.id}/timeline").json()["items"]}
    assert "annual_exam" not in kinds


def test_the_summary_shows_the_last_examination(
    examined: Callable[..., Chart], client: TestClient, person: Patient
) -> None:
    assert client.get(f"/v1/patients/{person.id}/summary").json()["exam"] is None
    examined(
        {
            "arms": {"left": {"sbp_mmhg": 150, "dbp_mmhg": 80}, "right": {"sbp_mmhg": 128, "dbp_mmhg": 78}},
            "elderly": {"self_care": 2},
            "conclusion": {"evaluation": 2, "abnormalities": ["双臂血压差异大"]},
        },
        temperature_c=36.5, pulse_bpm=70, respiration_per_min=18, height_cm=170, weight_kg=70, waist_cm=88,
    )  # fmt: skip
    told = client.get(f"/v1/patients/{person.id}/summary").json()["exam"]
    assert [each["rule"] for each in told.pop("doubts")] == ["HTN-GL-05"]
    assert told == {
        "on": "2026-09-01",
        "valid_for": ["HTN"],
        "evaluation": 2,
        "abnormalities": ["双臂血压差异大"],
        "self_care": 2,
    }
