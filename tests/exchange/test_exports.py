"""Exports in the background: asked for with a reason, made in the name of who asked, fetched for a day, logged."""

import csv
import io
from datetime import date, timedelta
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
from cmc.exchange import jobs
from cmc.exchange.exports import service as exports
from cmc.exchange.exports.defining import MOST_OF_A_CLINIC
from cmc.patients.tables import Patient

from .conftest import ZHANG

CSV = {"format": "csv", "reason": "recall"}


@pytest.fixture
def people(make_patient: Any) -> list[Patient]:
    zhang = make_patient(
        "张桂兰", citizen_id=ZHANG, birth_date=None, sex=None, phone="13812346131", address="平江道8号"
    )
    return [zhang, make_patient("李秀英", birth_date=date(1960, 5, 4))]


def _asked(client: TestClient, more: str = "", **body: Any) -> dict[str, Any]:
    answer = client.post(f"/v1/exports{more}", json=CSV | body)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def _table(client: TestClient, run: dict[str, Any]) -> list[list[str]]:
    answer = client.get(f"/v1/exports/{run['id']}/file")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == 'attachment; filename="register.csv"'
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_an_export_is_asked_for_made_and_fetched(client: TestClient, people: list[Patient], transaction: Any) -> None:
    run = _asked(client)
    assert (run["state"], run["people"], run["expires_at"], run["is_own"]) == ("waiting", None, None, True)
    early = client.get(f"/v1/exports/{run['id']}/file")
    assert (early.status_code, early.json()["code"]) == (409, "export-not-ready")
    assert jobs.make_exports(transaction, clock.now()) == 1
    assert jobs.make_exports(transaction, clock.now()) == 0
    made = client.get(f"/v1/exports/{run['id']}").json()
    assert (made["state"], made["people"], made["reason"], made["in_full"]) == ("ready", 2, "recall", False)
    head, *rows = _table(client, run)
    titles = [f"{each['title']['zh']} {each['title']['en']}" for each in _columns(client) if not each["in_full_only"]]
    assert head == titles
    assert sorted(row[0] for row in rows) == ["张**", "李**"]
    listed = client.get("/v1/exports").json()
    assert [each["id"] for each in listed["items"]] == [run["id"]]
    assert listed["names"][run["made_by"]]


