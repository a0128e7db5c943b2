"""S14 to S16: readings that wait for a person, whose they are, and the devices they came from."""

import time
from datetime import timedelta
from typing import Any

from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from cmc.alerts import jobs as alerts
from cmc.core import clock, db
from cmc.core.clock import LOCAL
from cmc.core.scope import system_scope

from .conftest import Open
from .watch import axe_violations
from .world import World

REVIEWS, REVIEW_SECONDS = 50, 300
PRESSURE = {"kind": "blood_pressure", "systolic": 139, "diastolic": 85, "unit": "mmHg"}


def _post(page: Page, world: World, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = page.request.post(f"{world.address}{path}", data=body, headers={"Origin": world.address})
    assert answer.ok, answer.text()
    told: dict[str, Any] = answer.json()
    return told


def _get(page: Page, world: World, path: str) -> dict[str, Any]:
    told: dict[str, Any] = page.request.get(f"{world.address}{path}").json()
    return told


def _ago(**span: float) -> str:
    return (clock.now().astimezone(LOCAL) - timedelta(**span)).isoformat()


def test_fifty_reviews_by_keyboard_and_what_is_rejected_stays_on_file(open_page: Open, world: World) -> None:
    page = open_page("/alerts")  # where nothing of the queue is shown
    person = world.people["late0"]
    items = [
        PRESSURE | {"patient_id": person, "systolic": 100 + number, "taken_at": "2000-02-01T08:00:00+08:00"}
        for number in range(REVIEWS)
    ]
    _post(page, world, "/v1/readings", {"items": items})
    before = len(_get(page, world, "/v1/held-readings?limit=100&unmatched=false")["items"])
    assert before >= REVIEWS
    page.goto(f"{world.address}/review")
    page.get_by_text("发来的值").wait_for()
    card = page.get_by_role("region", name="读数", exact=True)
    value = card.locator("dd").filter(has_text="/85")
    began = time.monotonic()
    for _ in range(REVIEWS):
        shown = value.inner_text()
        page.keyboard.press("x")
        page.get_by_role("dialog").wait_for()
        page.keyboard.press("2")
        page.keyboard.press("Control+Enter")
        expect(card.get_by_text(shown, exact=True)).to_have_count(0)
        card.get_by_text("发来的值").wait_for()
    assert time.monotonic() - began <= REVIEW_SECONDS
    assert len(_get(page, world, "/v1/held-readings?limit=100&unmatched=false")["items"]) == before - REVIEWS
    assert _get(page, world, f"/v1/patients/{person}/readings")["items"] == []
    assert _get(page, world, f"/v1/patients/{person}/readings?series=blood_pressure")["series"]["points"] == []
    page.goto(f"{world.address}/review?state=done")
    expect(page.locator("tbody tr").filter(has_text="149/85")).to_contain_text("不采用")


def test_a_critical_value_that_waits_half_an_hour_stands_on_the_managers_list(
    open_page: Open, world: World, service_engine: Engine
) -> None:
    nurse = open_page("/review?only=dangerous", axe=True)
    nurse.get_by_text("没有待处理的读数").wait_for()
    soon = (clock.now().astimezone(LOCAL) + timedelta(days=40)).isoformat()
    held = {"patient_id": world.people["late1"], "systolic": 203, "diastolic": 117, "taken_at": soon}
    _post(nurse, world, "/v1/readings", PRESSURE | held)
    nurse.reload()
    row = nurse.locator("tbody tr").filter(has_text="203/117")
    expect(row).to_contain_text("前处理")
    assert axe_violations(nurse) == []
    scope = system_scope("job:test")
    alerts.wait(lambda: db.transaction(service_engine, scope), clock.now() + timedelta(minutes=31))
    manager = open_page("/alerts?level=manager", "manager")
    told = manager.locator("tbody tr").filter(has_text="孙**").filter(has_text="待核实")
    expect(told).to_contain_text("机构负责人")
    nurse.get_by_role("region", name="读数", exact=True).get_by_text("203/117").wait_for()
    nurse.keyboard.press("n")
    expect(nurse.get_by_role("dialog")).to_contain_text("电话")
    nurse.keyboard.press("Escape")
    nurse.keyboard.press("x")
    nurse.get_by_role("dialog").wait_for()
    nurse.keyboard.press("2")
    nurse.keyboard.press("Control+Enter")
    expect(nurse.get_by_text("没有待处理的读数")).to_be_visible()
    manager.reload()
    expect(manager.get_by_role("heading", name="预警", exact=True)).to_be_visible()
    expect(told).to_have_count(0)


def test_the_likeliest_person_is_proposed_and_never_taken(open_page: Open, world: World) -> None:
    page = open_page("/devices")
    body = {"code": "GM-77", "kind": "meter", "clinic_id": world.clinics[0], "in_use_since": _ago(days=30)}
    device = _post(page, world, "/v1/devices", body)
    person = world.people["late1"]
    before = len(_get(page, world, f"/v1/patients/{person}/readings")["items"])
    lent = {"patient_id": person, "from_at": _ago(days=20)}
    _post(page, world, f"/v1/devices/{device['id']}:issue", lent)
    _post(page, world, f"/v1/devices/{device['id']}:return", {"to_at": _ago(days=2)})
    sent = {
        "kind": "glucose",
        "value": 7.3,
        "unit": "mmol/L",
        "device": "GM-77",
        "sequence": 4,
        "taken_at": _ago(hours=5),
    }
    told = _post(page, world, "/v1/readings", sent)["results"][0]
    assert told["status"] == "quarantined"
    assert len(_get(page, world, f"/v1/patients/{person}/readings")["items"]) == before
    page.goto(f"{world.address}/unmatched?open={told['id']}")
    first = page.locator("ol li").first
    expect(first).to_contain_text("孙**")
    page.get_by_text("7.3 mmol/L").last.wait_for()
    page.keyboard.press("a")
    expect(page.get_by_text("读数已处理")).to_be_visible()
    assert len(_get(page, world, f"/v1/patients/{person}/readings")["items"]) == before + 1
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_text("已撤销，读数回到队列")).to_be_visible()
    assert len(_get(page, world, f"/v1/patients/{person}/readings")["items"]) == before


