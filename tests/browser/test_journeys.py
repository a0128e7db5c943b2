"""What people do all day, from one end to the other, as they would do it: mostly by keyboard."""

import re

import pyotp
from playwright.sync_api import Page, expect

from .conftest import PASSWORD, Open
from .watch import axe_violations
from .world import PERSON, World, checked

NAMED = re.compile(r"/patients/[0-9a-f-]{36}$")


def _sign_in(page: Page, login: str) -> None:
    page.get_by_label("用户名").fill(login)
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("nav").wait_for()


def test_signing_in_by_keyboard_and_out_again(open_page: Open, world: World) -> None:
    page = open_page("/", None)
    page.get_by_label("用户名").wait_for()
    page.keyboard.type(world.logins["nurse"])
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="今日工作")).to_be_visible()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_label("用户名")).to_be_visible()


def test_search_to_the_patient_and_a_correction_that_keeps_the_past(open_page: Open, world: World) -> None:
    page = open_page("/")
    page.locator("nav").wait_for()
    page.keyboard.press("/")
    page.keyboard.type("zgl")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="张**").click()
    expect(page.get_by_role("heading", name=PERSON["name"])).to_be_visible()
    assert "zgl" not in page.url
    page.get_by_role("button", name="检验", exact=True).click()
    page.get_by_role("button", name="更正").first.click()
    page.get_by_label("结果").fill("7.9")
    page.get_by_role("button", name="保存更正").click()
    expect(page.get_by_role("alert")).to_contain_text("更正原因")  # not without a reason
    page.get_by_label("更正原因").fill("录入有误")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("cell", name="7.9 %")).to_be_visible()
    page.get_by_text("显示更正历史").click()
    expect(page.get_by_role("cell", name="7.4 %")).to_be_visible()
    expect(page.get_by_role("cell", name="录入有误")).to_be_visible()


def test_a_field_is_shown_in_full_with_a_reason(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['both']}")
    page.get_by_role("heading", name=PERSON["name"]).wait_for()
    assert PERSON["phone"] not in page.content()
    page.keyboard.press("m")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert axe_violations_of(page) == []
    dialog.get_by_label("电话联系").or_(dialog.locator("input[type=radio]").first).first.check()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(PERSON["phone"])).to_be_visible()


def axe_violations_of(page: Page) -> list[str]:
    """axe-core where the page was opened with it; an open dialog is part of the page."""
    return axe_violations(page) if page.evaluate("typeof axe !== 'undefined'") else []


def test_registration_meets_the_document_and_a_likeness(open_page: Open, world: World) -> None:
    page = open_page("/patients/new")
    number = page.get_by_label("证件号码")
    number.fill("120103195811202040")
    expect(page.locator("aside")).to_contain_text(re.compile("校验|check digit|号码"))
    number.fill(checked("12010319581120204"))
    expect(page.get_by_text("请打开已有档案")).to_be_visible()
    expect(page.get_by_role("button", name="保存建档")).to_be_disabled()
    number.fill(checked("12010319580302202"))
    expect(page.get_by_text("由证件得出")).to_contain_text("1958-03-02")
    page.get_by_label("姓名").fill("李秀英")
    page.get_by_label("电话", exact=True).fill("13612340002")
    expect(page.get_by_role("button", name="打开已有").first).to_be_visible()  # it advises and blocks nothing
    page.get_by_label("1 高血压").check()
    page.keyboard.press("F8")
    expect(page.get_by_role("alert")).to_contain_text("责任医生")
    page.get_by_label("高血压确诊日期").fill("20240110")
    page.get_by_label("高血压确诊机构").fill("市第一医院")
    page.get_by_label("责任医生").fill("王医生")
    page.get_by_label("已告知并同意").check()
    page.keyboard.press("F8")
    page.wait_for_url(NAMED)
    expect(page.get_by_role("heading", name="李秀英")).to_be_visible()
    expect(page.locator("header dl")).to_contain_text("高血压")


