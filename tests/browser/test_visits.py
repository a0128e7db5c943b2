"""The visit form's second half, and the visits of a person: draft, correction, withdrawal, side by side, paper."""

import re

from playwright.sync_api import expect

from cmc.core import clock

from .conftest import Open
from .watch import axe_violations
from .world import World


def test_a_draft_is_kept_and_offered_again(open_page: Open, world: World) -> None:
    address = f"/patients/{world.people['both']}/visit"
    page = open_page(address)
    page.get_by_label("收缩压").fill("151")
    page.get_by_label("体重", exact=True).fill("6x")  # half typed: kept as it stands
    expect(page.get_by_text(re.compile("草稿 .* 已保存"))).to_be_visible()
    page.close()
    again = open_page(address, axe=True)
    expect(again.get_by_text("有未保存的草稿")).to_be_visible()
    assert axe_violations(again) == []
    assert again.get_by_label("收缩压").input_value() == ""
    again.get_by_role("button", name="继续填写").click()
    expect(again.get_by_label("收缩压")).to_have_value("151")
    expect(again.get_by_label("体重", exact=True)).to_have_value("6x")
    again.get_by_role("button", name="放弃重填").click()
    expect(again.get_by_label("收缩压")).to_have_value("")
    again.close()
    third = open_page(address)
    third.get_by_label("收缩压").wait_for()
    expect(third.get_by_text("有未保存的草稿")).to_have_count(0)


def test_what_is_carried_over_bears_a_mark_until_it_is_touched(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['both']}/visit")
    page.get_by_label("收缩压").wait_for()
    page.keyboard.press("F2")
    place = page.locator('[data-field="lifestyle.cigarettes_per_day"]')
    expect(place).to_contain_text("↺")
    place.locator("input").fill("3")
    expect(place).not_to_contain_text("↺")
    place.locator("input").fill("0")  # as it was, and yet it was touched
    expect(place).not_to_contain_text("↺")
    for name in ("sbp_mmhg", "weight_kg", "fasting_glucose_mmol_l", "adherence"):
        assert page.locator(f'[data-field="{name}"]').get_by_text("↺").count() == 0
    assert page.get_by_label("体重", exact=True).input_value() == ""
    page.get_by_role("button", name="放弃重填").click()


def test_a_stored_visit_is_corrected_and_its_versions_stay(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['both']}/visits", axe=True)
    page.get_by_role("link", name=re.compile("^更正")).last.click()
    pressure = page.get_by_label("收缩压")
    expect(pressure).to_have_value("128")
    expect(page.get_by_label("药名").first).to_have_value("氨氯地平")
    pressure.fill("156")
    expect(page.locator("aside").first).to_contain_text("收缩压 156")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("更正原因")
    page.get_by_label("更正原因").fill("看错一行")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="更正已保存")).to_be_visible()
    page.get_by_role("link", name="随访记录").click()
    expect(page.get_by_role("cell", name="156", exact=True)).to_be_visible()
    expect(page.locator("thead")).to_contain_text("已更正")
    page.get_by_role("button", name=re.compile(r"^版本（2）")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("看错一行")
    expect(dialog.get_by_role("row", name="收缩压 128 156")).to_be_visible()
    assert axe_violations(page) == []


def test_a_visit_that_never_was_is_withdrawn(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['both']}/visits")
    columns = page.locator("thead th")
    expect(columns).not_to_have_count(1)
    page.get_by_role("link", name=re.compile("^更正")).first.click()
    page.get_by_role("button", name="撤回此次随访").click()
    page.get_by_label("撤回原因").fill("录错人")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("随访已撤回")).to_be_visible()
    expect(page).to_have_url(re.compile("/visits$"))
    page.get_by_role("button", name="含已撤回").click()
    expect(page.locator("thead")).to_contain_text("已撤回")
    page.get_by_role("button", name=re.compile("^版本")).first.click()
    expect(page.get_by_role("dialog")).to_contain_text("录错人")


def test_the_sheets_hold_the_ticked_visits_and_a_blank_one_none(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['both']}/visits")
    page.locator("thead input").first.check()
    expect(page.get_by_text("打印选中的 1 次随访")).to_be_visible()
    day = page.locator("thead th label").first.inner_text()

    def answer(name: str) -> tuple[int, str, str]:
        href = page.get_by_role("link", name=name).get_attribute("href")
        assert href is not None
        got = page.request.get(world.address + href)
        return got.status, got.headers["content-type"], got.text() if "html" in got.headers["content-type"] else ""

    status, kind, text = answer("高血压患者随访服务记录表 网页")
    assert (status, kind.split(";")[0]) == (200, "text/html")
    assert day in text
    assert day not in answer("高血压患者随访服务记录表 空白表")[2]
    for paper in ("高血压患者随访服务记录表", "2型糖尿病患者随访服务记录表", "用药清单", "自我管理卡"):
        assert answer(f"{paper} PDF文件")[0:2] == (200, "application/pdf")
    expect(page.get_by_text("没有写明转诊的随访")).to_be_visible()


def test_an_incomplete_visit_stays_a_draft(open_page: Open, world: World) -> None:
    """Answers can still be asked for; a value that was not measured, or an emergency, does not wait (FU-VALID-01)."""
    page = open_page(f"/patients/{world.people['late0']}/visit")
    page.get_by_label("收缩压").wait_for()
    page.keyboard.press("F2")
    page.get_by_label("收缩压").fill("148")
    page.get_by_label("舒张压").fill("88")
    for _ in range(2):
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("alert")).to_contain_text("服药依从性")
        expect(page.get_by_text("只留作草稿")).to_be_visible()
    expect(page.get_by_text(re.compile("草稿 .* 已保存"))).to_be_visible()
    visits = page.request.get(f"{world.address}/v1/patients/{world.people['late0']}/followups").json()
    assert visits["items"] == []
    page.get_by_label("收缩压").fill("192")  # dangerous: recorded at once, whatever is missing
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="未测值，仍然保存").wait_for()
    page.get_by_role("button", name="放弃重填").click()


def test_a_visit_without_a_measured_value_is_stored_when_asked_for_twice(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['late0']}/visit")
    page.get_by_label("收缩压").wait_for()
    said = page.request.post(
        f"{world.address}/v1/followups:assess",
        data={
            "patient_id": world.people["late0"], "visited_on": str(clock.today()), "mode": 3, "diseases": ["HTN"],
            "doctor": "王医生", "hypertension_symptoms": [1], "adherence": 1, "no_medication": True,
        },
        headers={"Origin": world.address},
    ).json()  # fmt: skip
    assert set(said["judgements"][0]["missing_fields"]) == {"sbp_mmhg", "dbp_mmhg", "classification"}
    assert said["draft_only"] is False
