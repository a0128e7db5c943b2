"""The shape of the code, so that it holds: sizes, names, edges and registries."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "cmc"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "dist" not in path.parts)
FORBIDDEN_NAMES = {"utils", "helpers", "common", "crud", "manager", "base"}
COMMITS_ALLOWED = {"core/db.py", "core/migrations.py"}
SCOPELESS_QUERIES = {
    # The organisation tree holds no person; a citizen ID is looked up everywhere so that nobody is filed twice.
    ("organisations", "by_code"),
    ("organisations", "clinics_below"),
    ("organisations", "any_clinic"),
    # Whose credentials these are, before there is a scope; and what hangs on a user or machine found in the scope.
    ("accounts", "session_by_hash"),
    ("accounts", "key_by_id"),
    ("accounts", "user_by_login"),
    ("accounts", "user_by_id"),
    ("accounts", "grants"),
    ("accounts", "has_administrator"),
    ("accounts", "names_of"),
    ("accounts", "called"),
    ("accounts", "givers_of"),
    ("accounts", "sessions"),
    ("accounts", "former_passwords"),
    ("accounts", "machine_keys"),
    ("patients", "by_citizen_id"),
    ("patients", "by_document"),
    ("patients", "by_health_record_number"),
    # Of a person that was found in the scope before: an overlap or a death concerns every clinic.
    ("patients", "all_enrolments"),
    ("patients", "documents_of"),
    ("patients", "phones_of"),
    # The worker's part of the outbox: ids of alerts and codes, of the whole region.
    ("outbox", "spread"),
    ("outbox", "claim"),
    ("outbox", "claimed"),
    # Compares readings by their global identity; nothing of it is shown to a caller.
    ("readings", "contents"),
    # Counts and ids of organisations: no person comes out of them.
    ("indicators", "built"),
    ("indicators", "clinics_without_values"),
    ("indicators", "clinic_ids"),
    ("indicators", "evaluate"),
    # Regions, their decisions on models, and the models' levels: of nobody.
    ("risk", "places"),
    ("risk", "mode"),
    ("risk", "switch"),
    ("risk", "levels"),
    ("risk", "switches"),
    ("risk", "later_switch"),
    ("risk", "validated_levels"),
    ("risk", "exists_organisation"),
}


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_stays_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    long = [(node.name, node.end_lineno - node.lineno + 1) for node in _functions(path) if node.end_lineno]
    assert [each for each in long if each[1] > 45] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [_name(path) for path in MODULES if path.stem in FORBIDDEN_NAMES] == []


def test_only_the_database_edge_commits() -> None:
    found = [_name(path) for path in MODULES if re.search(r"\.commit\(\)", path.read_text(encoding="utf-8"))]
    assert set(found) <= COMMITS_ALLOWED


def test_only_the_edges_speak_http() -> None:
    """Routes, the kernel's HTTP modules, the application and the pages; services and jobs run without a web server."""
    edges = {
        "main.py",
        "api.py",
        "core/http.py",
        "core/bodies.py",
        "core/guard.py",
        "core/lean.py",
        "core/polling.py",
        "core/slots.py",
        "core/problems.py",
        "core/paging.py",
        "core/openapi.py",
        "core/etag.py",
        "ingest/answering.py",
        "ingest/streaming.py",
    }
    speaking = {
        _name(path)
        for path in MODULES
        if re.search(r"^(?:from|import) (?:fastapi|starlette)\b", path.read_text(encoding="utf-8"), re.M)
    }
    assert [name for name in speaking if name not in edges and not re.match(r"(web/|(.+/)?routes\.py$)", name)] == []


def test_every_query_on_people_takes_a_scope() -> None:
    missing = []
    for path in MODULES:
        if path.name != "queries.py":
            continue
        domain = path.parent.name
        for node in _functions(path):
            names = [argument.arg for argument in node.args.args]
            public = not node.name.startswith("_") and names[:1] == ["session"]
            if public and names[1:2] != ["scope"] and (domain, node.name) not in SCOPELESS_QUERIES:
                missing.append(f"{domain}.{node.name}")
    assert missing == []


def test_sql_on_visits_reads_those_that_stand() -> None:
    """A corrected or withdrawn visit keeps its row: SQL that counts it would count what never was."""
    reading = re.compile(r"\b(FROM|JOIN) followup\b")
    texts = [
        (_name(path), node.value)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    found = [(name, text) for name, text in texts if reading.search(text)]
    assert len(found) > 8
    assert [name for name, text in found if len(reading.findall(text)) > text.count("ended_at IS NULL")] == []


def test_no_alembic_package_hides_alembic_and_tests_are_no_packages() -> None:
    """All but the browser's, whose fixtures must end with their folder."""
    assert not (ROOT / "alembic" / "__init__.py").exists()
    assert list((ROOT / "tests").rglob("__init__.py")) == [ROOT / "tests" / "browser" / "__init__.py"]


def test_nothing_of_the_browser_outlives_its_folder() -> None:
    """Playwright keeps an event loop running in the main thread; `asyncio.run` of a later test would refuse to work."""
    fixtures = (ROOT / "tests" / "browser" / "conftest.py").read_text(encoding="utf-8")
    assert 'scope="session"' not in fixtures
    assert 'scope="package"' in fixtures


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements*.lock")), ids=lambda path: path.name)
def test_a_lock_pins_with_hashes_and_names_no_registry(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "--hash=sha256:" in text
    assert re.findall(r"https?://|--(?:extra-)?index-url|--find-links", text) == []
    requirements = re.split(r"\n(?=\S)", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    assert [each.split()[0] for each in requirements if each.strip() and "--hash=" not in each] == []


def test_the_page_lock_names_no_registry() -> None:
    packages = json.loads((ROOT / "ui" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert [name for name, entry in packages.items() if "resolved" in entry and not entry.get("link")] == []
