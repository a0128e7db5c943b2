"""Goals of a place: its own, of the nearest node above it, the published one; with history, from a day on."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.audit.tables import AuditEvent
from cmc.core import clock
from cmc.organisations.tables import Organisation

YEAR = clock.today().year


def put(client: TestClient, place: Organisation, percent: Any, **more: Any) -> Any:
    body = {"code": "IND-02", "disease": "HTN", "percent": percent, "valid_from": f"{YEAR}-01-01", "reason": "年度计划"}
    return client.post(f"/v1/organisations/{place.id}/goals", json=body | more)


def goal(client: TestClient, place: Organisation, month: str = f"{YEAR}-12", code: str = "IND-02") -> Any:
    answer = client.get("/v1/indicator-goals", params={"scope": str(place.id), "month": month})
    assert answer.status_code == 200, answer.text
    found = [each for each in answer.json()["items"] if (each["code"], each["disease"]) == (code, "HTN")]
    return found[0] if found else None


def test_the_nearest_place_with_a_goal_decides_and_then_the_published_one(
    client: TestClient, region: Organisation, district: Organisation, clinic: Organisation
) -> None:
    told = goal(client, clinic)
    assert (told["percent"], told["year"], told["organisation_id"], told["valid_from"]) == ("70", 2030, None, None)
    assert goal(client, clinic, code="IND-03") is None
    for place, percent in ((region, 72.5), (district, 75), (clinic, 80)):
        made = put(client, place, percent)
        assert made.status_code == 201, made.text
        told = goal(client, clinic)
        assert (told["percent"], told["year"], told["organisation_id"]) == (f"{percent:g}", None, str(place.id))
        assert told["source"] == {"zh": place.name, "en": place.name_en}
    assert (goal(client, district)["percent"], goal(client, region)["percent"]) == ("75", "72.5")
    put(client, clinic, None)
    assert goal(client, clinic)["percent"] == "75"
    put(client, clinic, 60, code="IND-03")
    assert (goal(client, clinic, code="IND-03")["percent"], goal(client, district, code="IND-03")) == ("60", None)


def test_a_goal_holds_from_its_day_on_and_what_was_set_before_is_kept(
    client: TestClient, session: Session, clinic: Organisation
) -> None:
    put(client, clinic, 60)
    put(client, clinic, 65, valid_from=f"{YEAR + 1}-04-30")
    put(client, clinic, 64, valid_from=f"{YEAR + 1}-05-01")
    put(client, clinic, 66, valid_from=f"{YEAR + 1}-05-01")
    months = (f"{YEAR - 1}-12", f"{YEAR}-01", f"{YEAR + 1}-03", f"{YEAR + 1}-04", f"{YEAR + 1}-05")
    assert [goal(client, clinic, month)["percent"] for month in months] == ["70", "60", "60", "65", "66"]
    kept = client.get(f"/v1/organisations/{clinic.id}/goals").json()["items"]
    assert [each["percent"] for each in kept] == ["66", "64", "65", "60"]
    assert kept[0]["reason"] == "年度计划"
    noted = session.scalars(select(AuditEvent).where(col(AuditEvent.subject) == "indicator_goal")).all()
    assert len(noted) == 4
    assert {str(each.subject_id) for each in noted} == {each["id"] for each in kept}
    assert all("年度计划" not in str(each.detail) for each in noted)


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"code": "IND-99"}, "/code"),
        ({"code": "IND-20"}, "/code"),
        ({"valid_from": f"{YEAR - 1}-12-31"}, "/valid_from"),
        ({"percent": 0}, "/percent"),
        ({"percent": 100.01}, "/percent"),
        ({"percent": 70.001}, "/percent"),
        ({"percent": "70"}, "/percent"),
        ({"reason": " "}, "/reason"),
    ],
)
def test_what_is_no_goal_is_refused_at_its_field(
    client: TestClient, clinic: Organisation, more: dict[str, Any], pointer: str
) -> None:
    answer = put(client, clinic, more.pop("percent", 70), **more)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert client.get(f"/v1/organisations/{clinic.id}/goals").json()["items"] == []


def test_a_place_that_is_not_there_has_no_goals(client: TestClient, clinic: Organisation) -> None:
    foreign = "01970000-0000-7000-8000-000000000001"
    assert client.get("/v1/indicator-goals", params={"scope": foreign, "month": "2026-11"}).status_code == 404
    assert client.get(f"/v1/organisations/{foreign}/goals").status_code == 404
