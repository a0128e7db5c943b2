"""Laboratory results that come with an annual examination: facts of their own, once each, which follow its corrections."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cmc.patients.tables import Patient
from cmc.records.annual_exams import ORIGIN
from cmc.records.fact_tables import AnnualExam, LaboratoryResult

CREATININE = {"analyte": "CREATININE", "value": "78", "unit": "umol/L"}
ALT = {"analyte": "ALT", "value": "31", "unit": "U/L"}
LDL = {"analyte": "LDL", "value": "2.9", "unit": "mmol/L"}
EXAM = {"on": "2026-05-12"}


class Examined:
    """A person with an examination and what the API tells of it."""

    def __init__(self, client: TestClient, person: Patient) -> None:
        self.client, self.base = client, f"/v1/patients/{person.id}"

    def record(self, *labs: dict[str, str], **more: Any) -> Any:
        self.answer = self.client.post(f"{self.base}/annual-exams", json=EXAM | more | {"labs": list(labs)})
        return self.answer

    def correct(self, *labs: dict[str, str], **more: Any) -> Any:
        return self._say({"reason": "录入错误", "fact": EXAM | more | {"labs": list(labs)}})

    def retract(self) -> Any:
        return self._say({"reason": "张冠李戴"})

    def _say(self, body: dict[str, Any]) -> Any:
        answer = self.client.post(
            f"{self.base}/annual-exams/{self.answer.json()['id']}:correct",
            json=body,
            headers={"If-Match": self.answer.headers["etag"]},
        )
        if answer.status_code == 200:
            self.answer = answer
        return answer

    def correct_lab(self, analyte: str, **changes: str) -> None:
        (row,) = (each for each in self.rows() if each["analyte"] == analyte)
        told = {"on": row["on"], "analyte": analyte, "value": row["written"], "unit": row["written_unit"]}
        answer = self.client.post(
            f"{self.base}/labs/{row['id']}:correct",
            json={"reason": "检验科更正"} | ({"fact": told | changes} if changes else {}),
            headers={"If-Match": f'"{row["version"]}"'},
        )
        assert answer.status_code == 200, answer.text

    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get(f"{self.base}/labs").json()["items"]
        return found

    def labs(self) -> dict[str, tuple[str, str]]:
        """The standing results: what was written, on which day."""
        return {each["analyte"]: (each["written"], each["on"]) for each in self.rows() if not each["derived_from"]}


@pytest.fixture
def exam(client: TestClient, make_patient: Callable[..., Patient]) -> Examined:
    return Examined(client, make_patient())


def test_results_become_facts_of_the_same_day_with_their_origin_and_the_egfr(exam: Examined) -> None:
    assert exam.record(CREATININE, ALT).status_code == 201
    assert exam.labs() == {"CREATININE": ("78", "2026-05-12"), "ALT": ("31", "2026-05-12")}
    rows = {each["analyte"]: each for each in exam.rows()}
    assert {each["note"] for each in rows.values() if not each["derived_from"]} == {ORIGIN}
    assert rows["EGFR"]["derived_from"] == rows["CREATININE"]["id"]
    assert [each["fact_id"] for each in exam.answer.json()["labs"]] == [rows[n]["id"] for n in ("CREATININE", "ALT")]


def test_a_correction_doubles_nothing_changes_what_changed_and_retracts_what_is_gone(
    exam: Examined, session: Session
) -> None:
    exam.record(CREATININE, ALT)
    exam.correct(CREATININE, ALT, note="补填")
    count = select(func.count()).select_from(LaboratoryResult)
    assert session.scalar(count) == 3, "an unchanged result is not written again"
    exam.correct(CREATININE | {"value": "88"}, LDL)
    assert exam.labs() == {"CREATININE": ("88", "2026-05-12"), "LDL": ("2.9", "2026-05-12")}
    rates = [each["value"] for each in exam.rows() if each["analyte"] == "EGFR"]
    assert len(rates) == 1


def test_another_day_moves_the_results_and_a_retraction_takes_them_away(exam: Examined) -> None:
    exam.record(CREATININE, ALT)
    exam.correct(CREATININE, ALT, on="2026-05-10")
    assert exam.labs() == {"CREATININE": ("78", "2026-05-10"), "ALT": ("31", "2026-05-10")}
    exam.retract()
    assert exam.rows() == []


def test_what_the_laboratory_corrected_since_stays_unless_the_examination_says_something_new(exam: Examined) -> None:
    exam.record(CREATININE, ALT, LDL)
    exam.correct_lab("CREATININE", value="0.9", unit="mg/dL")
    exam.correct_lab("ALT")
    exam.correct(CREATININE, ALT, LDL, note="补填")
    assert exam.labs() == {"CREATININE": ("0.9", "2026-05-12"), "LDL": ("2.9", "2026-05-12")}
    exam.correct(CREATININE, ALT | {"value": "35"}, LDL, on="2026-05-11")
    assert exam.labs() == {
        "CREATININE": ("0.9", "2026-05-11"),
        "ALT": ("35", "2026-05-11"),
        "LDL": ("2.9", "2026-05-11"),
    }


@pytest.mark.parametrize(
    ("labs", "pointer", "code"),
    [
        ([CREATININE, CREATININE], "/labs/1/analyte", "repeated"),
        ([{"analyte": "GLUCOSE_FASTING", "value": "6.1", "unit": "mmol/L"}], "/labs/0/analyte", "own_field"),
        ([ALT, {"analyte": "NOTHING", "value": "1", "unit": "g"}], "/labs/1/analyte", "unknown"),
        ([CREATININE | {"unit": "kg"}], "/labs/0/unit", "unknown_unit"),
        ([CREATININE | {"value": "viel"}], "/labs/0/value", "not_a_number"),
        ([ALT, CREATININE | {"value": "99999"}], "/labs/1/value", "implausible"),
    ],
)
def test_a_wrong_result_is_named_by_its_place_and_nothing_is_stored(
    exam: Examined, session: Session, labs: list[dict[str, str]], pointer: str, code: str
) -> None:
    exam.record(LDL)
    for answer, under in ((exam.correct(*labs), "/fact"), (exam.record(*labs), "")):
        assert answer.status_code == 422
        assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [(under + pointer, code)]
    assert exam.labs() == {"LDL": ("2.9", "2026-05-12")}
    assert session.scalar(select(func.count()).select_from(AnnualExam)) == 1
