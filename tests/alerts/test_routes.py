"""Alerts over HTTP: the list that is polled, one alert, taking on and closing, counts, personal targets."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cmc.accounts.roles import Role
from cmc.organisations.tables import Organisation
from cmc.patients.tables import Patient

from .conftest import NOW, Look, Send, glucose, pressure


@pytest.fixture
def three(make_patient: Callable[..., Patient], send: Send, look: Look) -> list[Patient]:
    """Somebody late (YELLOW), somebody RED, and a second RED that came first."""
    people = [make_patient(f"患者{number}") for number in range(3)]
    send(pressure(people[2], 190, 100, NOW - timedelta(minutes=9)), now=NOW - timedelta(minutes=8))
    send(pressure(people[0], 190, 100, NOW - timedelta(days=5)), now=NOW - timedelta(minutes=5))
    send(glucose(people[1], 25.0))
    look()
    return people


def test_the_list_is_sorted_by_tier_and_age_and_masked(client: TestClient, three: list[Patient]) -> None:
    items = client.get("/v1/alerts").json()["items"]
    assert [each["patient_id"] for each in items] == [str(three[number].id) for number in (2, 1, 0)]
    assert [each["tier"] for each in items] == ["RED", "RED", "YELLOW"]
    first = items[0]
    assert (first["person"]["name"], first["words"]["zh"]) == ("患**", "血压 190/100")
    assert datetime.fromisoformat(first["answer_by"]) == NOW + timedelta(minutes=22)
    assert first["repeat_from"] is not None


def test_pages_follow_each_other_and_filters_are_closed_sets(client: TestClient, three: list[Patient]) -> None:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params: dict[str, Any] = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/alerts", params=params).json()
        seen += [each["patient_id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [str(three[number].id) for number in (2, 1, 0)]
    assert len(client.get("/v1/alerts", params={"tier": "YELLOW"}).json()["items"]) == 1
    assert len(client.get("/v1/alerts", params={"rule": "critical_glucose"}).json()["items"]) == 1
    assert client.get("/v1/alerts", params={"status": "closed"}).json()["items"] == []
    for wrong in ({"tier": "PINK"}, {"status": "x"}, {"cursor": "AAAA"}, {"level": "x"}, {"limit": 0}):
        assert client.get("/v1/alerts", params=wrong).status_code == 422


def test_a_poll_is_304_until_something_happens(client: TestClient, three: list[Patient], send: Send) -> None:
    first = client.get("/v1/alerts")
    tag = {"If-None-Match": first.headers["etag"]}
    assert client.get("/v1/alerts", headers=tag).status_code == 304
    send(pressure(three[1], 222, 120))
    assert client.get("/v1/alerts", headers=tag).status_code == 200


def test_an_alert_is_taken_on_and_closed_and_tells_its_history(client: TestClient, three: list[Patient]) -> None:
    alert = client.get("/v1/alerts").json()["items"][0]["id"]
    taken = client.post(f"/v1/alerts/{alert}:acknowledge", json={"promise": "call"})
    assert (taken.status_code, taken.json()["status"], taken.json()["promise"]) == (200, "acknowledged", "call")
    again = client.post(f"/v1/alerts/{alert}:acknowledge", json={"promise": "call"})
    assert (again.status_code, again.json()["code"]) == (409, "alert-acknowledged")
    bare = client.post(f"/v1/alerts/{alert}:close", json={"outcome": "called"})
    assert (bare.status_code, bare.json()["errors"][0]["pointer"]) == (422, "/note")
    ours = client.post(f"/v1/alerts/{alert}:close", json={"outcome": "died", "note": "x"})
    assert (ours.status_code, ours.json()["errors"][0]["pointer"]) == (422, "/outcome")
    closed = client.post(f"/v1/alerts/{alert}:close", json={"outcome": "called", "note": "已服药，复测正常"}).json()
    assert [each["happening"] for each in closed["events"]] == ["raised", "acknowledged", "closed"]
    assert closed["check_by"] == "2026-12-04"
    assert client.get(f"/v1/alerts/{alert}").json() == closed
    assert alert not in {each["id"] for each in client.get("/v1/alerts").json()["items"]}
    mine = client.get(f"/v1/patients/{three[2].id}/alerts").json()["items"]
    assert [(each["id"], each["status"]) for each in mine] == [(alert, "closed")]


def test_a_closed_alert_takes_its_task_off_the_work_list(
    client: TestClient, three: list[Patient], transaction: Any
) -> None:
    from cmc.followups import jobs as followups  # noqa: PLC0415

    followups.refresh(transaction, NOW)
    assert client.get("/v1/worklist/counts").json()["critical"] == 3
    for each in client.get("/v1/alerts").json()["items"]:
        assert client.post(f"/v1/alerts/{each['id']}:close", json={"outcome": "called", "note": "x"}).status_code == 200
    followups.refresh(transaction, NOW)
    assert client.get("/v1/worklist/counts").json()["critical"] == 0


def test_a_supervisor_counts_without_seeing_anybody(
    client: TestClient, three: list[Patient], sign_in: Any, district: Organisation, clinic: Organisation
) -> None:
    headers = sign_in(Role.SUPERVISOR, at=district)
    client.cookies.clear()
    client.headers.clear()
    counted = client.get("/v1/alerts/counts", headers=headers)
    assert [(each["clinic_id"], each["tier"], each["status"], each["alerts"]) for each in counted.json()["items"]] == [
        (str(clinic.id), "RED", "open", 2),
        (str(clinic.id), "YELLOW", "open", 1),
    ]
    assert client.get("/v1/alerts", headers=headers).status_code == 403


def test_a_nurse_of_another_clinic_sees_and_closes_nothing(
    client: TestClient, three: list[Patient], sign_in: Any, make_clinic: Callable[..., Organisation]
) -> None:
    alert = client.get("/v1/alerts").json()["items"][0]["id"]
    headers = sign_in(Role.DOCTOR, at=make_clinic("C9"))
    client.headers.clear()
    assert client.get("/v1/alerts", headers=headers).json()["items"] == []
    assert client.get(f"/v1/alerts/{alert}", headers=headers).status_code == 404
    answer = client.post(f"/v1/alerts/{alert}:close", json={"outcome": "called", "note": "x"}, headers=headers)
    assert answer.status_code == 404


def test_targets_are_set_with_a_reason_and_keep_their_history(
    client: TestClient, make_patient: Callable[..., Patient], make_enrolment: Any
) -> None:
    person = make_patient()
    make_enrolment(person)
    address = f"/v1/patients/{person.id}/targets"
    before = client.get(address).json()
    assert [(each["label"], each["personal"]) for each in before["targets"] if each["quantity"] == "SBP_MMHG"] == [
        ("<130", False)
    ]
    assert before["alarms"]["sbp_mmhg"] == 180
    wanted = {"quantity": "SBP_MMHG", "high": 145, "reason": "体位性低血压"}
    after = client.post(address, json=wanted).json()
    assert [(each["label"], each["personal"]) for each in after["targets"] if each["quantity"] == "SBP_MMHG"] == [
        ("<145", True)
    ]
    summary = client.get(f"/v1/patients/{person.id}/summary").json()
    assert "<145" in {each["label"] for each in summary["targets"]}
    alarm = client.post(address, json={"purpose": "alarm", "quantity": "OTHER_MMOL_L", "low": 4.4, "reason": "胰岛素"})
    assert alarm.json()["alarms"]["low_glucose_mmol_l"] in {"4.4", 4.4}
    gone = client.post(f"{address}:withdraw", json={"quantity": "SBP_MMHG", "reason": "耐受良好"}).json()
    assert [each["label"] for each in gone["targets"] if each["quantity"] == "SBP_MMHG"] == ["<130"]
    assert [(each["quantity"], each["reason"]) for each in gone["history"]] == [
        ("SBP_MMHG", "耐受良好"),
        ("OTHER_MMOL_L", "胰岛素"),
        ("SBP_MMHG", "体位性低血压"),
    ]
    again = client.post(f"{address}:withdraw", json={"quantity": "SBP_MMHG", "reason": "x"})
    assert (again.status_code, again.json()["code"]) == (409, "nothing-set")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"quantity": "SBP_MMHG", "reason": "x"}, "/high"),
        ({"quantity": "SBP_MMHG", "high": 140}, "/reason"),
        ({"quantity": "SBP_MMHG", "high": 140, "reason": "  "}, "/reason"),
        ({"quantity": "SBP_MMHG", "high": 900, "reason": "x"}, "/high"),
        ({"quantity": "SBP_MMHG", "low": 140, "high": 120, "reason": "x"}, "/low"),
        ({"quantity": "SBP_MMHG", "high": 140, "until": "2026-11-20", "reason": "x"}, "/until"),
        ({"quantity": "BMI", "high": 24, "purpose": "alarm", "reason": "x"}, "/quantity"),
        ({"quantity": "SBP_MMHG", "low": 90, "purpose": "alarm", "reason": "x"}, "/low"),
        ({"quantity": "DBP_MMHG", "high": 111, "purpose": "alarm", "reason": "x"}, "/high"),
        ({"quantity": "OTHER_MMOL_L", "low": 3.8, "purpose": "alarm", "reason": "x"}, "/low"),
        ({"quantity": "WEIGHT", "high": 1, "reason": "x"}, "/quantity"),
    ],
)
def test_what_cannot_be_a_target_is_refused_at_its_field(
    client: TestClient, make_patient: Callable[..., Patient], wrong: dict[str, Any], pointer: str
) -> None:
    answer = client.post(f"/v1/patients/{make_patient().id}/targets", json=wrong)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize("address", ["targets", "targets:withdraw"])
@pytest.mark.parametrize("bad", ["头晕\x00", "头\ue000晕", "\x1b[31m头晕"])
def test_a_reason_that_no_text_may_hold_is_refused_by_its_field(
    client: TestClient, make_patient: Callable[..., Patient], address: str, bad: str
) -> None:
    person = make_patient()
    value = {"purpose": "target", "quantity": "SBP_MMHG", "reason": bad} | ({} if ":" in address else {"high": 140})
    answer = client.post(f"/v1/patients/{person.id}/{address}", json=value)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/reason"]
