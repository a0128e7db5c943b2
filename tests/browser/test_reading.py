"""Typing a reading: critical before it is saved, a unit that is asked for, values that were typed twice."""

import re
from datetime import timedelta
from typing import Any

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine

from cmc.core import clock, db
from cmc.core.clock import LOCAL
from cmc.core.scope import system_scope
from cmc.followups import jobs as followups

from .conftest import Open
from .watch import axe_violations
from .world import World

A_MINUTE = timedelta(minutes=1)


def _person(page: Page, world: World, name: str) -> str:
    """Somebody of the first clinic of whom nothing was measured, enrolled for nothing."""
    body = {"name": name, "sex": "F", "birth_date": "1957-03-04", "clinic_id": world.clinics[0]}
    made = page.request.post(f"{world.address}/v1/patients", data=body, headers={"Origin": world.address})
    assert made.ok, made.text()
    return str(made.json()["id"])


def _readings(page: Page, world: World, person: str) -> list[dict[str, Any]]:
    answer = page.request.get(f"{world.address}/v1/patients/{person}/readings")
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def _dialog(page: Page, world: World, person: str) -> Locator:
    page.goto(f"{world.address}/patients/{person}")
    page.get_by_role("button", name="总览", exact=True).wait_for()
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("测量时间").wait_for()
    return dialog


def _pressure(dialog: Locator, index: int, systolic: str, diastolic: str) -> None:
    dialog.locator(f'[data-field="bp.{index}.systolic"] input').fill(systolic)
    dialog.locator(f'[data-field="bp.{index}.diastolic"] input').fill(diastolic)


def test_a_critical_reading_becomes_a_task(open_page: Open, world: World, service_engine: Engine) -> None:
    page = open_page("/", axe=True)
    person = _person(page, world, "冯危急")
    dialog = _dialog(page, world, person)
    _pressure(dialog, 0, "186", "112")
    expect(dialog.locator("[data-critical]")).to_contain_text("立即呼叫医生")
    assert _readings(page, world, person) == []  # it is said before anything is saved
    assert axe_violations(page) == []
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("186/112")
    scope = system_scope("job:test")
    followups.refresh(lambda: db.transaction(service_engine, scope), clock.now())
    work = page.request.get(f"{world.address}/v1/worklist?limit=100").json()["items"]
    tasks = [one for one in work if one["patient"]["id"] == person]
    assert [one["group"] for one in tasks] == ["critical"], tasks
    assert "186/112" in tasks[0]["reason"]["zh"]


def test_diastolic_above_systolic_is_refused_at_its_field(open_page: Open, world: World) -> None:
    page = open_page("/")
    person = _person(page, world, "褚颠倒")
    dialog = _dialog(page, world, person)
    for diastolic in ("120", "128"):
        _pressure(dialog, 0, "120", diastolic)
        page.keyboard.press("Control+Enter")
        expect(dialog.get_by_role("alert")).to_contain_text("收缩压应高于舒张压")
    assert _readings(page, world, person) == []
    page.keyboard.press("Escape")


def test_three_digits_of_glucose_are_asked_for_their_unit_and_not_sent(open_page: Open, world: World) -> None:
    page = open_page("/", axe=True)
    person = _person(page, world, "卫单位")
    dialog = _dialog(page, world, person)
    dialog.get_by_label(re.compile("血糖")).first.check()
    value = dialog.locator('[data-field="value"] input')
    for typed in ("126", "１２６"):
        value.fill(typed)
        page.keyboard.press("Control+Enter")
        expect(dialog.get_by_role("alert")).to_contain_text("是否为 mg/dL")
    assert axe_violations(page) == []
    assert _readings(page, world, person) == []
    held = page.request.get(f"{world.address}/v1/held-readings?clinic={world.clinics[0]}&limit=100").json()["items"]
    assert not [one for one in held if one.get("patient_id") == person], "what is asked back is not kept aside either"
    value.fill("7.0")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("已保存 1 条读数")).to_be_visible()
    assert [one["glucose_mmol_l"] for one in _readings(page, world, person)] == [7.0]


def test_the_same_values_within_a_minute_are_flagged(open_page: Open, world: World) -> None:
    page = open_page("/", axe=True)
    person = _person(page, world, "蒋重复")
    taken = clock.now().astimezone(LOCAL).replace(second=0, microsecond=0) - 20 * A_MINUTE

    def at(moment: Any) -> None:
        dialog.get_by_label("测量时间").fill(f"{moment:%Y-%m-%dT%H:%M}")

    dialog = _dialog(page, world, person)
    at(taken)
    _pressure(dialog, 0, "131", "79")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("已保存 1 条读数")).to_be_visible()
    dialog = _dialog(page, world, person)
    _pressure(dialog, 0, "131", "79")
    for minutes, is_flagged in ((1, True), (2, False), (-1, True)):
        at(taken + minutes * A_MINUTE)
        flagged = dialog.get_by_text("已有完全相同的读数")
        expect(flagged).to_have_count(1 if is_flagged else 0)
    assert axe_violations(page) == []
    _pressure(dialog, 0, "131", "80")
    expect(dialog.get_by_text("已有完全相同的读数")).to_have_count(0)
    _pressure(dialog, 1, "131", "80")
    expect(dialog.get_by_text("第 1、2 次完全相同")).to_be_visible()
    page.keyboard.press("Escape")
    dialog = _dialog(page, world, person)
    at(taken)
    _pressure(dialog, 0, "131", "79")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("1 条与已存读数相同")).to_be_visible()
    assert len(_readings(page, world, person)) == 1


def test_a_time_to_come_is_refused(open_page: Open, world: World) -> None:
    page = open_page("/")
    person = _person(page, world, "沈未来")
    dialog = _dialog(page, world, person)
    _pressure(dialog, 0, "131", "79")
    ahead = clock.now().astimezone(LOCAL) + timedelta(days=2)
    dialog.get_by_label("测量时间").fill(f"{ahead:%Y-%m-%dT%H:%M}")
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_role("alert").or_(page.get_by_text("已转入读数审核"))).to_be_visible()
    assert _readings(page, world, person) == []
