"""The page of one person: numbers lead to their records, bands are the person's own, nothing is drawn that is not known."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Response, expect

from cmc.core import clock
from cmc.core.clock import LOCAL

from .conftest import Open
from .watch import axe_violations
from .world import World

MOST_JSON = 200_000
YEARS_DAYS = 5 * 365


def _origin(world: World) -> dict[str, str]:
    return {"Origin": world.address}


def _person(page: Page, world: World, name: str) -> str:
    body = {"name": name, "sex": "M", "birth_date": "1956-07-08", "clinic_id": world.clinics[0]}
    made = page.request.post(f"{world.address}/v1/patients", data=body, headers=_origin(world))
    assert made.ok, made.text()
    return str(made.json()["id"])


def _send(page: Page, world: World, items: list[dict[str, Any]]) -> None:
    for start in range(0, len(items), 500):
        answer = page.request.post(
            f"{world.address}/v1/readings", data={"items": items[start : start + 500]}, headers=_origin(world)
        )
        assert answer.ok, answer.text()


def _card(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=re.compile(f"^{name}"))


# what is clicked on the overview, and where that leads: the part that is pressed, and what is shown there
LEADS = {
    "glucose": ("血糖", "最近", "测量读数", r"act=glucose&from=[\d-]+&to=[\d-]+&show=readings"),
    "mean": ("血糖", "近 90 天全部读数均值", "测量读数", r"act=glucose&from=[\d-]+&show=readings"),
    "pressure": ("血压", "家庭均值", "测量读数", r"act=blood_pressure&from=[\d-]+&show=readings"),
    "lab": ("检验", r"^7\.\d$", "检验", r"code=HBA1C&show=labs"),
}


@pytest.mark.parametrize("number", LEADS)
def test_a_number_opens_what_it_was_read_from(open_page: Open, world: World, number: str) -> None:
    card, text, part, address = LEADS[number]
    page = open_page(f"/patients/{world.people['both']}", axe=True)
    _card(page, card).get_by_role("button", name=re.compile(text)).click()
    expect(page.get_by_role("button", name=part, exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile(address))
    expect(page.locator("main tbody tr").first).to_be_visible()
    assert axe_violations(page) == []
    page.go_back()
    expect(page.get_by_role("button", name="总览", exact=True)).to_have_attribute("aria-pressed", "true")
    page.go_forward()
    page.get_by_role("button", name="时间线", exact=True).click()  # another part is not narrowed by what led here
    expect(page).to_have_url(re.compile(r"show=timeline$"))


def test_every_row_of_the_chart_opens_its_visit_or_its_reading(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['both']}?days=365")
    _card(page, "血压").locator("[role=img] svg").wait_for()
    page.keyboard.press("v")
    rows = _card(page, "血压").locator("tbody tr")
    visit = rows.filter(has_text="随访").first
    pressure, on = visit.locator("td").nth(1).inner_text(), visit.locator("td").nth(0).inner_text()[:10]
    visit.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(on)
    page.keyboard.press("Escape")
    expect(page.locator("tbody tr").filter(has_text=on).first).to_contain_text(pressure)
    page.go_back()
    page.go_back()
    _card(page, "血压").locator("[role=img] svg").wait_for()
    page.keyboard.press("v")
    reading = rows.filter(has_text="读数").first
    pressure, at = reading.locator("td").nth(1).inner_text(), reading.locator("td").nth(0).inner_text()
    reading.click()
    meant = page.locator("tr[aria-current]")
    expect(meant).to_contain_text(at)
    expect(meant).to_contain_text(f"{pressure} mmHg")


def test_a_point_of_the_chart_opens_its_record(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['gap']}?days=365")
    chart = _card(page, "血压").locator("[role=img]")
    chart.locator("svg path").first.wait_for(state="attached")
    page.wait_for_timeout(300)
    points = chart.locator("svg path[fill='#fff'], svg path[fill='rgb(255,255,255)']")
    points.last.click(force=True)
    expect(page.locator("tr[aria-current]")).to_contain_text("131/79 mmHg")


def test_the_state_of_a_disease_opens_the_visit_that_judged_it(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['both']}")
    page.locator("main header").get_by_role("button", name=re.compile("高血压")).click()
    expect(page.get_by_role("dialog")).to_contain_text("高血压")
    expect(page.get_by_role("dialog")).to_contain_text("HTN-FU")


def test_the_band_of_the_chart_is_what_a_doctor_set_for_this_person(open_page: Open, world: World) -> None:
    page = open_page("/", "doctor", axe=True)
    person = _person(page, world, "韩目标")
    enrolment = {
        "disease": "HTN", "enrolled_on": str(clock.today()), "confirmed_on": str(clock.today()), "doctor": "王医生",
        "confirmed_at": "市第一医院", "consent": True, "consent_channel": "paper", "consent_version": "2026-1",
    }  # fmt: skip
    added = page.request.post(
        f"{world.address}/v1/patients/{person}/enrolments", data=enrolment, headers=_origin(world)
    )
    assert added.ok, added.text()
    now = clock.now().astimezone(LOCAL)
    pressure = {"kind": "blood_pressure", "patient_id": person, "unit": "mmHg", "systolic": 152, "diastolic": 70}
    _send(page, world, [pressure | {"taken_at": (now - timedelta(days=back)).isoformat()} for back in (3, 2, 1)])

    def band() -> tuple[str, float]:
        """What the card says of the target, and the pixels of the band by the pixels of a millimetre."""
        page.goto(f"{world.address}/patients/{person}")
        chart = _card(page, "血压").locator("[role=img]")
        chart.locator("svg path").first.wait_for(state="attached")
        page.wait_for_timeout(300)
        fills = chart.locator("svg path").evaluate_all(
            "all => all.map((one) => [one.getAttribute('fill'), one.getBBox().height])"
        )
        green = [height for fill, height in fills if fill in {"#e3f4e9", "rgb(227,244,233)"}]
        assert len(green) == 1, fills
        return _card(page, "血压").inner_text(), green[0]

    def target(quantity: str, high: int) -> None:
        body = {"quantity": quantity, "high": high, "reason": "体位性低血压"}
        made = page.request.post(f"{world.address}/v1/patients/{person}/targets", data=body, headers=_origin(world))
        assert made.ok, made.text()

    said, height = band()
    general = re.search(r"目标 <(\d+) / <(\d+)", said)
    assert general
    target("SBP_MMHG", 150)
    target("DBP_MMHG", 85)
    said, own_height = band()
    assert "目标 <150 / <85" in said
    before, after = int(general[1]) - int(general[2]), 150 - 85
    assert own_height / height == pytest.approx(after / before, rel=0.03)
    assert axe_violations(page) == []


def test_a_sensor_worn_too_little_is_not_drawn(open_page: Open, world: World) -> None:
    """Five days of fourteen: no curve and no shares' judgement without its days."""
    page = open_page("/", axe=True)
    person = _person(page, world, "杨佩戴")
    begin = (clock.now().astimezone(LOCAL) - timedelta(days=5)).replace(minute=0, second=0, microsecond=0)
    value = {"kind": "glucose", "patient_id": person, "unit": "mmol/L", "specimen": "interstitial"}
    _send(page, world, [
        value | {"value": 6.0 + step % 20 / 10, "taken_at": (begin + timedelta(minutes=15 * step)).isoformat()}
        for step in range(4 * 24 * 5 - 8)
    ])  # fmt: skip
    page.goto(f"{world.address}/patients/{person}?kind=agp")
    card = _card(page, "血糖")
    expect(card.get_by_role("status")).to_contain_text("数据不足")
    expect(card.get_by_role("status")).to_contain_text(re.compile(r"佩戴率 [0-6]?\d(\.\d)?%"))
    expect(card.get_by_role("img")).to_have_count(0)
    assert axe_violations(page) == []
    page.goto(f"{world.address}/patients/{person}")
    expect(_card(page, "血糖")).to_contain_text("没有指尖血糖")  # a sensor's values are not those of a meter


