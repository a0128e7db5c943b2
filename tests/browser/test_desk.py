"""The desk: alerts, the keys of a row, files in and out, what the service tells of itself, and what a load weighs."""

import re
from datetime import timedelta

from playwright.sync_api import Download, Page, expect
from sqlalchemy import Engine

from cmc.core import clock, db
from cmc.core.clock import LOCAL
from cmc.core.scope import system_scope
from cmc.exchange import jobs

from .conftest import Open
from .watch import axe_violations
from .world import World, checked

FIRST_LOAD_BYTES = 200_000


def _reading(page: Page, world: World, person: str, systolic: int, minutes_ago: int = 1) -> None:
    taken = clock.now().astimezone(LOCAL) - timedelta(minutes=minutes_ago)
    reading = {
        "kind": "blood_pressure", "patient_id": world.people[person], "systolic": systolic, "diastolic": 112,
        "unit": "mmHg", "taken_at": taken.isoformat(),
    }  # fmt: skip
    answer = page.request.post(f"{world.address}/v1/readings", data=reading, headers={"Origin": world.address})
    assert answer.ok, answer.text()


def test_a_red_alert_is_taken_on_and_closed_from_todays_work(open_page: Open, world: World) -> None:
    page = open_page("/", "doctor")
    page.get_by_role("heading", name="今日工作").wait_for()
    _reading(page, world, "gap", 191)
    page.reload()
    strip = page.get_by_role("region", name="预警")
    expect(strip).to_contain_text("191/112")
    strip.get_by_role("button", name="确认预警").click()
    page.get_by_role("dialog").get_by_label("电话联系居民").check()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("预警已确认")).to_be_visible()
    expect(strip.get_by_role("button", name="确认预警")).to_have_count(0)
    strip.get_by_role("button", name="处理完毕").click()
    page.get_by_role("dialog").get_by_label("已电话处理").check()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()  # a red one needs words
    page.get_by_role("dialog").get_by_label("处理说明").fill("已电话确认服药，复测 150/90")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("预警已关闭")).to_be_visible()
    page.goto(f"{world.address}/alerts?state=done")
    row = page.locator("tbody tr").filter(has_text="191/112")
    expect(row).to_contain_text("已电话处理")
    row.click()
    expect(page.get_by_role("region", name="预警详情")).to_contain_text("复测 150/90")


def test_a_nurse_sees_red_alerts_and_who_answers_them(open_page: Open, world: World) -> None:
    page = open_page("/alerts")
    page.get_by_role("heading", name="预警", exact=True).wait_for()
    _reading(page, world, "gap", 193)
    page.reload()
    page.locator("tbody tr").filter(has_text="193/112").click()
    detail = page.get_by_role("region", name="预警详情")
    expect(detail.get_by_role("button", name=re.compile("确认预警"))).to_be_disabled()
    expect(detail).to_contain_text("由医生或中心负责人处理")
    doctor = open_page("/alerts", "doctor")
    doctor.locator("tbody tr").filter(has_text="193/112").click()
    doctor.get_by_role("region", name="预警详情").get_by_text("193/112").wait_for()
    doctor.keyboard.press("a")
    doctor.get_by_role("dialog").get_by_label("安排面诊").check()
    doctor.keyboard.press("Control+Enter")
    expect(doctor.get_by_role("region", name="预警详情")).to_contain_text("处理中")


def test_the_keys_of_a_row_of_todays_work(open_page: Open, world: World) -> None:
    page = open_page("/")
    page.evaluate("window.print = () => { document.title = 'printed' }")
    page.locator("tbody tr").first.wait_for()
    page.keyboard.press("p")
    expect(page).to_have_title("printed")
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(page.get_by_role("dialog")).to_contain_text("录读数")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("c")
    expect(page.get_by_role("dialog").or_(page.get_by_text("此人没有待处理的预警"))).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("tbody tr").first.focus()
    page.keyboard.press("f")
    expect(page).to_have_url(re.compile("/visit$"))


def test_a_printed_list_has_the_list_and_nothing_else(open_page: Open, world: World) -> None:
    page = open_page("/")
    page.locator("tbody tr").first.wait_for()
    page.emulate_media(media="print")
    expect(page.locator("nav")).to_be_hidden()
    expect(page.locator("header")).to_be_hidden()
    expect(page.locator("#rates-title")).to_be_hidden()
    expect(page.locator("tbody tr").first).to_be_visible()
    assert page.locator("tbody tr").first.bounding_box()["height"] <= 26  # type: ignore[index]  # 25 rows a sheet


def _work(engine: Engine) -> None:
    """What the worker does with imports."""
    scope = system_scope("job:test")
    jobs.work(lambda: db.transaction(engine, scope), clock.now())


def _exports(engine: Engine) -> None:
    """What the worker does with exports."""
    scope = system_scope("job:test")
    assert jobs.make_exports(lambda: db.transaction(engine, scope), clock.now()) == 1