def test_a_device_that_is_due_marks_its_readings_and_has_a_label(open_page: Open, world: World) -> None:
    page = open_page("/devices", axe=True)
    body = {
        "code": "BP-DUE", "kind": "cuff", "clinic_id": world.clinics[0], "in_use_since": _ago(days=300),
        "calibration_due_on": _ago(days=20)[:10],
    }  # fmt: skip
    device = _post(page, world, "/v1/devices", body)
    person = world.people["late1"]
    _post(page, world, f"/v1/devices/{device['id']}:issue", {"patient_id": person, "from_at": _ago(days=60)})
    for number, days in enumerate((40, 9)):
        sent = {"patient_id": person, "device": "BP-DUE", "sequence": number, "taken_at": _ago(days=days)}
        _post(page, world, "/v1/readings", PRESSURE | sent | {"systolic": 120 + number})
    page.goto(f"{world.address}/patients/{person}?show=readings")
    expect(page.locator("tbody tr").filter(has_text="121/85")).to_contain_text("校准已到期")
    expect(page.locator("tbody tr").filter(has_text="120/85")).not_to_contain_text("校准已到期")
    page.goto(f"{world.address}/patients/{person}")
    expect(page.get_by_text("菱形：设备校准已到期时所测。")).to_be_visible()
    page.keyboard.press("v")
    table = page.get_by_role("table", name="血压").locator("tbody tr")
    expect(table.filter(has_text="121/85")).to_contain_text("校准已到期")
    expect(table.filter(has_text="120/85")).not_to_contain_text("校准已到期")
    page.goto(f"{world.address}/devices/{device['id']}")
    page.get_by_role("table", name="校准记录").wait_for()
    assert axe_violations(page) == []
    page.get_by_role("button", name="修改设备").click()
    page.get_by_label("校准日期").fill(_ago(days=10)[:10])
    page.get_by_label("校准到期").fill((clock.today() + timedelta(days=300)).isoformat())
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("table", name="校准记录").locator("tbody tr")).to_have_count(2)
    with page.expect_popup() as label:
        page.get_by_role("link", name="打印标签").click()
    expect(label.value.locator("svg")).to_be_visible()
    expect(label.value.get_by_text("BP-DUE")).to_be_visible()
    page.goto(f"{world.address}/patients/{person}?show=readings")
    expect(page.locator("tbody tr").filter(has_text="121/85")).not_to_contain_text("校准已到期")


