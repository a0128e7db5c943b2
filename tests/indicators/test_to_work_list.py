"""People of an indicator's list on the work-list: once, with the reason, until something is filed of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts.roles import Role
from cmc.clinical.codes import Disease
from cmc.core import clock, db
from cmc.core.clock import LOCAL
from cmc.core.ids import new_id
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.followups import jobs
from cmc.followups.codes import AddOutcome
from cmc.followups.planning import acting, adding
from cmc.followups.tables import Task, TaskEvent
from cmc.indicators import explain, service
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.explain import Bucket
from cmc.indicators.periods import year_to_date
from cmc.organisations.tables import Organisation
from cmc.patients.tables import Patient

NOW = datetime(2026, 1, 5, 9, tzinfo=LOCAL)
YEAR = year_to_date(2025, 12)
ADDRESS = "/v1/indicator-values/IND-03/patients:to-work-list"
WHY = Text("由指标名单加入：IND-03 未达标", "from an indicator's list: IND-03 not met")


@pytest.fixture
def people(session: Session, histories: Any) -> list[Patient]:
    """Two whose pressure is not controlled, one whose is."""
    found = [histories.person() for _ in range(3)]
    for patient, sbp in zip(found, (151, 162, 130), strict=True):
        histories.stint(patient)
        histories.visit(patient, date(2025, 11, 3), sbp, 80)
    service.rebuild(session, periods=[YEAR], now=NOW)
    session.flush()
    return found


def _body(place: Organisation, *people: Any, **more: Any) -> dict[str, Any]:
    ids = [str(getattr(each, "id", each)) for each in people]
    return {"scope": str(place.id), "month": "2025-12", "bucket": "not_met", "patient_ids": ids} | more


def _tasks(session: Session, patient: Patient) -> list[Task]:
    query = select(Task).where(col(Task.patient_id) == patient.id, col(Task.kind) == "indicator_list")
    return list(session.scalars(query.order_by(col(Task.due_on)).execution_options(populate_existing=True)))


def _wanted(*people: Patient) -> adding.Wanted:
    return adding.Wanted("IND-03", Disease.HTN, {each.id: WHY for each in people})


def _add(session: Session, scope: Scope, *people: Patient, now: datetime = NOW) -> list[AddOutcome]:
    found = adding.add(session, scope, [each.id for each in people], _wanted(*people), now=now)
    return [each.outcome for each in found]


class TestRoute:
    def test_people_of_a_list_stand_in_todays_work_with_the_reason(
        self, client: TestClient, session: Session, people: list[Patient], clinic: Organisation, region: Organisation
    ) -> None:
        before = client.get("/v1/worklist/counts").json()["today"]
        answer = client.post(ADDRESS, json=_body(clinic, *people[:2]))
        assert answer.status_code == 200, answer.text
        assert [answer.json()[each] for each in ("added", "already", "refused")] == [2, 0, 0]
        listed = client.get("/v1/worklist", params={"kind": "indicator_list"}).json()["items"]
        by_person = {each["patient"]["id"]: each for each in listed}
        first = by_person[str(people[0].id)]
        assert first["reason"]["zh"].startswith("由指标名单加入：IND-03 未达标：2025-11-03血压151/80未达标")
        assert first["reason"]["en"].startswith("from an indicator's list: IND-03 not met: 151/80 on 2025-11-03")
        assert (first["group"], first["due_on"]) == ("today", clock.today().isoformat())
        assert client.get("/v1/worklist/counts").json()["today"] == before + 2
        again = client.post(ADDRESS, json=_body(region, *people[:2], people[0])).json()  # through the region's list
        assert [again[each] for each in ("added", "already", "refused")] == [0, 2, 0]
        assert [each["task_id"] for each in again["results"]] == [each["task_id"] for each in answer.json()["results"]]
        assert [len(_tasks(session, each)) for each in people[:2]] == [1, 1]
        query = select(TaskEvent).where(col(TaskEvent.patient_id) == people[0].id)
        (event,) = session.scalars(query)
        assert (event.act, event.actor.partition(":")[0]) == ("add", "user")

    def test_who_is_not_on_the_list_is_not_added(
        self, client: TestClient, session: Session, people: list[Patient], clinic: Organisation
    ) -> None:
        absent = new_id()
        answer = client.post(ADDRESS, json=_body(clinic, people[2], absent, people[0])).json()
        outcomes = [each["outcome"] for each in answer["results"]]
        assert outcomes == ["not_listed", "not_listed", "added"]
        assert _tasks(session, people[2]) == []

    def test_of_a_teams_list_only_its_people_are_added(
        self, client: TestClient, people: list[Patient], clinic: Organisation
    ) -> None:
        made = client.post(f"/v1/organisations/{clinic.id}/teams", json={"name": "第一团队", "doctors": ["无此人"]})
        of_team = client.post(ADDRESS, json=_body(clinic, *people[:2], team=made.json()["id"])).json()
        assert [each["outcome"] for each in of_team["results"]] == ["not_listed", "not_listed"]
        of_none = client.post(ADDRESS, json=_body(clinic, *people[:2], team="none")).json()
        assert [each["outcome"] for each in of_none["results"]] == ["added", "added"]

    def test_a_foreign_clinic_is_absent(
        self,
        client: TestClient,
        session: Session,
        histories: Any,
        people: list[Patient],
        clinic: Organisation,
        other_clinic: Organisation,
        sign_in: Callable[..., dict[str, str]],
    ) -> None:
        histories.stint(histories.person(), at=other_clinic)  # so that the other clinic has facts at all
        service.rebuild(session, periods=[YEAR], now=NOW)
        nurse = sign_in(Role.NURSE, at=other_clinic)
        assert client.post(ADDRESS, json=_body(clinic, people[0]), headers=nurse).status_code == 404
        own = client.post(ADDRESS, json=_body(other_clinic, people[0]), headers=nurse)
        assert [each["outcome"] for each in own.json()["results"]] == ["not_listed"]
        supervisor = sign_in(Role.SUPERVISOR)
        assert client.post(ADDRESS, json=_body(clinic, people[0]), headers=supervisor).status_code == 403

    @pytest.mark.parametrize(
        "more", [{"patient_ids": []}, {"month": "2020-01"}, {"bucket": "all"}, {"month": "2025-13"}, {"more": 1}]
    )
    def test_what_cannot_be_asked_is_refused(
        self, client: TestClient, people: list[Patient], clinic: Organisation, more: dict[str, Any]
    ) -> None:
        answer = client.post(ADDRESS, json=_body(clinic, people[0], **more))
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"

    def test_a_task_is_done_by_hand_and_is_not_asked_again_that_day(
        self, client: TestClient, session: Session, people: list[Patient], clinic: Organisation
    ) -> None:
        (result,) = client.post(ADDRESS, json=_body(clinic, people[0])).json()["results"]
        done = client.post(f"/v1/worklist/{result['task_id']}:done", json={"reason": "by_phone"})
        assert done.status_code == 200, done.text
        again = client.post(ADDRESS, json=_body(clinic, people[0])).json()
        assert again["results"] == [result | {"outcome": "done_today"}]
        assert [task.status for task in _tasks(session, people[0])] == ["done"]

    def test_who_added_takes_it_back_and_may_add_again(
        self, client: TestClient, session: Session, people: list[Patient], clinic: Organisation
    ) -> None:
        (result,) = client.post(ADDRESS, json=_body(clinic, people[0])).json()["results"]
        assert client.post(f"/v1/worklist/{result['task_id']}:undo").json()["status"] == "cancelled"
        assert client.get("/v1/worklist", params={"kind": "indicator_list"}).json()["items"] == []
        assert client.post(ADDRESS, json=_body(clinic, people[0])).json()["results"] == [result]
        assert [task.status for task in _tasks(session, people[0])] == ["open"]

    def test_adding_is_no_act_of_the_batch(self, client: TestClient) -> None:
        body = {"task_ids": [str(new_id())], "act": "add"}
        assert client.post("/v1/worklist:batch", json=body).status_code == 422


class TestLife:
    """From the day it was added until it is closed; the night neither drops nor doubles it."""

    def test_the_night_leaves_it_open(
        self, session: Session, scope: Scope, transaction: db.Transaction, people: list[Patient]
    ) -> None:
        assert _add(session, scope, people[0]) == [AddOutcome.ADDED]
        for days in (0, 1, 5):
            jobs.nightly(transaction, NOW + timedelta(days=days))
        assert [(task.status, task.due_on) for task in _tasks(session, people[0])] == [("open", NOW.date())]
        later = NOW + timedelta(days=5)
        assert _add(session, scope, people[0], now=later) == [AddOutcome.ALREADY_OPEN]

    @pytest.mark.parametrize("filed", ["visit", "exam"])
    def test_what_is_filed_afterwards_closes_it(
        self,
        session: Session,
        scope: Scope,
        transaction: db.Transaction,
        histories: Any,
        people: list[Patient],
        monkeypatch: pytest.MonkeyPatch,
        filed: str,
    ) -> None:
        _add(session, scope, people[0])
        later = NOW + timedelta(hours=1)
        monkeypatch.setitem(type(histories).visit.__globals__, "RECORDED", later)
        if filed == "visit":
            histories.visit(people[0], NOW.date(), 150, 80)
        else:
            histories.exam(people[0], NOW.date())
        jobs.nightly(transaction, later)
        (task,) = _tasks(session, people[0])
        assert task.status == "done"
        assert task.closed_by is not None
        assert task.closed_by.partition(":")[0] == {"visit": "followup", "exam": "annual_exam"}[filed]
        assert _add(session, scope, people[0], now=later) == [AddOutcome.DONE_TODAY]
        assert _add(session, scope, people[0], now=later + timedelta(days=1)) == [AddOutcome.ADDED]
        assert [each.status for each in _tasks(session, people[0])] == ["done", "open"]

    def test_a_visit_of_before_does_not_close_it(
        self, session: Session, scope: Scope, transaction: db.Transaction, histories: Any, people: list[Patient]
    ) -> None:
        histories.visit(people[0], NOW.date(), 150, 80)  # recorded in December
        _add(session, scope, people[0])
        jobs.nightly(transaction, NOW)
        assert [task.status for task in _tasks(session, people[0])] == ["open"]

    def test_the_dead_and_who_left_are_on_no_list(
        self, session: Session, scope: Scope, transaction: db.Transaction, people: list[Patient]
    ) -> None:
        _add(session, scope, people[0], people[1])
        people[0].died_on = NOW.date()
        session.execute(
            text(
                "UPDATE enrolment SET state = 'TERMINATED', ended_on = :on, end_reason = 'MOVED_OUT' WHERE patient_id = :id"
            ),
            {"on": NOW.date(), "id": people[1].id},
        )
        session.flush()
        jobs.nightly(transaction, NOW)
        assert [each.status for person in people[:2] for each in _tasks(session, person)] == ["cancelled"] * 2
        assert _add(session, scope, *people[:2]) == [AddOutcome.NOT_IN_CARE] * 2

    def test_done_by_hand_yesterday_may_be_asked_again(
        self, session: Session, scope: Scope, people: list[Patient]
    ) -> None:
        _add(session, scope, people[0])
        (task,) = _tasks(session, people[0])
        done = acting.Done(acting.DoneReason.BY_PHONE, scope.actor)
        tomorrow = NOW + timedelta(days=1)
        acting.act_on_one(session, scope, task.id, done, now=tomorrow)
        assert _add(session, scope, people[0], now=tomorrow) == [AddOutcome.DONE_TODAY], "added the day before"
        assert _add(session, scope, people[0], now=NOW + timedelta(days=2)) == [AddOutcome.ADDED]

    def test_a_wish_of_the_clinic_changes_no_number_and_no_next_date(
        self, session: Session, scope: Scope, people: list[Patient], clinic: Organisation
    ) -> None:
        measure = next(each for each in DEFINITIONS if each.code == "IND-03")

        def words() -> list[str]:
            found = explain.people(session, measure, clinic, YEAR, Bucket.NOT_MET, limit=9)
            return [reason.text.zh for each in found for reason in each.reasons]

        def due() -> list[tuple[int, int]]:
            service.rebuild(session, periods=[YEAR], now=NOW)
            query = text("SELECT tasks_due, tasks_on_time FROM indicator_fact ORDER BY patient_id")
            return [tuple(row) for row in session.execute(query)]  # type: ignore[misc]

        before = words(), due()
        _add(session, scope, *people[:2])
        assert (words(), due()) == before
