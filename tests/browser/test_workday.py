"""The frame of a day: signing in, a locked screen, today's work as it comes, and visits that ask for more."""

import re
from datetime import timedelta
from typing import Any

from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from cmc.core import clock, db
from cmc.core.clock import LOCAL
from cmc.core.scope import system_scope
from cmc.followups import jobs as followups

from .conftest import Open
from .watch import axe_violations
from .world import PERSON, World


def _origin(world: World) -> dict[str, str]:
    return {"Origin": world.address}


def _person(page: Page, world: World, name: str, **given: str) -> str:
    body = {"sex": "M", "birth_date": "1952-03-04", "clinic_id": world.clinics[0], "name": name} | given
    made = page.request.post(f"{world.address}/v1/patients", data=body, headers=_origin(world))
    assert made.ok, made.text()
    return str(made.json()["id"])


def _enrol(page: Page, world: World, person: str, since: Any) -> None:
    body = {
        "disease": "HTN", "enrolled_on": str(since), "confirmed_on": str(since), "confirmed_at": "市第一医院",
        "doctor": "王医生", "consent": True, "consent_channel": "paper", "consent_version": "2026-1",
    }  # fmt: skip
    made = page.request.post(f"{world.address}/v1/patients/{person}/enrolments", data=body, headers=_origin(world))
    assert made.ok, made.text()


def _plan(engine: Engine) -> None:
    """What the worker does with marks, within seconds."""
    scope = system_scope("job:test")
    followups.refresh(lambda: db.transaction(engine, scope), clock.now())


def test_five_wrong_tries_say_no_more_than_an_unknown_name(open_page: Open, world: World) -> None:
    page = open_page("/", None, axe=True)
    said = set()
    for login in (*[world.logins["auditor"]] * 6, "nobody-of-that-name"):
        page.get_by_label("用户名").fill(login)
        page.locator("input[type=password]").fill("wrong wrong wrong")
        with page.expect_response("**/v1/session"):
            page.keyboard.press("Enter")
        refused = page.locator("form").get_by_text("用户名或密码不正确")
        expect(refused).to_be_visible()
        said.add(refused.inner_text())
    assert said == {"用户名或密码不正确。连续输错五次，账号将锁定 15 分钟或更久。"}
    assert axe_violations(page) == []


def test_the_cookie_of_a_session_is_the_browsers_alone(open_page: Open, world: World) -> None:
    page = open_page("/", None)
    page.get_by_label("用户名").fill(world.logins["nurse2"])
    page.locator("input[type=password]").fill("correct horse battery staple")
    page.keyboard.press("Enter")
    page.locator("nav").wait_for()
    held = [one for one in page.context.cookies() if one["name"] == "cmc"]
    assert [(one.get("httpOnly"), one.get("sameSite")) for one in held] == [(True, "Strict")]
    assert page.evaluate("document.cookie") == ""
    foreign = page.request.post(f"{world.address}/v1/session:lock", headers={"Origin": "http://elsewhere.example"})
    assert foreign.status == 403


def test_a_locked_screen_holds_nothing_of_the_person_that_was_shown(open_page: Open, world: World) -> None:
    page = open_page("/", None, axe=True)
    page.get_by_label("用户名").fill(world.logins["doctor"])
    page.locator("input[type=password]").fill("correct horse battery staple")
    page.keyboard.press("Enter")
    page.locator("nav").wait_for()
    page.goto(f"{world.address}/patients/{world.people['both']}")
    page.get_by_role("heading", name=PERSON["name"]).wait_for()
    page.evaluate("fetch('/v1/session:lock', {method: 'POST'})")
    page.get_by_role("button", name="时间线", exact=True).click()  # the next request meets the lock
    expect(page.get_by_role("heading", name="屏幕已锁定")).to_be_visible()
    left = page.content()
    for part in (PERSON["name"], "张**", "2043", "6131"):
        assert part not in left
    assert axe_violations(page) == []


def test_a_critical_reading_comes_on_top_and_is_announced(
    open_page: Open, world: World, service_engine: Engine
) -> None:
    page = open_page("/", before=lambda fresh: fresh.clock.install())
    page.locator("tbody tr").first.wait_for()
    said = page.locator("[aria-live=assertive]").filter(has_text="新增危急")
    expect(said).to_have_count(0)
    person = _person(page, world, "郑新危", phone="13900004321")
    reading = {
        "kind": "blood_pressure", "patient_id": person, "systolic": 188, "diastolic": 114, "unit": "mmHg",
        "taken_at": clock.now().astimezone(LOCAL).isoformat(),
    }  # fmt: skip
    sent = page.request.post(f"{world.address}/v1/readings", data={"items": [reading]}, headers=_origin(world))
    assert sent.ok, sent.text()
    _plan(service_engine)
    page.clock.fast_forward(61_000)  # one refresh
    expect(said).to_contain_text("郑新危")
    expect(said).to_contain_text("188/114")
    groups = page.locator("tbody tr [class*=tag]").all_inner_texts()
    row = page.locator("tbody tr").filter(has_text="郑新危")
    expect(row).to_be_visible()
    above = [each for each in groups[: page.locator("tbody tr").all_inner_texts().index(row.inner_text())] if each]
    assert all("危急" in each for each in above), above


