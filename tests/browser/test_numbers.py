"""Numbers: from a rate to a person, places beside each other, what a rule says of a case, and who may decide a report."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from .conftest import Open
from .watch import axe_violations
from .world import World


def _counts(page: Page) -> dict[str, int]:
    """What the figure of an indicator's page says: on each side of the number, how many."""
    words = page.get_by_role("group", name="数字背后的人").first.inner_text()
    found = re.search(r"未计入 (\d+)\s+计入分子 (\d+)\s+不在分母 (\d+)", words)
    assert found is not None, words
    return dict(zip(("not_met", "numerator", "excluded"), map(int, found.groups()), strict=True))


def test_a_manager_drills_from_a_rate_to_a_person(open_page: Open, world: World) -> None:
    page = open_page("/indicators", "manager")
    card = page.get_by_role("region", name="管理人群血压控制率", exact=True)
    expect(card).to_contain_text(re.compile(r"\d+/\d+ 人"))
    expect(card).to_contain_text("样本少")  # a number of so few people says so
    card.get_by_text("ⓘ 口径").click()
    expect(card).to_contain_text("数据截至")
    card.get_by_role("link", name=re.compile("未计入")).click()
    expect(page).to_have_url(re.compile(r"/indicators/IND-03\?.*bucket=not_met"))
    counts = _counts(page)
    for bucket, count in counts.items():  # each list is as long as its number
        page.goto(f"{world.address}/indicators/IND-03?disease=HTN&bucket={bucket}")
        expect(page.get_by_text(f"共 {count} 人")).to_be_visible()
        expect(page.get_by_role("group", name="数字背后的人").locator("tbody tr")).to_have_count(count)
    assert sum(counts.values()) > 0
    wanted = next(bucket for bucket, count in counts.items() if count)
    page.goto(f"{world.address}/indicators/IND-03?disease=HTN&bucket={wanted}")
    row = page.get_by_role("group", name="数字背后的人").locator("tbody tr").first
    row.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/patients/[0-9a-f-]{36}$"))


def test_a_number_by_quarter_and_month_leads_to_its_people(open_page: Open, world: World) -> None:
    page = open_page("/indicators", "manager")
    page.get_by_role("group", name="计数时段").get_by_text("季度").click()
    expect(page).to_have_url(re.compile(r"span=quarter"))
    expect(page.get_by_text("本季度在管者")).to_be_visible()
    expect(page.get_by_role("region", name="高血压患者规范管理率", exact=True)).to_have_count(0)  # asked of a year
    card = page.get_by_role("region", name="管理人群血压控制率", exact=True)
    card.get_by_role("link", name=re.compile("未计入")).click()
    expect(page).to_have_url(re.compile(r"/indicators/IND-03\?.*span=quarter"))
    for span in ("quarter", "month"):
        page.goto(f"{world.address}/indicators/IND-03?disease=HTN&span={span}")
        counts = _counts(page)
        assert sum(counts.values()) > 0
        for bucket, count in counts.items():
            page.goto(f"{world.address}/indicators/IND-03?disease=HTN&span={span}&bucket={bucket}")
            expect(page.get_by_text(f"共 {count} 人")).to_be_visible()


def test_the_month_and_the_disease_stand_in_the_address(open_page: Open) -> None:
    page = open_page("/indicators?disease=T2DM", "manager")
    expect(page.get_by_role("region", name="管理人群血糖控制率", exact=True)).to_be_visible()
    chooser = page.get_by_label("截至")
    earlier = chooser.locator("option").nth(1).inner_text()
    chooser.select_option(earlier)
    expect(page).to_have_url(re.compile(f"disease=T2DM.*period={earlier}|period={earlier}.*disease=T2DM"))
    page.reload()
    expect(page.get_by_label("截至")).to_have_value(earlier)
    page.go_back()
    expect(page).not_to_have_url(re.compile("period="))


