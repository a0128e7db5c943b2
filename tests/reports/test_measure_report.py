"""A report as FHIR R4 MeasureReport: the elements that 4.0.1 requires and knows, and its value sets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.core.clock import LOCAL
from cmc.core.scope import Scope
from cmc.indicators import service as indicators
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.periods import year_to_date
from cmc.organisations.tables import Organisation
from cmc.reports import measure_report, service

NOW = datetime(2025, 11, 20, 9, tzinfo=LOCAL)
OCTOBER = year_to_date(2025, 10)
AT = "/v1/indicator-reports"
BOSS = Scope("user:00000000-0000-7000-8000-000000000001")

# From the definitions of the resources in FHIR R4 (4.0.1): known elements, required ones, and required value sets.
KNOWN = {
    "MeasureReport": {
        "resourceType", "id", "meta", "implicitRules", "language", "text", "contained", "extension", "identifier",
        "status", "type", "measure", "subject", "date", "reporter", "period", "improvementNotation", "group",
        "evaluatedResource",
    },
    "group": {"id", "extension", "code", "population", "measureScore", "stratifier"},
    "population": {"id", "extension", "code", "count", "subjectResults"},
    "List": {
        "resourceType", "id", "identifier", "status", "mode", "title", "code", "subject", "encounter", "date",
        "source", "orderedBy", "note", "entry", "emptyReason",
    },
    "Bundle": {"resourceType", "id", "identifier", "type", "timestamp", "total", "link", "entry", "signature"},
    "Quantity": {"value", "comparator", "unit", "system", "code"},
}  # fmt: skip
REQUIRED = {
    "MeasureReport": {"resourceType", "status", "type", "measure", "period"},
    "List": {"resourceType", "status", "mode"},
    "Bundle": {"resourceType", "type"},
}
STATUS = {"complete", "pending", "error"}
TYPE = {"individual", "subject-list", "summary", "data-collection"}
POPULATION = {
    "initial-population", "numerator", "numerator-exclusion", "denominator", "denominator-exclusion",
    "denominator-exception", "measure-population", "measure-population-exclusion", "measure-observation",
}  # fmt: skip
IMPROVEMENT = {"increase", "decrease"}
EMPTY = {"nilknown", "notasked", "withheld", "unavailable", "notstarted", "closed"}
DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?\Z")
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z")


def faults(resource: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a Bundle, MeasureReport or List by the definitions above."""
    kind = resource["resourceType"]
    yield from (f"{kind} without {each}" for each in REQUIRED[kind] - resource.keys())
    yield from (f"{kind} knows no {each}" for each in resource.keys() - KNOWN[kind])
    if "id" in resource and not re.fullmatch(r"[A-Za-z0-9.-]{1,64}", resource["id"]):
        yield f"id {resource['id']}"
    yield from {"MeasureReport": _report, "List": _list, "Bundle": _bundle}[kind](resource)


def _bundle(bundle: dict[str, Any]) -> Iterator[str]:
    if bundle["type"] != "collection" or not DATE_TIME.match(bundle["timestamp"]):
        yield "bundle"
    urls = [each["fullUrl"] for each in bundle["entry"]]
    if len(set(urls)) != len(urls):
        yield "bdl-7: the same fullUrl twice"
    for each in bundle["entry"]:
        yield from faults(each["resource"])


def _report(report: dict[str, Any]) -> Iterator[str]:
    if report["status"] not in STATUS or report["type"] not in TYPE:
        yield "status or type"
    if not DATE_TIME.match(report["date"]) or not all(DATE.match(each) for each in report["period"].values()):
        yield "date or period"
    if not re.fullmatch(r"\S+", report["measure"]) or ":" not in report["measure"]:
        yield "measure is no canonical"
    yield from _codes(report["improvementNotation"], IMPROVEMENT, "CodeSystem/measure-improvement-notation")
    contained = {each["id"]: each for each in report.get("contained", [])}
    pointed: set[str] = set()
    for group in report["group"]:
        yield from (f"group knows no {each}" for each in group.keys() - KNOWN["group"])
        if not group.get("measureScore", {}).keys() <= KNOWN["Quantity"]:
            yield "measureScore"
        for each in group["population"]:
            yield from (f"population knows no {name}" for name in each.keys() - KNOWN["population"])
            yield from _codes(each["code"], POPULATION, "CodeSystem/measure-population")
            if "subjectResults" in each:
                name = each["subjectResults"]["reference"].removeprefix("#")
                pointed.add(name)
                if len(contained[name].get("entry", [])) != each["count"]:
                    yield f"the list {name} is not as long as its count"
    if contained.keys() != pointed:
        yield "dom-3: contained and not pointed to"
    if report["type"] == "subject-list" and not pointed:
        yield "a subject-list without lists"
    for each in contained.values():
        yield from faults(each)


