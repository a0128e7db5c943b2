"""Every screen in both languages at 1366×768: it comes, fits the width, axe-core finds nothing, nothing complains; at 200 %
it can be used."""

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import Open
from .watch import axe_violations
from .world import World
from .zoom import ZOOMED, require_usable

HAN = re.compile(r"[\u3400-\u9fff]")

# address, who opens it, what must be there once it has loaded
SCREENS = {
    "today": ("/", "nurse", "main section"),
    "recall": ("/recall", "nurse", "table"),
    "recall-removed": ("/recall?show=removed", "nurse", "main section"),
    "referrals": ("/referrals", "nurse", "main section"),
    "referrals-person": ("/referrals?person={both}", "nurse", "main section"),
    "plan": ("/plan", "nurse", "table"),
    "patients": ("/patients", "nurse", "table"),
    "registration": ("/patients/new", "nurse", "form"),
    "patient": ("/patients/{both}", "nurse", "svg"),
    "patient-agp": ("/patients/{both}?kind=agp", "nurse", "svg"),
    "visits": ("/patients/{both}?show=visits", "nurse", "table"),
    "readings": ("/patients/{both}?show=readings", "nurse", "table"),
    "labs": ("/patients/{both}?show=labs", "nurse", "table"),
    "medicines": ("/patients/{both}?show=medicines", "doctor", "main section"),
    "diagnoses": ("/patients/{both}?show=diagnoses", "nurse", "main section"),
    "timeline": ("/patients/{both}?show=timeline", "nurse", "table"),
    "person": ("/patients/{both}?show=person", "nurse", "dl"),
    "visit": ("/patients/{both}/visit", "nurse", "form"),
    "visits-beside": ("/patients/{both}/visits", "nurse", "table"),
    "duplicates": ("/duplicates", "manager", "table"),
    "pair": ("/duplicates/{pair}", "manager", "table"),
    "alerts": ("/alerts", "doctor", "main section"),
    "imports": ("/imports", "nurse", "form"),
    "exports": ("/exports", "nurse", "table"),
    "clinics": ("/clinics", "admin", "main li"),
    "clinic": ("/clinics/{clinic}", "manager", "form"),
    "clinic-seen": ("/clinics/{clinic}", "nurse", "dl"),
    "state": ("/state", "admin", "main section"),
    "help": ("/help", "nurse", "dl"),
    "review": ("/review", "nurse", "table"),
    "unmatched": ("/unmatched", "nurse", "table"),
    "devices": ("/devices", "nurse", "table"),
    "device-health": ("/devices?tab=health", "nurse", "table"),
    "device": ("/devices/{device}", "nurse", "table"),
    "users": ("/users", "admin", "table"),
    "machines": ("/machines", "admin", "main section"),
    "audit": ("/audit", "auditor", "table"),
    "settings": ("/settings", "nurse", "table"),
    "indicators": ("/indicators", "manager", "[role=img] svg"),
    "indicators-diabetes": ("/indicators?disease=T2DM", "manager", "[role=img] svg"),
    "indicator": ("/indicators/IND-02?disease=HTN", "manager", "table"),
    "indicators-quarter": ("/indicators?span=quarter", "manager", "[role=img] svg"),
    "district-month": ("/district?span=month", "supervisor", "table"),
    "quality": ("/quality", "manager", "main section"),
    "district": ("/district", "supervisor", "table"),
    "definitions": ("/definitions?open=IND-02.HTN", "supervisor", "table"),
    "rules": ("/rules", "manager", "table"),
    "rules-try": ("/rules?tab=try", "manager", "form"),
    "reports": ("/reports", "manager", "main section"),
    "report": ("/reports/{report}", "manager", "table"),
    "risk": ("/risk", "manager", "table"),
    "risk-why": ("/patients/{both}?show=risk", "doctor", "table"),
    "risk-models": ("/risk/models", "supervisor", "table"),
    "denied": ("/users", "nurse", "[role=alert]"),
    "absent": ("/nowhere", "nurse", "main a"),
}


def _settled(page: Page, wanted: str) -> None:
    page.locator(f"main {wanted}" if not wanted.startswith("main") else wanted).first.wait_for()
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)
    page.wait_for_timeout(150)  # charts are drawn after their data


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_is_whole(open_page: Open, world: World, screen: str) -> None:
    address, login, wanted = SCREENS[screen]
    page = open_page(address.format(**world.people), login, axe=True)
    _settled(page, wanted)
    assert axe_violations(page) == []
    page.locator("header").get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    _settled(page, wanted)
    assert axe_violations(page) == []
    words = "".join(page.locator("nav, main h1, main h2, main th, main legend, main label").all_inner_texts())
    assert HAN.findall(re.sub("张桂兰|李秀英|钱逾期|孙久违|周未访|赵有间", "", words)) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, "the page scrolls sideways"
    page.set_viewport_size(ZOOMED)
    page.wait_for_timeout(150)
    require_usable(page)


def test_the_sign_in_screen(open_page: Open) -> None:
    page = open_page("/", None, axe=True)
    page.locator("form").wait_for()
    assert axe_violations(page) == []
