"""Finding somebody and putting somebody on file: numbers however they are typed, documents of every kind, no mouse."""

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import Open
from .watch import axe_violations
from .world import World, checked

NAMED = re.compile(r"/patients/[0-9a-f-]{36}$")
MOST_SECONDS = 60


def _file(page: Page, world: World, login: str, **given: str) -> str:
    """Somebody on file, by the API; `login` is whose session the page has."""
    clinic = world.clinics[1 if login.endswith("2") else 0]
    body = {"sex": "F", "birth_date": "1953-04-05", "clinic_id": clinic} | given
    made = page.request.post(f"{world.address}/v1/patients", data=body, headers={"Origin": world.address})
    assert made.ok, made.text()
    return str(made.json()["id"])


def _search(page: Page, text: str) -> None:
    page.locator("nav").wait_for()
    page.keyboard.press("/")
    page.keyboard.insert_text(text)
    page.keyboard.press("Enter")


def test_the_dot_of_a_name_is_found_however_it_is_typed(open_page: Open, world: World) -> None:
    page = open_page("/patients")
    _file(page, world, "nurse", name="买买提·艾山")
    for typed in ("买买提·艾山", "买买提•艾山", "买买提・艾山", "买买提艾山", "  艾山 ", "买买提 · 艾山"):
        _search(page, typed)
        expect(page.get_by_text("按姓名")).to_be_visible()
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page.locator("tbody")).to_contain_text("买**")


def test_a_phone_however_it_is_typed(open_page: Open, world: World) -> None:
    page = open_page("/patients")
    person = _file(page, world, "nurse", name="秦电话", phone="13901230077")
    for typed in ("13901230077", "１３９０１２３００７７", "139 0123 0077", "+86 139-0123-0077", "0077"):
        _search(page, typed)
        expect(page.locator("tbody a").first).to_have_attribute("href", f"/patients/{person}")


def test_more_than_twenty_are_asked_to_be_narrowed(open_page: Open, world: World) -> None:
    page = open_page("/patients", axe=True)
    for number in range(21):
        _file(page, world, "nurse", name="尤众多", phone=f"138777700{number:02}")
    _search(page, "尤众多")
    expect(page.get_by_text("▲")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(20)
    assert axe_violations(page) == []
    _search(page, "13877770007")
    expect(page.get_by_text("▲")).to_have_count(0)
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_search_is_in_the_trail_of_whom_it_showed(open_page: Open, world: World) -> None:
    """Who was found has a line, with what was sought only by its kind; who is not shown to a clinic was not seen by it."""
    auditor = open_page("/audit", "auditor")
    asked = f"{world.address}/v1/audit?person={world.people['foreign']}&act=search"

    def trail() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = auditor.request.get(asked).json()["items"]
        return items

    before = len(trail())
    theirs = open_page("/patients", "nurse2")
    _search(theirs, "欧阳修文")
    expect(theirs.locator("tbody")).to_contain_text("欧**")
    found = trail()
    assert len(found) == before + 1
    assert found[0]["detail"]["kinds"] == ["name"]
    assert "欧阳" not in str(found)
    nurse = open_page("/patients")
    _search(nurse, "欧阳修文")
    expect(nurse.get_by_text("没有找到")).to_be_visible()
    assert len(trail()) == before + 1


WRONG = checked("12010319610305103")


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (WRONG[:-1] + ("0" if WRONG[-1] != "0" else "1"), "校验"),
        ("120103196113451030", "日期"),
        ("12010319610305", None),
    ],
)
def test_a_wrong_number_is_refused_with_its_reason(open_page: Open, number: str, reason: str | None) -> None:
    page = open_page("/patients/new")
    page.get_by_label("证件号码").fill(number)
    page.get_by_label("姓名").fill("许错号")
    if reason:
        expect(page.locator("aside")).to_contain_text(reason)
        expect(page.get_by_text("由证件得出")).to_have_count(0)
    page.keyboard.press("F8")
    expect(page.get_by_role("alert")).to_contain_text("证件号码")
    expect(page).to_have_url(re.compile("/patients/new$"))


# kind, number, what is read from it
DOCUMENTS = {
    "fifteen digits": ("CITIZEN_ID", "120103610305103", ("1961-03-05", "男")),
    "Hong Kong": ("HK_MO_TW_PERMIT", checked("81000019610305103"), ("1961-03-05", "男")),
    "Macau": ("HK_MO_TW_PERMIT", checked("82000019610305104"), ("1961-03-05", "女")),
    "Taiwan": ("HK_MO_TW_PERMIT", checked("83000019610305103"), ("1961-03-05", "男")),
    "foreigner": ("FOREIGN_PERMANENT", checked("91112319610305104"), ("1961-03-05", "女")),
}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_document_tells_what_stands_in_it(open_page: Open, document: str) -> None:
    kind, number, told = DOCUMENTS[document]
    page = open_page("/patients/new")
    page.get_by_label("证件类型").select_option(kind)
    page.get_by_label("证件号码").fill(number)
    for part in told:
        expect(page.get_by_text("由证件得出")).to_contain_text(part)
    expect(page.get_by_label("出生日期")).to_have_count(0)  # what the document says is not typed
    page.get_by_label("姓名").fill("何证件")
    page.keyboard.press("F8")
    page.wait_for_url(NAMED)
    page.goto(page.url + "?show=person")
    expect(page.locator("main dl").last).to_contain_text("1961-03-05")


