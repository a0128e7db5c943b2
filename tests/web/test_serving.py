"""Serving the built pages: caching, policy, and what must never become a page."""

import gzip
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException
from starlette.requests import Request

from cmc.web import builder, site
from cmc.web.routes import PAGES, mount

HTML = {"Accept": "text/html,application/xhtml+xml"}
SCRIPT = "console.log('a');" * 200


def put(dist: Path, name: str, content: str, *, packed: bool = False) -> None:
    path = dist / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    if packed:
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(content.encode()))


def make_pages(dist: Path, stamp: str = "one") -> Path:
    put(dist, "assets/index-abc.js", SCRIPT, packed=True)
    put(dist, "assets/Today-def.js", "export {}")
    put(dist, "assets/Devices-jkl.js", "export {}")
    put(dist, "assets/shared-ghi.js", "export {}")
    put(dist, "assets/Today-def.css", "p{}")
    put(dist, "favicon.svg", "<svg/>")
    put(dist, "index.html", '<head><script nonce="__CSP_NONCE__" src="/assets/index-abc.js"></script></head>')
    manifest = {
        "index.html": {"file": "assets/index-abc.js", "isEntry": True},
        "_shared.js": {"file": "assets/shared-ghi.js"},
        "src/features/today/TodayPage.tsx": {
            "file": "assets/Today-def.js",
            "css": ["assets/Today-def.css"],
            "imports": ["index.html", "_shared.js"],
        },
        "src/features/devices/DevicesPage.tsx": {
            "file": "assets/Devices-jkl.js",
            "imports": ["_shared.js", "index.html"],
        },
    }
    put(dist, ".vite/manifest.json", json.dumps(manifest))
    put(dist, "build.json", json.dumps({"stamp": stamp}))
    return dist


def application(dist: Path) -> FastAPI:
    app = FastAPI()

    @app.exception_handler(HTTPException)
    def _problem(request: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"status": error.status_code}, error.status_code, media_type="application/problem+json")

    @app.get("/v1/readings/{reading}")
    def _get(reading: str) -> dict[str, str]:
        return {"reading": reading}

    @app.post("/v1/readings")
    def _post() -> dict[str, str]:
        return {}

    mount(app, dist)
    return app


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    return make_pages(tmp_path / "dist")


@pytest.fixture
def client(dist: Path) -> Iterator[TestClient]:
    with TestClient(application(dist)) as client:
        yield client


