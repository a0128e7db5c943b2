"""S25 and S28: goals of a place, medicines that a clinic is offered first, actors of the trail by name."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from cmc.core import clock

from .conftest import Open
from .watch import axe_violations
from .world import World


def _send(page: Page, world: World, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = page.request.fetch(f"{world.address}{path}", method=method, data=body, headers={"Origin": world.address})
    assert answer.ok, answer.text()
    told: dict[str, Any] = answer.json()
    return told


def test_a_goal_of_a_clinic_stands_on_its_trend_and_the_district_keeps_its_own(open_page: Open, world: World) -> None:
    clinic = world.clinics[0]
    page = open_page(f"/clinics/{clinic}", "manager", axe=True)
    card = page.get_by_role("region", name="指标目标", exact=True)
    expect(card.locator("tbody tr").first).to_contain_text("70")
    card.get_by_role("button", name="设定目标").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("指标").select_option("IND-02.HTN")
    dialog.get_by_label("目标（%）").fill("101")
    dialog.get_by_label("原因").fill("年度计划")
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_label("目标（%）").fill("83.5")
    assert axe_violations(page) == []
    page.keyboard.press("Control+Enter")
    own = card.locator("tbody tr").filter(has_text="83.5").first
    expect(own).to_contain_text("第1慢病管理中心")
    card.locator("summary").click()
    expect(card.get_by_role("table", name="本级设定过的目标")).to_contain_text("年度计划")
    nurse = open_page(f"/indicators/IND-02?disease=HTN&clinic={clinic}", "nurse", axe=True)
    expect(nurse.get_by_text(re.compile(r"83\.5%（第1慢病管理中心自定，.* 起）"))).to_be_visible()
    expect(nurse.get_by_role("img", name=re.compile("目标 83.5%"))).to_be_visible()
    nurse.goto(f"{world.address}/indicators?disease=HTN&clinic={clinic}")
    expect(nurse.get_by_role("img", name=re.compile("目标 83.5%"))).to_be_visible()
    above = open_page("/district?disease=HTN&code=IND-02", "supervisor", axe=True)
    expect(above.get_by_text(re.compile("目标（点线）：2030 年达到 70%"))).to_be_visible()
    assert axe_violations(above) == []
    english = open_page(f"/clinics/{clinic}", "manager", language="en")
    expect(english.get_by_role("region", name="Goals of indicators", exact=True)).to_contain_text("83.5")
    gone = {"code": "IND-02", "disease": "HTN", "percent": None, "valid_from": str(clock.today()), "reason": "取消"}
    _send(page, world, "POST", f"/v1/organisations/{clinic}/goals", gone)
    nurse.reload()
    expect(nurse.get_by_role("img", name=re.compile("目标 70%"))).to_be_visible()


def test_medicines_of_the_clinic_come_first_and_fill_the_forms_by_keyboard(open_page: Open, world: World) -> None:
    clinic = world.clinics[0]
    page = open_page(f"/clinics/{clinic}", "manager", axe=True)
    card = page.get_by_role("region", name="常用药", exact=True)
    card.get_by_role("button", name="添加").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("药名").fill("缬沙坦")
    dialog.get_by_label("规格").fill("80 mg × 7 粒")
    dialog.get_by_label("每次剂量").fill("80")
    dialog.get_by_label("用法").select_option("BID")
    page.keyboard.press("Control+Enter")
    rows = card.locator("tbody tr")
    expect(rows.filter(has_text="缬沙坦")).to_contain_text("80 mg")
    kept = {"name": "缬沙坦", "strength": "80 mg × 7 粒", "dose": 80, "dose_unit": "mg", "frequency": "BID"}
    more = {"name": "司美格鲁肽", "dose": 0.5, "dose_unit": "mg", "frequency": "QW"}
    _send(page, world, "PUT", f"/v1/organisations/{clinic}/favourite-medicines", {"items": [more, kept]})
    page.reload()
    page.get_by_role("button", name="上移缬沙坦").click()
    expect(rows.first).to_contain_text("缬沙坦")
    assert axe_violations(page) == []
    nurse = open_page("/patients", axe=True)
    body = {"name": "常用甲", "sex": "F", "birth_date": "1962-03-09", "clinic_id": clinic}
    person = str(_send(nurse, world, "POST", "/v1/patients", body)["id"])
    since = str(clock.today())
    enrolment = {
        "disease": "HTN", "enrolled_on": since, "confirmed_on": since, "confirmed_at": "市第一医院", "doctor": "王医生",
        "consent": True, "consent_channel": "paper", "consent_version": "2026-1",
    }  # fmt: skip
    _send(nurse, world, "POST", f"/v1/patients/{person}/enrolments", enrolment)
    nurse.goto(f"{world.address}/patients/{person}/visit")
    name = nurse.locator('[data-field="medications.0.name"] input')
    name.focus()
    offers = nurse.get_by_role("listbox").get_by_role("option")
    expect(offers).to_have_count(2)
    expect(offers.first).to_contain_text("缬沙坦 80 mg × 7 粒")
    assert axe_violations(nurse) == []
    nurse.keyboard.press("ArrowDown")
    nurse.keyboard.press("Enter")
    expect(name).to_have_value("缬沙坦")
    expect(nurse.locator('[data-field="medications.0.dose"] input')).to_have_value("80 mg")
    expect(nurse.locator('[data-field="medications.0.times_per_day"] input')).to_have_value("2")
    nurse.keyboard.press("Enter")
    expect(nurse.locator('[data-field="medications.0.dose"] input')).to_be_focused()
    second = nurse.locator('[data-field="medications.1.name"] input')
    second.fill("司美")
    nurse.keyboard.press("ArrowDown")
    nurse.keyboard.press("Enter")
    expect(nurse.locator('[data-field="medications.1.dose"] input')).to_have_value("0.5 mg 每周一次")
    nurse.goto(f"{world.address}/patients/{person}?show=medicines")
    nurse.get_by_role("button", name="新增").first.click()
    field = nurse.get_by_role("dialog").get_by_role("combobox", name="药名")
    field.focus()
    nurse.keyboard.press("ArrowUp")
    nurse.keyboard.press("Escape")
    expect(nurse.get_by_role("listbox")).to_have_count(0)
    expect(field).to_be_visible()
    nurse.keyboard.press("ArrowDown")
    nurse.keyboard.press("Enter")
    expect(field).to_have_value("缬沙坦")
    expect(nurse.get_by_role("dialog").get_by_label("每次剂量")).to_have_value("80")
    nurse.keyboard.press("Control+Enter")
    stored = nurse.get_by_role("table").locator("tbody tr").filter(has_text="缬沙坦")
    expect(stored).to_contain_text("每日两次")
    _send(page, world, "PUT", f"/v1/organisations/{clinic}/favourite-medicines", {"items": []})


def test_the_trail_tells_actors_by_name(open_page: Open, world: World) -> None:
    nurse = open_page("/patients")
    body = {"name": "痕迹甲", "sex": "F", "birth_date": "1963-03-09", "clinic_id": world.clinics[0]}
    person = str(_send(nurse, world, "POST", "/v1/patients", body)["id"])
    page = open_page(f"/audit?person={person}", "auditor", axe=True)
    card = page.get_by_role("region", name="谁看过这个患者", exact=True)
    expect(card.locator("tbody tr").first).to_contain_text("(web-")
    expect(card.locator("tbody tr").filter(has_text="nurse (web-nurse)").first).to_be_visible()
    with page.expect_download() as download:
        card.get_by_role("link", name="导出此表 CSV").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert '"nurse (web-nurse)"' in text
    rows = page.get_by_role("table", name="审计记录").locator("tbody tr")
    rows.filter(has_text="nurse (web-nurse)").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("user:")
    assert axe_violations(page) == []
    page.get_by_role("dialog").get_by_role("button", name="只看此人").click()
    expect(page).to_have_url(re.compile("actor=user"))
    expect(rows.first).to_contain_text("nurse (web-nurse)")
