"""Settings: opening days and rhythm of a clinic, and accounts that are closed with a reason."""

import re
from datetime import timedelta

from playwright.sync_api import expect

from cmc.core import clock

from .conftest import Open
from .watch import axe_violations
from .world import World


def test_opening_days_are_set_on_a_page_and_stand_in_the_plan(open_page: Open, world: World) -> None:
    page = open_page("/clinics", "manager", axe=True)
    page.get_by_role("link", name="第1慢病管理中心的设置").click()
    expect(page).to_have_url(re.compile(f"/clinics/{world.clinics[0]}$"))
    card = page.get_by_role("region", name="开诊日")
    expect(card).to_contain_text("尚未设置")
    card.get_by_label(re.compile("周六")).check()
    card.get_by_label("每名护士每日可看人数").fill("12")
    closed = clock.today() + timedelta(days=30)
    card.get_by_label("另外停诊的日期").fill(f"{closed:%Y%m%d}\n31-12")
    card.get_by_role("button", name="保存开诊日").click()
    expect(page.get_by_role("alert")).to_contain_text("另外停诊的日期")
    assert axe_violations(page) == []
    card.get_by_label("另外停诊的日期").fill(f"{closed:%Y%m%d}")
    card.get_by_role("button", name="保存开诊日").click()
    expect(card).to_contain_text("最近设置")
    told = page.request.get(f"{world.address}/v1/organisations/{world.clinics[0]}/opening-days").json()
    assert (told["weekdays"], told["per_nurse"], told["closed"]) == ([1, 2, 3, 4, 5, 6], 12, [str(closed)])
    usual = {"weekdays": [1, 2, 3, 4, 5], "per_nurse": 20, "closed": []}
    back = page.request.put(
        f"{world.address}/v1/organisations/{world.clinics[0]}/opening-days",
        data=usual,
        headers={"Origin": world.address},
    )
    assert back.ok


def test_the_rhythm_is_set_with_a_reason_within_the_standards_limit(open_page: Open, world: World) -> None:
    page = open_page(f"/clinics/{world.clinics[1]}", "supervisor", axe=True)
    card = page.get_by_role("region", name="常规随访间隔")
    expect(card).to_contain_text("不超过 90 天")
    card.get_by_role("button", name="设置间隔").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(re.compile("高血压")).check()
    dialog.get_by_label(re.compile("强化管理组")).check()
    dialog.get_by_label("间隔天数").fill("120")
    dialog.get_by_label("原因").fill("区级规范")
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("间隔天数")
    assert axe_violations(page) == []
    dialog.get_by_label("间隔天数").fill("30")
    page.keyboard.press("Control+Enter")
    expect(card.get_by_role("table")).to_contain_text("强化管理组")
    expect(card.get_by_role("table")).to_contain_text("区级规范")


def test_who_may_not_set_sees_the_settings(open_page: Open, world: World) -> None:
    page = open_page(f"/clinics/{world.clinics[0]}")
    expect(page.get_by_text("只能查看")).to_be_visible()
    expect(page.get_by_role("region", name="开诊日")).to_contain_text("周一 周二 周三 周四 周五")
    expect(page.get_by_role("button", name="设置间隔")).to_have_count(0)
    absent = open_page("/clinics/00000000-0000-7000-8000-000000000001")
    expect(absent.get_by_text("没有这个机构")).to_be_visible()


def test_an_account_is_closed_with_a_reason(open_page: Open, world: World) -> None:
    page = open_page("/users", "admin", axe=True)
    page.locator("tbody tr").first.wait_for()
    wanted = {
        "login": "leaving",
        "display_name": "李离岗",
        "roles": [{"role": "nurse", "organisation_id": world.clinics[0]}],
    }
    made = page.request.post(f"{world.address}/v1/users", data=wanted, headers={"Origin": world.address})
    assert made.ok, made.text()
    page.reload()
    row = page.locator("tbody tr").filter(has_text="李离岗")
    row.click()
    page.get_by_role("dialog").get_by_role("button", name="停用账号").click()
    page.get_by_role("dialog").get_by_role("button", name="停用账号").click()
    expect(page.get_by_role("alert")).to_contain_text("停用原因")
    assert axe_violations(page) == []
    page.get_by_role("dialog").get_by_label(re.compile("离职")).check()
    page.keyboard.press("Control+Enter")
    expect(row).to_contain_text("已停用 · 离职")
    page.get_by_role("dialog").get_by_role("button", name="启用账号").click()
    page.get_by_role("button", name="确定执行").click()
    expect(row).not_to_contain_text("已停用")