def _list(found: dict[str, Any]) -> Iterator[str]:
    if found["status"] not in {"current", "retired", "entered-in-error"}:
        yield "list status"
    if found["mode"] not in {"working", "snapshot", "changes"}:
        yield "list mode"
    if ("entry" in found) == ("emptyReason" in found) or found.get("entry") == []:
        yield "lst-1: entries or a reason why none"
    if "emptyReason" in found:
        yield from _codes(found["emptyReason"], EMPTY, "CodeSystem/list-empty-reason")
    for each in found.get("entry", []):
        if not re.fullmatch(r"Patient/[A-Za-z0-9.-]{1,64}", each["item"]["reference"]):
            yield "entry"


def _codes(concept: dict[str, Any], known: set[str], system: str) -> Iterator[str]:
    for each in concept["coding"]:
        if each["system"] != f"http://terminology.hl7.org/{system}" or each["code"] not in known:
            yield f"{each} is not in {system}"


@pytest.fixture
def report(session: Session, histories: Any, clinic: Organisation) -> Any:
    for sbp in (132, 151):
        person = histories.person()
        histories.stint(person)
        histories.visit(person, date(2025, 3, 3), sbp, 80)
    indicators.rebuild(session, periods=[OCTOBER], now=NOW)
    return service.publish(session, BOSS, clinic.id, OCTOBER, now=NOW, on=NOW.date())


def noted(session: Session, report: Any) -> tuple[str, list[UUID]]:
    row = session.execute(
        text("SELECT act, person_ids FROM audit_event WHERE subject_id = :id ORDER BY seq DESC LIMIT 1"),
        {"id": report.id},
    ).one()
    return row[0], row[1]


def test_the_summary_holds_every_number_and_is_noted_as_an_export(
    client: TestClient, session: Session, report: Any
) -> None:
    answer = client.get(f"{AT}/{report.id}/measure-report")
    assert answer.headers["content-type"] == "application/fhir+json"
    bundle = answer.json()
    assert list(faults(bundle)) == []
    found = {each["resource"]["measure"]: each["resource"] for each in bundle["entry"]}
    assert found.keys() == {f"urn:cmc:measure:{each.code}:{each.disease.value}|{each.version}" for each in DEFINITIONS}
    control = next(each for name, each in found.items() if ":IND-03:" in name)
    assert control["period"] == {"start": "2025-01-01", "end": "2025-10-31"}
    assert {each["code"]["coding"][0]["code"]: each["count"] for each in control["group"][0]["population"]} == {
        "numerator": 1, "denominator": 2,
    }  # fmt: skip
    assert control["group"][0]["measureScore"]["value"] == 50.0
    empty = next(each for name, each in found.items() if ":IND-04:" in name)
    assert "measureScore" not in empty["group"][0]
    assert noted(session, report) == ("export", [])


@pytest.mark.parametrize(("code", "disease", "lengths"), [("IND-03", "HTN", (1, 2)), ("IND-04", "T2DM", (0, 0))])
def test_the_subject_list_points_to_its_people_and_names_them_in_the_trail(
    client: TestClient, session: Session, report: Any, code: str, disease: str, lengths: tuple[int, int]
) -> None:
    answer = client.get(f"{AT}/{report.id}/measure-report/subject-list", params={"code": code, "disease": disease})
    found = answer.json()
    assert list(faults(found)) == []
    lists = {each["id"]: {e["item"]["reference"] for e in each.get("entry", [])} for each in found["contained"]}
    assert (len(lists["numerator"]), len(lists["denominator"])) == lengths
    assert lists["numerator"] <= lists["denominator"]
    act, people = noted(session, report)
    assert (act, {f"Patient/{each}" for each in people}) == ("export", lists["denominator"])


def test_what_is_not_published_does_not_leave(
    client: TestClient, session: Session, report: Any, region: Organisation
) -> None:
    proposed = service.publish(session, BOSS, region.id, OCTOBER, now=NOW, on=NOW.date())
    answer = client.get(f"{AT}/{proposed.id}/measure-report")
    assert (answer.status_code, answer.json()["code"]) == (409, "not-published")


def test_the_check_of_the_shape_finds_what_is_wrong() -> None:
    definition = {"code": "IND-03", "disease": "HTN", "version": "1", "direction": "higher"}
    common: dict[str, Any] = {
        "report_id": UUID(int=1), "organisation": UUID(int=2), "period": (date(2025, 1, 1), date(2025, 10, 31)),
        "made_at": NOW,
    }  # fmt: skip
    good = measure_report.subject_list(definition, **common, met=[UUID(int=3)], not_met=[])
    assert list(faults(good)) == []
    for path, value in (
        ("status", "final"), ("type", "patient-list"), ("measure", "no canonical"), ("score", 3),
        ("date", "2025-11-20 09:00"), ("contained", []),
    ):  # fmt: skip
        wrong = json.loads(json.dumps(good)) | {path: value}
        try:
            found = list(faults(wrong))
        except KeyError:
            found = ["a list that is not there"]
        assert found, path
