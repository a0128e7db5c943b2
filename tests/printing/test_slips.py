"""The list of medicines, the referral slip, the card, and what happens when PDFs cannot be made."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cmc.clinical.codes import Disease
from cmc.core.errors import Unavailable
from cmc.patients.tables import Enrolment, Patient
from cmc.printing import pdf

Form = dict[str, Any]
REFERRAL = {"code": "EMERGENCY", "reason": "血压190", "institution": "市第一医院", "department": "心内科"}


@pytest.fixture
def person(make_patient: Callable[..., Patient], make_enrolment: Callable[..., Enrolment]) -> Patient:
    patient = make_patient("欧阳建国", phone="13800138000")
    make_enrolment(patient, Disease.HTN)
    return patient


def visit(person: Patient, **more: Any) -> Form:
    return {
        "patient_id": str(person.id), "diseases": ["HTN"], "visited_on": "2026-11-02", "mode": 1, "doctor": "李医生",
        "sbp_mmhg": 152, "dbp_mmhg": 96, "hypertension_symptoms": [1], "adherence": 1, "weight_target_kg": 66,
        "medications": [{"name": "氨氯地平", "times_per_day": 1, "dose": "5 mg"}],
        "lifestyle_targets": {"cigarettes_per_day": 0, "exercise_times_per_week": 5}, **more,
    }  # fmt: skip


def printed(client: TestClient, person: Patient, document: str, **params: Any) -> Any:
    return client.get(f"/v1/patients/{person.id}/documents/{document}", params=params)


def test_the_list_of_medicines_names_the_record_and_the_last_visit(
    client: TestClient, person: Patient, read: Callable[[bytes], Any]
) -> None:
    added = {"on": "2025-03-01", "name": "缬沙坦胶囊", "dose": 80, "dose_unit": "mg", "frequency": "QD"}
    assert client.post(f"/v1/patients/{person.id}/medications", json=added).status_code == 201
    assert client.post("/v1/followups", json=visit(person)).status_code == 201
    text = read(printed(client, person, "medicine_list", format="pdf").content).text(0)
    for words in ("用药清单", "欧阳建国", "缬沙坦胶囊", "80mg", "每日一次", "2025-03-01", "氨氯地平", "每日1次每次5mg"):
        assert words in text, words


def test_without_medicines_the_list_says_so(client: TestClient, person: Patient) -> None:
    assert "无 None" in printed(client, person, "medicine_list").text


def test_the_referral_slip_is_made_of_the_visit_that_refers(
    client: TestClient, person: Patient, read: Callable[[bytes], Any]
) -> None:
    none = printed(client, person, "referral_slip")
    assert (none.status_code, none.json()["code"]) == (409, "no-referral")
    assert client.post("/v1/followups", json=visit(person, referral=REFERRAL, sbp_mmhg=190)).status_code == 201
    assert client.post("/v1/followups", json=visit(person, visited_on="2026-11-09")).status_code == 201
    text = read(printed(client, person, "referral_slip", format="pdf").content).text(0)
    for words in (
        "双向转诊单", "欧阳建国", "13800138000", "市第一医院", "心内科", "存在危急情况；血压190", "2026-11-02", "190/96mmHg",
        "控制不满意", "HTN-EM-01", "氨氯地平", "李医生", "医生签名", "接诊回执",
    ):  # fmt: skip
        assert words in text, words


def test_the_card_is_large_and_has_targets_and_the_next_date(
    client: TestClient, person: Patient, read: Callable[[bytes], Any]
) -> None:
    made = client.post("/v1/followups", json=visit(person)).json()["followups"][0]["judgement"]
    answer = printed(client, person, "self_care_card", format="pdf")
    text = read(answer.content).text(0)
    for words in (made["next_visit_on"], "<130", "<80", "66kg", "0支/日", "5次/周", "180/110", "16.7", "3.9", "120"):
        assert words in text, words
    assert "font:18pt" in printed(client, person, "self_care_card").text


def test_a_stranger_to_the_clinic_prints_nothing(client: TestClient, make_clinic: Any) -> None:
    absent = "00000000-0000-7000-8000-000000000000"
    assert client.get(f"/v1/patients/{absent}/documents/htn_sheet").status_code == 404
    assert client.get(f"/v1/patients/{absent}/documents/nonsense").status_code == 422


def pressed_with(monkeypatch: pytest.MonkeyPatch, program: str, tmp_path: Path) -> None:
    """Let the press be another program."""
    press = tmp_path / "press.py"
    press.write_text(program, encoding="utf-8")
    monkeypatch.setattr(pdf, "_PRESS", press)


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import sys; sys.stdin.read(); sys.exit(3)", "pdf-not-installed"),
        ("import sys; sys.stdin.read(); sys.exit(4)", "pdf-font-missing"),
        ("import time; time.sleep(30)", "printing-too-long"),
    ],
)
def test_what_is_missing_is_said_and_html_works(
    client: TestClient, person: Patient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, code: str
) -> None:
    pressed_with(monkeypatch, program, tmp_path)
    monkeypatch.setattr(pdf, "PRINT_SECONDS", 1)
    answer = printed(client, person, "htn_sheet", format="pdf")
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    if code != "printing-too-long":
        assert "fonts-noto-cjk" in answer.json()["detail"]
    assert printed(client, person, "htn_sheet").status_code == 200


def test_a_press_that_breaks_is_a_fault_and_tells_nothing(
    client: TestClient, person: Patient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pressed_with(monkeypatch, "import sys; sys.stderr.write(sys.stdin.read()); sys.exit(1)", tmp_path)
    answer = printed(client, person, "htn_sheet", format="pdf")
    assert answer.status_code == 500
    assert "欧阳" not in answer.text


def test_two_print_at_a_time_and_the_third_is_asked_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pdf, "WAIT_SECONDS", 0.05)
    for _ in range(2):
        assert pdf._AT_ONCE.acquire(timeout=1)
    try:
        with pytest.raises(Unavailable) as caught:
            pdf.made("<p>x</p>")
        assert caught.value.code == "printing-busy"
    finally:
        for _ in range(2):
            pdf._AT_ONCE.release()


def test_a_character_that_no_font_has_refuses_the_document() -> None:
    with pytest.raises(Unavailable) as caught:
        pdf.made("<p>\U000e0fff\U0010fffd</p>")
    assert caught.value.code == "pdf-font-missing"


def test_the_press_without_its_library_says_so(tmp_path: Path) -> None:
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library')", encoding="utf-8")
    script = f"import sys, runpy; sys.path.insert(0, {str(tmp_path)!r}); runpy.run_path({str(pdf._PRESS)!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", script], input=b"<p>x</p>", capture_output=True, check=False)
    assert done.returncode == 3


def test_the_press_loads_nothing_and_gets_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    image = tmp_path / "x.png"
    image.write_bytes(b"x")
    assert pdf.made(f"<p>x<img src='file://{image}'></p>").startswith(b"%PDF")
    monkeypatch.setenv("CMC_MASTER_KEY", "secret")
    assert "CMC_MASTER_KEY" not in pdf._environment()
    assert "PATH" in os.environ


def test_the_service_does_not_import_weasyprint() -> None:
    script = "import sys, cmc.main, cmc.worker; print('weasyprint' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_press_reads_no_file(tmp_path: Path) -> None:
    style = tmp_path / "x.css"
    style.write_text("p::before{content:'geheim'}", encoding="utf-8")
    plain = pdf.made("<p>x</p>")
    linked = pdf.made(f"<link rel=stylesheet href='file://{style}'><p>x</p>")
    assert abs(len(plain) - len(linked)) < 200
