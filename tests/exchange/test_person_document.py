"""A whole person as a document and as pages: complete, in full, coded, escaped, noted."""

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts.roles import Role
from cmc.audit.tables import Act, AuditEvent
from cmc.clinical.codes import Disease
from cmc.clinical.data_elements import ELEMENTS
from cmc.core.crypto import Keyring
from cmc.core.scope import Scope
from cmc.exchange.person import collecting, document
from cmc.exchange.person.fields import SECTIONS
from cmc.exchange.person.schemas import PersonDocument
from cmc.patients.tables import Patient

from .conftest import ZHANG

NASTY = "<script>alert(1)</script>&\"'"
FACTS: dict[str, dict[str, Any]] = {
    "diagnoses": {"on": "2024-03-01", "icd10": "I10", "name": NASTY},
    "medications": {"on": "2024-03-01", "name": "氨氯地平片", "dose": 2.5, "dose_unit": "mg", "frequency": "QD"},
    "allergies": {"on": "2020-01-01", "substance": "青霉素类", "severity": "severe"},
    "labs": {"on": "2026-05-01", "analyte": "HBA1C", "value": "7.2", "unit": "%"},
    "examinations": {"on": "2026-04-01", "findings": {"kind": "eye", "retinopathy": 2, "macular_oedema": True}},
    "lifestyle": {"on": "2026-04-01", "smoking": 3, "diet": [4, 5]},
    "family-history": {"on": "2026-04-01", "relation": "father", "disease": 7},
    "hospital-stays": {"on": "2026-02-01", "institution": "市第一医院", "icd10": "I10"},
    "annual-exams": {"on": "2026-05-12", "sbp_mmhg": 136, "dbp_mmhg": 82, "fasting_glucose_mmol_l": 6.9},
}


@pytest.fixture
def zhang(client: TestClient, make_patient: Callable[..., Patient], make_enrolment: Any) -> Patient:
    """Somebody with an entry in every section."""
    found = make_patient(
        "张桂兰", citizen_id=ZHANG, birth_date=None, sex=None, phone="13812346131", address="平江道8号",
        health_record_number="12010300100100017", identifiers=[{"system": "hospital-record", "value": "A-17"}],
        documents=[{"kind": "PASSPORT", "number": "E12345678"}],
        phones=[{"relation": "CHILD", "phone": "13900001111", "contact": "张强"}],
        information={"residence": 1, "payments": [1, 5], "diseases": [{"code": 2, "since": "2015-06"}]},
    )  # fmt: skip
    for disease in Disease:
        make_enrolment(found, disease)
    for path, body in FACTS.items():
        assert client.post(f"/v1/patients/{found.id}/{path}", json=body).status_code == 201, path
    visit = {"patient_id": str(found.id), "diseases": ["HTN", "T2DM"], "visited_on": "2026-11-02", "mode": 1}
    measured = {"sbp_mmhg": 138, "dbp_mmhg": 84, "fasting_glucose_mmol_l": 6.4, "foot_pulse": 1}
    assert client.post("/v1/followups", json=visit | measured).status_code == 201
    for item in (
        {"kind": "glucose", "value": 6.1, "unit": "mmol/L"},
        {"kind": "blood_pressure", "systolic": 140, "diastolic": 88, "unit": "mmHg"},
    ):
        sent = item | {"patient_id": str(found.id), "taken_at": "2026-11-01T07:00:00+08:00"}
        assert client.post("/v1/readings", json=sent).json()["summary"] == {"created": 1}
    return found


def _sections(client: TestClient, patient: Patient) -> dict[str, list[dict[str, Any]]]:
    answer = client.get(f"/v1/patients/{patient.id}/document")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["format"], body["version"], body["patient_id"]) == ("cmc-person", "1.0", str(patient.id))
    return {each["code"]: each["entries"] for each in body["sections"]}


