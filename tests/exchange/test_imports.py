"""A sheet from the first look to the stored record: preview, decision, second run, downloads."""

import gzip
import io
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.clinical.identity_numbers import check_digit
from cmc.exchange import files, jobs, running, service
from cmc.exchange.sheets import SHEETS, heading
from cmc.patients.protected import Opened
from cmc.patients.tables import Patient

from .conftest import ZHANG, workbook

PEOPLE = (
    "姓名,身份证号,性别,出生日期,联系电话,住址\n"
    f"张桂兰,{ZHANG},,,13812346131,平江道8号\n"
    ",,,,,\n"
    "李秀英,,女,1958/3/2,13900001111,友谊路1号\n"
    "王强,110105194912310021,,,,\n"
    "赵敏,,女,1960-02-30,,\n"
)


def verdicts(rows: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(row["number"], row["verdict"]) for row in rows]


def test_a_preview_says_of_each_row_what_would_happen_and_stores_nothing(importer: Any, count: Any) -> None:
    run = importer.checked("patients", PEOPLE)
    assert run["state"] == "checked"
    assert run["counts"] == {"new": 2, "refused": 2}
    assert (run["lines"], run["done"], run["missing"]) == (4, 4, [])
    rows = importer.rows(run["id"])
    assert verdicts(rows) == [(2, "new"), (4, "new"), (5, "refused"), (6, "refused")]
    assert [(fault["field"], fault["code"]) for fault in rows[2]["faults"]] == [("citizen_id", "check_digit")]
    assert [(fault["field"], fault["code"]) for fault in rows[3]["faults"]] == [("birth_date", "bad_date")]
    assert rows[3]["faults"][0]["title"] == {"zh": "出生日期", "en": "Birth date"}
    assert (rows[0]["name"], rows[0]["citizen_id"]) == ("张**", "*" * 14 + "002X")
    assert count("patient") == 0


def test_good_rows_are_stored_beside_bad_ones_and_a_second_run_stores_nothing(
    importer: Any, count: Any, session: Session, keys: Any
) -> None:
    done = importer.applied("patients", PEOPLE)
    assert done["state"] == "done"
    assert done["counts"] == {"created": 2, "refused": 2}
    people = {Opened(keys, each).name: each for each in session.query(Patient).all()}
    assert people.keys() == {"张桂兰", "李秀英"}
    assert people["张桂兰"].birth_date == date(1949, 12, 31)
    assert Opened(keys, people["张桂兰"]).citizen_id == ZHANG
    again = importer.applied("patients", PEOPLE)
    assert again["counts"] == {"known": 2, "refused": 2}
    assert count("patient") == 2
    named = {row["number"]: row["patient_id"] for row in importer.rows(again["id"], verdict="known")}
    assert named == {2: str(people["张桂兰"].id), 4: str(people["李秀英"].id)}


def test_what_was_stored_is_no_longer_in_the_import_and_all_of_it_is_gone_after_a_month(
    importer: Any, session: Session, transaction: Any, now: datetime, count: Any
) -> None:
    done = importer.applied("patients", PEOPLE)
    kept = session.execute(text("SELECT number, cells_cipher IS NOT NULL FROM import_row ORDER BY number")).all()
    assert [tuple(row) for row in kept] == [(2, False), (4, False), (5, True), (6, True)]
    assert done["headings"] == []
    assert jobs.forget(transaction, now + timedelta(days=29)) == 0
    assert jobs.forget(transaction, now + timedelta(days=31)) == 1
    assert (count("import_run"), count("import_row"), count("patient")) == (0, 0, 2)


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(",", "utf-8"), (",", "utf-8-sig"), (";", "gb18030"), ("\t", "gb18030")]
)
def test_files_are_read_as_they_are_written_in_china(importer: Any, delimiter: str, encoding: str) -> None:
    body = PEOPLE.replace(",", delimiter).encode(encoding)
    assert importer.checked("patients", body)["counts"] == {"new": 2, "refused": 2}


def test_a_workbook_with_dates_numbers_and_formulas_is_data(importer: Any) -> None:
    body = workbook(
        ["姓名*", "身份证号", "性别（男/女）", "出生日期", "病历号"],
        ["张桂兰", ZHANG, None, None, 1001],
        ["李秀英", None, "女", date(1958, 3, 2), 1002],
        ["王芳", None, "2", 22000, 1003],
        ["=1+1", None, "男", "1960-01-01", 1004],
        ["赵敏", 1.10105194912310e17, None, None, 1005],
    )
    run = importer.checked("patients", body)
    rows = importer.rows(run["id"])
    assert verdicts(rows) == [(2, "new"), (3, "new"), (4, "new"), (5, "refused"), (6, "refused")]
    assert [fault["code"] for fault in rows[3]["faults"]] == ["missing"]  # a formula without a stored value is empty
    assert [fault["code"] for fault in rows[4]["faults"]] == ["digits_lost"]


