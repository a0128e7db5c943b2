"""Management and the system: who recorded how, exports that a clinic makes again, rights, the trail."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from cmc.core import clock, db
from cmc.core.scope import system_scope
from cmc.exchange import jobs

from .conftest import Open
from .watch import axe_violations
from .world import World


def _visits(page: Page, world: World, count: int) -> None:
    """Follow-ups of a new person on as many days, with the pressures that a form-filling script types."""
    headers = {"Origin": world.address}
    told = {"name": "吴常来", "sex": "M", "birth_date": "1954-03-02", "clinic_id": world.clinics[0]}
    person = page.request.post(f"{world.address}/v1/patients", data=told, headers=headers).json()["id"]
    since = str(clock.today() - timedelta(days=count + 5))
    managed = {"disease": "HTN", "enrolled_on": since, "confirmed_on": since, "consent": True,
               "confirmed_at": "市第一医院", "doctor": "王医生"}  # fmt: skip
    answer = page.request.post(f"{world.address}/v1/patients/{person}/enrolments", data=managed, headers=headers)
    assert answer.ok, answer.text()
    for number in range(count):
        body: dict[str, Any] = {
            "patient_id": person, "visited_on": str(clock.today() - timedelta(days=2 + number)), "mode": 1,
            "diseases": ["HTN"], "doctor": "王医生", "sbp_mmhg": 128 + number * 7 % 11, "dbp_mmhg": 78 + number * 5 % 11,
            "heart_rate_bpm": 72, "weight_kg": 66.5, "hypertension_symptoms": [1], "adherence": 1,
            "lifestyle": {
                "cigarettes_per_day": 0, "alcohol_liang_per_day": 0, "exercise_times_per_week": 4,
                "exercise_minutes": 30, "salt": 1, "mental_adjustment": 1, "follows_advice": 1,
            },
        }  # fmt: skip
        once = {"Idempotency-Key": f"{person}-{number}"}
        answer = page.request.post(f"{world.address}/v1/followups", data=body, headers=headers | once)
        assert answer.ok, answer.text()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_recorders_are_the_managers_to_see_and_ones_own(open_page: Open, world: World, language: str) -> None:
    doctor = open_page("/quality?days=90", "doctor", language=language, axe=True)
    all_words, own_words = ("按录入人", "我的录入") if language == "zh-CN" else ("By who recorded", "What I recorded")
    if language == "zh-CN":
        _visits(doctor, world, 55)
        doctor.reload()
    own = doctor.get_by_role("table", name=own_words)
    row = own.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("doctor")
    expect(row).to_contain_text("55")
    expect(row).to_contain_text("值得复核" if language == "zh-CN" else "worth a check")
    expect(doctor.get_by_role("table", name=all_words)).to_have_count(0)
    assert axe_violations(doctor) == []
    nurse = open_page("/quality?days=365", "nurse", language=language)
    expect(nurse.get_by_role("table", name=own_words).locator("tbody tr")).to_have_count(1)
    expect(nurse.get_by_role("table", name=own_words)).to_contain_text("nurse")
    manager = open_page("/quality?days=365", "manager", language=language, axe=True)
    table = manager.get_by_role("table", name=all_words)
    expect(table.locator("tbody tr").filter(has_text="doctor")).to_contain_text("55")
    expect(table.locator("tbody tr").filter(has_text="nurse")).to_have_count(1)
    assert axe_violations(manager) == []
    supervisor = open_page("/quality", "supervisor", language=language)
    supervisor.get_by_role("main").get_by_role("heading", level=1).wait_for()
    expect(supervisor.get_by_role("table", name=all_words)).to_have_count(0)


def test_a_saved_export_is_made_again_with_one_press(open_page: Open, world: World, service_engine: Engine) -> None:
    page = open_page("/exports", axe=True)
    page.get_by_label("病种").select_option("HTN")
    page.get_by_label(re.compile("核对档案")).check()
    page.get_by_role("button", name="存为方案").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("方案名称").fill("高血压核对")
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("机构")  # whose people must be said
    dialog.get_by_label("机构 *").select_option(index=1)
    assert axe_violations(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("方案已保存")).to_be_visible()
    row = page.get_by_role("table", name="已存方案").locator("tbody tr")
    expect(row).to_contain_text("高血压核对")
    colleague = open_page("/exports", "doctor", language="en", axe=True)
    saved = colleague.get_by_role("table", name="Saved exports").locator("tbody tr")
    expect(saved).to_contain_text("高血压核对")
    assert axe_violations(colleague) == []
    saved.get_by_role("button", name="Export by it").click()
    log = colleague.get_by_role("table", name="Exports made").locator("tbody tr").first
    expect(log).to_contain_text("doctor")
    scope = system_scope("job:test")
    assert jobs.make_exports(lambda: db.transaction(service_engine, scope), clock.now()) == 1
    with colleague.expect_download() as file:
        log.get_by_role("link").click()
    assert file.value.suggested_filename == "register.xlsx"
    foreign = open_page("/exports", "nurse2")
    expect(foreign.get_by_text("还没有存下的方案")).to_be_visible()
    row.get_by_role("button", name="删除方案").click()
    expect(page.get_by_text("还没有存下的方案")).to_be_visible()


def test_what_roles_may_do_is_shown_and_one_administrator_remains(open_page: Open, world: World) -> None:
    page = open_page("/users", "admin", axe=True)
    table = page.get_by_role("table", name="各角色的权限")
    row = table.locator("tbody tr").filter(has_text="查看员工测量质量")
    expect(row).to_be_visible()
    assert [each.startswith("✓") for each in row.locator("td").all_inner_texts()[-6:]] == [
        False, False, True, False, False, False,
    ]  # fmt: skip
    assert axe_violations(page) == []
    page.emulate_media(media="print")
    expect(table).to_be_visible()
    expect(page.locator("nav")).to_be_hidden()
    page.emulate_media(media="screen")
    own = page.request.get(f"{world.address}/v1/me").json()["id"]
    headers = {"Origin": world.address}
    closed = page.request.post(f"{world.address}/v1/users/{own}:disable", data={"reason": "left"}, headers=headers)
    assert (closed.status, closed.json()["code"]) == (409, "own-account")


def test_the_trail_shows_every_kind_of_act_at_once_and_nothing_can_be_edited(open_page: Open, world: World) -> None:
    nurse = open_page("/alerts")
    person, headers = world.people["other"], {"Origin": world.address}
    before = open_page("/audit", "auditor", axe=True)
    before.get_by_role("table", name="审计记录").wait_for()
    began = clock.now()
    assert nurse.request.get(f"{world.address}/v1/patients/{person}").ok
    shown = {"field": "phone", "reason": "verify"}
    revealed = nurse.request.post(f"{world.address}/v1/patients/{person}:reveal", data=shown, headers=headers)
    assert revealed.ok, revealed.text()
    assert nurse.request.get(f"{world.address}/v1/patients/{person}/document").ok
    assert nurse.request.get(f"{world.address}/v1/users").status == 403
    signed = {"login": world.logins["nurse"], "password": "wrong horse battery staple"}
    assert nurse.request.post(f"{world.address}/v1/session", data=signed, headers=headers).status == 401
    newest = before.request.get(f"{world.address}/v1/audit?limit=100").json()["items"]
    acts = {each["act"] for each in newest if datetime.fromisoformat(each["at"]) >= began}
    assert acts >= {"read", "reveal", "export", "log_in_failed", "denied"}
    before.goto(f"{world.address}/audit?person={person}")
    expect(before.get_by_role("heading", name="谁看过这个患者")).to_be_visible()
    rows = before.locator("tbody tr")
    expect(rows.filter(has_text="显示隐藏信息").first).to_be_visible(timeout=5_000)
    before.goto(f"{world.address}/audit")
    expect(before.get_by_role("region", name="封存核对")).to_contain_text("未见改动")
    labels = before.locator("main").get_by_role("button").all_inner_texts()
    assert [each for each in labels if re.search("修改|删除|更正|保存|编辑", each)] == []
    assert axe_violations(before) == []
