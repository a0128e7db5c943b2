"""A clinic's numbers: another period keeps the place and the filters, and little data comes; how visits were entered."""

import re
from typing import Any

from playwright.sync_api import Page, Response, expect

from .conftest import Open
from .watch import axe_violations
from .world import World

DATA_BYTES = 60_000


def test_another_period_keeps_the_place_and_the_filters(open_page: Open, world: World) -> None:
    page = open_page(f"/indicators?clinic={world.clinics[0]}&disease=T2DM&view=table", "manager")
    chooser = page.get_by_label("截至")
    page.get_by_role("group", name="全部指标").locator("tbody tr").first.wait_for()
    page.wait_for_load_state("networkidle")
    heading = page.get_by_role("heading", name="全部指标")
    heading.evaluate("one => one.scrollIntoView({ block: 'center' })")

    def place() -> float:
        box = heading.bounding_box()
        assert box is not None
        return box["y"]

    before = place()
    assert 200 < before < 600
    for at in (2, 5, 0):
        month = chooser.locator("option").nth(at).inner_text()
        chooser.select_option(month, force=True)
        expect(page).to_have_url(re.compile(f"period={month}"))
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(500)
        assert abs(place() - before) <= 2, month  # what is read stays where it is, whatever above it changes
        assert re.search(f"clinic={world.clinics[0]}.*disease=T2DM.*view=table", page.url)
        expect(page.get_by_role("heading", name=re.compile("糖尿病指标"))).to_be_visible()
    page.get_by_role("group", name="计数时段").get_by_text("季度").click()
    expect(page).to_have_url(re.compile("span=quarter"))
    assert re.search(f"clinic={world.clinics[0]}.*disease=T2DM.*view=table", page.url)
    page.go_back()
    expect(page).not_to_have_url(re.compile("span="))


def test_the_page_of_a_clinics_numbers_needs_little_data(open_page: Open, world: World) -> None:
    kinds: dict[str, bool] = {}
    sizes: dict[str, float] = {}

    def listen(page: Page) -> None:
        tools = page.context.new_cdp_session(page)
        tools.send("Network.enable")

        def answered(event: dict[str, Any]) -> None:
            kinds[event["requestId"]] = "/v1/" in event["response"]["url"]

        def done(event: dict[str, Any]) -> None:
            sizes[event["requestId"]] = event["encodedDataLength"]

        tools.on("Network.responseReceived", answered)
        tools.on("Network.loadingFinished", done)

    page = open_page("/indicators", "manager", before=listen)
    page.get_by_role("group", name="全部指标").locator("tbody tr").first.wait_for()
    page.wait_for_load_state("networkidle")
    data = sum(size for request, size in sizes.items() if kinds.get(request))
    assert 1_000 < data < DATA_BYTES, data


def test_how_visits_were_entered_stands_with_its_definitions(open_page: Open, world: World) -> None:
    answers: list[Response] = []
    page = open_page(
        f"/quality?clinic={world.clinics[0]}&days=365", "manager", axe=True,
        before=lambda fresh: fresh.on("response", lambda one: answers.append(one) if "data-quality?" in one.url else None),
    )  # fmt: skip
    card = page.get_by_role("region", name="录入节奏与沿用")
    card.wait_for()
    entry = answers[-1].json()["entry"]
    assert entry["consecutive"] >= 1
    expect(card).to_contain_text(f"n = {entry['consecutive']}")
    expect(card).to_contain_text("30 秒内接着录入下一次")
    expect(card).to_contain_text("更长的间隔算作停顿")
    pressure = next(one for one in entry["carried"] if one["field"] == "pressure")
    row = card.get_by_role("row").filter(has_text="血压")
    expect(row.get_by_role("cell").nth(2)).to_have_text(str(pressure["same"]))
    expect(row.get_by_role("cell").nth(3)).to_have_text(str(pressure["comparable"]))
    expect(page.get_by_role("region", name="按录入人").get_by_role("columnheader", name="每分钟录入")).to_be_visible()
    assert axe_violations(page) == []
    nurse = open_page(f"/quality?clinic={world.clinics[0]}&days=365", language="en", axe=True)
    own = nurse.get_by_role("region", name="What I recorded")
    own.wait_for()
    expect(own.get_by_role("columnheader", name="Visits a minute")).to_be_visible()
    expect(nurse.get_by_role("region", name="Speed of entry and what is carried over")).to_contain_text("a pause")
    assert axe_violations(nurse) == []
