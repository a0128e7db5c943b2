"""The national sheets: every stored value stands in its cell, four visits a page, blank forms, head and foot."""

import random
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session
from sqlmodel import col, select

from cmc.audit.tables import Act, AuditEvent
from cmc.clinical.codes import Adherence, Classification, Disease, FootPulse, Hypoglycaemia, Sex, VisitMode
from cmc.core.clock import midnight
from cmc.core.text import Text
from cmc.followups.codes import Rating, SaltIntake
from cmc.patients.tables import Enrolment, Patient
from cmc.printing import sheets
from cmc.printing.sheet_rows import ROWS
from cmc.printing.sheets import Head

LEFT, LABEL, GROUP, CELL = 10, 38, 7, 38
"""Millimetres: margin, both label columns, the group's, and each visit's column."""
CODES = {Disease.HTN: "htn_sheet", Disease.T2DM: "dm_sheet"}
WORDS = ("头晕两天", "夜间口渴", "双踝轻度水肿", "血肌酐 78 µmol/L")
PILLS = ("氨氯地平", "缬沙坦", "二甲双胍", "格列美脲", "阿托伐他汀")


@pytest.fixture
def person(make_patient: Callable[..., Patient], make_enrolment: Callable[..., Enrolment]) -> Patient:
    patient = make_patient("欧阳建国")
    for disease in Disease:
        make_enrolment(patient, disease)
    return patient


def drawn(rng: random.Random, person: Patient, day: date) -> dict[str, Any]:
    """A visit for both diseases with every field of both forms, drawn."""
    life = lambda: {  # noqa: E731
        "cigarettes_per_day": rng.randint(0, 40), "alcohol_liang_per_day": rng.randint(0, 50) / 10,
        "exercise_times_per_week": rng.randint(0, 7), "exercise_minutes": rng.randint(5, 90), "salt": rng.randint(1, 3),
        "staple_food_g_per_day": rng.randint(150, 600), "mental_adjustment": rng.randint(1, 3),
        "follows_advice": rng.randint(1, 3),
    }  # fmt: skip
    reaction = rng.random() < 0.5
    pulse = rng.randint(1, 3)
    return {
        "patient_id": str(person.id), "diseases": ["HTN", "T2DM"], "visited_on": day.isoformat(),
        "mode": rng.randint(1, 3), "doctor": rng.choice(["李医生", "赵敏"]), "sbp_mmhg": rng.randint(110, 178),
        "dbp_mmhg": rng.randint(60, 95), "heart_rate_bpm": rng.randint(55, 99), "weight_kg": rng.randint(500, 900) / 10,
        "weight_target_kg": rng.randint(500, 700) / 10, "height_cm": rng.randint(150, 185), "waist_cm": rng.randint(70, 110),
        "fasting_glucose_mmol_l": rng.randint(45, 120) / 10, "hba1c_percent": rng.randint(50, 110) / 10,
        "hba1c_on": (day - timedelta(9)).isoformat(), "other_glucose_mmol_l": rng.randint(60, 150) / 10,
        "other_glucose_period": "AFTER_LUNCH_2H",
        "hypertension_symptoms": sorted(rng.sample(range(2, 10), rng.randint(1, 3))),
        "diabetes_symptoms": sorted(rng.sample(range(2, 10), rng.randint(1, 3))), "other_symptoms": rng.choice(WORDS),
        "foot_pulse": pulse, **({"foot_pulse_side": "LEFT"} if pulse > 1 else {}), "hypoglycaemia": rng.randint(1, 3),
        "adherence": rng.randint(1, 3), "adverse_reaction": reaction,
        **({"adverse_reaction_text": "踝部水肿"} if reaction else {}), "lifestyle": life(), "lifestyle_targets": life(),
        "medications": [
            {"name": name, "times_per_day": rng.randint(1, 3), "dose": f"{rng.choice([5, 80, 500])} mg"}
            for name in rng.sample(PILLS, rng.randint(0, 5))
        ],
        "insulin": {"kind": "甘精胰岛素", "usage": f"睡前 {rng.randint(6, 30)} IU"}, "auxiliary_tests": rng.choice(WORDS),
        "referral": {"code": "NEW_COMPLICATION", "reason": "左足溃疡", "institution": "市第一医院", "department": "内分泌科"},
    }  # fmt: skip


