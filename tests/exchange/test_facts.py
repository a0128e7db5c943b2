"""Facts of a sheet: found by their person, read by the record's own rules, stored once, marked as imported."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.accounts.roles import Role
from cmc.core.scope import Scope
from cmc.patients.tables import Patient
from cmc.records import facts
from cmc.records.codes import FactKind
from cmc.records.facts import Seen

from .conftest import ZHANG, workbook


@pytest.fixture
def zhang(make_patient: Any) -> Patient:
    found: Patient = make_patient(
        "张桂兰", citizen_id=ZHANG, birth_date=None, sex=None,
        identifiers=[{"system": "hospital-record", "value": "A-17"}],
    )  # fmt: skip
    return found


def _codes(rows: list[dict[str, Any]]) -> list[list[tuple[str, str]]]:
    return [[(fault["field"], fault["code"]) for fault in row["faults"]] for row in rows]


SHEETS = {
    "diagnoses": ("诊断日期,ICD-10编码,诊断名称\n", "2020-01-05,I10,高血压病", "diagnosis"),
    "medications": ("开始日期,药品名称,剂量,剂量单位,频次\n", "2020/1/5,苯磺酸氨氯地平片,5,mg,QD", "medication"),
    "allergies": ("发现日期,过敏原,过敏原类别,严重程度\n", "2020-01-05,青霉素,药物,重度", "allergy"),
    "labs": ("检验日期,检验项目,结果,单位\n", "2026年1月5日,糖化血红蛋白,7.2,%", "laboratory_result"),
    "examinations": ("检查日期,检查类别,视网膜病变分级,黄斑水肿\n", "2026-01-05,眼底,2,否", "examination"),
    "lifestyle": ("调查日期,吸烟状况,日吸烟量,饮食习惯\n", "2026-01-05,3 吸烟,20,4;5", "lifestyle"),
    "family_history": ("采集日期,亲属关系,家族疾病\n", "2026-01-05,父亲,7", "family_history"),
    "hospital_stays": ("入院日期,出院日期,医院,科室\n", "2026-01-05,2026-01-15,市第一医院,心内科", "hospital_stay"),
    "annual_exams": ("体检日期,收缩压,舒张压,身高,体重\n", "2026-01-05,136,82,168.5,70.5", "annual_exam"),
}


@pytest.mark.parametrize("kind", SHEETS)
def test_each_kind_is_stored_once_as_imported(
    importer: Any, session: Session, zhang: Patient, count: Any, kind: str
) -> None:
    head, row, table = SHEETS[kind]
    body = f"姓名,身份证号,{head}张桂兰,{ZHANG},{row}\n"
    assert importer.applied(kind, body)["counts"] == {"created": 1}
    again = importer.applied(kind, body)
    assert again["counts"] == {"known": 1}
    assert importer.rows(again["id"])[0]["patient_id"] == str(zhang.id)
    assert count(table) == 1
    sources = session.execute(text(f"SELECT source, patient_id FROM {table}")).all()  # noqa: S608
    assert sources == [("imported", zhang.id)]
    noted = session.scalars(
        text("SELECT count(*) FROM audit_event WHERE subject = :table AND act = 'create'"), {"table": table}
    )
    assert noted.one() == 1


def test_a_creatinine_brings_its_egfr_and_numbers_keep_their_units(
    importer: Any, session: Session, zhang: Patient
) -> None:
    head = "病历号,检验日期,项目,结果,单位,参考下限,参考上限\n"
    run = importer.applied(
        "labs",
        head
        + "A-17,2026-01-05,血肌酐,1.2,mg/dL,0.5,1.1\nA-17,2026-01-05,K,5,x,,\nA-17,2026-01-05,血钾,<2.5,mmol/L,,\n",
    )
    assert run["counts"] == {"created": 2, "refused": 1}
    rows = session.execute(
        text("SELECT analyte, value::float, beyond, flag, is_critical, formula FROM laboratory_result ORDER BY analyte")
    ).all()
    assert [tuple(row) for row in rows] == [
        ("CREATININE", 106.1, None, "HIGH", False, None),
        ("EGFR", pytest.approx(43.9, abs=0.1), None, "LOW", False, "CKD_EPI_2009"),
        ("POTASSIUM", 2.5, "<", "LOW", True, None),
    ]


def test_who_is_not_on_file_or_has_another_name_or_two_numbers_is_refused(
    importer: Any, zhang: Patient, make_patient: Any
) -> None:
    make_patient(
        "李秀英", birth_date=date(1958, 3, 2), sex="F", identifiers=[{"system": "hospital-record", "value": "B"}]
    )
    head = "姓名,身份证号,病历号,诊断日期,ICD-10编码\n"
    body = head + (
        f"张桂香,{ZHANG},,2020-01-05,I10\n"
        ",,C,2020-01-05,I10\n"
        f",{ZHANG},B,2020-01-05,I10\n"
        ",,,2020-01-05,I10\n"
        ",123,,2020-01-05,I10\n"
        f"张桂兰,{ZHANG},A-17,1949-12-30,I10\n"
        f"张桂兰,{ZHANG},A-17,2026-11-21,I10\n"
        f"张桂兰,{ZHANG},A-17,2020-01-05,高血压\n"
        f"张桂兰,{ZHANG},A-17,2020-01-05,\n"
    )
    run = importer.checked("diagnoses", body)
    assert run["counts"] == {"refused": 9}
    assert _codes(importer.rows(run["id"])) == [
        [("name", "name_differs")],
        [("citizen_id", "not_on_file")],
        [("citizen_id", "contradiction")],
        [("citizen_id", "missing")],
        [("citizen_id", "length")],
        [("on", "out_of_range")],
        [("on", "out_of_range")],
        [("icd10", "string_pattern_mismatch")],
        [("icd10", "missing")],
    ]


def test_a_diagnosis_without_a_code_is_kept_by_its_name(importer: Any, session: Session, zhang: Patient) -> None:
    body = f"身份证号,诊断日期,诊断名称\n{ZHANG},2020-01-05,颈椎病\n"
    assert importer.applied("diagnoses", body)["counts"] == {"created": 1}
    assert importer.applied("diagnoses", body)["counts"] == {"known": 1}
    shown = importer.client.get(f"/v1/patients/{zhang.id}/diagnoses").json()["items"]
    assert [(each["icd10"], each["name"], each["source"]) for each in shown] == [(None, "颈椎病", "imported")]
    typed = importer.client.post(f"/v1/patients/{zhang.id}/diagnoses", json={"on": "2020-01-05", "name": "颈椎病"})
    assert typed.status_code == 422
    assert importer.client.get(f"/v1/patients/{zhang.id}/summary").status_code == 200


def test_what_was_typed_corrected_or_struck_out_does_not_come_back(
    importer: Any, session: Session, scope: Scope, zhang: Patient, now: Any, count: Any
) -> None:
    head = "身份证号,开始日期,药品名称,剂量,剂量单位\n"
    first = importer.client.post(
        f"/v1/patients/{zhang.id}/medications",
        json={"on": "2020-01-05", "name": "氨氯地平片", "dose": 5, "dose_unit": "mg"},
    ).json()["medication"]
    body = head + f"{ZHANG},2020-01-05,苯磺酸氨氯地平,5.00,mg\n"
    assert importer.applied("medications", body)["counts"] == {"known": 1}
    seen = Seen("录错", f'"{first["version"]}"', now, date(2026, 11, 20))
    facts.correct(session, scope, zhang.id, FactKind.MEDICATION, first["id"], None, seen)
    assert importer.applied("medications", body)["counts"] == {"known": 1}
    assert count("medication") == 2


def test_equal_rows_of_one_file_are_stored_once(importer: Any, zhang: Patient, count: Any) -> None:
    row = f"{ZHANG},2026-01-05,糖化血红蛋白,7.2,%\n"
    run = importer.applied("labs", "身份证号,检验日期,检验项目,结果,单位\n" + row * 3)
    assert run["counts"] == {"created": 1, "known": 2}
    assert count("laboratory_result") == 1


def test_a_large_file_is_worked_off_in_steps(importer: Any, zhang: Patient) -> None:
    lines = "".join(f"{ZHANG},2026-01-05,HBA1C,{5 + place / 100:.2f},%\n" for place in range(1200))
    sent = importer.send("labs", "身份证号,检验日期,检验项目,结果,单位\n" + lines).json()
    assert (sent["lines"], sent["done"]) == (1200, 0)
    assert importer.work() == 3
    assert importer.client.post(f"/v1/imports/{sent['id']}:apply", json={}).json()["done"] == 0
    assert importer.work() == 3
    assert importer.read(sent["id"])["counts"] == {"created": 1200}


def test_facts_need_the_right_to_record_them_and_people_of_other_clinics_are_absent(
    importer: Any, app: Any, sign_in: Any, make_clinic: Any, zhang: Patient, clinic: Any
) -> None:
    other = make_clinic("C2")
    body = f"身份证号,诊断日期,ICD-10编码\n{ZHANG},2020-01-05,I10\n"
    nurse = sign_in(Role.NURSE, at=other)
    asked = {"kind": "diagnoses", "clinic": str(other.id)}
    run = importer.client.post("/v1/imports", content=body.encode(), params=asked, headers=nurse).json()
    importer.work()
    answer = importer.client.get(f"/v1/imports/{run['id']}/rows", headers=nurse).json()
    assert _codes(answer["items"]) == [[("citizen_id", "not_on_file")]]
    foreign = importer.client.post(
        "/v1/imports", content=body.encode(), params=asked | {"clinic": str(clinic.id)}, headers=nurse
    )
    assert foreign.status_code == 404
    here = sign_in(Role.NURSE, at=clinic)
    assert importer.client.get(f"/v1/imports/{run['id']}", headers=here).status_code == 404
    assert importer.client.get("/v1/imports", headers=here).json()["items"] == []


def test_somebody_on_file_elsewhere_is_refused_when_stored(
    importer: Any, sign_in: Any, make_clinic: Any, zhang: Any
) -> None:
    other = make_clinic("C2")
    nurse = sign_in(Role.NURSE, at=other)
    asked = {"kind": "patients", "clinic": str(other.id)}
    body = f"姓名,身份证号\n张桂兰,{ZHANG}\n".encode()
    run = importer.client.post("/v1/imports", content=body, params=asked, headers=nurse).json()["id"]
    importer.work()
    importer.client.post(f"/v1/imports/{run}:apply", json={}, headers=nurse)
    importer.work()
    rows = importer.client.get(f"/v1/imports/{run}/rows", headers=nurse).json()["items"]
    assert _codes(rows) == [[("citizen_id", "on_file_elsewhere")]]
    assert rows[0]["patient_id"] is None


def test_a_workbook_of_results_has_serial_dates_and_numbers(importer: Any, zhang: Patient) -> None:
    body = workbook(["身份证号", "检验日期", "检验项目", "结果", "单位"], [ZHANG, 46000, "2093-3", 4.9, "mmol/L"])
    run = importer.applied("labs", body)
    assert run["counts"] == {"created": 1}
    shown = importer.client.get(f"/v1/patients/{zhang.id}/labs").json()["items"][0]
    assert (shown["on"], shown["analyte"], shown["written"]) == ("2025-12-09", "TC", "4.9")
