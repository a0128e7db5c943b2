"""The register as a table: masked or in full with a reason, guarded against formulas, noted, in constant memory."""

import csv
import io
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts.roles import Role
from cmc.audit.tables import Act, AuditEvent
from cmc.clinical.codes import Disease
from cmc.exchange import register, workbooks
from cmc.exchange.codes import SheetFormat
from cmc.patients.tables import Patient

from .conftest import ZHANG

NASTY = '=HYPERLINK("http://x")'


@pytest.fixture
def people(make_patient: Any, make_enrolment: Any) -> list[Patient]:
    zhang = make_patient(
        "张桂兰", citizen_id=ZHANG, birth_date=None, sex=None, phone="13812346131", address="平江道8号"
    )
    make_enrolment(zhang, Disease.HTN)
    return [zhang, make_patient(NASTY, birth_date=date(1960, 5, 4), address="@SUM(1)")]


def _rows(content: bytes) -> list[tuple[Any, ...]]:
    book = load_workbook(io.BytesIO(content))
    cells = [cell for row in book.active.iter_rows() for cell in row]  # type: ignore[union-attr]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr", "n"}
    assert [cell for cell in cells if cell.data_type == "n" and cell.value is not None] == []
    return list(book.active.iter_rows(values_only=True))  # type: ignore[union-attr]


def test_the_register_is_masked_unless_asked_in_full(client: TestClient, people: list[Patient]) -> None:
    head, nasty, zhang = _rows(client.post("/v1/register:export", json={}).content)
    assert head[:5] == ("姓名 Name", "性别 Sex", "年龄 Age", "健康档案编号 Health record number", "管理机构 Clinic")
    assert zhang[:3] == ("张**", "女", zhang[2])
    assert zhang[5:7] == ("高血压", "2024-01-10")
    assert not {"身份证号 Citizen ID", "电话 Phone", "住址 Address", "出生日期 Birth date"} & set(head)
    assert nasty[0] == "'=**"
    asked = {"reason": "recall", "disease": "HTN"}
    full = _rows(client.post("/v1/register:export-in-full", json=asked).content)
    assert [row[:2] + row[3:7] for row in full[1:]] == [
        ("张桂兰", "女", "1949-12-31", ZHANG, "13812346131", "平江道8号")
    ]


def test_as_csv_it_has_a_bom_and_no_formula(client: TestClient, people: list[Patient]) -> None:
    answer = client.post("/v1/register:export-in-full", json={"reason": "checking", "format": "csv"})
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-disposition"] == 'attachment; filename="register.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert (rows[1][0], rows[1][6]) == ("'" + NASTY, "'@SUM(1)")
    assert (rows[2][0], rows[2][4]) == ("张桂兰", ZHANG)


def test_every_person_who_leaves_stands_in_the_trail_with_the_reason(
    client: TestClient, session: Session, people: list[Patient]
) -> None:
    client.post("/v1/register:export-in-full", json={"reason": "handover"})
    last = session.scalars(select(AuditEvent).order_by(col(AuditEvent.seq).desc()).limit(1)).one()
    assert last.act == Act.EXPORT
    assert set(last.person_ids) == {each.id for each in people}
    assert last.detail == {"register": "full", "reason": "handover", "format": "xlsx"}
    client.post("/v1/register:export", json={})
    last = session.scalars(select(AuditEvent).order_by(col(AuditEvent.seq).desc()).limit(1)).one()
    assert last.detail == {"register": "masked", "format": "xlsx"}


@pytest.mark.parametrize("reason", [None, "", "because", "to call 张桂兰"])
def test_in_full_needs_a_reason_out_of_the_list(client: TestClient, reason: str | None) -> None:
    body = {} if reason is None else {"reason": reason}
    assert client.post("/v1/register:export-in-full", json=body).status_code == 422


def test_only_the_callers_clinics_and_only_with_the_right(
    client: TestClient, sign_in: Any, make_clinic: Any, region: Any, people: list[Patient]
) -> None:
    other = make_clinic("C2")
    nurse = sign_in(Role.NURSE, at=other)
    assert len(_rows(client.post("/v1/register:export", json={}, headers=nurse).content)) == 1
    foreign = client.post("/v1/register:export", json={"clinic": str(people[0].clinic_id)}, headers=nurse)
    assert foreign.status_code == 404
    supervisor = sign_in(Role.SUPERVISOR, at=region, names=True)
    assert len(_rows(client.post("/v1/register:export", json={}, headers=supervisor).content)) == 3
    full = client.post("/v1/register:export-in-full", json={"reason": "reporting"}, headers=supervisor)
    assert full.status_code == 403


def test_pages_follow_each_other_without_a_gap(
    client: TestClient, make_patient: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "_A_TIME", 2)
    for place in range(5):
        make_patient(f"王{'一二三四五'[place]}", birth_date=date(1960, 5, 4 + place))
    answer = client.post("/v1/register:export-in-full", json={"reason": "checking"})
    assert [row[0] for row in _rows(answer.content)[1:]] == ["王五", "王四", "王三", "王二", "王一"]


@pytest.mark.parametrize("form", SheetFormat)
def test_a_table_takes_no_more_memory_for_more_rows(form: SheetFormat) -> None:
    def rows(count: int) -> Iterator[Sequence[str]]:
        for number in range(count):
            yield [f"{ZHANG}{number}", "平江道8号" * 4, str(number)]

    def most(count: int) -> int:
        tracemalloc.start()
        with workbooks.written(form, ["a", "b", "c"], rows(count)) as file:
            assert file.read(2) in {b"PK", b"\xef\xbb"}
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    most(10)
    assert most(20_000) < most(2_000) + 500_000


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_what_could_begin_a_formula_is_text(text: str) -> None:
    assert workbooks.guarded(text) == "'" + text
    assert workbooks.guarded("a" + text) == "a" + text
    assert workbooks.guarded("") == ""
