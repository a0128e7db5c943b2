"""What the design asks of searching, registering, merging, the patient's page, readings, review and devices, one by one."""

import re
from datetime import timedelta

from playwright.sync_api import Dialog, Page, expect

from cmc.core import clock
from cmc.core.clock import LOCAL

from .conftest import PASSWORD, Open
from .world import OTHER, PERSON, World, checked

KNOWN = checked("12010319581120204")
UNKNOWN = checked("12010319610305101")


def _search(page: Page, text: str) -> None:
    page.locator("nav").wait_for()
    page.keyboard.press("/")
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_a_scanned_card_opens_its_person(open_page: Open, world: World) -> None:
    page = open_page("/")
    _search(page, KNOWN)
    expect(page.get_by_role("heading", name=PERSON["name"])).to_be_visible()
    assert page.url.endswith(world.people["both"])


def test_a_scanned_card_of_nobody_opens_the_form_with_its_number(open_page: Open) -> None:
    page = open_page("/")
    _search(page, UNKNOWN)
    expect(page).to_have_url(re.compile("/patients/new$"))
    expect(page.get_by_label("证件号码")).to_have_value(UNKNOWN)
    expect(page.get_by_text("由证件得出")).to_contain_text("1961-03-05")


def test_blanks_and_full_width_digits_are_one_number(open_page: Open, world: World) -> None:
    wide = "".join(chr(ord(each) + 0xFEE0) if each.isdigit() else each for each in KNOWN)
    page = open_page("/")
    _search(page, f"{wide[:6]} {wide[6:]}")
    expect(page.get_by_role("heading", name=PERSON["name"])).to_be_visible()


def test_registration_knows_every_kind_of_document_and_none(open_page: Open) -> None:
    page = open_page("/patients/new")
    page.get_by_label("证件号码").wait_for()
    kinds = page.get_by_label("证件类型").locator("option").all_inner_texts()
    assert any("港澳" in each for each in kinds)
    assert any("外国人" in each for each in kinds)
    page.get_by_label("证件号码").fill("120103580302202")  # of before 1999: 15 digits
    expect(page.get_by_text("由证件得出")).to_contain_text("1958-03-02")
    page.get_by_label("证件号码").fill("")
    page.get_by_label("证件类型").select_option("NONE")
    expect(page.get_by_label("证件号码")).to_have_count(0)
    expect(page.get_by_label("出生日期")).to_be_visible()
    page.get_by_role("button", name="放弃重填").or_(page.locator("h1")).first.click()


def test_what_the_card_says_is_not_typed_again_and_a_mismatch_is_told(open_page: Open) -> None:
    page = open_page("/patients/new")
    page.get_by_label("出生日期").fill("1970-01-01")
    page.get_by_label("证件号码").fill(UNKNOWN)
    expect(page.get_by_label("出生日期")).to_have_count(0)
    expect(page.get_by_text("由证件得出")).to_contain_text("▲")


def test_leaving_an_unsaved_form_asks(open_page: Open) -> None:
    page = open_page("/patients/new")
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", answer)
    page.get_by_label("姓名").click()
    page.keyboard.type("周未存")
    page.close(run_before_unload=True)
    for _ in range(50):
        if asked:
            break
        page.wait_for_timeout(100)
    assert asked == ["beforeunload"]


def test_merging_needs_its_right(open_page: Open, world: World) -> None:
    page = open_page(f"/duplicates/{world.people['pair']}")
    page.get_by_role("table").first.wait_for()
    expect(page.get_by_role("button", name="合并档案")).to_have_count(0)
    refused = page.request.post(
        f"{world.address}/v1/merges",
        data={"survivor_id": world.people["one"], "merged_id": world.people["other"]},
        headers={"Origin": world.address},
    )
    assert refused.status == 403


