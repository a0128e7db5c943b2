"""What was kept aside is found, explained, settled and taken back; nothing is doubled, everything is in the trail."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts.roles import Role
from cmc.audit.tables import Act, AuditEvent
from cmc.core import clock
from cmc.organisations.tables import Organisation
from cmc.patients.tables import Patient

AT = "2026-03-15T07:00:00+08:00"
ITEM = {"kind": "glucose", "value": 6.1, "unit": "mmol/L", "device": "M-7", "sequence": 3, "taken_at": AT}


@pytest.fixture
def person(make_patient: Callable[..., Patient]) -> str:
    return str(make_patient().id)


def send(client: TestClient, **more: Any) -> dict[str, Any]:
    item = {name: value for name, value in (ITEM | more).items() if value is not None}
    result: dict[str, Any] = client.post("/v1/readings", json=item).json()["results"][0]
    return result


def decide(client: TestClient, held: str, verb: str, **body: Any) -> Any:
    return client.post(f"/v1/held-readings/{held}:{verb}", json=body)


def count(session: Session, table: str = "reading") -> int:
    return int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608 - a table of ours


def waiting(client: TestClient) -> list[str]:
    return [each["id"] for each in client.get("/v1/held-readings").json()["items"]]


def issue(client: TestClient, clinic: Organisation, code: str, people: dict[str, tuple[str, str | None]]) -> None:
    wanted = {"code": code, "kind": "meter", "clinic_id": str(clinic.id), "in_use_since": "2024-01-01T00:00:00Z"}
    device = client.post("/v1/devices", json=wanted).json()["id"]
    for who, (start, end) in people.items():
        given = client.post(f"/v1/devices/{device}:issue", json={"patient_id": who, "from_at": start})
        assert given.status_code == 201, given.text
        if end is not None:
            client.post(f"/v1/devices/{device}:return", json={"to_at": end})


def test_an_unmatched_reading_is_assigned_and_that_is_undone(client: TestClient, session: Session, person: str) -> None:
    held = send(client)
    assert (held["status"], held["errors"][0]["code"]) == ("quarantined", "unknown_person")
    done = decide(client, held["id"], "assign", patient_id=person)
    assert done.status_code == 200, done.text
    assert (done.json()["resolution"], done.json()["patient_id"]) == ("stored", person)
    stored = client.get(f"/v1/patients/{person}/readings").json()["items"]
    assert [(each["id"], each["glucose_mmol_l"], each["sequence"]) for each in stored] == [
        (done.json()["stored_id"], 6.1, 3)
    ]
    assert "reviewed" in stored[0]["notes"]
    assert waiting(client) == []
    undone = decide(client, held["id"], "undo").json()
    assert (undone["resolution"], undone["patient_id"], undone["stored_id"]) == (None, None, None)
    assert count(session) == 0
    assert waiting(client) == [held["id"]]


def test_an_assigned_reading_marks_its_person_for_the_jobs(client: TestClient, session: Session, person: str) -> None:
    held = send(client)
    session.execute(text("DELETE FROM touched"))
    decide(client, held["id"], "assign", patient_id=person)
    assert {str(each) for each in session.scalars(text("SELECT DISTINCT patient_id FROM touched"))} == {person}


def test_who_sends_it_again_with_its_person_meets_a_duplicate(
    client: TestClient, session: Session, person: str
) -> None:
    held = send(client)
    decide(client, held["id"], "assign", patient_id=person)
    assert send(client, patient_id=person)["status"] == "duplicate"
    assert send(client)["status"] == "quarantined"
    assert (count(session), waiting(client)) == (1, [])


def test_a_reading_that_was_on_file_already_is_not_removed_by_undo(
    client: TestClient, session: Session, person: str
) -> None:
    held = send(client)
    assert send(client, patient_id=person)["status"] == "created"
    assert decide(client, held["id"], "assign", patient_id=person).json()["resolution"] == "on_file"
    decide(client, held["id"], "undo")
    assert count(session) == 1


def test_a_doubtful_unit_is_confirmed_or_corrected(client: TestClient, person: str) -> None:
    low = send(client, value=27, unit="mg/dL", patient_id=person)
    other = send(client, value=6.3, unit="mg/dL", sequence=4, taken_at="2026-03-16T07:00:00+08:00", patient_id=person)
    assert decide(client, low["id"], "replay", taken_at=AT).json()["errors"][0]["code"] == "unit_doubtful"
    assert decide(client, low["id"], "replay", glucose_unit="mg/dL").status_code == 200
    assert decide(client, other["id"], "replay", glucose_unit="mmol/L").status_code == 200
    found = client.get(f"/v1/patients/{person}/readings").json()["items"]
    assert [(each["glucose_mmol_l"], each["alert_tier"]) for each in found] == [(6.3, None), (1.5, "RED")]
    assert all("unit_confirmed" in each["notes"] for each in found)


def test_a_clock_that_was_reset_is_corrected_and_keeps_the_devices_own_text(client: TestClient, person: str) -> None:
    held = send(client, taken_at="2000-01-01T00:03:00+08:00", patient_id=person)
    assert decide(client, held["id"], "replay", glucose_unit="mmol/L").json()["errors"][0]["code"] == "clock_reset"
    assert decide(client, held["id"], "replay", taken_at=AT).status_code == 200
    (found,) = client.get(f"/v1/patients/{person}/readings").json()["items"]
    assert (found["taken_on"], found["device_time_text"]) == ("2026-03-15", "2000-01-01T00:03:00+08:00")
    assert {"reviewed", "time_corrected"} <= set(found["notes"])


def test_a_clock_that_went_back_needs_the_right_time_before_it_counts(
    client: TestClient, clinic: Organisation, person: str
) -> None:
    issue(client, clinic, "M-7", {person: ("2024-01-02T00:00:00Z", None)})
    lately = (clock.now() - timedelta(days=2)).replace(microsecond=0).isoformat()
    assert send(client, sequence=10, taken_at=lately)["status"] == "created"
    held = send(client, sequence=11, taken_at="2025-03-15T07:00:00+08:00")
    assert [each["code"] for each in held["errors"]] == ["clock_backwards"]
    for verb in ("assign", "replay"):
        answer = decide(client, held["id"], verb, patient_id=person)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "clock_backwards")
    assert decide(client, held["id"], "replay", taken_at=lately).status_code == 200


def test_a_cuff_without_a_clock_whose_gateway_says_no_time_either_is_held_once(
    client: TestClient, session: Session, person: str
) -> None:
    body = {"device": "CUFF-1", "measurements": ["0098005f007200"]}
    first, again = (
        client.post("/v1/readings/gatt_blood_pressure", json=body, params={"patient_id": person}).json()["results"][0]
        for _ in range(2)
    )
    assert (first["status"], [each["code"] for each in first["errors"]]) == ("quarantined", ["time_unknown"])
    assert (again["id"], waiting(client), count(session)) == (first["id"], [first["id"]], 0)
    assert decide(client, first["id"], "assign", patient_id=person).json()["errors"][0]["code"] == "time_unknown"
    assert decide(client, first["id"], "replay", taken_at=AT).status_code == 200
    dated = body | {"received_at": "2026-03-16T07:00:00+08:00"}
    told = [
        client.post("/v1/readings/gatt_blood_pressure", json=dated, params={"patient_id": person}).json()["summary"]
        for _ in range(2)
    ]
    assert (told, count(session)) == ([{"created": 1}, {"duplicate": 1}], 2)


def test_what_was_wrongly_taken_for_control_solution_is_released(client: TestClient, person: str) -> None:
    venous = {"device": "GLU-1", "measurements": ["062e00ea070b140834003cc114"]}  # 31.6 mmol/L, type 4: venous plasma
    sent = client.post("/v1/readings/gatt_glucose", json=venous, params={"patient_id": person}).json()["results"][0]
    assert [each["code"] for each in sent["errors"]] == ["control_solution"]
    assert decide(client, sent["id"], "assign", patient_id=person).status_code == 422
    assert decide(client, sent["id"], "replay", control_solution=True).status_code == 422
    done = decide(client, sent["id"], "replay", control_solution=False)
    assert done.status_code == 200, done.text
    (found,) = client.get(f"/v1/patients/{person}/readings").json()["items"]
    assert (found["glucose_mmol_l"], found["alert_tier"]) == (31.6, "RED")
    assert "no_control_solution" in found["notes"]


@pytest.mark.parametrize("taken_at", ["2999-01-01T00:00:00Z", "2001-01-01T00:00:00Z", "2026-01-01T00:00:00", "soon"])
def test_a_correction_that_cannot_be_is_refused(client: TestClient, person: str, taken_at: str) -> None:
    held = send(client, taken_at="2000-01-01T00:03:00+08:00", patient_id=person)
    answer = decide(client, held["id"], "replay", taken_at=taken_at)
    assert (answer.status_code, answer.json()["errors"] != []) == (422, True)


@pytest.mark.parametrize("body", [{}, {"patient_id": None}])
def test_a_replay_without_anything_found_out_is_refused(client: TestClient, body: dict[str, Any]) -> None:
    assert decide(client, send(client)["id"], "replay", **body).status_code == 422


def test_what_is_decided_is_decided_once(client: TestClient, person: str) -> None:
    held = send(client)["id"]
    assert decide(client, held, "undo").json()["code"] == "not-resolved"
    assert decide(client, held, "dismiss", reason="wrong_value").json()["dismissed_because"] == "wrong_value"
    for verb, body in (("assign", {"patient_id": person}), ("dismiss", {"reason": "unknown"})):
        assert (decide(client, held, verb, **body).status_code) == 409
    assert decide(client, held, "undo").json()["dismissed_because"] is None
    assert decide(client, held, "assign", patient_id=person).status_code == 200


def test_a_conflict_shows_both_and_keeps_the_first(client: TestClient, session: Session, person: str) -> None:
    first = send(client, patient_id=person)
    conflict = send(client, patient_id=person, value=9.9)
    assert (conflict["status"], conflict["id"]) == ("conflict", first["id"])
    (held,) = client.get("/v1/held-readings", params={"kind": "conflict"}).json()["items"]
    shown = client.get(f"/v1/held-readings/{held['id']}").json()
    assert (shown["item"]["value"], shown["stored"]["glucose_mmol_l"]) == (9.9, 6.1)
    assert decide(client, held["id"], "assign", patient_id=person).json()["code"] == "conflict"
    assert decide(client, held["id"], "dismiss", reason="first_is_right").status_code == 200
    assert count(session) == 1


def test_candidates_come_in_order_with_their_reasons_and_masked(
    client: TestClient, clinic: Organisation, make_clinic: Any, make_patient: Callable[..., Patient]
) -> None:
    before, alike, unlike = (str(make_patient(name).id) for name in ("王建国", "李秀英", "张伟"))
    elsewhere = make_clinic("C9")
    foreign = str(make_patient("赵敏", clinic_id=elsewhere.id).id)
    issue(client, clinic, "M-7", {before: ("2026-01-01T00:00:00Z", "2026-03-10T00:00:00Z")})
    issue(client, clinic, "M-8", {alike: ("2026-01-01T00:00:00Z", None)})
    issue(client, clinic, "M-9", {unlike: ("2026-01-01T00:00:00Z", None)})
    issue(client, elsewhere, "M-10", {foreign: ("2026-01-01T00:00:00Z", None)})
    for who, value in ((alike, 6.4), (unlike, 15.0)):
        send(client, patient_id=who, value=value, device=None, sequence=None, taken_at="2026-03-14T07:00:00+08:00")
    held = send(client)
    candidates = client.get(f"/v1/held-readings/{held['id']}").json()["candidates"]
    assert [(each["person"]["id"], each["reasons"]) for each in candidates][:3] == [
        (before, ["held_it_near"]),
        (alike, ["holds_kind", "measured_lately", "alike"]),
        (unlike, ["holds_kind", "measured_lately"]),
    ]
    assert candidates[0]["person"]["name"] == "王**"
    assert candidates[0]["reasons_zh"] == ["前后30天内领用过该设备"]


def test_what_is_decided_stands_in_the_trail_with_the_person(client: TestClient, session: Session, person: str) -> None:
    held = send(client)["id"]
    decide(client, held, "assign", patient_id=person)
    decide(client, held, "undo")
    events = session.scalars(
        select(AuditEvent)
        .where(col(AuditEvent.subject).in_(["held_reading", "reading"]), col(AuditEvent.act) != Act.LIST)
        .order_by(col(AuditEvent.seq))
    ).all()
    told = [(each.act, each.subject, [str(who) for who in each.person_ids]) for each in events]
    assert told == [
        (Act.CHANGE, "held_reading", [person]),
        (Act.DELETE, "reading", [person]),
        (Act.CHANGE, "held_reading", []),
    ]
    assert events[0].detail["after"]["resolution"] == "stored"


def test_a_row_of_an_imported_file_is_assigned_from_what_was_kept_of_it(
    session: Session, client: TestClient, person: str
) -> None:
    held = send(client, value=6.10)["id"]
    session.execute(text("UPDATE receipt SET format = 'csv'"))
    assert decide(client, held, "assign", patient_id=person).status_code == 200
    (found,) = client.get(f"/v1/patients/{person}/readings").json()["items"]
    assert found["glucose_mmol_l"] == 6.1


def test_without_its_body_a_reading_is_not_made_up(client: TestClient, session: Session, person: str) -> None:
    held = send(client)["id"]
    session.execute(text("DELETE FROM receipt"))
    assert client.get(f"/v1/held-readings/{held}").json()["candidates"] == []
    assert decide(client, held, "assign", patient_id=person).json()["code"] == "body-gone"


def test_a_vendors_reading_is_replayed_through_its_raw_body(
    client: TestClient, session: Session, clinic: Organisation, person: str
) -> None:
    push = {
        "readingType": "BloodGlucose", "deviceId": "860000000000001", "time": 1764547200000, "type": "Reading",
        "data": {"glucose": "109.8", "unit": "mg/dL"},
    }  # fmt: skip
    assert client.post("/v1/readings/tellihealth", json=push).status_code == 200
    (held,) = waiting(client)
    assert decide(client, held, "assign", patient_id=person).status_code == 200
    (found,) = client.get(f"/v1/patients/{person}/readings").json()["items"]
    assert (found["value_text"], found["unit_text"], found["device"]) == ("109.8", "mg/dL", "860000000000001")


@pytest.mark.parametrize("registered", [False, True])
def test_what_was_said_beside_a_body_holds_when_it_is_read_again(
    client: TestClient, clinic: Organisation, person: str, registered: bool
) -> None:
    if registered:  # the register would say another zone
        issue(client, clinic, "MY-METER", {})
    lines = b'"2026-03-15 07:12:00","7.20","Before Meal","blood sample",""\n'
    given = {"device": "MY-METER", "timezone": "Europe/Berlin", "glucose_unit": "mmol/L"}
    assert client.post("/v1/readings/glucometerutils_csv", content=lines, params=given).status_code == 200
    (held,) = waiting(client)
    done = decide(client, held, "assign", patient_id=person)
    assert done.status_code == 200, done.text
    (found,) = client.get(f"/v1/patients/{person}/readings").json()["items"]
    assert (found["taken_at"][:16], found["glucose_mmol_l"], found["value_text"]) == ("2026-03-15T06:12", 7.2, "7.20")


def test_what_a_sender_of_several_clinics_sent_is_read_again_by_the_persons_clinic(
    app: FastAPI, make_clinic: Any, clinic: Organisation, region: Organisation, sign_in: Any, person: str
) -> None:
    make_clinic("another")
    hub = TestClient(app, headers=sign_in(Role.NURSE, at=region))
    reviewer = TestClient(app, headers=sign_in(Role.NURSE, at=clinic))
    doubtful = send(hub, value=6.3, unit="mg/dL", patient_id=person)
    assert doubtful["status"] == "quarantined"
    done = decide(reviewer, doubtful["id"], "replay", glucose_unit="mmol/L")
    assert done.status_code == 200, done.text
    (found,) = reviewer.get(f"/v1/patients/{person}/readings").json()["items"]
    assert found["glucose_mmol_l"] == 6.3


def test_the_list_is_asked_for_what_is_unmatched_and_for_what_was_decided(client: TestClient, person: str) -> None:
    unmatched = send(client)["id"]
    doubtful = send(client, value=27, unit="mg/dL", patient_id=person)["id"]

    def listed(**query: Any) -> list[str]:
        return [each["id"] for each in client.get("/v1/held-readings", params=query).json()["items"]]

    assert (listed(unmatched=True), listed(unmatched=False)) == ([unmatched], [doubtful])
    assert set(listed()) == {unmatched, doubtful}
    decide(client, doubtful, "dismiss", reason="wrong_value")
    assert (listed(), listed(resolved=True)) == ([unmatched], [doubtful])


def register(client: TestClient, clinic: Organisation, code: str = "M-7") -> str:
    wanted = {"code": code, "kind": "meter", "clinic_id": str(clinic.id), "in_use_since": "2024-01-01T00:00:00Z"}
    return str(client.post("/v1/devices", json=wanted).json()["id"])


def test_a_device_goes_with_its_reading_and_later_readings_follow_by_themselves(
    client: TestClient, session: Session, clinic: Organisation, person: str
) -> None:
    device = register(client, clinic)
    held = send(client)
    assert held["status"] == "quarantined"
    detail = client.get(f"/v1/held-readings/{held['id']}").json()
    assert detail["registered"] == {"id": device, "retired": False, "is_held": False}
    done = decide(client, held["id"], "assign", patient_id=person, keep_device=True)
    assert done.status_code == 200, done.text
    (issue,) = client.get(f"/v1/devices/{device}").json()["issues"]
    assert (issue["id"], issue["patient_id"]) == (done.json()["issue_id"], person)
    assert (issue["from_at"], issue["to_at"]) == ("2026-03-14T23:00:00Z", None)
    assert client.post(f"/v1/held-readings/{held['id']}:undo").status_code == 200
    assert client.get(f"/v1/devices/{device}").json()["issues"] == []
    decide(client, held["id"], "assign", patient_id=person, keep_device=True)
    later = send(client, sequence=4, value=7.0, taken_at="2026-03-15T19:00:00+08:00")
    assert later["status"] == "created", later
    earlier = send(client, sequence=2, value=7.4, taken_at="2026-03-14T19:00:00+08:00")
    assert earlier["status"] == "quarantined"
    values = [each["glucose_mmol_l"] for each in client.get(f"/v1/patients/{person}/readings").json()["items"]]
    assert sorted(values) == [6.1, 7.0]
    noted = session.scalars(select(AuditEvent).where(col(AuditEvent.subject) == "device_issue")).all()
    assert {(each.act, str(who)) for each in noted for who in each.person_ids} >= {
        ("create", person),
        ("delete", person),
    }


def test_what_came_by_the_issue_since_keeps_it_until_the_device_is_returned(
    client: TestClient, clinic: Organisation, person: str
) -> None:
    device = register(client, clinic)
    held = send(client)
    decide(client, held["id"], "assign", patient_id=person, keep_device=True)
    assert send(client, sequence=4, taken_at="2026-03-16T07:00:00+08:00")["status"] == "created"
    refused = decide(client, held["id"], "undo")
    assert (refused.status_code, refused.json()["code"]) == (409, "device-used")
    client.post(f"/v1/devices/{device}:return", json={})
    assert decide(client, held["id"], "undo").json()["issue_id"] is None
    (kept,) = client.get(f"/v1/devices/{device}").json()["issues"]
    assert kept["to_at"] is not None


def test_who_has_the_device_is_only_ended_when_that_is_said_and_has_it_again_when_undone(
    client: TestClient, clinic: Organisation, make_patient: Callable[..., Patient], person: str
) -> None:
    device, other = register(client, clinic), str(make_patient().id)
    held = send(client)
    lent = {"patient_id": other, "from_at": "2026-03-01T00:00:00Z"}
    assert client.post(f"/v1/devices/{device}:issue", json=lent).status_code == 201
    refused = decide(client, held["id"], "assign", patient_id=person, keep_device=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "device-issued")
    assert (waiting(client), len(client.get(f"/v1/devices/{device}").json()["issues"])) == ([held["id"]], 1)
    done = decide(client, held["id"], "assign", patient_id=person, keep_device=True, end_holder=True)
    assert done.status_code == 200, done.text
    issues = client.get(f"/v1/devices/{device}").json()["issues"]
    at = "2026-03-14T23:00:00Z"
    assert [(each["patient_id"], each["from_at"], each["to_at"]) for each in issues] == [
        (person, at, None),
        (other, "2026-03-01T00:00:00Z", at),
    ]
    decide(client, held["id"], "undo")
    (again,) = client.get(f"/v1/devices/{device}").json()["issues"]
    assert (again["patient_id"], again["to_at"]) == (other, None)


def test_a_holding_after_that_time_is_never_cut(
    client: TestClient, clinic: Organisation, make_patient: Callable[..., Patient], person: str
) -> None:
    device, other = register(client, clinic), str(make_patient().id)
    held = send(client)
    client.post(f"/v1/devices/{device}:issue", json={"patient_id": other, "from_at": "2026-03-20T00:00:00Z"})
    refused = decide(client, held["id"], "assign", patient_id=person, keep_device=True, end_holder=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "device-issued")
    client.post(f"/v1/devices/{device}:return", json={"to_at": "2026-04-01T00:00:00Z"})
    refused = decide(client, held["id"], "assign", patient_id=person, keep_device=True, end_holder=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "device-issued")


def test_a_device_that_is_the_persons_stays_as_it_is(client: TestClient, clinic: Organisation, person: str) -> None:
    device = register(client, clinic)
    held = send(client)
    client.post(f"/v1/devices/{device}:issue", json={"patient_id": person, "from_at": "2026-03-20T00:00:00Z"})
    done = decide(client, held["id"], "assign", patient_id=person, keep_device=True)
    assert (done.status_code, done.json()["issue_id"]) == (200, None)
    assert decide(client, held["id"], "undo").status_code == 200
    assert len(client.get(f"/v1/devices/{device}").json()["issues"]) == 1


def test_a_device_that_nobody_knows_is_not_given_out(client: TestClient, person: str) -> None:
    held = send(client)
    assert client.get(f"/v1/held-readings/{held['id']}").json()["registered"] is None
    refused = decide(client, held["id"], "assign", patient_id=person, keep_device=True)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/keep_device")
    assert decide(client, held["id"], "assign", patient_id=person, end_holder=True).status_code == 422
    assert waiting(client) == [held["id"]]


def test_what_was_of_nobody_stays_in_that_list_once_it_is_decided(client: TestClient, person: str) -> None:
    held, known = send(client), send(client, value=27, unit="mg/dL", sequence=9, patient_id=person)
    decide(client, held["id"], "assign", patient_id=person)
    decide(client, known["id"], "dismiss", reason="wrong_value")
    for unmatched, wanted in (("true", held["id"]), ("false", known["id"])):
        found = client.get("/v1/held-readings", params={"unmatched": unmatched, "resolved": "true"}).json()["items"]
        assert [each["id"] for each in found] == [wanted]
