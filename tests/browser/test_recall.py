"""The recall: what came of a call by three keys at most, and what follows from it."""

import re

from playwright.sync_api import Page, expect

from .conftest import Open
from .watch import axe_violations
from .world import World


def _row(page: Page, name: str) -> None:
    """Put the focus on a row by keys alone."""
    row = page.get_by_role("row", name=name)
    row.wait_for()
    row.focus()


def test_a_result_takes_two_keys_and_is_undone(open_page: Open) -> None:
    page = open_page("/recall", axe=True)
    _row(page, "钱**")
    page.keyboard.press("c")
    expect(page.get_by_role("dialog")).to_contain_text("联系结果：钱逾期")
    assert axe_violations(page) == []
    page.keyboard.press("3")
    expect(page.get_by_text("钱**：未接通")).to_be_visible()
    expect(page.get_by_role("row", name="钱**")).to_contain_text("今日已联系")  # still to be called
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_role("row", name="钱**")).not_to_contain_text("今日已联系")
    page.get_by_role("row", name="钱**").click()
    expect(page.get_by_text("已撤销")).to_be_visible()


def test_who_agreed_waits_on_the_agreed_day_and_can_be_put_back(open_page: Open) -> None:
    page = open_page("/recall")
    _row(page, "孙**")
    page.keyboard.press("c")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("1")
    expect(page.get_by_label("约定日期")).to_be_focused()
    page.keyboard.press("Enter")  # three keys: the day is offered
    expect(page.get_by_role("row", name="孙**")).to_have_count(0)
    page.get_by_role("button", name=re.compile("^同意就诊")).click()
    expect(page).to_have_url(re.compile("show=agreed"))
    expect(page.get_by_role("row", name="孙**")).to_contain_text(re.compile(r"\d{4}-\d\d-\d\d"))
    page.get_by_role("button", name="放回待联系").click()
    expect(page.get_by_text("孙久违已放回待联系名单")).to_be_visible()
    page.get_by_role("button", name=re.compile("^待联系")).click()
    expect(page.get_by_role("row", name="孙**")).to_be_visible()


def test_a_move_that_was_told_opens_the_end_and_is_no_silent_removal(open_page: Open, world: World) -> None:
    page = open_page("/recall", axe=True)
    _row(page, "周**")
    page.keyboard.press("c")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("8")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("周**：迁出")
    assert axe_violations(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("已保存", exact=False).first).to_be_visible()
    expect(page.get_by_role("row", name="周**")).to_have_count(0)
    page.get_by_role("button", name=re.compile("^移出")).click()  # until the plan follows, within seconds
    expect(page.get_by_role("row", name="周**")).to_contain_text("迁出")
    found = page.request.get(f"{world.address}/v1/patients/{world.people['late2']}/enrolments").json()["items"]
    assert [(each["state"], each["end_reason"]) for each in found] == [("TERMINATED", "MOVED_OUT")]


def test_a_day_in_the_past_is_refused_at_its_field(open_page: Open) -> None:
    page = open_page("/recall")
    _row(page, "钱**")
    page.keyboard.press("c")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("2")
    page.get_by_label("约定日期").fill("2020-01-01")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("约定日期")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_lost_needs_evidence(open_page: Open) -> None:
    page = open_page("/recall")
    page.get_by_role("row", name="钱**").click()
    expect(page.get_by_text("证据还不够，不能转为失访。")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("转为失访"))).to_have_count(0)
