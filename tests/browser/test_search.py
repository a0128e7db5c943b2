"""Searching: whom one opened lately under the empty field, what the clinic has and what others have, and many found."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from cmc.accounts import sessions, users
from cmc.accounts.passwords import Profile
from cmc.accounts.roles import Role, Wanted
from cmc.accounts.sessions import Browser as From
from cmc.core import clock, db
from cmc.core.scope import system_scope

from .conftest import PASSWORD, Open
from .watch import axe_violations
from .world import World


def _user(engine: Engine, world: World, name: str, *roles: Wanted) -> None:
    """A user of this file alone, as what was opened before counts."""
    with db.transaction(engine, system_scope("test")) as session:
        now = clock.now()
        user = users.add_with_password(session, name, PASSWORD, display_name=name, is_temporary=False, now=now)
        users.set_roles(session, system_scope("test"), user, list(roles), now=now)
        opened = sessions.open_session(session, user, From("::1", "test"), profile=Profile.ASVS, now=now)
        world.cookies[name] = opened.cookie


def _registered(page: Page, world: World, name: str, clinic: str) -> str:
    body = {"name": name, "sex": "F", "birth_date": "1951-02-03", "clinic_id": clinic}
    answer = page.request.post(f"{world.address}/v1/patients", data=body, headers={"Origin": world.address})
    assert answer.ok, answer.text()
    return str(answer.json()["id"])


@pytest.fixture(scope="module")
def searchers(service_engine: Engine, world: World) -> None:
    first, second = world.clinics
    _user(service_engine, world, "seeker", Wanted(Role.NURSE, first))
    _user(service_engine, world, "seeker-wide", Wanted(Role.DOCTOR, first), Wanted(Role.DOCTOR, second))


def _kept(page: Page) -> str:
    found: dict[str, Any] = page.evaluate(
        "() => ({...localStorage, ...Object.fromEntries(Object.entries(sessionStorage).map(([k, v]) => ['s:' + k, v]))})"
    )
    return json.dumps(found, ensure_ascii=False)


def test_an_empty_search_offers_whom_one_opened_lately(open_page: Open, world: World, searchers: None) -> None:
    page = open_page("/", "seeker", axe=True)
    page.locator("nav").first.wait_for()
    page.keyboard.press("/")
    recent = page.get_by_role("navigation", name=re.compile("最近打开"))
    expect(recent).to_contain_text("近 30 天还没有打开过")
    names = [f"{surname}近开" for surname in "郝施孔曹严华金魏陶"]
    people = [_registered(page, world, name, world.clinics[0]) for name in names]
    for person in people:
        page.goto(f"{world.address}/patients/{person}")
        page.get_by_role("heading", name=re.compile("近开")).first.wait_for()
    page.keyboard.press("/")
    expect(recent.get_by_role("link")).to_have_count(8)
    shown = [link.get_attribute("href") for link in recent.get_by_role("link").all()]
    assert shown == [f"/patients/{person}" for person in reversed(people[1:])]
    expect(recent.get_by_role("link").first).to_contain_text("陶** 女")
    assert axe_violations(page, "header") == []  # what it hides behind it cannot be pressed
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")  # back in the field
    page.keyboard.type("近")
    expect(recent).to_have_count(0)
    page.keyboard.press("Backspace")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/patients/{people[-2]}$"))
    expect(recent).to_have_count(0)
    page.get_by_role("heading", name=names[-2]).wait_for()
    page.keyboard.press("/")
    expect(recent.get_by_role("link").first).to_have_attribute("href", f"/patients/{people[-2]}")
    page.keyboard.press("Escape")
    expect(recent).to_have_count(0)
    english = open_page("/", "seeker", language="en")
    english.locator("nav").first.wait_for()
    english.keyboard.press("/")
    expect(english.get_by_role("navigation", name=re.compile("Opened lately"))).to_contain_text("F 75 y")


def test_nothing_of_whom_one_opened_is_left_on_the_workstation(open_page: Open, world: World, searchers: None) -> None:
    page = open_page("/", "seeker-wide")
    page.locator("nav").first.wait_for()
    person = _registered(page, world, "戚留痕", world.clinics[0])
    page.goto(f"{world.address}/patients/{person}")
    page.get_by_role("heading", name="戚留痕").wait_for()
    page.keyboard.press("/")
    expect(page.get_by_role("navigation", name=re.compile("最近打开"))).to_contain_text("戚**")
    assert not re.search(f"戚|{person}", _kept(page))
    answer = page.request.post(f"{world.address}/v1/session:lock", headers={"Origin": world.address})
    assert answer.ok
    page.get_by_role("link", name="今日工作", exact=True).click()
    expect(page.get_by_role("heading", name="屏幕已锁定")).to_be_visible()
    assert not re.search(f"戚|{person}", page.locator("body").inner_html() + _kept(page))


def test_who_sees_two_clinics_finds_in_two_groups_and_who_sees_one_in_one(
    open_page: Open, world: World, searchers: None, service_engine: Engine
) -> None:
    _user(
        service_engine,
        world,
        "seeker-two",
        Wanted(Role.DOCTOR, world.clinics[0]),
        Wanted(Role.DOCTOR, world.clinics[1]),
    )
    page = open_page(f"/?clinic={world.clinics[0]}", "seeker-two", axe=True)
    page.locator("nav").first.wait_for()
    _registered(page, world, "谢两组", world.clinics[0])
    there = _registered(page, world, "谢两处", world.clinics[1])
    page.keyboard.press("/")
    page.keyboard.type("谢两")
    page.keyboard.press("Enter")
    here = page.get_by_role("region", name="本中心")
    others = page.get_by_role("region", name="其他机构")
    expect(here.locator("tbody tr")).to_have_count(1)
    expect(here).to_contain_text("第1慢病管理中心")
    expect(others.locator("tbody tr")).to_have_count(1)
    expect(others).to_contain_text("第2慢病管理中心")
    assert axe_violations(page) == []
    others.get_by_role("link").click()
    expect(page).to_have_url(re.compile(f"/patients/{there}$"))
    nurse = open_page("/", "seeker")
    nurse.locator("nav").first.wait_for()
    nurse.keyboard.press("/")
    nurse.keyboard.type("谢两")
    nurse.keyboard.press("Enter")
    expect(nurse.get_by_role("region", name="查找结果").locator("tbody tr")).to_have_count(1)
    expect(nurse.get_by_role("region", name="其他机构")).to_have_count(0)


def test_twenty_found_ask_to_narrow(open_page: Open, world: World, searchers: None) -> None:
    page = open_page("/", "seeker")
    page.locator("nav").first.wait_for()
    for number in range(20):
        _registered(page, world, f"邹甚众{'甲乙丙丁戊己庚辛壬癸'[number % 10]}{number // 10}", world.clinics[0])

    def found(text: str) -> None:
        page.keyboard.press("/")
        page.keyboard.type(text)
        page.keyboard.press("Enter")

    found("邹甚众")
    expect(page.locator("tbody tr")).to_have_count(20)
    expect(page.get_by_text("结果较多")).to_be_visible()
    found("邹甚众甲")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.get_by_text("结果较多")).to_have_count(0)
