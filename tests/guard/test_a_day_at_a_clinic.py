"""A clinic's whole work goes on inside its own scope: no policy stands in the way of what its people may do."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from cmc.accounts.roles import Role
from cmc.core import crypto, db
from cmc.core.clock import now
from cmc.core.scope import Scope, system_scope
from cmc.followups import jobs as followup_jobs
from cmc.indicators import jobs as indicator_jobs
from cmc.main import build

from .conftest import Region

ReallySignedIn = Callable[..., dict[str, str]]


@pytest.fixture
def nurse(region: Region, keys: crypto.Keyring, really_signed_in: ReallySignedIn) -> TestClient:
    return TestClient(
        build(region.engine, keys), headers=really_signed_in(region.engine, Role.NURSE, at=region.node(2))
    )


def _register(nurse: TestClient, region: Region, **more: object) -> str:
    body = {"clinic_id": str(region.clinics[2]), "name": "李秀英", "sex": "F", "birth_date": "1958-03-02"}
    answer = nurse.post("/v1/patients", json=body | more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_from_registration_to_the_end(nurse: TestClient, region: Region) -> None:
    person = _register(nurse, region, identifiers=[{"system": "his", "value": "900"}], citizen_id="110101195803024429")
    enrolment = {
        "disease": "HTN", "enrolled_on": "2026-01-05", "confirmed_on": "2026-01-05", "confirmed_at": "市第一医院",
        "doctor": "赵医生", "consent": True,
    }  # fmt: skip
    enrolled = nurse.post(f"/v1/patients/{person}/enrolments", json=enrolment)
    assert enrolled.status_code == 201, enrolled.text
    visit = {"patient_id": person, "visited_on": "2026-10-02", "mode": 1, "diseases": ["HTN"]}
    visit |= {"sbp_mmhg": 188, "dbp_mmhg": 112}
    assert nurse.post("/v1/followups:assess", json=visit).status_code == 200
    assert nurse.post("/v1/followups", json=visit, headers={"Idempotency-Key": "day"}).status_code == 201
    assert nurse.post("/v1/followups", json=visit, headers={"Idempotency-Key": "day"}).status_code == 200
    exam = nurse.post(f"/v1/patients/{person}/annual-exams", json={"on": "2026-05-12"})
    assert exam.status_code == 201
    reading = {"patient_id": person, "kind": "glucose", "unit": "mmol/L", "taken_at": "2026-10-03T07:00:00+08:00"}
    for value, expected in ((6.8, "created"), (6.8, "duplicate")):
        posted = nurse.post("/v1/readings", json=reading | {"value": value}).json()
        assert posted["summary"] == {expected: 1}
    assert nurse.get("/v1/worklist").json()["items"][0]["patient"]["id"] == person
    assert nurse.get("/v1/worklist/counts").json()["all"] >= 1
    for part in ("", "/enrolments", "/followups", "/readings", "/annual-exams"):
        assert nurse.get(f"/v1/patients/{person}{part}").status_code == 200
    assert [each["id"] for each in nurse.get("/v1/patients").json()["items"]] == [person]
    change = {"to_state": "TERMINATED", "on": "2026-11-01", "reason": "REFUSED"}
    address = f"/v1/patients/{person}/enrolments/{enrolled.json()['id']}/changes"
    assert nurse.post(address, json=change).status_code == 201 or nurse.get(address).status_code == 405
    assert nurse.post(f"/v1/patients/{person}:record-death", json={"died_on": "2026-11-02"}).status_code == 200


def test_foreign_people_are_absent_on_every_address(nurse: TestClient, region: Region) -> None:
    foreign = region.people[0]
    for part in ("", "/enrolments", "/followups", "/readings", "/annual-exams"):
        assert nurse.get(f"/v1/patients/{foreign}{part}").status_code == 404
    visit = {"patient_id": str(foreign), "visited_on": "2026-10-02", "mode": 1, "diseases": ["HTN"]}
    assert nurse.post("/v1/followups", json=visit | {"sbp_mmhg": 120, "dbp_mmhg": 80}).status_code == 404
    reading = {"patient_id": str(foreign), "kind": "glucose", "value": 6, "unit": "mmol/L"}
    posted = nurse.post("/v1/readings", json=reading | {"taken_at": "2026-10-03T07:00:00+08:00"}).json()
    assert posted["summary"] == {"quarantined": 1}


@pytest.mark.parametrize(
    "wanted", [{"citizen_id": "110101195803024461"}, {"identifiers": [{"system": "x", "value": "1"}]}]
)
def test_a_person_on_file_at_a_clinic_out_of_sight_is_a_conflict(
    nurse: TestClient, region: Region, keys: crypto.Keyring, really_signed_in: ReallySignedIn, wanted: dict[str, object]
) -> None:
    headers = really_signed_in(region.engine, Role.NURSE, at=region.node(0))
    elsewhere = TestClient(build(region.engine, keys), headers=headers)
    body = {"clinic_id": str(region.clinics[0]), "name": "李秀英", "sex": "F", "birth_date": "1958-03-02"}
    there = elsewhere.post("/v1/patients", json=body | wanted)
    assert there.status_code == 201, there.text
    here = nurse.post("/v1/patients", json=body | wanted | {"clinic_id": str(region.clinics[2])})
    assert (here.status_code, here.json()["code"]) == (409, "person-exists")
    assert there.json()["id"] not in here.text


def test_the_jobs_see_everybody(nurse: TestClient, region: Region) -> None:
    _register(nurse, region)
    scope: Scope = system_scope("job:followups.nightly")
    at = now()
    assert followup_jobs.nightly(lambda: db.transaction(region.engine, scope), at) >= 2
    indicator_jobs.nightly(lambda: db.transaction(region.engine, scope), at)
    with db.transaction(region.engine, scope) as session:
        assert (session.scalar(text("SELECT count(DISTINCT patient_id) FROM indicator_fact")) or 0) >= 2
