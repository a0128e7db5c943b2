"""Serves the built pages beside the API.

The route takes part only in a GET or HEAD that asks for a built file, for the start page, or for HTML at an address
that is not the API's. For all else it does not match, so that the application answers 404 and 405 as without pages.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from cmc.core.guard import PLAIN_COOKIE, SECURE_COOKIE
from cmc.web import builder, headers, site

# Addresses that have a page, without the leading slash (ui/src/app/pages.ts); "not found" is drawn at every other.
_ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
PAGES = {
    re.compile(address): tuple(f"src/{part}" for part in parts)
    for address, *parts in (
        ("", "features/today/TodayPage.tsx", "features/today/early.ts"),
        ("recall", "features/recall/RecallPage.tsx"),
        ("alerts", "features/alerts/AlertsPage.tsx"),
        ("review", "features/review/ReviewPage.tsx"),
        ("unmatched", "features/review/UnmatchedPage.tsx"),
        ("patients", "features/patients/PatientsPage.tsx"),
        ("patients/new", "features/registration/RegistrationPage.tsx"),
        (f"patients/{_ID}", "features/patient/PatientPage.tsx", "kit/Chart.tsx"),
        (f"patients/{_ID}/visit", "features/visit/VisitPage.tsx"),
        (f"patients/{_ID}/visits", "features/visits/VisitsPage.tsx"),
        ("plan", "features/plan/PlanPage.tsx"),
        ("referrals", "features/referrals/ReferralsPage.tsx"),
        ("duplicates", "features/duplicates/DuplicatesPage.tsx"),
        (f"duplicates/{_ID}", "features/duplicates/PairPage.tsx"),
        ("indicators", "features/indicators/IndicatorsPage.tsx", "kit/Chart.tsx"),
        ("indicators/[A-Za-z0-9-]{1,40}", "features/indicators/IndicatorPage.tsx", "kit/Chart.tsx"),
        ("quality", "features/quality/QualityPage.tsx", "kit/Bars.tsx"),
        ("district", "features/district/DistrictPage.tsx", "kit/Chart.tsx"),
        ("definitions", "features/definitions/DefinitionsPage.tsx"),
        ("rules", "features/rules/RulesPage.tsx"),
        ("reports", "features/reports/ReportsPage.tsx"),
        (f"reports/{_ID}", "features/reports/ReportPage.tsx"),
        ("risk", "features/risk/RiskPage.tsx"),
        ("risk/models", "features/risk/ModelsPage.tsx"),
        ("devices", "features/devices/DevicesPage.tsx"),
        (f"devices/{_ID}", "features/devices/DevicePage.tsx"),
        ("imports", "features/imports/ImportsPage.tsx"),
        (f"imports/{_ID}", "features/imports/ImportPage.tsx"),
        ("exports", "features/exports/ExportsPage.tsx"),
        ("clinics", "features/organisations/ClinicsPage.tsx"),
        (f"clinics/{_ID}", "features/organisations/ClinicPage.tsx"),
        ("users", "features/admin/UsersPage.tsx"),
        ("machines", "features/admin/MachinesPage.tsx"),
        ("audit", "features/audit/AuditPage.tsx"),
        ("state", "features/state/StatePage.tsx"),
        ("settings", "features/settings/SettingsPage.tsx"),
        ("help", "features/help/HelpPage.tsx"),
    )
}
"""By its address: the source files of a page, whose built parts are asked for together with the entry, not after it."""

_FIRST_ANSWERS = ("/v1/me", "/v1/session", "/v1/organisations")
"""What every page asks first; named in the page's head for who brings a session."""

# First parts of addresses that belong to programs; a mistake there is a problem document, never a page.
_RESERVED = frozenset({"v1", "api", "fhir", "livez", "readyz", "metrics", "openapi.json", "docs", "redoc"})