def test_every_section_is_filled_and_keyed_by_national_codes(client: TestClient, zhang: Patient) -> None:
    found = _sections(client, zhang)
    assert [code for code, entries in found.items() if not entries] == []
    person = found["person"][0]
    assert {code: each["value"] for code, each in person["elements"].items()} == {
        "DE02.01.039.00": "张桂兰",
        "DE02.01.040.00": "F",
        "DE02.01.005.01": "1949-12-31",
        "DE02.01.030.00": ZHANG,
        "DE02.01.010.00": "13812346131",
        "DE01.00.009.00": "12010300100100017",
    }
    assert person["others"]["address"]["value"] == "平江道8号"
    visit = found["followups_htn"][0]
    assert visit["on"] == "2026-11-02"
    assert visit["elements"]["DE04.10.174.00"] == {
        "field": "sbp_mmhg", "name": {"zh": "收缩压", "en": "Systolic pressure"}, "value": 138, "words": None,
        "unit": "mmHg", "value_domain": None, "loinc": "8480-6",
    }  # fmt: skip
    assert visit["elements"]["DE06.00.108.00"]["words"] == [{"zh": "门诊", "en": "Outpatient"}]
    assert visit["elements"]["DE06.00.108.00"]["value_domain"] == "CV06.00.207"
    assert found["followups_t2dm"][0]["elements"]["DE04.50.102.00"]["value"] == 6.4
    assert found["annual_exams"][0]["elements"]["DE04.50.102.00"]["value"] == 6.9
    assert found["diagnoses"][0]["elements"]["DE05.01.024.00"]["value"] == "I10"
    assert found["labs"][0]["others"]["value"] | {"name": None} == {
        "field": "value", "name": None, "value": 7.2, "words": None, "unit": None, "value_domain": None, "loinc": None,
    }  # fmt: skip
    assert found["lifestyle"][0]["others"]["diet"]["value"] == [4, 5]
    assert [each["zh"] for each in found["lifestyle"][0]["others"]["diet"]["words"]] == ["嗜盐", "嗜油"]
    assert found["examinations"][0]["others"]["macular_oedema"]["value"] is True
    assert found["phones"][0]["others"]["contact"]["value"] == "张强"
    assert found["documents"][0]["others"]["number"]["value"] == "E12345678"
    assert found["glucose"][0]["others"]["glucose_mmol_l"]["value"] == 6.1
    assert found["pressures"][0]["others"]["taken_at"]["value"] == "2026-11-01T07:00:00+08:00"


def test_each_field_of_the_table_is_one_that_its_rows_have(
    session: Session, scope: Scope, keys: Keyring, client: TestClient, zhang: Patient
) -> None:
    rows = collecting.rows(session, scope, keys, zhang)
    for section in SECTIONS:
        assert len({field.name for field in section.fields}) == len(section.fields), section.code
        if section.code == "examinations":  # findings of one kind stand in one row
            continue
        for field in section.fields:
            assert all(field.name in row for row in rows[section.code]), (section.code, field.name)
    assert {field.element for section in SECTIONS for field in section.fields if field.element} <= set(ELEMENTS)


def test_the_document_fits_its_published_schema(client: TestClient, zhang: Patient) -> None:
    schema = json.loads(document.json_schema())
    assert schema["$id"] == "urn:cmc:person-document:1.0"
    body = client.get(f"/v1/patients/{zhang.id}/document").json()
    assert PersonDocument.model_validate(body).model_dump(mode="json") == body
    assert set(body) <= set(schema["properties"])


def test_the_printed_record_is_escaped_complete_and_loads_nothing(client: TestClient, zhang: Patient) -> None:
    answer = client.get(f"/v1/patients/{zhang.id}/document.html")
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page = answer.text
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#x27;" in page
    assert re.findall(r"""(?:src|href)\s*=|url\(|@import|https?:""", page) == []
    assert "@page{size:A4" in page
    assert page.index("姓名") < page.index("Name")
    for words in ("张桂兰", ZHANG, "收缩压", "氨氯地平片", "糖化血红蛋白", "嗜盐", "WS 372.2-2012", "2026-11-02"):
        assert words in page, words


def test_making_one_is_an_export_in_the_trail(client: TestClient, session: Session, zhang: Patient) -> None:
    for form, path in (("json", "document"), ("html", "document.html")):
        client.get(f"/v1/patients/{zhang.id}/{path}")
        last = session.scalars(select(AuditEvent).order_by(col(AuditEvent.seq).desc()).limit(1)).one()
        assert (last.act, last.person_ids, last.detail) == (Act.EXPORT, [zhang.id], {"document": "1.0", "form": form})


def test_who_may_not_see_protected_fields_gets_no_document(
    client: TestClient, sign_in: Any, region: Any, zhang: Patient
) -> None:
    supervisor = sign_in(Role.SUPERVISOR, at=region, names=True)
    assert client.get(f"/v1/patients/{zhang.id}", headers=supervisor).status_code == 200
    for path in ("document", "document.html"):
        assert client.get(f"/v1/patients/{zhang.id}/{path}", headers=supervisor).status_code == 403


def test_somebody_with_nothing_has_a_document_too(client: TestClient, make_patient: Any) -> None:
    nobody = make_patient("王建国", birth_date=date(1960, 5, 4))
    found = _sections(client, nobody)
    assert [code for code, entries in found.items() if entries] == ["person"]
    assert "王建国" in client.get(f"/v1/patients/{nobody.id}/document.html").text
