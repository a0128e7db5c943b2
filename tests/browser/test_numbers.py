"""Numbers: from a rate to a person, places beside each other, what a rule says of a case, and who may decide a report."""

import re

from playwright.sync_api import Page, expect

from .conftest import Open
from .world import World


def _counts(page: Page) -> dict[str, int]:
    """What the figure of an indicator's page says: on each side of the number, how many."""
    words = page.get_by_role("group", name="数字背后的人").first.inner_text()
    found = re.search(r"未计入 (\d+)\s+计入分子 (\d+)\s+不在分母 (\d+)", words)
    assert found is not None, words
    return dict(zip(("not_met", "numerator", "excluded"), map(int, found.groups()), strict=True))


def test_a_manager_drills_from_a_rate_to_a_person(open_page: Open, world: World) -> None:
    page = open_page("/indicators", "manager")
    card = page.get_by_role("region", name="管理人群血压控制率", exact=True)
    expect(card).to_contain_text(re.compile(r"\d+/\d+ 人"))
    expect(card).to_contain_text("样本少")  # a number of so few people says so
    card.get_by_text("ⓘ 口径").click()
    expect(card).to_contain_text("数据截至")
    card.get_by_role("link", name=re.compile("未计入")).click()
    expect(page).to_have_url(re.compile(r"/indicators/IND-03\?.*bucket=not_met"))
    counts = _counts(page)
    for bucket, count in counts.items():  # each list is as long as its number
        page.goto(f"{world.address}/indicators/IND-03?disease=HTN&bucket={bucket}")
        expect(page.get_by_text(f"共 {count} 人")).to_be_visible()
        expect(page.get_by_role("group", name="数字背后的人").locator("tbody tr")).to_have_count(count)
    assert sum(counts.values()) > 0
    wanted = next(bucket for bucket, count in counts.items() if count)
    page.goto(f"{world.address}/indicators/IND-03?disease=HTN&bucket={wanted}")
    row = page.get_by_role("group", name="数字背后的人").locator("tbody tr").first
    row.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/patients/[0-9a-f-]{36}$"))


def test_the_month_and_the_disease_stand_in_the_address(open_page: Open) -> None:
    page = open_page("/indicators?disease=T2DM", "manager")
    expect(page.get_by_role("region", name="管理人群血糖控制率", exact=True)).to_be_visible()
    chooser = page.get_by_label("截至")
    earlier = chooser.locator("option").nth(1).inner_text()
    chooser.select_option(earlier)
    expect(page).to_have_url(re.compile(f"disease=T2DM.*period={earlier}|period={earlier}.*disease=T2DM"))
    page.reload()
    expect(page.get_by_label("截至")).to_have_value(earlier)
    page.go_back()
    expect(page).not_to_have_url(re.compile("period="))


def test_a_supervisor_compares_clinics_and_goes_down_the_tree(open_page: Open) -> None:
    page = open_page("/district", "supervisor")
    page.get_by_role("heading", name="区县总览 · 天津市").wait_for()
    table = page.get_by_role("group", name="管理人群血压控制率", exact=True).first
    expect(table.locator("tbody tr").first).to_contain_text("慢病管理中心")
    page.get_by_role("button", name="各区县").click()
    row = table.locator("tbody tr").filter(has_text="河西区")
    row.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="区县总览 · 河西区").wait_for()
    page.get_by_role("navigation", name="所在层级").get_by_role("button", name="天津市").click()
    page.get_by_role("heading", name="区县总览 · 天津市").wait_for()
    page.get_by_role("link", name="看详情 →").first.click()
    expect(page.get_by_role("alert")).to_contain_text("缺少权限：查看居民")  # numbers, and no names


def test_what_a_rule_says_of_a_case_is_what_a_visit_would_hear(open_page: Open) -> None:
    page = open_page("/rules?tab=try", "doctor")
    page.get_by_label("年龄（岁）").fill("70")
    page.get_by_label("收缩压").fill("1520")
    page.get_by_label("舒张压").fill("112")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("收缩压")
    page.get_by_label("收缩压").fill("186")
    page.keyboard.press("Control+Enter")
    answer = page.get_by_role("region", name="判定结果")
    expect(answer).to_contain_text("紧急转诊")
    expect(answer).to_contain_text("HTN-EM-01")
    expect(page.get_by_label("收缩压")).to_have_value("186")  # the case stays to be changed
    page.get_by_label("收缩压").fill("132")
    page.get_by_label("舒张压").fill("82")
    page.keyboard.press("Control+Enter")
    expect(answer).to_contain_text("控制满意")
    expect(answer).not_to_contain_text("紧急转诊")