class Counted:
    """Counts the strokes of a keyboard; a chord is two."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.strokes = 0

    def type(self, text: str) -> None:
        self.strokes += len(text)
        self.page.keyboard.type(text)

    def press(self, key: str) -> None:
        self.strokes += key.count("+") + 1
        self.page.keyboard.press(key)

    def fill(self, *answers: str) -> None:
        """Answers one after the other, each ended by Enter."""
        for answer in answers:
            self.type(answer)
            self.press("Enter")


def test_a_visit_of_both_diseases_by_keyboard(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['both']}")
    page.get_by_role("heading", name=PERSON["name"]).wait_for()
    keys = Counted(page)
    keys.press("f")
    expect(page.get_by_label("收缩压")).to_be_focused()
    keys.press("F2")
    expect(page.get_by_label("日吸烟（支）")).to_have_value("0")
    assert page.get_by_label("收缩压").input_value() == ""  # measured values are never carried over
    keys.fill("152", "88", "76", "66", "6.8", "", "", "")  # pressure, pulse, weight, glucose; height, goal, other empty
    keys.fill("1", "1", "1", "1", "1")  # symptoms of both, foot pulse, hypoglycaemia, adherence
    judged = page.locator("aside")
    expect(judged).to_contain_text("控制不满意")
    expect(judged).to_contain_text("控制满意")
    shown = page.locator("aside [class*=next]").all_inner_texts()
    keys.press("Control+Enter")
    heading = page.get_by_role("heading", name="随访已保存")
    expect(heading).to_be_visible()
    assert keys.strokes <= 60, keys.strokes
    assert page.locator("main [class*=next]").all_inner_texts() == shown  # what was shown is what is stored


def test_a_critical_reading_is_told_at_once(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['both']}")
    page.get_by_role("heading", name=PERSON["name"]).wait_for()
    page.keyboard.press("r")
    page.get_by_label("收缩压").first.fill("186")
    page.get_by_label("舒张压").first.fill("190")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("收缩压应高于舒张压")
    page.get_by_label("舒张压").first.fill("112")
    expect(page.get_by_role("dialog").locator("[data-critical]")).to_contain_text("立即呼叫医生")  # before it is saved
    page.get_by_label("收缩压").first.fill("128")
    page.get_by_label("舒张压").first.fill("78")
    expect(page.get_by_role("dialog").locator("[data-critical]")).to_have_count(0)
    page.get_by_label("收缩压").first.fill("186")
    page.get_by_label("舒张压").first.fill("112")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("186/112")
    expect(page.get_by_role("dialog")).to_contain_text("危急读数")


def test_the_queue_of_held_readings_by_keyboard(open_page: Open, world: World) -> None:
    page = open_page("/review")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(3)
    page.get_by_role("heading", name="读数", exact=True).wait_for()
    page.get_by_text("发来的值").wait_for()
    page.keyboard.press("x")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="撤销").click()
    expect(rows).to_have_count(3)


def test_a_reading_of_nobody_finds_its_person(open_page: Open, world: World) -> None:
    page = open_page("/unmatched")
    page.get_by_text("可能的患者").wait_for()
    page.get_by_label("按姓名或号码查找其他人").fill("张桂兰")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="归此人").last.click()
    expect(page.get_by_text("没有待处理的读数")).to_be_visible()
    page.get_by_role("button", name="撤销").click()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_two_records_become_one_and_two_again(open_page: Open, world: World) -> None:
    page = open_page("/duplicates", "manager")
    page.locator("tbody tr").first.click()
    page.get_by_role("button", name="合并档案").click()
    page.get_by_role("button", name="确认合并").click()
    page.wait_for_url(NAMED)
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_text("合并已撤销")).to_be_visible()
    page.goto(f"{world.address}/duplicates")
    expect(page.locator("tbody tr")).not_to_have_count(0)


def test_a_locked_screen_shows_nobody_and_gives_back_the_form(open_page: Open, world: World) -> None:
    page = open_page("/", None)
    _sign_in(page, world.logins["doctor"])
    page.get_by_role("link", name="登记建档").click()
    page.get_by_label("姓名").fill("孙未存")
    page.evaluate("fetch('/v1/session:lock', {method: 'POST'})")
    page.get_by_label("电话", exact=True).fill("13912340003")  # the next request meets the lock
    expect(page.get_by_role("heading", name="屏幕已锁定")).to_be_visible()
    assert "孙未存" not in page.content()
    page.locator("input[type=password]").fill("wrong wrong wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("密码不正确")).to_be_visible()
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("姓名")).to_have_value("孙未存")
    page.get_by_role("button", name="放弃重填").click()


def test_an_ended_session_keeps_the_form_for_its_owner_alone(open_page: Open, world: World) -> None:
    page = open_page("/", None)
    _sign_in(page, world.logins["doctor"])
    page.get_by_role("link", name="登记建档").click()
    page.get_by_label("姓名").fill("周未存")
    page.evaluate("fetch('/v1/session', {method: 'DELETE'})")
    page.get_by_label("电话", exact=True).fill("13912340004")
    expect(page.get_by_text("登录已失效")).to_be_visible()
    _sign_in(page, world.logins["doctor"])
    expect(page.get_by_label("姓名")).to_have_value("周未存")
    page.evaluate("fetch('/v1/session', {method: 'DELETE'})")
    page.get_by_label("居住地址").fill("河西区")
    expect(page.get_by_text("登录已失效")).to_be_visible()
    _sign_in(page, world.logins["manager"])
    expect(page.get_by_label("姓名")).to_have_value("")


def test_two_clinics_do_not_see_each_other(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['foreign']}")
    expect(page.get_by_role("alert")).to_be_visible()
    assert "欧阳" not in page.content()
    page.keyboard.press("/")
    page.keyboard.type("欧阳修文")
    page.keyboard.press("Enter")
    expect(page.get_by_text("没有找到")).to_be_visible()
    other = open_page("/patients", "nurse2")
    expect(other.locator("tbody tr")).to_have_count(1)
    expect(other.locator("tbody")).to_contain_text("欧**")


def test_a_chart_and_its_table_and_the_keys(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['both']}")
    page.get_by_role("img", name=re.compile(r"血压 \d+ 次")).locator("svg").wait_for()
    page.keyboard.press("v")
    expect(page.get_by_role("columnheader", name=re.compile("血压"))).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("快捷键")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_filters_stand_in_the_address(open_page: Open, world: World) -> None:
    page = open_page("/patients?disease=HTN&order=oldest")
    expect(page.get_by_label("病种")).to_have_value("HTN")
    page.get_by_label("性别").select_option("F")
    expect(page).to_have_url(re.compile("sex=F"))
    page.reload()
    expect(page.get_by_label("性别")).to_have_value("F")
    page.go_back()
    expect(page.get_by_label("性别")).to_have_value("")


def test_an_administrator_makes_a_user(open_page: Open, world: World) -> None:
    page = open_page("/users", "admin")
    page.get_by_role("button", name="新建用户").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("用户名").fill("new-nurse")
    dialog.get_by_label("姓名").fill("新护士")
    dialog.get_by_label("角色").first.select_option("nurse")
    dialog.get_by_label("机构").first.select_option(world.clinics[0])
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("只显示这一次")).to_be_visible()
    page.get_by_role("button", name="已记下").click()
    expect(page.get_by_role("cell", name="new-nurse")).to_be_visible()


def test_a_medicine_against_an_allergy_needs_a_doctor(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['other']}?show=allergies")
    page.get_by_role("region", name="过敏史", exact=True).get_by_role("button", name="新增").first.click()
    page.get_by_label("过敏物").fill("二甲双胍")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("cell", name="二甲双胍")).to_be_visible()
    page.get_by_role("button", name="用药", exact=True).click()
    page.get_by_role("region", name="用药", exact=True).get_by_role("button", name="新增").first.click()
    page.get_by_label("药名").fill("二甲双胍片")
    expect(page.get_by_role("dialog")).to_contain_text("过敏")  # told before it is saved
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("需由医生处理")).to_be_visible()
    doctor = open_page(f"/patients/{world.people['other']}?show=medicines", "doctor")
    doctor.get_by_role("button", name="医生放行").click()
    doctor.get_by_label("仍然使用的理由").fill("既往为误记")
    doctor.keyboard.press("Control+Enter")
    expect(doctor.get_by_role("button", name="第二人核对")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="第二人核对").click()
    expect(page.get_by_text("没有待处理的用药核对")).to_be_visible()
    expect(page.get_by_role("cell", name="二甲双胍片")).to_be_visible()


def test_no_line_of_a_chart_crosses_sixty_days_without_a_value(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['gap']}?days=365")
    drawn = page.get_by_role("region", name="血压").locator("[role=img] svg")
    drawn.wait_for()
    page.wait_for_timeout(300)
    lines = drawn.locator("path[fill=none][stroke-width='1.5']")
    moves = [(line.get_attribute("d") or "").count("M") for line in lines.all()]
    assert moves == [2, 2]  # systolic and diastolic, each in two parts


def test_a_second_factor_is_turned_on_with_a_code(open_page: Open, world: World) -> None:
    page = open_page("/settings", "manager")
    page.get_by_role("button", name="开启两步验证").click()
    page.locator("dialog input[type=password]").fill(PASSWORD)
    page.keyboard.press("Control+Enter")
    secret = page.locator("dialog code").inner_text().replace(" ", "")
    page.get_by_label("动态验证码").fill("000000")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    page.get_by_label("动态验证码").fill(pyotp.TOTP(secret).now())
    page.keyboard.press("Control+Enter")
    expect(page.locator("dialog li")).to_have_count(10)
    page.get_by_role("button", name="已记下").click()
    page.get_by_role("button", name="关闭两步验证").click()
    page.locator("dialog input[type=password]").fill(PASSWORD)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="开启两步验证")).to_be_visible()


def test_a_machine_gets_a_key_that_is_shown_once(open_page: Open, world: World) -> None:
    page = open_page("/machines", "admin")
    page.get_by_role("button", name="新建密钥").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("设备网关").check()
    dialog.get_by_label("名称").fill("一号网关")
    dialog.get_by_label("机构").select_option(world.clinics[0])
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog").locator("code")).to_contain_text("cmcgw_")
    page.get_by_role("button", name="已记下").click()
    row = page.get_by_role("row").filter(has_text="一号网关")
    row.get_by_role("button", name="全部吊销").click()
    row.get_by_role("button", name="再按一次确认吊销").click()
    expect(row.get_by_text("已吊销").first).to_be_visible()


def test_an_auditor_sees_who_saw_a_person(open_page: Open, world: World) -> None:
    page = open_page("/audit?act=list", "auditor")
    page.locator("tbody tr").first.wait_for()
    page.goto(f"{world.address}/audit?person={world.people['both']}")
    expect(page.get_by_role("heading", name="谁看过这个患者")).to_be_visible()
    expect(page.get_by_role("table", name="谁看过这个患者").locator("tbody tr").first).to_be_visible()
    assert page.locator("main button", has_text=re.compile("删除|修改")).count() == 0
