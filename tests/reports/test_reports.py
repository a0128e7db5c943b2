"""Frozen reports: what was told stays, late data shows as a difference, a region takes two people."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from cmc.accounts import queries as accounts
from cmc.accounts.roles import Role
from cmc.clinical.codes import EndReason
from cmc.core.clock import LOCAL
from cmc.core.errors import CmcError, Conflict, NotFound
from cmc.core.scope import Scope
from cmc.indicators import service as indicators
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.periods import year_to_date
from cmc.organisations.tables import Organisation
from cmc.patients import erasing
from cmc.reports import queries, service
from cmc.reports.codes import ReportState

ON = date(2025, 11, 20)
NOW = datetime(2025, 11, 20, 9, tzinfo=LOCAL)
OCTOBER = year_to_date(2025, 10)
AT = "/v1/indicator-reports"
RATES = ("IND-02", "IND-03")
"""Of all that a report holds, what these tests look at one by one."""
BOSS = Scope("user:00000000-0000-7000-8000-000000000001")
OTHER = Scope("user:00000000-0000-7000-8000-000000000002")


@pytest.fixture(params=["kept facts", "fresh facts"])
def people(request: Any, session: Session, histories: Any) -> dict[str, Any]:
    """Three of whom two are controlled, and one who moved away: with the stored facts of a live period, and without."""
    found = {name: histories.person() for name in ("good", "fine", "bad", "gone")}
    for name, sbp in (("good", 132), ("fine", 138), ("bad", 151), ("gone", 120)):
        moved = {"ended_on": date(2025, 5, 1), "reason": EndReason.MOVED_OUT} if name == "gone" else {}
        histories.stint(found[name], **moved)
        histories.visit(found[name], date(2025, 3, 3), sbp, 80)
    if request.param == "kept facts":
        indicators.rebuild(session, periods=[OCTOBER], now=NOW)
    return found


def publish(session: Session, organisation: Organisation, *, scope: Scope = BOSS, **more: Any) -> Any:
    return service.publish(session, scope, organisation.id, OCTOBER, now=NOW, on=ON, **more)


def told(session: Session, report: Any, organisation: Organisation) -> dict[str, tuple[int, int]]:
    return {
        f"{each.code} {each.disease}": (each.numerator, each.denominator)
        for each in queries.values(session, BOSS, report)
        if each.organisation_id == organisation.id
    }


def late_visit(session: Session, histories: Any, person: Any, sbp: int = 120) -> None:
    histories.visit(person, date(2025, 10, 30), sbp, 70)
    indicators.refresh(session, [person.id], now=NOW, on=ON)
    session.flush()


class TestPublishing:
    def test_numbers_definitions_and_lists_are_frozen_together(
        self, session: Session, people: dict[str, Any], clinic: Organisation, client: TestClient
    ) -> None:
        report = publish(session, clinic)
        assert service.state(report) is ReportState.PUBLISHED
        assert told(session, report, clinic)["IND-03 HTN"] == (2, 3)
        assert {(each["code"], each["disease"], each["version"]) for each in report.definitions} == {
            (each.code, each.disease.value, each.version) for each in DEFINITIONS
        }
        lists = {
            bucket: {
                each["patient_id"]
                for each in client.get(
                    f"{AT}/{report.id}/people", params={"code": "IND-03", "disease": "HTN", "bucket": bucket}
                ).json()["items"]
            }
            for bucket in ("met", "not_met", "excluded")
        }
        assert lists == {
            "met": {str(people["good"].id), str(people["fine"].id)},
            "not_met": {str(people["bad"].id)},
            "excluded": {str(people["gone"].id)},
        }

    def test_every_number_is_the_length_of_its_list_at_every_node(
        self,
        session: Session,
        people: dict[str, Any],
        clinic: Organisation,
        district: Organisation,
        region: Organisation,
    ) -> None:
        for node in (clinic, district, region):
            report = publish(session, node)
            numbers = told(session, report, node)
            assert len(numbers) == len(DEFINITIONS)
            for each in DEFINITIONS:
                met, not_met = (
                    len(queries.people(session, BOSS, report, each.code, each.disease.value, bucket, limit=None))
                    for bucket in (queries.ReportBucket.MET, queries.ReportBucket.NOT_MET)
                )
                if each.amounts is None:  # else visits or tasks are counted, and the list says how many each person has
                    assert numbers[f"{each.code} {each.disease.value}"] == (met, met + not_met)
        assert told(session, report, clinic)["IND-03 HTN"] == (2, 3), "a region's report holds those below it too"

    def test_a_month_that_runs_is_refused(self, session: Session, clinic: Organisation) -> None:
        with pytest.raises(CmcError) as refused:
            service.publish(session, BOSS, clinic.id, year_to_date(2025, 11), now=NOW, on=ON)
        assert refused.value.errors[0].code == "not_over"
        day = date(2025, 12, 1)
        service.publish(session, BOSS, clinic.id, year_to_date(2025, 11), now=NOW, on=day)

    def test_a_revision_is_a_new_version_with_a_reason(
        self, session: Session, people: dict[str, Any], clinic: Organisation, histories: Any
    ) -> None:
        first = publish(session, clinic)
        with pytest.raises(Conflict) as refused:
            publish(session, clinic)
        assert refused.value.code == "already-published"
        late_visit(session, histories, people["bad"])
        second = publish(session, clinic, reason="补录随访")
        assert (second.version, second.replaces_id, second.reason) == (2, first.id, "补录随访")
        assert told(session, first, clinic)["IND-03 HTN"] == (2, 3)
        assert told(session, second, clinic)["IND-03 HTN"] == (3, 3)
        assert first.digest != second.digest

    def test_another_clinic_cannot_be_published_nor_read(
        self, session: Session, clinic: Organisation, make_clinic: Any
    ) -> None:
        mine = Scope("user:x", frozenset({make_clinic("C2").id}))
        report = publish(session, clinic)
        for act in (lambda: publish(session, clinic, scope=mine), lambda: queries.report(session, mine, report.id)):
            with pytest.raises(NotFound):
                act()


class TestTwoPeople:
    def test_a_region_waits_for_another_person(
        self, session: Session, people: dict[str, Any], region: Organisation
    ) -> None:
        report = publish(session, region)
        assert service.state(report) is ReportState.PROPOSED
        with pytest.raises(Conflict) as open_still:
            publish(session, region, reason="x")
        assert open_still.value.code == "proposal-open"
        for scope, code in ((BOSS, "second-person-needed"), (Scope("dashboard:1"), "not-a-person")):
            with pytest.raises(Conflict) as refused:
                service.approve(session, scope, report.id, now=NOW)
            assert refused.value.code == code
        service.approve(session, OTHER, report.id, now=NOW)
        assert service.state(report) is ReportState.PUBLISHED
        with pytest.raises(Conflict) as decided:
            service.refuse(session, OTHER, report.id, now=NOW)
        assert decided.value.code == "report-decided"

    def test_what_was_refused_never_stands_and_a_second_try_is_free(
        self, session: Session, people: dict[str, Any], region: Organisation
    ) -> None:
        first = publish(session, region)
        service.approve(session, OTHER, first.id, now=NOW)
        refused = publish(session, region, reason="a")
        service.refuse(session, BOSS, refused.id, now=NOW)
        assert service.state(refused) is ReportState.REFUSED
        third = publish(session, region, reason="b")
        assert (third.version, third.replaces_id) == (3, first.id)

    def test_who_gave_the_role_is_no_second_person(
        self, session: Session, people: dict[str, Any], region: Organisation, sign_in: Any, app: Any
    ) -> None:
        one, two = (sign_in(Role.SUPERVISOR, at=region) for _ in range(2))
        client = TestClient(app, raise_server_exceptions=False)
        body = {"organisation_id": str(region.id), "month": "2025-10"}
        made = client.post(AT, json=body, headers=one)
        assert (made.status_code, made.json()["state"]) == (201, "proposed")
        at = f"{AT}/{made.json()['id']}:approve"
        assert client.post(at, headers=one).json()["code"] == "second-person-needed"
        session.execute(
            text("UPDATE role_grant SET granted_by = :by WHERE user_id <> CAST(:user AS uuid)"),
            {"by": made.json()["proposed_by"], "user": made.json()["proposed_by"].partition(":")[2]},
        )
        assert client.post(at, headers=two).json()["code"] == "second-person-needed"
        session.execute(text("UPDATE role_grant SET granted_by = 'test'"))
        assert client.post(at, headers=two).json()["state"] == "published"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE indicator_report SET as_of = as_of - 1",
        "UPDATE indicator_report SET approved_by = 'x', approved_at = now()",
        "UPDATE indicator_report_value SET numerator = 0",
        "UPDATE indicator_report_person SET met = '{}'",
        "DELETE FROM indicator_report_value",
        "DELETE FROM indicator_report_person",
        "DELETE FROM indicator_report",
        (
            "INSERT INTO indicator_report_value SELECT report_id, organisation_id, 'X', disease, 0, 0"
            " FROM indicator_report_value LIMIT 1"
        ),
        (
            "INSERT INTO indicator_report_person (report_id, patient_id, disease, clinic_id, met, not_met)"
            " SELECT report_id, patient_id, 'T2DM', clinic_id, '{}', '{}'"
            " FROM indicator_report_person LIMIT 1"
        ),
    ],
)
def test_what_was_published_can_not_change(
    session: Session, people: dict[str, Any], clinic: Organisation, change: str
) -> None:
    publish(session, clinic)
    with pytest.raises(DBAPIError) as refused, session.begin_nested():
        session.execute(text(change))
    assert getattr(refused.value.orig, "sqlstate", None) == "23001"


def test_an_erased_person_leaves_the_lists_and_the_number_stays(
    session: Session, people: dict[str, Any], clinic: Organisation
) -> None:
    report = publish(session, clinic)
    erasing.erase(session, Scope("job:test"), people["gone"].id, now=NOW)
    session.execute(text("DELETE FROM indicator_report_person WHERE patient_id = :id"), {"id": people["gone"].id})
    assert told(session, report, clinic)["IND-03 HTN"] == (2, 3)


class TestDifferences:
    def test_late_data_shows_beside_the_frozen_number_with_who_changed(
        self, session: Session, people: dict[str, Any], clinic: Organisation, histories: Any, client: TestClient
    ) -> None:
        report = publish(session, clinic)
        at = f"{AT}/{report.id}"
        assert not any(each["differs"] for each in client.get(at).json()["values"])
        assert client.get(f"{at}/changes").json() == {"items": [], "next_cursor": None}
        late_visit(session, histories, people["bad"])
        late_visit(session, histories, people["good"], sbp=160)
        newcomer = histories.person()
        histories.stint(newcomer, date(2025, 9, 1))
        late_visit(session, histories, newcomer)
        control = next(each for each in client.get(at).json()["values"] if each["code"] == "IND-03")
        assert (control["numerator"], control["denominator"], control["percent"]) == (2, 3, "66.67")
        assert (control["numerator_now"], control["denominator_now"], control["percent_now"]) == (3, 4, "75.00")
        assert control["differs"]
        found, cursor = [], None
        while True:  # a person a page
            page = client.get(f"{at}/changes", params={"limit": 1} | ({"cursor": cursor} if cursor else {})).json()
            found += page["items"]
            if (cursor := page["next_cursor"]) is None:
                break
        moved = {
            (each["patient_id"], each["code"]): (each["then"], each["now"]) for each in found if each["code"] in RATES
        }
        assert moved == {
            (str(people["bad"].id), "IND-03"): ("not_met", "met"),
            (str(people["good"].id), "IND-03"): ("met", "not_met"),
            (str(newcomer.id), "IND-02"): ("excluded", "not_met"),
            (str(newcomer.id), "IND-03"): ("excluded", "met"),
        }

    def test_lists_page_by_page_hold_everybody_once(
        self, session: Session, people: dict[str, Any], clinic: Organisation, client: TestClient
    ) -> None:
        report = publish(session, clinic)
        asked: dict[str, Any] = {"code": "IND-03", "disease": "HTN", "bucket": "met", "limit": 1}
        first = client.get(f"{AT}/{report.id}/people", params=asked).json()
        second = client.get(f"{AT}/{report.id}/people", params=asked | {"cursor": first["next_cursor"]}).json()
        assert second["next_cursor"] is None
        shown = [each["patient_id"] for page in (first, second) for each in page["items"]]
        assert shown == sorted({str(people["good"].id), str(people["fine"].id)})

    def test_an_unknown_code_is_named(
        self, session: Session, people: dict[str, Any], clinic: Organisation, client: TestClient
    ) -> None:
        report = publish(session, clinic)
        asked = {"code": "IND-99", "disease": "HTN", "bucket": "met"}
        answer = client.get(f"{AT}/{report.id}/people", params=asked)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/code")


class TestFiles:
    def test_the_numbers_leave_as_text_in_both_forms(
        self, session: Session, people: dict[str, Any], clinic: Organisation, client: TestClient
    ) -> None:
        report = publish(session, clinic)
        at = f"{AT}/{report.id}/export"
        lines = list(csv.reader(io.StringIO(client.get(at, params={"format": "csv"}).content.decode("utf-8-sig"))))
        book = openpyxl.load_workbook(io.BytesIO(client.get(at, params={"format": "xlsx"}).content), read_only=True)
        cells = [[each or "" for each in row] for row in book.active.iter_rows(values_only=True)]
        assert cells == lines
        assert len(lines) == 1 + len(DEFINITIONS)
        control = next(dict(zip(lines[0], row, strict=True)) for row in lines[1:] if "IND-03" in row)
        assert (control["分子 Numerator"], control["分母 Denominator"], control["百分比 Percent"]) == (
            "2",
            "3",
            "66.67",
        )
        assert control["校验 SHA-256"] == report.digest

    def test_a_reason_that_looks_like_a_formula_is_shown_and_never_run(
        self, session: Session, people: dict[str, Any], clinic: Organisation, client: TestClient
    ) -> None:
        publish(session, clinic)
        report = publish(session, clinic, reason="=1+1")
        text_of = client.get(f"{AT}/{report.id}/export", params={"format": "csv"}).text
        assert ",'=1+1," in text_of

    def test_the_lists_leave_by_id_and_everybody_in_them_is_noted(
        self, session: Session, people: dict[str, Any], clinic: Organisation, client: TestClient
    ) -> None:
        report = publish(session, clinic)
        answer = client.get(f"{AT}/{report.id}/people/export", params={"format": "csv"})
        lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        codes = {
            row[0]: [" ".join(code for code in cell.split() if code in RATES) for cell in row[4:]] for row in lines[1:]
        }
        assert codes == {
            str(people["good"].id): ["IND-03", "IND-02", ""],
            str(people["fine"].id): ["IND-03", "IND-02", ""],
            str(people["bad"].id): ["", "IND-02 IND-03", ""],
            str(people["gone"].id): ["", "", "IND-02 IND-03"],
        }
        noted = session.execute(
            text(
                "SELECT person_ids FROM audit_event WHERE act = 'export' AND subject_id = :id ORDER BY seq DESC LIMIT 1"
            ),
            {"id": report.id},
        ).scalar_one()
        assert set(noted) == {each.id for each in people.values()}


class TestRights:
    def test_a_supervisor_publishes_and_sees_numbers_but_nobody(
        self, session: Session, people: dict[str, Any], district: Organisation, sign_in: Any, app: Any
    ) -> None:
        client = TestClient(app, raise_server_exceptions=False, headers=sign_in(Role.SUPERVISOR, at=district))
        made = client.post(AT, json={"organisation_id": str(district.id), "month": "2025-10"})
        assert (made.status_code, made.json()["state"]) == (201, "published")
        at = f"{AT}/{made.json()['id']}"
        assert client.get(at).status_code == 200
        asked = {"code": "IND-03", "disease": "HTN", "bucket": "met"}
        assert client.get(f"{at}/people", params=asked).status_code == 403
        assert client.get(f"{at}/changes").status_code == 403
        assert client.get(f"{at}/measure-report/subject-list", params=asked).status_code == 403

    def test_a_nurse_reads_and_does_not_publish(
        self, session: Session, people: dict[str, Any], clinic: Organisation, sign_in: Any, app: Any
    ) -> None:
        client = TestClient(app, raise_server_exceptions=False, headers=sign_in(Role.NURSE, at=clinic))
        body = {"organisation_id": str(clinic.id), "month": "2025-10"}
        assert client.post(AT, json=body).status_code == 403
        report = publish(session, clinic)
        listed = client.get(AT, params={"organisation": str(clinic.id)}).json()["items"]
        assert [each["id"] for each in listed] == [str(report.id)]

    def test_a_manager_freezes_people_who_have_left_the_clinic_since(
        self, session: Session, people: dict[str, Any], clinic: Organisation, sign_in: Any, app: Any, make_clinic: Any
    ) -> None:
        """Their rows are written by the whole region's scope: the manager's own would not reach them any more."""
        session.execute(
            text("UPDATE patient SET clinic_id = :other WHERE id = :id"),
            {"other": make_clinic("C2").id, "id": people["gone"].id},
        )
        client = TestClient(app, raise_server_exceptions=False, headers=sign_in(Role.MANAGER, at=clinic))
        made = client.post(AT, json={"organisation_id": str(clinic.id), "month": "2025-10"})
        assert made.status_code == 201, made.text
        assert service.state(queries.report(session, BOSS, UUID(made.json()["id"]))) is ReportState.PUBLISHED

    def test_who_made_a_report_is_named(
        self, session: Session, people: dict[str, Any], clinic: Organisation, sign_in: Any, app: Any
    ) -> None:
        client = TestClient(app, raise_server_exceptions=False, headers=sign_in(Role.MANAGER, at=clinic))
        made = client.post(AT, json={"organisation_id": str(clinic.id), "month": "2025-10"}).json()
        user = accounts.user_by_id(session, UUID(made["proposed_by"].removeprefix("user:")))
        for address, params in ((AT, {"organisation": str(clinic.id)}), (f"{AT}/{made['id']}", {})):
            answer = client.get(address, params=params).json()
            assert answer["names"] == {made["proposed_by"]: user.display_name}
