"""What people do with tasks by hand: assigned, put off, marked as done, moved, taken back; the calendar counts it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts.roles import Role
from cmc.accounts.tables import AppUser
from cmc.core import clock, db
from cmc.core.clock import LOCAL
from cmc.followups import jobs
from cmc.followups.tables import Task, TaskEvent
from cmc.organisations.tables import Organisation
from cmc.patients.tables import Enrolment, Patient

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=LOCAL)
MakePatient = Callable[..., Patient]


@pytest.fixture
def task(session: Session, make_patient: MakePatient) -> Callable[..., Task]:
    """task("hba1c", days=-3) → an open task of a new person, due three days ago."""

    def make(kind: str = "hba1c", days: int = 0, *, patient: Patient | None = None, **more: Any) -> Task:
        patient = patient or make_patient()
        due_on = TODAY + timedelta(days=days)
        row = Task(
            patient_id=patient.id, clinic_id=patient.clinic_id, kind=kind, cause=f"{kind}:{uuid4()}",
            urgency=0 if kind == "critical_reading" else 1, due_on=due_on, planned_on=due_on,
            reason_zh="应查", reason_en="due", opened_at=NOW, **more,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row

    return make


def _listed(client: TestClient, **query: Any) -> list[str]:
    return [each["id"] for each in client.get("/v1/worklist", params=query).json()["items"]]


def test_what_is_put_off_comes_back_on_its_day(
    client: TestClient, task: Callable[..., Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = task()
    answer = client.post(f"/v1/worklist/{one.id}:snooze", json={"until": "2026-11-23", "reason": "away"})
    assert answer.status_code == 200, answer.text
    assert (_listed(client), _listed(client, state="snoozed")) == ([], [str(one.id)])
    assert client.get("/v1/worklist/counts").json()["all"] == 0
    monkeypatch.setattr(clock, "today", lambda: date(2026, 11, 22))
    assert _listed(client) == []
    monkeypatch.setattr(clock, "today", lambda: date(2026, 11, 23))
    assert (_listed(client), _listed(client, state="snoozed")) == ([str(one.id)], [])


@pytest.mark.parametrize("until", ["2026-11-20", "2026-11-19", "2027-02-19"])
def test_a_task_is_put_off_to_a_day_ahead_and_not_for_ever(
    client: TestClient, task: Callable[..., Task], until: str
) -> None:
    answer = client.post(f"/v1/worklist/{task().id}:snooze", json={"until": until, "reason": "away"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/until")


def test_what_cannot_wait_is_not_put_off(client: TestClient, task: Callable[..., Task]) -> None:
    one = task("critical_reading")
    answer = client.post(f"/v1/worklist/{one.id}:snooze", json={"until": "2026-11-23", "reason": "away"})
    assert (answer.status_code, answer.json()["code"]) == (409, "cannot-wait")


def test_only_what_the_record_may_not_show_is_marked_as_done_and_it_can_be_taken_back(
    client: TestClient, session: Session, task: Callable[..., Task]
) -> None:
    visit, test = task("routine"), task("hba1c")
    done = {"reason": "done_elsewhere"}
    refused = client.post(f"/v1/worklist/{visit.id}:done", json=done)
    assert (refused.status_code, refused.json()["code"]) == (409, "closes-by-itself")
    assert client.post(f"/v1/worklist/{test.id}:done", json=done).json()["status"] == "done"
    assert _listed(client) == [str(visit.id)]
    again = client.post(f"/v1/worklist/{test.id}:done", json=done)
    assert (again.status_code, again.json()["code"]) == (409, "task-closed")
    assert client.post(f"/v1/worklist/{test.id}:undo").json()["status"] == "open"
    assert set(_listed(client)) == {str(visit.id), str(test.id)}
    nothing = client.post(f"/v1/worklist/{test.id}:undo")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing-to-undo")
    (event,) = session.scalars(select(TaskEvent).where(col(TaskEvent.task_id) == test.id)).all()
    assert (event.act, event.undone_at is not None) == ("done", True)


def test_another_persons_act_and_an_old_one_are_not_taken_back(
    client: TestClient, app: Any, sign_in: Any, task: Callable[..., Task], clinic: Organisation, monkeypatch: Any
) -> None:
    one = task()
    client.post(f"/v1/worklist/{one.id}:done", json={"reason": "by_phone"})
    other = TestClient(app, headers=sign_in(Role.NURSE, at=clinic))
    assert other.post(f"/v1/worklist/{one.id}:undo").status_code == 409
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=11))
    assert client.post(f"/v1/worklist/{one.id}:undo").status_code == 409


def test_a_task_is_given_to_who_works_there(
    client: TestClient, session: Session, sign_in: Any, task: Callable[..., Task], make_clinic: Any, clinic: Any
) -> None:
    one = task()
    sign_in(Role.NURSE, at=clinic, login="here")
    sign_in(Role.NURSE, at=make_clinic("C9"), login="elsewhere")
    ids = {row.login: row.id for row in session.scalars(select(AppUser))}
    refused = client.post(f"/v1/worklist/{one.id}:assign", json={"assignee_id": str(ids["elsewhere"])})
    assert (refused.status_code, refused.json()["code"]) == (409, "not-a-colleague")
    assert client.post(f"/v1/worklist/{one.id}:assign", json={"assignee_id": str(ids["here"])}).status_code == 200
    assert _listed(client, assignee=str(ids["here"])) == [str(one.id)]
    assert _listed(client, assignee="none") == []
    client.post(f"/v1/worklist/{one.id}:undo")
    assert _listed(client, assignee="none") == [str(one.id)]


def test_the_staff_of_a_clinic_is_who_records_visits_there(
    client: TestClient, session: Session, sign_in: Any, make_clinic: Any, clinic: Organisation
) -> None:
    for login, role, at in (
        ("nurse-b", Role.NURSE, clinic), ("nurse-a", Role.NURSE, clinic), ("gone", Role.NURSE, clinic),
        ("auditor", Role.AUDITOR, None), ("elsewhere", Role.NURSE, make_clinic("C9")),
    ):  # fmt: skip
        sign_in(role, at=at, login=login)
    users = {row.login: row for row in session.scalars(select(AppUser))}
    users["gone"].disabled_at = NOW
    session.flush()
    found = client.get("/v1/plans/staff", params={"clinic": str(clinic.id)}).json()["items"]
    logins = [next(login for login, row in users.items() if str(row.id) == each["id"]) for each in found]
    assert {"nurse-a", "nurse-b"} <= set(logins)
    assert not {"gone", "auditor", "elsewhere"} & set(logins)
    assert [each["name"] for each in found] == sorted(each["name"] for each in found)
    assert client.get("/v1/plans/staff", params={"clinic": str(uuid4())}).status_code == 404


def test_many_at_once_are_each_judged_by_themselves(
    client: TestClient, task: Callable[..., Task], make_patient: MakePatient, make_clinic: Any
) -> None:
    good, visit = task(), task("routine")
    ids = [str(good.id), str(visit.id), str(uuid4())]
    body = {"task_ids": ids, "act": "done", "done_reason": "not_needed"}
    answer = client.post("/v1/worklist:batch", json=body).json()
    assert [each["code"] for each in answer["results"]] == [None, "closes-by-itself", "not-found"]
    assert (answer["done"], answer["refused"]) == (1, 2)
    assert client.post("/v1/worklist:batch", json=body | {"done_reason": None}).status_code == 422


def test_the_list_is_narrowed_by_kind_phone_and_village(
    client: TestClient, session: Session, task: Callable[..., Task], make_patient: MakePatient
) -> None:
    with_phone, without = (
        make_patient(phone="13812346131"),
        make_patient("李秀英", information={"region_code": "120103004005"}),
    )
    here = task("hba1c", patient=with_phone)
    there = task("routine", patient=without)
    assert _listed(client, kind="hba1c") == [str(here.id)]
    assert _listed(client, kind=["hba1c", "routine"]) == [
        str(each.id) for each in sorted((here, there), key=lambda t: t.id)
    ]
    assert _listed(client, no_phone=True) == [str(there.id)]
    assert _listed(client, village="120103004005") == _listed(client, village="120103") == [str(there.id)]
    assert _listed(client, village="120104") == []
    found = client.post("/v1/worklist:search", json={"text": "李秀英"}).json()["items"]
    assert [each["id"] for each in found] == [str(there.id)]
    assert client.post("/v1/worklist:search", json={"text": "张"}).json()["items"] == []


def _days(client: TestClient, clinic: Organisation, first: date, last: date) -> dict[str, Any]:
    answer = client.get(
        "/v1/plans", params={"clinic": str(clinic.id), "from": first.isoformat(), "to": last.isoformat()}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_sum_of_a_day_is_its_list_and_moving_is_counted(
    client: TestClient, task: Callable[..., Task], clinic: Organisation
) -> None:
    limit = TODAY + timedelta(days=3)
    tasks = [task("routine", days, latest_on=limit) for days in (0, 0, 1, 3, 5)]
    found = _days(client, clinic, TODAY, TODAY + timedelta(days=9))
    assert [day["planned"] for day in found["days"]] == [2, 1, 0, 1, 0, 1, 0, 0, 0, 0]
    assert [day["is_open"] for day in found["days"]][:4] == [True, False, False, True]  # Friday to Monday
    for day in found["days"]:
        items = client.get("/v1/plans/items", params={"clinic": str(clinic.id), "on": day["on"]}).json()["items"]
        assert len(items) == day["planned"] == sum(nurse["planned"] for nurse in day["nurses"])
    late = client.patch(f"/v1/plans/{tasks[0].id}", json={"planned_on": "2026-11-24", "reason": "person_asked"}).json()
    assert (late["past_limit"], [each["en"] for each in late["warnings"]]) == (
        True,
        ["The planned day lies past the last day that the standard permits"],
    )
    body = {"task_ids": [str(each.id) for each in tasks[1:4]], "days": 2, "reason": "staff"}
    moved = client.post("/v1/plans:batch", json=body).json()
    assert (moved["done"], moved["past_limit"]) == (3, 1)
    found = _days(client, clinic, TODAY, TODAY + timedelta(days=9))
    assert [day["planned"] for day in found["days"]] == [0, 0, 1, 1, 1, 2, 0, 0, 0, 0]
    assert sum(day["past_limit"] for day in found["days"]) == 3
    closed = client.patch(f"/v1/plans/{tasks[1].id}", json={"planned_on": "2026-11-22", "reason": "other"}).json()
    assert [each["zh"] for each in closed["warnings"]] == ["该日机构不开诊"]
    client.post(f"/v1/worklist/{tasks[1].id}:undo")
    past = client.patch(f"/v1/plans/{tasks[1].id}", json={"planned_on": "2026-11-19", "reason": "other"})
    assert past.status_code == 422


def test_a_moved_day_stays_until_the_due_day_changes(
    client: TestClient, session: Session, transaction: db.Transaction, make_patient: MakePatient,
    make_enrolment: Callable[..., Enrolment], visit: Callable[..., Any],
) -> None:  # fmt: skip
    patient = make_patient()
    make_enrolment(patient)
    visit(patient, TODAY - timedelta(days=60))
    query = select(Task).where(
        col(Task.patient_id) == patient.id, col(Task.kind) == "routine", col(Task.status) == "open"
    )
    one = session.scalars(query).one()
    assert one.planned_on == date(2026, 12, 18), "due on a Sunday in December, planned on the Friday before"
    client.patch(f"/v1/plans/{one.id}", json={"planned_on": "2026-12-10", "reason": "person_asked"})
    jobs.nightly(transaction, NOW)
    session.expire_all()
    assert session.scalars(query).one().planned_on == date(2026, 12, 10)


def test_opening_days_and_capacity_belong_to_a_clinic(
    client: TestClient, clinic: Organisation, task: Callable[..., Task]
) -> None:
    for _ in range(3):
        task("routine", 1)
    address = f"/v1/organisations/{clinic.id}/opening-days"
    assert client.get(address).json()["per_nurse"] == 20
    wanted = {"weekdays": [5, 6], "closed": ["2026-11-27"], "per_nurse": 2}
    assert client.put(address, json=wanted).status_code == 200
    assert client.get(address).json() | wanted == client.get(address).json()
    found = _days(client, clinic, TODAY, TODAY + timedelta(days=7))["days"]
    assert [day["is_open"] for day in found] == [True, True, False, False, False, False, False, False]
    assert [(nurse["planned"], nurse["is_over"]) for nurse in found[1]["nurses"]] == [(3, True)]
    assert client.put(address, json=wanted | {"weekdays": [8]}).status_code == 422


def test_a_region_may_ask_for_more_often_and_never_for_less(
    client: TestClient, session: Session, transaction: db.Transaction, region: Organisation, district: Organisation,
    make_patient: MakePatient, make_enrolment: Callable[..., Enrolment], visit: Callable[..., Any],
) -> None:  # fmt: skip
    patient = make_patient()
    make_enrolment(patient)
    visit(patient, TODAY - timedelta(days=20))
    jobs.refresh(transaction, NOW)
    wanted = {"disease": "HTN", "group": "standard", "days": 60, "valid_from": "2026-11-20", "reason": "区级规范"}

    def due() -> date:
        session.expire_all()
        query = select(col(Task.due_on)).where(col(Task.patient_id) == patient.id, col(Task.kind) == "routine")
        return session.scalars(query).one()

    def ask(node: UUID, **more: Any) -> Any:
        return client.post(f"/v1/organisations/{node}/rhythm", json=wanted | more)

    assert due() == TODAY + timedelta(days=70)
    assert ask(region.id, days=91).json()["errors"][0]["code"] == "above_the_standard"
    assert ask(region.id, days=13).json()["errors"][0]["code"] == "below_the_limit"
    assert ask(region.id, valid_from="2026-11-19").json()["errors"][0]["code"] == "in_the_past"
    assert ask(region.id).status_code == 201
    jobs.refresh(transaction, NOW)
    assert due() == TODAY + timedelta(days=40)
    assert ask(district.id, days=30, valid_from="2026-12-01").status_code == 201
    jobs.nightly(transaction, NOW)
    assert due() == TODAY + timedelta(days=40)
    jobs.nightly(transaction, NOW + timedelta(days=11))
    assert due() == TODAY + timedelta(days=10), "from its day on, the nearest node decides"
    history = client.get(f"/v1/organisations/{region.id}/rhythm").json()
    assert [each["days"] for each in history["items"]] == [60]
    assert (history["shortest_days"], history["longest_days"]) == (14, 90)