def test_a_merge_loses_nothing_and_both_ids_lead_to_the_person(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['one']}", "manager")
    page.get_by_role("heading", name=OTHER["name"]).wait_for()

    def rows(person: str) -> int:
        answer = page.request.get(f"{world.address}/v1/patients/{person}/enrolments")
        return len(answer.json()["items"])

    before = rows(world.people["one"]) + rows(world.people["other"])
    origin = {"Origin": world.address}
    body = {"survivor_id": world.people["other"], "merged_id": world.people["one"]}
    merged = page.request.post(f"{world.address}/v1/merges", data=body, headers=origin)
    assert merged.ok, merged.text()
    assert rows(world.people["other"]) == before
    page.goto(f"{world.address}/patients/{world.people['one']}")
    expect(page.get_by_role("heading", name=OTHER["name"])).to_be_visible()
    reverted = page.request.post(f"{world.address}/v1/merges/{merged.json()['id']}:revert", headers=origin)
    assert reverted.ok, reverted.text()
    assert (rows(world.people["one"]), rows(world.people["other"])) == (1, before - 1)


def test_the_table_of_a_chart_has_its_points_and_the_band_is_the_persons_target(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['both']}?days=365")
    chart = page.get_by_role("region", name="血压").locator("[role=img]")
    chart.locator("svg").wait_for()
    told = re.search(r"血压 (\d+) 次", chart.get_attribute("aria-label") or "")
    assert told
    card = page.get_by_role("region", name="血压")
    summary = page.request.get(f"{world.address}/v1/patients/{world.people['both']}/summary").json()
    label = next(one["label"] for one in summary["targets"] if one["quantity"] == "SBP_MMHG")
    expect(card).to_contain_text(label)
    page.keyboard.press("v")
    expect(card.locator("tbody tr")).to_have_count(int(told[1]))


def test_a_sensor_with_too_few_values_says_so(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['gap']}?kind=agp")
    page.get_by_role("heading", name="赵有间").wait_for()
    expect(page.get_by_text(re.compile("数据不足|没有")).first).to_be_visible()


def test_three_digits_of_glucose_are_doubted(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['gap']}")
    page.get_by_role("heading", name="赵有间").wait_for()
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(re.compile("血糖")).first.check()
    dialog.locator('[data-field="value"] input').fill("126")
    expect(dialog).to_contain_text("是否为 mg/dL")
    page.keyboard.press("Escape")


def test_the_same_serial_twice_is_refused(open_page: Open) -> None:
    page = open_page("/devices")
    page.get_by_role("button", name="登记设备", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("设备编号").fill("BP-100")
    dialog.locator('[data-field="kind"] input').first.check()
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_role("alert")).to_be_visible()
    page.keyboard.press("Escape")


def test_a_nurses_morning(open_page: Open, world: World) -> None:
    """Signed in, down the list, one person's page, a reading, a visit begun and left, back at the list: by keyboard."""
    page = open_page("/", None)
    page.get_by_label("用户名").wait_for()
    for text, key in ((world.logins["nurse"], "Tab"), (PASSWORD, "Enter")):
        page.keyboard.type(text)
        page.keyboard.press(key)
    page.locator("tbody tr").first.wait_for()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/patients/[0-9a-f-]{36}"))
    page.get_by_role("button", name="总览", exact=True).wait_for()
    page.keyboard.press("r")
    page.get_by_role("dialog").get_by_label("收缩压").first.fill("131")
    page.get_by_role("dialog").get_by_label("舒张压").first.fill("79")
    taken = clock.now().astimezone(LOCAL) - timedelta(minutes=3)
    page.get_by_role("dialog").get_by_label("测量时间").fill(f"{taken:%Y-%m-%dT%H:%M}")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("已保存 1 条读数")).to_be_visible()
    page.keyboard.press("f")
    expect(page).to_have_url(re.compile("/visit$"))
    page.get_by_label("收缩压").wait_for()
    page.locator("h1").first.click()
    page.keyboard.press("g")
    page.keyboard.press("w")
    expect(page.get_by_role("heading", name="今日工作")).to_be_visible()
    page.locator("tbody tr").first.wait_for()
