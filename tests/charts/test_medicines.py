"""Medicines through their checks: passed, blocked, let through by a doctor, for an allergy by two people."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.accounts.roles import Role
from cmc.patients.tables import Patient

LOSARTAN = {"on": "2026-05-01", "name": "氯沙坦钾片 50mg", "dose": 50, "dose_unit": "mg", "frequency": "QD"}
ENALAPRIL = {"on": "2026-06-01", "name": "依那普利片"}
AMOXICILLIN = {"on": "2026-06-01", "name": "阿莫西林胶囊"}


class Desk:
    """A person at a clinic, a nurse and two doctors."""

    def __init__(self, app: FastAPI, person: Patient, headers: Callable[[Role], dict[str, str]]) -> None:
        self.url = f"/v1/patients/{person.id}"
        self.nurse, self.doctor, self.other = (
            TestClient(app, headers=headers(role)) for role in (Role.NURSE, Role.DOCTOR, Role.DOCTOR)
        )

    def add(self, body: dict[str, Any]) -> Any:
        answer = self.nurse.post(f"{self.url}/medications", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def taken(self) -> list[str]:
        return sorted(each["name"] for each in self.nurse.get(f"{self.url}/medications").json()["items"])

    def act(self, who: TestClient, review: Any, verb: str, body: Any = None, version: int | None = None) -> Any:
        tag = {"If-Match": f'"{version or review["version"]}"'}
        return who.post(f"{self.url}/medicine-reviews/{review['id']}:{verb}", json=body, headers=tag)


@pytest.fixture
def desk(app: FastAPI, make_patient: Any, clinic: Any, sign_in: Any) -> Desk:
    return Desk(app, make_patient(), lambda role: sign_in(role, at=clinic))


def test_a_harmless_medicine_is_recorded_with_its_review(desk: Desk) -> None:
    told = desk.add(LOSARTAN)
    assert (told["state"], told["level"], told["findings"]) == ("passed", "OK", [])
    assert (told["medication"]["medicine_code"], told["medication"]["dose"]) == ("losartan", "50")
    assert "DRUG-03" in {each["rule"] for each in told["not_checked"]}  # no potassium known
    assert desk.taken() == [LOSARTAN["name"]]


def test_what_the_catalogue_does_not_know_is_recorded_and_said(desk: Desk) -> None:
    told = desk.add({"on": "2026-05-01", "name": "祖传秘方"})
    assert (told["state"], told["unknown_medicines"]) == ("passed", ["祖传秘方"])
    assert told["medication"]["medicine_code"] is None


def test_a_check_stores_nothing(desk: Desk) -> None:
    desk.add(LOSARTAN)
    told = desk.nurse.post(f"{desk.url}/medications:check", json=ENALAPRIL).json()
    assert (told["level"], told["findings"][0]["reason"]["rule"], told["findings"][0]["override"]) == (
        "BLOCK",
        "DRUG-01",
        "DOCTOR",
    )
    assert desk.taken() == [LOSARTAN["name"]]
    assert len(desk.nurse.get(f"{desk.url}/medicine-reviews").json()["items"]) == 1


def test_a_blocked_medicine_waits_for_a_doctor_with_a_reason(desk: Desk, session: Session) -> None:
    desk.add(LOSARTAN)
    blocked = desk.add(ENALAPRIL)
    assert (blocked["state"], blocked["medication"]) == ("blocked", None)
    assert desk.taken() == [LOSARTAN["name"]]
    assert desk.act(desk.nurse, blocked, "override", {"reason": "x"}).status_code == 403
    assert desk.act(desk.doctor, blocked, "override", {"reason": ""}).status_code == 422
    assert desk.act(desk.doctor, blocked, "override", {"reason": "短期换药"}, version=7).status_code == 412
    passed = desk.act(desk.doctor, blocked, "override", {"reason": "短期换药"})
    assert passed.status_code == 200, passed.text
    told = passed.json()
    assert (told["state"], told["override_reason"], told["medication"]["name"]) == (
        "passed",
        "短期换药",
        ENALAPRIL["name"],
    )
    assert desk.taken() == sorted([LOSARTAN["name"], ENALAPRIL["name"]])
    assert desk.act(desk.doctor, told, "override", {"reason": "x"}).status_code == 409
    stored = session.execute(
        text("SELECT rule_ids, inputs FROM medicine_review WHERE id = :id"), {"id": told["id"]}
    ).one()
    assert "DRUG-01" in stored.rule_ids
    assert stored.inputs["medicines"] == ["losartan", ENALAPRIL["name"]]
    assert desk.add({"on": "2026-06-02", "name": "氨氯地平"})["state"] == "passed"  # the old risk was decided on


def test_an_allergy_needs_two_people(desk: Desk) -> None:
    desk.nurse.post(f"{desk.url}/allergies", json={"on": "2020-01-01", "substance": "青霉素类"})
    blocked = desk.add(AMOXICILLIN)
    assert blocked["findings"][0]["override"] == "TWO_PEOPLE"
    assert desk.act(desk.other, blocked, "confirm").status_code == 409
    half = desk.act(desk.doctor, blocked, "override", {"reason": "皮试阴性"}).json()
    assert (half["state"], half["medication"], desk.taken()) == ("half", None, [])
    same = desk.act(desk.doctor, half, "confirm")
    assert (same.status_code, same.json()["code"]) == (403, "same-person")
    done = desk.act(desk.nurse, half, "confirm").json()
    assert (done["state"], desk.taken()) == ("passed", [AMOXICILLIN["name"]])
    assert done["confirmed_by"] != done["overridden_by"]


def test_a_review_does_not_outlive_what_it_was_made_on(desk: Desk) -> None:
    desk.add(LOSARTAN)
    blocked = desk.add(ENALAPRIL)
    pregnant = {"on": "2026-07-01", "condition": "PREGNANT"}
    assert desk.nurse.post(f"{desk.url}/diagnoses", json=pregnant).status_code == 201
    late = desk.act(desk.doctor, blocked, "override", {"reason": "x"})
    assert (late.status_code, late.json()["code"]) == (409, "review-outdated")


def test_a_medicine_is_stopped_changed_and_retracted(desk: Desk) -> None:
    first = desk.add(LOSARTAN)["medication"]
    address = f"{desk.url}/medications/{first['id']}:correct"
    stopped = LOSARTAN | {"stopped_on": "2026-06-01"}
    answer = desk.nurse.post(
        address, json={"reason": "停药", "fact": stopped}, headers={"If-Match": f'"{first["version"]}"'}
    )
    assert answer.status_code == 200, answer.text
    second = answer.json()["medication"]
    assert (second["id"], second["stopped_on"]) == (first["id"], "2026-06-01")
    assert desk.add(ENALAPRIL)["state"] == "passed"
    again = desk.nurse.post(
        address, json={"reason": "恢复用药", "fact": LOSARTAN}, headers={"If-Match": f'"{second["version"]}"'}
    ).json()
    assert (again["state"], again["medication"]) == ("blocked", None)
    passed = desk.act(desk.doctor, again, "override", {"reason": "专科意见"}).json()
    assert (passed["medication"]["id"], passed["medication"]["replaces"]) == (first["id"], second["version"])
    tag = {"If-Match": f'"{passed["medication"]["version"]}"'}
    gone = desk.nurse.post(address, json={"reason": "录错人"}, headers=tag).json()
    assert gone["retracted"] is True
    assert desk.taken() == [ENALAPRIL["name"]]


def test_a_blocked_change_whose_medicine_was_changed_meanwhile_is_refused(desk: Desk) -> None:
    first = desk.add({"on": "2026-05-01", "name": "氨氯地平片"})["medication"]
    desk.add(LOSARTAN)
    address, tag = f"{desk.url}/medications/{first['id']}:correct", {"If-Match": f'"{first["version"]}"'}
    blocked = desk.nurse.post(address, json={"reason": "换药", "fact": ENALAPRIL}, headers=tag).json()
    assert blocked["state"] == "blocked"
    assert desk.nurse.post(address, json={"reason": "录错"}, headers=tag).status_code == 200
    late = desk.act(desk.doctor, blocked, "override", {"reason": "x"})
    assert (late.status_code, late.json()["code"]) == (409, "review-outdated")


def test_what_is_wrong_with_a_medicine_is_named(desk: Desk) -> None:
    wrong = desk.nurse.post(f"{desk.url}/medications", json={"on": "2026-05-01", "name": "氨氯地平", "dose": 5})
    assert [each["pointer"] for each in wrong.json()["errors"]] == ["/dose_unit"]