def _columns(client: TestClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/v1/export-columns").json()["items"]
    return found


def test_in_full_it_has_every_column(client: TestClient, people: list[Patient], transaction: Any) -> None:
    run = _asked(client, ":in-full")
    jobs.make_exports(transaction, clock.now())
    head, *rows = _table(client, run)
    assert len(head) == len(_columns(client))
    assert ["张桂兰", "女"] in [row[:2] for row in rows]
    assert ZHANG in [row[4] for row in rows]


def test_what_is_kept_is_sealed_and_gone_after_a_day(
    client: TestClient, session: Session, people: list[Patient], transaction: Any
) -> None:
    run = _asked(client, ":in-full")
    now = clock.now()
    jobs.make_exports(transaction, now)
    parts = session.scalars(text("SELECT content_cipher FROM export_part")).all()
    assert parts
    assert all(ZHANG.encode() not in bytes(each) for each in parts)
    assert people[0].id.bytes not in bytes(session.scalars(text("SELECT people_cipher FROM export_run")).one())
    assert jobs.expire_exports(transaction, now + exports.KEPT - timedelta(seconds=1)) == 0
    assert jobs.expire_exports(transaction, now + exports.KEPT) == 1
    assert session.scalars(text("SELECT count(*) FROM export_part")).one() == 0
    told = client.get(f"/v1/exports/{run['id']}").json()
    assert (told["state"], told["people"]) == ("expired", 2)
    assert client.get(f"/v1/exports/{run['id']}/file").status_code == 404


def test_a_link_ends_at_its_time_also_before_the_file_is_cleared_away(
    client: TestClient, session: Session, people: list[Patient], transaction: Any
) -> None:
    run = _asked(client)
    jobs.make_exports(transaction, clock.now() - exports.KEPT)
    assert client.get(f"/v1/exports/{run['id']}").json()["state"] == "expired"
    assert client.get(f"/v1/exports/{run['id']}/file").status_code == 404


def test_each_download_stands_in_the_trail_with_everybody_in_the_file(
    client: TestClient, session: Session, people: list[Patient], transaction: Any
) -> None:
    run = _asked(client)
    jobs.make_exports(transaction, clock.now())
    for _ in range(2):
        client.get(f"/v1/exports/{run['id']}/file")
    query = select(AuditEvent).where(col(AuditEvent.subject) == "export_run", col(AuditEvent.act) == Act.EXPORT.value)
    noted = session.scalars(query).all()
    assert [set(each.person_ids) for each in noted] == [{each.id for each in people}] * 2
    assert noted[0].detail == {"export": run["id"], "reason": "recall", "register": "masked"}


def test_only_its_own_maker_takes_a_file_and_only_the_clinics_see_the_log(
    client: TestClient, sign_in: Any, clinic: Any, make_clinic: Any, people: list[Patient], transaction: Any
) -> None:
    run = _asked(client)
    jobs.make_exports(transaction, clock.now())
    colleague = sign_in(Role.NURSE, at=clinic, login="colleague")
    own = client.post("/v1/exports", json=CSV, headers=colleague).json()
    jobs.make_exports(transaction, clock.now())
    seen = client.get("/v1/exports", headers=colleague).json()["items"]
    assert [each["id"] for each in seen if each["is_own"]] == [own["id"]]
    assert client.get(f"/v1/exports/{own['id']}/file", headers=colleague).status_code == 200
    assert client.get(f"/v1/exports/{run['id']}/file", headers=colleague).status_code in {403, 404}
    foreign = sign_in(Role.NURSE, at=make_clinic("C2"), login="foreign")
    assert client.get("/v1/exports", headers=foreign).json()["items"] == []
    assert client.get(f"/v1/exports/{own['id']}/file", headers=foreign).status_code == 404
    assert client.post("/v1/exports", json=CSV | {"clinic": str(clinic.id)}, headers=foreign).status_code == 404


def test_without_the_right_there_is_no_export_in_full(client: TestClient, sign_in: Any, region: Any) -> None:
    supervisor = sign_in(Role.SUPERVISOR, at=region, names=True)
    assert client.post("/v1/exports:in-full", json=CSV, headers=supervisor).status_code == 403
    assert client.post("/v1/exports", json={"format": "csv"}).status_code == 422


def test_an_export_has_an_end(client: TestClient, people: list[Patient], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_PEOPLE", 1)
    answer = client.post("/v1/exports", json=CSV)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "too_many_people")


def test_one_that_cannot_be_made_holds_up_no_other(
    client: TestClient, session: Session, people: list[Patient], transaction: Any
) -> None:
    broken, good = _asked(client), _asked(client)
    spoil = text("UPDATE export_run SET data_key = substr(data_key, 1, 20) WHERE id = CAST(:id AS uuid)")
    session.execute(spoil, {"id": broken["id"]})
    session.expire_all()
    with pytest.raises(jobs.StepError):
        jobs.make_exports(transaction, clock.now())
    assert client.get(f"/v1/exports/{good['id']}").json()["state"] == "ready"
    assert client.get(f"/v1/exports/{broken['id']}").json()["state"] == "waiting"


def test_a_saved_export_is_the_clinics_and_gives_nobody_a_right(
    app: FastAPI, client: TestClient, clinic: Any, make_clinic: Any, sign_in: Any, session: Session
) -> None:
    other_clinic = make_clinic("C2")
    wanted = {
        "name": "高血压月报",
        "clinic_id": str(clinic.id),
        "disease": "HTN",
        "in_full": True,
        "reason": "reporting",
    }
    made = client.post("/v1/export-definitions", json=wanted)
    assert made.status_code == 201, made.text
    assert (made.json()["format"], made.json()["in_full"]) == ("xlsx", True)
    again = client.post("/v1/export-definitions", json=wanted | {"reason": "recall"})
    assert (again.status_code, again.json()["code"]) == (409, "definition-on-file")
    assert client.post("/v1/export-definitions", json=wanted | {"clinic_id": str(other_clinic.id)}).status_code == 201
    nurse = TestClient(app, headers=sign_in(Role.NURSE, at=clinic))
    listed = nurse.get("/v1/export-definitions").json()["items"]
    assert [(each["name"], each["clinic_id"]) for each in listed] == [("高血压月报", str(clinic.id))]
    foreign = client.get("/v1/export-definitions", params={"clinic": str(other_clinic.id)}).json()["items"]
    assert nurse.delete(f"/v1/export-definitions/{foreign[0]['id']}").status_code == 404
    assert nurse.get("/v1/export-definitions", params={"clinic": str(other_clinic.id)}).status_code == 404
    assert nurse.delete(f"/v1/export-definitions/{listed[0]['id']}").status_code == 204
    assert nurse.get("/v1/export-definitions").json()["items"] == []
    noted = select(AuditEvent).where(col(AuditEvent.subject) == "export_definition")
    told = list(session.scalars(noted.order_by(col(AuditEvent.seq))))
    assert [each.act for each in told] == [Act.CREATE, Act.CREATE, Act.DELETE]
    assert "高血压月报" not in str([each.detail for each in told])


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "x" * 1000}, "/name"),
        ({"reason": "curiosity"}, "/reason"),
        ({"in_full": "yes"}, "/in_full"),
        ({"format": "pdf"}, "/format"),
        ({"columns": ["name"]}, "/columns"),
    ],
)
def test_a_saved_export_says_what_is_wrong_with_it(
    client: TestClient, clinic: Any, more: dict[str, Any], pointer: str
) -> None:
    wanted = {"name": "月报", "clinic_id": str(clinic.id), "reason": "reporting"} | more
    answer = client.post("/v1/export-definitions", json=wanted)
    assert answer.status_code in {400, 422}
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


def test_a_clinic_keeps_so_many_saved_exports(client: TestClient, clinic: Any) -> None:
    wanted = {"clinic_id": str(clinic.id), "reason": "reporting"}
    for number in range(MOST_OF_A_CLINIC):
        assert client.post("/v1/export-definitions", json=wanted | {"name": f"第{number}个"}).status_code == 201
    more = client.post("/v1/export-definitions", json=wanted | {"name": "多一个"})
    assert (more.status_code, more.json()["code"]) == (409, "too-many-definitions")