def test_the_page_comes_with_its_policy(client: TestClient) -> None:
    answer = client.get("/", headers=HTML)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert "etag" not in answer.headers, "a page asked for anew gets a nonce of its own"
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    nonce = re.search(r"'nonce-([\w-]{22})'", policy["style-src"])
    assert nonce
    assert policy == {
        "default-src": "'none'",
        "script-src": f"'self' 'nonce-{nonce[1]}'",
        "style-src": f"'self' 'nonce-{nonce[1]}'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert set(re.findall(r'nonce="([^"]*)"', answer.text)) == {nonce[1]}
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["permissions-policy"] == "camera=(), microphone=(), geolocation=()"


def test_no_two_pages_share_a_nonce(client: TestClient) -> None:
    assert len({client.get("/", headers=HTML).headers["content-security-policy"] for _ in range(20)}) == 20


def test_the_first_screen_is_loaded_with_the_entry(client: TestClient) -> None:
    page = client.get("/", headers=HTML).text
    assert re.findall(r'<link rel="modulepreload" crossorigin href="([^"]+)"', page) == [
        "/assets/Today-def.js",
        "/assets/shared-ghi.js",
    ]
    assert '<link rel="stylesheet" crossorigin href="/assets/Today-def.css"' in page
    assert '<meta name="cmc-build" content="one">' in page


def test_another_address_asks_for_the_parts_of_its_own_page(client: TestClient) -> None:
    page = client.get("/devices", headers=HTML).text
    assert "/assets/Today-def.js" not in page
    assert re.findall(r'<link rel="modulepreload" crossorigin href="([^"]+)"', page) == [
        "/assets/Devices-jkl.js",
        "/assets/shared-ghi.js",
    ]


def test_the_first_answers_are_asked_for_ahead_only_by_who_brings_a_session(client: TestClient) -> None:
    asked = re.compile(r'<link rel="preload" as="fetch" crossorigin href="([^"]+)">')
    assert asked.findall(client.get("/", headers=HTML).text) == []
    assert asked.findall(client.get("/", headers=HTML | {"Cookie": "cmc=x"}).text) == [
        "/v1/me",
        "/v1/session",
        "/v1/organisations",
    ]


def test_the_real_pages_name_the_parts_of_every_address() -> None:
    built = site.load(builder.DIST)
    assert built is not None
    assert [part for parts in PAGES.values() for part in parts if not built.ahead.get(part)] == []


@pytest.mark.parametrize("path", ["/nowhere", "/patients/123", "/v10", "/apis/x", "/index.html"])
def test_an_address_without_a_page_gives_the_page_that_says_so(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "/assets/index-abc.js" in answer.text
    assert "'nonce-" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("accept", [None, "", "*/*", "application/json, */*;q=0.1"])
def test_the_bare_address_is_the_page_for_plain_tools_too(client: TestClient, accept: str | None) -> None:
    del client.headers["Accept"]
    answer = client.get("/", headers={} if accept is None else {"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_the_bare_address_is_no_page_for_those_who_take_only_json(client: TestClient) -> None:
    answer = client.get("/", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    ["/v1/nothing", "/v1", "/api/v1/entries", "/fhir/Patient", "/livez", "/readyz", "/metrics", "/docs/x", "/redoc/x"],
)
def test_an_address_of_the_api_is_never_a_page(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_api_answers_before_the_pages(client: TestClient) -> None:
    assert client.get("/v1/readings/7", headers=HTML).json() == {"reading": "7"}
    assert client.get("/openapi.json", headers=HTML).json()["openapi"].startswith("3.1")


def test_a_wrong_method_stays_a_wrong_method(client: TestClient) -> None:
    assert client.get("/v1/readings", headers=HTML).status_code == 405
    assert client.post("/somewhere", headers=HTML).status_code == 404
    assert client.post("/favicon.svg").status_code == 404


def test_programs_get_a_problem_not_a_page(client: TestClient) -> None:
    for accept in ("application/json", "*/*", ""):
        answer = client.get("/nowhere", headers={"Accept": accept})
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_hashed_files_are_kept_for_a_year(client: TestClient) -> None:
    answer = client.get("/assets/index-abc.js")
    assert answer.text == SCRIPT
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_other_files_are_asked_for_anew(client: TestClient) -> None:
    answer = client.get("/favicon.svg")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"] == "image/svg+xml"


def test_a_missing_hashed_file_is_not_the_page(client: TestClient) -> None:
    assert client.get("/assets/index-old.js", headers=HTML).status_code == 404


@pytest.mark.parametrize(
    ("accepts", "packed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("*", True), ("identity", False), ("gzip;q=0", False), ("br", False)],
)
def test_a_file_is_sent_packed_to_those_who_take_it(client: TestClient, accepts: str, *, packed: bool) -> None:
    with client.stream("GET", "/assets/index-abc.js", headers={"Accept-Encoding": accepts}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == ("gzip" if packed else None)
    assert int(answer.headers["content-length"]) == len(raw)
    assert (gzip.decompress(raw) if packed else raw) == SCRIPT.encode()


def test_each_form_of_a_file_has_its_own_strong_etag(client: TestClient) -> None:
    def tag(accepts: str) -> str:
        return client.get("/assets/index-abc.js", headers={"Accept-Encoding": accepts}).headers["etag"]

    assert tag("gzip") != tag("identity")
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag("identity"))


def test_a_known_file_is_not_sent_again(client: TestClient) -> None:
    etag = client.get("/favicon.svg").headers["etag"]
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        answer = client.get("/favicon.svg", headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    assert client.get("/favicon.svg", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"), [("/", 200), ("/nowhere", 404), ("/assets/index-abc.js", 200), ("/favicon.svg", 200)]
)
def test_head_is_get_without_a_body(client: TestClient, path: str, status: int) -> None:
    got, answer = client.get(path, headers=HTML), client.head(path, headers=HTML)
    assert (got.status_code, answer.status_code, answer.content) == (status, status, b"")
    for name in ("content-type", "content-length", "cache-control", "vary"):
        assert answer.headers[name] == got.headers[name]


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/..%5csecret.txt",
        "http://testserver//secret.txt",  # without the host it would name a host
        "/%00",
        "/assets/index-abc.js%00.svg",
        "/index.html.gz",
        "/build.json",
        "/.vite/manifest.json",
        "/assets/index-abc.js.gz",
    ],
)
def test_no_other_file_can_be_reached(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
    page = client.get(path, headers=HTML)
    assert "secret" not in page.text
    assert "isEntry" not in page.text


def test_without_pages_a_plain_page_says_how_to_build_them(tmp_path: Path) -> None:
    client = TestClient(application(tmp_path / "dist"))
    answer = client.get("/", headers=HTML)
    assert answer.status_code == 503
    assert "make ui" in answer.text
    assert "content-security-policy" in answer.headers
    assert client.get("/v1/readings/7").status_code == 200
    make_pages(tmp_path / "dist")
    assert client.get("/", headers=HTML).status_code == 200


def test_a_new_build_is_noticed(client: TestClient, dist: Path) -> None:
    assert client.app.state.ui_build() == "one"  # type: ignore[attr-defined]
    make_pages(dist, "two")
    os.utime(dist / "build.json", ns=(1, 1))
    assert 'content="two"' in client.get("/", headers=HTML).text
    assert client.app.state.ui_build() == "two"  # type: ignore[attr-defined]


def test_the_pages_stay_while_a_new_build_takes_their_place(client: TestClient, dist: Path) -> None:
    client.get("/", headers=HTML)
    dist.rename(dist.with_name("old"))
    assert client.get("/", headers=HTML).status_code == 200
    assert client.get("/assets/index-abc.js").status_code == 200


def test_the_real_pages_run_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert builder.built_stamp() is not None, "run `make ui`"
    app = FastAPI()
    mount(app)
    client = TestClient(app)
    page = client.get("/", headers=HTML).text
    assert "__CSP_NONCE__" not in page
    assert all(body.strip() == "" for body in re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL))
    assert "<style" not in page
    assert not re.search(r"\son\w+=|\sstyle=|https?://|//", re.sub(r"<!--.*?-->", "", page))
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert client.get(address).status_code == 200, address


def test_the_server_knows_the_addresses_of_the_pages(client: TestClient) -> None:
    listed = re.findall(r"page\('/([^']*)'", (builder.UI / "src" / "app" / "pages.ts").read_text(encoding="utf-8"))
    assert len(listed) > 10
    for path in listed:
        address = path.replace(":id", "01a0889d-3800-7d1c-9ef5-679c1292bb47").replace(":code", "IND-02b")
        assert client.get(f"/{address}", headers=HTML).status_code == 200, path
    for path in ("patients/zgl", "patients/new/x", "devices/1", "nowhere", "v1x"):
        assert client.get(f"/{path}", headers=HTML).status_code == 404, path