def test_a_supervisor_compares_clinics_and_goes_down_the_tree(open_page: Open) -> None:
    page = open_page("/district", "supervisor")
    page.get_by_role("heading", name=re.compile("区县总览 · 天津市")).wait_for()
    table = page.get_by_role("group", name="管理人群血压控制率", exact=True).first
    expect(table.locator("tbody tr").first).to_contain_text("慢病管理中心")
    page.get_by_role("button", name="各区县").click()
    row = table.locator("tbody tr").filter(has_text="河西区")
    row.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=re.compile("区县总览 · 河西区")).wait_for()
    page.get_by_role("navigation", name="所在层级").get_by_role("button", name="天津市").click()
    page.get_by_role("heading", name=re.compile("区县总览 · 天津市")).wait_for()
    page.get_by_role("link", name="看详情 →").first.click()
    expect(page.get_by_role("alert")).to_contain_text("缺少权限：查看居民")  # numbers, and no names


def test_what_a_rule_says_of_a_case_is_what_a_visit_would_hear(open_page: Open) -> None:
    page = open_page("/rules?tab=try", "doctor")
    page.get_by_label("年龄（岁）").fill("70")
    page.get_by_label("收缩压").fill("1520")
    page.get_by_label("舒张压").fill("112")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("收缩压")
    page.get_by_label("收缩压").fill("186")
    page.keyboard.press("Control+Enter")
    answer = page.get_by_role("region", name="判定结果")
    expect(answer).to_contain_text("紧急转诊")
    expect(answer).to_contain_text("HTN-EM-01")
    expect(page.get_by_label("收缩压")).to_have_value("186")  # the case stays to be changed
    page.get_by_label("收缩压").fill("132")
    page.get_by_label("舒张压").fill("82")
    page.keyboard.press("Control+Enter")
    expect(answer).to_contain_text("控制满意")
    expect(answer).not_to_contain_text("紧急转诊")