def test_the_count_of_a_tab_is_the_length_of_its_list(open_page: Open, world: World) -> None:
    page = open_page("/")
    page.locator("tbody tr").first.wait_for()
    tabs = page.get_by_role("tab")
    for at in range(tabs.count()):
        tabs.nth(at).click()
        told = re.search(r"\d+$", tabs.nth(at).inner_text().strip())
        assert told
        rows = page.get_by_role("tabpanel").locator("tbody tr")
        if told[0] == "0":
            expect(page.get_by_role("tabpanel").get_by_role("button").last).to_be_visible()  # and what to do next
        expect(rows).to_have_count(int(told[0]))


def test_a_second_visit_out_of_control_asks_for_a_referral(open_page: Open, world: World) -> None:
    page = open_page("/", axe=True)
    person = _person(page, world, "吴二次")
    _enrol(page, world, person, clock.today() - timedelta(days=60))
    visit = {
        "patient_id": person, "visited_on": str(clock.today() - timedelta(days=14)), "mode": 1, "diseases": ["HTN"],
        "doctor": "王医生", "sbp_mmhg": 158, "dbp_mmhg": 96, "heart_rate_bpm": 72, "weight_kg": 66.5,
        "hypertension_symptoms": [1], "adherence": 1, "no_medication": True,
        "lifestyle": {
            "cigarettes_per_day": 0, "alcohol_liang_per_day": 0, "exercise_times_per_week": 4, "exercise_minutes": 30,
            "salt": 1, "mental_adjustment": 1, "follows_advice": 1,
        },
    }  # fmt: skip
    made = page.request.post(
        f"{world.address}/v1/followups", data=visit, headers=_origin(world) | {"Idempotency-Key": "second-1"}
    )
    assert made.ok, made.text()
    again = page.request.post(
        f"{world.address}/v1/followups", data=visit, headers=_origin(world) | {"Idempotency-Key": "second-1"}
    )
    assert again.json()["encounter_id"] == made.json()["encounter_id"]  # the same key twice is one record
    page.goto(f"{world.address}/patients/{person}/visit")
    page.get_by_label("收缩压").fill("156")
    page.get_by_label("舒张压").fill("94")
    judged = page.locator("aside").first
    expect(judged).to_contain_text("转诊")
    assert axe_violations(page) == []
    page.get_by_role("button", name="放弃重填").click()
    page.goto(f"{world.address}/patients/{person}?show=visits")
    page.locator("tbody tr").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("补录")  # written down on another day than it was


def test_a_session_that_ends_keeps_the_visit_that_was_typed(open_page: Open, world: World) -> None:
    page = open_page("/", None)
    for field, text in (("用户名", world.logins["doctor"]),):
        page.get_by_label(field).fill(text)
    page.locator("input[type=password]").fill("correct horse battery staple")
    page.keyboard.press("Enter")
    page.locator("nav").wait_for()
    page.goto(f"{world.address}/patients/{world.people['late1']}/visit")
    page.get_by_label("收缩压").fill("144")
    page.evaluate("fetch('/v1/session', {method: 'DELETE'})")
    page.get_by_label("舒张压").fill("86")
    expect(page.get_by_text("登录已失效")).to_be_visible()
    page.get_by_label("用户名").fill(world.logins["doctor"])
    page.locator("input[type=password]").fill("correct horse battery staple")
    page.keyboard.press("Enter")
    expect(page.get_by_label("收缩压")).to_have_value("144")
    expect(page.get_by_label("舒张压")).to_have_value("86")
    page.get_by_role("button", name="放弃重填").click()


def test_a_recall_prints_the_list_that_is_filtered(open_page: Open) -> None:
    page = open_page("/recall")
    page.locator("tbody tr").first.wait_for()
    shown = page.locator("tbody tr").all_inner_texts()
    page.emulate_media(media="print")
    assert page.locator("tbody tr").all_inner_texts() == shown
    expect(page.locator("nav")).to_be_hidden()
    assert not re.findall(r"1\d{10}", page.content())  # numbers are masked on paper too
