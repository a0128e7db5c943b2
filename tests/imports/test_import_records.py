"""Sheets of people and facts, and bundles, from the command line: previewed, stored once, refused rows written down."""

import json
from typing import Any

from openpyxl import load_workbook

ZHANG = "11010519491231002X"
PEOPLE = f"姓名,身份证号,电话\n张桂兰,{ZHANG},13812346131\n王强,110105194912310021,\n"
RESULTS = f"编号,检验日期,检验项目,结果,单位\n{ZHANG},2026-01-05,糖化血红蛋白,7.2,%\n"


def test_sheets_are_stored_once_and_refused_rows_written_down(centre: Any) -> None:
    people = centre.file("people.csv", PEOPLE, encoding="gb18030")
    given = ("records", people, "--kind", "patients", "--clinic", "C1")
    dry = centre.run(*given, "--dry-run")
    assert (dry.exit_code, centre.count("patient"), centre.count("import_row")) == (0, 0, 0), dry.output
    assert "将新建 Will be created" in dry.output
    for told in ("已新建 Created", "已在档 On file already"):
        done = centre.run(*given)
        assert done.exit_code == 0, done.output
        assert told in done.output
        assert centre.count("patient") == 1
    refused = centre.folder / "people.refused.xlsx"
    assert refused.stat().st_mode & 0o77 == 0
    rows = list(load_workbook(refused).active.iter_rows(values_only=True))
    assert (len(rows), rows[1][0], rows[1][2:4]) == (2, "3", ("王强", "110105194912310021"))


def test_a_column_is_named_where_it_is_not_recognised(centre: Any) -> None:
    assert centre.run("records", centre.file("p.csv", PEOPLE), "--kind", "patients", "--clinic", "C1").exit_code == 0
    results = centre.file("labs.csv", RESULTS)
    given = ("records", results, "--kind", "labs", "--clinic", "C1")
    unnamed = centre.run(*given)
    assert unnamed.exit_code == 2
    assert "No column for 身份证号 (citizen_id)" in unnamed.output
    wrong = centre.run(*given, "--column", "citizen_id=nonsense")
    assert (wrong.exit_code, centre.count("import_run")) == (2, 1)
    named = centre.run(*given, "--column", "citizen_id=编号")
    assert named.exit_code == 0, named.output
    assert centre.rows("SELECT analyte, source FROM laboratory_result") == [("HBA1C", "imported")]


def test_bundles_are_stored_once_and_the_report_says_what_was_kept(centre: Any) -> None:
    person = {"resourceType": "Patient", "id": "p1", "name": [{"text": "王建国"}], "gender": "male"}
    diagnosis = {
        "resourceType": "Condition",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "38341003", "display": "Hypertension"}]},
        "onsetDateTime": "2010-01-05",
    }
    given = [
        person | {"birthDate": "1960-05-04"},
        diagnosis,
        {"resourceType": "Claim"} | {"patient": diagnosis["subject"]},
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in given]}
    centre.file("b.json", json.dumps(bundle))
    report = centre.folder / "out" / "report.json"
    report.parent.mkdir()
    for kept in ("stored", "on_file"):
        done = centre.run("fhir", centre.folder, "--clinic", "C1", "--report", report)
        assert done.exit_code == 0, done.output
        assert json.loads(report.read_text())["totals"] == {
            "Claim": {"not_taken": 1}, "Condition": {kept: 1}, "Patient": {kept: 1},
        }  # fmt: skip
        assert "王建国" not in done.output
    assert centre.rows("SELECT icd10, name FROM diagnosis") == [("I10", "Hypertension")]
    assert centre.run("fhir", report.parent / "nothing", "--clinic", "C1").exit_code == 2
    assert centre.run("fhir", centre.folder, "--clinic", "C9").exit_code == 2
