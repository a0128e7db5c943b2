"""What a definition depends on is read out of the definition; since when it holds is said of every version."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from cmc.clinical.codes import Disease
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.dependencies import JOINED_SOURCES, FactSource, columns_of, depends_on, sources_of
from cmc.indicators.fact_columns import COLUMNS, JOINED
from cmc.indicators.requirements import EXAMINED
from cmc.indicators.validity import VALIDITY

TABLES = {
    FactSource.LABORATORY: "laboratory_result",
    FactSource.EXAMINATIONS: "examination",
    FactSource.MEDICINES: "medication",
    FactSource.DIAGNOSES: "diagnosis",
    FactSource.HOSPITAL_STAYS: "hospital_stay",
    FactSource.TASKS: "task",
}


def _found(code: str, disease: Disease = Disease.HTN) -> dict[str, tuple[str, ...]]:
    measure = next(each for each in DEFINITIONS if (each.code, each.disease) == (code, disease))
    return {each.source.value: each.columns for each in depends_on(measure)}


def test_every_name_of_the_facts_is_known_and_reads_its_table() -> None:
    assert set(JOINED) == {*JOINED_SOURCES, "pair"}
    for alias, source in JOINED_SOURCES.items():
        assert re.search(rf"FROM {TABLES[source]} AS", JOINED[alias][0]), alias


def test_every_column_of_every_definition_comes_from_somewhere() -> None:
    for name in COLUMNS:
        assert sources_of(name) or name in {"period_start", "period_end"}, name
    for measure in DEFINITIONS:
        columns = columns_of(measure)
        assert columns <= set(COLUMNS)
        assert {name for each in depends_on(measure) for name in each.columns} == columns
        assert columns, measure.code


def test_what_standard_management_asks_for_is_what_it_depends_on() -> None:
    found = _found("IND-02")
    assert set(found) == {"management", "followups", "annual_exams"}
    assert found["followups"] == ("face_to_face_days",)
    assert found["annual_exams"] == ("exams",)
    assert set(found["management"]) == {"is_statutory", "is_active_at_end", "is_lost_at_end", "is_dead_at_end"}


def test_the_age_at_a_reading_is_of_the_person_and_of_the_follow_up() -> None:
    found = _found("IND-03")
    assert "face_to_face_age" in found["management"]
    assert set(found["followups"]) == {"face_to_face_sbp_mmhg", "face_to_face_dbp_mmhg", "face_to_face_age"}


@pytest.mark.parametrize(
    ("code", "disease", "source"),
    [
        ("IND-06", Disease.HTN, "tasks"),
        ("IND-21", Disease.T2DM, "laboratory"),
        ("CMS165", Disease.HTN, "diagnoses"),
    ],
)
def test_other_parts_of_the_record_are_named(code: str, disease: Disease, source: str) -> None:
    assert source in _found(code, disease)


def test_another_fact_is_another_dependency() -> None:
    measure = next(each for each in DEFINITIONS if each.code == "IND-03")
    assert "exams" not in columns_of(measure)
    assert "exams" in columns_of(replace(measure, counting=(*measure.counting, EXAMINED)))


def test_every_version_says_since_when_it_holds() -> None:
    assert set(VALIDITY) == {each.version for each in DEFINITIONS}
    for each in VALIDITY.values():
        assert each.words.zh
        assert each.words.en
        assert each.first_day is None or each.last_day is None or each.first_day <= each.last_day


def test_the_definitions_say_both(client: TestClient) -> None:
    items = client.get("/v1/indicators").json()["items"]
    national = next(each for each in items if (each["code"], each["disease"]) == ("IND-02", "HTN"))
    assert (national["effective"]["first_day"], national["effective"]["last_day"]) == ("2017-02-28", None)
    assert {"source": "annual_exams", "columns": ["exams"]} in national["depends_on"]
    quality = next(each for each in items if each["version"].startswith("QOF/2025-26"))
    assert (quality["effective"]["first_day"], quality["effective"]["last_day"]) == ("2025-04-01", "2026-03-31")
    assert all(each["depends_on"] for each in items)