def test_a_file_becomes_people_after_a_look_at_its_rows(open_page: Open, service_engine: Engine) -> None:
    page = open_page("/imports")
    good, wrong = checked("12010319600102003"), checked("12010319600102005")[:-1] + "?"
    text = f"姓名,性别,身份证号,联系电话\n王导入,男,{good},13900001111\n赵错误,男,{wrong},13900002222\n"
    csv = {"name": "people.csv", "mimeType": "text/csv", "buffer": text.encode("gb18030")}

    def upload() -> None:
        page.locator("input[type=file]").set_input_files([csv])  # type: ignore[list-item]
        page.get_by_role("button", name="上传并检查").click()
        expect(page).to_have_url(re.compile(r"/imports/[0-9a-f-]{36}$"))
        _work(service_engine)

    upload()
    expect(page.locator("tbody tr")).to_contain_text("身份证号")
    expect(page.get_by_role("button", name="写入 1 行")).to_be_enabled()
    page.get_by_role("button", name="将新建 1").click()
    expect(page.locator("tbody tr")).to_contain_text("王**")
    page.get_by_role("button", name="写入 1 行").click()
    expect(page.get_by_role("heading", name="导入中")).to_be_visible()
    _work(service_engine)
    expect(page.get_by_role("heading", name="已导入")).to_be_visible()
    page.get_by_role("button", name="已新建 1").click()
    expect(page.get_by_role("link", name="打开档案")).to_be_visible()
    with page.expect_download() as refused:
        page.get_by_role("link", name=re.compile("下载不能导入的 1 行")).click()
    assert refused.value.suggested_filename == "refused.xlsx"
    page.get_by_role("link", name="返回导入列表").click()
    upload()  # the same file again changes nothing
    expect(page.get_by_role("button", name="已在档 1")).to_be_visible()
    page.get_by_role("button", name="放弃导入").click()
    expect(page.get_by_text("没有写入任何内容")).to_be_visible()


def test_a_file_that_cannot_be_read_is_refused_in_words(open_page: Open, world: World) -> None:
    page = open_page("/imports")
    picture = {"name": "people.xlsx", "mimeType": "application/octet-stream", "buffer": b"PK\x03\x04 no workbook"}
    page.locator("input[type=file]").set_input_files([picture])  # type: ignore[list-item]
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_role("alert")).to_contain_text("读不出此文件")


def test_the_register_leaves_without_numbers_and_in_full_only_with_all_of_it(
    open_page: Open, world: World, service_engine: Engine
) -> None:
    page = open_page("/exports")

    def fetched(reason: str) -> Download:
        page.get_by_label(re.compile(reason)).check()
        page.get_by_role("button", name="导出名册").click()
        row = page.get_by_role("table", name="导出记录").locator("tbody tr").first
        expect(row).to_contain_text(reason)
        expect(row).to_contain_text("生成中")
        _exports(service_engine)
        expect(row.locator("td").nth(4)).to_have_text(re.compile("^[1-9]"))
        with page.expect_download() as file:
            row.get_by_role("link", name=re.compile("下载（至")).click()
        return file.value

    page.get_by_role("button", name="导出名册").click()
    expect(page.get_by_role("alert")).to_contain_text("用途")
    page.get_by_label("2 CSV 文本").check()
    masked = fetched("核对档案")
    assert masked.suggested_filename == "register.csv"
    text = masked.path().read_text(encoding="utf-8-sig")
    assert "张**" in text
    assert not re.search("身份证号|电话|住址|138", text)
    page.get_by_label(re.compile("完整显示")).check()
    page.get_by_label("2 CSV 文本").check()
    assert "张桂兰" in fetched("召回随访").path().read_text(encoding="utf-8-sig")
    expect(page.get_by_role("table", name="导出记录").locator("tbody tr").first).to_contain_text("nurse")
    expect(page.get_by_role("table", name="各列含义")).to_contain_text("18 位公民身份号码")


def test_how_columns_were_named_is_offered_for_the_next_file(open_page: Open, world: World) -> None:
    page = open_page("/imports", axe=True)
    number = checked("12010319620102009")
    csv = {"name": "unusual.csv", "mimeType": "text/csv", "buffer": f"何人,证号\n周命名,{number}\n".encode()}

    def upload() -> None:
        page.locator("input[type=file]").set_input_files([csv])  # type: ignore[list-item]
        page.get_by_role("button", name="上传并检查").click()
        expect(page).to_have_url(re.compile(r"/imports/[0-9a-f-]{36}$"))

    upload()
    expect(page.get_by_role("heading", name="待对应列")).to_be_visible()
    page.get_by_label(re.compile("^姓名")).select_option("何人")
    page.get_by_label(re.compile("^身份证号")).select_option("证号")
    page.get_by_role("button", name="按此检查").click()
    expect(page.get_by_role("heading", name="检查中")).to_be_visible()
    page.get_by_role("button", name="放弃导入").click()
    page.get_by_role("link", name="返回导入列表").click()
    upload()
    expect(page.get_by_role("status").filter(has_text="上一个同样表头的文件")).to_be_visible()
    expect(page.get_by_role("heading", name="检查中")).to_be_visible()
    assert axe_violations(page) == []
    page.get_by_role("button", name="放弃导入").click()


def test_the_state_of_the_service_is_the_administrators(open_page: Open, world: World) -> None:
    page = open_page("/state", "admin")
    expect(page.get_by_role("region", name="系统")).to_contain_text("PostgreSQL")
    expect(page.get_by_role("region", name="系统")).to_contain_text("最近收到的测量消息")
    nurse = open_page("/state")
    expect(nurse.get_by_role("alert")).to_contain_text("缺少权限")


def test_the_first_load_of_todays_work_is_light(open_page: Open, world: World) -> None:
    wire: list[float] = []

    def listen(page: Page) -> None:
        tools = page.context.new_cdp_session(page)
        tools.send("Network.enable")
        tools.on("Network.loadingFinished", lambda event: wire.append(event["encodedDataLength"]))

    page = open_page("/", before=listen)
    page.locator("tbody tr").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert 50_000 < sum(wire) < FIRST_LOAD_BYTES, sum(wire)


def test_the_last_six_visits_are_six_visits(open_page: Open, world: World) -> None:
    """A visit of both diseases is two records of one encounter."""
    page = open_page(f"/patients/{world.people['both']}/visit")
    table = page.get_by_role("table", name="最近六次")
    table.wait_for()
    days = table.locator("tbody th, tbody td:first-child").all_inner_texts()
    assert len(days) == len(set(days)) >= 4, days
