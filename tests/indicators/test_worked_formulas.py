"""The worked examples of formulas and of other countries' sets, each built in the database or computed as written.

Reads `indicator_formulas` and `international` of every *.yaml of tests/cases, or of the folder named by CMC_CASES.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.orm import Session

from cmc.clinical.codes import Disease
from cmc.core.clock import LOCAL
from cmc.core.ids import new_id
from cmc.followups.tables import Task
from cmc.indicators import contracts, evaluation, service
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.explain import Bucket, people
from cmc.indicators.measure import Count, Measure
from cmc.indicators.periods import Period
from cmc.organisations.tables import Organisation
from cmc.records.fact_tables import LaboratoryResult

YEAR = Period(date(2025, 1, 1), date(2025, 12, 31))
NOW = datetime(2025, 12, 31, 20, tzinfo=LOCAL)
VISITS = [date(2025, month, 10) for month in (2, 5, 8, 11)]


def cases(section: str) -> Iterator[dict[str, Any]]:
    folder = Path(os.environ.get("CMC_CASES") or Path(__file__).parents[1] / "cases")
    for path in sorted(folder.glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        yield from (document.get(section) or ()) if isinstance(document, dict) else ()


def named(section: str, prefix: str) -> list[Any]:
    return [pytest.param(each, id=each["id"]) for each in cases(section) if kind(section, each) == prefix]


def kind(section: str, case: dict[str, Any]) -> str:
    """What a case is about: the indicator of a formula, the set of an international one."""
    return str(case["indicator"]) if section == "indicator_formulas" else case["id"].split("-")[0]


FORMULAS = ("双达标率", "签约率", "履约率_按人", "随访按期完成率", "失访率")
SETS = ("SIMPLE", "CMS165", "CMS122")


def test_every_case_is_run() -> None:
    assert {kind("indicator_formulas", each) for each in cases("indicator_formulas")} <= set(FORMULAS)
    assert {kind("international", each) for each in cases("international")} <= set(SETS)


def measure(code: str, disease: Disease) -> Measure:
    return next(each for each in DEFINITIONS if (each.code, each.disease) == (code, disease))


def assert_equals(count: Count, out: dict[str, Any]) -> None:
    shown = {"num": count.numerator, "den": count.denominator}
    if "pct" in out:
        shown["pct"] = str(count.percent)
    assert shown == out


@pytest.mark.parametrize("case", named("indicator_formulas", "双达标率"))
def test_both_controlled(session: Session, histories: Any, clinic: Organisation, case: dict[str, Any]) -> None:
    for person in case["in"]:
        patient = histories.person()
        histories.stint(patient)
        histories.stint(patient, disease=Disease.T2DM)
        if person["bp_ok"] is not None:
            histories.visit(patient, VISITS[0], 130 if person["bp_ok"] else 160, 80)
        fasting = None if person["glu_ok"] is None else 6000 if person["glu_ok"] else 8000
        histories.visit(patient, VISITS[0], disease=Disease.T2DM, fasting=fasting)
    assert_equals(evaluation.evaluate(session, measure("IND-22", Disease.HTN), clinic, YEAR), case["out"])


@pytest.mark.parametrize("case", named("indicator_formulas", "签约率"))
def test_people_with_a_contract(case: dict[str, Any]) -> None:
    given = case["in"]
    assert_equals(contracts.signed(given["valid_contracts_on_date"], given["residents"]), case["out"])


@pytest.mark.parametrize("case", named("indicator_formulas", "履约率_按人"))
def test_contracts_fulfilled(case: dict[str, Any]) -> None:
    items = [[contracts.Item(each["due"], each["done"])] for each in case["in"]["contracts"]]
    assert_equals(contracts.fulfilled(items), case["out"])


@pytest.mark.parametrize("case", named("indicator_formulas", "随访按期完成率"))
def test_tasks_on_time(session: Session, histories: Any, clinic: Organisation, case: dict[str, Any]) -> None:
    patient = histories.person()
    histories.stint(patient)
    for at, task in enumerate(case["in"]["tasks"]):
        done = task["done"] and datetime.combine(task["done"], datetime.min.time(), LOCAL) + timedelta(hours=23)
        status = "done" if done else "cancelled" if "cancelled" in task else "open"
        session.add(
            Task(
                patient_id=patient.id, clinic_id=clinic.id, disease="HTN", kind="routine", cause=f"case:{at}",
                urgency=1, due_on=task["due"], reason_zh="案例", reason_en="case", status=status, opened_at=NOW,
                closed_at=done, closed_by="case" if done else None,
            )
        )  # fmt: skip
    session.flush()
    assert_equals(evaluation.evaluate(session, measure("IND-06", Disease.HTN), clinic, YEAR), case["out"])


@pytest.mark.parametrize("case", named("indicator_formulas", "失访率"))
def test_lost_to_follow_up(session: Session, histories: Any, clinic: Organisation, case: dict[str, Any]) -> None:
    """A hundredth of the people of the case, in the same shares."""
    given = {name: number // 20 for name, number in case["in"].items()}
    for _ in range(given["active"]):
        histories.stint(histories.person())
    for _ in range(given["lost"]):
        histories.stint(histories.person(), lost=VISITS[0])
    for _ in range(given["died_or_moved"]):
        histories.stint(histories.person(died_on=VISITS[1]))
    count = evaluation.evaluate(session, measure("IND-08", Disease.HTN), clinic, YEAR)
    assert (count.numerator * 20, count.denominator * 20) == (case["out"]["num"], case["out"]["den"])
    assert str(count.percent) == case["out"]["pct"]


@pytest.mark.parametrize("case", named("international", "SIMPLE"))
def test_simple(session: Session, histories: Any, clinic: Organisation, case: dict[str, Any]) -> None:
    found: dict[Any, str] = {}
    for person in case["in"]:
        assert person.keys() <= {"pid", "registered", "last_visit", "last_bp", "dead"}
        patient = histories.person(died_on=date(2025, 12, 20) if person.get("dead") else None)
        found[patient.id] = person["pid"]
        histories.stint(patient, on(person["registered"]))
        if person["last_bp"][0] != person["last_visit"]:
            histories.visit(patient, on(person["last_bp"][0]), *person["last_bp"][1:])
        taken = person["last_bp"][1:] if person["last_bp"][0] == person["last_visit"] else (None, None)
        histories.visit(patient, on(person["last_visit"]), *taken)
    service.rebuild(session, periods=[YEAR], now=NOW)

    def of(code: str, bucket: Bucket = Bucket.NUMERATOR) -> set[str]:
        listed = people(session, measure(code, Disease.HTN), clinic, YEAR, bucket, limit=100)
        return {found[each.patient_id] for each in listed}

    states = {"under_care": of("SIMPLE-LTFU", Bucket.NOT_MET), "lost_to_follow_up": of("SIMPLE-LTFU")}
    states["dead"] = of("SIMPLE-LTFU", Bucket.EXCLUDED)
    codes = {
        "controlled": "CONTROLLED",
        "uncontrolled": "UNCONTROLLED",
        "missed_visit": "MISSED",
        "visited_no_bp": "NOBP",
    }
    outcomes = {name: of(f"SIMPLE-{code}") for name, code in codes.items()}
    counted = {name: len(who) for name, who in outcomes.items()}
    denominator = of("SIMPLE-CONTROLLED") | of("SIMPLE-CONTROLLED", Bucket.NOT_MET)

    assert {who: name for name, group in states.items() for who in group} == case["out"]["care_state"]
    assert {who: name for name, group in outcomes.items() for who in group} == case["out"]["outcome"]
    assert {"denominator": len(denominator)} | counted == {
        name: case["out"][name] for name in ("denominator", *counted)
    }


def on(month: str) -> date:
    return date.fromisoformat(f"{month}-10")


@pytest.mark.parametrize("case", named("international", "CMS165"))
def test_cms165(session: Session, histories: Any, clinic: Organisation, case: dict[str, Any]) -> None:
    """A value of the emergency department is no follow-up and never comes among them."""
    patient = histories.person()
    histories.stint(patient)
    for day, sbp, dbp in case["in"]["readings"]:
        histories.visit(patient, date.fromisoformat(str(day)), sbp, dbp)
    row = histories.fact()
    out = case["out"]
    assert (row.lowest_sbp_mmhg, row.lowest_dbp_mmhg) == (out["sbp"], out["dbp"])
    count = evaluation.evaluate(session, measure("CMS165", Disease.HTN), clinic, YEAR)
    assert (count.numerator, count.denominator) == (int(out["numerator"]), 1)


@pytest.mark.parametrize("case", named("international", "CMS122"))
def test_cms122(
    session: Session, histories: Any, clinic: Organisation, make_result: Callable[..., None], case: dict[str, Any]
) -> None:
    for person in case["in"]:
        patient = histories.person()
        histories.stint(patient, disease=Disease.T2DM)
        histories.visit(patient, VISITS[3], disease=Disease.T2DM, fasting=6000)
        if person["hba1c"] is not None:
            make_result(patient, VISITS[3], "HBA1C", person["hba1c"])
    assert_equals(evaluation.evaluate(session, measure("CMS122", Disease.T2DM), clinic, YEAR), case["out"])


@pytest.fixture
def make_result(session: Session, clinic: Organisation) -> Callable[..., None]:
    def make(patient: Any, day: date, analyte: str, value: float) -> None:
        row_id = new_id()
        session.add(
            LaboratoryResult(
                id=row_id, fact_id=row_id, source="laboratory", patient_id=patient.id, clinic_id=clinic.id,
                happened_on=day, analyte=analyte, written=str(value), written_unit="%", value=value,
                range_of_laboratory=False, flag="NORMAL", is_critical=False, actor="t", recorded_at=NOW,
            )
        )  # fmt: skip
        session.flush()

    return make