def test_five_years_of_pressures_are_light(open_page: Open, world: World) -> None:
    page = open_page("/")
    person = _person(page, world, "朱五年")
    today = clock.now().astimezone(LOCAL).replace(hour=7, minute=30, second=0, microsecond=0)
    pressure = {"kind": "blood_pressure", "patient_id": person, "unit": "mmHg"}
    _send(page, world, [
        pressure | {
            "systolic": 120 + back * 7 % 41, "diastolic": 70 + back * 5 % 23,
            "taken_at": (today - timedelta(days=back)).isoformat(),
        }
        for back in range(1, YEARS_DAYS)
    ])  # fmt: skip
    taken: dict[str, int] = {}

    def note(response: Response) -> None:
        if "/v1/" in response.url and response.ok and response.request.method == "GET":
            taken[response.url] = len(response.body())

    page.on("response", note)
    page.goto(f"{world.address}/patients/{person}?days=1825")
    page.locator("[role=img] svg path").nth(4).wait_for(state="attached")
    page.wait_for_load_state("networkidle")
    assert any("series=blood_pressure" in address for address in taken), taken
    assert 5_000 < sum(taken.values()) < MOST_JSON, taken


def test_the_units_of_the_risk_are_in_the_language_of_the_page(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['both']}?show=risk", "doctor")
    table = page.get_by_role("table", name="计算所用数据")
    expect(table.get_by_role("row").filter(has_text="年龄")).to_contain_text(re.compile(r"\d+ 岁"))
    whole = page.locator("main").inner_text()
    assert not re.findall(r"\byears?\b|china_par|who_2019|prevent_|not-stated", whole)
    page.locator("header").get_by_role("button", name="English").click()
    expect(page.get_by_role("row").filter(has_text=re.compile("^age")).first).to_contain_text("years")
    page.get_by_role("button", name=re.compile(r"\d+ years")).first.click()
    expect(page.get_by_role("button", name="Person", exact=True)).to_have_attribute("aria-pressed", "true")


def test_a_sentence_says_what_a_chart_shows(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['both']}?days=365&kind=agp")
    charts = page.locator("[role=img]:has(svg[width])")
    expect(charts).to_have_count(2)
    said = [charts.nth(at).get_attribute("aria-label") or "" for at in range(2)]
    assert re.search(r"血压 \d+ 次，最近一次 \d+/\d+（[\d -]+:\d\d）", said[0])
    assert re.search(r"近 14 天动态葡萄糖图谱，佩戴率 \d", said[1])
