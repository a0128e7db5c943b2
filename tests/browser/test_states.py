"""What a screen shows when it has nothing, is refused, fails, or is old; and that the visit fits its window."""

import json
import re

import pytest
from playwright.sync_api import Page, Route, expect

from .conftest import Open
from .watch import axe_violations
from .world import World

REQUEST = "01a202b7-c726-7614-9ec1-d3e08df2195b"

# address, who opens it, the request that fails
FAILING = {
    "patients": ("/patients", "nurse", "**/v1/patients?*"),
    "patient": ("/patients/{both}", "nurse", "**/summary"),
    "visit": ("/patients/{both}/visit", "nurse", "**/enrolments"),
    "labs": ("/patients/{both}?show=labs", "nurse", "**/labs"),
    "duplicates": ("/duplicates", "manager", "**/v1/duplicates?*"),
    "review": ("/review", "nurse", "**/v1/held-readings?*"),
    "alerts": ("/alerts", "doctor", "**/v1/alerts?*"),
    "imports": ("/imports", "nurse", "**/v1/imports?*"),
    "exports": ("/exports", "nurse", "**/v1/exports?*"),
    "clinic": ("/clinics/{clinic}", "manager", "**/opening-days"),
    "state": ("/state", "admin", "**/v1/state"),
    "devices": ("/devices", "nurse", "**/v1/devices?*"),
    "users": ("/users", "admin", "**/v1/users?*"),
    "indicators": ("/indicators", "manager", "**/v1/indicator-values?*"),
    "indicator": ("/indicators/IND-03?disease=HTN", "manager", "**/v1/indicator-values/IND-03/patients?*"),
    "quality": ("/quality", "manager", "**/v1/data-quality?*"),
    "district": ("/district", "supervisor", "**/v1/indicator-values/*/breakdown?*"),
    "rules": ("/rules", "manager", "**/v1/rulesets"),
    "reports": ("/reports", "manager", "**/v1/indicator-reports?*"),
    "risk": ("/risk", "manager", "**/v1/risk/summary?*"),
    "audit": ("/audit", "auditor", "**/v1/audit?*"),
}


def _refuse(route: Route) -> None:
    problem = {
        "title": "Too many requests",
        "status": 429,
        "code": "slow",
        "detail": "",
        "request_id": REQUEST,
        "errors": [],
    }
    route.fulfill(status=429, content_type="application/problem+json", body=json.dumps(problem))


@pytest.mark.parametrize("screen", FAILING)
def test_a_failure_names_the_request_and_can_be_tried_again(open_page: Open, world: World, screen: str) -> None:
    address, login, request = FAILING[screen]
    page = open_page(
        address.format(**world.people), login, axe=True, before=lambda fresh: fresh.route(request, _refuse)
    )
    failed = page.get_by_role("alert").filter(has_text=REQUEST)
    expect(failed).to_be_visible()
    assert axe_violations(page) == []
    page.unroute(request)
    failed.get_by_role("button", name="重试").click()
    expect(failed).to_have_count(0)


def test_what_is_refused_names_the_missing_right(open_page: Open) -> None:
    page = open_page("/users", "nurse")
    expect(page.get_by_role("alert")).to_contain_text("缺少权限：管理用户")


def test_old_data_stay_with_their_age(open_page: Open, world: World) -> None:
    page = open_page("/devices")
    expect(page.get_by_text("BP-100")).to_be_visible()
    page.get_by_role("link", name="个人设置").click()
    page.wait_for_timeout(5_200)  # until what is known counts as old
    page.route("**/v1/devices?*", _refuse)
    page.get_by_role("link", name="设备").click()
    expect(page.get_by_text("更新失败")).to_be_visible()
    expect(page.get_by_text("BP-100")).to_be_visible()


def test_an_empty_list_says_why_and_what_next(open_page: Open) -> None:
    page = open_page("/patients?from=119&to=120")
    expect(page.get_by_text("没有符合条件的患者")).to_be_visible()
    page.locator("main").get_by_role("button", name="显示全部在档患者").click()
    expect(page.locator("tbody tr").first).to_be_visible()
    expect(page).to_have_url(re.compile(r"/patients$"))


def _height_left(page: Page) -> int:
    return int(page.locator("main").evaluate("main => main.clientHeight - main.scrollHeight"))


def test_the_visit_fits_its_window_without_scrolling(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['both']}/visit")
    page.get_by_label("收缩压").wait_for()
    page.keyboard.press("F2")
    expect(page.locator("aside")).to_contain_text("下次随访")
    assert _height_left(page) >= 0


def test_larger_letters_and_a_narrow_window_lose_nothing(open_page: Open, world: World) -> None:
    """At 200 % zoom a window of 1366 pixels is 683 wide: everything is reached by scrolling down alone."""
    page = open_page(f"/patients/{world.people['both']}")
    page.set_viewport_size({"width": 683, "height": 384})
    page.get_by_role("heading", name="张桂兰").wait_for()
    page.locator("[role=img] svg").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
