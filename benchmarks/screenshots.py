"""`make screenshots`: sixteen screens in Chinese and English into docs/screens, over the small simulated region."""

import argparse
import base64
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright

from benchmarks.served import Region, send, served, signed_in
from cmc.core import clock, db
from cmc.core.clock import LOCAL
from cmc.core.scope import system_scope
from cmc.exchange import jobs as imports
from cmc.followups import jobs as followups
from cmc.indicators import jobs as indicators
from cmc.risk import jobs as risk

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screens"
SIZE = {"width": 1366, "height": 768}
QUALITY = 45
LANGUAGES = {"zh": "zh-CN", "en": "en"}

# name: address, who looks, what must be there
SCREENS = {
    "today": ("/", "demo-doctor", "main tbody tr"),
    "alerts": ("/alerts", "demo-doctor", "main tbody tr"),
    "patients": ("/patients", "demo-nurse1", "main tbody tr"),
    "patient": ("/patients/{patient}?days=1825", "demo-doctor", "[role=img] svg path"),
    "glucose": ("/patients/{patient}?kind=agp", "demo-doctor", "[role=img] svg path"),
    "visit": ("/patients/{patient}/visit", "demo-nurse1", "main form"),
    "visits": ("/patients/{patient}/visits", "demo-nurse1", "main table"),
    "risk": ("/patients/{patient}?show=risk", "demo-doctor", "main table"),
    "recall": ("/recall", "demo-nurse1", "main section"),
    "plan": ("/plan", "demo-nurse1", "main table"),
    "indicators": ("/indicators", "demo-manager", "[role=img] svg path"),
    "district": ("/district", "demo-supervisor", "main table tbody tr"),
    "registration": ("/patients/new", "demo-nurse1", "main form"),
    "review": ("/review", "demo-nurse1", "main tbody tr"),
    "import": ("/imports/{run}", "demo-nurse1", "main tbody tr"),
    "users": ("/users", "demo-admin", "main tbody tr"),
}


def sensor(patient: str) -> list[dict[str, Any]]:
    """Two weeks of a sensor, higher after meals."""
    now = clock.now().astimezone(LOCAL)
    begin = (now - timedelta(days=13)).replace(hour=0, minute=0, second=0, microsecond=0)
    after_meals = (0, 0, 0, 0, 0, 0, 3, 22, 30, 18, 8, 4, 20, 26, 14, 6, 2, 4, 24, 30, 20, 10, 4, 0)
    return [
        {
            "kind": "glucose", "patient_id": patient, "specimen": "interstitial", "unit": "mmol/L",
            "value": round(5.4 + after_meals[at.hour] / 10 + (step * 37 % 23) / 10, 1), "taken_at": at.isoformat(),
        }
        for step in range(int((now - begin).total_seconds() // 900))
        for at in (begin + timedelta(minutes=15 * step),)
    ]  # fmt: skip


def lived_in(region: Region) -> dict[str, str]:
    """Add what a region is too quiet for: an alert, a sensor, a held reading, an import; returns ids by their names."""
    patient, now = region.patient, clock.now().astimezone(LOCAL)
    pressure = {"kind": "blood_pressure", "patient_id": patient, "unit": "mmHg"}
    send(region, sensor(patient))
    send(region, [pressure | {"systolic": 186, "diastolic": 112, "taken_at": now.isoformat()}])
    send(region, [pressure | {"systolic": 138, "diastolic": 84, "taken_at": "2000-01-01T08:00:00+08:00"}])
    sheet = "姓名,性别,出生日期,联系电话\n王小明,男,1960-01-02,13900001111\n赵小红,女,1962-13-02,13900002222\n"
    headers = {"Cookie": f"cmc={signed_in(region, 'demo-nurse1')}", "Origin": region.address}
    answer = httpx.post(
        f"{region.address}/v1/imports",
        params={"kind": "patients", "clinic": region.clinic},
        content=sheet,
        headers=headers,
    )
    answer.raise_for_status()
    for job in (imports.work, followups.nightly, indicators.nightly, risk.refresh):
        job(lambda: db.transaction(region.engine, system_scope("job:screenshots")), clock.now())
    return {"patient": patient, "run": answer.json()["id"]}


def keep(page: Page, path: Path) -> None:
    """Write what the window shows as WebP."""
    tools = page.context.new_cdp_session(page)
    shot = tools.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    path.write_bytes(base64.b64decode(shot["data"]))


def taken(people: int) -> list[Path]:
    """Take every screen in both languages; returns the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    files = []
    with served(people, "cmc.main:create_app", clinics=2) as region, sync_playwright() as playwright:
        ids = lived_in(region)
        cookies = {login: signed_in(region, login) for _, login, _ in SCREENS.values()}
        program = os.environ.get("CMC_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name, (address, login, wanted) in SCREENS.items():
            for short, language in LANGUAGES.items():
                context = browser.new_context(viewport=SIZE, locale=language)  # type: ignore[arg-type]
                context.add_init_script(f"localStorage.setItem('cmc.language', '{language}')")
                context.add_cookies([{"name": "cmc", "value": cookies[login], "url": region.address}])
                page = context.new_page()
                page.goto(region.address + address.format(**ids))
                page.locator(wanted).first.wait_for(state="attached", timeout=60_000)
                page.wait_for_load_state("networkidle")
                if name == "glucose":
                    page.locator("[role=img]").nth(1).scroll_into_view_if_needed()
                page.wait_for_timeout(400)
                files.append(FOLDER / f"{name}.{short}.webp")
                keep(page, files[-1])
                context.close()
        browser.close()
    return files


def main() -> None:
    """Take them and say how large they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=400, help="people of the region, in two clinics")
    files = taken(parser.parse_args().people)
    print(f"{len(files)} screens, {sum(path.stat().st_size for path in files) // 1000} kB, in docs/screens")


if __name__ == "__main__":
    main()
