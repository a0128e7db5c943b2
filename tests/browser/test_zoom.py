"""Dialogs and the visit form at twice the size; every screen is looked at in `test_screens`."""

from playwright.sync_api import expect

from .conftest import Open
from .world import World
from .zoom import ZOOMED, require_usable


def test_a_dialog_can_be_used_at_twice_the_size(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['both']}", before=lambda fresh: fresh.set_viewport_size(ZOOMED))
    page.get_by_role("heading", name="张桂兰").wait_for()
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("收缩压").first.fill("128")
    save = dialog.get_by_role("button").filter(has_text="保存").first
    save.scroll_into_view_if_needed()
    expect(save).to_be_in_viewport()
    box = dialog.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= ZOOMED["width"]


def test_a_visit_can_be_typed_at_twice_the_size(open_page: Open, world: World) -> None:
    page = open_page(f"/patients/{world.people['both']}/visit", before=lambda fresh: fresh.set_viewport_size(ZOOMED))
    page.get_by_label("收缩压").fill("128")
    page.keyboard.press("Enter")
    expect(page.get_by_label("舒张压")).to_be_focused()
    expect(page.get_by_label("舒张压")).to_be_in_viewport()
    require_usable(page)
    page.get_by_role("button", name="放弃重填").click()
