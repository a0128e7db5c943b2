"""The work-list: worst first, complete, and counted as it is listed."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from cmc.clinical.codes import Disease
from cmc.core import clock, db
from cmc.core.clock import LOCAL
from cmc.core.crypto import Keyring
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.followups import jobs, work_list
from cmc.followups.codes import FollowupGroup, WorkGroup
from cmc.followups.tables import Followup, PlanState, Task
from cmc.followups.work_list import WorkFilters
from cmc.organisations.tables import Organisation
from cmc.patients.tables import Enrolment, Patient
from cmc.risk import jobs as risk_jobs
from cmc.risk.tables import RiskStanding

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=LOCAL)
GROUPS = ("critical", "overdue", "today", "soon", "all")

MakePatient = Callable[..., Patient]
MakeTask = Callable[..., Task]


def _in(days: int) -> date:
    return TODAY + timedelta(days=days)


@pytest.fixture
def make_task(session: Session, make_patient: MakePatient) -> MakeTask:
    """make_task(-3) → an open task of a new person, due three days ago."""

    def make(days: int, *, critical: bool = False, patient: Patient | None = None, **more: Any) -> Task:
        patient = patient or make_patient()
        wanted = {"clinic_id": patient.clinic_id, "disease": None if critical else "HTN", **more}
        task = Task(
            patient_id=patient.id,
            kind="critical_reading" if critical else "routine",
            cause=f"followup:{uuid4()}",
            urgency=0 if critical else 1,
            due_on=_in(days),
            reason_zh="上次随访",
            reason_en="last follow-up",
            opened_at=NOW,
            **wanted,
        )
        session.add(task)
        session.flush()
        return task

    return make


def _all_pages(client: TestClient, limit: int = 3, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = client.get("/v1/worklist", params={**query, "limit": limit, **({"cursor": cursor} if cursor else {})})
        assert page.status_code == 200, page.text
        items += page.json()["items"]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            return items


def test_critical_comes_first_then_the_longest_overdue_then_what_comes_next(
    client: TestClient, make_task: MakeTask
) -> None:
    plan = [(3, False), (-1, True), (0, False), (-40, False), (0, True), (8, False), (-2, False), (7, False)]
    for days, critical in plan:
        make_task(days, critical=critical)
    items = client.get("/v1/worklist").json()["items"]
    assert [(each["group"], each["days_overdue"]) for each in items] == [
        ("critical", 1),
        ("critical", 0),
        ("overdue", 40),
        ("overdue", 2),
        ("today", 0),
        ("soon", 0),
        ("soon", 0),
    ]
    assert [each["due_on"] for each in items[-2:]] == ["2026-11-23", "2026-11-27"]


@pytest.mark.parametrize(
    ("days", "critical", "group"),
    [
        (-1, False, "overdue"),
        (0, False, "today"),
        (1, False, "soon"),
        (7, False, "soon"),
        (8, False, None),
        (-14, True, "critical"),
        (0, True, "critical"),
    ],
)
def test_a_task_stands_in_exactly_one_group(
    client: TestClient, make_task: MakeTask, days: int, critical: bool, group: str | None
) -> None:
    make_task(days, critical=critical)
    found = {name: len(client.get("/v1/worklist", params={"group": name}).json()["items"]) for name in GROUPS}
    assert found == {name: int(group is not None and name in {group, "all"}) for name in GROUPS}


def test_groups_change_with_the_day(session: Session, scope: Scope, keys: Keyring, make_task: MakeTask) -> None:
    make_task(0)
    found = [
        [item.group for item in work_list.page(session, scope, keys, WorkFilters(), on=_in(days))[0]]
        for days in (-8, -7, -1, 0, 1)
    ]
    assert found == [[], [WorkGroup.SOON], [WorkGroup.SOON], [WorkGroup.TODAY], [WorkGroup.OVERDUE]]


@pytest.mark.parametrize("disease", [None, "HTN", "T2DM"])
def test_the_counts_equal_the_lists_and_paging_gives_each_item_once(
    client: TestClient, make_task: MakeTask, disease: str | None
) -> None:
    for number, days in enumerate((-30, -30, -30, -2, 0, 0, 0, 0, 5, 6, 7, 8, 20)):
        make_task(days, disease="T2DM" if number % 3 == 0 else "HTN")
    for days in (0, -1, -1, -5):
        make_task(days, critical=True)
    query = {"disease": disease} if disease else {}
    counts = client.get("/v1/worklist/counts", params=query).json()
    lists = {group: _all_pages(client, group=group, **query) for group in GROUPS}
    assert counts == {group: len(items) for group, items in lists.items()}
    assert counts["all"] == sum(counts[group] for group in GROUPS[:-1])
    for items in lists.values():
        assert len({each["id"] for each in items}) == len(items)
    everything = client.get("/v1/worklist", params={"limit": 100, **query}).json()["items"]
    assert [each["id"] for each in lists["all"]] == [each["id"] for each in everything]
    joined = [each["id"] for group in GROUPS[:-1] for each in lists[group]]
    assert joined == [each["id"] for each in lists["all"]]


def test_of_one_day_the_highest_risk_stands_first_on_every_page(
    client: TestClient, session: Session, make_task: MakeTask
) -> None:
    expected = []
    for band in (0, 4, 2, None, 3, 1):
        task = make_task(0)
        expected.append((-(band or 0), str(task.id)))
        if band is not None:
            standing = RiskStanding(
                patient_id=task.patient_id, clinic_id=task.clinic_id, band=band, computed_band=band, priority=band,
                lifted=0, rank=0.0, out_of_range=False, missing=[], as_of=TODAY, scored_at=NOW, fingerprint=1,
            )  # fmt: skip
            session.add(standing)
    overdue = make_task(-1)
    session.flush()
    items = _all_pages(client, limit=2)
    assert [each["id"] for each in items] == [str(overdue.id), *(each for _, each in sorted(expected))]
    assert [each["risk"] for each in items] == [None, 4, 3, 2, 1, None, None]


def test_a_doctors_band_draws_visits_closer_within_seconds(
    client: TestClient, session: Session, transaction: db.Transaction, make_patient: MakePatient, make_enrolment: Any
) -> None:
    person = make_patient()
    make_enrolment(person, Disease.HTN, enrolled_on=date(2026, 1, 5))
    while risk_jobs.refresh(transaction, NOW) + jobs.refresh(transaction, NOW):
        pass

    def group() -> str:
        session.expire_all()
        return session.get_one(PlanState, person.id).followup_group

    assert group() == FollowupGroup.STANDARD
    version = client.get(f"/v1/patients/{person.id}/risk").headers["etag"]
    wanted = {"band": 4, "reason": "家族中两人早发卒中", "until": (clock.today() + timedelta(days=90)).isoformat()}
    address = f"/v1/patients/{person.id}/risk/override"
    assert client.post(address, json=wanted, headers={"If-Match": version}).status_code in {200, 201}
    jobs.refresh(transaction, NOW)
    assert group() == FollowupGroup.INTENSIVE


def test_only_open_tasks_are_listed(client: TestClient, make_task: MakeTask) -> None:
    make_task(0, status="done", closed_at=NOW)
    make_task(0, status="cancelled", closed_at=NOW)
    assert client.get("/v1/worklist").json()["items"] == []
    assert client.get("/v1/worklist/counts").json()["all"] == 0


def test_two_clinics_see_their_own_tasks_only(
    session: Session,
    keys: Keyring,
    client: TestClient,
    make_patient: MakePatient,
    make_clinic: Callable[..., Organisation],
    make_task: MakeTask,
) -> None:
    first, second = make_clinic("C7"), make_clinic("C8")
    own = make_task(0, patient=make_patient(clinic_id=first.id))
    make_task(0, patient=make_patient(clinic_id=second.id))
    nurse = Scope(actor="nurse", clinic_ids=frozenset({first.id}))
    items, _ = work_list.page(session, nurse, keys, WorkFilters(), on=TODAY)
    assert [item.id for item in items] == [own.id]
    assert work_list.counts(session, nurse, WorkFilters(), on=TODAY).all == 1
    with pytest.raises(NotFound):
        work_list.page(session, nurse, keys, WorkFilters(second.id), on=TODAY)
    with pytest.raises(NotFound):
        work_list.counts(session, nurse, WorkFilters(second.id), on=TODAY)
    assert client.get("/v1/worklist/counts").json()["all"] == 2
    assert [each["id"] for each in _all_pages(client, clinic=str(first.id))] == [str(own.id)]


def test_an_unknown_clinic_is_not_found(client: TestClient) -> None:
    for path in ("/v1/worklist", "/v1/worklist/counts"):
        assert client.get(path, params={"clinic": str(uuid4())}).status_code == 404


def test_an_item_says_who_why_and_the_last_values(
    client: TestClient,
    transaction: db.Transaction,
    make_patient: MakePatient,
    make_enrolment: Callable[..., Enrolment],
    visit: Callable[..., list[Followup]],
    reading: Callable[..., UUID],
) -> None:
    patient = make_patient(phone="13812346131")
    make_enrolment(patient, Disease.HTN)
    make_enrolment(patient, Disease.T2DM)
    visit(patient, _in(-15), form="both", sbp_mmhg=150, fasting_glucose_mmol_l=7.2)
    reading(patient, NOW - timedelta(days=40), umol_l=9100, tier=None)
    reading(patient, NOW - timedelta(days=1), sbp=186, dbp=112)
    jobs.refresh(transaction, NOW)
    critical, *others = client.get("/v1/worklist").json()["items"]
    htn, dm = (each for each in others if each["kind"] == "two_week")
    assert critical["patient"] == {
        "id": str(patient.id),
        "name": "王建国",
        "sex": "M",
        "age": 66,
        "phone": "138****6131",
        "citizen_id": None,
    }
    assert critical["reason"]["zh"] == "2026-11-19 血压 186/112，尚未随访"
    assert critical["last_blood_pressure"] == {"sbp_mmhg": 186, "dbp_mmhg": 112, "on": "2026-11-19"}
    assert critical["last_glucose"] == {"mmol_l": "7.2", "flag": None, "period": "FASTING", "on": "2026-11-05"}
    assert {htn["disease"], dm["disease"]} == {"HTN", "T2DM"}
    assert (htn["kind"], htn["group"], htn["days_overdue"]) == ("two_week", "overdue", 1)
    assert (critical["disease"], critical["rule_ids"]) == (None, ["HTN-EM-01"])


def test_a_person_without_values_or_phone_is_listed_all_the_same(client: TestClient, make_task: MakeTask) -> None:
    make_task(0)
    (item,) = client.get("/v1/worklist").json()["items"]
    assert (item["last_blood_pressure"], item["last_glucose"], item["patient"]["phone"]) == (None, None, None)


def test_the_last_value_of_another_period_and_of_a_meter_out_of_range_is_told(
    client: TestClient,
    make_patient: MakePatient,
    make_enrolment: Callable[..., Enrolment],
    visit: Callable[..., list[Followup]],
) -> None:
    patient = make_patient()
    make_enrolment(patient, Disease.T2DM)
    more = {"fasting_glucose_mmol_l": None, "other_glucose_flag": "HI", "other_glucose_period": "BEDTIME"}
    visit(patient, _in(-14), form="dm", **more)
    (item,) = client.get("/v1/worklist").json()["items"]
    assert item["last_glucose"] == {"mmol_l": "33.3", "flag": "HI", "period": "BEDTIME", "on": "2026-11-06"}


@pytest.mark.parametrize("path", ["/v1/worklist", "/v1/worklist/counts"])
def test_an_unchanged_list_is_not_sent_again(client: TestClient, make_task: MakeTask, path: str) -> None:
    make_task(0)
    first = client.get(path)
    tag = first.headers["etag"]
    assert tag == f'"{hashlib.sha256(first.content).hexdigest()}"'
    assert first.headers["cache-control"] == "no-store"  # it holds names
    assert first.headers["content-type"] == "application/json"
    same = client.get(path, headers={"If-None-Match": tag})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    make_task(-1)
    changed = client.get(path, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


@pytest.mark.parametrize("path", ["/v1/worklist", "/v1/worklist/counts"])
def test_the_next_day_changes_the_tag(
    client: TestClient, make_task: MakeTask, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_task(0)
    tag = client.get(path).headers["etag"]
    monkeypatch.setattr(clock, "today", lambda: TODAY + timedelta(days=1))
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_a_page_costs_the_same_statements_whatever_it_shows(
    session: Session,
    scope: Scope,
    keys: Keyring,
    connection: Connection,
    clinic: Organisation,
    make_task: MakeTask,
) -> None:
    statements: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda _c, _u, sql, *_: statements.append(sql))

    def cost() -> int:
        session.expunge_all()
        statements.clear()
        work_list.page(session, scope, keys, WorkFilters(clinic.id, WorkGroup.OVERDUE), on=TODAY)
        return len(statements)

    make_task(-1)
    one = cost()
    for _ in range(15):
        make_task(-1)
    assert one == cost() == 4
