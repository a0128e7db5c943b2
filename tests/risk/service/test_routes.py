"""Risk over HTTP: one person, a doctor's band, the list, the summary, models and their switch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.accounts.roles import Role
from cmc.core import clock, db
from cmc.organisations.tables import Organisation
from cmc.patients import touched
from cmc.patients.tables import Patient
from cmc.records.fact_schemas import DiagnosisIn
from cmc.risk import jobs
from cmc.risk.tables import RiskStanding

from .conftest import Put, lab

UNTIL = str(clock.today() + timedelta(days=90))
OWN = {"band": 4, "reason": "颈动脉重度狭窄", "until": UNTIL}


@pytest.fixture
def scored(known_person: Callable[..., Patient], put: Put, transaction: db.Transaction) -> Callable[..., list[Patient]]:
    """scored() → three people: an ordinary one, one with an earlier infarction, and one of 25 years."""

    def make() -> list[Patient]:
        people = [known_person(), known_person("李秀英"), known_person("赵小兰", birth_date=date(2001, 1, 1))]
        put(people[1], DiagnosisIn(icd10="I21.9", on="2020-01-01"))
        jobs.refresh(transaction, clock.now())
        return people

    return make


def url(person: Patient) -> str:
    return f"/v1/patients/{person.id}/risk"


def test_a_person_is_told_with_words_reasons_and_what_is_missing(
    client: TestClient, scored: Callable[..., list[Patient]]
) -> None:
    person, prior, young = scored()
    told = client.get(url(person)).json()
    assert (told["band"], told["band_by"], told["band_text"]["zh"]) == (3, "computed", "高危")
    cvd = next(each for each in told["score"]["answers"] if each["question"] == "cvd")
    assert cvd["title"]["en"].startswith("WHO")
    assert [each["variable"] for each in cvd["missing"]] == ["waist_cm"]
    assert cvd["caveats"][-1]["en"] == "not locally validated"
    assert cvd["at_goals"] < cvd["value"]
    units = {each["variable"]: each["unit_text"] for each in told["score"]["inputs"]}
    assert units["age_years"] == {"zh": "岁", "en": "years"}
    assert all(set(unit) == {"zh", "en"} for unit in units.values())
    assert told["history"][0]["title"] == cvd["title"]
    raising = [each for each in cvd["parts"] if each["log_odds"] > 0]
    assert sorted(raising, key=lambda each: not each["modifiable"]) == raising
    assert {each["variable"] for each in cvd["parts"]} & {"bp_treated", "statin", "insulin"} == set()
    assert told["score"]["models"] == []  # in shadow: stored and not shown
    assert {each["source"] for each in told["score"]["inputs"]} >= {"visits", "laboratory", "creatinine"}
    assert len(told["history"]) == 1
    very_high = client.get(url(prior)).json()
    (cvd,) = [each for each in very_high["score"]["answers"] if each["question"] == "cvd"]
    assert (very_high["band"], cvd["value"], cvd["level"]) == (4, None, 4)
    nothing = client.get(url(young)).json()
    assert nothing["band"] is None


def test_before_the_first_score_there_is_nothing_to_show(
    client: TestClient, make_patient: Callable[..., Patient]
) -> None:
    told = client.get(url(make_patient())).json()
    assert (told["band"], told["score"], told["history"], told["priority"]) == (None, None, [], 0)


def test_a_doctors_band_holds_until_its_day_and_can_be_given_back(
    client: TestClient, scored: Callable[..., list[Patient]], session: Session, transaction: db.Transaction
) -> None:
    person = scored()[0]
    seen = client.get(url(person)).headers["etag"]
    assert client.post(f"{url(person)}/override", json=OWN).status_code == 428
    assert client.post(f"{url(person)}/override", json=OWN, headers={"If-Match": '"x"'}).status_code == 412
    done = client.post(f"{url(person)}/override", json=OWN, headers={"If-Match": seen})
    assert done.status_code == 201, done.text
    assert (done.json()["band"], done.json()["band_by"], done.json()["computed_band"]) == (4, "doctor", 3)
    assert done.json()["overrides"][0]["reason"] == OWN["reason"]
    assert client.post(f"{url(person)}/override", json=OWN, headers={"If-Match": seen}).status_code == 412
    jobs.nightly(transaction, clock.now() + timedelta(days=80))
    assert session.get_one(RiskStanding, person.id, populate_existing=True).band == 4
    jobs.nightly(transaction, clock.now() + timedelta(days=91))
    assert session.get_one(RiskStanding, person.id, populate_existing=True).override_id is None
    jobs.nightly(transaction, clock.now())
    now = client.get(url(person))
    assert now.json()["band"] == 4
    back = {"reason": "复查正常"}
    given = client.post(f"{url(person)}/override", json=back, headers={"If-Match": now.headers["etag"]})
    assert (given.json()["band"], given.json()["band_by"], len(given.json()["overrides"])) == (3, "computed", 2)
    again = client.post(f"{url(person)}/override", json=back, headers={"If-Match": given.headers["etag"]})
    assert (again.status_code, again.json()["code"]) == (409, "nothing-set")
    trail = session.scalars(text("SELECT detail::text FROM audit_event WHERE subject = 'risk_override'")).all()
    assert trail
    assert not [each for each in trail if "颈动脉" in each]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (OWN | {"until": str(clock.today())}, "/until"),
        (OWN | {"until": "2099-01-01"}, "/until"),
        (OWN | {"until": None}, "/until"),
        ({"reason": "x", "until": UNTIL}, "/until"),
        (OWN | {"band": 5}, "/band"),
        (OWN | {"band": "4"}, "/band"),
        (OWN | {"reason": " "}, "/reason"),
        (OWN | {"reason": "a\u0000"}, "/reason"),
    ],
)
def test_a_wrong_override_names_its_field(
    client: TestClient, scored: Callable[..., list[Patient]], body: dict[str, Any], pointer: str
) -> None:
    person = scored()[0]
    seen = client.get(url(person)).headers["etag"]
    answer = client.post(f"{url(person)}/override", json=body, headers={"If-Match": seen})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_the_list_begins_with_the_highest_band_and_goes_on_where_it_ended(
    client: TestClient, scored: Callable[..., list[Patient]]
) -> None:
    person, prior, young = scored()
    wanted = [str(each.id) for each in (prior, person, young)]
    found, cursor = [], None
    for _ in range(3):
        page = client.get("/v1/risk/people", params={"limit": 1} | ({"cursor": cursor} if cursor else {})).json()
        found += [each["patient_id"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert (found, cursor) == (wanted, None)
    assert "王建国" not in client.get("/v1/risk/people").text
    only = client.get("/v1/risk/people", params={"band": 3}).json()["items"]
    assert [each["patient_id"] for each in only] == [str(person.id)]
    assert client.get("/v1/risk/people", params={"cursor": "WzEsInQiXQ"}).status_code == 422


def test_the_summary_counts_bands_and_gaps_and_is_not_sent_twice(
    client: TestClient, scored: Callable[..., list[Patient]], region: Organisation, clinic: Organisation
) -> None:
    scored()
    first = client.get("/v1/risk/summary", params={"scope": str(region.id)})
    told = first.json()
    assert told["people"] == 3
    assert {(each["band"], each["people"]) for each in told["counts"]} == {(4, 1), (3, 1), (None, 1)}
    assert {each["variable"]: each["people"] for each in told["missing"]}["waist_cm"] == 1
    same = client.get(
        "/v1/risk/summary", params={"scope": str(region.id)}, headers={"If-None-Match": first.headers["etag"]}
    )
    assert same.status_code == 304
    assert client.get("/v1/risk/summary", params={"scope": str(clinic.id)}).json()["people"] == 3
    assert client.get("/v1/risk/summary", params={"scope": str(UUID(int=7))}).status_code == 404


def test_models_are_shown_when_a_second_person_has_confirmed_it_and_hidden_at_once(
    client: TestClient,
    scored: Callable[..., list[Patient]],
    region: Organisation,
    sign_in: Callable[..., dict[str, str]],
    session: Session,
    transaction: db.Transaction,
) -> None:
    person, prior, _ = scored()
    other = sign_in(Role.SUPERVISOR, at=region)
    wanted = {"region_id": str(region.id), "mode": "shown", "reason": "分类界定完成，区域批准"}
    asked = client.post("/v1/risk/switches", json=wanted)
    assert asked.status_code == 201, asked.text
    confirm = f"/v1/risk/switches/{asked.json()['id']}:confirm"
    alone = client.post(confirm)
    assert (alone.status_code, alone.json()["code"]) == (409, "second-person-needed")
    assert client.get("/v1/risk/models").json()["regions"][0]["mode"] == "shadow"
    done = client.post(confirm, headers=other)
    assert done.status_code == 200, done.text
    assert done.json()["confirmed_by"] != done.json()["asked_by"]
    assert client.post(confirm, headers=other).status_code == 409
    told = client.get("/v1/risk/models").json()
    assert (told["regions"][0]["mode"], told["release"]) == ("shown", "nhanes 1.0.0")
    assert len(told["models"]) == 16
    assert told["models"][0]["level"] is None
    assert "PROBAST" in told["card"]
    assert jobs.refresh(transaction, clock.now()) == 3
    shown = client.get(url(person)).json()
    (death,) = [each for each in shown["score"]["models"] if each["task"] == "death-10y"]
    assert death["low"] < death["value"] < death["high"]
    very_high = client.get(url(prior)).json()["score"]
    assert very_high["mode"] == "shown"
    assert {each["task"] for each in very_high["models"]} == {"kidney_damage-now", "severe_kidney_damage-now"}
    first, second = (each["en"] for each in death["caveats"])
    assert first == "not locally validated"
    assert second.startswith("Made in American data; for ordering")
    back = wanted | {"mode": "shadow", "reason": "等待复核"}
    assert client.post("/v1/risk/switches", json=back).status_code == 201
    hidden = client.get(url(person)).json()["score"]
    assert (hidden["models"], hidden["mode"]) == ([], "shadow")
    assert len(touched.take(session, touched.RISK)) == 3


def test_only_a_region_is_switched_and_only_from_today_on(
    client: TestClient, region: Organisation, clinic: Organisation
) -> None:
    wanted = {"region_id": str(clinic.id), "mode": "shown", "reason": "x"}
    assert client.post("/v1/risk/switches", json=wanted).status_code == 404
    early = wanted | {"region_id": str(region.id), "starts_on": "2020-01-01"}
    answer = client.post("/v1/risk/switches", json=early)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/starts_on")


def test_a_doctors_band_is_that_persons_alone(
    client: TestClient, scored: Callable[..., list[Patient]], put: Put, transaction: db.Transaction
) -> None:
    person, prior, _ = scored()
    seen = client.get(url(person)).headers["etag"]
    client.post(f"{url(person)}/override", json=OWN | {"band": 1}, headers={"If-Match": seen})
    put(person, lab("TC", "7.9"))
    jobs.refresh(transaction, clock.now())
    assert client.get(url(person)).json()["band"] == 1
    assert client.get(url(prior)).json()["band"] == 4
