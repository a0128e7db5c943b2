"""Bundles that the tests write themselves: what is kept, what is not and why, once."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.clinical.medicines import catalogue
from cmc.core.crypto import Keyring
from cmc.core.scope import Scope
from cmc.exchange.errors import UnusableFileError
from cmc.exchange.fhir import bundle, resources, taking, terms
from cmc.exchange.fhir.person import registration
from cmc.exchange.fhir.report import FhirReport
from cmc.exchange.fhir.resources import Left, NotTaken, Taken
from cmc.imports import fhir
from cmc.organisations.tables import Organisation
from cmc.records.fact_schemas import DiagnosisIn

PERSON = "urn:uuid:11111111-1111-4111-8111-111111111111"
SNOMED, LOINC, RXNORM = terms.SNOMED, terms.LOINC, terms.RXNORM


def concept(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def of(kind: str, **fields: Any) -> dict[str, Any]:
    return {"resourceType": kind, "subject": {"reference": PERSON}, **fields}


def observation(code: str, display: str, value: float | None, unit: str, **more: Any) -> dict[str, Any]:
    quantity = {} if value is None else {"valueQuantity": {"value": value, "unit": unit, "code": unit}}
    at = {"effectiveDateTime": "2020-03-05T08:30:00+08:00", "status": "final"}
    return of("Observation", code=concept(LOINC, code, display), **(at | quantity | more))


def pressure(systolic: float, diastolic: float, at: str = "2012-03-05T08:30:00+08:00") -> dict[str, Any]:
    parts = [
        {"code": concept(LOINC, code, ""), "valueQuantity": {"value": value, "unit": "mm[Hg]"}}
        for code, value in (("8462-4", diastolic), ("8480-6", systolic))
    ]
    return of("Observation", code=concept(LOINC, "55284-4", "Blood Pressure"), component=parts, effectiveDateTime=at)


PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [
        {"system": "http://hospital.example/mrn", "value": "H-1"},
        {"system": "http://ssn.example", "value": "999-1", "type": concept("x", "SS", "Social security")},
    ],
    "name": [{"use": "official", "family": "王", "given": ["建国"]}],
    "gender": "male",
    "birthDate": "1960-05-04",
    "telecom": [{"system": "phone", "value": "13812346131"}],
    "address": [{"line": ["平江道8号"], "city": "天津"}],
}
KEPT = [
    of("Condition", code=concept(SNOMED, "38341003", "Hypertension"), onsetDateTime="2010-01-05T23:30:00-05:00"),
    of("Condition", code=concept(SNOMED, "1", "Something rare"), onsetDateTime="2011-01-05"),
    of(
        "MedicationRequest", status="active", authoredOn="2019-01-05",
        medicationCodeableConcept=concept(RXNORM, "860975", "24 HR Metformin hydrochloride 500 MG Oral Tablet"),
    ),
    of(
        "MedicationRequest", status="stopped", authoredOn="2019-01-05",
        medicationCodeableConcept=concept(RXNORM, "2", "Paracetamol 500 MG"),
        dispenseRequest={"validityPeriod": {"end": "2019-02-01"}},
    ),
    of("AllergyIntolerance", code=concept(SNOMED, "3", "青霉素"), category=["medication"], recordedDate="2001-02-03"),
    observation("4548-4", "HbA1c", 7.16666, "%"),
    observation("38483-4", "Creatinine", 1.1, "mg/dL"),
    observation("72166-2", "Tobacco", None, "", valueCodeableConcept=concept(SNOMED, "8517006", "Former smoker")),
    pressure(151.6, 92.3),
    of("Encounter", **{"class": {"code": "IMP"}}, period={"start": "2018-05-01T09:00:00Z", "end": "2018-05-09T09:00:00Z"},
       serviceProvider={"reference": "urn:uuid:org"}),
]  # fmt: skip
LEFT = [
    (of("Condition", code=concept(SNOMED, "2", "Sprain")), "no_date"),
    (of("Condition", code={}, onsetDateTime="2010-01-05"), "no_name"),
    (
        of("Condition", code=concept(SNOMED, "2", "x"), onsetDateTime="2010-01-05",
           clinicalStatus=concept("c", "resolved", "")),
        "ended_sometime",
    ),
    (
        of("Condition", code=concept(SNOMED, "2", "x"), onsetDateTime="2010-01-05",
           verificationStatus=concept("v", "refuted", "")),
        "not_so",
    ),
    (
        of("MedicationRequest", status="stopped", authoredOn="2019-01-05",
           medicationCodeableConcept=concept(RXNORM, "2", "Paracetamol 500 MG")),
        "ended_sometime",
    ),
    (observation("20565-8", "Carbon dioxide", 22, "mmol/L"), "unknown_code"),
    (observation("8302-2", "Body height", 170, "cm"), "part_of_a_visit"),
    (observation("2093-3", "Cholesterol", None, "mg/dL"), "no_value"),
    (pressure(150, 90, "2012-03-05"), "no_date a day without a time is no measurement's"),
    (of("Immunization"), "no_place"),
    (of("Encounter", **{"class": {"code": "AMB"}}), "ambulatory"),
    (observation("2093-3", "Cholesterol", 190, "stones"), "unit:unknown_unit"),
    (observation("2093-3", "Cholesterol", 9000, "mg/dL"), "value:implausible"),
    (observation("2093-3", "Cholesterol", 190, "mg/dL", effectiveDateTime="1950-01-01"), "on:out_of_range"),
    ({"resourceType": "Condition", "subject": {"reference": "Patient/other"}}, "stray"),
]  # fmt: skip
CLINIC = {"resourceType": "Organization", "name": "市第一医院"}


def written(*resources_: dict[str, Any], kind: str = "transaction") -> bytes:
    entries = [{"fullUrl": PERSON, "resource": PATIENT}, {"fullUrl": "urn:uuid:org", "resource": CLINIC}]
    entries += [{"fullUrl": f"urn:uuid:{place}", "resource": each} for place, each in enumerate(resources_)]
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}).encode()


@pytest.fixture
def take(session: Session, scope: Scope, keys: Keyring, clinic: Organisation, now: datetime) -> Any:
    def take_in(body: bytes) -> FhirReport:
        report = FhirReport()
        taking.take(session, scope, keys, clinic.id, bundle.read("b.json", body), report, now=now)
        return report

    return take_in


def test_a_bundle_becomes_a_person_with_facts_and_a_second_run_stores_nothing(
    take: Any, session: Session, client: Any
) -> None:
    body = written(*KEPT)
    report = take(body)
    assert report.totals() == {
        "AllergyIntolerance": {"stored": 1},
        "Condition": {"stored": 2},
        "Encounter": {"stored": 1},
        "MedicationRequest": {"stored": 2},
        "Observation": {"stored": 4},
        "Organization": {"not_taken": 1},
        "Patient": {"stored": 1},
    }
    person = session.scalars(text("SELECT id FROM patient")).one()
    shown = {
        path: client.get(f"/v1/patients/{person}/{path}").json()["items"]
        for path in ("diagnoses", "medications", "labs", "allergies", "lifestyle", "hospital-stays")
    }
    assert [(each["icd10"], each["name"], each["on"]) for each in shown["diagnoses"]] == [
        (None, "Something rare", "2011-01-05"),
        ("I10", "Hypertension", "2010-01-05"),
    ]
    assert {(each["medicine_code"], each["stopped_on"]) for each in shown["medications"]} == {
        ("metformin", None),
        (None, "2019-02-01"),
    }
    assert {(each["analyte"], each["written"], each["written_unit"]) for each in shown["labs"]} >= {
        ("HBA1C", "7.1667", "%"),
        ("CREATININE", "1.1", "mg/dL"),
    }
    assert "EGFR" in {each["analyte"] for each in shown["labs"]}
    assert [each["smoking"] for each in shown["lifestyle"]] == [2]
    assert [(each["institution"], each["discharged_on"]) for each in shown["hospital-stays"]] == [
        ("市第一医院", "2018-05-09")
    ]
    assert {each["source"] for items in shown.values() for each in items} == {"imported"}
    readings = session.execute(text("SELECT sbp_mmhg, dbp_mmhg, setting, taken_on FROM reading")).all()
    assert readings == [(152, 92, "office", date(2012, 3, 5))]
    numbers = session.execute(text("SELECT system, value FROM patient_identifier ORDER BY system")).all()
    assert numbers == [("fhir", "p1"), ("hospital.example-mrn", "H-1")]
    again = take(body)
    assert {fate for counts in again.totals().values() for fate in counts} == {"on_file", "not_taken"}
    assert again.totals()["Observation"] == {"on_file": 4}


def test_what_is_not_kept_is_told_with_its_reason(take: Any) -> None:
    report = take(written(*(resource for resource, _ in LEFT)))
    found = sorted(line.why for line in report.lines.elements() if line.fate != "stored")
    assert found == sorted(["no_place", *(why for _, why in LEFT)])
    told = json.dumps(report.as_json(), ensure_ascii=False) + "\n".join(report.as_text())
    assert "王建国" not in told
    assert "H-1" not in told
    assert sum(line["count"] for line in report.as_json()["lines"]) == len(LEFT) + 2


def test_a_person_who_cannot_be_registered_takes_nothing_along(take: Any, count: Any) -> None:
    body = written(*KEPT).replace(b'"1960-05-04"', b'"2960-05-04"')
    totals = take(body).totals()
    assert totals["Patient"] == {"refused": 1}
    assert totals["Observation"] == {"not_taken": 4}
    assert count("patient") == 0


@pytest.mark.parametrize("kind", ["collection", "batch"])
def test_references_by_type_and_id_are_followed(take: Any, kind: str) -> None:
    body = written(*KEPT, kind=kind).replace(f'"reference": "{PERSON}"'.encode(), b'"reference": "Patient/p1"')
    assert take(body).totals()["Observation"] == {"stored": 4}


def test_a_death_is_recorded_and_a_citizen_id_recognised(take: Any, session: Session) -> None:
    more = {"identifier": [{"value": "11010519491231002X"}], "deceasedDateTime": "2019-03-01T00:00:00Z"}
    changed = PATIENT | more | {"gender": "female", "birthDate": "1949-12-31"}
    body = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": changed}]}).encode()
    assert take(body).totals() == {"Patient": {"stored": 1}, "Patient.deceased": {"stored": 1}}
    row = session.execute(text("SELECT died_on, citizen_id_token IS NOT NULL FROM patient")).one()
    assert tuple(row) == (date(2019, 3, 1), True)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"resourceType":"Patient"}', b'{"resourceType":"Bundle","type":"x"}', b"[" * 100_000]
)
def test_what_is_no_bundle_is_told(body: bytes) -> None:
    with pytest.raises(UnusableFileError):
        bundle.read("b.json", body)


@pytest.mark.parametrize(
    "entry",
    [None, 3, [3, None, {"resource": 3}], [{"resource": {"resourceType": "Observation", "code": 3, "component": 3}}]],
)
def test_nonsense_inside_a_bundle_stores_nothing(take: Any, entry: Any) -> None:
    body = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entry}).encode()
    assert take(body).people == {}


@pytest.mark.parametrize(
    "resource",
    [
        of(
            "Observation",
            code=concept(LOINC, "2093-3", "x"),
            effectiveDateTime="2020-01-01",
            valueQuantity={"value": True},
        ),
        of(
            "Observation",
            code=concept(LOINC, "2093-3", "x"),
            effectiveDateTime="nonsense!!",
            valueQuantity={"value": 4},
        ),
        of("Condition", code=concept(SNOMED, "1", "a\x00b"), onsetDateTime="2020-01-01"),
        of("Condition", code=concept("http://hl7.org/fhir/sid/icd-10", "??", "x"), onsetDateTime="2020-01-01"),
    ],
)
def test_a_resource_that_cannot_be_stored_is_refused_and_never_a_fault_of_ours(resource: dict[str, Any]) -> None:
    found = resources.read(resource, {})
    assert isinstance(found, NotTaken)
    assert found.why in {Left.NO_VALUE, Left.INVALID}


def test_icd10_of_the_sender_goes_before_our_table() -> None:
    both = {"coding": concept(SNOMED, "38341003", "x")["coding"] + concept(terms.ICD10[0], "I11.9", "y")["coding"]}
    found = resources.read(of("Condition", code=both, onsetDateTime="2020-01-01"), {})
    assert isinstance(found, Taken)
    assert isinstance(found.fact, DiagnosisIn)
    assert found.fact.icd10 == "I11.9"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Hydrochlorothiazide 25 MG", "hydrochlorothiazide"),
        ("24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet", "metformin"),
        ("amlodipine 5 MG / valsartan 160 MG Oral Tablet", "amlodipine_valsartan"),
        ("Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet", None),
        ("Diazepam [Valium]", None),
        ("", None),
    ],
)
def test_medicines_are_found_by_their_ingredients(name: str, code: str | None) -> None:
    found = terms.medicine(name)
    assert (found.code if found else None) == code
    assert code is None or code in catalogue().medicines


def test_every_code_of_the_table_is_a_diagnosis_that_can_be_stored() -> None:
    for icd10 in terms.terms().icd10.values():
        assert DiagnosisIn(on=date(2020, 1, 1), icd10=icd10).icd10 == icd10
    assert set(terms.terms().smoking.values()) == {1, 2, 3}


def test_a_folder_is_taken_in_file_by_file_and_one_bad_file_stops_it_before_anything_is_stored(
    tmp_path: Path, transaction: Any, scope: Scope, keys: Keyring, clinic: Organisation, now: datetime, count: Any
) -> None:
    (tmp_path / "a.json").write_bytes(written(*KEPT))
    (tmp_path / "b.json").write_bytes(b"nonsense")
    told: list[tuple[int, int]] = []

    def run() -> FhirReport:
        return fhir.run(transaction, scope, keys, tmp_path, clinic.id, lambda *at: told.append(at), now=now)

    with pytest.raises(UnusableFileError, match=r"b\.json"):
        run()
    assert count("patient") == 0
    (tmp_path / "b.json").write_bytes(written(*KEPT))
    report = run()
    assert told == [(1, 2), (2, 2)]
    assert (report.bundles, dict(report.people)) == (2, {"stored": 1, "on_file": 1})
    fhir.write(report, tmp_path / "r.json")
    assert json.loads((tmp_path / "r.json").read_text())["bundles"] == 2
    fhir.write(report, tmp_path / "r.txt")
    assert (tmp_path / "r.txt").read_text().startswith("2 bundles\n")
    assert (tmp_path / "r.txt").stat().st_mode & 0o77 == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text("ab王\x00<1-", max_size=12)
    | st.sampled_from([SNOMED, LOINC, "38341003", "4548-4", "55284-4", "2020-01-05T08:00:00Z", "IMP", "official"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from([
            "coding", "system", "code", "display", "text", "value", "start", "end", "reference", "valueQuantity",
            "family", "given", "use", "line", "type", "comparator", "unit",
        ]),
        inner, max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip
FIELDS = (
    "code", "onsetDateTime", "onsetPeriod", "abatementDateTime", "clinicalStatus", "status", "authoredOn", "category",
    "medicationCodeableConcept", "medicationReference", "dispenseRequest", "effectiveDateTime", "effectivePeriod",
    "valueQuantity", "component", "valueCodeableConcept", "class", "period", "serviceProvider", "name", "gender",
    "birthDate", "telecom", "address", "identifier", "id", "recordedDate",
)  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(["Condition", "MedicationRequest", "AllergyIntolerance", "Observation", "Encounter"]),
    fields=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8),
)
def test_no_resource_makes_a_fault_of_ours(kind: str, fields: dict[str, Any]) -> None:
    assert resources.read({"resourceType": kind, **fields}, {}) is not None
    assert registration({"resourceType": "Patient", **fields}, UUID(int=1)) is not None