def test_a_scanned_permit_opens_the_form_of_its_kind(open_page: Open) -> None:
    page = open_page("/")
    number = checked("83000019620405201")
    _search(page, number)
    expect(page).to_have_url(re.compile("/patients/new$"))
    expect(page.get_by_label("证件类型")).to_have_value("HK_MO_TW_PERMIT")
    expect(page.get_by_text("由证件得出")).to_contain_text("1962-04-05")


def test_the_same_number_leaves_only_the_record_on_file(open_page: Open, world: World) -> None:
    page = open_page("/patients/new", axe=True)
    person = _file(page, world, "nurse", name="吕在档", citizen_id=checked("12010319610305201"))
    page.get_by_label("证件号码").fill(checked("12010319610305201"))
    page.get_by_label("姓名").fill("吕别名")
    expect(page.get_by_text("请打开已有档案")).to_be_visible()
    expect(page.get_by_role("button", name="保存建档")).to_be_disabled()
    page.keyboard.press("F8")
    expect(page).to_have_url(re.compile("/patients/new$"))
    assert axe_violations(page) == []
    page.get_by_role("button", name="打开已有").first.click()
    expect(page).to_have_url(re.compile(person))


def test_a_likeness_advises_and_blocks_nothing(open_page: Open, world: World) -> None:
    page = open_page("/patients/new")
    _file(page, world, "nurse", name="施相似", phone="13901239999", birth_date="1951-02-03")
    page.get_by_label("证件类型").select_option("NONE")
    page.get_by_label("姓名").fill("施相似")
    page.get_by_label(re.compile("女")).first.check()
    page.get_by_label("出生日期").fill("19510203")
    page.get_by_label("电话", exact=True).fill("13901239999")
    likely = page.locator("aside").get_by_role("region", name="可能已建档")
    expect(likely).to_contain_text("施**")
    expect(likely).to_contain_text(re.compile("电话|生日|出生"))  # why
    page.keyboard.press("F8")
    page.wait_for_url(NAMED)


def test_a_person_is_enrolled_without_a_mouse_within_a_minute(open_page: Open) -> None:
    """From today's work to the page of the new person, typed at some seven strokes a second."""
    page = open_page("/")
    page.locator("nav").wait_for()
    begun = time.monotonic()

    def fill(*answers: str) -> None:
        for answer in answers:
            page.keyboard.type(answer, delay=140)
            page.keyboard.press("Enter", delay=140)

    page.keyboard.press("/")
    fill(checked("12010319590708203"))  # a card that is scanned ends with Enter
    expect(page).to_have_url(re.compile("/patients/new$"))
    expect(page.get_by_text("由证件得出")).to_contain_text("1959-07-08")
    for label, answer in (("姓名", "Kong Jianpan"), ("电话", "13901238888"), ("居住地址", "河西区尖山街2号")):
        _reach(page, label)
        page.keyboard.type(answer, delay=140)
    _reach(page, "纳入管理的病种")
    page.keyboard.press("1")
    for label, answer in (("高血压确诊日期", "20250110"), ("高血压确诊机构", "市第一医院"), ("责任医生", "王医生")):
        _reach(page, label)
        page.keyboard.type(answer, delay=140)
    _reach(page, "已告知并同意")
    page.keyboard.press("Space")
    page.keyboard.press("F8")
    page.wait_for_url(NAMED)
    expect(page.get_by_role("heading", name="Kong Jianpan")).to_be_visible()
    assert time.monotonic() - begun <= MOST_SECONDS


def _reach(page: Page, label: str) -> None:
    """Enter, Enter … until the field of this label has the focus."""
    focused = "() => document.activeElement?.closest('[data-field]')?.innerText.split('\\n')[0] ?? ''"
    for _ in range(20):
        if page.evaluate(focused).startswith(label):
            return
        page.keyboard.press("Enter", delay=60)
    raise AssertionError(f"{label} is not reached by Enter")


def test_what_was_typed_waits_when_somebody_looks_elsewhere(open_page: Open) -> None:
    page = open_page("/patients/new")
    page.get_by_label("姓名").fill("张未完")
    page.get_by_role("link", name="今日工作").click()
    page.get_by_role("heading", name="今日工作").wait_for()
    page.get_by_role("link", name="登记建档").click()
    expect(page.get_by_label("姓名")).to_have_value("张未完")
    expect(page.get_by_role("status").filter(has_text="放弃重填")).to_be_visible()
    page.get_by_role("button", name="放弃重填").click()
    expect(page.get_by_label("姓名")).to_have_value("")
