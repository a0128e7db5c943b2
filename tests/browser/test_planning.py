"""Referrals step by step, and the plan's calendar."""

import re
from datetime import date, timedelta

from playwright.sync_api import Page, expect

from cmc.core import clock

from .conftest import Open
from .watch import axe_violations
from .world import World


def _take(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_role("dialog").wait_for()


def test_a_referral_goes_its_steps_and_skips_none(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['gap']}", axe=True)
    page.get_by_role("heading", name="赵有间").wait_for()
    page.keyboard.press("t")
    expect(page).to_have_url(re.compile(r"/referrals\?person="))
    expect(page.get_by_text("这里没有转诊")).to_be_visible()
    page.keyboard.press("t")
    page.get_by_role("dialog").wait_for()
    assert axe_violations(page) == []
    page.get_by_label("原因").select_option("SUSPECTED_SECONDARY")
    page.get_by_label("紧急").check()
    page.keyboard.press("Control+Enter")
    card = page.locator("section").last
    expect(card).to_contain_text("待提交")
    assert page.get_by_role("button", name="登记接诊", exact=True).count() == 0  # not before it was sent
    _take(page, "提交转诊")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("转往机构")
    page.get_by_role("dialog").get_by_label("转往机构").fill("市第一医院")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("转诊：已转出")).to_be_visible()
    for state, button, reached in (("已转出", "登记接诊", "已接诊"), ("已接诊", "登记回转", "已回转")):
        page.get_by_role("button", name=re.compile(f"^{state}")).first.click()
        page.locator("tbody tr").first.click()
        page.get_by_role("button", name=button, exact=True).last.click()
        page.get_by_role("dialog").wait_for()
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text(f"转诊：{reached}")).to_be_visible()
    page.get_by_role("button", name=re.compile("^已回转")).first.click()
    _take(page, "办结")
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("转诊：已办结")).to_be_visible()


def test_the_calendar_is_its_lists_and_a_task_moves_with_a_reason(open_page: Open, world: World) -> None:
    today = clock.today()
    page = open_page("/plan", axe=True)
    found = page.request.get(
        f"{world.address}/v1/plans?clinic={world.clinics[0]}&from={today - timedelta(days=10)}&to={today + timedelta(days=50)}"
    ).json()
    busy = date.fromisoformat(next(day["on"] for day in found["days"] if day["planned"] > 0))
    page.goto(f"{world.address}/plan?from={busy:%Y-%m}&open={busy}")
    rows = page.locator("tbody tr[data-row]")
    expect(rows.first).to_be_visible()
    assert axe_violations(page) == []
    planned = next(day["planned"] for day in found["days"] if day["on"] == str(busy))
    expect(rows).to_have_count(planned)  # the sum of the day is the length of its list
    expect(page.get_by_role("button", name=re.compile(rf"^{busy:%d}\s*{planned} 项"))).to_be_visible()
    rows.first.focus()
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("改到").fill(str(today + timedelta(days=200)))
    expect(dialog).to_contain_text("超过规范允许的最迟日期")
    assert axe_violations(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(re.compile("已改期 1 项.*其中 1 项超过规范时限"))).to_be_visible()
    expect(rows).to_have_count(planned - 1)
    page.get_by_role("button", name="撤销").click()
    expect(rows).to_have_count(planned)


def test_several_tasks_move_together(open_page: Open, world: World) -> None:
    page = open_page("/")
    items = page.request.get(f"{world.address}/v1/worklist?clinic={world.clinics[0]}").json()["items"]
    day = date.fromisoformat(items[-1]["planned_on"] or items[-1]["due_on"])
    page.goto(f"{world.address}/plan?from={day:%Y-%m}&open={day}")
    rows = page.locator("tbody tr[data-row]")
    expect(rows.first).to_be_visible()
    before = rows.count()
    page.get_by_role("button", name="全选").click()
    expect(page.get_by_text(f"已选 {before}")).to_be_visible()
    page.get_by_role("button", name=re.compile("^推后")).click()
    page.get_by_role("dialog").get_by_label("推后天数").fill("3")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(f"已改期 {before} 项")).to_be_visible()
    expect(rows).to_have_count(0)
    page.get_by_role("button", name="撤销").click()
    expect(rows).to_have_count(before)