def test_a_published_month_is_revised_with_a_reason_only(open_page: Open) -> None:
    page = open_page("/reports", "manager")
    page.get_by_role("button", name="发布报表").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("截至月份").press("Control+Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("修订须写明原因")
    dialog.get_by_label("修订原因").fill("补录了随访")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("第 2 版")
    standing = page.get_by_role("region", name="状态与责任")
    expect(standing).to_contain_text("补录了随访")
    with page.expect_download() as saved:
        standing.get_by_role("link", name="下载 CSV").click()
    assert saved.value.suggested_filename.endswith(".csv")
    standing.get_by_role("link", name="上一版").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("第 1 版")


def test_a_report_of_the_region_takes_two_people(open_page: Open) -> None:
    page = open_page("/reports", "supervisor")
    page.get_by_role("button", name="发布报表").click()
    page.get_by_role("dialog").get_by_label("截至月份").press("Control+Enter")
    expect(page.get_by_text("等待第二人批准；")).to_be_visible()
    page.get_by_role("button", name="批准发布").click()
    expect(page.get_by_role("alert")).to_contain_text("须由另一人决定")
    second = open_page(page.url.removeprefix(page.url.split("/reports")[0]), "supervisor2")
    second.get_by_role("button", name="批准发布").click()
    expect(second.get_by_role("region", name="状态与责任")).to_contain_text("已发布")
    expect(second.get_by_role("button", name="批准发布")).to_have_count(0)


def test_a_doctor_sets_a_band_and_gives_the_computed_one_back(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['both']}", "doctor")
    page.get_by_role("button", name="为什么 →").click()
    standing = page.get_by_role("region", name="并发症风险")
    expect(standing).to_contain_text("系统计算")
    standing.get_by_role("button", name="医生判定").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(re.compile("很高危")).check()
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("理由")  # not without a reason
    dialog.get_by_label("理由").fill("颈动脉重度狭窄，院外确诊")
    page.keyboard.press("Control+Enter")
    expect(standing).to_contain_text("很高危")
    expect(page.get_by_role("region", name="医生的判定")).to_contain_text("颈动脉重度狭窄")
    page.goto(f"{world.address}/risk?kind=4")
    expect(page.get_by_role("group", name="按风险排序的名单").locator("tbody tr")).to_contain_text("（医生）")
    page.go_back()
    standing.get_by_role("button", name="医生判定").click()
    dialog.get_by_label(re.compile("恢复系统计算")).check()
    dialog.get_by_label("理由").fill("复查后按系统计算")
    page.keyboard.press("Control+Enter")
    expect(standing).not_to_contain_text("很高危")


def test_showing_the_models_takes_two_people_and_shadow_one(open_page: Open) -> None:
    page = open_page("/risk/models", "supervisor")
    region = page.get_by_role("region", name="天津市的启用情况")
    expect(region).to_contain_text("影子运行")
    region.get_by_role("button", name="改变启用情况").click()
    page.get_by_role("dialog").get_by_label("理由").fill("本地验证已完成")
    page.keyboard.press("Control+Enter")
    region.get_by_role("button", name="确认启用").click()
    expect(region.get_by_role("alert")).to_contain_text("须由另一人决定")
    second = open_page("/risk/models", "supervisor2")
    theirs = second.get_by_role("region", name="天津市的启用情况")
    theirs.get_by_role("button", name="确认启用").click()
    expect(theirs).to_contain_text("训练模型的数值显示给医护人员")
    theirs.get_by_role("button", name="改变启用情况").click()
    second.get_by_role("dialog").get_by_label(re.compile("影子运行")).check()
    second.get_by_role("dialog").get_by_label("理由").fill("暂停")
    second.keyboard.press("Control+Enter")
    expect(theirs).to_contain_text("训练模型只计算、不显示")


def test_a_number_is_the_same_on_card_table_file_and_district(open_page: Open, world: World) -> None:
    page = open_page("/indicators?disease=T2DM", "supervisor")
    card = page.get_by_role("region", name="管理人群血糖控制率", exact=True)
    counted = re.search(r"(\d+)/(\d+) 人", card.inner_text())
    assert counted is not None
    numerator, denominator = counted.groups()
    row = page.get_by_role("group", name="全部指标").locator("tr").filter(has_text="IND-04")
    expect(row).to_contain_text(f"{numerator}/{denominator}")
    with page.expect_download() as saved:
        page.get_by_role("button", name="导出 CSV").click()
    lines = Path(saved.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[2:4] for line in lines if line.startswith("IND-04,")] == [[numerator, denominator]]
    page.goto(f"{world.address}/district?disease=T2DM&code=IND-04")
    ranked = page.get_by_role("group", name="管理人群血糖控制率", exact=True).first
    expect(ranked.locator("tbody tr").filter(has_text="第1慢病管理中心")).to_contain_text(f"{numerator}/{denominator}")


def test_every_chart_has_its_table_and_paper_has_no_controls(open_page: Open) -> None:
    page = open_page("/indicators", "manager")
    page.locator("main [role=img] svg").first.wait_for()
    page.keyboard.press("v")
    expect(page).to_have_url(re.compile("view=table"))
    expect(page.locator("main [role=img]")).to_have_count(0)
    expect(page.get_by_role("group", name="治疗结局（按月，全体在管）").locator("tbody tr").first).to_be_visible()
    page.keyboard.press("v")
    page.locator("main [role=img] svg").first.wait_for()
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="主导航")).to_be_hidden()
    expect(page.get_by_role("button", name="导出 CSV")).to_be_hidden()
    expect(page.get_by_role("heading", name=re.compile("高血压指标"))).to_be_visible()
    sheet = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", page.pdf(prefer_css_page_size=True))
    assert sheet is not None
    assert float(sheet[1]) > float(sheet[2])  # A4 landscape