def wanted(disease: Disease, sent: dict[str, Any], stored: dict[str, Any]) -> dict[str, list[str]]:
    """What must stand in each cell, written from what was sent, a second time and in another way than the sheet."""
    life, goal, judged = sent["lifestyle"], sent["lifestyle_targets"], stored["judgement"]
    pills = [(each["name"], f"每日{each['times_per_day']}次每次{each['dose']}") for each in sent["medications"]]
    key = "hypertension_symptoms" if disease is Disease.HTN else "diabetes_symptoms"
    height = Decimal(str(sent["height_cm"])) / 100
    index = round(Decimal(str(sent["weight_kg"])) / height**2 + Decimal("1e-9"), 1)
    cells: dict[str, list[str]] = {
        "随访日期": [sent["visited_on"]],
        "随访方式": [f"{sent['mode']}{VisitMode(sent['mode']).text.zh}"],
        "症状": [*(str(each) for each in sent[key]), sent["other_symptoms"]],
        "血压": [f"{sent['sbp_mmhg']}/{sent['dbp_mmhg']}"],
        "体重/目标": [f"{sent['weight_kg']:g}/{sent['weight_target_kg']:g}"],
        "体质指数/目标": [f"{index.normalize():f}/"],
        "日吸烟量/目标": [f"{life['cigarettes_per_day']}/{goal['cigarettes_per_day']}"],
        "日饮酒量/目标": [f"{life['alcohol_liang_per_day']:g}/{goal['alcohol_liang_per_day']:g}"],
        "运动": [
            f"现{life['exercise_times_per_week']}次/周{life['exercise_minutes']}分钟/次",
            f"目标{goal['exercise_times_per_week']}次/周{goal['exercise_minutes']}分钟/次",
        ],
        "心理调整": [f"{life['mental_adjustment']}{Rating(life['mental_adjustment']).text.zh}"],
        "遵医行为": [f"{life['follows_advice']}{Rating(life['follows_advice']).text.zh}"],
        "服药依从性": [f"{sent['adherence']}{Adherence(sent['adherence']).text.zh}"],
        "药物不良反应": ["2有：踝部水肿" if sent["adverse_reaction"] else "1无"],
        "此次随访分类": [f"{judged['classification']}{Classification(judged['classification']).text.zh}"],
        "药物名称1": list(pills[0]) if pills else [],
        "药物名称2": list(pills[1]) if len(pills) > 1 else [],
        "药物名称3": list(pills[2]) if len(pills) > 2 else [],
        "其他药物": [words for each in pills[3:] for words in each],
        "原因": ["出现新的并发症", "左足溃疡"],
        "机构及科别": ["市第一医院", "内分泌科"],
        "下次随访日期": [judged["next_visit_on"]],
        "随访医生签名": [sent["doctor"]],
    }
    tests = [f"糖化血红蛋白{sent['hba1c_percent']:g}%", sent["hba1c_on"], f"{sent['other_glucose_mmol_l']:g}", sent["auxiliary_tests"]]  # fmt: skip
    if disease is Disease.HTN:
        return cells | {
            "心率": [f"{sent['heart_rate_bpm']}次/分"],
            "其他体征": [f"腰围{sent['waist_cm']}cm"],
            "摄盐情况/目标": [f"{life['salt']}{SaltIntake(life['salt']).text.zh}", SaltIntake(goal["salt"]).text.zh],
            "辅助检查": [f"{sent['fasting_glucose_mmol_l']:.1f}mmol/L", *tests],
        }
    side = "（左侧）" if sent["foot_pulse"] > 1 else ""
    return cells | {
        "其他体征": [f"心率{sent['heart_rate_bpm']}次/分", f"腰围{sent['waist_cm']}cm"],
        "足背动脉搏动": [f"{sent['foot_pulse']}{FootPulse(sent['foot_pulse']).text.zh}{side}"],
        "主食/目标": [f"{life['staple_food_g_per_day']}/{goal['staple_food_g_per_day']}"],
        "空腹血糖": [f"{sent['fasting_glucose_mmol_l']:.1f}mmol/L"],
        "其他检查": tests,
        "低血糖反应": [f"{sent['hypoglycaemia']}{Hypoglycaemia(sent['hypoglycaemia']).text.zh}"],
        "胰岛素": ["甘精胰岛素", sent["insulin"]["usage"]],
    }


