"""Today's work: narrowed by the address, tasks taken on, put off, done and taken back, one or several at once."""

import re
from datetime import timedelta

from playwright.sync_api import Page, Route, expect

from cmc.core import clock

from .conftest import Open
from .watch import axe_violations
from .world import World


def _row(page: Page, name: str) -> None:
    row = page.get_by_role("row", name=name)
    row.first.wait_for()
    row.first.focus()


def test_a_sequence_after_g_is_no_key_of_the_list(open_page: Open) -> None:
    page = open_page("/")
    page.locator("tbody tr").first.wait_for()
    page.evaluate("() => { window.print = () => { window.printed = true } }")
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page).to_have_url(re.compile("/patients$"))
    assert page.evaluate("window.printed") is None


def test_the_filters_stand_in_the_address(open_page: Open, world: World) -> None:
    page = open_page("/", axe=True)
    everybody = page.locator("tbody tr")
    everybody.first.wait_for()
    before = everybody.count()
    page.get_by_role("button", name="更多筛选").click()
    page.get_by_label("任务", exact=True).select_option("first_visit")
    expect(page).to_have_url(re.compile("kind=first_visit"))
    expect(everybody).not_to_have_count(before)
    expect(page.get_by_role("row", name="钱逾期")).to_be_visible()
    assert axe_violations(page) == []
    page.reload()
    expect(page.get_by_label("任务", exact=True)).to_have_value("first_visit")
    page.get_by_label("只看无电话").check()
    expect(page.get_by_role("row", name="钱逾期")).to_have_count(0)
    page.get_by_role("button", name="清除筛选").click()
    expect(everybody).to_have_count(before)


def test_a_task_is_taken_on_by_one_key_and_taken_back(open_page: Open) -> None:
    page = open_page("/?kind=first_visit")
    _row(page, "钱逾期")
    page.keyboard.press("a")
    expect(page.get_by_text("已分给我 1 项")).to_be_visible()
    expect(page.get_by_role("row", name="钱逾期")).to_contain_text("我")
    page.get_by_label("责任人").select_option(label="我的")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_text("当前有筛选条件")).to_be_visible()


def test_several_tasks_are_put_off_and_come_back(open_page: Open) -> None:
    page = open_page("/?kind=first_visit", axe=True)
    for name in ("钱逾期", "孙久违"):
        _row(page, name)
        page.keyboard.press("x")
    expect(page.get_by_text("已选 2 项")).to_be_visible()
    assert axe_violations(page) == []
    page.keyboard.press("s")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("暂缓到").fill("2020-01-01")
    dialog.get_by_label("2 外出").check()
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("暂缓到")  # the server says which days are possible
    dialog.get_by_label("暂缓到").fill(str(clock.today() + timedelta(days=5)))
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("已暂缓 2 项")).to_be_visible()
    expect(page.get_by_role("row", name="钱逾期")).to_have_count(0)
    page.goto(page.url + "&state=snoozed")
    expect(page.get_by_role("row", name="钱逾期")).to_contain_text("暂缓至")


def test_a_visit_is_not_done_by_hand(open_page: Open) -> None:
    page = open_page("/?kind=routine")
    _row(page, "张桂兰")
    page.keyboard.press("d")
    page.get_by_role("dialog").get_by_label(re.compile("^1 ")).check()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("随访、预警和转诊任务在记录后自动完成。")).to_be_visible()


def test_a_task_is_given_to_a_colleague(open_page: Open) -> None:
    page = open_page("/", axe=True)
    page.get_by_label("选择 张桂兰").first.check()
    page.get_by_role("button", name="分给…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("doctor").check()
    assert axe_violations(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("已分配 1 项")).to_be_visible()
    expect(page.get_by_role("row", name="张桂兰").filter(has_text="他人")).to_have_count(1)
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_role("row", name="张桂兰").filter(has_text="他人")).to_have_count(0)


def test_the_risk_band_stands_on_the_row_by_shape_and_words(open_page: Open) -> None:
    def high(page: Page) -> None:
        def answer(route: Route) -> None:
            found = route.fetch()
            body = found.json()
            for item in body["items"]:
                item["risk"] = 4
            route.fulfill(response=found, json=body)

        page.route("**/v1/worklist?*", answer)

    page = open_page("/", before=high, axe=True)
    expect(page.locator("tbody tr").first).to_contain_text("▲▲ 很高危")
    assert axe_violations(page) == []
