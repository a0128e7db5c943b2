"""Indicators over HTTP, as a dashboard polls them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from cmc.clinical.codes import EndReason
from cmc.core.clock import LOCAL
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.indicators import queries, service
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.periods import year_to_date
from cmc.organisations.tables import Organisation

ON = date(2025, 11, 20)
NOW = datetime(2025, 11, 20, 9, tzinfo=LOCAL)
WORDS = ("title", "numerator", "denominator", "exclusions")
MONTHS = [year_to_date(2025, month) for month in (10, 11)]


@pytest.fixture
def built(session: Session, histories: Any) -> Any:
    """Three people, of whom two have a controlled blood pressure."""
    patients = [histories.person() for _ in range(3)]
    for patient, sbp in zip(patients, (132, 138, 151), strict=True):
        histories.stint(patient)
        histories.visit(patient, date(2025, 11, 3), sbp, 80)
    service.rebuild(session, periods=MONTHS, now=NOW)
    session.flush()
    return patients


def ask(clinic: Organisation, **more: str) -> dict[str, str]:
    return {"scope": str(clinic.id), "from": "2025-10", "to": "2025-11"} | more


@contextmanager
def counted(connection: Connection) -> Iterator[list[str]]:
    """The statements that reach the database, without the transaction's own."""
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if not statement.startswith(("SET TRANSACTION", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            seen.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    yield seen
    event.remove(connection, "before_cursor_execute", note)


@pytest.mark.usefixtures("built")
class TestValues:
    def test_numbers_come_with_period_percent_and_definition(self, client: TestClient, clinic: Organisation) -> None:
        answer = client.get("/v1/indicator-values", params=ask(clinic, codes="IND-03"))
        assert answer.status_code == 200
        last = answer.json()["items"][-1]
        assert datetime.fromisoformat(last.pop("computed_at")) == NOW
        assert last == {
            "code": "IND-03",
            "disease": "HTN",
            "organisation_id": str(clinic.id),
            "period": {"start": "2025-01-01", "end": "2025-11-30"},
            "numerator": 2,
            "denominator": 3,
            "exclusions": 0,
            "percent": "66.67",
            "interval": {"low": "20.77", "high": "93.85"},
            "is_small": True,
            "definition_version": "CN-NBPHS-2017/1",
            "as_of": "2025-11-20",
        }

    def test_rows_are_sorted_by_code_disease_and_period(self, client: TestClient, region: Organisation) -> None:
        items = client.get("/v1/indicator-values", params=ask(region)).json()["items"]
        keys = [(each["code"], each["disease"], each["period"]["end"]) for each in items]
        assert keys == sorted(keys)
        assert len(keys) == 2 * len(DEFINITIONS)

    @pytest.mark.parametrize(("span", "begins"), [("quarter", "2025-10-01"), ("month", "2025-11-01")])
    def test_numbers_come_by_quarter_and_month(
        self, client: TestClient, histories: Any, session: Session, clinic: Organisation, span: str, begins: str
    ) -> None:
        earlier = histories.person()
        histories.stint(earlier, date(2025, 2, 1), ended_on=date(2025, 9, 30), reason=EndReason.LOST)
        unseen = histories.person()
        histories.stint(unseen)
        histories.visit(unseen, date(2025, 4, 3), 132, 80)  # the latest earlier one of the year counts (CTRL-07)
        service.rebuild(session, periods=MONTHS, now=NOW)
        by_span = client.get("/v1/indicator-values", params=ask(clinic, codes="IND-03", span=span))
        year = client.get("/v1/indicator-values", params=ask(clinic, codes="IND-03"))
        last, of_year = by_span.json()["items"][-1], year.json()["items"][-1]
        assert last["period"] == {"start": begins, "end": "2025-11-30"}
        assert (last["numerator"], last["denominator"], last["exclusions"]) == (3, 4, 0)
        assert (of_year["numerator"], of_year["denominator"], of_year["exclusions"]) == (3, 5, 0)
        assert by_span.headers["etag"] != year.headers["etag"]
        asked = {"scope": str(clinic.id), "month": "2025-11", "span": span, "bucket": "not_met"}
        people = client.get("/v1/indicator-values/IND-03/patients", params=asked).json()
        assert (people["total"], people["period"]["start"]) == (1, begins)
        parts = {"scope": str(clinic.parent_id), "month": "2025-11", "span": span, "by": "clinic"}
        (part,) = client.get("/v1/indicator-values/IND-03/breakdown", params=parts).json()["items"]
        assert (part["numerator"], part["denominator"]) == (3, 4)
        told = {"month": "2025-11", "span": span}
        own = client.get(f"/v1/patients/{unseen.id}/indicators", params=told).json()["items"]
        assert {each["code"]: each["bucket"] for each in own}["IND-03"] == "numerator"
        assert "IND-02" not in {each["code"] for each in own}

    def test_what_is_asked_of_a_year_has_no_month(self, client: TestClient, clinic: Organisation) -> None:
        answer = client.get("/v1/indicator-values", params=ask(clinic, codes="IND-02,IND-03", span="month"))
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/span", "not_counted")
        assert "IND-03" in error["detail"]
        asked = {"scope": str(clinic.id), "month": "2025-11", "span": "month", "bucket": "not_met", "disease": "HTN"}
        assert client.get("/v1/indicator-values/IND-02/patients", params=asked).status_code == 422
        every = client.get("/v1/indicator-values", params=ask(clinic, span="month")).json()["items"]
        spanned = {each["code"] for each in client.get("/v1/indicators").json()["items"] if "month" in each["spans"]}
        assert {each["code"] for each in every} == spanned

    def test_without_people_there_is_no_percent(self, client: TestClient, clinic: Organisation) -> None:
        items = client.get("/v1/indicator-values", params=ask(clinic, codes="IND-02,IND-04", disease="T2DM")).json()
        assert {(each["code"], each["denominator"], each["percent"]) for each in items["items"]} == {
            ("IND-02", 0, None),
            ("IND-04", 0, None),
        }

    def test_an_unchanged_poll_is_one_look_up_beside_that_of_the_caller(
        self, client: TestClient, clinic: Organisation, connection: Connection
    ) -> None:
        first = client.get("/v1/indicator-values", params=ask(clinic))
        assert first.headers["cache-control"] == "private, no-cache"
        etag = first.headers["etag"]
        assert etag.startswith('"')
        with counted(connection) as statements:  # a list of tags goes to the route, a plain one comes from memory
            tags = {"If-None-Match": f'"other", {etag}'}
            again = client.get("/v1/indicator-values", params=ask(clinic), headers=tags)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert len(statements) == 2
        assert "auth_session" in statements[0]
        assert "indicator_stamp" in statements[1]

    def test_a_change_below_changes_the_tag_of_every_organisation_above(
        self,
        client: TestClient,
        session: Session,
        histories: Any,
        built: Any,
        clinic: Organisation,
        region: Organisation,
        other_clinic: Organisation,
    ) -> None:
        def tags() -> list[str]:
            return [
                client.get("/v1/indicator-values", params=ask(each)).headers["etag"]
                for each in (clinic, region, other_clinic)
            ]

        service.refresh(session, [], now=NOW, on=ON)
        session.flush()
        before = tags()
        histories.visit(built[2], date(2025, 11, 19), 120, 70)
        service.refresh(session, [built[2].id], now=NOW, on=ON)
        session.flush()
        after = tags()
        assert [a == b for a, b in zip(before, after, strict=True)] == [False, False, True]
        stale = client.get("/v1/indicator-values", params=ask(clinic), headers={"If-None-Match": before[0]})
        assert stale.status_code == 200
        latest = [each for each in stale.json()["items"] if each["code"] == "IND-03"][-1]
        assert latest["percent"] == "100.00"

    def test_another_question_has_another_tag(self, client: TestClient, clinic: Organisation) -> None:
        questions = [ask(clinic), ask(clinic, codes="IND-03"), ask(clinic, disease="HTN"), ask(clinic, to="2025-10")]
        tags = [client.get("/v1/indicator-values", params=each).headers["etag"] for each in questions]
        assert len(set(tags)) == len(tags)

    @pytest.mark.parametrize(("header", "status"), [("*", 304), ('"other", {}', 304), ("W/{}", 304), ('"other"', 200)])
    def test_the_header_may_be_a_list_weak_or_a_star(
        self, client: TestClient, clinic: Organisation, header: str, status: int
    ) -> None:
        etag = client.get("/v1/indicator-values", params=ask(clinic)).headers["etag"]
        headers = {"If-None-Match": header.format(etag)}
        assert client.get("/v1/indicator-values", params=ask(clinic), headers=headers).status_code == status

    @pytest.mark.parametrize(
        ("wrong", "pointer"),
        [
            ({"codes": "IND-03,IND-99"}, "/codes"),
            ({"codes": ""}, "/codes"),
            ({"from": "2025-13"}, "/from"),
            ({"to": "november"}, "/to"),
            ({"to": "2025-09"}, "/to"),
            ({"from": "2020-11"}, "/to"),
            ({"disease": "COPD"}, "/disease"),
            ({"scope": "everything"}, "/scope"),
        ],
    )
    def test_what_cannot_be_answered_names_the_field(
        self, client: TestClient, clinic: Organisation, wrong: dict[str, str], pointer: str
    ) -> None:
        answer = client.get("/v1/indicator-values", params=ask(clinic) | wrong)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]

    def test_sixty_months_are_allowed(self, client: TestClient, clinic: Organisation) -> None:
        params = ask(clinic) | {"from": "2020-12"}
        assert client.get("/v1/indicator-values", params=params).status_code == 200

    def test_an_unknown_organisation_is_not_found(self, client: TestClient) -> None:
        params = {"scope": str(uuid4()), "from": "2025-10", "to": "2025-11"}
        assert client.get("/v1/indicator-values", params=params).status_code == 404

    def test_a_foreign_clinic_and_the_nodes_above_are_not_found(
        self, session: Session, clinic: Organisation, region: Organisation, other_clinic: Organisation
    ) -> None:
        mine = Scope(actor="nurse", clinic_ids=frozenset({clinic.id}))
        assert queries.stamp(session, mine, clinic.id).version == 1
        for foreign in (other_clinic, region):
            with pytest.raises(NotFound):
                queries.stamp(session, mine, foreign.id)

    def test_without_a_token_nothing_is_answered(self, client: TestClient, clinic: Organisation) -> None:
        answer = client.get("/v1/indicator-values", params=ask(clinic), headers={"Cookie": ""})
        assert answer.status_code == 401


def test_the_definitions_are_published_with_their_options_and_what_waits(client: TestClient) -> None:
    body = client.get("/v1/indicators").json()
    assert [(each["code"], each["disease"]) for each in body["items"]] == [
        (each.code, each.disease.value) for each in DEFINITIONS
    ]
    assert {each["belongs_to"] for each in body["items"]} == {"national", "hearts", "cms", "qof"}
    assert all(each[words][language] for each in body["items"] for words in WORDS for language in ("zh", "en"))
    (control,) = (each for each in body["items"] if each["code"] == "IND-03")
    assert control["title"] == {"zh": "管理人群血压控制率", "en": "Blood pressure control"}
    assert control["parameters"]["control"] == "NBPHS_AGE_AT_READING"
    assert control["direction"] == "higher"
    assert {"LAST_ANY_OFFICE", "HOME_MEAN", "HBA1C"} <= {each["option"] for each in body["waiting"]}
