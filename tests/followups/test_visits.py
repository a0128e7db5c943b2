"""Visits: what is stored is what was judged, and what the rules look back to."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from cmc.clinical.codes import Action, Classification, Disease, EndReason, EnrolmentState
from cmc.clinical.enrolment import Change, ContactEvidence
from cmc.core.clock import LOCAL
from cmc.core.errors import Invalid, NotFound
from cmc.core.scope import Scope
from cmc.followups import queries, service
from cmc.followups.schemas import EXAMPLE_VISIT, FollowupIn
from cmc.followups.tables import Followup
from cmc.followups.visit_answers import JudgementOut
from cmc.organisations.tables import Organisation
from cmc.patients import enrolling, touched
from cmc.patients import queries as patients
from cmc.patients.tables import Enrolment, Patient

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=LOCAL)

Form = Callable[..., dict[str, Any]]
MakePatient = Callable[..., Patient]
MakeEnrolment = Callable[..., Enrolment]
MakeVisit = Callable[..., list[Followup]]


@pytest.fixture
def person(make_patient: MakePatient, make_enrolment: MakeEnrolment) -> Patient:
    """A person of 66 managed for both diseases since 10 January 2024."""
    patient = make_patient()
    make_enrolment(patient, Disease.HTN)
    make_enrolment(patient, Disease.T2DM)
    return patient


def _days(count: int) -> date:
    return TODAY - timedelta(days=count)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("htn", {}),
        ("htn", {"sbp_mmhg": 186, "dbp_mmhg": 112, "danger_signs": ["CHEST_TIGHTNESS"]}),
        ("htn", {"sbp_mmhg": None, "dbp_mmhg": None}),
        ("dm", {"fasting_glucose_mmol_l": 7.0}),
        ("dm", {"fasting_glucose_mmol_l": None, "other_glucose_mmol_l": 12.0}),
        ("dm", {"foot_pulse": 3, "foot_pulse_side": "LEFT"}),
        ("both", {"sbp_mmhg": 155, "hypoglycaemia": 3, "next_visit_on": "2026-12-01"}),
        (
            "both",
            {"weight_kg": 70, "visited_time": "08:30", "adverse_reaction": True, "adverse_reaction_text": "踝部水肿"},
        ),
    ],
)
def test_what_is_assessed_is_what_is_stored(
    client: TestClient, person: Patient, form: Form, visit: MakeVisit, name: str, more: dict[str, Any]
) -> None:
    visit(person, _days(90), form="both", sbp_mmhg=156, fasting_glucose_mmol_l=8.1)
    body = form(name, person.id, **more)
    assessed = client.post("/v1/followups:assess", json=body)
    stored = client.post("/v1/followups", json=body)
    listed = client.get(f"/v1/patients/{person.id}/followups").json()["items"]
    assert (assessed.status_code, stored.status_code) == (200, 201)
    judgements = assessed.json()["judgements"]
    assert judgements == [each["judgement"] for each in stored.json()["followups"]]
    assert [each for each in listed if each["encounter_id"] == stored.json()["encounter_id"]] == sorted(
        stored.json()["followups"], key=lambda each: each["id"], reverse=True
    )


def test_assessing_stores_nothing(client: TestClient, session: Session, person: Patient, form: Form) -> None:
    client.post("/v1/followups:assess", json=form("both", person.id))
    assert client.get(f"/v1/patients/{person.id}/followups").json() == {"items": [], "next_cursor": None}


def test_a_second_failure_in_a_row_asks_for_referral_and_a_success_ends_the_row(
    person: Patient, visit: MakeVisit
) -> None:
    (first,) = visit(person, _days(60), sbp_mmhg=156)
    (second,) = visit(person, _days(46), sbp_mmhg=158)
    (after_referral,) = visit(person, _days(32), sbp_mmhg=160)
    (good,) = visit(person, _days(18), sbp_mmhg=138)
    (failed_again,) = visit(person, _days(4), sbp_mmhg=156)
    found = [(row.classification, row.action, (row.next_visit_on - row.visited_on).days) for row in (first, second)]
    assert found == [(2, "ADJUST", 14), (2, "REFER", 14)]
    assert after_referral.action == "REFER"
    assert (after_referral.next_visit_on - after_referral.visited_on).days > 80
    assert (good.classification, good.action) == (1, "ROUTINE")
    assert failed_again.action == "ADJUST"
    assert {"FU-CONS-01", "FU-CONS-02"} <= set(second.rule_ids)
    assert second.referral_reason == "CONSECUTIVE_UNSATISFACTORY"


def test_only_the_same_disease_and_a_visit_with_a_value_count_as_the_one_before(
    person: Patient, visit: MakeVisit
) -> None:
    visit(person, _days(60), sbp_mmhg=156)
    visit(person, _days(50), form="dm", fasting_glucose_mmol_l=6.0)
    visit(person, _days(40), sbp_mmhg=None, dbp_mmhg=None, mode=3)
    (row,) = visit(person, _days(30), sbp_mmhg=156, mode=3)
    assert row.action == Action.REFER


@pytest.mark.parametrize(
    ("history", "before"),
    [
        ([], None),
        ([(60, {"sbp_mmhg": 156}), (20, {})], 1),
        ([(20, {}), (60, {"sbp_mmhg": 156})], 1),
        ([(60, {"sbp_mmhg": 156}), (20, {"sbp_mmhg": None, "dbp_mmhg": None})], 2),
        ([(60, {"sbp_mmhg": 156}), (60, {"adverse_reaction": True})], 3),
        ([(60, {"sbp_mmhg": 156}), (10, {})], 2),
        ([(10, {}), (5, {"sbp_mmhg": 156})], None),
    ],
    ids=["none", "last", "any-order", "no-value", "same-day", "same-date", "later-only"],
)
def test_the_last_earlier_visit_with_a_value_is_looked_back_to(
    person: Patient, visit: MakeVisit, history: list[tuple[int, dict[str, Any]]], before: int | None
) -> None:
    for number, (days, more) in enumerate(history):
        visit(person, _days(days), now=NOW + timedelta(minutes=number), **more)
    (row,) = visit(person, _days(10), now=NOW + timedelta(hours=1))
    assert row.inputs.get("previous_classification") == before


def test_a_second_record_on_the_same_day_is_no_second_failure(person: Patient, visit: MakeVisit) -> None:
    visit(person, TODAY, sbp_mmhg=156)
    (again,) = visit(person, TODAY, sbp_mmhg=158)
    assert again.action == Action.ADJUST


def test_a_back_dated_visit_is_judged_by_its_own_day_and_changes_no_later_one(
    session: Session, scope: Scope, person: Patient, visit: MakeVisit
) -> None:
    (later,) = visit(person, _days(10), sbp_mmhg=156)
    (late,) = visit(person, _days(40), sbp_mmhg=158, now=NOW)
    (next_one,) = visit(person, _days(2), sbp_mmhg=156)
    assert (late.action, late.is_late_entry) == (Action.ADJUST, True)
    session.refresh(later)
    assert later.action == Action.ADJUST
    assert next_one.action == Action.REFER
    assert [row.visited_on for row in queries.page(session, scope, person.id)] == [_days(2), _days(10), _days(40)]


def test_a_back_dated_visit_tells_that_a_later_one_stands(
    client: TestClient, person: Patient, visit: MakeVisit, form: Form
) -> None:
    visit(person, _days(10))
    visit(person, _days(5))
    body = form("both", person.id, _days(40))
    htn, dm = client.post("/v1/followups:assess", json=body).json()["judgements"]
    stored = client.post("/v1/followups", json=body).json()["followups"]
    assert htn["warnings"] == [
        {
            "zh": f"该病已有 {_days(10)} 的随访记录，其判定不因本次补录而改变",
            "en": f"a follow-up of {_days(10)} is already stored; its judgement does not change with this one",
        }
    ]
    assert dm["warnings"] == []
    assert [each["judgement"]["warnings"] for each in stored] == [htn["warnings"], []]


def test_a_second_visit_on_the_same_day_is_no_later_one(person: Patient, visit: MakeVisit) -> None:
    visit(person, TODAY)
    (again,) = visit(person, TODAY)
    assert again.warnings == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"adverse_reaction": True, "fasting_glucose_mmol_l": None}, "ADJUST"),
        ({"adverse_reaction": True, "fasting_glucose_mmol_l": None, "other_glucose_mmol_l": 9}, "REFER"),
        ({"adverse_reaction": True, "fasting_glucose_mmol_l": None, "fasting_glucose_flag": "HI"}, "REFER"),
        ({"adverse_reaction": True}, "REFER"),
    ],
)
def test_a_diabetes_visit_without_any_glucose_is_not_the_one_before(
    person: Patient, visit: MakeVisit, before: dict[str, Any], after: str
) -> None:
    visit(person, _days(20), form="dm", **before)
    (row,) = visit(person, _days(6), form="dm", adverse_reaction=True)
    assert (row.classification, row.action) == (3, after)


def test_a_hypertension_visit_without_a_pressure_is_not_the_one_before(person: Patient, visit: MakeVisit) -> None:
    visit(person, _days(40), adverse_reaction=True)
    visit(person, _days(20), sbp_mmhg=None, dbp_mmhg=None, new_complication=True)
    (row,) = visit(person, _days(6), adverse_reaction=True)
    assert row.action == Action.REFER


def test_a_reaction_that_stays_is_referred_and_seen_again_within_two_weeks_each_time(
    person: Patient, visit: MakeVisit
) -> None:
    rows = [visit(person, _days(days), adverse_reaction=True)[0] for days in (50, 40, 30, 20)]
    assert [row.action for row in rows] == ["ADJUST", "REFER", "REFER", "REFER"]
    assert {(row.next_visit_on - row.visited_on).days for row in rows} == {14}


def test_the_enrolment_knows_the_last_valid_follow_up(
    session: Session, scope: Scope, person: Patient, visit: MakeVisit
) -> None:
    def known() -> dict[str, date | None]:
        session.flush()
        session.expire_all()
        return {each.disease: each.last_follow_up_on for each in patients.enrolments(session, scope, person.id)}

    visit(person, _days(5), doctor=None)
    assert known() == {"HTN": None, "T2DM": None}
    visit(person, _days(20), mode=3)
    assert known() == {"HTN": _days(20), "T2DM": None}
    visit(person, _days(10), form="both")
    visit(person, _days(30), form="both", now=NOW)
    assert known() == {"HTN": _days(10), "T2DM": _days(10)}


@pytest.mark.parametrize(("days", "late"), [(0, False), (7, False), (8, True)])
def test_an_entry_more_than_seven_days_after_the_visit_is_flagged(
    person: Patient, visit: MakeVisit, days: int, late: bool
) -> None:
    (row,) = visit(person, _days(days), now=NOW)
    assert row.is_late_entry is late


def test_one_encounter_serves_both_diseases_and_the_earlier_next_date_governs(
    person: Patient, visit: MakeVisit
) -> None:
    htn, dm = visit(person, TODAY, form="both", fasting_glucose_mmol_l=7.4)
    assert htn.encounter_id == dm.encounter_id
    assert (htn.classification, dm.classification) == (Classification.SATISFACTORY, Classification.UNSATISFACTORY)
    assert htn.next_visit_on == dm.next_visit_on == TODAY + timedelta(days=14)
    assert (htn.is_valid, dm.is_valid) == (True, True)


def test_the_record_belongs_to_the_clinic_of_the_enrolment(
    person: Patient, visit: MakeVisit, clinic: Organisation
) -> None:
    (row,) = visit(person, TODAY)
    assert row.clinic_id == clinic.id


def test_an_incomplete_visit_is_stored_and_says_what_is_missing(person: Patient, visit: MakeVisit) -> None:
    blank = {"doctor": None, "adherence": None, "medications": None, "diabetes_symptoms": None, "foot_pulse": None}
    (row,) = visit(person, TODAY, form="dm", **blank, fasting_glucose_mmol_l=None)
    assert not row.is_valid
    assert set(row.missing_fields) == {
        "doctor",
        "adherence",
        "medications",
        "diabetes_symptoms",
        "foot_pulse",
        "fasting_glucose_mmol_l",
        "classification",
    }
    assert (row.classification, row.is_controlled, row.action) == (None, None, "NEED_DATA")


def test_no_medication_said_aloud_is_complete(person: Patient, visit: MakeVisit) -> None:
    (row,) = visit(person, TODAY, medications=None, no_medication=True)
    assert row.is_valid


@pytest.mark.parametrize(("flag", "stored"), [("HI", 33300), ("LO", 1100)])
def test_a_meter_out_of_range_is_kept_as_a_bound_and_is_an_emergency(
    person: Patient, visit: MakeVisit, flag: str, stored: int
) -> None:
    (row,) = visit(person, TODAY, form="dm", fasting_glucose_mmol_l=None, fasting_glucose_flag=flag)
    assert (row.fasting_glucose_umol_l, row.fasting_glucose_bound) == (stored, flag)
    assert (row.action, row.emergency_codes) == ("EMERGENCY_REFER", ["DM-EM-01"])


def test_the_judgement_keeps_its_inputs_and_its_rule_set(person: Patient, visit: MakeVisit) -> None:
    (row,) = visit(person, TODAY, sbp_mmhg=148)
    assert row.ruleset == "CN-NBPHS-2017"
    assert (row.inputs["age_years"], row.inputs["sbp_mmhg"]) == (66, 148)
    assert row.reasons == [
        {"zh": "收缩压 148 < 150", "en": "systolic 148 < 150"},
        {"zh": "舒张压 82 < 90", "en": "diastolic 82 < 90"},
    ]
    assert row.is_controlled is True


def test_a_visit_tells_the_jobs_of_every_topic(session: Session, person: Patient, visit: MakeVisit) -> None:
    for topic in touched.TOPICS:
        touched.take(session, topic)
    visit(person, TODAY)
    assert [touched.take(session, topic) for topic in touched.TOPICS] == [[person.id]] * 4


def _lose(session: Session, scope: Scope, patient: Patient, on: date) -> Enrolment:
    enrolment = next(each for each in patients.enrolments(session, scope, patient.id) if each.disease == "HTN")
    evidence = ContactEvidence(3, 2, on - timedelta(days=20), on)
    change = Change(EnrolmentState.LOST, on, evidence=evidence)
    return enrolling.change(session, scope, patient.id, enrolment.id, change, now=NOW, on=TODAY)


def test_a_lost_person_who_is_seen_is_back_in_care_from_that_day(
    session: Session, scope: Scope, person: Patient, visit: MakeVisit
) -> None:
    enrolment = _lose(session, scope, person, _days(30))
    visit(person, _days(3), mode=3)
    assert enrolment.state == EnrolmentState.LOST
    visit(person, _days(40), now=NOW)
    assert enrolment.state == EnrolmentState.LOST
    visit(person, _days(2), mode=2)
    assert enrolment.state == EnrolmentState.ACTIVE
    last = patients.events(session, scope, [enrolment.id])[-1]
    assert (last.from_state, last.to_state, last.happened_on) == ("LOST", "ACTIVE", _days(2))


def test_a_foreign_person_is_not_found(session: Session, person: Patient, form: Form) -> None:
    stranger = Scope(actor="nurse", clinic_ids=frozenset({person.id}))
    wanted = FollowupIn.model_validate(form("htn", person.id))
    with pytest.raises(NotFound):
        service.record(session, stranger, wanted, now=NOW, on=TODAY)
    with pytest.raises(NotFound):
        service.assess(session, stranger, wanted, now=NOW, on=TODAY)


def test_after_death_only_visits_made_before_can_be_entered(
    session: Session, scope: Scope, person: Patient, visit: MakeVisit
) -> None:
    enrolment = patients.enrolments(session, scope, person.id)[0]
    ending = Change(EnrolmentState.TERMINATED, _days(5), EndReason.DIED)
    enrolling.change(session, scope, person.id, enrolment.id, ending, now=NOW, on=TODAY)
    assert visit(person, _days(6), now=NOW)[0].is_valid
    with pytest.raises(Invalid) as refused:
        visit(person, _days(4), now=NOW)
    assert [(each.pointer, each.code) for each in refused.value.errors] == [("/visited_on", "not_enrolled_then")]


def test_the_list_of_visits_is_paged_newest_first_without_doubles(
    client: TestClient, person: Patient, visit: MakeVisit
) -> None:
    for days in (5, 5, 40, 70, 100):
        visit(person, _days(days), form="both")
    seen, cursor = [], ""
    while cursor is not None:
        page = client.get(
            f"/v1/patients/{person.id}/followups", params={"limit": 3, **({"cursor": cursor} if cursor else {})}
        ).json()
        seen += page["items"]
        cursor = page["next_cursor"]
    assert len({each["id"] for each in seen}) == len(seen) == 10
    assert [each["visited_on"] for each in seen] == sorted((each["visited_on"] for each in seen), reverse=True)


def test_a_judgement_shown_again_is_the_stored_one(person: Patient, visit: MakeVisit) -> None:
    (row,) = visit(person, TODAY, sbp_mmhg=182, dbp_mmhg=100)
    shown = JudgementOut.of(row)
    assert (shown.classification, shown.action) == (Classification.UNSATISFACTORY, Action.EMERGENCY_REFER)
    assert shown.classification_text is not None
    assert shown.classification_text.zh == "控制不满意"
    assert shown.emergency_codes == ["HTN-EM-01"]


@pytest.mark.parametrize("path", ["/v1/followups:assess", "/v1/followups"])
def test_the_example_of_the_documentation_can_be_sent(client: TestClient, person: Patient, path: str) -> None:
    document = client.get("/openapi.json").json()
    content = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    example = content["examples"]["combined"]["value"]
    assert example == EXAMPLE_VISIT
    answer = client.post(path, json={**example, "patient_id": str(person.id)})
    assert answer.status_code in {200, 201}, answer.text
    found = answer.json()
    judgements = found["judgements"] if "judgements" in found else [each["judgement"] for each in found["followups"]]
    assert [each["valid"] for each in judgements] == [True, True]
    assert [each["classification"] for each in judgements] == [1, 2]


@pytest.mark.parametrize("schema", ["FollowupIn", "FollowupOut"])
def test_the_time_of_a_visit_is_local_text(client: TestClient, schema: str) -> None:
    described = client.get("/openapi.json").json()["components"]["schemas"][schema]["properties"]["visited_time"]
    kinds = described["anyOf"]
    assert [each["type"] for each in kinds] == ["string", "null"]
    assert "HH:MM" in kinds[0]["description"]
    assert "format" not in kinds[0]
