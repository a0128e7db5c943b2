"""Readings over HTTP, as a gateway sends them."""

import json
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client import REGISTRY
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from cmc.accounts.roles import Role
from cmc.core import guard
from cmc.core.crypto import Keyring
from cmc.core.paging import encode_cursor
from cmc.core.scope import Scope
from cmc.ingest import receipts
from cmc.ingest.schemas import READING_SCHEMA
from cmc.ingest.tables import Receipt
from cmc.organisations.tables import Organisation
from cmc.patients import touched
from cmc.patients.schemas import Identifier
from cmc.patients.tables import Patient

Item = dict[str, Any]
MakeItem = Callable[..., Item]


def _statuses(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [result["status"] for result in answer.json()["results"]]


def _count(session: Session, table: str) -> int:
    return session.scalars(text(f"SELECT count(*) FROM {table}")).one()  # noqa: S608 - our own names


def test_good_items_are_stored_beside_bad_ones(client: TestClient, session: Session, glucose: MakeItem) -> None:
    items = [glucose(taken_at=f"2025-11-20T07:{minute:02d}:00+08:00") for minute in range(60)]
    items += [glucose(taken_at=f"2025-11-21T07:{minute:02d}:00+08:00") for minute in range(40)]
    for index, bad in ((3, {"value": 126}), (50, {"unit": None}), (99, {"colour": "red"})):
        items[index] = items[index] | bad
        items[index] = {name: value for name, value in items[index].items() if value is not None}
    answer = client.post("/v1/readings", json={"items": items})
    results = answer.json()["results"]
    assert answer.json()["summary"] == {"created": 97, "rejected": 3}
    assert [result["index"] for result in results] == list(range(100))
    pointers = {result["errors"][0]["pointer"] for result in results if result["status"] == "rejected"}
    assert pointers == {"/items/3/value", "/items/50/unit", "/items/99/colour"}
    assert _count(session, "reading") == 97


RAW_VALUES = [
    "NaN",
    "Infinity",
    "1e400",
    "-1e400",
    '"6.1"',
    "true",
    "{}",
    "6" * 5000,
    r'"\ud800"',
    r'"\u0000"',
    "[" * 200 + "]" * 200,
]


RAW_FIELDS = ["value", "device", "patient_id", "taken_at", "kind", "sequence", "timezone"]
A_GOOD_DEVICE = ("device", '"6.1"')


@pytest.mark.parametrize(
    ("field", "raw"), [(field, raw) for field in RAW_FIELDS for raw in RAW_VALUES if (field, raw) != A_GOOD_DEVICE]
)
def test_no_value_whatever_breaks_a_batch(
    client: TestClient, glucose: MakeItem, session: Session, field: str, raw: str
) -> None:
    good = json.dumps(glucose())
    other = json.dumps({name: value for name, value in glucose().items() if name != field})[:-1]
    body = f'{{"items":[{good},{other},"{field}":{raw}}}]}}'
    answer = client.post("/v1/readings", content=body)
    assert _statuses(answer) == ["created", "rejected"]
    errors = answer.json()["results"][1]["errors"]
    assert any(error["pointer"] == f"/items/1/{field}" for error in errors)
    assert _count(session, "reading") == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "unreadable"),
        (b"{", 400, "unreadable"),
        (b'{"kind":"\xff"}', 400, "unreadable"),
        ('{"items":[]}'.encode("utf-16"), 400, "unreadable"),
        (b"[" * 500_000, 400, "unreadable"),
        (b"[]", 422, "invalid-payload"),
        (b'{"items":[]}', 422, "invalid-payload"),
        (b'{"items":[' + b"{}," * 500 + b"{}]}", 422, "invalid-payload"),
        (b'{"items":[' + b"1," * 400_000 + b"1]}", 422, "invalid-payload"),
    ],
)
def test_an_unusable_body_is_one_problem(client: TestClient, body: bytes, status: int, code: str) -> None:
    answer = client.post("/v1/readings", content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_huge_body_is_refused_at_once(client: TestClient) -> None:
    started = time.perf_counter()
    answer = client.post("/v1/readings", content=b'{"items":[' + b"{}," * 10_000_000 + b"{}]}")
    assert answer.status_code == 413
    assert time.perf_counter() - started < 2


def test_without_a_token_nothing_is_read(client: TestClient, glucose: MakeItem) -> None:
    assert client.post("/v1/readings", json=glucose(), headers={"Authorization": "Bearer no"}).status_code == 401


def test_errors_never_repeat_what_was_sent(client: TestClient, glucose: MakeItem) -> None:
    secret = "11010519491231002X"
    for name in ("patient_id", "device", "value", "unit", "taken_at", "kind", "period", secret):
        answer = client.post("/v1/readings", json={"items": [glucose(**{name: f"{secret}\u0001"})]})
        assert _statuses(answer) == ["rejected"]
        assert secret not in answer.text


def test_the_same_batch_again_is_all_duplicates(
    client: TestClient, session: Session, glucose: MakeItem, pressure: MakeItem
) -> None:
    future, old = "2099-01-01T00:00:00Z", "1970-01-01T00:00:00Z"
    items = [
        glucose(),
        pressure(),
        pressure(device="cuff", sequence=4),
        glucose(taken_at=future),
        glucose(taken_at=old),
    ]
    body = {"items": items}
    assert _statuses(client.post("/v1/readings", json=body)) == ["created"] * 3 + ["quarantined"] * 2
    before = [_count(session, name) for name in ("reading", "held_reading", "receipt", "touched")]
    again = client.post("/v1/readings", json=body, headers={"Idempotency-Key": "k-1"})
    assert _statuses(again) == ["duplicate"] * 3 + ["quarantined"] * 2
    assert [_count(session, name) for name in ("reading", "held_reading", "receipt", "touched")] == before


def test_one_reading_alone_gets_one_result(client: TestClient, glucose: MakeItem) -> None:
    answer = client.post("/v1/readings", json=glucose())
    assert _statuses(answer) == ["created"]
    assert answer.json()["results"][0]["id"]


def test_the_same_reading_twice_in_a_batch_is_stored_once(client: TestClient, glucose: MakeItem) -> None:
    items = [glucose(), glucose(value=6.10), glucose(value=109.8, unit="mg/dL")]
    assert _statuses(client.post("/v1/readings", json={"items": items})) == ["created", "duplicate", "duplicate"]


def test_a_conflict_keeps_the_first_and_shows_the_other(client: TestClient, pressure: MakeItem) -> None:
    first, other = pressure(device="cuff", sequence=9), pressure(device="cuff", sequence=9, systolic=151)
    assert _statuses(client.post("/v1/readings", json={"items": [first, other]})) == ["created", "conflict"]
    answer = client.post("/v1/readings", json=other)
    assert _statuses(answer) == ["conflict"]
    (held,) = client.get("/v1/held-readings", params={"kind": "conflict"}).json()["items"]
    assert held["item"]["systolic"] == 151
    assert held["reading_id"] == answer.json()["results"][0]["id"]
    assert held["reasons"][0]["code"] == "conflict"
    (stored,) = client.get(f"/v1/patients/{first['patient_id']}/readings").json()["items"]
    assert stored["systolic_mmhg"] == 138


@pytest.mark.parametrize(
    "spelling", ["2025-11-19T23:00:00Z", "2025-11-20T07:00:00.0+08:00", "2025-11-20 00:00:00.250+0100"]
)
def test_a_numbered_record_is_the_same_however_its_time_is_written(
    client: TestClient, pressure: MakeItem, spelling: str
) -> None:
    first, again = pressure(device="cuff", sequence=9), pressure(device="cuff", sequence=9, taken_at=spelling)
    assert _statuses(client.post("/v1/readings", json={"items": [first, again]})) == ["created", "duplicate"]
    other = again | {"systolic": 151}
    assert _statuses(client.post("/v1/readings", json={"items": [again, other]})) == ["duplicate", "conflict"]


def test_a_numbered_record_on_the_local_clock_is_the_same_too(client: TestClient, pressure: MakeItem) -> None:
    local = pressure(device="cuff", sequence=9, taken_at=None, taken_at_local="2025-11-20T07:00:00")
    items = [pressure(device="cuff", sequence=9), local]
    assert _statuses(client.post("/v1/readings", json={"items": items})) == ["created", "duplicate"]


def test_a_sequence_number_may_come_again_at_another_time(client: TestClient, pressure: MakeItem) -> None:
    later = "2025-11-20T07:00:01+08:00"
    items = [pressure(device="cuff", sequence=9), pressure(device="cuff", sequence=9, taken_at=later)]
    assert _statuses(client.post("/v1/readings", json={"items": items})) == ["created", "created"]


def test_a_person_is_found_by_the_number_of_another_system(client: TestClient, glucose: MakeItem) -> None:
    def of(value: str) -> Item:
        return glucose(patient_id=None, patient={"system": "his", "value": value})

    assert _statuses(client.post("/v1/readings", json={"items": [of("880123"), of("4711")]})) == [
        "created",
        "quarantined",
    ]
    assert _statuses(client.post("/v1/readings", json=glucose())) == ["duplicate"]


def test_the_reading_of_an_unknown_person_is_kept_until_somebody_looks(client: TestClient, glucose: MakeItem) -> None:
    stranger = glucose(patient_id="0190a7c4-6f1e-7d3a-9c55-2f6b8f0a1c22", value=17.25)
    assert _statuses(client.post("/v1/readings", json=stranger)) == ["quarantined"]
    (held,) = client.get("/v1/held-readings").json()["items"]
    assert (held["item"], held["patient_id"], held["clinic_id"]) == (stranger, None, None)
    assert [reason["code"] for reason in held["reasons"]] == ["unknown_person"]


def test_a_critical_pressure_with_an_impossible_pulse_is_stored_without_it(
    client: TestClient, pressure: MakeItem
) -> None:
    item = pressure(systolic=192, pulse=0)
    assert _statuses(client.post("/v1/readings", json={"items": [item, item]})) == ["created", "duplicate"]
    (stored,) = client.get(f"/v1/patients/{item['patient_id']}/readings").json()["items"]
    shown = ("systolic_mmhg", "pulse_bpm", "alert_tier", "value_text", "notes")
    assert [stored[name] for name in shown] == [192, None, "RED", "192/86/0", ["pulse_out_of_range"]]
    assert _statuses(client.post("/v1/readings", json=pressure(pulse="72"))) == ["rejected"]


def test_a_severe_hypoglycaemia_or_wrong_unit_waits_under_the_person(client: TestClient, glucose: MakeItem) -> None:
    item = glucose(value=30, unit="mg/dL")
    for _ in range(2):
        assert _statuses(client.post("/v1/readings", json={"items": [item]})) == ["quarantined"]
    (held,) = client.get("/v1/held-readings").json()["items"]
    assert (held["patient_id"], held["item"]) == (item["patient_id"], item)
    (reason,) = held["reasons"]
    assert (reason["pointer"], reason["code"]) == ("/value", "unit_doubtful")
    assert "confirm the unit" in reason["detail"]
    assert _statuses(client.post("/v1/readings", json=glucose(value=126))) == ["rejected"]


def test_an_impossible_clock_is_quarantined_under_the_clinic(
    client: TestClient, glucose: MakeItem, clinic: Organisation
) -> None:
    assert _statuses(client.post("/v1/readings", json=glucose(taken_at="2000-01-01T00:00:00Z"))) == ["quarantined"]
    (held,) = client.get("/v1/held-readings", params={"clinic": str(clinic.id)}).json()["items"]
    assert [(each["pointer"], each["code"]) for each in held["reasons"]] == [("/taken_at", "clock_reset")]


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00", "2025-02-01T00:00:00", None])
def test_no_forged_cursor_of_held_readings_is_an_error_of_ours(client: TestClient, at: str | None) -> None:
    cursor = encode_cursor([at, str(UUID(int=0))])
    assert client.get("/v1/held-readings", params={"cursor": cursor}).status_code in {200, 422}


def test_the_held_readings_of_no_clinic_are_not_found(
    app: FastAPI, client: TestClient, clinic: Organisation, make_clinic: Callable[..., Organisation]
) -> None:
    def status(clinic_id: UUID | None) -> int:
        return client.get("/v1/held-readings", params={"clinic": str(clinic_id)}).status_code

    assert (status(clinic.id), status(clinic.parent_id), status(UUID(int=7))) == (200, 404, 404)
    other = make_clinic("C2")
    app.dependency_overrides[guard.current_scope] = lambda: Scope("gateway", frozenset({other.id}))
    assert (status(clinic.id), status(other.id)) == (404, 200)


def test_held_readings_come_a_page_at_a_time(client: TestClient, glucose: MakeItem) -> None:
    items = [glucose(taken_at=f"19{70 + year}-01-01T00:00:00Z") for year in range(5)]
    assert set(_statuses(client.post("/v1/readings", json={"items": items}))) == {"quarantined"}
    seen, cursor = [], None
    while True:
        page = client.get("/v1/held-readings", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [each["item"]["taken_at"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(each["taken_at"] for each in items)


def test_a_clinic_neither_writes_nor_sees_what_is_not_its_own(
    app: FastAPI,
    sign_in: Callable[..., dict[str, str]],
    glucose: MakeItem,
    make_clinic: Callable[..., Organisation],
    make_patient: Callable[..., Patient],
) -> None:
    other = make_clinic("C2")
    client = TestClient(app, headers=sign_in(Role.NURSE, at=other))
    assert _statuses(client.post("/v1/readings", json=glucose())) == ["quarantined"]
    (sent,) = client.get("/v1/held-readings").json()["items"]
    assert sent["item"] == glucose(), "who sent it looks at what belongs to nobody there"
    assert client.get(f"/v1/patients/{glucose()['patient_id']}/readings").status_code == 404
    own = glucose(patient_id=str(make_patient("李明", clinic_id=other.id).id), taken_at="1999-01-01T00:00:00Z")
    assert _statuses(client.post("/v1/readings", json=own)) == ["quarantined"]
    assert len(client.get("/v1/held-readings").json()["items"]) == 2
    client = TestClient(app, headers=sign_in(Role.NURSE, at=make_clinic("C3")))
    assert client.get("/v1/held-readings").json()["items"] == []


def test_people_with_new_readings_are_marked(client: TestClient, session: Session, glucose: MakeItem) -> None:
    session.execute(text("DELETE FROM touched"))
    client.post("/v1/readings", json=glucose())
    assert [str(each) for each in touched.take(session, touched.ALERTS)] == [glucose()["patient_id"]]


def _bodies(session: Session, keys: Keyring) -> list[bytes]:
    return [receipts.opened(keys, each.id, each.data_key, each.body) for each in session.scalars(select(Receipt))]


def test_the_body_is_kept_as_it_came_and_sealed(
    client: TestClient, session: Session, keys: Keyring, glucose: MakeItem
) -> None:
    body = json.dumps(glucose(), indent=3).encode()
    client.post("/v1/readings", content=body)
    row = session.execute(
        text("SELECT r.body, r.format, r.source FROM receipt r JOIN reading d ON d.receipt_id = r.id")
    ).one()
    assert (row.format, row.source.split(":")[0]) == ("native", "user")
    assert b"glucose" not in row.body
    assert _bodies(session, keys) == [body]


def test_what_was_refused_is_kept_as_it_came_and_once(
    client: TestClient, session: Session, keys: Keyring, glucose: MakeItem
) -> None:
    refused = {"items": [glucose(value=126), glucose(colour="red")]}
    for _ in range(3):
        assert _statuses(client.post("/v1/readings", json=refused)) == ["rejected"] * 2
    assert _count(session, "receipt") == 1
    (body,) = _bodies(session, keys)
    assert b'"red"' in body


def test_an_unreadable_body_or_nothing_new_leaves_no_receipt(
    client: TestClient, session: Session, glucose: MakeItem
) -> None:
    assert client.post("/v1/readings", content=b"{").status_code == 400
    assert client.post("/v1/readings", json={"items": []}).status_code == 422
    assert _count(session, "receipt") == 0
    client.post("/v1/readings", json=glucose())
    assert _statuses(client.post("/v1/readings", json={"items": [glucose()]})) == ["duplicate"]
    assert _count(session, "receipt") == 1


def test_all_that_came_of_a_body_names_its_one_receipt(
    client: TestClient, session: Session, glucose: MakeItem, make_patient: Callable[..., Patient]
) -> None:
    body = glucose(patient_id=None, patient={"system": "his", "value": "4711"})
    assert _statuses(client.post("/v1/readings", json=body)) == ["quarantined"]
    make_patient("李明", identifiers=[Identifier(system="his", value="4711")])
    assert _statuses(client.post("/v1/readings", json=body)) == ["created"]
    (receipt,) = session.scalars(text("SELECT id FROM receipt")).all()
    for table in ("reading", "held_reading"):
        assert session.scalars(text(f"SELECT receipt_id FROM {table}")).all() == [receipt]  # noqa: S608 - our own names


def test_what_is_ingested_is_counted(client: TestClient, glucose: MakeItem) -> None:
    labels = {"adapter": "native", "metric": "glucose", "result": "created"}

    def counted() -> float:
        return REGISTRY.get_sample_value("cmc_readings_ingested_total", labels) or 0.0

    before = counted()
    client.post("/v1/readings", json=glucose())
    assert counted() == before + 1
    assert "cmc_reading_lag_seconds" in client.get("/metrics").text


def test_the_route_is_documented(app: FastAPI) -> None:
    operation = app.openapi()["paths"]["/v1/readings"]["post"]
    assert set(operation["requestBody"]["content"]["application/json"]["examples"]) == {"one", "batch"}
    assert {"200", "400", "401", "413", "422", "503"} <= set(operation["responses"])


def test_a_held_item_is_documented_as_what_was_sent(app: FastAPI) -> None:
    held = app.openapi()["components"]["schemas"]["HeldReadingOut"]["properties"]["item"]
    assert held["properties"].keys() == READING_SCHEMA["properties"].keys()
    assert held["properties"]["unit"] == READING_SCHEMA["properties"]["unit"]
    assert "default" not in held["properties"]["specimen"]
    post = app.openapi()["paths"]["/v1/readings"]["post"]
    assert [each["name"] for each in post["parameters"] if each["in"] == "header"] == ["Idempotency-Key"]


def test_the_documented_examples_are_understood(app: FastAPI, client: TestClient) -> None:
    body = app.openapi()["paths"]["/v1/readings"]["post"]["requestBody"]["content"]["application/json"]
    for example in body["examples"].values():
        assert set(_statuses(client.post("/v1/readings", json=example["value"]))) == {"quarantined"}