def bands(printed: Any, page: int, disease: Disease) -> Iterator[tuple[str, float, float]]:
    """Each row's label, and where its lines begin and end on a page, found by its printed label."""
    lines: dict[float, list[Any]] = {}
    for each in printed.glyphs:
        if each.page == page and LEFT <= each.x < LEFT + LABEL:
            lines.setdefault(round(each.y, 1), []).append(each)
    tops: list[tuple[str, float]] = []
    after = 0.0
    for row in ROWS[disease]:
        from_x = LEFT + (GROUP if row.group else 0)
        for y in sorted(lines):
            words = "".join(each.text for each in sorted(lines[y], key=lambda each: each.x) if each.x >= from_x)
            if y > after and words.replace(" ", "").startswith(row.label.zh):
                tops.append((row.label.zh, y))
                after = y
                break
        else:
            raise AssertionError(f"the label {row.label.zh} is not on page {page}")
    ends = [*(y for _, y in tops[1:]), 400.0]
    for (label, y), end in zip(tops, ends, strict=True):
        yield label, y - 1.5, end - 1.5


def sheet(client: TestClient, person: Patient, disease: Disease, **params: Any) -> Any:
    address = f"/v1/patients/{person.id}/documents/{CODES[disease]}"
    answer = client.get(address, params={"format": "pdf", **params})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return answer


@pytest.mark.parametrize("seed", [1, 2])
def test_every_stored_value_stands_in_its_cell(
    client: TestClient, person: Patient, read: Callable[[bytes], Any], seed: int
) -> None:
    rng = random.Random(seed)
    visits = [drawn(rng, person, date(2026, 1 + 2 * place, 10 + place)) for place in range(5)]
    stored = []
    for sent in visits:
        answer = client.post("/v1/followups", json=sent)
        assert answer.status_code == 201, answer.text
        stored.append({each["disease"]: each for each in answer.json()["followups"]})
    for disease in Disease:
        printed = read(sheet(client, person, disease, year=2026).content)
        assert printed.pages == 2  # four, and one
        for place, (sent, told) in enumerate(zip(visits, stored, strict=True)):
            page, column = divmod(place, sheets.VISITS_A_PAGE)
            left = LEFT + LABEL + CELL * column
            expected = wanted(disease, sent, told[disease.value])
            seen = set()
            for label, top, bottom in bands(printed, page, disease):
                cell = printed.inside(page, left, left + CELL, top, bottom)
                seen.add(label)
                for words in expected[label]:
                    assert words.replace(" ", "") in cell.replace(" ", ""), (disease, place, label, cell)
                if not expected[label]:
                    assert cell == "", (disease, place, label)
            assert seen == set(expected)
        for column in range(1, 4):  # the rest of the second page is empty
            left = LEFT + LABEL + CELL * column
            for label, top, bottom in bands(printed, 1, disease):
                if label != "随访医生签名":  # below it stands the foot
                    assert printed.inside(1, left, left + CELL, top, bottom) == "", label


def test_four_visits_are_one_page_with_head_and_foot(
    client: TestClient, session: Session, person: Patient, read: Callable[[bytes], Any]
) -> None:
    rng = random.Random(7)
    for place in range(4):
        assert client.post("/v1/followups", json=drawn(rng, person, date(2026, 1 + 2 * place, 10))).status_code == 201
    printed = read(sheet(client, person, Disease.HTN).content)
    assert printed.pages == 1
    text = printed.text(0)
    assert text.startswith("高血压患者随访服务记录表")
    assert "欧阳建国" in text
    events = session.scalars(select(AuditEvent).where(col(AuditEvent.act) == Act.EXPORT.value)).all()
    told = events[-1].detail
    assert (told["document"], told["form"]) == ("htn_sheet", "pdf")
    assert told["document_id"] in text
    assert "第1/1页" in text


