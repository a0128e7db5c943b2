"""Recall: who is overdue stands on it until seen; what came of each call; lost only by evidence."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from cmc.accounts.roles import Role
from cmc.core import clock
from cmc.core.clock import LOCAL
from cmc.followups.tables import Task
from cmc.patients.tables import Enrolment, Patient

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=LOCAL)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, client: TestClient, sign_in: Any) -> Callable[[int], None]:
    """at(3) → three days later, 9:00; somebody signs in anew."""

    def move(days: int) -> None:
        monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=days))
        client.headers.update(sign_in(*Role))

    move(0)
    return move


@pytest.fixture
def overdue(session: Session, make_patient: Callable[..., Patient]) -> Callable[..., Patient]:
    """overdue("王建国", days=30) → a person whose visit is overdue for so long."""

    def make(name: str = "王建国", days: int = 30) -> Patient:
        patient = make_patient(name)
        session.add(
            Task(
                patient_id=patient.id, clinic_id=patient.clinic_id, disease="HTN", kind="routine", cause=f"followup:{name}",
                urgency=1, due_on=TODAY - timedelta(days=days), reason_zh="随访", reason_en="visit", opened_at=NOW,
            )
        )  # fmt: skip
        session.flush()
        return patient

    return make


def _section(client: TestClient) -> dict[str, str]:
    return {each["patient"]["id"]: each["section"] for each in client.get("/v1/recalls").json()["items"]}


def _call(client: TestClient, patient: Patient, result: str, channel: str = "phone", **more: Any) -> Any:
    body = {"channel": channel, "result": result, **more}
    return client.post(f"/v1/recalls/{patient.id}/calls", json=body)


def test_the_longest_overdue_comes_first_page_by_page(client: TestClient, at: Any, overdue: Any) -> None:
    people = [overdue(f"患者{days}", days) for days in (5, 90, 1, 40)]
    found: list[str] = []
    cursor = None
    while True:
        page = client.get("/v1/recalls", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        found += [each["patient"]["id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == [str(people[number].id) for number in (1, 3, 0, 2)]


@pytest.mark.parametrize(
    ("result", "more", "now", "later"),
    [
        ("agreed", {"remind_on": "2026-11-25"}, "agreed", (9, "to_call")),  # three days after the agreed day
        ("later", {"remind_on": "2026-11-23"}, "later", (3, "to_call")),  # back on its day
        ("no_answer", {}, "to_call", (1, "to_call")),
        ("wrong_number", {}, "removed", (30, "removed")),
        ("refused", {}, "removed", (30, "removed")),
        ("visited", {}, "removed", (30, "removed")),
        ("elsewhere", {}, "removed", (30, "removed")),
        ("moved", {}, "removed", (30, "removed")),
        ("died", {}, "removed", (30, "removed")),
        ("other", {}, "removed", (30, "removed")),
    ],
)
def test_where_a_person_stands_after_a_call(
    client: TestClient, at: Any, overdue: Any, result: str, more: dict[str, Any], now: str, later: tuple[int, str]
) -> None:
    patient = overdue()
    answer = _call(client, patient, result, **more)
    assert answer.status_code == 201, answer.text
    (item,) = client.get("/v1/recalls").json()["items"]
    assert (item["section"], item["called_today"], item["last_result"]) == (now, True, result)
    days, section = later
    at(days - 1)
    assert _section(client) == {str(patient.id): now}
    at(days)
    assert _section(client) == {str(patient.id): section}
    assert client.get("/v1/recalls").json()["items"][0]["called_today"] is False


def test_three_attempts_without_an_answer_take_a_person_off_and_a_nurse_puts_back(
    client: TestClient, at: Any, overdue: Any
) -> None:
    patient = overdue()
    for day in range(3):
        at(day)
        assert _section(client) == {str(patient.id): "to_call"}
        assert _call(client, patient, "no_answer").status_code == 201
    assert _section(client) == {str(patient.id): "removed"}
    assert client.post(f"/v1/recalls/{patient.id}:return").status_code == 201
    assert _section(client) == {str(patient.id): "to_call"}


def test_a_call_taken_back_counts_no_more_and_stays_on_record(client: TestClient, at: Any, overdue: Any) -> None:
    patient = overdue()
    call = _call(client, patient, "refused").json()
    assert client.post(f"/v1/recall-calls/{call['id']}:undo").status_code == 200
    assert client.post(f"/v1/recall-calls/{call['id']}:undo").status_code == 409
    assert _section(client) == {str(patient.id): "to_call"}
    (kept,) = client.get(f"/v1/recalls/{patient.id}").json()["calls"]
    assert kept["undone_at"] is not None


def test_a_death_that_was_told_asks_for_the_end_of_the_enrolment_and_records_none(
    client: TestClient, session: Session, at: Any, overdue: Any
) -> None:
    patient = overdue()
    assert _call(client, patient, "died").json()["then"] == "DIED"
    session.expire_all()
    assert patient.died_on is None


@pytest.mark.parametrize(
    ("result", "remind_on", "code"),
    [
        ("agreed", None, "missing"),
        ("later", None, "missing"),
        ("refused", "2026-11-25", "not_expected"),
        ("later", "2026-11-20", "out_of_range"),
        ("agreed", "2026-11-19", "out_of_range"),
        ("agreed", "2027-03-01", "out_of_range"),
    ],
)
def test_a_day_is_given_where_it_belongs(
    client: TestClient, at: Any, overdue: Any, result: str, remind_on: str | None, code: str
) -> None:
    answer = _call(client, overdue(), result, remind_on=remind_on)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


def test_nobody_is_called_more_than_three_times_a_day_and_a_repeated_request_is_one_call(
    client: TestClient, at: Any, overdue: Any
) -> None:
    patient = overdue()
    body, key = {"channel": "phone", "result": "no_answer"}, {"Idempotency-Key": "k1"}
    ids = {client.post(f"/v1/recalls/{patient.id}/calls", json=body, headers=key).json()["id"] for _ in range(3)}
    assert len(ids) == 1
    assert [_call(client, patient, "no_answer").status_code for _ in range(3)] == [201, 201, 409]


def test_who_comes_leaves_the_list_by_the_visit_and_is_counted_when_within_fifteen_days(
    client: TestClient, session: Session, at: Any, make_patient: Any, make_enrolment: Any
) -> None:
    people = [make_patient(f"患者{number}") for number in range(3)]
    form = {
        "diseases": ["HTN"], "mode": 1, "doctor": "李医生", "sbp_mmhg": 132, "dbp_mmhg": 82,
        "hypertension_symptoms": [1], "adherence": 1, "no_medication": True,
    }  # fmt: skip

    def seen(patient: Patient, on: date) -> None:
        body = {**form, "patient_id": str(patient.id), "visited_on": on.isoformat()}
        assert client.post("/v1/followups", json=body).status_code == 201

    for each in people:
        make_enrolment(each, enrolled_on=date(2026, 1, 5))
        seen(each, date(2026, 4, 1))
    assert len(_section(client)) == 3
    for each in people:
        _call(client, each, "agreed", remind_on="2026-11-25")
    at(15)
    seen(people[0], TODAY + timedelta(days=15))
    at(16)
    seen(people[1], TODAY + timedelta(days=16))
    assert list(_section(client)) == [str(people[2].id)]
    found = client.get("/v1/recalls/summary", params={"from": "2026-11-20", "to": "2026-11-20"}).json()
    assert (found["called"], found["returned_within_15_days"], found["returned_percent"]) == (3, 1, "33.33")
    assert (found["to_recall"], found["sections"]["to_call"]) == (1, 1)


def test_nobody_called_is_no_percentage(client: TestClient, at: Any) -> None:
    assert client.get("/v1/recalls/summary").json()["returned_percent"] is None


ATTEMPTS = [(0, "phone"), (7, "home"), (14, "phone")]


@pytest.mark.parametrize(
    ("attempts", "lost"),
    [
        (ATTEMPTS, True),
        (ATTEMPTS[:2], False),  # two attempts
        ([(0, "phone"), (7, "phone"), (14, "phone")], False),  # one channel
        ([(0, "phone"), (7, "home"), (13, "phone")], False),  # 13 days
        ([], False),
    ],
)
def test_lost_only_by_evidence(
    client: TestClient, at: Any, make_patient: Any, make_enrolment: Callable[..., Enrolment], attempts: Any, lost: bool
) -> None:
    patient = make_patient()
    enrolment = make_enrolment(patient, enrolled_on=date(2025, 1, 5))
    for day, channel in attempts:
        at(day)
        assert _call(client, patient, "no_answer", channel).status_code == 201
    assert client.get(f"/v1/recalls/{patient.id}").json()["evidence"]["is_enough"] is lost
    answer = client.post(f"/v1/recalls/{patient.id}:lose", json={"enrolment_id": str(enrolment.id)})
    assert answer.status_code == (200 if lost else 422), answer.text


def test_who_answered_in_between_was_reached(
    client: TestClient, at: Any, make_patient: Any, make_enrolment: Callable[..., Enrolment]
) -> None:
    patient = make_patient()
    make_enrolment(patient, enrolled_on=date(2025, 1, 5))
    for day, channel in ATTEMPTS:
        at(day)
        _call(client, patient, "no_answer", channel)
    at(15)
    _call(client, patient, "later", remind_on="2026-12-20")
    assert client.get(f"/v1/recalls/{patient.id}").json()["evidence"]["attempts"] == 0
