"""Management: who recorded how, and exports that a clinic makes again."""

import re
from datetime import timedelta
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


def _visits(page: Page, world: World, person: str, count: int) -> None:
    """Follow-ups for hypertension on as many days, with the pressures that a form-filling script types."""
    for number in range(count):
        body: dict[str, Any] = {
            "patient_id": world.people[person], "visited_on": str(clock.today() - timedelta(days=2 + number)), "mode": 1,
            "diseases": ["HTN"], "doctor": "王医生", "sbp_mmhg": 128 + number * 7 % 11, "dbp_mmhg": 78 + number * 5 % 11,
            "heart_rate_bpm": 72, "weight_kg": 66.5, "hypertension_symptoms": [1], "adherence": 1,
            "lifestyle": {
                "cigarettes_per_day": 0, "alcohol_liang_per_day": 0, "exercise_times_per_week": 4,
                "exercise_minutes": 30, "salt": 1, "mental_adjustment": 1, "follows_advice": 1,
            },
        }  # fmt: skip
        headers = {"Origin": world.address, "Idempotency-Key": f"{person}-{number}"}
        answer = page.request.post(f"{world.address}/v1/followups", data=body, headers=headers)
        assert answer.ok, answer.text()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_recorders_are_the_managers_to_see_and_ones_own(open_page: Open, world: World, language: str) -> None:
    doctor = open_page("/quality?days=90", "doctor", language=language, axe=True)
    all_words, own_words = ("按录入人", "我的录入") if language == "zh-CN" else ("By who recorded", "What I recorded")
    if language == "zh-CN":
        _visits(doctor, world, "late0", 55)
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