def test_columns_that_are_not_recognised_are_named_and_everything_is_checked_again(importer: Any) -> None:
    sent = importer.send("patients", "甲,乙,丙,丁\n李秀英,女,1958-03-02,x\n").json()
    assert (sent["state"], sent["mapping"], sent["headings"]) == ("unmapped", {}, ["甲", "乙", "丙", "丁"])
    assert sent["missing"] == [["name"], ["citizen_id", "birth_date"], ["citizen_id", "sex"]]
    assert importer.work() == 0
    address = f"/v1/imports/{sent['id']}:map"
    mapped = importer.client.post(address, json={"mapping": {"name": 0, "sex": 1, "birth_date": 2}})
    assert (mapped.status_code, mapped.json()["state"]) == (200, "checking")
    importer.work()
    assert importer.read(sent["id"])["counts"] == {"new": 1}
    importer.client.post(address, json={"mapping": {"name": 0, "sex": 1, "birth_date": 3}})
    importer.work()
    assert importer.read(sent["id"])["counts"] == {"refused": 1}


@pytest.mark.parametrize(
    ("mapping", "code"),
    [({"nonsense": 0}, "unknown_field"), ({"name": 7}, "no_such_column"), ({"name": 0, "sex": 0}, "column_twice")],
)
def test_a_mapping_that_cannot_be_is_refused(importer: Any, mapping: dict[str, int], code: str) -> None:
    run = importer.send("patients", "甲,乙\n1,2\n").json()
    answer = importer.client.post(f"/v1/imports/{run['id']}:map", json={"mapping": mapping})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


def test_a_likely_duplicate_is_advice_and_can_be_left_out(importer: Any, make_patient: Any, count: Any) -> None:
    known = make_patient("李秀英", birth_date=date(1958, 3, 2), sex="F", phone="13900001111")
    run = importer.checked("patients", PEOPLE)
    row = importer.rows(run["id"])[1]
    assert row["verdict"] == "new"
    assert [each["patient"]["id"] for each in row["likely"]] == [str(known.id)]
    assert row["likely"][0]["likeness"] == "PROBABLE"
    assert "姓名相同" in {each["zh"] for each in row["likely"][0]["points"]}
    importer.client.post(f"/v1/imports/{run['id']}:apply", json={"skip_likely": True})
    importer.work()
    assert importer.read(run["id"])["counts"] == {"created": 1, "skipped": 1, "refused": 2}
    assert count("patient") == 2


def test_rows_can_be_skipped_by_number_and_a_row_that_repeats_another_is_known(importer: Any) -> None:
    body = PEOPLE + f"张桂兰,{ZHANG},女,,,\n" + "李秀英,,女,1958-03-02,13900001111,别处\n"
    run = importer.checked("patients", body)
    assert run["counts"] == {"new": 2, "known": 2, "refused": 2}
    repeated = importer.rows(run["id"], verdict="known")
    assert [fault["detail"] for row in repeated for fault in row["faults"]] == [
        "the same stands in row 2",
        "the same stands in row 4",
    ]
    importer.client.post(f"/v1/imports/{run['id']}:apply", json={"skip": [4]})
    importer.work()
    assert importer.read(run["id"])["counts"] == {"created": 1, "skipped": 1, "known": 2, "refused": 2}


def test_people_are_enrolled_when_the_sheet_says_so(importer: Any, session: Session) -> None:
    head = "姓名,身份证号,病种,纳入日期,确诊日期,确诊机构,责任医生,知情同意\n"
    run = importer.applied("patients", head + f"张桂兰,{ZHANG},高血压,2024-01-10,2024-01-05,市第一医院,赵医生,是\n")
    assert run["counts"] == {"created": 1}
    assert session.execute(text("SELECT disease, state FROM enrolment")).all() == [("HTN", "ACTIVE")]
    number = "11010519580302002" + check_digit("11010519580302002")
    refused = importer.checked("patients", head + f"李秀英,{number},高血压,2024-01-10,,,赵医生,是\n")
    faults = importer.rows(refused["id"])[0]["faults"]
    assert [fault["field"] for fault in faults] == ["enrolment.confirmed_on", "enrolment.confirmed_at"]