def test_the_sheet_shows_the_visits_that_were_asked_for_and_none_that_was_withdrawn(
    client: TestClient, person: Patient
) -> None:
    rng = random.Random(3)
    days = [date(2026, 3, 3), date(2026, 5, 5), date(2025, 5, 6)]
    ids = [client.post("/v1/followups", json=drawn(rng, person, day)).json()["encounter_id"] for day in days]
    address = f"/v1/patients/{person.id}/documents/htn_sheet"

    def dates(**params: Any) -> list[str]:
        page = client.get(address, params=params).text
        row = page.split("随访日期</th>")[1].split("</tr>")[0]
        return re.findall(r"\d{4}-\d{2}-\d{2}", row)

    assert dates() == ["2026-03-03", "2026-05-05"]
    assert dates(year=2025) == ["2025-05-06"]
    assert dates(encounter=[ids[2], ids[1]]) == ["2025-05-06", "2026-05-05"]
    assert client.get(address, params={"encounter": str(uuid4())}).status_code == 404
    done = client.post(f"/v1/followups/{ids[0]}:withdraw", json={"reason": "x"}, headers={"If-Match": '"1"'})
    assert done.status_code == 200
    assert dates() == ["2026-05-05"]


@pytest.mark.parametrize("disease", Disease)
def test_a_blank_form_is_one_page_with_every_row_and_room_to_sign(
    client: TestClient, person: Patient, read: Callable[[bytes], Any], disease: Disease
) -> None:
    client.post("/v1/followups", json=drawn(random.Random(1), person, date(2026, 3, 3)))
    printed = read(sheet(client, person, disease, blank=True).content)
    assert printed.pages == 1
    found = list(bands(printed, 0, disease))
    assert [label for label, _, _ in found] == [row.label.zh for row in ROWS[disease]]
    assert "2026-03-03" not in printed.text(0)
    _, top, _ = found[-1]
    foot = min(each.y for each in printed.glyphs if each.y > top + 3 and each.text == "文")
    assert foot - top >= 7  # the signature cell, in mm


def test_the_page_is_black_on_white_and_loads_nothing(client: TestClient, person: Patient) -> None:
    client.post("/v1/followups", json=drawn(random.Random(1), person, date(2026, 3, 3)))
    answer = client.get(f"/v1/patients/{person.id}/documents/dm_sheet")
    assert answer.headers["content-type"].startswith("text/html")
    assert "sha256-" in answer.headers["content-security-policy"]
    assert set(re.findall(r"#[0-9a-f]{3,6}", sheets.STYLE)) <= {"#000"}
    assert not re.findall(r"https?:|<script|<img|url\(", answer.text)


def test_what_was_typed_is_text_and_no_html(client: TestClient, person: Patient) -> None:
    body = drawn(random.Random(1), person, date(2026, 3, 3)) | {"other_symptoms": "<b>乏力</b>&<script>"}
    assert client.post("/v1/followups", json=body).status_code == 201
    page = client.get(f"/v1/patients/{person.id}/documents/dm_sheet").text
    assert "<script>" not in page
    assert "&lt;b&gt;乏力&lt;/b&gt;" in page


@pytest.mark.parametrize(("number", "shown"), [("12010300100100007", "001-00007"), (None, "□□□-□□□□□")])
def test_the_head_of_a_sheet(number: str | None, shown: str) -> None:
    made = midnight(date(2026, 11, 20))
    head = Head(uuid4(), made, "李医生", "王建国", Sex.M, "1960-05-04", number, Text("河西", "Hexi"))
    page = sheets.sheet(Disease.HTN, Text("表", "Sheet"), head, [])
    assert f"编号 {shown}" in page
    assert str(head.document_id) in page
    assert "打印 2026-11-20 00:00" in page