def test_a_supervisor_begins_with_all_that_is_overseen(open_page: Open) -> None:
    page = open_page("/risk", "supervisor")
    page.get_by_role("heading", name="风险分层 · 天津市").wait_for()
    page.locator("tbody tr").filter(has_text="第1慢病管理中心").click()
    page.get_by_role("heading", name=re.compile("第1慢病管理中心")).wait_for()
    expect(page.get_by_role("group", name="按风险排序的名单")).to_have_count(0)  # no names without the right
    page.get_by_role("navigation", name="所在层级").get_by_role("button", name="河西区").click()
    page.get_by_role("heading", name="风险分层 · 河西区").wait_for()


def _work(page: Page, world: World) -> list[dict[str, Any]]:
    """The tasks of today's work that came from an indicator's list."""
    answer = page.request.get(
        f"{world.address}/v1/worklist", params={"clinic": world.clinics[0], "kind": "indicator_list"}
    )
    assert answer.ok, answer.text()
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_people_of_a_list_are_put_on_todays_work_once(open_page: Open, world: World) -> None:
    page = open_page("/indicators/IND-03?disease=HTN&bucket=not_met", "nurse", axe=True)
    behind = page.get_by_role("group", name="数字背后的人").last
    boxes = behind.get_by_role("checkbox")
    expect(boxes.first).to_be_visible()
    people = [str(behind.locator("tbody tr").nth(at).get_attribute("data-row"))[:36] for at in (0, 1)]
    add = page.get_by_role("button", name="加入今日工作")
    expect(add).to_be_disabled()
    boxes.nth(0).check()
    boxes.nth(1).check()
    assert axe_violations(page) == []
    add.click()
    expect(page.get_by_text("2 人已加入今日工作")).to_be_visible()
    expect(add).to_be_disabled()  # nobody is chosen any more
    tasks = _work(page, world)
    try:
        assert sorted(each["patient"]["id"] for each in tasks) == sorted(people)
        boxes.nth(0).check()
        boxes.nth(1).check()
        add.click()
        expect(page.get_by_text("2 人已在今日工作中或今日已处理，未重复加入")).to_be_visible()
        assert [each["id"] for each in _work(page, world)] == [each["id"] for each in tasks]
        page.goto(f"{world.address}/?kind=indicator_list")
        for each in tasks:
            row = page.get_by_role("row").filter(has_text=each["patient"]["name"])
            expect(row).to_contain_text("由指标名单加入：IND-03 未达标")
        assert axe_violations(page) == []
        english = open_page("/?kind=indicator_list", "nurse", language="en")
        expect(english.get_by_text("from an indicator's list: IND-03 not met").first).to_be_visible()
    finally:
        for each in tasks:  # as the others of this folder expect the list
            undone = page.request.post(
                f"{world.address}/v1/worklist/{each['id']}:undo", headers={"Origin": world.address}
            )
            assert undone.ok, undone.text()
    assert _work(page, world) == []


def test_a_definition_says_since_when_it_holds_and_what_it_depends_on(open_page: Open) -> None:
    page = open_page("/definitions?open=IND-02.HTN", "supervisor", axe=True)
    card = page.get_by_role("region", name="高血压患者规范管理率", exact=True)
    expect(card).to_contain_text("CN-NBPHS-2017/1 · 2017-02-28 起 · 自规范印发之日起")
    table = card.get_by_role("table", name="依赖的数据")
    expect(table.get_by_role("row").filter(has_text="随访记录")).to_contain_text("face_to_face_days")
    expect(table.get_by_role("row").filter(has_text="年度体检")).to_contain_text("exams")
    expect(table.get_by_role("row").filter(has_text="化验结果")).to_have_count(0)
    assert axe_violations(page) == []
    page = open_page("/definitions?open=IND-21.T2DM", "supervisor", language="en")
    expect(page.get_by_role("table", name="What it depends on")).to_contain_text("Laboratory results")
    expect(page.get_by_text("no dates named")).to_be_visible()
