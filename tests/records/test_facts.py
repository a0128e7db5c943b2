"""Facts over HTTP: recorded, listed, corrected, retracted, and read as they were known."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cmc.patients.tables import Patient
from cmc.records.codes import FactKind
from cmc.records.fact_columns import Fact
from cmc.records.tables import FACT_TABLES

BODIES: dict[str, dict[str, Any]] = {
    "diagnoses": {"on": "2024-03-01", "icd10": "I10", "name": "原发性高血压"},
    "allergies": {"on": "2020-01-01", "substance": "青霉素类", "severity": "severe"},
    "labs": {"on": "2026-05-01", "analyte": "HBA1C", "value": "7.2", "unit": "%"},
    "examinations": {"on": "2026-04-01", "findings": {"kind": "eye", "retinopathy": 2}},
    "lifestyle": {"on": "2026-04-01", "smoking": 3, "cigarettes_per_day": 10, "diet": [4, 5]},
    "family-history": {"on": "2026-04-01", "relation": "father", "disease": 7, "onset_age_years": 48},
    "hospital-stays": {
        "on": "2026-02-01",
        "institution": "市第一医院",
        "discharged_on": "2026-02-09",
        "icd10": "I63.9",
    },
    "annual-exams": {"on": "2026-05-12", "sbp_mmhg": 136, "dbp_mmhg": 82, "form": {"symptoms": [2, 3]}},
}
CHANGED = {"on": "2024-03-02"}


@pytest.fixture
def person(make_patient: Callable[..., Patient]) -> Patient:
    return make_patient()


def _url(person: Patient, path: str, fact_id: str = "") -> str:
    return f"/v1/patients/{person.id}/{path}" + (f"/{fact_id}:correct" if fact_id else "")


def test_every_kind_has_its_table() -> None:
    assert set(FACT_TABLES) == set(FactKind)
    assert {str(table.__tablename__) for table in FACT_TABLES.values()} == {each.value for each in FactKind}
    assert set(Fact.__subclasses__()) == set(FACT_TABLES.values())


@pytest.mark.parametrize("path", BODIES)
def test_a_fact_is_recorded_corrected_and_retracted_and_nothing_is_lost(
    path: str, client: TestClient, person: Patient
) -> None:
    first = client.post(_url(person, path), json=BODIES[path])
    assert first.status_code == 201, first.text
    told = first.json()
    assert told["id"] == told["version"] == first.headers["etag"].strip('"').removesuffix("-gzip")
    assert (told["on"], told["replaces"], told["retracted"]) == (BODIES[path]["on"], None, False)
    assert client.get(_url(person, path)).json()["items"] == [told]

    better = BODIES[path] | {"note": "看错了一行"}
    second = client.post(
        _url(person, path, told["id"]),
        json={"reason": "录入错误", "fact": better},
        headers={"If-Match": first.headers["etag"]},
    )
    assert second.status_code == 200, second.text
    assert (second.json()["id"], second.json()["replaces"]) == (told["id"], told["version"])
    assert client.get(_url(person, path)).json()["items"] == [second.json()]

    gone = client.post(
        _url(person, path, told["id"]), json={"reason": "张冠李戴"}, headers={"If-Match": second.headers["etag"]}
    )
    assert (gone.status_code, gone.json()["retracted"]) == (200, True)
    assert client.get(_url(person, path)).json()["items"] == []
    everything = client.get(_url(person, path), params={"history": True}).json()["items"]
    assert {each["version"] for each in everything} == {
        told["version"],
        second.json()["version"],
        gone.json()["version"],
    }

    known = client.get(_url(person, path), params={"known_at": told["recorded_at"]}).json()["items"]
    assert [each["version"] for each in known] in ([told["version"]], [])  # the same instant knows the last word
    assert client.get(_url(person, path), params={"known_at": "2020-01-01T00:00:00Z"}).json()["items"] == []
    again = client.post(
        _url(person, path, told["id"]), json={"reason": "x"}, headers={"If-Match": gone.headers["etag"]}
    )
    assert (again.status_code, again.json()["code"]) == (409, "retracted")


def test_a_correction_must_name_the_version_that_it_corrects(client: TestClient, person: Patient) -> None:
    first = client.post(_url(person, "diagnoses"), json=BODIES["diagnoses"])
    address, body = _url(person, "diagnoses", first.json()["id"]), {"reason": "x", "fact": BODIES["diagnoses"]}
    assert client.post(address, json=body).status_code == 428
    good = client.post(address, json=body, headers={"If-Match": first.headers["etag"]})
    assert good.status_code == 200
    assert client.post(address, json=body, headers={"If-Match": first.headers["etag"]}).status_code == 412
    assert client.post(address, json=body, headers={"If-Match": f'"{uuid4()}"'}).status_code == 412
    absent = _url(person, "diagnoses", str(uuid4()))
    assert client.post(absent, json=body, headers={"If-Match": '"1"'}).status_code == 404


def test_a_fact_of_somebody_else_is_absent(client: TestClient, person: Patient, make_patient: Any) -> None:
    first = client.post(_url(person, "allergies"), json=BODIES["allergies"])
    other = _url(make_patient(), "allergies", first.json()["id"])
    assert client.post(other, json={"reason": "x"}, headers={"If-Match": first.headers["etag"]}).status_code == 404


@pytest.mark.parametrize(
    ("path", "more", "pointer"),
    [
        ("diagnoses", {"on": "2099-01-01"}, "/on"),
        ("diagnoses", {"on": "1900-01-01"}, "/on"),
        ("diagnoses", {"icd10": None}, "/icd10"),
        ("diagnoses", {"icd10": "hypertension"}, "/icd10"),
        ("diagnoses", {"ended_on": "2020-01-01"}, "/ended_on"),
        ("labs", {"analyte": "NOTHING"}, "/analyte"),
        ("labs", {"unit": "stones"}, "/unit"),
        ("labs", {"value": "seven"}, "/value"),
        ("labs", {"value": "700"}, "/value"),
        ("labs", {"range_low": 7, "range_high": 6}, "/range_high"),
        ("examinations", {"findings": {"kind": "eye", "retinopathy": 9}}, "/findings/eye/retinopathy"),
        ("lifestyle", {"smoking": True}, "/smoking"),
        ("family-history", {"disease": 99}, "/disease"),
        ("hospital-stays", {"discharged_on": "2026-01-01"}, "/discharged_on"),
    ],
)
def test_what_is_wrong_is_named(path: str, more: Any, pointer: str, client: TestClient, person: Patient) -> None:
    answer = client.post(_url(person, path), json=BODIES[path] | more)
    assert answer.status_code == 422, answer.text
    assert pointer in [each["pointer"] for each in answer.json()["errors"]]


def test_the_database_refuses_to_overwrite_and_to_replace_twice(
    client: TestClient, person: Patient, session: Session
) -> None:
    first = client.post(_url(person, "diagnoses"), json=BODIES["diagnoses"]).json()
    with pytest.raises(IntegrityError, match="only added"), session.begin_nested():
        session.execute(text("UPDATE diagnosis SET icd10 = 'E11.9' WHERE id = :id"), {"id": first["id"]})
    again = text(
        "INSERT INTO diagnosis (id, fact_id, patient_id, clinic_id, happened_on, source, icd10, actor, recorded_at,"
        " replaces_id, reason, is_retracted) SELECT gen_random_uuid(), fact_id, patient_id, clinic_id, happened_on,"
        " source, icd10, actor, recorded_at, id, 'x', false FROM diagnosis WHERE id = :id"
    )
    session.execute(again, {"id": first["id"]})
    with pytest.raises(IntegrityError, match="uq_diagnosis_replaces_id"), session.begin_nested():
        session.execute(again, {"id": first["id"]})


def test_a_changed_fact_marks_the_person(client: TestClient, person: Patient, session: Session) -> None:
    session.execute(text("DELETE FROM touched"))
    client.post(_url(person, "labs"), json=BODIES["labs"])
    topics = session.execute(text("SELECT topic FROM touched WHERE patient_id = :id"), {"id": person.id}).scalars()
    assert set(topics) == {"alerts", "followups", "indicators", "risk"}


def test_what_a_person_typed_does_not_stand_in_the_trail(client: TestClient, person: Patient, session: Session) -> None:
    client.post(_url(person, "allergies"), json=BODIES["allergies"] | {"note": "其女王小红代述"})
    trail = session.execute(text("SELECT detail::text FROM audit_event")).scalars().all()
    assert trail
    assert not [each for each in trail if "王小红" in each or "青霉素" in each]


def test_a_result_is_converted_and_judged(client: TestClient, person: Patient) -> None:
    answer = client.post(
        _url(person, "labs"),
        json={"on": "2026-05-01", "analyte": "GLUCOSE_FASTING", "value": "126", "unit": "mg/dL"},
    ).json()
    assert (float(answer["value"]), answer["unit"], answer["flag"]) == (7.0, "mmol/L", "HIGH")
    assert (answer["written"], answer["written_unit"]) == ("126", "mg/dL")
    printed = {"range_low": 70, "range_high": 130}
    own = client.post(
        _url(person, "labs"),
        json={"on": "2026-05-02", "analyte": "GLUCOSE_FASTING", "value": "126", "unit": "mg/dL"} | printed,
    ).json()
    assert (own["flag"], own["range_of_laboratory"]) == ("NORMAL", True)
    only = client.get(_url(person, "labs"), params={"analyte": "TC"}).json()["items"]
    assert only == []


def _rates(client: TestClient, person: Patient, **more: Any) -> list[dict[str, Any]]:
    return list(client.get(_url(person, "labs"), params={"analyte": "EGFR"} | more).json()["items"])


def test_an_egfr_follows_its_creatinine(client: TestClient, person: Patient) -> None:
    body = {"on": "2026-05-01", "analyte": "CREATININE", "value": "106", "unit": "umol/L"}
    first = client.post(_url(person, "labs"), json=body)
    (rate,) = _rates(client, person)
    assert (rate["formula"], rate["derived_from"], rate["on"]) == ("CKD_EPI_2009", first.json()["id"], "2026-05-01")
    assert 60 < float(rate["value"]) < 70  # a man of 65
    tag = {"If-Match": first.headers["etag"]}
    fixed = client.post(
        _url(person, "labs", first.json()["id"]),
        json={"reason": "看错", "fact": body | {"value": "206"}},
        headers=tag,
    )
    (lower,) = _rates(client, person)
    assert (lower["id"], lower["replaces"]) == (rate["id"], rate["version"])
    assert float(lower["value"]) < 30
    refused = client.post(
        _url(person, "labs", lower["id"]), json={"reason": "x"}, headers={"If-Match": f'"{lower["version"]}"'}
    )
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "derived")
    client.post(
        _url(person, "labs", first.json()["id"]), json={"reason": "错人"}, headers={"If-Match": fixed.headers["etag"]}
    )
    assert _rates(client, person) == []
    assert len(_rates(client, person, history=True)) == 3


def test_a_child_and_a_bound_have_no_egfr(client: TestClient, person: Patient, make_patient: Any) -> None:
    body = {"on": "2026-05-01", "analyte": "CREATININE", "value": "60", "unit": "umol/L"}
    child = make_patient("王小宝", birth_date=date(2015, 1, 1))
    client.post(_url(child, "labs"), json=body)
    client.post(_url(person, "labs"), json=body | {"value": "<60"})
    assert _rates(client, child) == _rates(client, person) == []
