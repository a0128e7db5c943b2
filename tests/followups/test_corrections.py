"""A visit that was written wrongly is corrected by a new version or withdrawn; what followed from it follows anew."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.alerts.codes import AlertStatus
from cmc.alerts.tables import Alert
from cmc.clinical.codes import Disease
from cmc.core import db
from cmc.core.clock import LOCAL
from cmc.core.scope import Scope
from cmc.followups import queries
from cmc.followups.tables import Followup, Task
from cmc.indicators import jobs as indicator_jobs
from cmc.organisations.tables import Organisation
from cmc.patients.tables import Enrolment, Patient

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=LOCAL)
Form = Callable[..., dict[str, Any]]


@pytest.fixture
def person(make_patient: Callable[..., Patient], make_enrolment: Callable[..., Enrolment]) -> Patient:
    patient = make_patient()
    for disease in Disease:
        make_enrolment(patient, disease)
    return patient


def correct(client: TestClient, encounter: str, body: dict[str, Any], version: int = 1, **more: Any) -> Any:
    sent = {"reason": "抄错", "visit": body}
    headers = {"If-Match": f'"{version}"', **more}
    return client.post(f"/v1/followups/{encounter}:correct", json=sent, headers=headers)


def withdraw(client: TestClient, encounter: str, version: int = 1) -> Any:
    sent, headers = {"reason": "录错人"}, {"If-Match": f'"{version}"'}
    return client.post(f"/v1/followups/{encounter}:withdraw", json=sent, headers=headers)


def record(client: TestClient, body: dict[str, Any]) -> str:
    made = client.post("/v1/followups", json=body)
    assert made.status_code == 201, made.text
    assert made.headers["etag"].replace("-gzip", "") == '"1"'
    return str(made.json()["encounter_id"])


def open_tasks(session: Session, person: Patient) -> list[tuple[str, str, date]]:
    query = select(Task.kind, Task.cause, Task.due_on).where(col(Task.patient_id) == person.id, Task.status == "open")
    return sorted(tuple(row) for row in session.execute(query))  # type: ignore[misc]


def test_a_correction_is_judged_anew_and_the_old_version_stays_readable(
    client: TestClient, person: Patient, form: Form
) -> None:
    encounter = record(client, form("htn", person.id, sbp_mmhg=152))
    done = correct(client, encounter, form("htn", person.id, sbp_mmhg=132))
    assert done.status_code == 200, done.text
    assert done.headers["etag"].replace("-gzip", "") == '"2"'
    (now,) = done.json()["followups"]
    assert (now["version"], now["judgement"]["classification"], now["sbp_mmhg"]) == (2, 1, 132)
    told = client.get(f"/v1/followups/{encounter}").json()
    assert told["stands"] is True
    old, new = (each["followups"][0] for each in told["versions"])
    assert (old["sbp_mmhg"], old["judgement"]["classification"], old["ended_as"], old["end_reason"]) == (
        152,
        2,
        "corrected",
        "抄错",
    )
    assert (new["ended_at"], new["record_id"], new["entered_at"]) == (None, old["record_id"], old["entered_at"])
    listed = client.get(f"/v1/patients/{person.id}/followups").json()["items"]
    assert [each["sbp_mmhg"] for each in listed] == [132]
    both = client.get(f"/v1/patients/{person.id}/followups", params={"history": True}).json()["items"]
    assert sorted(each["sbp_mmhg"] for each in both) == [132, 152]


def test_what_assess_says_of_a_correction_is_what_is_stored(client: TestClient, person: Patient, form: Form) -> None:
    record(client, form("htn", person.id, TODAY - timedelta(60), sbp_mmhg=150))
    encounter = record(client, form("htn", person.id, sbp_mmhg=152))
    body = form("htn", person.id, sbp_mmhg=156)
    said = client.post("/v1/followups:assess", json=body, params={"corrects": encounter}).json()
    done = correct(client, encounter, body).json()
    assert said["judgements"] == [each["judgement"] for each in done["followups"]]
    assert said["judgements"][0]["action"] == "REFER"
    assert said["judgements"][0]["warnings"] == []  # not against its own former version


def test_only_the_latest_version_can_be_corrected(client: TestClient, person: Patient, form: Form) -> None:
    body = form("htn", person.id)
    encounter = record(client, body)
    sent = {"reason": "x", "visit": body}
    assert client.post(f"/v1/followups/{encounter}:correct", json=sent).status_code == 428
    assert correct(client, encounter, form("htn", person.id, sbp_mmhg=138)).status_code == 200
    assert correct(client, encounter, form("htn", person.id, sbp_mmhg=136), 1).status_code == 412
    assert correct(client, encounter, form("htn", person.id, sbp_mmhg=136), 2).status_code == 200
    assert withdraw(client, encounter, 3).status_code == 200
    late = correct(client, encounter, form("htn", person.id), 3)
    assert (late.status_code, late.json()["code"]) == (409, "withdrawn")


def test_a_correction_sent_twice_under_a_key_is_stored_once(
    client: TestClient, session: Session, person: Patient, form: Form
) -> None:
    encounter = record(client, form("htn", person.id, sbp_mmhg=152))
    key = {"Idempotency-Key": "c-1"}
    first = correct(client, encounter, form("htn", person.id), **key)
    again = correct(client, encounter, form("htn", person.id), **key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    other = correct(client, encounter, form("htn", person.id, sbp_mmhg=120), 2, **key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert len(queries.encounter(session, Scope("test"), first.json()["encounter_id"])) == 2


def test_faults_point_into_the_body_of_the_correction(
    client: TestClient, make_patient: Callable[..., Patient], person: Patient, form: Form
) -> None:
    encounter = record(client, form("htn", person.id))
    wrong = correct(client, encounter, form("htn", person.id, dbp_mmhg=130))
    assert [each["pointer"] for each in wrong.json()["errors"]] == ["/visit/dbp_mmhg"]
    other = correct(client, encounter, form("htn", make_patient().id))
    assert [each["pointer"] for each in other.json()["errors"]] == ["/visit/patient_id"]


def test_a_correction_of_the_date_moves_the_next_step(
    client: TestClient, session: Session, person: Patient, form: Form
) -> None:
    encounter = record(client, form("both", person.id, TODAY - timedelta(3)))
    before = open_tasks(session, person)
    assert {due for _, _, due in before} == {TODAY - timedelta(3) + timedelta(90)}
    assert correct(client, encounter, form("both", person.id, TODAY - timedelta(8))).status_code == 200
    after = open_tasks(session, person)
    assert {due for _, _, due in after} == {TODAY - timedelta(8) + timedelta(90)}
    assert [each[:2] for each in after] == [each[:2] for each in before]  # the same tasks, not others
    done = set(session.scalars(select(Task.kind).where(Task.patient_id == person.id, Task.status == "done")))
    assert "first_visit" in done or not done


def test_a_visit_whose_date_is_corrected_behind_another_gives_its_next_step_back(
    client: TestClient, session: Session, person: Patient, form: Form
) -> None:
    first = record(client, form("htn", person.id, TODAY - timedelta(80)))
    second = record(client, form("htn", person.id, TODAY))
    own = {str(row.record_id) for row in queries.encounter(session, Scope("test"), first)}  # type: ignore[arg-type]
    assert correct(client, second, form("htn", person.id, TODAY - timedelta(160))).status_code == 200
    causes = {cause.partition(":")[2] for kind, cause, _ in open_tasks(session, person) if kind == "routine"}
    assert own <= causes


def test_a_withdrawn_visit_gives_back_the_step_it_had_settled(
    client: TestClient, session: Session, person: Patient, form: Form
) -> None:
    record(client, form("htn", person.id, TODAY - timedelta(80)))
    before = open_tasks(session, person)
    wrong = record(client, form("htn", person.id, TODAY, sbp_mmhg=150))
    assert open_tasks(session, person) != before
    done = withdraw(client, wrong)
    assert done.status_code == 200, done.text
    assert [each["ended_as"] for each in done.json()["followups"]] == ["withdrawn"]
    assert open_tasks(session, person) == before
    told = client.get(f"/v1/followups/{wrong}").json()
    assert (told["stands"], told["versions"][0]["followups"][0]["end_reason"]) == (False, "录错人")


def test_the_first_visit_is_due_again_when_the_only_visit_is_withdrawn(
    client: TestClient, session: Session, person: Patient, form: Form
) -> None:
    client.post("/v1/followups:assess", json=form("both", person.id))
    encounter = record(client, form("both", person.id))
    assert withdraw(client, encounter).status_code == 200
    assert {kind for kind, _, _ in open_tasks(session, person)} == {"first_visit"}
    stints = session.scalars(select(Enrolment).where(col(Enrolment.patient_id) == person.id))
    assert [each.last_follow_up_on for each in stints] == [None, None]


def test_a_disease_that_a_correction_leaves_out_is_withdrawn_and_one_that_it_adds_is_a_record(
    client: TestClient, session: Session, person: Patient, form: Form
) -> None:
    encounter = record(client, form("both", person.id))
    assert correct(client, encounter, form("htn", person.id)).status_code == 200
    rows = queries.encounter(session, Scope("test"), encounter)  # type: ignore[arg-type]
    assert [(row.version, row.disease, row.ended_as) for row in rows] == [
        (1, "HTN", "corrected"),
        (1, "T2DM", "withdrawn"),
        (2, "HTN", None),
    ]
    assert correct(client, encounter, form("both", person.id), 2).status_code == 200
    standing = [row for row in queries.encounter(session, Scope("test"), encounter) if row.ended_at is None]  # type: ignore[arg-type]
    assert [(row.disease, row.replaces_id is None) for row in standing] == [("HTN", False), ("T2DM", True)]


def test_an_alert_that_the_withdrawn_visit_had_answered_is_raised_again(
    client: TestClient, session: Session, person: Patient, form: Form, reading: Callable[..., Any]
) -> None:
    reading(person, NOW - timedelta(hours=20), sbp=196, dbp=118)
    encounter = record(client, form("htn", person.id))
    (alert,) = session.scalars(select(Alert).where(col(Alert.patient_id) == person.id))
    assert (alert.status, (alert.closed_by or "").partition(":")[0]) == (AlertStatus.CLOSED.value, "followup")
    assert withdraw(client, encounter).status_code == 200
    session.refresh(alert)
    assert (alert.status, alert.closed_by, alert.outcome) == (AlertStatus.OPEN.value, None, None)
    assert "critical_reading" in {kind for kind, _, _ in open_tasks(session, person)}


def test_an_alert_stays_closed_when_another_visit_answers_it_too(
    client: TestClient, session: Session, person: Patient, form: Form, reading: Callable[..., Any]
) -> None:
    reading(person, NOW - timedelta(hours=20), sbp=196, dbp=118)
    twice = [record(client, form("htn", person.id)) for _ in range(2)]
    assert withdraw(client, twice[0]).status_code == 200
    (alert,) = session.scalars(select(Alert).where(col(Alert.patient_id) == person.id))
    session.refresh(alert)
    assert alert.status == AlertStatus.CLOSED.value


def test_a_correction_of_values_leaves_the_alert_closed(
    client: TestClient, session: Session, person: Patient, form: Form, reading: Callable[..., Any]
) -> None:
    reading(person, NOW - timedelta(hours=20), sbp=196, dbp=118)
    encounter = record(client, form("htn", person.id))
    assert correct(client, encounter, form("htn", person.id, sbp_mmhg=138)).status_code == 200
    (alert,) = session.scalars(select(Alert).where(col(Alert.patient_id) == person.id))
    session.refresh(alert)
    assert (alert.status, alert.version) == (AlertStatus.CLOSED.value, alert.version)


def test_a_later_visit_is_judged_against_what_stands(client: TestClient, person: Patient, form: Form) -> None:
    wrong = record(client, form("htn", person.id, TODAY - timedelta(60), sbp_mmhg=150))
    assert withdraw(client, wrong).status_code == 200
    said = client.post("/v1/followups:assess", json=form("htn", person.id, sbp_mmhg=150)).json()
    assert said["judgements"][0]["action"] == "ADJUST"


def test_indicators_count_what_stands(
    client: TestClient, session: Session, transaction: db.Transaction, person: Patient, form: Form, clinic: Organisation
) -> None:
    def seen() -> tuple[int, int | None]:
        indicator_jobs.refresh(transaction, NOW)
        row = session.execute(
            text(
                "SELECT face_to_face_days, face_to_face_sbp_mmhg FROM indicator_fact"
                " WHERE patient_id = :id AND disease = 'HTN' ORDER BY period_end DESC LIMIT 1"
            ),
            {"id": person.id},
        ).one()
        return tuple(row)  # type: ignore[return-value]

    encounter = record(client, form("htn", person.id, sbp_mmhg=152))
    assert seen() == (1, 152)
    correct(client, encounter, form("htn", person.id, sbp_mmhg=132))
    assert seen() == (1, 132)
    withdraw(client, encounter, 2)
    assert seen() == (0, None)


def test_what_a_row_says_cannot_be_changed_in_the_database(
    client: TestClient, session: Session, person: Patient, form: Form
) -> None:
    encounter = record(client, form("htn", person.id))
    row = session.scalars(select(Followup).where(col(Followup.encounter_id) == encounter)).one()
    for change in ("sbp_mmhg = 120", "recorded_at = now()", "form = '{}'"):
        with pytest.raises(DBAPIError, match="only added and ended"), session.begin_nested():
            session.execute(text(f"UPDATE followup SET {change} WHERE id = :id"), {"id": row.id})  # noqa: S608
    assert withdraw(client, encounter).status_code == 200
    with pytest.raises(DBAPIError, match="only added and ended"), session.begin_nested():
        session.execute(text("UPDATE followup SET end_reason = 'x' WHERE id = :id"), {"id": row.id})


def test_the_reason_stands_in_the_history_and_not_in_the_trail(
    client: TestClient, session: Session, person: Patient, form: Form
) -> None:
    encounter = record(client, form("htn", person.id))
    withdraw(client, encounter)
    trail = session.scalars(text("SELECT detail::text FROM audit_event WHERE subject = 'followup'")).all()
    assert trail
    assert not [each for each in trail if "录错人" in each]