def test_silent_devices_are_listed_alone(open_page: Open, world: World) -> None:
    page = open_page("/devices?tab=health", axe=True)
    body = {"code": "BP-QUIET", "kind": "cuff", "clinic_id": world.clinics[0], "in_use_since": _ago(days=30)}
    device = _post(page, world, "/v1/devices", body)
    lent = {"patient_id": world.people["late2"], "from_at": _ago(days=8)}
    _post(page, world, f"/v1/devices/{device['id']}:issue", lent)
    page.get_by_role("button", name="7 天以上无数据").click()
    rows = page.get_by_role("table", name="运行状况").locator("tbody tr")
    expect(rows.filter(has_text="BP-QUIET")).to_contain_text("无数据")
    expect(rows.filter(has_text="BP-100")).to_have_count(0)
    expect(page).to_have_url(f"{world.address}/devices?tab=health&silent=silent")
    assert axe_violations(page) == []


def test_a_device_goes_with_its_reading_and_comes_back_with_undo(open_page: Open, world: World) -> None:
    page = open_page("/unmatched", axe=True)
    someone = {"sex": "F", "birth_date": "1961-04-09", "clinic_id": world.clinics[0]}
    before, after = (
        str(_post(page, world, "/v1/patients", someone | {"name": name})["id"]) for name in ("邱先用", "纪后用")
    )
    body = {"code": "GM-KEEP", "kind": "meter", "clinic_id": world.clinics[0], "in_use_since": _ago(days=30)}
    device = _post(page, world, "/v1/devices", body)["id"]
    sent = {"kind": "glucose", "value": 8.8, "unit": "mmol/L", "device": "GM-KEEP"}
    told = _post(page, world, "/v1/readings", sent | {"sequence": 4, "taken_at": _ago(hours=5)})["results"][0]
    _post(page, world, f"/v1/devices/{device}:issue", {"patient_id": before, "from_at": _ago(days=9)})
    page.goto(f"{world.address}/unmatched?open={told['id']}")
    page.get_by_label("按姓名或号码查找其他人").fill("纪后用")
    page.get_by_role("button", name="查找").click()
    card = page.get_by_role("region", name="读数", exact=True)
    found = card.locator("li").filter(has_text="纪**")
    page.get_by_label("以后此设备归此人").check()
    found.get_by_role("button", name="归此人").click()
    expect(page.get_by_role("alert")).to_contain_text("请先登记归还")
    assert axe_violations(page) == []
    page.get_by_label("现在领用的人视为在那时归还").check()
    found.get_by_role("button", name="归此人").click()
    expect(page.get_by_text("读数已处理")).to_be_visible()
    issues = _get(page, world, f"/v1/devices/{device}")["issues"]
    assert [(each["patient_id"], each["to_at"] is None) for each in issues] == [(after, True), (before, False)]
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_text("已撤销，读数回到队列")).to_be_visible()
    issues = _get(page, world, f"/v1/devices/{device}")["issues"]
    assert [(each["patient_id"], each["to_at"]) for each in issues] == [(before, None)]
    kept = {"patient_id": after, "keep_device": True, "end_holder": True}
    _post(page, world, f"/v1/held-readings/{told['id']}:assign", kept)
    later = _post(page, world, "/v1/readings", sent | {"sequence": 5, "taken_at": _ago(hours=1)})["results"][0]
    assert later["status"] == "created"
    assert len(_get(page, world, f"/v1/patients/{after}/readings")["items"]) == 2
    page.goto(f"{world.address}/unmatched?state=done&open={told['id']}")
    expect(card.get_by_text("设备已归此人")).to_be_visible()
