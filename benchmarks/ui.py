"""What the pages cost at a desk: Chromium with its CPU slowed 4×, 4 Mbit/s and 40 ms, over a simulated region.

`python -m benchmarks.ui [--people 60000]`. Bytes of the first load of today's work and the time to its rows, against
the same screen built with Ant Design (`benchmarks/ui-antd`, built on demand, served by the same process); a patient
with five years of pressures against the work-list; from a key to its paint in the visit form; INP of a short morning.
"""

import argparse
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from benchmarks.load import table_line
from benchmarks.served import Region, send, served, signed_in
from cmc.core import clock
from cmc.core.clock import LOCAL
from cmc.web import builder

CPU_SLOWED = 4
NETWORK = {"offline": False, "latency": 40, "downloadThroughput": 500_000, "uploadThroughput": 500_000}
SIZE = {"width": 1366, "height": 768}
ROUNDS = 5
PATIENCE_SECONDS = 60
YEARS = 5
ANTD = Path(__file__).resolve().parent / "ui-antd"

# Notes when so many elements of a kind stood on the page at the end of a frame.
_WAIT = """
(() => {
  const [selector, count] = %s;
  const look = () => {
    if (document.querySelectorAll(selector).length >= count) {
      requestAnimationFrame(() => setTimeout(() => { window.seenAfter = performance.now(); }));
    } else requestAnimationFrame(look);
  };
  look();
})();
"""

# From the hardware's time of a key to the end of the frame that follows it; and how long every interaction took.
_KEYS = """
window.paints = []; window.interactions = [];
addEventListener('keydown', (event) => {
  const at = event.timeStamp;
  requestAnimationFrame(() => setTimeout(() => window.paints.push(performance.now() - at)));
}, true);
new PerformanceObserver((list) => {
  const asked = list.getEntries().filter((entry) => entry.interactionId);
  window.interactions.push(...asked.map((entry) => [entry.interactionId, entry.duration]));
}).observe({ type: 'event', durationThreshold: 16, buffered: true });
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the pages are, who opens them, and whose record is opened."""

    address: str
    cookie: str
    patient: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """One cold load: what went over the wire, and milliseconds from the request to what was waited for."""

    bytes: int
    shown_ms: float