_NOT_BUILT = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>cmc</title></head><body>
<h1>页面尚未构建</h1>
<p>接口正常工作，只是没有网页。请在代码目录中运行 <code>make ui</code>，然后刷新。</p>
<div lang="en"><h2>The pages are not built</h2>
<p>The API works; only the pages are missing. Run <code>make ui</code> in the checkout, then reload.</p></div>
</body></html>
"""


class Pages:
    """The built pages of one folder; a new build is noticed by the time of its `build.json`."""

    def __init__(self, dist: Path) -> None:
        self._dist = dist
        self._seen: int | None = None
        self._site: site.Site | None = None

    def current(self) -> site.Site | None:
        """What is built now, None when nothing is."""
        try:
            changed = (self._dist / "build.json").stat().st_mtime_ns
        except FileNotFoundError:
            return self._site  # between the two renames of a new build, or never built
        if changed != self._seen:
            self._site = site.load(self._dist) or self._site
            self._seen = changed
        return self._site

    async def answer(self, request: Request) -> Response:
        """The file of that name, else the page; it says itself, and with status 404, that an address has none."""
        built = self.current()
        if built is None:
            nonce = headers.fresh_nonce()
            return HTMLResponse(_NOT_BUILT, status_code=503, headers=headers.for_page(nonce))
        path = request.path_params["path"]
        asset = built.assets.get(path)
        if asset is not None:
            return _file(asset, request)
        parts = next((parts for address, parts in PAGES.items() if address.fullmatch(path)), None)
        return _page(built, request, parts or (), status=404 if parts is None else 200)


class PageRoute(Route):
    """Matches built files and, for browsers, every address that is not the API's."""

    def __init__(self, pages: Pages) -> None:
        super().__init__("/{path:path}", pages.answer, methods=["GET"], include_in_schema=False, name="pages")
        self._pages = pages

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Full or none: a partial match would turn the API's 404 into a 405."""
        match, child = super().matches(scope)
        if match is not Match.FULL or not self._ours(Request(scope), child["path_params"]["path"]):
            return Match.NONE, {}
        return match, child

    def _ours(self, request: Request, path: str) -> bool:
        if path.split("/", 1)[0] in _RESERVED:
            return False
        built = self._pages.current()
        if built is not None and path in built.assets:
            return True
        accept = request.headers.get("accept", "")
        if path == "" and (not accept.strip() or "*/*" in accept):
            return True  # whoever tries the bare address with a plain tool sees that the service is there
        return "text/html" in accept and not path.startswith("assets/")


def mount(app: FastAPI, dist: Path = builder.DIST) -> None:
    """Serve the built pages of `dist`; call it after every other route is in place.

    Sets `app.state.ui_build`, a function that gives the stamp of what is built (None when nothing is).
    """
    pages = Pages(dist)
    app.router.routes.append(PageRoute(pages))

    def ui_build() -> str | None:
        built = pages.current()
        return None if built is None else built.stamp

    app.state.ui_build = ui_build


def _page(built: site.Site, request: Request, parts: Iterable[str], *, status: int) -> Response:
    nonce = headers.fresh_nonce()
    is_known = any(name in request.cookies for name in (SECURE_COOKIE, PLAIN_COOKIE))
    asked = [f'<link rel="preload" as="fetch" crossorigin href="{path}">' for path in _FIRST_ANSWERS if is_known]
    page = built.page_with(*(built.ahead.get(part, "") for part in parts), *asked).replace(site.NONCE_PLACE, nonce)
    return HTMLResponse(page, status_code=status, headers=headers.for_page(nonce))


def _file(asset: site.Asset, request: Request) -> Response:
    packed = asset.packed if _takes_gzip(request) else None
    etag = f'"{asset.etag}-gz"' if packed is not None else f'"{asset.etag}"'
    head = {**headers.for_asset(immutable=asset.immutable), "ETag": etag}
    if asset.media_type.startswith("text/html"):
        head["Content-Security-Policy"] = headers.for_page(headers.fresh_nonce())["Content-Security-Policy"]
    if _known(request, etag):
        return Response(status_code=304, headers=head)
    if packed is not None:
        return Response(packed, media_type=asset.media_type, headers={**head, "Content-Encoding": "gzip"})
    return Response(asset.content, media_type=asset.media_type, headers=head)


def _takes_gzip(request: Request) -> bool:
    """Does the caller accept gzip? `gzip;q=0` says no."""
    for offer in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = offer.partition(";")
        if name.strip() in {"gzip", "*"}:
            return weight.strip().replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _known(request: Request, etag: str) -> bool:
    given = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    return etag in given or "*" in given
