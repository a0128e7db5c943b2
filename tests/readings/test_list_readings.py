"""A person's readings, newest first."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.core.paging import encode_cursor
from cmc.core.scope import Scope
from cmc.patients.tables import Patient
from cmc.readings import queries

START = datetime(2025, 1, 30, 16, 30, tzinfo=UTC)  # half past midnight of 31 January in Shanghai


@pytest.fixture
def person(client: TestClient, make_patient: Callable[..., Patient]) -> str:
    """A person with 30 glucose values, one every 12 hours, and 5 pressures."""
    patient_id = str(make_patient().id)
    items: list[dict[str, Any]] = [
        {
            "patient_id": patient_id,
            "kind": "glucose",
            "value": 90 + index,
            "unit": "mg/dL",
            "taken_at": (START + timedelta(hours=12 * index)).isoformat(),
            "period": "FASTING",
        }
        for index in range(30)
    ]
    items += [
        {
            "patient_id": patient_id,
            "kind": "blood_pressure",
            "systolic": 18.4,
            "diastolic": 11.5,
            "unit": "kPa",
            "taken_at": (START + timedelta(days=index, seconds=1)).isoformat(),
        }
        for index in range(5)
    ]
    assert client.post("/v1/readings", json={"items": items}).json()["summary"] == {"created": 35}
    return patient_id


def _all(client: TestClient, person: str, **query: Any) -> list[dict[str, Any]]:
    found, cursor = [], None
    while True:
        page = client.get(f"/v1/patients/{person}/readings", params=query | ({"cursor": cursor} if cursor else {}))
        assert page.status_code == 200, page.text
        found += page.json()["items"]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 7, 35, 100])
def test_pages_show_every_reading_once_newest_first(client: TestClient, person: str, limit: int) -> None:
    found = _all(client, person, limit=limit)
    assert len({each["id"] for each in found}) == len(found) == 35
    assert [each["taken_at"] for each in found] == sorted((each["taken_at"] for each in found), reverse=True)


def test_values_are_shown_in_our_units_and_as_received(client: TestClient, person: str) -> None:
    first = _all(client, person, kind="glucose")[-1]
    shown = ("glucose_mmol_l", "value_text", "unit_text", "taken_on", "period", "specimen", "setting", "notes")
    assert [first[name] for name in shown] == [5.0, "90", "mg/dL", "2025-01-31", "FASTING", "capillary", "home", []]
    pressure = _all(client, person, kind="blood_pressure")[0]
    shown = ("systolic_mmhg", "diastolic_mmhg", "value_text", "unit_text", "glucose_mmol_l")
    assert [pressure[name] for name in shown] == [138, 86, "18.4/11.5", "kPa", None]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"kind": "glucose"}, 30),
        ({"from": "2025-01-31", "to": "2025-02-01"}, 3),
        ({"from": "2025-02-01", "to": "2025-02-01"}, 0),
        ({"from": "2025-02-03", "kind": "blood_pressure"}, 2),
        ({"to": "2025-01-31"}, 0),
    ],
)
def test_dates_are_local_and_the_end_is_not_included(
    client: TestClient, person: str, query: dict[str, str], count: int
) -> None:
    assert len(_all(client, person, **query)) == count


@pytest.mark.parametrize("query", [{"limit": 0}, {"cursor": "bm90IG91cnM"}, {"from": "31.1.2025"}, {"kind": "weight"}])
def test_a_bad_question_is_refused(client: TestClient, person: str, query: dict[str, Any]) -> None:
    answer = client.get(f"/v1/patients/{person}/readings", params=query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(query))}"


@pytest.mark.parametrize(
    "at",
    [
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-12:00",
        "9999-12-31T23:59:59",
        "0001-01-01T00:00:00+12:00",
        "0001-01-01T00:00:00",
        "2025-02-01T00:00:00",
        "2025-02-01T00:00:00.123456+23:59",
        "not a time",
        None,
        1e300,
    ],
)
@pytest.mark.parametrize("last", [str(UUID(int=0)), str(UUID(int=2**128 - 1)), "x", None])
def test_no_forged_cursor_is_an_error_of_ours(client: TestClient, person: str, at: Any, last: Any) -> None:
    cursor = encode_cursor([at, last])
    answer = client.get(f"/v1/patients/{person}/readings", params={"cursor": cursor})
    assert answer.status_code in {200, 422}, answer.text


def test_every_reading_comes_before_the_end_of_the_calendar(session: Session, scope: Scope, person: str) -> None:
    end = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    assert len(queries.of_person(session, scope, UUID(person), before=(end, UUID(int=0)))) == 35


def test_an_unknown_person_has_no_list(client: TestClient) -> None:
    assert client.get(f"/v1/patients/{uuid4()}/readings").status_code == 404


def test_only_the_months_in_question_are_searched(session: Session, person: str) -> None:
    plan = "\n".join(
        session.scalars(
            text(
                "EXPLAIN SELECT id FROM reading WHERE patient_id = :id AND taken_on >= '2025-02-01'"
                " AND taken_on < '2025-03-01'"
            ),
            {"id": person},
        )
    )
    assert "reading_p202502" in plan
    assert "reading_p202501" not in plan