def build_peer() -> None:
    """Build the peer's screen; its packages come from the registry that npm is set to."""
    node = builder.node_command()
    builder.install(node, ANTD)
    command = [str(node), "node_modules/vite/bin/vite.js", "build", "--logLevel", "error"]
    subprocess.run(command, cwd=ANTD, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def desk(people: int) -> Iterator[Desk]:
    """Store a region, start the service with the peer beside it, and sign a nurse in."""
    build_peer()
    with served(people, "benchmarks.ui_peer:create") as region:
        years_of_pressures(region)
        yield Desk(region.address, signed_in(region, "demo-nurse1"), region.patient)


def years_of_pressures(region: Region) -> None:
    """A home pressure for every day of five years."""
    today = clock.now().astimezone(LOCAL).replace(hour=7, minute=30, second=0, microsecond=0)
    items = [
        {
            "kind": "blood_pressure", "patient_id": region.patient, "systolic": 122 + back * 7 % 31,
            "diastolic": 74 + back * 5 % 17, "unit": "mmHg", "taken_at": (today - timedelta(days=back)).isoformat(),
        }
        for back in range(1, YEARS * 365)
    ]  # fmt: skip
    send(region, items)


@contextmanager
def opened(browser: Browser, at: Desk, *scripts: str) -> Iterator[tuple[Page, CDPSession]]:
    """A fresh browser context of the nurse, slowed down as the desk is; nothing is cached in it."""
    context: BrowserContext = browser.new_context(viewport=SIZE, locale="zh-CN")  # type: ignore[arg-type]
    context.add_cookies([{"name": "cmc", "value": at.cookie, "url": at.address}])
    for script in scripts:
        context.add_init_script(script)
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", NETWORK)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWED})
    yield page, tools
    context.close()


def load(browser: Browser, at: Desk, path: str, selector: str, count: int) -> Loaded:
    """Open an address with nothing cached, until `count` elements of `selector` were painted and the line is quiet."""
    with opened(browser, at, _WAIT % f"[{selector!r}, {count}]") as (page, tools):
        wire: list[float] = []
        tools.on("Network.loadingFinished", lambda event: wire.append(event["encodedDataLength"]))
        page.goto(at.address + path)
        end = time.monotonic() + PATIENCE_SECONDS
        while page.evaluate("window.seenAfter === undefined"):  # waiting inside the page would need its policy's leave
            if time.monotonic() > end:
                raise SystemExit(f"{path}: no {count} of {selector!r} within {PATIENCE_SECONDS} s")
            page.wait_for_timeout(50)
        page.wait_for_load_state("networkidle")
        return Loaded(int(sum(wire)), page.evaluate("window.seenAfter"))


def typing(browser: Browser, at: Desk) -> tuple[float, float]:
    """Milliseconds from key to paint in the visit form (median, worst) over the numbers of one visit."""
    with opened(browser, at, _KEYS) as (page, _):
        page.goto(f"{at.address}/patients/{at.patient}/visit")
        page.get_by_label("收缩压").wait_for(timeout=60_000)
        page.keyboard.press("F2")
        page.evaluate("window.paints.length = 0")
        for answer in ("152", "88", "76", "66", "6.8"):
            for key in answer:
                page.keyboard.press(key, delay=60)
            page.keyboard.press("Enter", delay=60)
        page.wait_for_timeout(500)
        paints: list[float] = page.evaluate("window.paints")
        return median(paints), max(paints)


def morning(browser: Browser, at: Desk) -> float:
    """INP of a short morning: tabs, rows, a patient and its panels, the visit form. The worst of fewer than fifty."""
    longest: dict[int, float] = {}

    def note(page: Page) -> None:
        page.wait_for_timeout(400)
        for number, duration in page.evaluate("window.interactions"):
            longest[number] = max(longest.get(number, 0), duration)

    with opened(browser, at, _KEYS) as (page, _):
        page.goto(at.address)
        page.locator("tbody tr").nth(9).wait_for(timeout=60_000)
        for tab in ("超期", "全部"):
            page.get_by_role("tab", name=tab).click()
            page.wait_for_timeout(600)
        for _ in range(5):
            page.keyboard.press("j")
            page.wait_for_timeout(150)
        page.keyboard.press("Enter")
        page.locator("[role=img]").first.wait_for(timeout=60_000)
        for panel in ("检验", "总览"):
            page.get_by_role("button", name=panel, exact=True).click()
            page.wait_for_timeout(800)
        page.keyboard.press("f")
        page.get_by_label("收缩压").wait_for(timeout=60_000)
        page.keyboard.type("152", delay=80)
        note(page)
    return max(longest.values(), default=0.0)


def measured(people: int) -> Iterator[str]:
    """Yield the lines of the table."""
    rows = ("main tbody tr", 10)
    screens: dict[str, tuple[str, str, int]] = {
        "today": ("/", *rows),
        "antd": ("/peer/", "tr.ant-table-row", 10),
    }
    with desk(people) as at, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CMC_CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        screens["patient"] = (f"/patients/{at.patient}?days=1825", "[role=img] svg path", 5)
        loads: dict[str, list[Loaded]] = {name: [] for name in screens}
        for _ in range(ROUNDS):
            for name, (path, selector, count) in screens.items():
                loads[name].append(load(browser, at, path, selector, count))
        yield from lines(loads)
        typical, worst = typing(browser, at)
        yield limit_line("key → paint, visit form (median)", typical, 60, note=f", worst {worst:.0f}")
        yield limit_line("INP of a short morning (worst)", morning(browser, at), 200)
        browser.close()


def lines(loads: dict[str, list[Loaded]]) -> Iterator[str]:
    """The lines of the cold loads."""

    def typical(name: str, value: Callable[[Loaded], float]) -> float:
        return median(value(one) for one in loads[name])

    size = {name: typical(name, lambda one: one.bytes) / 1000 for name in loads}
    time = {name: typical(name, lambda one: one.shown_ms) / 1000 for name in loads}
    yield limit_line("first load of today's work", size["today"], 200, unit="kB")
    yield table_line("first load of today's work", size["today"], "kB", "Ant Design", size["antd"])
    yield table_line("rows visible, nothing cached", time["today"], "s", "Ant Design", time["antd"])
    yield table_line(f"patient 360, {YEARS} years, chart drawn", time["patient"], "s", "our work-list", time["today"])


def limit_line(what: str, value: float, limit: float, *, unit: str = "ms", note: str = "") -> str:
    """A line against a budget of our own."""
    return table_line(what, value, unit, "budget", limit, note=note)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=60_000, help="people of the simulated region")
    given: Any = parser.parse_args()
    print(
        f"{given.people:,} people; CPU {CPU_SLOWED}× slower, 4 Mbit/s, 40 ms, nothing cached; {ROUNDS} rounds",
        flush=True,
    )
    for line in measured(given.people):
        print(line, flush=True)


if __name__ == "__main__":
    main()