def test_an_import_is_decided_once(importer: Any) -> None:
    run = importer.applied("patients", PEOPLE)
    again = importer.client.post(f"/v1/imports/{run['id']}:apply", json={})
    assert (again.status_code, again.json()["state"]) == (200, "done")
    for action, body in (("map", {"mapping": {}}), ("discard", None)):
        answer = importer.client.post(f"/v1/imports/{run['id']}:{action}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "import-state")


def test_an_import_that_is_not_checked_cannot_be_applied_and_can_be_given_up(importer: Any, count: Any) -> None:
    run = importer.send("patients", PEOPLE).json()
    assert importer.client.post(f"/v1/imports/{run['id']}:apply", json={}).status_code == 409
    given_up = importer.client.post(f"/v1/imports/{run['id']}:discard")
    assert (given_up.status_code, given_up.json()["state"]) == (200, "discarded")
    assert count("import_row") == 0
    assert importer.work() == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "unreadable"),
        (b"\xff\xfe\x00", "unreadable"),
        (b"PK\x03\x04nonsense", "unreadable"),
        (b"\x1f\x8bnonsense", "unreadable"),
        ("姓名,姓名\nx,y\n".encode(), "unreadable"),
        ("姓名,身份证号\n".encode(), "no_rows"),
        ("姓名,身份证号\n,\n".encode(), "no_rows"),
        ('姓名,身份证号\n"x\n'.encode(), "unreadable"),
    ],
)
def test_what_is_no_table_is_told(importer: Any, body: bytes, code: str) -> None:
    answer = importer.send("patients", body)
    assert (answer.status_code, [each["code"] for each in answer.json()["errors"]]) == (422, [code])


def test_the_refused_rows_come_back_with_their_reasons_and_can_be_sent_again(importer: Any) -> None:
    run = importer.applied("patients", PEOPLE.replace("王强", "=HYPERLINK(1)"))
    answer = importer.client.get(f"/v1/imports/{run['id']}/refused")
    assert answer.headers["content-type"].endswith("spreadsheetml.sheet")
    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert rows[0] == ("行号 Row", "原因 Reasons", "姓名", "身份证号", "性别", "出生日期", "联系电话", "住址")
    assert rows[1][0] == "5"
    assert "(check_digit)" in rows[1][1]
    assert rows[1][2:4] == ("'=HYPERLINK(1)", "110105194912310021")
    as_csv = importer.client.get(f"/v1/imports/{run['id']}/refused", params={"format": "csv"}).content
    assert as_csv.startswith(b"\xef\xbb\xbf")
    mended = as_csv.decode("utf-8-sig").replace("110105194912310021", ZHANG).replace("'=HYPERLINK(1)", "张桂兰")
    assert importer.checked("patients", mended)["counts"] == {"known": 1, "refused": 1}


def test_a_template_can_be_filled_in_and_sent(importer: Any) -> None:
    answer = importer.client.get("/v1/import-sheets/labs/template")
    headings = next(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))  # type: ignore[union-attr]
    run = importer.send("labs", workbook(list(headings), ["x"] * len(headings))).json()
    assert (run["missing"], len(run["mapping"])) == ([], len(headings))
    kinds = importer.client.get("/v1/import-sheets").json()["items"]
    assert [each["kind"] for each in kinds][:2] == ["patients", "diagnoses"]


def test_no_two_fields_of_a_sheet_share_a_heading() -> None:
    for sheet in SHEETS.values():
        seen: dict[str, str] = {}
        for column in sheet.columns:
            for word in {heading(each) for each in (column.name, column.zh, column.en, *column.aliases)}:
                assert seen.setdefault(word, column.name) == column.name, (sheet.kind, word)


def test_a_file_may_be_longer_than_other_bodies_and_has_its_own_limits(
    importer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = f"张桂兰,{ZHANG},,,,{'平' * 60}\n"
    long = PEOPLE.splitlines()[0] + "\n" + line * 5000
    assert len(long.encode()) > 1 << 20
    assert importer.send("patients", long).json()["lines"] == 5000
    too_long = importer.client.post("/v1/imports", content=b"x" * ((16 << 20) + 1), params={"kind": "labs"})
    assert (too_long.status_code, too_long.json()["detail"]) == (413, "a request body holds at most 16777216 bytes")
    other = importer.client.post("/v1/patients", content=b"x" * ((1 << 20) + 1))
    assert (other.status_code, other.json()["detail"]) == (413, "a request body holds at most 1048576 bytes")
    monkeypatch.setattr(service, "start", partial(service.start, most=3))
    answer = importer.send("patients", PEOPLE)
    assert [each["code"] for each in answer.json()["errors"]] == ["too_many_rows"]


def test_an_import_that_cannot_be_worked_on_holds_up_no_other_and_is_tried_again(
    importer: Any, transaction: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (importer.send("patients", PEOPLE).json()["id"] for _ in range(2))
    step = running.step

    def broken(session: Session, keys: Any, run: Any, **more: Any) -> bool:
        if str(run.id) == first:
            raise ZeroDivisionError
        return step(session, keys, run, **more)

    monkeypatch.setattr(running, "step", broken)
    with pytest.raises(jobs.StepError):
        jobs.work(transaction, now)
    assert [importer.read(each)["state"] for each in (first, second)] == ["checking", "checked"]
    monkeypatch.undo()
    assert importer.work() == 1
    assert importer.read(first)["state"] == "checked"


def test_one_person_who_was_filed_meanwhile_takes_nothing_from_the_others(importer: Any, make_patient: Any) -> None:
    run = importer.checked("patients", PEOPLE)["id"]
    make_patient("张桂兰", citizen_id=ZHANG, birth_date=None, sex=None)
    importer.client.post(f"/v1/imports/{run}:apply", json={})
    importer.work()
    assert importer.read(run)["counts"] == {"created": 1, "known": 1, "refused": 2}


def test_what_imports_keep_holds_no_identity_in_clear(importer: Any, session: Session) -> None:
    importer.applied("patients", PEOPLE)
    for table in ("import_run", "import_row", "audit_event", "patient_identifier"):
        kept = "\n".join(session.scalars(text(f"SELECT row_to_json(t)::text FROM {table} AS t")))  # noqa: S608
        for word in ("张桂兰", ZHANG, "13812346131", "平江道", "李秀英", "110105194912310021", "姓名"):
            assert word not in kept, (table, word)


def test_a_file_that_unpacks_to_very_much_is_refused(importer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST_SENT", 1 << 20)
    bomb = gzip.compress(b"\xe5\xa7\x93\xe5\x90\x8d\n" + b"a" * (2 << 20))
    assert len(bomb) < 10_000
    answer = importer.send("patients", bomb)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["detail"] == "the file unpacks to more than 1 MB: cut it into parts."
    assert importer.checked("patients", gzip.compress(PEOPLE.encode()))["counts"] == {"new": 2, "refused": 2}


UNUSUAL = f"谁,证号,男女\n张桂兰,{ZHANG},女\n"
NAMED = {"name": 0, "citizen_id": 1, "sex": 2}


def test_how_columns_were_named_is_remembered_for_the_next_file_of_the_clinic(
    importer: Any, sign_in: Any, make_clinic: Any
) -> None:
    first = importer.send("patients", UNUSUAL).json()
    assert (first["state"], first["remembered"]) == ("unmapped", False)
    named = importer.client.post(f"/v1/imports/{first['id']}:map", json={"mapping": NAMED}).json()
    assert (named["state"], named["remembered"]) == ("checking", False)
    again = importer.send("patients", UNUSUAL.replace("谁", " 谁 ")).json()
    assert (again["state"], again["mapping"], again["remembered"]) == ("checking", NAMED, True)
    other = importer.send("patients", UNUSUAL.replace("男女", "性别")).json()
    assert (other["state"], other["remembered"]) == ("unmapped", False)
    elsewhere = importer.send("patients", UNUSUAL, clinic=str(make_clinic("C2").id)).json()
    assert elsewhere["remembered"] is False


def test_the_last_naming_counts_and_an_incomplete_one_is_not_kept(importer: Any, count: Any) -> None:
    run = importer.send("patients", UNUSUAL).json()["id"]
    importer.client.post(f"/v1/imports/{run}:map", json={"mapping": {"citizen_id": 1}})
    assert count("import_mapping") == 0
    for mapping in ({"name": 0, "citizen_id": 1}, NAMED):
        importer.client.post(f"/v1/imports/{run}:map", json={"mapping": mapping})
    assert count("import_mapping") == 1
    assert importer.send("patients", UNUSUAL).json()["mapping"] == NAMED
